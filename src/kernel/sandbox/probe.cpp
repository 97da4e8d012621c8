#include "kernel/sandbox/probe.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/descriptor.h"
#include "base/text.h"
#include "kernel/sandbox/control_groups.h"
#include "kernel/sandbox/local.h"

namespace ry::sandbox {
namespace {

/// 0 when `attempt` returned 0 in a child process, its errno otherwise. The child makes system calls only.
int errno_in_child(int (*attempt)()) {
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) _exit(attempt() == 0 ? 0 : errno);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/// 0 when a process can be made in new namespaces of all `flags`, errno otherwise. (A raw clone: a process with threads, as sanitizers
/// make them, could not unshare.)
int errno_of_namespaces(unsigned long flags) {
    long child = syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child < 0) return errno;
    if (child == 0) _exit(0);
    while (waitpid(static_cast<pid_t>(child), nullptr, 0) < 0 && errno == EINTR) {}
    return 0;
}

bool write_to(const char* path, std::string_view text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) close(file);
    return written;
}

/// In a child: uid and gid 0 of new user and mount namespaces. Without mapped ids nobody may make a file there.
bool become_root_of_a_namespace() {
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %u 1", geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_to("/proc/self/setgroups", "deny") &&
           write_to("/proc/self/uid_map", users) && write_to("/proc/self/gid_map", groups);
}

/// Empty when there is no such file.
std::string first_line(const std::string& path) {
    std::string line;
    std::getline(std::ifstream(path), line);
    return line;
}

