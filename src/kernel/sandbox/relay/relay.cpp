// The relay: process 1 of every cage. A static program without the C++ runtime, so that starting it costs a
// millisecond.
//
//   relay <name=value>… -- program argument…
//
// It sets the limits of the program, opens the loopback listener that the server serves and hands it over, starts
// the program (in a spare cage when it is told to), then serves the control socket (control.h) and reaps, until the
// program ends; its exit ends the cage. The program shares its user, so the relay trusts it with nothing: it is not
// dumpable, and as process 1 of the namespace it cannot be killed from inside.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/sandbox/relay/control.h"

using namespace ry::sandbox::control;

namespace {

constexpr int exit_not_started = 127;  // the shell's convention: the program could not be found or started

[[noreturn]] void give_up(const char* doing) {
    dprintf(2, "sandbox: %s: %s\n", doing, strerror(errno));
    _exit(exit_not_started);
}

struct Option {
    const char* name;
    int resource;
};
constexpr Option rlimit_options[] = {{"processes", RLIMIT_NPROC},
                                     {"files", RLIMIT_NOFILE},
                                     {"file_bytes", RLIMIT_FSIZE},
                                     {"cpu_s", RLIMIT_CPU},
                                     {"data_bytes", RLIMIT_DATA}};

/// Applies "name=value" to this process, and so to all that it starts; a lower hard limit of the host stays.
void apply_limit(const char* text) {
    const char* equals = strchr(text, '=');
    for (const Option& option : rlimit_options) {
        if (!equals || strncmp(text, option.name, equals - text) != 0 || option.name[equals - text]) continue;
        rlimit limit{};
        getrlimit(option.resource, &limit);
        rlim_t wanted = strtoull(equals + 1, nullptr, 10);
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        limit.rlim_max = limit.rlim_cur;
        if (setrlimit(option.resource, &limit) != 0) give_up(text);
        return;
    }
    errno = EINVAL;
    give_up(text);
}

void send_message(const Message& message, int fd_to_give) {
    iovec bytes{const_cast<Message*>(&message), sizeof message};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    if (fd_to_give >= 0) {
        header.msg_control = space;
        header.msg_controllen = sizeof space;
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &fd_to_give, sizeof(int));
    }
    sendmsg(relay_fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int listen_on_loopback(uint32_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 64) != 0)
        give_up("opening the server's listener");
    return fd;
}

/// A socket connected, or connecting, to `port` of this address family's loopback; -1 with errno.
int connect_loopback(int family, uint32_t port) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(port));
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<uint16_t>(port));
    v6.sin6_addr = in6addr_loopback;
    int rc = family == AF_INET ? connect(fd, reinterpret_cast<sockaddr*>(&v4), sizeof v4)
                               : connect(fd, reinterpret_cast<sockaddr*>(&v6), sizeof v6);
    if (rc == 0 || errno == EINPROGRESS) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

void answer_connect(const Message& asked) {
    int fd = connect_loopback(AF_INET, asked.port);
    if (fd < 0 && errno == ECONNREFUSED) fd = connect_loopback(AF_INET6, asked.port);
    Message answer = asked;
    answer.error = fd < 0 ? errno : 0;
    send_message(answer, fd);
    if (fd >= 0) close(fd);
}

/// False when the server is gone.
bool serve_one_message(pid_t program) {
    Message message;
    ssize_t got = recv(relay_fd, &message, sizeof message, MSG_DONTWAIT);
    if (got == 0) return false;
    if (got != sizeof message) return got < 0 && errno != ECONNRESET;
    switch (message.verb) {
        case Verb::hello:
        case Verb::begin:
            break;
        case Verb::connect:
            answer_connect(message);
            break;
        case Verb::pause:
            kill(-1, SIGSTOP);
            break;
        case Verb::resume:
            kill(-1, SIGCONT);
            break;
        case Verb::end:
            kill(-1, SIGTERM);
            kill(-1, SIGCONT);
            break;
        case Verb::signal:
            kill(program, static_cast<int>(message.port));
            break;
    }
    return true;
}

