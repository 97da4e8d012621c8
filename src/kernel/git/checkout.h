#pragma once
// The repository that somebody works in, found from a folder upwards: a clone, or a worktree of one. It is only read,
// and objects are read where they are, without a checkout, an index or any file written. Any thread.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/git/git.h"

namespace ry::git {

namespace limit {
inline constexpr int64_t checkout_file_bytes_max = 256LL * 1024 * 1024;  ///< one file read: it is held in memory
}

/// What stands at a path of a commit.
struct TreeItem {
    enum class Kind { file, folder, symlink, submodule };
    std::string name;  ///< without its folder
    Kind kind = Kind::file;
    Oid oid;
};

class Checkout {
public:
    /// The repository that `folder` lies in. Code::not_found when there is none, Code::unsupported when it is bare.
    static Result<Checkout> find(const std::string& folder);

    /// Where its files are: absolute, links resolved, without "/" at the end.
    const std::string& root() const;
    /// "HEAD~1", "v1.2", "origin/main", the beginning of a hash. Code::not_found with what to do when there is none.
    Result<Oid> commit_of(std::string_view revision) const;
    /// At `path`, as git writes it ("db/schema.sql"; "" is the whole tree); links are not followed. Absent when nothing
    /// is.
    Result<std::optional<TreeItem>> find(const Oid& commit, std::string_view path) const;
    /// What lies in a folder, by its oid.
    Result<std::vector<TreeItem>> list(const Oid& folder) const;
    /// A file's content, or where a symbolic link leads. Code::too_large over checkout_file_bytes_max.
    Result<std::string> read(const Oid& blob) const;
    Result<int64_t> size_of(const Oid& blob) const;
    /// The different contents that the file at `path` had in `commit` and the commits before it, of which at most
    /// `commits_max` are looked at, newest first.
    Result<std::vector<Oid>> versions(const Oid& commit, std::string_view path, size_t commits_max) const;
    /// Where Git LFS keeps the content with this SHA-256, when it has been fetched.
    std::string lfs_object(std::string_view sha256) const;
    /// Writes every file of the commit below `folder`, which is empty, as a checkout would; submodules are left out.
    Result<void> write_files(const Oid& commit, const std::string& folder) const;

private:
    struct Opened;
    explicit Checkout(std::shared_ptr<Opened> opened) : opened_(std::move(opened)) {}
    std::shared_ptr<Opened> opened_;
};

}  // namespace ry::git
