#include "kernel/states/zfs.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/descriptor.h"
#include "base/id.h"
#include "base/text.h"

extern char** environ;

namespace ry::states::zfs {
namespace {

constexpr size_t output_bytes_max = 64 * 1024;

/// Runs `zfs` with these arguments; what it printed.
Result<std::string> run(std::vector<std::string> arguments) {
    auto cannot = [&](const std::string& why) {
        std::string command = "zfs";
        for (const std::string& argument : arguments) command += " " + argument;
        return fail(Code::unavailable,
                    "ZFS refused what the state store needs; allow it with \"zfs allow\", or move the data directory",
                    command + ": " + why);
    };
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return cannot(std::strerror(errno));
    Descriptor reading(ends[0]), writing(ends[1]);
    std::vector<char*> argv = {const_cast<char*>("zfs")};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, writing.get(), 2);
    pid_t child = 0;
    int refused = posix_spawnp(&child, "zfs", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (refused != 0) return cannot(std::strerror(refused));
    writing.reset();
    std::string output;
    char piece[4096];
    for (ssize_t got; (got = read(reading.get(), piece, sizeof piece)) != 0;) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) break;
        if (output.size() < output_bytes_max) output.append(piece, static_cast<size_t>(got));
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return cannot(std::string(trim(output)));
    return std::string(trim(output));
}

Result<std::string> dataset_of(const std::string& store_dir, const std::string& id) {
    return TRY(run({"list", "-H", "-o", "name", store_dir})) + "/ramify-" + id;
}

bool is_mount_point(const std::string& path) {
    struct statx status{};
    return statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) == 0 &&
           (status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

Result<void> try_all(const std::string& dir, const std::string& id) {
    const std::string copy_id = id + "-copy", copy = dir + "/zfs-copy";
    TRY(make(dir, id, dir + "/zfs"));
    TRY(seal(dir, id));
    TRY(clone(dir, id, copy_id));
    if (mkdir(copy.c_str(), 0700) != 0) return fail(Code::unavailable, "a directory cannot be made", copy);
    TRY(mount(dir, copy_id, copy));
    return unmount(dir, copy_id);
}

}  // namespace

std::optional<std::string> try_in(const std::string& dir) {
    auto parent = run({"list", "-H", "-o", "name", dir});
    if (!parent) return {};
    const std::string id = uuid_text(new_uuid());
    auto tried = try_all(dir, id);
    (void)destroy(dir, id + "-copy");
    (void)destroy(dir, id);
    return tried ? std::optional(*parent) : std::nullopt;
}

Result<void> make(const std::string& store_dir, const std::string& id, const std::string& place) {
    const std::string dataset = TRY(dataset_of(store_dir, id));
    TRY(run({"create", "-o", "mountpoint=" + place, dataset}));
    return {};
}

Result<void> seal(const std::string& store_dir, const std::string& id) {
    const std::string dataset = TRY(dataset_of(store_dir, id));
    TRY(run({"snapshot", dataset + "@state"}));
    return {};
}

Result<void> clone(const std::string& store_dir, const std::string& id, const std::string& clone_id) {
    const std::string dataset = TRY(dataset_of(store_dir, id)), copy = TRY(dataset_of(store_dir, clone_id));
    TRY(run({"clone", "-o", "mountpoint=none", dataset + "@state", copy}));
    return {};
}

Result<void> mount(const std::string& store_dir, const std::string& id, const std::string& place) {
    if (is_mount_point(place)) return {};
    const std::string dataset = TRY(dataset_of(store_dir, id));
    TRY(run({"set", "mountpoint=" + place, dataset}));  // which mounts it, unless it had this place before a reboot
    if (!is_mount_point(place)) TRY(run({"mount", dataset}));
    return {};
}

Result<void> unmount(const std::string& store_dir, const std::string& id) {
    const std::string dataset = TRY(dataset_of(store_dir, id));
    TRY(run({"set", "mountpoint=none", dataset}));
    return {};
}

Result<void> destroy(const std::string& store_dir, const std::string& id) {
    const std::string dataset = TRY(dataset_of(store_dir, id));
    if (!run({"list", "-H", "-o", "name", dataset})) return {};
    TRY(run({"destroy", "-r", "-f", dataset}));
    return {};
}

}  // namespace ry::states::zfs
