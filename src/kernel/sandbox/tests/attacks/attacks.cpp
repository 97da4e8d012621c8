// Runs inside cages, in the tests: each attack really tries, prints "refused: why" or "succeeded: what", and ends with 0.
// A few subcommands are no attacks but what a story needs inside a cage without relying on perl or python.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace {

using Arguments = std::vector<std::string>;

/// `ok`: the attack got what it wanted.
void report(const char* what, bool ok) {
    if (ok)
        printf("succeeded: %s\n", what);
    else
        printf("refused: %s: %s\n", what, strerror(errno));
}

void read_file(const Arguments& paths) {
    for (const std::string& path : paths) {
        int file = open(path.c_str(), O_RDONLY);
        char byte;
        report(("read " + path).c_str(), file >= 0 && read(file, &byte, 1) == 1);
    }
}

void list_dir(const Arguments& paths) {
    for (const std::string& path : paths) report(("open directory " + path).c_str(), open(path.c_str(), O_RDONLY | O_DIRECTORY) >= 0);
}

void write_file(const Arguments& paths) {
    for (const std::string& path : paths) {
        int file = open(path.c_str(), O_WRONLY | O_CREAT, 0644);
        report(("write " + path).c_str(), file >= 0 && write(file, "x", 1) == 1);
    }
}

void mounts(const Arguments&) {
    report("mount tmpfs", mount("none", "/tmp", "tmpfs", 0, nullptr) == 0);
    report("mount proc", mount("proc", "/tmp", "proc", 0, nullptr) == 0);
    report("remount / writable", mount("none", "/", nullptr, MS_REMOUNT | MS_BIND, nullptr) == 0);
    report("umount /proc", umount2("/proc", MNT_DETACH) == 0);
    report("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp") == 0);
    report("chroot", chroot("/tmp") == 0);
    report("fsopen", syscall(SYS_fsopen, "tmpfs", 0) >= 0);
    report("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */) >= 0);
}

void namespaces(const Arguments&) {
    for (int flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP})
        report("unshare", unshare(flag) == 0);
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child == 0) _exit(0);
    report("clone with CLONE_NEWUSER", child > 0);
    struct { uint64_t words[11]; } arguments = {{CLONE_NEWUSER, 0, 0, 0, SIGCHLD}};
    long child3 = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child3 == 0) _exit(0);
    report("clone3 with CLONE_NEWUSER", child3 > 0);
    int ns = open("/proc/1/ns/mnt", O_RDONLY);
    report("setns", setns(ns, 0) == 0);
}

