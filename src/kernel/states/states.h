#pragma once
// Immutable directory trees by key, and mutable copies of them by the cheapest means of the file system: installed
// dependencies, template workspaces, database directories. A state is filled or snapshotted once, by whoever comes
// first; it is visible only whole; it is never changed afterwards. A clone is a directory of somebody's own that began
// as a state.
//
//   Pin modules = TRY(states.build(op, key, [&](const std::string& dir) { return install(op, dir); }));
//   cage.read_only.push_back({modules.path(), "/app/node_modules"});  // shared: costs nothing, while the Pin lives
//
//   TRY(states.clone(op, base, data_dir));                             // a copy of one's own, writable
//   … work in data_dir …
//   Pin next = TRY(states.snapshot(op, next_key, data_dir, took_ms));  // what it has become, as a state
//   TRY(states.attach(data_dir));                                      // after a restart or reboot, before it is used
//   again TRY(states.remove_clone(data_dir));
//
// Prefer the shared bind for trees that are only read: where the file system cannot share, a clone copies every byte.
// After kill -9 at any point, and after a power cut, a state or clone is whole or absent; open() removes the rest.
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

/// How a clone is made. `automatic` takes the first of these that works in the directory itself.
enum class Backend {
    automatic,
    overlay_reflink,  ///< overlay mount on XFS, btrfs, bcachefs, for root: 0.2 ms; a file that is written to is
                      ///< reflinked first
    btrfs,            ///< snapshot of a subvolume: about 5 ms whatever the size
    zfs,              ///< clone of a dataset, by the `zfs` tool
    reflink,          ///< FICLONE of every file: about 30 µs a file whatever its size
    overlay,  ///< overlay mount elsewhere, for root: 0.3 ms, but a file is copied whole when first opened for writing
    copy,     ///< every byte, on `threads_max` threads
};
std::string_view name_of(Backend backend);  ///< "overlay_reflink", …

/// What a clone's own data survive.
enum class Durability {
    process,  ///< the end of every process; what was written before the host lost its power may be damaged
    host,     ///< all that: what fsync() has returned for is on the disk, and so is the clone when it is there
};

struct Choice {
    Backend backend = Backend::copy;
    std::string why;  ///< for a person: what a clone costs here, and what stood in the way of the better ones
};
/// What `automatic` means in the directory `dir`, found by trying each there. Costs some ms; leaves nothing behind.
Choice choose_backend(const std::string& dir);

struct Config {
    std::string dir = {};  ///< made when absent; clones are cheap only on the same file system
    Backend backend = Backend::automatic;
    int64_t mb_max = 20'000;      ///< of all states together. What makes it more is refused
    int high_percent = 95;        ///< of mb_max: beyond it states are evicted …
    int low_percent = 85;         ///< … until they take this much
    int64_t mb_free_min = 500;    ///< kept free on the disk: states are evicted, then new ones refused
    int64_t age_min_ms = 60'000;  ///< younger states are not evicted
    int threads_max = 4;          ///< of one copy
};

/// Keeps a state from being removed, in every process, while it lives. Movable; any thread.
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
    Pin(std::string key, std::string path, int lock_fd)
        : key_(std::move(key)), path_(std::move(path)), lock_fd_(lock_fd) {}
    std::string key_, path_;
    int lock_fd_;
};

struct State {
    std::string key;
    int64_t bytes = 0;          ///< its own, on disk: what it shares with the state that it came from is counted there
    int64_t content_bytes = 0;  ///< the sizes of its files together
    int64_t files = 0;
    int64_t rebuild_ms = 0;  ///< what it would take to make it again
    int64_t uses = 0;        ///< by build, snapshot and find
    int clones = 0;          ///< while there are any, it is not removed
    Time made;
    Time used;
    Time retained_until;
};

struct Clone {
    std::string to;
    std::string key;  ///< of the state that it began as
    Backend backend = Backend::copy;
};

struct Usage {
    int64_t bytes = 0;  ///< on disk, of all states; clones are not counted
    int64_t bytes_max = 0;
    int64_t bytes_free = 0;         ///< of the file system
    int64_t bytes_reclaimable = 0;  ///< what eviction could free now
    int64_t states = 0;
    int64_t clones = 0;
    int64_t evicted = 0;  ///< states, since the directory was made
    Time last_eviction;   ///< 0: never
};

/// Fills an empty directory. It may run long and should honour the Op that it captured.
using Fill = std::function<Result<void>(const std::string& dir)>;

/// Shared by all threads. Several processes may use one directory. Keys are 1 to 128 of [a-z0-9_-]; a key must name
/// all that its tree depends on (use a hash). Set-user-id bits do not come into a state, nor extended attributes (where
/// bytes or reflinks are copied), sockets, pipes and devices; hard links become files of their own.
class States {
public:
    /// Removes what a crash left half-made, and mounts below the directory that no clone knows.
    static Result<std::unique_ptr<States>> open(const Config& config);
    States(const States&) = delete;
    ~States();

