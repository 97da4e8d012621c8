#include "kernel/states/states.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/check.h"
#include "base/descriptor.h"
#include "base/text.h"
#include "kernel/states/tree_copy.h"
#include "kernel/telemetry/telemetry.h"

// Below Config::dir:
//   trees/<key>/tree      the tree                     building/<key>.<pid>.<n>/  the same, half-made
//   trees/<key>/pin       flock: shared by each Pin, exclusive to remove; its mtime is the last use
//   trees/<key>/bytes     its size                     removing/<key>.<pid>.<n>/  on the way out
//   locks/<key>           flock: exclusive while the key is built or removed
namespace ry::states {
namespace {

namespace fs = std::filesystem;

constexpr size_t key_bytes_max = 128;
constexpr auto lock_poll = std::chrono::milliseconds(10);  // flock has no timeout; a build takes seconds
constexpr int64_t bytes_per_mb = 1 << 20;

Error cannot(const std::string& what) {
    return fail(Code::unavailable, "the state store cannot use its directory; check the data directory's disk and permissions",
                what + ": " + std::strerror(errno));
}

Result<void> check_key(const std::string& key) {
    auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    if (!key.empty() && key.size() <= key_bytes_max && std::ranges::all_of(key, fits)) return {};
    return invalid("/key", "must be 1 to 128 of [a-z0-9_-]");
}

/// True when `file` is what lies at `path` now.
bool is_at(const Descriptor& file, const std::string& path) {
    struct stat opened{}, there{};
    return fstat(file.get(), &opened) == 0 && stat(path.c_str(), &there) == 0 && opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

/// The exclusive lock of one key. Whoever holds it may remove the lock file; others then find another file and try again.
Result<Descriptor> lock_key(const Op& op, const std::string& path) {
    for (;;) {
        Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!file) return cannot(path);
        if (flock(file.get(), LOCK_EX | LOCK_NB) == 0 && is_at(file, path)) return file;
        TRY(op.still_wanted());
        std::this_thread::sleep_for(lock_poll);
    }
}

/// Sets the time of the last use. Not by UTIME_NOW: that is the time of the kernel's last tick, the same for several uses.
void touch(int pin) {
    timespec now[2];
    clock_gettime(CLOCK_REALTIME, &now[0]);
    now[1] = now[0];
    futimens(pin, now);
}

Result<void> flush_directory(const std::string& path) {
    Descriptor dir(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir || fsync(dir.get()) != 0) return cannot(path);
    return {};
}

/// Everything that was written below `path`, in one call for thousands of files.
Result<void> flush_file_system(const std::string& path) {
    Descriptor dir(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir || syncfs(dir.get()) != 0) return cannot(path);
    return {};
}

Result<void> write_small_file(const std::string& path, const std::string& text) {
    Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return cannot(path);
    return {};
}

/// Removes the directory of a state: its tree first, as one subvolume where it is one.
Result<void> remove_state_dir(const std::string& dir) {
    TRY(remove_tree(dir + "/tree"));
    return remove_tree(dir);
}

}  // namespace

std::string_view name_of(Backend backend) {
    constexpr std::string_view names[] = {"automatic", "btrfs", "reflink", "copy"};
    return names[static_cast<int>(backend)];
}

Pin::Pin(Pin&& other) noexcept
    : key_(std::move(other.key_)), path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

Pin& Pin::operator=(Pin&& other) noexcept {
    std::swap(key_, other.key_);
    std::swap(path_, other.path_);
    std::swap(lock_fd_, other.lock_fd_);
    return *this;
}

Pin::~Pin() {
    if (lock_fd_ >= 0) close(lock_fd_);
}

Result<std::unique_ptr<States>> States::open(const Config& config) {
    if (config.dir.empty() || config.dir.front() != '/') return invalid("/dir", "must be an absolute path");
    for (const char* folder : {"trees", "building", "removing", "locks"}) {
        std::error_code error;
        fs::create_directories(config.dir + "/" + folder, error);
        if (error) return fail(Code::unavailable, "the state store cannot make its directory", config.dir + ": " + error.message());
    }
    std::unique_ptr<States> states(new States(config));
    states->backend_ = config.backend == Backend::automatic ? probe_backend(config.dir + "/building") : config.backend;
    TRY(states->remove_half_made());
    telemetry::log(telemetry::Level::info, "states_opened", {{"dir", config.dir}, {"backend", std::string(name_of(states->backend_))}});
    return states;
}

std::string States::tree_dir(std::string_view key) const { return config_.dir + "/trees/" + std::string(key); }

std::string States::fresh_name(std::string_view folder, std::string_view key) {
    return config_.dir + "/" + std::string(folder) + "/" + std::string(key) + "." + std::to_string(getpid()) + "." + std::to_string(next_++);
}

/// What lies in building/ belongs to a build that is under way when its key is locked, and to a crash otherwise.
Result<void> States::remove_half_made() {
    std::error_code error;
    for (const char* folder : {"building", "removing"}) {
        for (const auto& entry : fs::directory_iterator(config_.dir + "/" + folder, error)) {
            std::string name = entry.path().filename();
            std::string lock_path = config_.dir + "/locks/" + name.substr(0, name.find('.'));
            Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
            if (lock && flock(lock.get(), LOCK_EX | LOCK_NB) == 0) TRY(remove_state_dir(entry.path()));
        }
    }
    return {};
}

Result<std::optional<Pin>> States::find(const std::string& key) {
    TRY(check_key(key));
    std::string dir = tree_dir(key);
    Descriptor pin(::open((dir + "/pin").c_str(), O_RDONLY | O_CLOEXEC));
    if (!pin) return std::optional<Pin>();
    bool held = flock(pin.get(), LOCK_SH | LOCK_NB) == 0 && is_at(pin, dir + "/pin");
    if (!held) return std::optional<Pin>();  // it is being removed
    touch(pin.get());
    return std::optional<Pin>(Pin(key, dir + "/tree", pin.release()));
}

Result<Pin> States::build(const Op& op, const std::string& key, const Fill& fill) {
    if (auto found = TRY(find(key))) return std::move(*found);
    Descriptor lock = TRY(lock_key(op, config_.dir + "/locks/" + key));
    if (auto found = TRY(find(key))) return std::move(*found);
    TRY(op.still_wanted());
    TRY(fill_and_publish(key, fill));
    auto made = TRY(find(key));
    ENSURE(made.has_value());  // the key is locked, so nobody can have removed it
    lock.reset();
    TRY(trim(op));
    return std::move(*made);
}

Result<void> States::fill_and_publish(const std::string& key, const Fill& fill) {
    const std::string dir = fresh_name("building", key), tree = dir + "/tree";
    struct Discard {
        const std::string& dir;
        ~Discard() { (void)remove_state_dir(dir); }
    } discard{dir};  // after the rename there is nothing left to discard
    if (mkdir(dir.c_str(), 0755) != 0) return cannot(dir);
    TRY(make_tree(backend_, tree));
    TRY(fill(tree));
    TRY(write_small_file(dir + "/bytes", std::to_string(bytes_of_tree(tree))));
    TRY(write_small_file(dir + "/pin", ""));
    TRY(flush_file_system(dir));
    if (rename(dir.c_str(), tree_dir(key).c_str()) != 0) return cannot(tree_dir(key));
    return flush_directory(config_.dir + "/trees");
}

Result<void> States::clone(const Op& op, const Pin& pin, const std::string& to) {
    if (fs::exists(fs::symlink_status(to))) return fail(Code::conflict, "the place of the copy is taken; choose another", to);
    const std::string half = to + ".cloning-" + std::to_string(getpid()) + "-" + std::to_string(next_++);
    auto copied = copy_tree(op, backend_, config_.threads_max, pin.path(), half);
    if (copied && rename(half.c_str(), to.c_str()) != 0) copied = cannot(to);
    if (!copied) (void)remove_tree(half);
    return copied;
}

Result<void> States::remove(const Op& op, const std::string& key) {
    TRY(check_key(key));
    const std::string lock_path = config_.dir + "/locks/" + key, dir = tree_dir(key);
    Descriptor lock = TRY(lock_key(op, lock_path));
    Descriptor pin(::open((dir + "/pin").c_str(), O_RDONLY | O_CLOEXEC));
    if (pin) {
        if (flock(pin.get(), LOCK_EX | LOCK_NB) != 0)
            return fail(Code::conflict, "the state " + key + " is in use; stop what uses it, then remove it again");
        std::string away = fresh_name("removing", key);
        if (rename(dir.c_str(), away.c_str()) != 0) return cannot(dir);
        TRY(remove_state_dir(away));
    }
    unlink(lock_path.c_str());
    return {};
}

Result<std::vector<State>> States::list() const {
    std::vector<State> all;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(config_.dir + "/trees", error)) {
        State state{.key = entry.path().filename()};
        std::ifstream(entry.path() / "bytes") >> state.bytes;
        struct stat status{};
        if (stat((entry.path() / "pin").c_str(), &status) != 0) continue;  // removed meanwhile
        state.used.us = int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1'000;
        all.push_back(std::move(state));
    }
    if (error) return fail(Code::unavailable, "the state store cannot be listed; check the data directory", error.message());
    std::ranges::sort(all, {}, &State::key);
    return all;
}

Result<void> States::trim(const Op& op) {
    auto all = TRY(list());
    int64_t bytes = 0;
    for (const State& state : all) bytes += state.bytes;
    std::ranges::sort(all, {}, &State::used);
    for (const State& state : all) {
        if (bytes <= config_.mb_max * bytes_per_mb) return {};
        auto removed = remove(op, state.key);
        if (!removed && removed.error().code != Code::conflict) return removed;
        if (removed) bytes -= state.bytes;
    }
    return {};
}

}  // namespace ry::states
