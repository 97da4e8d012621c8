#pragma once
// libgit2 behind git.h: handles that free themselves, a pool of repository handles, errors as values.
#include <git2.h>
#include <git2/sys/repository.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "kernel/git/git.h"

namespace ry::git {

/// A libgit2 object with its own free function.
template <class T, void (*free)(T*)>
struct Freed {
    void operator()(T* object) const { free(object); }
};
template <class T, void (*free)(T*)>
using Held = std::unique_ptr<T, Freed<T, free>>;

using RepositoryHandle = Held<git_repository, git_repository_free>;
using OdbHandle = Held<git_odb, git_odb_free>;
using ObjectHandle = Held<git_object, git_object_free>;
using OdbObjectHandle = Held<git_odb_object, git_odb_object_free>;
using CommitHandle = Held<git_commit, git_commit_free>;
using TreeHandle = Held<git_tree, git_tree_free>;
using TreeEntryHandle = Held<git_tree_entry, git_tree_entry_free>;
using ReferenceHandle = Held<git_reference, git_reference_free>;
using ReferenceIterator = Held<git_reference_iterator, git_reference_iterator_free>;
using WalkHandle = Held<git_revwalk, git_revwalk_free>;
using DiffHandle = Held<git_diff, git_diff_free>;
using PatchHandle = Held<git_patch, git_patch_free>;

/// Fills a Held from a libgit2 function with an out parameter: `receive(tree, git_tree_lookup, repo, &oid)`.
template <class H, class F, class... A>
int receive(H& held, F function, A... arguments) {
    typename H::pointer raw = nullptr;
    int status = function(&raw, arguments...);
    held.reset(raw);
    return status;
}

/// The Error for a libgit2 status: not_found, conflict or unavailable by its code; libgit2's own words are the cause.
Error git_error(int status, std::string message);

inline git_oid raw(const Oid& oid) {
    git_oid out;
    git_oid_fromraw(&out, oid.bytes.data());
    return out;
}
inline Oid oid_of(const git_oid& oid) {
    Oid out;
    std::copy(oid.id, oid.id + 20, out.bytes.begin());
    return out;
}

/// A repository handle is used by one thread at a time; idle ones wait here.
class Repository::Shared {
public:
    explicit Shared(std::string directory) : directory_(std::move(directory)) {}

    class Borrowed {
    public:
        Borrowed(Shared& owner, RepositoryHandle handle) : owner_(&owner), handle_(std::move(handle)) {}
        Borrowed(Borrowed&&) = default;
        ~Borrowed();
        operator git_repository*() const { return handle_.get(); }

    private:
        Shared* owner_;
        RepositoryHandle handle_;
    };
    Result<Borrowed> borrow();
    const std::string& directory() const { return directory_; }

private:
    std::string directory_;
    Guarded<std::vector<RepositoryHandle>> idle_;
};

/// Starts libgit2 once: fsync on, no configuration from outside the repository.
void start_libgit2();

/// The commit's tree (or the tree itself). Code::not_found when the object is neither.
Result<TreeHandle> tree_at(git_repository* repository, const Oid& commit);
/// Repository::list(). A file's size costs a look into its object: some 20 µs.
enum class Sizes { read, skip };
Result<std::vector<Entry>> entries_at(git_repository* repository, const Oid& commit, Sizes sizes);
/// Code::not_found when it is no commit.
Result<CommitHandle> commit_at(git_repository* repository, const Oid& oid);
/// "refs/heads/<branch>"; Code::unsupported when git does not allow the name.
Result<std::string> reference_name(std::string_view branch);
Result<std::optional<Oid>> resolve_reference(git_repository* repository, const std::string& reference);
/// The bytes of a blob, at most file_bytes_max.
Result<std::string> blob_content(git_repository* repository, const Oid& blob);
/// Absent for folders and for entries that no git makes.
std::optional<EntryKind> kind_of(const git_tree_entry* entry);

/// Held while a repository is written, across threads and processes. Freed when it goes away, also when the process
/// dies.
class WriteLock {
public:
    static Result<WriteLock> take(const std::string& directory);
    WriteLock(WriteLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    WriteLock& operator=(WriteLock&&) = delete;
    ~WriteLock();

private:
    explicit WriteLock(int file) : file_(file) {}
    int file_;
};

/// Changes a reference; a lock file that a killed writer of ours left is removed. The caller holds the WriteLock.
int change_reference(git_repository* repository, const std::string& reference, auto&& change) {
    int status = change();
    if (status != GIT_ELOCKED) return status;
    std::string path = git_repository_path(repository);
    ::remove((path + reference + ".lock").c_str());
    ::remove((path + "packed-refs.lock").c_str());
    return change();
}

/// Moves `reference` from `expected` (nil: it does not exist) to `to`; Code::conflict when it stands elsewhere.
Result<void> move_reference(git_repository* repository, const std::string& reference, const Oid& expected,
                            const Oid& to);

}  // namespace ry::git