    /// Absent when there is no such state (yet), and when it is damaged: then it is also removed. The first find of a
    /// state by this object compares names, types, sizes, modes and times of all its files with its manifest (about 2
    /// µs a file); the later ones look at its top only (20 µs).
    Result<std::optional<Pin>> find(const std::string& key);

    /// The state `key`, filled now by `fill` when there is none. Of several callers, in this and other processes, one
    /// fills and the others wait (up to the Op's deadline) for it; when it fails, the next one tries. When `fill`
    /// fails, nothing remains and its error is returned. `over_quota`, with the figures, when there is no room and
    /// nothing may be evicted. `rebuild_ms`: what it takes to make it again; 0 means as long as `fill` took.
    Result<Pin> build(const Op& op, const std::string& key, const Fill& fill, int64_t rebuild_ms = 0);

    /// The state `key`, made of what `from_dir` holds now when there is none: a clone, or any other directory. Nobody
    /// may write there meanwhile; afterwards it is its owner's again. Unchanged files of a clone are shared with its
    /// state.
    Result<Pin> snapshot(const Op& op, const std::string& key, const std::string& from_dir, int64_t rebuild_ms);

    /// Waits until the state is on the disk and would be there after a power cut; otherwise that is so soon.
    Result<void> flush(const std::string& key);

    /// Makes `to`, an absolute path which must not exist and whose parent must, a writable copy of the state: contents,
    /// modes, symbolic links, modification times of files, and owners when the server is root. The state is not removed
    /// while it lives. What the process has not been told of when it dies is either absent, or in clones() and whole
    /// after attach(). With Durability::host it waits until all that the file system has to write is written.
    Result<void> clone(const Op& op, const Pin& pin, const std::string& to,
                       Durability durability = Durability::process);

    /// Makes `to` a clone with the data that the clone at `from` has now. Nobody may write to `from` meanwhile.
    Result<void> fork(const Op& op, const std::string& from, const std::string& to,
                      Durability durability = Durability::process);

    /// Makes the clone at `to` usable after a restart or reboot: mounts what has to be mounted. Costs some µs when
    /// nothing has. `not_found` when there is no such clone; `conflict` when it, or the state below it, is lost.
    Result<void> attach(const std::string& to);

    /// Gives back what the host holds for a clone that nobody uses for a while: its mount. The data stays; attach()
    /// before the next use. Nothing happens when there is no such clone, or nothing is held.
    Result<void> detach(const std::string& to);

    /// Removes the clone, and soon after its data, on a thread of its own unless many wait; nothing happens when there
    /// is none at `to`. The caller has ended what used it.
    Result<void> remove_clone(const std::string& to);

    Result<std::vector<Clone>> clones() const;  ///< in the order of their places

    /// The state is not evicted before `until` (remove() still removes it). `not_found` when there is no such state.
    Result<void> retain(const std::string& key, Time until);

    /// Reads the whole state and compares it with what the first verify() of it recorded. `conflict` when it is
    /// damaged; it is then removed like by find(). `not_found` when there is none. Costs reading every byte: for idle
    /// time.
    Result<void> verify(const Op& op, const std::string& key);

    /// `conflict` while somebody pins it or a clone of it is there; nothing happens when it does not exist.
    Result<void> remove(const Op& op, const std::string& key);

    /// Evicts states when they take more than high_percent or less than mb_free_min is free: those of the least value
    /// first, which is rebuild time × likelihood of use / bytes that go. Pins, clones, retained and young ones stay.
    /// build() and snapshot() call it.
    Result<void> trim(const Op& op);

    /// Whether there is room for another state, or can be made now: what build() and snapshot() begin with, for who has much
    /// to do before. `over_quota`, with the figures, when there is none.
    Result<void> make_room(const Op& op);

    /// What to ask when a state is to be made, there is no room for it, and nothing may be evicted: whoever keeps
    /// clones that can be made again at any time removes some, and returns false when there are none. It is called on
    /// the thread that needs the room, one call at a time, and must not make states. An empty one ends that; it waits
    /// for a call under way.
    void on_shortage(std::function<bool()> give_up_clones);

    std::optional<State> show(const std::string& key) const;
    Result<std::vector<State>> list() const;  ///< in the order of their keys
    Result<Usage> usage() const;              ///< reads every state's small files: for a page, not for a loop
    Backend backend() const { return choice_.backend; }
    const std::string& why() const { return choice_.why; }

private:
    struct Inside;  // inside.h
    explicit States(const Config& config);

    const Config config_;
    Choice choice_;
    std::unique_ptr<Inside> inside_;
};

/// Removes any tree: as one step where it is a btrfs subvolume, file by file otherwise. Symbolic links are not
/// followed; what does not exist is fine. For clones use remove_clone().
Result<void> remove_tree(const std::string& path);

}  // namespace ry::states