Finding user_namespaces() {
    Finding finding{.name = "user namespaces", .why = "every sandbox has users, mounts, processes and a network of its own"};
    int error = errno_of_namespaces(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
    finding.detail = error == 0 ? "all kinds can be made" : std::strerror(error);
    if (error == 0) return finding;
    finding.verdict = Verdict::missing;
    finding.fix = first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" ? "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
                  : first_line("/proc/sys/kernel/unprivileged_userns_clone") == "0"           ? "sysctl -w kernel.unprivileged_userns_clone=1"
                                                                                               : "sysctl -w user.max_user_namespaces=15000";
    return finding;
}

Finding bubblewrap(const Config& config) {
    bool there = access(config.bwrap.c_str(), X_OK) == 0;
    return {"bubblewrap", there ? Verdict::good : Verdict::missing, there ? config.bwrap : "not installed", "it builds the sandboxes",
            there ? "" : "apt-get install bubblewrap"};
}

Finding trial_run(const Config& config) {
    auto opened = Sandbox::open(config);
    Finding finding{.name = "a trial sandbox", .detail = "runs", .why = "the pieces must also work together"};
    if (opened) return finding;
    finding.verdict = Verdict::missing;
    finding.detail = opened.error().message + (opened.error().cause.empty() ? "" : " (" + opened.error().cause + ")");
    finding.fix = "in a container, allow nested user namespaces and an unmasked /proc: --security-opt seccomp=unconfined --security-opt systempaths=unconfined";
    return finding;
}

Finding account(const Config& config) {
    Finding finding{.name = "account of the sandboxes", .why = "programs in sandboxes must not have the server's identity"};
    auto found = find_account(config.run_as);
    if (!found) return {finding.name, Verdict::missing, found.error().message, finding.why, "useradd --system ramify"};
    finding.detail = *found ? "uid " + std::to_string((*found)->uid) : "the server's own, uid " + std::to_string(geteuid()) + ", in its own user namespace";
    return finding;
}

Finding control_group(const std::vector<Hierarchy>& hierarchies, const std::string& name, bool Hierarchy::*controls, const std::string& without) {
    Finding finding{.name = name};
    auto found = std::ranges::find_if(hierarchies, [&](const Hierarchy& each) { return each.*controls; });
    if (found != hierarchies.end()) {
        finding.detail = "cgroup v" + std::to_string(found->version) + " at " + found->dir;
        return finding;
    }
    finding.verdict = Verdict::weaker;
    finding.detail = "by no control group; instead: " + without;
    finding.fix = "use cgroup v2, and run the server as a systemd service with Delegate=yes";
    return finding;
}

Finding memory_group(const std::vector<Hierarchy>& hierarchies) {
    Finding finding = control_group(hierarchies, "memory limit", &Hierarchy::memory, "RLIMIT_DATA for each process, and a look at the whole tree four times a second");
    finding.why = "one sandbox must not take the memory of the server";
    return finding;
}

Finding process_group(const std::vector<Hierarchy>& hierarchies) {
    Finding finding = control_group(hierarchies, "process limit", &Hierarchy::pids, "RLIMIT_NPROC in the sandbox's own user namespace (counted for each sandbox since Linux 5.14)");
    finding.why = "a fork bomb must stay small";
    return finding;
}

Finding cpu_share_group(const std::vector<Hierarchy>& hierarchies) {
    Finding finding = control_group(hierarchies, "CPU share limit", &Hierarchy::cpu, "nothing, so databases_instance_cpu_percent_max holds nobody");
    finding.why = "one busy database leaves processors to the others";
    return finding;
}

Finding cpu_group(const std::vector<Hierarchy>& hierarchies) {
    Finding finding = control_group(hierarchies, "CPU time limit", &Hierarchy::cpu_time, "RLIMIT_CPU for each process, and /proc for the whole tree four times a second");
    finding.why = "a program that spins must end";
    return finding;
}

Finding seccomp() {
    bool there = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 && seccomp_api_get() >= 2;
    return {"system call filter", there ? Verdict::good : Verdict::missing, there ? "seccomp filters, libseccomp API " + std::to_string(seccomp_api_get()) : "no seccomp",
            "mounting, tracing and rarely used kernel interfaces are closed to sandboxes", there ? "" : "use a kernel with CONFIG_SECCOMP_FILTER=y"};
}

Finding landlock() {
    constexpr int version_flag = 1;  // LANDLOCK_CREATE_RULESET_VERSION
    long abi = syscall(444 /* landlock_create_ruleset, on every architecture */, nullptr, 0, version_flag);
    return {"Landlock", abi > 0 ? Verdict::good : Verdict::weaker, abi > 0 ? "ABI " + std::to_string(abi) : "absent; the mount namespace alone hides files",
            "a second wall around files; not needed by today's sandboxes", abi > 0 ? "" : "boot with lsm=landlock,…"};
}

Finding overlay() {
    int error = errno_in_child([] {
        if (!become_root_of_a_namespace()) return -1;
        if (mount("none", "/tmp", "tmpfs", 0, nullptr) != 0) return -1;
        if (mkdir("/tmp/upper", 0700) != 0 || mkdir("/tmp/work", 0700) != 0 || mkdir("/tmp/merged", 0700) != 0) return -1;
        return mount("overlay", "/tmp/merged", "overlay", 0, "lowerdir=/usr,upperdir=/tmp/upper,workdir=/tmp/work,userxattr");
    });
    return {"overlayfs without root", error == 0 ? Verdict::good : Verdict::weaker, error == 0 ? "can be mounted in a user namespace" : std::strerror(error),
            "cheap writable views of large trees", error == 0 ? "" : "use Linux 5.11 or later"};
}

Finding reflink(const std::string& data_dir) {
    std::string trial = data_dir + "/.probe-XXXXXX";
    Descriptor from(mkostemp(trial.data(), O_CLOEXEC));
    std::string copy_path = trial + "-copy";
    Descriptor copy(open(copy_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    bool works = from && copy && write(from.get(), "x", 1) == 1 && ioctl(copy.get(), FICLONE, from.get()) == 0;
    unlink(trial.c_str());
    unlink(copy_path.c_str());
    return {"copy-on-write files", works ? Verdict::good : Verdict::weaker,
            data_dir + (works ? ": reflinks work" : ": no reflinks; copies of databases and workspaces cost their size"),
            "forks of databases and dependencies in milliseconds, whatever their size",
            works ? "" : "put the data directory on XFS (mkfs.xfs -m reflink=1) or btrfs"};
}

}  // namespace

std::string_view name_of(Verdict verdict) {
    constexpr std::string_view names[] = {"good", "weaker", "missing"};
    return names[static_cast<int>(verdict)];
}

std::vector<Finding> probe(const Config& config, const std::string& data_dir) {
    const auto hierarchies = find_hierarchies();
    return {user_namespaces(), bubblewrap(config), seccomp(), account(config), trial_run(config), memory_group(hierarchies),
            process_group(hierarchies), cpu_group(hierarchies), cpu_share_group(hierarchies), landlock(), overlay(), reflink(data_dir)};
}

}  // namespace ry::sandbox