/// False when the server is gone, or ends the cage before it began; also when the program, loaded ahead, has ended.
bool wait_for_begin(int ended_fd) {
    for (;;) {
        pollfd waits[] = {{relay_fd, POLLIN, 0}, {ended_fd, POLLIN, 0}};
        poll(waits, 2, -1);
        if (waits[1].revents) return false;
        if (!waits[0].revents) continue;
        Message message;
        ssize_t got = recv(relay_fd, &message, sizeof message, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got != sizeof message || message.verb == Verb::end) return false;
        if (message.verb == Verb::begin) return true;
    }
}

/// The program, held by the pipe that `hold` is the end of, unless it is -1.
pid_t start(char** program, const sigset_t& signals_before, int hold) {
    pid_t child = fork();
    if (child < 0) give_up("starting the program");
    if (child > 0) return child;
    sigprocmask(SIG_SETMASK, &signals_before, nullptr);
    signal(SIGPIPE, SIG_DFL);
    if (hold >= 0) {
        dup2(hold, hold_fd);
        setenv(preload_variable, hold_library, 1);
    }
    syscall(SYS_close_range, hold >= 0 ? hold_fd + 1 : relay_fd, ~0U, 0);
    execvp(program[0], program);
    dprintf(2, "sandbox: cannot start %s: %s\n", program[0], strerror(errno));
    _exit(exit_not_started);
}

/// Reaps every child that has ended; true when `program` was among them, with the exit code a shell would give.
bool reap(pid_t program, int& exit_code) {
    bool ended = false;
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0) return ended;
        if (pid != program) continue;
        ended = true;
        exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
}

}  // namespace

int main(int count, char** arguments) {
    prctl(PR_SET_DUMPABLE, 0);
    syscall(SYS_close_range, relay_fd + 1, ~0U, 0);
    fcntl(relay_fd, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &before);
    int ended_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (ended_fd < 0) give_up("watching the program");

    int listener = -1;
    const char* working_dir = nullptr;  // of a program that waits
    bool loads = false;                 // it is loaded meanwhile
    int at = 1;
    rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    for (; at < count && strcmp(arguments[at], "--") != 0; ++at) {
        if (strncmp(arguments[at], wait_option, strlen(wait_option)) == 0)
            working_dir = arguments[at] + strlen(wait_option);
        else if (strcmp(arguments[at], load_option) == 0)
            loads = true;
        else if (strncmp(arguments[at], listen_option, strlen(listen_option)) == 0)
            listener =
                listen_on_loopback(static_cast<uint32_t>(strtoul(arguments[at] + strlen(listen_option), nullptr, 10)));
        else
            apply_limit(arguments[at]);
    }
    if (at + 1 >= count) {
        errno = EINVAL;
        give_up("reading the arguments");
    }
    send_message({}, listener);
    if (listener >= 0) close(listener);
    pid_t program = 0;
    int hold[2] = {-1, -1};
    if (loads) {
        if (chdir(working_dir) != 0 || pipe2(hold, O_CLOEXEC) != 0) give_up("loading the program");
        program = start(arguments + at + 1, before, hold[0]);
        close(hold[0]);
    }
    if (working_dir && !wait_for_begin(ended_fd)) return exit_not_started;
    if (loads) {
        if (write(hold[1], "", 1) != 1) return exit_not_started;
        close(hold[1]);
    } else {
        if (working_dir && chdir(working_dir) != 0) give_up("changing to the working directory");
        program = start(arguments + at + 1, before, -1);
    }

    int exit_code = 0;
    for (;;) {
        pollfd waits[] = {{relay_fd, POLLIN, 0}, {ended_fd, POLLIN, 0}};
        poll(waits, 2, -1);
        if (waits[1].revents) {
            signalfd_siginfo ignored;
            while (read(ended_fd, &ignored, sizeof ignored) > 0) {}
            if (reap(program, exit_code)) return exit_code;
        }
        if (waits[0].revents && !serve_one_message(program)) return exit_not_started;
    }
}
