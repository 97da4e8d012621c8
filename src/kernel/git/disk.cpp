#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/path.h"
#include "kernel/git/handle.h"

// Versions on a disk. The program whose files these are may run meanwhile and is not trusted: it may put a symbolic
// link where a folder was. So folders are opened part by part with O_NOFOLLOW, and everything happens relative to an
// open folder.

namespace ry::git {
namespace {

Error disk_error(std::string_view doing, std::string_view path) {
    int reason = errno;
    std::string message = "cannot " + std::string(doing) + " " + std::string(path);
    if (reason == ENOSPC || reason == EDQUOT) message += ": the disk is full; free some space in the data directory";
    return fail(Code::unavailable, std::move(message), std::strerror(reason));
}

int open_folder_in(int parent, const char* name) {
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/// A folder of files on the disk that is made equal to a version.
class Target {
public:
    static Result<Target> open(const std::string& path) {
        if (mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) return disk_error("make the folder", path);
        Descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!root.is_open()) return disk_error("open the folder", path);
        return Target(std::move(root));
    }

    /// A file that is there is replaced by rename, so nobody reads half of it. `is_fresh`: the folder is being filled
    /// for the first time, so a file that is not there is written in place (a third of the work for the file system).
    Result<void> write(const std::string& path, std::string_view content, bool is_executable, bool is_fresh) {
        int folder = TRY(enter(path, true));
        auto name = path.substr(path.rfind('/') + 1);
        constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        mode_t mode = is_executable ? 0755 : 0644;
        Descriptor file(is_fresh ? openat(folder, name.c_str(), flags, mode) : -1);
        if (file.is_open()) return fill(file, content) ? Result<void>() : abandon(folder, name.c_str(), path);
        static constexpr const char* temporary = ".ramify-writing";
        unlinkat(folder, temporary, 0);
        file = Descriptor(openat(folder, temporary, flags, mode));
        if (!file.is_open()) return disk_error("write", path);
        if (!fill(file, content)) return abandon(folder, temporary, path);
        if (renameat(folder, temporary, folder, name.c_str()) < 0 && !replace_empty_folder(folder, temporary, name))
            return abandon(folder, temporary, path);
        return {};
    }

    /// Also removes the folders that become empty. True when the file was there.
    Result<bool> remove(const std::string& path) {
        auto entered = enter(path, false);
        if (!entered) return false;
        auto name = path.substr(path.rfind('/') + 1);
        if (unlinkat(*entered, name.c_str(), 0) < 0) {
            if (errno == ENOENT || errno == EISDIR || errno == EPERM) return false;
            return disk_error("remove", path);
        }
        while (!chain_.empty()) {
            auto last = std::move(chain_.back());
            chain_.pop_back();
            if (unlinkat(chain_.empty() ? root_.get() : chain_.back().folder.get(), last.name.c_str(), AT_REMOVEDIR) <
                0)
                break;
        }
        return true;
    }

private:
    explicit Target(Descriptor root) : root_(std::move(root)) {}

    static bool fill(const Descriptor& file, std::string_view content) {
        while (!content.empty()) {
            ssize_t put = ::write(file.get(), content.data(), content.size());
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return false;
            content.remove_prefix(size_t(put));
        }
        return true;
    }
    static Error abandon(int folder, const char* temporary, const std::string& path) {
        auto error = disk_error("write", path);
        unlinkat(folder, temporary, 0);
        return error;
    }
    static bool replace_empty_folder(int folder, const char* temporary, const std::string& name) {
        return errno == EISDIR && unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0 &&
               renameat(folder, temporary, folder, name.c_str()) == 0;
    }

    /// The open folder that `path` stands in. The chain of the last path stays open: neighbours come one after the
    /// other.
    Result<int> enter(const std::string& path, bool makes) {
        size_t depth = 0;
        for (size_t at = 0, slash; (slash = path.find('/', at)) != path.npos; at = slash + 1, ++depth) {
            auto name = path.substr(at, slash - at);
            if (depth < chain_.size() && chain_[depth].name == name) continue;
            chain_.erase(chain_.begin() + long(depth), chain_.end());
            int parent = depth ? chain_[depth - 1].folder.get() : root_.get();
            Descriptor folder(open_folder_in(parent, name.c_str()));
            if (!folder.is_open() && makes) folder = make_folder(parent, name.c_str());
            if (!folder.is_open()) return disk_error("open the folder of", path);
            chain_.push_back({std::move(name), std::move(folder)});
        }
        chain_.erase(chain_.begin() + long(depth), chain_.end());
        return depth ? chain_.back().folder.get() : root_.get();
    }
    /// A link or a file in the way is removed; the version says that a folder is here.
    static Descriptor make_folder(int parent, const char* name) {
        if (errno == ELOOP || errno == ENOTDIR) unlinkat(parent, name, 0);
        if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST) return Descriptor();
        return Descriptor(open_folder_in(parent, name));
    }

    struct Link {
        std::string name;
        Descriptor folder;
    };
    Descriptor root_;
    std::vector<Link> chain_;
};

bool is_link(EntryKind kind) { return kind == EntryKind::symlink || kind == EntryKind::submodule; }

/// Writes one file of a version; links are only counted.
Result<void> put(git_repository* repository, Target& disk, const Entry& entry, bool is_fresh, Exported& done) {
    if (is_link(entry.kind)) {
        done.skipped.push_back(entry.path);
        return {};
    }
    if (!is_app_path(entry.path))
        return fail(Code::unsupported, "the version has a file whose path is not allowed: " + entry.path);
    auto content = TRY(blob_content(repository, entry.oid));
    TRY(disk.write(entry.path, content, entry.kind == EntryKind::executable, is_fresh));
    ++done.written;
    return {};
}

}  // namespace

Result<Exported> Repository::export_tree(const Oid& commit, const std::string& target) const {
    auto handle = TRY(shared_->borrow());
    auto entries = TRY(entries_at(handle, commit, Sizes::skip));
    auto disk = TRY(Target::open(target));
    Exported done;
    for (auto& entry : entries) TRY(put(handle, disk, entry, true, done));
    return done;
}

Result<Exported> Repository::update_directory(const std::string& target, const Oid& before, const Oid& after) const {
    auto handle = TRY(shared_->borrow());
    auto old_entries = TRY(entries_at(handle, before, Sizes::skip)),
         new_entries = TRY(entries_at(handle, after, Sizes::skip));
    auto disk = TRY(Target::open(target));
    Exported done;
    std::vector<const Entry*> fresh;
    auto next = new_entries.begin();
    for (auto& old : old_entries) {
        for (; next != new_entries.end() && next->path < old.path; ++next) fresh.push_back(&*next);
        bool is_kept = next != new_entries.end() && next->path == old.path;
        bool is_same = is_kept && next->oid == old.oid && next->kind == old.kind;
        if (is_kept && !is_same) fresh.push_back(&*next);
        if (is_kept) ++next;
        bool is_gone = !is_kept && !is_link(old.kind) && is_app_path(old.path);
        if (is_gone) done.removed += TRY(disk.remove(old.path));
    }
    for (; next != new_entries.end(); ++next) fresh.push_back(&*next);
    for (auto* entry : fresh) TRY(put(handle, disk, *entry, false, done));
    return done;
}

}  // namespace ry::git
