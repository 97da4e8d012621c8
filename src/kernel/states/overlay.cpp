#include "kernel/states/overlay.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/descriptor.h"
#include "base/text.h"
#include "kernel/states/disk.h"
#include "kernel/states/states.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::states::overlay {
namespace {

/// A path as the options of overlayfs take it.
std::string escaped(const std::string& path) {
    std::string out;
    for (char c : path) {
        if (c == '\\' || c == ':') out += '\\';
        out += c;
    }
    return out;
}

/// A field of mountinfo (proc(5)): blanks and the like stand as three octal digits.
std::string unescaped(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        bool is_octal = text[i] == '\\' && i + 3 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '3';
        if (is_octal)
            out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')), i += 3;
        else
            out += text[i];
    }
    return out;
}

/// The path of an option after the kernel took it apart, and mountinfo escaped it: `escaped` backwards.
std::string option_path(std::string_view text) {
    std::string out, once = unescaped(text);
    for (size_t i = 0; i < once.size(); ++i) {
        if (once[i] == '\\' && i + 1 < once.size()) ++i;
        out += once[i];
    }
    return out;
}

bool set_option(int context, const char* name, const std::string& value) {
    return fsconfig(context, FSCONFIG_SET_STRING, name, value.c_str(), 0) == 0;
}

/// What the kernel wrote about the last failure of a mount that is being made: more than errno tells.
std::string reason_of(int context) {
    std::string error = std::strerror(errno);
    char line[256];
    ssize_t got = read(context, line, sizeof line);
    return got > 0 ? error + ": " + std::string(trim({line, static_cast<size_t>(got)})) : error;
}

}  // namespace

Result<void> mount(const std::string& tree, const std::string& folder, const std::string& to, Durability durability) {
    auto cannot = [&](const std::string& why) {
        return fail(Code::unavailable,
                    "a copy-on-write mount could not be made; run \"ramify doctor\", which shows what this host can do",
                    to + ": " + why);
    };
    // The mark of an earlier volatile mount, which refuses the next.
    TRY(remove_tree(std::filesystem::path(folder) / "work" / "work" / "incompat"));
    Descriptor context(fsopen("overlay", FSOPEN_CLOEXEC));
    if (!context) return cannot(std::strerror(errno));
    // redirect_dir: renaming a directory of the lower layer works as elsewhere. metacopy and index off: a layer is
    // complete by itself.
    // volatile: without it every file that is copied up waits for the disk, some ms each.
    bool is_volatile = durability == Durability::process;
    bool is_set = set_option(context.get(), "source", "overlay") &&
                  (!is_volatile || fsconfig(context.get(), FSCONFIG_SET_FLAG, "volatile", nullptr, 0) == 0) &&
                  set_option(context.get(), "lowerdir", escaped(tree)) &&
                  set_option(context.get(), "upperdir", escaped(folder + "/upper")) &&
                  set_option(context.get(), "workdir", escaped(folder + "/work")) &&
                  set_option(context.get(), "redirect_dir", "on") && set_option(context.get(), "metacopy", "off") &&
                  set_option(context.get(), "index", "off");
    if (!is_set || fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
        return cannot(reason_of(context.get()));
    Descriptor made(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
    if (!made) return cannot(reason_of(context.get()));
    if (move_mount(made.get(), "", AT_FDCWD, to.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return cannot(std::strerror(errno));
    return {};
}

bool is_mounted(const std::string& to) {
    struct statx status{};
    struct statfs kind{};
    bool is_root = statx(AT_FDCWD, to.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) == 0 &&
                   (status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
    return is_root && statfs(to.c_str(), &kind) == 0 && kind.f_type == OVERLAYFS_SUPER_MAGIC;
}

Result<void> unmount(const std::string& to) {
    if (is_mounted(to) && umount2(to.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return cannot_use(to);
    return {};
}

Result<void> make_layers(const std::string& tree, const std::string& folder) {
    const std::string upper = folder + "/upper", work = folder + "/work";
    struct stat root{};
    if (stat(tree.c_str(), &root) != 0) return cannot_use(tree);
    if (mkdir(work.c_str(), 0700) != 0) return cannot_use(work);
    // The upper layer's root is what the mount shows as its own.
    bool made = mkdir(upper.c_str(), 0700) == 0 && chown(upper.c_str(), root.st_uid, root.st_gid) == 0 &&
                chmod(upper.c_str(), root.st_mode & 01777) == 0;
    if (!made) return cannot_use(upper);
    return {};
}

Result<void> try_in(const std::string& dir) {
    const std::string lower = dir + "/lower", merged = dir + "/merged", file = merged + "/file";
    if (mkdir(lower.c_str(), 0755) != 0 || mkdir(merged.c_str(), 0755) != 0) return cannot_use(dir);
    TRY(write_small_file(lower + "/file", "lower"));
    TRY(make_layers(lower, dir));
    TRY(mount(lower, dir, merged, Durability::process));
    bool works = false;
    {
        Descriptor opened(open(file.c_str(), O_RDWR | O_CLOEXEC));
        works = opened && pwrite(opened.get(), "upper", 5, 0) == 5 && read_small_file(file) == "upper" &&
                read_small_file(lower + "/file") == "lower";
    }
    TRY(unmount(merged));
    if (!works) return fail(Code::unavailable, "an overlay mount does not keep what is written", file);
    return {};
}

void unmount_strays(const std::string& clones_dir, const std::set<std::string>& known) {
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
        size_t tail = line.find(" - overlay "), option = line.find("upperdir=");
        if (tail == std::string::npos || option == std::string::npos) continue;
        std::string_view value = std::string_view(line).substr(option + 9);
        std::string upper = option_path(value.substr(0, value.find(',')));
        if (!upper.starts_with(clones_dir + "/")) continue;
        std::string folder = upper.substr(clones_dir.size() + 1);
        folder.resize(std::min(folder.find('/'), folder.size()));
        auto fields = split(std::string_view(line).substr(0, tail), ' ');
        if (fields.size() < 5 || known.contains(folder)) continue;
        std::string at = unescaped(fields[4]);
        bool gone = umount2(at.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
        telemetry::log(telemetry::Level::warning, "stray_clone_unmounted",
                       {{"at", at}, {"unmounted", gone ? "true" : "false"}});
    }
}

}  // namespace ry::states::overlay
