#include "kernel/git/checkout.h"

#include <algorithm>

#include "base/text.h"
#include "kernel/git/handle.h"

namespace ry::git {

/// One handle, used by one thread at a time.
struct Checkout::Opened {
    Guarded<RepositoryHandle> handle;
    std::string root, common_dir;
};

namespace {

std::string shown(std::string_view revision) { return "\"" + std::string(utf8_prefix(revision, 200)) + "\""; }

TreeItem::Kind item_kind_of(const git_tree_entry* entry) {
    switch (git_tree_entry_filemode(entry)) {
        case GIT_FILEMODE_TREE:
            return TreeItem::Kind::folder;
        case GIT_FILEMODE_LINK:
            return TreeItem::Kind::symlink;
        case GIT_FILEMODE_COMMIT:
            return TreeItem::Kind::submodule;
        default:
            return TreeItem::Kind::file;
    }
}

/// An object that the commit names and the repository has not: a shallow or partial clone.
Error missing_object(int status, const std::string& what) {
    if (status != GIT_ENOTFOUND) return git_error(status, what + " cannot be read");
    return git_error(status, what + " is not in this clone, which is shallow or partial; fetch it with `git fetch`");
}

}  // namespace

Result<Checkout> Checkout::find(const std::string& folder) {
    start_libgit2();
    RepositoryHandle handle;
    int status = receive(handle, git_repository_open_ext, folder.c_str(), 0u, nullptr);
    if (status == GIT_ENOTFOUND)
        return git_error(status, folder + " lies in no git repository; go into one, or leave out what needs it");
    if (status)
        return git_error(status, "the git repository of " + folder + " cannot be opened; see what `git status` says");
    if (!git_repository_workdir(handle.get()))
        return fail(Code::unsupported, "the repository is bare; go into a clone or a worktree of it");
    auto opened = std::make_shared<Opened>();
    opened->root = git_repository_workdir(handle.get());
    while (opened->root.size() > 1 && opened->root.ends_with('/')) opened->root.pop_back();
    opened->common_dir = git_repository_commondir(handle.get());
    opened->handle.with([&](RepositoryHandle& kept) { kept = std::move(handle); });
    return Checkout(std::move(opened));
}

const std::string& Checkout::root() const { return opened_->root; }

Result<Oid> Checkout::commit_of(std::string_view revision) const {
    return opened_->handle.with([&](RepositoryHandle& handle) -> Result<Oid> {
        ObjectHandle object, commit;
        std::string text(revision);
        int status = receive(object, git_revparse_single, handle.get(), text.c_str());
        if (status == GIT_EAMBIGUOUS)
            return git_error(GIT_EEXISTS,
                             shown(revision) + " begins several hashes of this repository; write more of it");
        if (status)
            return git_error(GIT_ENOTFOUND,
                             "there is no revision " + shown(revision) +
                                 " in this repository; `git log --all` shows what there is, `git fetch` gets more");
        if (receive(commit, git_object_peel, object.get(), GIT_OBJECT_COMMIT))
            return fail(Code::invalid, shown(revision) + " is no commit; name a branch, a tag or a commit");
        return oid_of(*git_object_id(commit.get()));
    });
}

Result<std::optional<TreeItem>> Checkout::find(const Oid& commit, std::string_view path) const {
    return opened_->handle.with([&](RepositoryHandle& handle) -> Result<std::optional<TreeItem>> {
        auto tree = TRY(tree_at(handle.get(), commit));
        if (path.empty()) return std::optional(TreeItem{"", TreeItem::Kind::folder, oid_of(*git_tree_id(tree.get()))});
        TreeEntryHandle entry;
        int status = receive(entry, git_tree_entry_bypath, tree.get(), std::string(path).c_str());
        if (status == GIT_ENOTFOUND) return std::optional<TreeItem>();
        if (status) return missing_object(status, std::string(path));
        return std::optional(TreeItem{git_tree_entry_name(entry.get()), item_kind_of(entry.get()),
                                      oid_of(*git_tree_entry_id(entry.get()))});
    });
}

Result<std::vector<TreeItem>> Checkout::list(const Oid& folder) const {
    return opened_->handle.with([&](RepositoryHandle& handle) -> Result<std::vector<TreeItem>> {
        auto tree = TRY(tree_at(handle.get(), folder));
        std::vector<TreeItem> items;
        for (size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
            auto* entry = git_tree_entry_byindex(tree.get(), i);
            items.push_back({git_tree_entry_name(entry), item_kind_of(entry), oid_of(*git_tree_entry_id(entry))});
        }
        return items;
    });
}

Result<int64_t> Checkout::size_of(const Oid& blob) const {
    return opened_->handle.with([&](RepositoryHandle& handle) -> Result<int64_t> {
        OdbHandle odb;
        auto oid = raw(blob);
        size_t size = 0;
        git_object_t type = GIT_OBJECT_INVALID;
        int status = receive(odb, git_repository_odb, handle.get());
        if (!status) status = git_odb_read_header(&size, &type, odb.get(), &oid);
        if (status) return missing_object(status, "the file");
        return int64_t(size);
    });
}

Result<std::string> Checkout::read(const Oid& blob) const {
    if (TRY(size_of(blob)) > limit::checkout_file_bytes_max)
        return fail(Code::too_large,
                    "it has more than 256 MiB, which is too much to read out of a commit; use --ref-mode worktree");
    return opened_->handle.with([&](RepositoryHandle& handle) -> Result<std::string> {
        OdbHandle odb;
        OdbObjectHandle object;
        auto oid = raw(blob);
        int status = receive(odb, git_repository_odb, handle.get());
        if (!status) status = receive(object, git_odb_read, odb.get(), &oid);
        if (status) return missing_object(status, "the file");
        return std::string(static_cast<const char*>(git_odb_object_data(object.get())),
                           git_odb_object_size(object.get()));
    });
}

Result<std::vector<Oid>> Checkout::versions(const Oid& commit, std::string_view path, size_t commits_max) const {
    std::vector<Oid> commits = TRY(opened_->handle.with([&](RepositoryHandle& handle) -> Result<std::vector<Oid>> {
        WalkHandle walk;
        auto start = raw(commit);
        int status = receive(walk, git_revwalk_new, handle.get());
        if (!status) status = git_revwalk_sorting(walk.get(), GIT_SORT_TIME);
        if (!status) status = git_revwalk_push(walk.get(), &start);
        if (status) return missing_object(status, "the history");
        std::vector<Oid> all;
        git_oid oid;
        while (all.size() < commits_max && git_revwalk_next(&oid, walk.get()) == 0) all.push_back(oid_of(oid));
        return all;
    }));
    std::vector<Oid> found;
    for (const Oid& each : commits) {
        auto item = TRY(find(each, path));
        bool is_new = item && item->kind == TreeItem::Kind::file && std::ranges::find(found, item->oid) == found.end();
        if (is_new) found.push_back(item->oid);
    }
    return found;
}

std::string Checkout::lfs_object(std::string_view sha256) const {
    return opened_->common_dir + "lfs/objects/" + std::string(sha256.substr(0, 2)) + "/" +
           std::string(sha256.substr(2, 2)) + "/" + std::string(sha256);
}

Result<void> Checkout::write_files(const Oid& commit, const std::string& folder) const {
    return opened_->handle.with([&](RepositoryHandle& handle) -> Result<void> {
        auto tree = TRY(tree_at(handle.get(), commit));
        git_checkout_options options = GIT_CHECKOUT_OPTIONS_INIT;
        options.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_DONT_UPDATE_INDEX | GIT_CHECKOUT_DONT_WRITE_INDEX;
        options.target_directory = folder.c_str();
        int status = git_checkout_tree(handle.get(), reinterpret_cast<git_object*>(tree.get()), &options);
        if (status)
            return git_error(
                status, "the files of " + commit.text() + " cannot be written to " + folder + "; see that it has room");
        return {};
    });
}

}  // namespace ry::git
