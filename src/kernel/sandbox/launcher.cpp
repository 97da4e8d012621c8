#include "kernel/sandbox/launcher.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <chrono>
#include <cstring>
#include <deque>
#include <thread>

#include "base/guarded.h"

namespace ry::sandbox {
namespace {

constexpr int launching_threads = 2;  // each waits some ms while its child makes itself ready
constexpr int exit_not_prepared = 125;  // this process could not be made ready; the status channel then stays silent
constexpr const char* root_dir = "/tmp/root";  // below staging_dir, until it is the root
/// What bubblewrap binds and looks into. What the host lacks, or has as a link, needs nothing.
constexpr const char* kept_mounts[] = {"/proc", "/dev",   "/usr",   "/bin",    "/sbin",
                                       "/lib",  "/lib32", "/lib64", "/libx32", "/etc"};
constexpr int first_high_descriptor = 64;  // above every number that a plan gives to a child

/// What the child needs, laid out before the fork: after it, only system calls are safe. The child shares the server's memory
/// until it is another program (vfork): nothing of the server is copied for it, and it may write nothing but `staged_fds`.
struct Prepared {
    const LaunchPlan* plan = nullptr;
    std::vector<char*> arguments;
    int* staged_fds = nullptr;           // room for one of each of plan->staged
    std::vector<std::string> staged_at;  // where they go, before root_dir becomes the root
    std::string staging_in_root = std::string(root_dir) + staging_dir;
    std::vector<std::pair<const char*, std::string>>
        kept_mounts;  // what bubblewrap needs, which may be file systems of their own
    pid_t server = 0;
    int last_descriptor = 2;
};

Prepared prepare(const LaunchPlan& plan) {
    Prepared prepared{.plan = &plan, .server = getpid()};
    for (const std::string& argument : plan.command) prepared.arguments.push_back(const_cast<char*>(argument.c_str()));
    prepared.arguments.push_back(nullptr);
    for (auto [ours, theirs] : plan.descriptors) prepared.last_descriptor = std::max(prepared.last_descriptor, theirs);
    for (const Staged& one : plan.staged) prepared.staged_at.push_back(root_dir + one.to);
    struct stat status{};
    for (const char* path : kept_mounts)
        if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
            prepared.kept_mounts.emplace_back(path, std::string(root_dir) + path);
    return prepared;
}

/// Among equals, the kernel should choose a cage before the server when memory runs out.
void volunteer_for_out_of_memory() {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0 && write(file, "500", 3) > 0) close(file);
}

/// Raw calls: the C library's would wait for threads that do not exist in this process.
bool become(const Account& account) {
    return syscall(SYS_setgroups, 0, nullptr) == 0 &&
           syscall(SYS_setresgid, account.gid, account.gid, account.gid) == 0 &&
           syscall(SYS_setresuid, account.uid, account.uid, account.uid) == 0;
}

/// Gives this process and its children a root of their own: the host's without what is mounted below it, but for what
/// bubblewrap needs, and with what the account must see bound into a small file system at staging_dir, so that
/// directories of the server above it may stay closed to the account. bubblewrap reads the list of mounts once for each
/// of its binds; a server with hundreds of databases has hundreds of mounts, and this has a dozen. The originals are
/// opened in the new mount namespace (a bind cannot cross two) and before staging_dir hides some of them.
bool stage(const Prepared& prepared) {
    const std::vector<Staged>& staged = prepared.plan->staged;
    if (staged.empty()) return true;
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    int* const originals = prepared.staged_fds;
    for (size_t i = 0; i < staged.size(); ++i)
        if ((originals[i] = open(staged[i].from.c_str(), O_PATH | O_CLOEXEC)) < 0) return false;
    if (mount("ramify", staging_dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0) return false;
    if (mkdir(root_dir, 0755) != 0 || mount("/", root_dir, nullptr, MS_BIND, nullptr) != 0) return false;
    for (const auto& [from, to] : prepared.kept_mounts)
        if (mount(from, to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) return false;
    if (mount("ramify", prepared.staging_in_root.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0)
        return false;
    for (size_t i = 0; i < staged.size(); ++i) {
        const char* to = prepared.staged_at[i].c_str();
        int made = staged[i].is_directory ? mkdir(to, 0755) : mknod(to, S_IFREG | 0644, 0);
        char source[32];
        snprintf(source, sizeof source, "/proc/self/fd/%d", originals[i]);
        if (made != 0 || mount(source, to, nullptr, MS_BIND | MS_REC, nullptr) != 0) return false;
    }
    return chdir(root_dir) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 &&
           chdir("/") == 0;
}

bool place_descriptors(const LaunchPlan& plan, int last) {
    int high[16] = {};
    size_t count = 0;
    for (auto [ours, theirs] : plan.descriptors)
        if (count == std::size(high) || (high[count++] = fcntl(ours, F_DUPFD_CLOEXEC, first_high_descriptor)) < 0)
            return false;
    count = 0;
    for (auto [ours, theirs] : plan.descriptors)
        if (dup2(high[count++], theirs) < 0) return false;
    return syscall(SYS_close_range, last + 1, ~0U, 0) == 0;
}

[[noreturn]] void become_program(const Prepared& prepared) {
    for (int group : prepared.plan->group_fds)
        if (write(group, "0", 1) != 1) _exit(exit_not_prepared);
    setsid();
    volunteer_for_out_of_memory();
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);  // first: no handler of the server's runs here
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    // Before what takes long: locks of the server hang on descriptors that the child has too.
    if (!place_descriptors(*prepared.plan, prepared.last_descriptor)) _exit(exit_not_prepared);
    if (!stage(prepared)) _exit(exit_not_prepared);
    if (prepared.plan->account && !become(*prepared.plan->account)) _exit(exit_not_prepared);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of account, which clears it
    if (getppid() != prepared.server) _exit(exit_not_prepared);
    char* no_environment[] = {nullptr};
    execve(prepared.arguments[0], prepared.arguments.data(), no_environment);
    _exit(exit_not_prepared);
}

/// The calling thread waits until the child is another program, or has ended. -1 with errno.
/// `dumpable`: of the server (PR_GET_DUMPABLE). A child that becomes another account takes it from the memory, which is ours too.
pid_t spawn(const Prepared& prepared, int dumpable) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) become_program(prepared);
    int error = errno;
    prctl(PR_SET_DUMPABLE, dumpable);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

Result<Launched> spawn(const LaunchPlan& plan, int dumpable) {
    Prepared prepared = prepare(plan);
    std::vector<int> staged_fds(plan.staged.size());
    prepared.staged_fds = staged_fds.data();
    pid_t pid = spawn(prepared, dumpable);
    if (pid < 0)
        return fail(Code::unavailable,
                    "the host cannot start another process; raise its process limit or run fewer sandboxes",
                    std::strerror(errno));
    Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        return fail(Code::unavailable, "the server has no free file descriptor; raise its limit (ulimit -n)",
                    std::strerror(errno));
    }
    return Launched{pid, std::move(pidfd)};
}

}  // namespace

