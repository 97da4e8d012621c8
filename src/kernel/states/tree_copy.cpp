#include "kernel/states/tree_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
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

namespace ry::states {
namespace {

constexpr size_t files_for_a_thread = 32;  // below this, starting another thread costs more than it saves
constexpr int64_t bytes_for_a_thread = 64 << 20;
constexpr size_t buffer_bytes = 256 * 1024;
constexpr size_t piece_bytes_max = 64 << 20;  // of one call: then somebody may cancel
constexpr mode_t kept_mode_bits = 01777;      // a copy is nobody's set-user-id program
constexpr const char* opaque_xattr =
    "trusted.overlay.opaque";  // "y": nothing of the lower layer shows in this directory
constexpr const char* redirect_xattr =
    "trusted.overlay.redirect";  // where this directory was in the lower layer, when it was renamed

Error cannot_copy(const std::string& what) {
    int error = errno;
    if (error == ENOSPC || error == EDQUOT)
        return fail(Code::unavailable, "the disk is full; free space in the data directory and try again",
                    what + ": " + std::strerror(error));
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

bool destroy_subvolume(const std::string& path) {
    btrfs_ioctl_vol_args arguments{};
    std::string name = name_in_parent(path);
    if (name.size() >= sizeof arguments.name) return false;
    memcpy(arguments.name, name.data(), name.size());
    Descriptor parent(open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return parent && ioctl(parent.get(), BTRFS_IOC_SNAP_DESTROY, &arguments) == 0;
}

/// Modes and, for root, owners of one copied entry. `fd` is the copy.
bool keep_attributes(int fd, const struct stat& status) {
    bool owned = geteuid() != 0 || fchown(fd, status.st_uid, status.st_gid) == 0;
    return owned && fchmod(fd, status.st_mode & kept_mode_bits) == 0;
}

std::optional<std::string> xattr_of(const std::string& path, const char* name) {
    std::string value(PATH_MAX, '\0');
    ssize_t size = lgetxattr(path.c_str(), name, value.data(), value.size());
    if (size < 0) return {};
    value.resize(static_cast<size_t>(size));
    return value;
}

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0); }

bool same_file_data(const struct stat& a, const struct stat& b) {
    return S_ISREG(b.st_mode) && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

/// One copy: the walk makes directories and links and lists the files, then threads copy the files, then the
/// directories get their modes (a read-only directory could not be filled).
class TreeCopy {
public:
    TreeCopy(const Op& op, Copying how) : op_(op), how_(how) {}

    /// The source is what an overlay mount shows, and its files are taken from where they really lie: an overlay's own
    /// files cannot be reflinked out of it. Those of the lower layer, which never change, become the same files.
    Result<void> use_layers(const std::string& upper, const std::string& lower) {
        upper_path_ = upper;
        upper_ = TRY(open_dir(upper));
        lower_ = TRY(open_dir(lower));
        return {};
    }

    /// True when every file shares its bytes with the source.
    Result<bool> run(const std::string& from, const std::string& to) {
        from_path_ = from;
        from_ = TRY(open_dir(from));
        if (mkdir(to.c_str(), 0700) != 0 && errno != EEXIST) return cannot_copy(to);
        to_path_ = to;
        to_ = TRY(open_dir(to));
        struct stat status{};
        if (fstat(from_.get(), &status) != 0) return cannot_copy(from);
        directories_.push_back({".", status, "."});
        for (size_t i = 0; i < directories_.size(); ++i) TRY(list(directories_[i].path, directories_[i].lower));
        if (upper_) TRY(link_unchanged());
        TRY(copy_files());
        for (size_t i = directories_.size(); i-- > 0;) TRY(finish_directory(directories_[i]));
        return is_shared_.load();
    }

private:
    struct Entry {
        std::string path;  // below the root
        struct stat status;
        std::string lower;  // the same in the lower layer; "" when there is none
    };

    static std::string joined(const std::string& dir, std::string_view name) {
        return dir == "." ? std::string(name) : dir + "/" + std::string(name);
    }

    Result<void> list(const std::string path, const std::string lower) {
        TRY(op_.still_wanted());
        int fd = openat(from_.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        std::unique_ptr<DIR, void (*)(DIR*)> stream(fd < 0 ? nullptr : fdopendir(fd), [](DIR* open) {
            if (open) closedir(open);
        });
        if (!stream) return cannot_copy(path);
        while (dirent* entry = readdir(stream.get())) {
            std::string_view name = entry->d_name;
            if (name != "." && name != "..") TRY(take(joined(path, name), lower.empty() ? "" : joined(lower, name)));
        }
        return {};
    }

    Result<void> take(std::string path, std::string lower) {
        struct stat status{};
        if (fstatat(from_.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return cannot_copy(path);
        if (S_ISLNK(status.st_mode)) return copy_link(path, status);
        if (S_ISREG(status.st_mode))
            files_.push_back({std::move(path), status, std::move(lower)});
        else if (S_ISDIR(status.st_mode))
            return make_directory(std::move(path), status, std::move(lower));
        else if (how_.is_layer && is_whiteout(status) && mknodat(to_.get(), path.c_str(), S_IFCHR, makedev(0, 0)) != 0)
            return cannot_copy(path);
        return {};  // sockets, pipes and devices are not part of a tree
    }

    Result<void> make_directory(std::string path, const struct stat& status, std::string lower) {
        if (mkdirat(to_.get(), path.c_str(), 0700) != 0) return cannot_copy(path);
        if (how_.is_layer) TRY(copy_marks(path));
        if (upper_) lower = lower_of(path, std::move(lower));
        directories_.push_back({std::move(path), status, std::move(lower)});
        return {};
    }

    /// Which directory of the lower layer shows in the directory `path`: by its marks in the upper layer, `by_place`
    /// without.
    std::string lower_of(const std::string& path, std::string by_place) const {
        const std::string in_upper = upper_path_ + "/" + path;
        if (xattr_of(in_upper, opaque_xattr) == "y") return "";
        auto redirect = xattr_of(in_upper, redirect_xattr);
        if (!redirect || redirect->empty()) return by_place;
        if (redirect->front() == '/') return redirect->substr(1);
        if (by_place.empty()) return "";
        size_t slash = by_place.rfind('/');
        return slash == std::string::npos ? *redirect : by_place.substr(0, slash + 1) + *redirect;
    }

    Result<void> copy_marks(const std::string& path) {
        for (const char* name : {opaque_xattr, redirect_xattr}) {
            auto value = xattr_of(from_path_ + "/" + path, name);
            if (value && lsetxattr((to_path_ + "/" + path).c_str(), name, value->data(), value->size(), 0) != 0)
                return cannot_copy(path);
        }
        return {};
    }

    Result<void> copy_link(const std::string& path, const struct stat& status) {
        std::string target(PATH_MAX, '\0');
        ssize_t size = readlinkat(from_.get(), path.c_str(), target.data(), target.size());
        if (size < 0) return cannot_copy(path);
        target.resize(static_cast<size_t>(size));
        if (symlinkat(target.c_str(), to_.get(), path.c_str()) != 0) return cannot_copy(path);
        if (geteuid() == 0 && fchownat(to_.get(), path.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
            return cannot_copy(path);
        return {};
    }

    /// Files that only the lower layer has become the same files, and leave the list. On one thread: they lie in few
    /// directories, of which the kernel lets one thread at a time into each.
    Result<void> link_unchanged() {
        TRY(op_.still_wanted());
        std::erase_if(files_, [this](const Entry& file) {
            struct stat real{};
            if (file.lower.empty() || fstatat(upper_.get(), file.path.c_str(), &real, AT_SYMLINK_NOFOLLOW) == 0 ||
                errno != ENOENT)
                return false;
            bool is_unchanged = fstatat(lower_.get(), file.lower.c_str(), &real, AT_SYMLINK_NOFOLLOW) == 0 &&
                                same_file_data(file.status, real) && file.status.st_mode == real.st_mode &&
                                file.status.st_uid == real.st_uid && file.status.st_gid == real.st_gid;
            return is_unchanged && linkat(lower_.get(), file.lower.c_str(), to_.get(), file.path.c_str(), 0) ==
                                       0;  // or it has too many links
        });
        return {};
    }

    Result<void> copy_files() {
        size_t useful = files_.size() / files_for_a_thread + 1;
        for (const Entry& file : files_) useful += static_cast<size_t>(file.status.st_size / bytes_for_a_thread);
        size_t count = std::min({useful, files_.size(), static_cast<size_t>(std::max(how_.threads_max, 1))});
        Guarded<Result<void>> outcome;
        {
            std::vector<std::jthread> threads;
            try {
                for (size_t i = 1; i < count; ++i) threads.emplace_back([this, &outcome] { copy_next_files(outcome); });
            } catch (const std::system_error&) {}  // no thread left: those that run, and this one, do the work
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
        Descriptor from = upper_ ? open_in_layers(file) : Descriptor();
        if (!from) from = Descriptor(openat(from_.get(), file.path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        Descriptor to(openat(to_.get(), file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!from || !to) return cannot_copy(file.path);
        bool cloned = how_.reflink && ioctl(to.get(), FICLONE, from.get()) == 0;
        if (!cloned) {
            is_shared_ = false;
            TRY(copy_bytes(from.get(), to.get(), file, buffer));
        }
        const timespec times[] = {file.status.st_atim, file.status.st_mtim};
        if (!keep_attributes(to.get(), file.status) || futimens(to.get(), times) != 0) return cannot_copy(file.path);
        return {};
    }

    /// The file where it really lies; not open when that is not certain.
    Descriptor open_in_layers(const Entry& file) {
        for (auto [layer, path] : {std::pair(upper_.get(), &file.path), {lower_.get(), &file.lower}}) {
            struct stat real{};
            Descriptor opened(path->empty() ? -1 : openat(layer, path->c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
            if (opened)
                return fstat(opened.get(), &real) == 0 && same_file_data(file.status, real) ? std::move(opened)
                                                                                            : Descriptor();
        }
        return {};
    }

    /// By the kernel where it can (small files cost less with read and write), without filling holes.
    Result<void> copy_bytes(int from, int to, const Entry& file, std::vector<char>& buffer) {
        const off_t size = file.status.st_size;
        if (ftruncate(to, size) != 0) return cannot_copy(file.path);
        for (off_t at = 0; at < size;) {
            off_t data = lseek(from, at, SEEK_DATA);
            if (data < 0 && errno == ENXIO) return {};  // a hole up to the end
            off_t hole = data < 0 ? size : lseek(from, data, SEEK_HOLE);
            if (hole < 0) hole = size;
            TRY(copy_stretch(from, to, std::max<off_t>(data, at), std::min(hole, size), file, buffer));
            at = hole;
        }
        return {};
    }

    Result<void> copy_stretch(int from, int to, off_t at, off_t end, const Entry& file, std::vector<char>& buffer) {
        while (end - at > static_cast<off_t>(buffer_bytes)) {
            off_t from_at = at, to_at = at;
            size_t piece = std::min(static_cast<size_t>(end - at), piece_bytes_max);
            ssize_t moved = copy_file_range(from, &from_at, to, &to_at, piece, 0);
            if (moved <= 0) break;
            at += moved;
            TRY(op_.still_wanted());
        }
        while (at < end) {
            ssize_t got = pread(from, buffer.data(), std::min(buffer.size(), static_cast<size_t>(end - at)), at);
            if (got == 0) break;  // it became shorter
            if (got < 0 || pwrite(to, buffer.data(), static_cast<size_t>(got), at) != got)
                return cannot_copy(file.path);
            at += got;
        }
        return {};
    }

    Result<void> finish_directory(const Entry& directory) {
        Descriptor made(openat(to_.get(), directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!made || !keep_attributes(made.get(), directory.status)) return cannot_copy(directory.path);
        return {};
    }

    const Op& op_;
    const Copying how_;
    std::string from_path_, to_path_, upper_path_;
    Descriptor from_, to_, upper_, lower_;
    std::vector<Entry> directories_, files_;
    std::atomic<size_t> next_file_ = 0;
    std::atomic<bool> is_shared_ = true;
};

/// Makes every directory below `path` one that its owner can empty.
void open_directories(const std::string& path) {
    chmod(path.c_str(), 0700);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
        if (entry.is_directory(error) && !entry.is_symlink(error)) open_directories(entry.path());
}

}  // namespace

bool make_subvolume(const std::string& path) {
    btrfs_ioctl_vol_args arguments{};
    std::string name = name_in_parent(path);
    if (name.size() >= sizeof arguments.name) return false;
    memcpy(arguments.name, name.data(), name.size());
    Descriptor parent(open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return parent && ioctl(parent.get(), BTRFS_IOC_SUBVOL_CREATE, &arguments) == 0;
}

bool snapshot_subvolume(const std::string& from, const std::string& to) {
    btrfs_ioctl_vol_args_v2 arguments{};
    std::string name = name_in_parent(to);
    if (name.size() >= sizeof arguments.name) return false;
    memcpy(arguments.name, name.data(), name.size());
    Descriptor source(open(from.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Descriptor parent(open(parent_of(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    arguments.fd = source.get();
    return source && parent && ioctl(parent.get(), BTRFS_IOC_SNAP_CREATE_V2, &arguments) == 0;
}

bool reflink_works(const std::string& dir) {
    std::string one = dir + "/from", two = dir + "/to";
    Descriptor from(open(one.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
        to(open(two.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    bool ok = from && to && write(from.get(), "x", 1) == 1 && ioctl(to.get(), FICLONE, from.get()) == 0;
    unlink(one.c_str());
    unlink(two.c_str());
    return ok;
}

Result<bool> copy_tree(const Op& op, Copying how, const std::string& from, const std::string& to) {
    if (how.snapshot && snapshot_subvolume(from, to)) return true;
    return TreeCopy(op, how).run(from, to);
}

Result<void> copy_merged(const Op& op, Copying how, const std::string& merged, const std::string& upper,
                         const std::string& lower, const std::string& to) {
    TreeCopy copy(op, how);
    TRY(copy.use_layers(upper, lower));
    TRY(copy.run(merged, to));
    return {};
}

Result<void> remove_tree(const std::string& path) {
    if (destroy_subvolume(path)) return {};
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) {
        open_directories(path);
        std::filesystem::remove_all(path, error);
    }
    if (error)
        return fail(Code::unavailable, "a directory could not be removed; check the data directory's permissions",
                    path + ": " + error.message());
    return {};
}

}  // namespace ry::states