void kernel_interfaces(const Arguments&) {
    union bpf_attr bpf{};
    report("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &bpf, sizeof bpf) >= 0);
    perf_event_attr perf{};
    perf.size = sizeof perf;
    report("perf_event_open", syscall(SYS_perf_event_open, &perf, 0, -1, -1, 0) >= 0);
    char parameters[256] = {};
    report("io_uring_setup", syscall(SYS_io_uring_setup, 8, parameters) >= 0);
    report("userfaultfd", syscall(SYS_userfaultfd, 1) >= 0);
    report("keyctl", syscall(SYS_keyctl, 0, -3, 1) >= 0);
    report("init_module", syscall(SYS_init_module, parameters, 1, "") == 0);
    report("kexec_load", syscall(SYS_kexec_load, 0, 0, nullptr, 0) == 0);
    report("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, parameters, 0) >= 0);
    report("reboot", syscall(SYS_reboot, 0, 0, 0, nullptr) == 0);
    report("settimeofday", syscall(SYS_settimeofday, nullptr, nullptr) == 0);
    report("sethostname", sethostname("x", 1) == 0);
}

void other_processes(const Arguments& host_pids) {
    report("ptrace process 1", ptrace(PTRACE_ATTACH, 1, nullptr, nullptr) == 0);
    report("ptrace a child of mine", ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0);
    char byte;
    iovec mine{&byte, 1}, theirs{reinterpret_cast<void*>(0x400000), 1};
    report("process_vm_readv of process 1", process_vm_readv(1, &mine, 1, &theirs, 1, 0) == 1);
    report("read memory of process 1", open("/proc/1/mem", O_RDONLY) >= 0);
    report("read environment of process 1", open("/proc/1/environ", O_RDONLY) >= 0);
    report("look into process 1's descriptors", open("/proc/1/fd", O_RDONLY) >= 0 && open("/proc/1/fd/3", O_RDWR) >= 0);
    int pidfd = static_cast<int>(syscall(SYS_pidfd_open, 1, 0));
    report("pidfd_getfd of the control socket", syscall(SYS_pidfd_getfd, pidfd, 3, 0) >= 0);
    for (const std::string& pid : host_pids) report(("kill host process " + pid).c_str(), kill(atoi(pid.c_str()), SIGKILL) == 0);
}

void sockets(const Arguments&) {
    report("raw IP socket", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0);
    report("raw IPv6 socket", socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6) >= 0);
    report("packet socket", socket(AF_PACKET, SOCK_RAW, 0) >= 0);
    report("vsock", socket(40 /* AF_VSOCK */, SOCK_STREAM, 0) >= 0);
    report("kernel crypto socket", socket(38 /* AF_ALG */, SOCK_SEQPACKET, 0) >= 0);
    report("netfilter netlink", socket(AF_NETLINK, SOCK_RAW, 12) >= 0);
    report("an unknown family", socket(200, SOCK_STREAM, 0) >= 0);
}

int connect_to(const std::string& host, int port, int ms) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    timeval limit{ms / 1000, ms % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

/// host port host port …
void connects(const Arguments& targets) {
    for (size_t i = 0; i + 1 < targets.size(); i += 2)
        report(("connect to " + targets[i]).c_str(), connect_to(targets[i], atoi(targets[i + 1].c_str()), 1000) >= 0);
}

void abstract_socket(const Arguments& names) {
    for (const std::string& name : names) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        memcpy(address.sun_path + 1, name.data(), name.size());
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        report("connect to an abstract socket of the host", connect(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    }
}

void privileges(const Arguments&) {
    report("setuid(0)", setuid(0) == 0);
    report("setgid(0)", setgid(0) == 0);
    int file = open("suid", O_CREAT | O_WRONLY, 0755);
    report("fchmod to set-user-id", fchmod(file, 04755) == 0);
    report("chmod to set-user-id", chmod("suid", 04755) == 0);
    report("fchmodat to set-user-id", fchmodat(AT_FDCWD, "suid", 04755, 0) == 0);
    report("create a set-user-id file", open("suid2", O_CREAT | O_WRONLY, 04755) >= 0);
    report("make a device", mknod("disk", S_IFBLK | 0666, makedev(254, 0)) == 0);
    report("raise the process limit", [] {
        struct { uint64_t now, max; } limit = {~0ULL, ~0ULL};
        return syscall(SYS_prlimit64, 0, 6 /* RLIMIT_NPROC */, &limit, nullptr) == 0;
    }());
    system("/usr/bin/su -c id </dev/null >/dev/null 2>&1");
    report("be root at last", geteuid() == 0);
}

void terminal(const Arguments&) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    grantpt(master);
    unlockpt(master);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    ioctl(slave, TIOCSCTTY, 0);
    char letter = 'x';
    report("TIOCSTI", ioctl(slave, TIOCSTI, &letter) == 0);
    report("TIOCSTI with high bits", syscall(SYS_ioctl, slave, TIOCSTI | (1ULL << 32), &letter) == 0);
}

/// Links that point out of the workspace: they may be made, and lead nowhere inside the cage.
void links(const Arguments& host_files) {
    for (const std::string& path : host_files) {
        unlink("link");
        symlink(path.c_str(), "link");
        char byte;
        int file = open("link", O_RDONLY);
        report(("read through a symbolic link " + path).c_str(), file >= 0 && read(file, &byte, 1) == 1);
        report(("hard link to " + path).c_str(), link(path.c_str(), "hard") == 0);
    }
    report("hard link across the bind", link("/usr/bin/env", "hard") == 0);
    report("walk above the workspace", open("../../../../../../home", O_RDONLY) >= 0 || open("/proc/self/root/home", O_RDONLY) >= 0);
}

/// Forks until it cannot; prints how many ran at once.
void fork_bomb(const Arguments&) {
    int count = 0;
    for (; count < 100'000; ++count) {
        pid_t child = fork();
        if (child < 0) break;
        if (child == 0) {
            pause();
            _exit(0);
        }
    }
    printf("%d processes\n", count);
}

void memory_bomb(const Arguments& kind) {
    size_t piece = 8 << 20;
    for (size_t total = 0; total < (size_t{8} << 30); total += piece) {
        int flags = kind[0] == "shared" ? MAP_SHARED : MAP_PRIVATE;
        void* memory = mmap(nullptr, piece, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            printf("refused after %zu MB\n", total >> 20);
            exit(1);
        }
        memset(memory, 1, piece);
    }
    puts("succeeded: 8 GB");
}

/// Fills the directory with files of 4 MB until it cannot.
void disk_bomb(const Arguments& dirs) {
    std::string piece(4 << 20, 'x');
    for (int i = 0; i < 4096; ++i) {
        int file = open((dirs[0] + "/" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0644);
        if (file < 0 || write(file, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) {
            printf("refused after %d MB: %s\n", i * 4, strerror(errno));
            exit(1);
        }
        close(file);
        if (dirs.size() > 1) usleep(static_cast<useconds_t>(atoi(dirs[1].c_str())) * 1000);
    }
    puts("succeeded: 16 GB");
}

/// One file larger than the limit; SIGXFSZ ends it.
void large_file(const Arguments& paths) {
    std::string piece(1 << 20, 'x');
    int file = open(paths[0].c_str(), O_CREAT | O_WRONLY, 0644);
    for (int i = 0; i < 4096; ++i)
        if (write(file, piece.data(), piece.size()) <= 0) exit(1);
    puts("succeeded: 4 GB");
}

void open_files(const Arguments&) {
    int count = 0;
    while (count < 1'000'000 && open("/dev/null", O_RDONLY) >= 0) ++count;
    printf("%d files\n", count);
}

// --- not attacks: what the stories need inside

/// Answers every connection on `port` with "<text> <what it said>", for ever.
void echo(const Arguments& port_and_text) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(atoi(port_and_text[0].c_str())));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 16) != 0) exit(1);
    puts("listening");
    fflush(stdout);
    for (;;) {
        int client = accept(listener, nullptr, nullptr);
        char buffer[1024];
        ssize_t got = read(client, buffer, sizeof buffer);
        std::string answer = port_and_text[1] + " " + std::string(buffer, got > 0 ? static_cast<size_t>(got) : 0);
        if (write(client, answer.data(), answer.size()) < 0) {}
        close(client);
    }
}

