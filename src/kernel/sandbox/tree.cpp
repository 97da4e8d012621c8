#include "kernel/sandbox/tree.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "kernel/sandbox/memory_file.h"

namespace ry::sandbox {
namespace {

constexpr int64_t start_ms_max = 20'000;    // a loaded host takes 50 ms; beyond this something hangs
constexpr int64_t control_ms_max = 1'000;   // the relay answers in microseconds unless the host starves it
constexpr int64_t connect_ms_max = 5'000;
constexpr int64_t end_ms_max = 1'000;       // from SIGKILL of process 1 to the end of bubblewrap
constexpr int64_t for_ever_ms = 1'000'000'000;

struct Pipe {
    Descriptor read, write;
};

Error no_descriptors() {
    return fail(Code::unavailable, "the server has no free file descriptor; raise its limit (ulimit -n)", std::strerror(errno));
}

Result<Pipe> open_pipe() {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return no_descriptors();
    Pipe made{Descriptor(fds[0]), Descriptor(fds[1])};
    fcntl(fds[0], F_SETFL, O_NONBLOCK);  // the server's end only
    return made;
}

/// Waits until one of two descriptors is readable; the bits of those that are (1, 2), 0 after `ms`.
int wait_readable(int first, int second, int64_t ms) {
    pollfd waits[] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
    int64_t until = steady_ms() + ms;
    for (;;) {
        int ready = poll(waits, 2, static_cast<int>(std::clamp<int64_t>(until - steady_ms(), 0, ms)));
        if (ready > 0) return (waits[0].revents ? 1 : 0) | (waits[1].revents ? 2 : 0);
        if (ready == 0) return 0;
        if (errno != EINTR) return 0;
    }
}

/// One message with the descriptor that came along.
struct Received {
    control::Message message;
    Descriptor fd;
    bool whole = false;
};
Received receive(int socket) {
    Received got;
    iovec bytes{&got.message, sizeof got.message};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    got.whole = size == static_cast<ssize_t>(sizeof got.message);
    cmsghdr* rights = size > 0 ? CMSG_FIRSTHDR(&header) : nullptr;
    if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
        int fd = -1;
        memcpy(&fd, CMSG_DATA(rights), sizeof fd);
        got.fd = Descriptor(fd);
    }
    return got;
}

bool send_message(int socket, const control::Message& message) {
    return send(socket, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(sizeof message);
}

std::string read_what_is_there(int fd) {
    char buffer[4096];
    ssize_t got = read(fd, buffer, sizeof buffer);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
}

std::string joined_by_nul(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all.append(word).push_back('\0');
    return all;
}

Result<std::vector<Staged>> stage_all(const std::vector<std::string>& paths) {
    std::vector<Staged> staged;
    for (const std::string& path : paths) {
        struct stat status{};
        if (stat(path.c_str(), &status) != 0)
            return fail(Code::unavailable, "a directory of the sandbox cannot be opened; check that it exists", path + ": " + std::strerror(errno));
        staged.push_back({path, staged_name(staged.size()), S_ISDIR(status.st_mode)});
    }
    return staged;
}

}  // namespace

std::string staged_name(size_t i) { return std::string(staging_dir) + "/" + std::to_string(i); }

Result<std::unique_ptr<Tree>> Tree::start(Launcher& launcher, TreePlan plan, const Op& op) {
    Pipe out = TRY(open_pipe()), err = TRY(open_pipe()), status = TRY(open_pipe());
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return no_descriptors();
    Descriptor control(ends[0]), relay_end(ends[1]);
    Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing) return no_descriptors();
    Descriptor arguments = TRY(memory_file("cage", joined_by_nul(plan.layout)));
    Descriptor filter = TRY(memory_file("filter", plan.filter));

    LaunchPlan launch;
    launch.command = {plan.bwrap, "--args", "6", "--json-status-fd", "4", "--seccomp", "5", "--"};
    launch.command.insert(launch.command.end(), plan.relay.begin(), plan.relay.end());
    launch.descriptors = {{nothing.get(), 0}, {out.write.get(), 1},    {err.write.get(), 2},
                          {relay_end.get(), control::relay_fd}, {status.write.get(), 4}, {filter.get(), 5}, {arguments.get(), 6}};
    if (plan.group) launch.group_fds = plan.group->join_fds();
    launch.account = plan.account;
    launch.staged = TRY(stage_all(plan.staged));

    std::unique_ptr<Tree> tree(new Tree);
    tree->group_ = std::move(plan.group);
    tree->out_ = std::move(out.read);
    tree->err_ = std::move(err.read);
    tree->status_ = std::move(status.read);
    tree->monitor_ = TRY(launcher.launch(launch));
    for (Descriptor* theirs : {&out.write, &err.write, &status.write, &relay_end}) theirs->reset();
    tree->control_.with([&](Channel& channel) { channel.socket = std::move(control); });
    TRY(tree->wait_for_hello(op, plan.wants_listener));
    return tree;
}

