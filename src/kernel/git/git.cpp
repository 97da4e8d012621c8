#include "kernel/git/git.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/path.h"
#include "kernel/git/handle.h"

namespace ry::git {
namespace {

void sync_path(const std::string& path) {
    int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    fsync(file);
    close(file);
}

/// libgit2 writes HEAD and config without fsync; a repository that was created must be one after power loss.
void sync_repository(const std::string& directory) {
    for (auto part : {"/HEAD", "/config", "/refs/heads", "/refs", "/objects", ""}) sync_path(directory + part);
    sync_path(std::filesystem::path(directory).parent_path());
}

Commit described(const git_commit* commit) {
    Commit out;
    out.oid = oid_of(*git_commit_id(commit));
    out.tree = oid_of(*git_commit_tree_id(commit));
    for (unsigned i = 0; i < git_commit_parentcount(commit); ++i)
        out.parents.push_back(oid_of(*git_commit_parent_id(commit, i)));
    auto* author = git_commit_author(commit);
    out.author_name = author->name;
    out.author_email = author->email;
    out.at = Time{author->when.time * 1'000'000};
    out.message = git_commit_message(commit);
    return out;
}

using Entries = std::vector<Entry>;

/// `odb` null: sizes are not read.
Result<void> list_folder(git_repository* repository, git_odb* odb, const git_tree* tree, const std::string& prefix,
                         size_t depth, Entries& entries) {
    if (depth > path_limit::parts_max) return fail(Code::too_large, "the folders are nested more than 64 deep");
    for (size_t i = 0; i < git_tree_entrycount(tree); ++i) {
        auto* entry = git_tree_entry_byindex(tree, i);
        auto path = prefix + git_tree_entry_name(entry);
        auto* id = git_tree_entry_id(entry);
        if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
            TreeHandle below;
            if (int status = receive(below, git_tree_lookup, repository, id))
                return git_error(status, "a folder of the version cannot be read");
            TRY(list_folder(repository, odb, below.get(), path + "/", depth + 1, entries));
            continue;
        }
        auto kind = kind_of(entry);
        if (!kind) continue;
        if (entries.size() == limit::files_max) return fail(Code::too_large, "the version has more than 50,000 files");
        size_t size = 0;
        git_object_t type;
        if (odb && *kind != EntryKind::submodule)
            if (int status = git_odb_read_header(&size, &type, odb, id))
                return git_error(status, "a file of the version cannot be read");
        entries.push_back({std::move(path), *kind, int64_t(size), oid_of(*id)});
    }
    return {};
}

}  // namespace

const std::string& Repository::directory() const { return shared_->directory(); }

Result<Repository> Repository::create(const std::string& directory) {
    start_libgit2();
    if (std::filesystem::exists(directory)) return fail(Code::conflict, "the repository exists already");
    git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR;
    options.initial_head = "main";
    RepositoryHandle handle;
    if (int status = receive(handle, git_repository_init_ext, directory.c_str(), &options))
        return git_error(status, "the repository cannot be created");
    sync_repository(directory);
    return Repository(std::make_shared<Shared>(directory));
}

Result<Repository> Repository::open(const std::string& directory) {
    auto shared = std::make_shared<Shared>(directory);
    if (!std::filesystem::exists(directory + "/HEAD")) return fail(Code::not_found, "there is no such repository");
    TRY(shared->borrow());
    return Repository(std::move(shared));
}

Result<void> Repository::destroy(const std::string& directory) {
    std::error_code error;
    std::filesystem::remove_all(directory, error);
    if (error)
        return fail(Code::unavailable,
                    "the repository cannot be deleted; look at the permissions of the data directory",
                    directory + ": " + error.message());
    sync_path(std::filesystem::path(directory).parent_path());
    return {};
}

Result<std::vector<Entry>> entries_at(git_repository* repository, const Oid& commit, Sizes sizes) {
    auto tree = TRY(tree_at(repository, commit));
    OdbHandle odb;
    if (sizes == Sizes::read)
        if (int status = receive(odb, git_repository_odb, repository))
            return git_error(status, "the version cannot be read");
    Entries entries;
    TRY(list_folder(repository, odb.get(), tree.get(), "", 0, entries));
    return entries;
}

Result<std::vector<Entry>> Repository::list(const Oid& commit) const {
    return entries_at(TRY(shared_->borrow()), commit, Sizes::read);
}

Result<std::optional<Entry>> Repository::find(const Oid& commit, std::string_view path) const {
    auto handle = TRY(shared_->borrow());
    auto tree = TRY(tree_at(handle, commit));
    if (!is_app_path(path)) return std::optional<Entry>();
    TreeEntryHandle entry;
    int status = receive(entry, git_tree_entry_bypath, tree.get(), std::string(path).c_str());
    if (status == GIT_ENOTFOUND) return std::optional<Entry>();
    if (status) return git_error(status, "the file cannot be read");
    auto kind = kind_of(entry.get());
    if (!kind) return std::optional<Entry>();
    Entry found{std::string(path), *kind, 0, oid_of(*git_tree_entry_id(entry.get()))};
    if (*kind == EntryKind::submodule) return std::optional(found);
    OdbHandle odb;
    size_t size = 0;
    git_object_t type;
    status = receive(odb, git_repository_odb, static_cast<git_repository*>(handle));
    if (!status) status = git_odb_read_header(&size, &type, odb.get(), git_tree_entry_id(entry.get()));
    if (status) return git_error(status, "the file cannot be read");
    found.size_bytes = int64_t(size);
    return std::optional(found);
}

