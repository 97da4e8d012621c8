#include "kernel/git/handle.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/text.h"
#include "base/time.h"

namespace ry::git {
namespace {

constexpr size_t idle_handles_max = 8;  // each keeps some file descriptors and caches

}  // namespace

std::string Oid::text() const { return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }

std::optional<Oid> Oid::parse(std::string_view text) {
    if (text.size() != 40) return {};
    auto raw_bytes = unhex(text);
    if (!raw_bytes || raw_bytes->size() != 20) return {};
    Oid oid;
    std::ranges::copy(*raw_bytes, reinterpret_cast<char*>(oid.bytes.data()));
    return oid;
}

Error git_error(int status, std::string message) {
    auto* last = git_error_last();
    std::string cause =
        "libgit2 " + std::to_string(status) + (last && last->message ? std::string(": ") + last->message : "");
    if (cause.find("No space left") != cause.npos || cause.find("Disk quota") != cause.npos)
        return fail(Code::unavailable, message + ": the disk is full; free some space in the data directory",
                    std::move(cause));
    if (status == GIT_ENOTFOUND) return fail(Code::not_found, std::move(message), std::move(cause));
    if (status == GIT_EEXISTS || status == GIT_EMODIFIED || status == GIT_ELOCKED)
        return fail(Code::conflict, std::move(message), std::move(cause));
    return fail(Code::unavailable, std::move(message), std::move(cause));
}

void start_libgit2() {
    static const int started = [] {
        git_libgit2_init();
        git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION,
                         0);  // the data directory may belong to the account of the sandboxes
        for (int level :
             {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
            git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
        return 1;
    }();
    (void)started;
}

Repository::Shared::Borrowed::~Borrowed() {
    if (!handle_) return;
    owner_->idle_.with([&](auto& idle) {
        if (idle.size() < idle_handles_max) idle.push_back(std::move(handle_));
    });
}

Result<Repository::Shared::Borrowed> Repository::Shared::borrow() {
    start_libgit2();
    RepositoryHandle handle;
    idle_.with([&](auto& idle) {
        if (idle.empty()) return;
        handle = std::move(idle.back());
        idle.pop_back();
    });
    if (!handle)
        if (int status = receive(handle, git_repository_open_bare, directory_.c_str()); status < 0)
            return git_error(status, "the repository cannot be opened");
    return Borrowed(*this, std::move(handle));
}

Result<TreeHandle> tree_at(git_repository* repository, const Oid& commit) {
    ObjectHandle object, tree;
    auto oid = raw(commit);
    int status = receive(object, git_object_lookup, repository, &oid, GIT_OBJECT_ANY);
    if (!status) status = receive(tree, git_object_peel, object.get(), GIT_OBJECT_TREE);
    if (status == GIT_ENOTFOUND || status == GIT_EPEEL || status == GIT_EINVALIDSPEC)
        return fail(Code::not_found, "there is no version " + commit.text());
    if (status) return git_error(status, "the version " + commit.text() + " cannot be read");
    return TreeHandle(reinterpret_cast<git_tree*>(tree.release()));
}

Result<CommitHandle> commit_at(git_repository* repository, const Oid& oid) {
    CommitHandle commit;
    auto id = raw(oid);
    int status = receive(commit, git_commit_lookup, repository, &id);
    if (status == GIT_ENOTFOUND) return fail(Code::not_found, "there is no version " + oid.text());
    if (status) return git_error(status, "the version " + oid.text() + " cannot be read");
    return commit;
}

Result<std::string> reference_name(std::string_view branch) {
    std::string name = "refs/heads/" + std::string(branch);
    int is_valid = 0;
    bool has_nul = branch.find('\0') != branch.npos;
    if (branch.empty() || branch.size() > 250 || has_nul || git_reference_name_is_valid(&is_valid, name.c_str()) < 0 ||
        !is_valid)
        return fail(Code::unsupported,
                    "git does not allow the branch name \"" + std::string(utf8_prefix(branch, 250)) + "\"");
    return name;
}

Result<std::optional<Oid>> resolve_reference(git_repository* repository, const std::string& reference) {
    git_oid oid;
    int status = git_reference_name_to_id(&oid, repository, reference.c_str());
    if (status == GIT_ENOTFOUND) return std::optional<Oid>();
    if (status < 0) return git_error(status, "the branch cannot be read");
    return std::optional(oid_of(oid));
}

Result<std::string> blob_content(git_repository* repository, const Oid& blob) {
    OdbHandle odb;
    OdbObjectHandle object;
    auto oid = raw(blob);
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    int status = receive(odb, git_repository_odb, repository);
    if (!status) status = git_odb_read_header(&size, &type, odb.get(), &oid);
    if (status == GIT_ENOTFOUND || (!status && type != GIT_OBJECT_BLOB))
        return fail(Code::not_found, "there is no such file");
    if (!status && int64_t(size) > limit::file_bytes_max)
        return fail(Code::too_large, "the file has more than 64 MiB; clone the repository to read it");
    if (!status) status = receive(object, git_odb_read, odb.get(), &oid);
    if (status) return git_error(status, "the file cannot be read");
    return std::string(static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get()));
}

std::optional<EntryKind> kind_of(const git_tree_entry* entry) {
    switch (git_tree_entry_filemode(entry)) {
        case GIT_FILEMODE_BLOB:
            return EntryKind::file;
        case GIT_FILEMODE_BLOB_EXECUTABLE:
            return EntryKind::executable;
        case GIT_FILEMODE_LINK:
            return EntryKind::symlink;
        case GIT_FILEMODE_COMMIT:
            return EntryKind::submodule;
        default:
            return {};
    }
}

Result<WriteLock> WriteLock::take(const std::string& directory) {
    auto path = directory + "/ramify.lock";
    int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(Code::unavailable, "the repository cannot be locked for writing",
                    path + ": " + std::strerror(errno));
    WriteLock lock(file);
    auto deadline_ms = steady_ms() + limit::lock_wait_ms;
    for (int wait_us = 200; flock(file, LOCK_EX | LOCK_NB) < 0; wait_us = std::min(wait_us * 2, 5000)) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail(Code::unavailable, "the repository cannot be locked for writing",
                        path + ": " + std::strerror(errno));
        if (steady_ms() > deadline_ms) return fail(Code::timed_out, "the repository has been busy for 30 s; try again");
        std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
    }
    return lock;
}

WriteLock::~WriteLock() {
    if (file_ >= 0) close(file_);
}

Result<void> move_reference(git_repository* repository, const std::string& reference, const Oid& expected,
                            const Oid& to) {
    auto from_id = raw(expected), to_id = raw(to);
    ReferenceHandle made;
    int status = change_reference(repository, reference, [&] {
        if (expected.is_nil())
            return receive(made, git_reference_create, repository, reference.c_str(), &to_id, 0, nullptr);
        return receive(made, git_reference_create_matching, repository, reference.c_str(), &to_id, 1, &from_id,
                       nullptr);
    });
    if (status)
        return git_error(status == GIT_ENOTFOUND ? GIT_EMODIFIED : status,
                         "the branch has moved meanwhile; read it again");
    return {};
}

}  // namespace ry::git
