#pragma once
// Git repositories as a port: bare repositories that only this header writes. libgit2 stands behind it.
// Everything may be called from any thread; writers of one repository queue on its lock file, also across processes.
// A commit that was acknowledged survives kill -9 and power loss: objects, directories and references are fsynced.
#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ry::git {

namespace limit {
inline constexpr int64_t file_bytes_max = 64LL * 1024 * 1024;  ///< one file read or written: it is held in memory
inline constexpr size_t files_max = 50'000;                    ///< of one tree: listing takes 50,000 × ~200 B = 10 MB
inline constexpr size_t operations_max = 10'000;               ///< of one commit
inline constexpr int64_t commit_bytes_max = 512LL * 1024 * 1024;  ///< content written by one commit or import
inline constexpr size_t log_max = 10'000;                         ///< commits of one log() call
inline constexpr size_t branches_max = 100'000;
inline constexpr int64_t diff_bytes_max =
    4LL * 1024 * 1024;  ///< unified text of one diff(); one file's is cut at 1 MiB
inline constexpr int64_t diff_file_bytes_max = 1024 * 1024;
inline constexpr size_t message_bytes_max = 64 * 1024;
inline constexpr int lock_wait_ms = 30'000;  ///< for the writers before us: 30 s hold thousands of commits
}  // namespace limit

/// The name of an object (SHA-1).
struct Oid {
    std::array<uint8_t, 20> bytes{};
    auto operator<=>(const Oid&) const = default;
    std::string text() const;  ///< 40 hex digits
    static std::optional<Oid> parse(std::string_view text);
    bool is_nil() const { return *this == Oid{}; }
};

/// Symlinks and submodules are listed, never followed and never written to a disk.
enum class EntryKind { file, executable, symlink, submodule };
constexpr std::array<std::string_view, 4> names_of(EntryKind) { return {"file", "executable", "symlink", "submodule"}; }

struct Entry {
    std::string path;
    EntryKind kind = EntryKind::file;
    int64_t size_bytes = 0;  ///< 0 for submodules
    Oid oid;
};

struct Author {
    std::string name;
    std::string email;
    std::optional<Time> at = {};  ///< absent: now
};

/// One path's change. `from` names a path of the parent commit, so operations may stand in any order, each on its own
/// path.
enum class Action { write, remove, copy };
struct Operation {
    Action action = Action::write;
    std::string path;            ///< as base/path.h wants it
    std::string content = {};    ///< write; the mode of an existing file stays
    std::string from = {};       ///< copy: content and mode; a rename is a copy and a remove
    bool is_executable = false;  ///< write, for a new file
};

struct Commit {
    Oid oid;
    Oid tree;
    std::vector<Oid> parents;
    std::string author_name;
    std::string author_email;
    Time at;
    std::string message;
};

struct Branch {
    std::string name;  ///< "chat/chat_01…", without refs/heads/
    Oid commit;
    bool operator==(const Branch&) const = default;
};

enum class FileStatus { added, modified, deleted, renamed };
constexpr std::array<std::string_view, 4> names_of(FileStatus) { return {"added", "modified", "deleted", "renamed"}; }
struct FileDiff {
    std::string path;      ///< afterwards; of a deleted file: before
    std::string old_path;  ///< differs from `path` for renamed
    FileStatus status = FileStatus::modified;
    int64_t lines_added = 0;
    int64_t lines_deleted = 0;
    bool is_binary = false;
    bool is_cut = false;  ///< `text` is not whole: a limit was reached
    std::string text;     ///< unified diff with headers; empty for binary files
};
struct Diff {
    std::vector<FileDiff> files;
    int64_t lines_added = 0;
    int64_t lines_deleted = 0;
};

/// What export_tree() and update_directory() did.
struct Exported {
    size_t written = 0;
    size_t removed = 0;
    std::vector<std::string> skipped;  ///< symlinks and submodules
};