Result<void> Tree::wait_for_hello(const Op& op, bool wants_listener) {
    int64_t ms = std::max<int64_t>(std::min(start_ms_max, op.deadline.left_ms()), 0);
    int ready = control_.with([&](Channel& channel) { return wait_readable(channel.socket.get(), exited(), ms); });
    if (ready == 0) {
        TRY(op.still_wanted());
        return fail(Code::unavailable, "the sandbox did not start within 20 s; the host is overloaded, try again later");
    }
    Received hello = control_.with([](Channel& channel) { return receive(channel.socket.get()); });
    if (!hello.whole || bool(hello.fd) != wants_listener) return not_set_up();
    listener_ = std::move(hello.fd);
    return read_init_pid();
}

/// bubblewrap writes {"child-pid": 123, …} on its status channel before the child runs.
Result<void> Tree::read_init_pid() {
    std::string status = read_what_is_there(status_.get());
    constexpr std::string_view label = "\"child-pid\":";
    size_t at = status.find(label);
    if (at != status.npos) init_pid_ = static_cast<pid_t>(std::strtol(status.c_str() + at + label.size(), nullptr, 10));
    if (init_pid_ <= 1) return not_set_up();
    init_pidfd_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, init_pid_, 0)));
    return {};  // without a pidfd it has ended already
}

Error Tree::not_set_up() {
    wait_readable(exited(), -1, end_ms_max);
    return fail(Code::unavailable, "the sandbox could not be set up; run `ramify doctor` to see what the host lacks",
                std::string(trim(read_what_is_there(err_.get()))));
}

Tree::~Tree() {
    if (reaped_ || monitor_.pid < 0) return;
    kill_all();
    if (wait_readable(exited(), -1, end_ms_max) == 0) {
        syscall(SYS_pidfd_send_signal, exited(), SIGKILL, nullptr, 0);
        wait_readable(exited(), -1, for_ever_ms);
    }
    reap();
}

void Tree::kill_all() {
    int target = init_pidfd_ ? init_pidfd_.get() : exited();
    if (syscall(SYS_pidfd_send_signal, target, SIGKILL, nullptr, 0) != 0)
        syscall(SYS_pidfd_send_signal, exited(), SIGKILL, nullptr, 0);
}

Tree::Ending Tree::reap() {
    int status = 0;
    rusage usage{};
    kill(-monitor_.pid, SIGKILL);  // bubblewrap's child, if it was killed before that one asked to die with it
    while (wait4(monitor_.pid, &status, 0, &usage) < 0 && errno == EINTR) {}
    reaped_ = true;
    auto ms = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), ms(usage.ru_utime) + ms(usage.ru_stime)};
}

Result<void> Tree::tell(control::Verb verb) { return send({.verb = verb}); }

Result<void> Tree::signal(int number) { return send({.verb = control::Verb::signal, .port = static_cast<uint32_t>(number)}); }

Result<void> Tree::send(const control::Message& message) {
    bool sent = control_.with([&](Channel& channel) { return send_message(channel.socket.get(), message); });
    if (!sent) return fail(Code::conflict, "the program has ended; start it again", std::strerror(errno));
    return {};
}

Result<int> Tree::connect(int port) {
    Received answer = control_.with([&](Channel& channel) {
        control::Message asked{control::Verb::connect, ++channel.sequence, static_cast<uint32_t>(port), 0};
        if (!send_message(channel.socket.get(), asked)) return Received{};
        for (int64_t until = steady_ms() + control_ms_max; steady_ms() < until;) {
            if (!(wait_readable(channel.socket.get(), exited(), until - steady_ms()) & 1)) return Received{};
            Received got = receive(channel.socket.get());
            if (!got.whole || got.message.sequence == asked.sequence) return got;  // an older answer came too late for its caller
        }
        return Received{};
    });
    auto refused = [&](int error) {
        return fail(Code::unavailable, "nothing in the sandbox listens on port " + std::to_string(port) + " yet; try again shortly",
                    std::strerror(error));
    };
    if (!answer.whole) return fail(Code::unavailable, "the sandbox does not answer: its program has ended; start it again");
    if (answer.message.error != 0 || !answer.fd) return refused(answer.message.error);
    pollfd connected{answer.fd.get(), POLLOUT, 0};
    if (poll(&connected, 1, connect_ms_max) != 1) return refused(ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(answer.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return refused(error);
    return answer.fd.release();
}

}  // namespace ry::sandbox