struct Launcher::Queue {
    struct Request {
        const LaunchPlan* plan = nullptr;
        std::optional<Result<Launched>> answer;
    };
    struct State {
        std::deque<Request*> waiting;
        bool closed = false;
    };
    Guarded<State> state;
    const int dumpable = prctl(PR_GET_DUMPABLE);
    std::vector<std::jthread> threads;

    void serve() {
        constexpr auto for_ever = std::chrono::steady_clock::time_point::max();
        for (;;) {
            Request* next = nullptr;
            state.wait_until(
                for_ever, [](State& now) { return now.closed || !now.waiting.empty(); },
                [&](State& now) {
                    if (now.waiting.empty()) return;
                    next = now.waiting.front();
                    now.waiting.pop_front();
                });
            if (!next) return;
            auto answer = spawn(*next->plan, dumpable);
            state.change([&](State&) { next->answer = std::move(answer); });
        }
    }
};

Launcher::Launcher() : queue_(std::make_unique<Queue>()) {
    for (int i = 0; i < launching_threads; ++i) queue_->threads.emplace_back([queue = queue_.get()] { queue->serve(); });
}

Launcher::~Launcher() {
    queue_->state.change([](Queue::State& state) { state.closed = true; });
    for (std::jthread& thread : queue_->threads) thread.join();
}

Result<Launched> Launcher::launch(const LaunchPlan& plan) {
    Queue::Request request{.plan = &plan};
    queue_->state.change([&](Queue::State& state) { state.waiting.push_back(&request); });
    constexpr auto for_ever = std::chrono::steady_clock::time_point::max();
    queue_->state.wait_until(for_ever, [&](Queue::State&) { return request.answer.has_value(); }, [](Queue::State&) {});
    return std::move(*request.answer);
}

}  // namespace ry::sandbox
