#include "kernel/states/tree_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>

#include "base/descriptor.h"
#include "base/guarded.h"
#include "kernel/sandbox/usage.h"

namespace ry::states {
namespace {


constexpr size_t files_for_a_thread = 200;   // below this, starting another thread costs more than it saves
constexpr size_t buffer_bytes = 256 * 1024;
constexpr mode_t kept_mode_bits = 01777;     // a copy is nobody's set-user-id program

Error cannot_copy(const std::string& what) {
    int error = errno;
    if (error == ENOSPC || error == EDQUOT)
        return fail(Code::unavailable, "the disk is full; free space in the data directory and try again", what + ": " + std::strerror(error));
    return fail(Code::unavailable, "a stored tree could not be copied; check the data directory's disk and permissions",
                what + ": " + std::strerror(error));
}

Result<Descriptor> open_dir(const std::string& path) {
    Descriptor dir(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!dir) return cannot_copy(path);
    return dir;
}

std::string parent_of(const std::string& path) { return std::filesystem::path(path).parent_path(); }
std::string name_in_parent(const std::string& path) { return std::filesystem::path(path).filename(); }

bool make_subvolume(const std::string& path) {
    btrfs_ioctl_vol_args arguments{};
    std::string name = name_in_parent(path);
    if (name.size() >= sizeof arguments.name) return false;
    memcpy(arguments.name, name.data(), name.size());
    Descriptor parent(open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return parent && ioctl(parent.get(), BTRFS_IOC_SUBVOL_CREATE, &arguments) == 0;
}

bool snapshot(const std::string& from, const std::string& to) {
    btrfs_ioctl_vol_args_v2 arguments{};
    std::string name = name_in_parent(to);
    if (name.size() >= sizeof arguments.name) return false;
    memcpy(arguments.name, name.data(), name.size());
    Descriptor source(open(from.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Descriptor parent(open(parent_of(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    arguments.fd = source.get();
    return source && parent && ioctl(parent.get(), BTRFS_IOC_SNAP_CREATE_V2, &arguments) == 0;
}

bool destroy_subvolume(const std::string& path) {
    btrfs_ioctl_vol_args arguments{};
    std::string name = name_in_parent(path);
    if (name.size() >= sizeof arguments.name) return false;
    memcpy(arguments.name, name.data(), name.size());
    Descriptor parent(open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return parent && ioctl(parent.get(), BTRFS_IOC_SNAP_DESTROY, &arguments) == 0;
}

bool reflink_works(const std::string& dir) {
    std::string one = dir + "/.probe-" + std::to_string(getpid()), two = one + "-clone";
    Descriptor from(open(one.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)), to(open(two.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    bool ok = from && to && write(from.get(), "x", 1) == 1 && ioctl(to.get(), FICLONE, from.get()) == 0;
    unlink(one.c_str());
    unlink(two.c_str());
    return ok;
}

/// Modes and, for root, owners of one copied entry. `fd` is the copy.
bool keep_attributes(int fd, const struct stat& status) {
    bool owned = geteuid() != 0 || fchown(fd, status.st_uid, status.st_gid) == 0;
    return owned && fchmod(fd, status.st_mode & kept_mode_bits) == 0;
}

/// One copy: the walk makes directories and links and lists the files, then threads copy the files, then the directories
/// get their modes (a read-only directory could not be filled).
class TreeCopy {
public:
    TreeCopy(const Op& op, bool reflink, int threads_max) : op_(op), reflink_(reflink), threads_max_(threads_max) {}

    Result<void> run(const std::string& from, const std::string& to) {
        from_ = TRY(open_dir(from));
        if (mkdir(to.c_str(), 0700) != 0) return cannot_copy(to);
        to_ = TRY(open_dir(to));
        struct stat status{};
        if (fstat(from_.get(), &status) != 0) return cannot_copy(from);
        directories_.push_back({".", status});
        for (size_t i = 0; i < directories_.size(); ++i) TRY(list(directories_[i].path));
        TRY(copy_files());
        for (size_t i = directories_.size(); i-- > 0;) TRY(finish_directory(directories_[i]));
        return {};
    }

private:
    struct Entry {
        std::string path;  // below the root
        struct stat status;
    };

    Result<void> list(const std::string path) {
        TRY(op_.still_wanted());
        int fd = openat(from_.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        std::unique_ptr<DIR, void (*)(DIR*)> stream(fd < 0 ? nullptr : fdopendir(fd), [](DIR* open) { if (open) closedir(open); });
        if (!stream) return cannot_copy(path);
        while (dirent* entry = readdir(stream.get())) {
            std::string_view name = entry->d_name;
            if (name != "." && name != "..") TRY(take(path == "." ? std::string(name) : path + "/" + std::string(name)));
        }
        return {};
    }

    Result<void> take(std::string path) {
        struct stat status{};
        if (fstatat(from_.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return cannot_copy(path);
        if (S_ISLNK(status.st_mode)) return copy_link(path, status);
        if (S_ISREG(status.st_mode)) files_.push_back({std::move(path), status});
        if (!S_ISDIR(status.st_mode)) return {};  // sockets, pipes and devices are not part of a tree
        if (mkdirat(to_.get(), path.c_str(), 0700) != 0) return cannot_copy(path);
        directories_.push_back({std::move(path), status});
        return {};
    }

    Result<void> copy_link(const std::string& path, const struct stat& status) {
        std::string target(PATH_MAX, '\0');
        ssize_t size = readlinkat(from_.get(), path.c_str(), target.data(), target.size());
        if (size < 0) return cannot_copy(path);
        target.resize(static_cast<size_t>(size));
        if (symlinkat(target.c_str(), to_.get(), path.c_str()) != 0) return cannot_copy(path);
        if (geteuid() == 0 && fchownat(to_.get(), path.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0) return cannot_copy(path);
        return {};
    }

    Result<void> copy_files() {
        size_t useful = files_.size() / files_for_a_thread + 1;
        size_t count = std::min(useful, static_cast<size_t>(std::max(threads_max_, 1)));
        Guarded<Result<void>> outcome;
        {
            std::vector<std::jthread> threads;
            try {
                for (size_t i = 1; i < count; ++i) threads.emplace_back([this, &outcome] { copy_next_files(outcome); });
            } catch (const std::system_error&) {
            }  // no thread left: those that run, and this one, do the work
            copy_next_files(outcome);
        }
        return outcome.with([](Result<void>& result) { return std::move(result); });
    }

    void copy_next_files(Guarded<Result<void>>& outcome) {
        std::vector<char> buffer(buffer_bytes);
        for (size_t i; (i = next_file_++) < files_.size();) {
            auto copied = op_.still_wanted();
            if (copied) copied = copy_file(files_[i], buffer);
            if (copied) continue;
            next_file_ = files_.size();
            outcome.with([&](Result<void>& result) {
                if (result) result = std::move(copied);
            });
        }
    }

    Result<void> copy_file(const Entry& file, std::vector<char>& buffer) {
        Descriptor from(openat(from_.get(), file.path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        Descriptor to(openat(to_.get(), file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!from || !to) return cannot_copy(file.path);
        bool cloned = reflink_ && ioctl(to.get(), FICLONE, from.get()) == 0;
        if (!cloned) TRY(copy_bytes(from.get(), to.get(), file, buffer));
        const timespec times[] = {file.status.st_atim, file.status.st_mtim};
        if (!keep_attributes(to.get(), file.status) || futimens(to.get(), times) != 0) return cannot_copy(file.path);
        return {};
    }

    /// By the kernel where it can (small files cost less with read and write).
    Result<void> copy_bytes(int from, int to, const Entry& file, std::vector<char>& buffer) {
        int64_t left = file.status.st_size;
        while (left > static_cast<int64_t>(buffer_bytes)) {
            ssize_t moved = copy_file_range(from, nullptr, to, nullptr, static_cast<size_t>(left), 0);
            if (moved <= 0) break;
            left -= moved;
        }
        for (;;) {
            ssize_t got = read(from, buffer.data(), buffer.size());
            if (got == 0) return {};
            if (got < 0 || write(to, buffer.data(), static_cast<size_t>(got)) != got) return cannot_copy(file.path);
        }
    }

    Result<void> finish_directory(const Entry& directory) {
        Descriptor made(openat(to_.get(), directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!made || !keep_attributes(made.get(), directory.status)) return cannot_copy(directory.path);
        return {};
    }

    const Op& op_;
    const bool reflink_;
    const int threads_max_;
    Descriptor from_, to_;
    std::vector<Entry> directories_, files_;
    std::atomic<size_t> next_file_ = 0;
};

}  // namespace

Backend probe_backend(const std::string& dir) {
    std::string trial = dir + "/.probe-" + std::to_string(getpid());
    if (make_subvolume(trial)) {
        std::string copy = trial + "-snapshot";
        bool ok = snapshot(trial, copy);
        (void)remove_tree(copy);
        (void)remove_tree(trial);
        if (ok) return Backend::btrfs;
    }
    return reflink_works(dir) ? Backend::reflink : Backend::copy;
}

Result<void> make_tree(Backend backend, const std::string& path) {
    if (backend == Backend::btrfs && make_subvolume(path)) return {};
    if (mkdir(path.c_str(), 0755) != 0) return cannot_copy(path);
    return {};
}

Result<void> copy_tree(const Op& op, Backend backend, int threads_max, const std::string& from, const std::string& to) {
    if (backend == Backend::btrfs && snapshot(from, to)) return {};
    return TreeCopy(op, backend != Backend::copy, threads_max).run(from, to);
}

Result<void> remove_tree(const std::string& path) {
    if (destroy_subvolume(path)) return {};
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return fail(Code::unavailable, "a directory could not be removed; check the data directory's permissions", path + ": " + error.message());
    return {};
}

int64_t bytes_of_tree(const std::string& path) { return sandbox::bytes_on_disk({path}); }

}  // namespace ry::states