/// Sends one request to the egress proxy and prints the whole answer. `\n` in the request stands for CR LF.
void proxy(const Arguments& requests) {
    const char* url = getenv("http_proxy");
    const char* colon = url ? strrchr(url, ':') : nullptr;
    int fd = colon ? connect_to("127.0.0.1", atoi(colon + 1), 5000) : -1;
    if (fd < 0) return report("reach the proxy", false);
    std::string request;
    for (char letter : requests[0]) request += letter == '\n' ? "\r\n" : std::string(1, letter);
    if (write(fd, request.data(), request.size()) < 0) exit(1);
    char buffer[4096];
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) fwrite(buffer, 1, static_cast<size_t>(got), stdout);
}

/// Starts `count` grandchildren in sessions of their own that ignore SIGTERM, prints "ready", and waits for ever.
void stubborn(const Arguments& counts) {
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < atoi(counts[0].c_str()); ++i) {
        if (fork() != 0) continue;
        setsid();
        if (fork() != 0) _exit(0);
        for (;;) pause();
    }
    puts("ready");
    fflush(stdout);
    for (;;) pause();
}

void spin(const Arguments&) {
    for (;;) asm volatile("");
}

void flood(const Arguments&) {
    std::string line(1023, 'y');
    for (;;) puts(line.c_str());
}

struct Command {
    const char* name;
    void (*run)(const Arguments&);
};
constexpr Command commands[] = {
    {"read_file", read_file}, {"list_dir", list_dir}, {"write_file", write_file}, {"mounts", mounts}, {"namespaces", namespaces},
    {"kernel_interfaces", kernel_interfaces}, {"other_processes", other_processes}, {"sockets", sockets}, {"connects", connects},
    {"abstract_socket", abstract_socket}, {"privileges", privileges}, {"terminal", terminal}, {"links", links},
    {"fork_bomb", fork_bomb}, {"memory_bomb", memory_bomb}, {"disk_bomb", disk_bomb}, {"large_file", large_file},
    {"open_files", open_files}, {"echo", echo}, {"proxy", proxy}, {"stubborn", stubborn}, {"spin", spin}, {"flood", flood}};

}  // namespace

int main(int count, char** arguments) {
    for (const Command& command : commands) {
        if (count < 2 || strcmp(arguments[1], command.name) != 0) continue;
        command.run(Arguments(arguments + 2, arguments + count));
        return 0;
    }
    return 2;
}
