// Which means of copying a directory has, found by trying.
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "kernel/states/disk.h"
#include "kernel/states/inside.h"
#include "kernel/states/overlay.h"
#include "kernel/states/states.h"
#include "kernel/states/tree_copy.h"
#include "kernel/states/zfs.h"

namespace ry::states {
namespace {

bool snapshots_work(const std::string& dir) {
    const std::string from = dir + "/subvolume", to = dir + "/snapshot";
    bool works = make_subvolume(from) && snapshot_subvolume(from, to);
    (void)remove_tree(to);
    (void)remove_tree(from);
    return works;
}

std::string why_no_overlay(const Error& error) {
    if (geteuid() != 0) return "mounts need root";
    return "overlay mounts do not work here (" + error.cause + ")";
}

}  // namespace

Choice choose_in(const std::string& trial) {
    const bool has_reflinks = reflink_works(trial);
    auto overlaid = overlay::try_in(trial);
    if (has_reflinks && overlaid)
        return {
            Backend::overlay_reflink,
            "a copy is a mount and a file that is written to a reflink: well under a millisecond whatever the size"};
    const std::string no_overlay = overlaid ? "" : why_no_overlay(overlaid.error());
    if (has_reflinks && snapshots_work(trial))
        return {Backend::btrfs, "a copy is a snapshot, some 5 ms whatever the size; " + no_overlay};
    if (auto dataset = zfs::try_in(trial)) return {Backend::zfs, "a copy is a clone of a dataset below " + *dataset};
    if (has_reflinks)
        return {Backend::reflink,
                "a copy is a reflink of every file, some 30 µs each whatever their size; " + no_overlay};
    if (overlaid)
        return {Backend::overlay,
                "this file system has no reflinks: a copy is a mount, but a file is copied whole when it is first "
                "opened for writing"};
    return {Backend::copy, "this file system has no reflinks, and " + no_overlay + ": every byte is copied"};
}

std::string_view name_of(Backend backend) {
    constexpr std::string_view names[] = {"automatic", "overlay_reflink", "btrfs", "zfs", "reflink", "overlay", "copy"};
    return names[static_cast<int>(backend)];
}

Choice choose_backend(const std::string& dir) {
    const std::string trial = dir + "/.probe-" + uuid_text(new_uuid());
    if (mkdir(trial.c_str(), 0700) != 0) return {Backend::copy, cannot_use(trial).cause};
    Choice choice = choose_in(trial);
    (void)remove_tree(trial);
    return choice;
}

}  // namespace ry::states
