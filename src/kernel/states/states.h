#pragma once
// Immutable directory trees by key, and mutable copies of them by the cheapest means of the file system: installed
// dependencies, template workspaces, database directories. A tree is filled once, by whoever comes first; it is visible
// only whole; it is never changed afterwards.
//
//   Pin modules = TRY(states.build(op, key, [&](const std::string& dir) { return install(op, dir); }));
//   cage.read_only.push_back({modules.path(), "/app/node_modules"});   // shared: costs nothing, while the Pin lives
//   TRY(states.clone(op, modules, data_dir));                           // or a copy of one's own, writable
//
// Prefer the shared bind for trees that are only read: on ext4 a clone copies every byte.
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kernel/op/op.h"

namespace ry::states {

/// How a clone is made. `automatic` tries them in this order, on the directory itself.
enum class Backend {
    automatic,
    btrfs,    ///< snapshot of a subvolume: about 5 ms whatever the size
    reflink,  ///< FICLONE of every file (XFS, btrfs, bcachefs): about 30 µs a file whatever its size
    copy,     ///< every byte, on `threads_max` threads
};
std::string_view name_of(Backend backend);  ///< "btrfs", …

struct Config {
    std::string dir = {};                    ///< made when absent; clones are cheap only on the same file system
    Backend backend = Backend::automatic;
    int64_t mb_max = 20'000;                 ///< of all trees together; beyond it the least recently used that nobody pins go
    int threads_max = 4;                     ///< of one clone
};

/// Keeps a tree from being removed, in every process, while it lives. Movable; any thread.
class Pin {
public:
    Pin(Pin&& other) noexcept;
    Pin& operator=(Pin&& other) noexcept;
    ~Pin();

    const std::string& key() const { return key_; }
    /// The tree. Nobody may write below it.
    const std::string& path() const { return path_; }

private:
    friend class States;
    Pin(std::string key, std::string path, int lock_fd) : key_(std::move(key)), path_(std::move(path)), lock_fd_(lock_fd) {}
    std::string key_, path_;
    int lock_fd_;
};

struct State {
    std::string key;
    int64_t bytes = 0;  ///< on disk, when it was made
    Time used;          ///< by build, find or clone
};

/// Fills an empty directory. It may run long and should honour the Op that it captured.
using Fill = std::function<Result<void>(const std::string& dir)>;

/// Shared by all threads. Several processes may use one directory. Keys are 1 to 128 of [a-z0-9_-]; a key must name
/// all that its tree depends on (use a hash).
class States {
public:
    /// Removes what a crash left half-made.
    static Result<std::unique_ptr<States>> open(const Config& config);
    States(const States&) = delete;

    /// Absent when there is no such tree (yet).
    Result<std::optional<Pin>> find(const std::string& key);

    /// The tree of `key`, filled now by `fill` when there is none. Of several callers, in this and other processes, one
    /// fills and the others wait (up to the Op's deadline) for it; when it fails, the next one tries. On disk, flushed, before it
    /// becomes visible. When `fill` fails, nothing remains and its error is returned.
    Result<Pin> build(const Op& op, const std::string& key, const Fill& fill);

    /// Makes `to`, which must not exist and whose parent must, a writable copy of the tree: contents, modes (without set-user-id),
    /// symbolic links, modification times of files, and owners when the server is root. `to` appears whole or not at all.
    Result<void> clone(const Op& op, const Pin& pin, const std::string& to);

    /// `conflict` while somebody pins it; nothing happens when it does not exist.
    Result<void> remove(const Op& op, const std::string& key);

    /// Removes trees, least recently used first, until all are within mb_max or the rest is pinned. build() calls it.
    Result<void> trim(const Op& op);

    Result<std::vector<State>> list() const;  ///< in the order of their keys
    Backend backend() const { return backend_; }

private:
    explicit States(const Config& config) : config_(config) {}
    std::string tree_dir(std::string_view key) const;
    std::string fresh_name(std::string_view folder, std::string_view key);
    Result<void> remove_half_made();
    Result<void> fill_and_publish(const std::string& key, const Fill& fill);

    const Config config_;
    Backend backend_ = Backend::copy;
    std::atomic<uint64_t> next_ = 0;
};

/// Removes a clone, or any other tree: as one step where it is a btrfs subvolume, file by file otherwise. Symbolic links are not
/// followed; what does not exist is fine.
Result<void> remove_tree(const std::string& path);

}  // namespace ry::states