/// A bare repository. Copies share it.
class Repository {
public:
    /// Makes `directory` (its parent must exist) an empty repository whose HEAD is `main`. Code::conflict when it
    /// exists.
    static Result<Repository> create(const std::string& directory);
    /// Code::not_found when there is none.
    static Result<Repository> open(const std::string& directory);
    /// Deletes the repository with everything in it; no error when there is none. Nobody may use it meanwhile.
    static Result<void> destroy(const std::string& directory);

    const std::string& directory() const;

    // ---- reading

    /// Every file at a commit (or tree), sorted by path in byte order. Code::too_large over files_max.
    Result<std::vector<Entry>> list(const Oid& commit) const;
    /// What stands at `path`; absent when nothing or a folder does.
    Result<std::optional<Entry>> find(const Oid& commit, std::string_view path) const;
    /// The content of a file. Code::not_found when there is none; Code::unsupported for symlinks and submodules.
    Result<std::string> read(const Oid& commit, std::string_view path) const;
    Result<std::string> read_blob(const Oid& blob) const;
    Result<Commit> commit(const Oid& oid) const;
    /// The commit and its ancestors, newest first, after the first `skip`, at most `count` (≤ log_max).
    Result<std::vector<Commit>> log(const Oid& from, size_t count, size_t skip = 0) const;
    /// From `before` (nil: the empty tree) to `after`, with renames found. `path` not empty: only that file.
    Result<Diff> diff(const Oid& before, const Oid& after, std::string_view path = {}) const;
    /// True when `ancestor` is `descendant` or lies in its history.
    Result<bool> is_reachable(const Oid& ancestor, const Oid& descendant) const;
    /// True when `oid` is a commit of this repository.
    Result<bool> has_commit(const Oid& oid) const;

    // ---- branches

    Result<std::vector<Branch>> branches(std::string_view prefix = {}) const;
    /// Where the branch stands; absent when there is none.
    Result<std::optional<Oid>> resolve(std::string_view branch) const;
    /// Code::conflict when it exists.
    Result<void> create_branch(std::string_view branch, const Oid& at);
    /// Moves the branch from `expected` to `to`; Code::conflict when it stands elsewhere.
    Result<void> move_branch(std::string_view branch, const Oid& expected, const Oid& to);
    /// No error when there is none.
    Result<void> delete_branch(std::string_view branch);

    // ---- writing: all or nothing, and the branch moves only from `expected_parent`

    /// `expected_parent` nil: the branch must not exist, and begins here. Code::conflict when the branch stands
    /// elsewhere; Code::unsupported with faults for wrong operations. Operations that change nothing still make a
    /// commit.
    Result<Oid> commit(std::string_view branch, const Oid& expected_parent, const std::vector<Operation>& operations,
                       const Author& author, std::string_view message);
    /// A commit whose tree is that of `tree_of` (a commit): restore. Costs two small files whatever the app's size.
    Result<Oid> commit_tree(std::string_view branch, const Oid& expected_parent, const Oid& tree_of,
                            const Author& author, std::string_view message);
    /// A commit whose tree is the directory's files; symlinks and `.git` are skipped, special files refused.
    Result<Oid> commit_directory(std::string_view branch, const Oid& expected_parent, const std::string& source,
                                 const Author& author, std::string_view message);

    // ---- to a disk: folders are entered part by part, and no symlink in the target is ever followed (one in the way
    // is removed)

    /// Writes every file of the commit into `target`, which is made when absent. Files that are there stay or are
    /// replaced.
    Result<Exported> export_tree(const Oid& commit, const std::string& target) const;
    /// Brings a directory that holds `before` to `after`: only what differs is written (each file by rename) or
    /// removed.
    Result<Exported> update_directory(const std::string& target, const Oid& before, const Oid& after) const;

private:
    class Shared;
    explicit Repository(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    std::shared_ptr<Shared> shared_;
};

}  // namespace ry::git
