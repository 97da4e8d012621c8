#include "kernel/sandbox/syscall_filter.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/descriptor.h"

namespace ry::sandbox {
namespace {

/// Refused outright. By name: a call that this architecture or this libseccomp does not know is skipped.
constexpr const char* refused[] = {
    // the mount tree, and handles that reach around it
    "mount", "umount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount",
    "open_tree", "mount_setattr", "open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd", "swapon", "swapoff",
    // namespaces
    "setns",
    // other processes' memory, registers and descriptors
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp", "move_pages", "migrate_pages",
    // large kernel interfaces that no build needs
    "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "lookup_dcookie", "fanotify_init",
    "memfd_secret", "vhangup", "acct", "uselib", "ustat", "sysfs", "_sysctl", "nfsservctl", "modify_ldt",
    // the machine
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "create_module", "query_module",
    "get_kernel_syms", "reboot", "syslog", "iopl", "ioperm", "settimeofday", "stime", "clock_settime", "adjtimex",
    "clock_adjtime", "sethostname", "setdomainname"};

/// Refused as if the kernel were older: callers fall back (io_uring to epoll, clone3 to clone, whose flags can be read).
constexpr const char* absent[] = {"io_uring_setup", "io_uring_enter", "io_uring_register", "clone3", "fchmodat2"};

constexpr uint64_t namespace_flags[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,    CLONE_NEWUSER,
                                        CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWTIME};

constexpr unsigned long ioctl_tiocsti = 0x5412;     // types into the terminal of somebody else
constexpr unsigned long ioctl_tioclinux = 0x541C;   // the same by pasting on the console
constexpr unsigned address_families_max = 64;       // Linux 6.18 has 46 (AF_MAX)

class Rules {
public:
    explicit Rules(scmp_filter_ctx context) : context_(context) {}

    void add(uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> conditions = {}) {
        int call = seccomp_syscall_resolve_name(name);
        if (call == __NR_SCMP_ERROR) return;
        int rc = seccomp_rule_add_array(context_, action, call, conditions.size(), conditions.begin());
        if (rc != 0 && !failed_) failed_ = name;
    }
    const char* failed() const { return failed_; }

private:
    scmp_filter_ctx context_;
    const char* failed_ = nullptr;
};

scmp_arg_cmp has_bits(unsigned argument, uint64_t bits) {
    return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

/// Unix and IP stream and datagram sockets, and the routing netlink (node lists network interfaces with it); nothing else.
void refuse_sockets(Rules& rules) {
    const uint32_t unsupported = SCMP_ACT_ERRNO(EAFNOSUPPORT), denied = SCMP_ACT_ERRNO(EPERM);
    for (const char* call : {"socket", "socketpair"}) {
        for (unsigned family = 0; family < address_families_max; ++family) {
            if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK) continue;
            rules.add(unsupported, call, {scmp_arg_cmp{0, SCMP_CMP_EQ, family, 0}});
        }
        rules.add(unsupported, call, {scmp_arg_cmp{0, SCMP_CMP_GE, address_families_max, 0}});
    }
    rules.add(unsupported, "socket",
              {scmp_arg_cmp{0, SCMP_CMP_EQ, AF_NETLINK, 0}, scmp_arg_cmp{2, SCMP_CMP_NE, 0 /* NETLINK_ROUTE */, 0}});
    for (uint64_t family : {AF_INET, AF_INET6})
        rules.add(denied, "socket",
                  {scmp_arg_cmp{0, SCMP_CMP_EQ, family, 0}, scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, 0xf, SOCK_RAW}});
}

/// A set-user-id file in a shared directory would outlive the cage and run with the cage's account.
void refuse_setuid_files(Rules& rules) {
    const uint32_t denied = SCMP_ACT_ERRNO(EPERM);
    rules.add(denied, "chmod", {has_bits(1, S_ISUID)});
    rules.add(denied, "fchmod", {has_bits(1, S_ISUID)});
    rules.add(denied, "fchmodat", {has_bits(2, S_ISUID)});
    rules.add(denied, "creat", {has_bits(1, S_ISUID)});
    rules.add(denied, "open", {has_bits(1, O_CREAT), has_bits(2, S_ISUID)});
    rules.add(denied, "openat", {has_bits(2, O_CREAT), has_bits(3, S_ISUID)});
    rules.add(denied, "mknod", {has_bits(1, S_ISUID)});
    rules.add(denied, "mknodat", {has_bits(2, S_ISUID)});
    rules.add(SCMP_ACT_ERRNO(ENOSYS), "openat2");  // its mode lies behind a pointer; callers fall back on openat
}

}  // namespace

Result<std::string> syscall_filter() {
    std::unique_ptr<void, void (*)(scmp_filter_ctx)> context(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
    if (!context) return fail(Code::unavailable, "the system call filter could not be made: out of memory");
    seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary tree instead of a list of 250 comparisons
    Rules rules(context.get());
    const uint32_t denied = SCMP_ACT_ERRNO(EPERM);
    for (const char* name : refused) rules.add(denied, name);
    for (const char* name : absent) rules.add(SCMP_ACT_ERRNO(ENOSYS), name);
    for (uint64_t flag : namespace_flags) {
        rules.add(denied, "unshare", {has_bits(0, flag)});
        rules.add(denied, "clone", {has_bits(0, flag)});
    }
    for (unsigned long request : {ioctl_tiocsti, ioctl_tioclinux})
        rules.add(denied, "ioctl", {scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, 0xffffffff, request}});
    refuse_sockets(rules);
    refuse_setuid_files(rules);
    if (rules.failed())
        return fail(Code::unavailable, "the system call filter could not be made: update libseccomp", rules.failed());

    Descriptor file(memfd_create("syscall_filter", MFD_CLOEXEC));
    if (!file || seccomp_export_bpf(context.get(), file.get()) != 0)
        return fail(Code::unavailable, "the system call filter could not be written", std::strerror(errno));
    std::string program(static_cast<size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
    if (pread(file.get(), program.data(), program.size(), 0) != static_cast<ssize_t>(program.size()))
        return fail(Code::unavailable, "the system call filter could not be read back", std::strerror(errno));
    return program;
}

}  // namespace ry::sandbox