Result<std::string> Repository::read(const Oid& commit, std::string_view path) const {
    auto entry = TRY(find(commit, path));
    if (!entry)
        return fail(Code::not_found,
                    "there is no file \"" + std::string(path.substr(0, path_limit::bytes_max)) + "\" in this version");
    if (entry->kind == EntryKind::symlink || entry->kind == EntryKind::submodule)
        return fail(Code::unsupported,
                    "\"" + entry->path + "\" is a symbolic link or a submodule, which are not followed");
    return read_blob(entry->oid);
}

Result<std::string> Repository::read_blob(const Oid& blob) const {
    auto handle = TRY(shared_->borrow());
    return blob_content(handle, blob);
}

Result<Commit> Repository::commit(const Oid& oid) const {
    auto handle = TRY(shared_->borrow());
    return described(TRY(commit_at(handle, oid)).get());
}

Result<std::vector<Commit>> Repository::log(const Oid& from, size_t count, size_t skip) const {
    auto handle = TRY(shared_->borrow());
    WalkHandle walk;
    auto start = raw(from);
    int status = receive(walk, git_revwalk_new, static_cast<git_repository*>(handle));
    if (!status) status = git_revwalk_sorting(walk.get(), GIT_SORT_TIME);
    if (!status) status = git_revwalk_push(walk.get(), &start);
    if (status) return fail(Code::not_found, "there is no version " + from.text());
    std::vector<Commit> commits;
    git_oid oid;
    for (size_t i = 0;
         commits.size() < std::min(count, limit::log_max) && (status = git_revwalk_next(&oid, walk.get())) == 0; ++i)
        if (i >= skip) commits.push_back(described(TRY(commit_at(handle, oid_of(oid))).get()));
    if (status && status != GIT_ITEROVER) return git_error(status, "the history cannot be read");
    return commits;
}

Result<bool> Repository::is_reachable(const Oid& ancestor, const Oid& descendant) const {
    auto handle = TRY(shared_->borrow());
    TRY(commit_at(handle, ancestor));
    TRY(commit_at(handle, descendant));
    if (ancestor == descendant) return true;
    auto below = raw(descendant), above = raw(ancestor);
    int status = git_graph_descendant_of(handle, &below, &above);
    if (status < 0) return git_error(status, "the history cannot be read");
    return status == 1;
}

Result<bool> Repository::has_commit(const Oid& oid) const {
    auto handle = TRY(shared_->borrow());
    auto commit = commit_at(handle, oid);
    if (!commit && commit.error().code == Code::not_found) return false;
    if (!commit) return commit.error();
    return true;
}

Result<std::vector<Branch>> Repository::branches(std::string_view prefix) const {
    auto handle = TRY(shared_->borrow());
    ReferenceIterator iterator;
    if (int status =
            receive(iterator, git_reference_iterator_glob_new, static_cast<git_repository*>(handle), "refs/heads/*"))
        return git_error(status, "the branches cannot be read");
    constexpr std::string_view heads = "refs/heads/";
    std::vector<Branch> found;
    while (found.size() < limit::branches_max) {
        ReferenceHandle reference;
        int status = receive(reference, git_reference_next, iterator.get());
        if (status == GIT_ITEROVER) break;
        if (status) return git_error(status, "the branches cannot be read");
        auto name = std::string_view(git_reference_name(reference.get())).substr(heads.size());
        auto* target = git_reference_target(reference.get());
        if (target && name.starts_with(prefix)) found.push_back({std::string(name), oid_of(*target)});
    }
    std::ranges::sort(found, {}, &Branch::name);
    return found;
}

Result<std::optional<Oid>> Repository::resolve(std::string_view branch) const {
    auto handle = TRY(shared_->borrow());
    return resolve_reference(handle, TRY(reference_name(branch)));
}

Result<void> Repository::create_branch(std::string_view branch, const Oid& at) {
    auto handle = TRY(shared_->borrow());
    auto reference = TRY(reference_name(branch));
    TRY(commit_at(handle, at));
    auto lock = TRY(WriteLock::take(directory()));
    if (TRY(resolve_reference(handle, reference)))
        return fail(Code::conflict, "the branch \"" + std::string(branch) + "\" exists already");
    return move_reference(handle, reference, {}, at);
}

Result<void> Repository::move_branch(std::string_view branch, const Oid& expected, const Oid& to) {
    auto handle = TRY(shared_->borrow());
    auto reference = TRY(reference_name(branch));
    TRY(commit_at(handle, to));
    auto lock = TRY(WriteLock::take(directory()));
    return move_reference(handle, reference, expected, to);
}

Result<void> Repository::delete_branch(std::string_view branch) {
    auto handle = TRY(shared_->borrow());
    auto reference = TRY(reference_name(branch));
    auto lock = TRY(WriteLock::take(directory()));
    if (!TRY(resolve_reference(handle, reference))) return {};
    int status = change_reference(handle, reference, [&] { return git_reference_remove(handle, reference.c_str()); });
    if (status) return git_error(status, "the branch cannot be deleted");
    return {};
}

}  // namespace ry::git
