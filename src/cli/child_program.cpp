#include "cli/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>

#include "base/descriptor.h"
#include "base/text.h"
#include "base/time.h"

extern char** environ;

namespace ry::cli {
namespace {

constexpr int64_t end_ms_max = 2'000;   // between the request to end and the kill
constexpr int64_t drain_ms_max = 200;   // what the program's own children still hold open is not waited for longer
constexpr int timed_out_code = 124;     // as timeout(1)
constexpr int not_started_code = 127;   // as a shell

sigset_t held_set() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&set, signal);
    return set;
}

/// Both ends of one of the program's streams: a terminal where this process has one, so that programs that ask are not misled.
struct Channel {
    Descriptor ours, theirs;
    int shown_at = -1;  ///< this process's stream
    bool is_terminal = false;

    bool open(int at) {
        shown_at = at;
        is_terminal = ::isatty(at) != 0;
        int ends[2];
        if (is_terminal) {
            winsize size{};
            ::ioctl(at, TIOCGWINSZ, &size);
            if (::openpty(&ends[0], &ends[1], nullptr, nullptr, &size) != 0) return false;
            termios how{};
            ::tcgetattr(ends[1], &how);
            how.c_oflag &= ~tcflag_t(OPOST);  // the terminal itself makes of "\n" what it makes of it
            ::tcsetattr(ends[1], TCSANOW, &how);
        } else if (::pipe2(ends, 0) != 0) {
            return false;
        }
        for (int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ours = Descriptor(ends[0]), theirs = Descriptor(ends[1]);
        return true;
    }
    void resize() const {
        winsize size{};
        if (is_terminal && ::ioctl(shown_at, TIOCGWINSZ, &size) == 0) ::ioctl(ours.get(), TIOCSWINSZ, &size);
    }
};

/// False when nobody reads it any more.
bool write_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t n = ::write(to, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes.remove_prefix(size_t(n));
    }
    return true;
}

/// A program on its way.
class Running {
public:
    Running(const HeldSignals& signals, const ProgramSpec& spec) : signals_(signals), spec_(spec), end_{.out = KeptOutput(spec.kept_bytes_max), .err = KeptOutput(spec.kept_bytes_max)} {}

    bool start() {
        if (!out_.open(STDOUT_FILENO) || !err_.open(STDERR_FILENO)) return false;
        // In a group of its own it can be ended with all that it started; at a terminal it stays in the group that the terminal serves.
        has_own_group_ = !::isatty(STDIN_FILENO) && !out_.is_terminal && !err_.is_terminal;
        std::vector<char*> words, variables;
        for (const std::string& word : spec_.words) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        for (const std::string& variable : spec_.environment) variables.push_back(const_cast<char*>(variable.c_str()));
        for (char** variable = environ; *variable; ++variable)
            if (!is_replaced(*variable)) variables.push_back(*variable);
        variables.push_back(nullptr);
        began_ms_ = steady_ms();
        pid_ = ::fork();
        if (pid_ == 0) become(words, variables);
        if (pid_ < 0) return false;
        process_ = Descriptor(int(::syscall(SYS_pidfd_open, pid_, 0)));
        out_.theirs.reset(), err_.theirs.reset();
        return true;
    }

    ProgramEnd run() {
        int64_t told_ms = steady_ms();
        while (!has_ended_ || ((out_.ours || err_.ours) && steady_ms() - ended_ms_ < drain_ms_max)) {
            wait();
            int64_t now = steady_ms();
            if (!has_ended_ && spec_.limits.timeout_ms && now - began_ms_ >= spec_.limits.timeout_ms) stop(ProgramOutcome::timed_out, SIGTERM);
            if (!has_ended_ && asked_ms_ && now - asked_ms_ >= end_ms_max) send(SIGKILL);
            if (spec_.every && spec_.every_ms && now - told_ms >= spec_.every_ms) told_ms = now, spec_.every();
        }
        end_.ms = (ended_ms_ ? ended_ms_ : steady_ms()) - began_ms_;
        return std::move(end_);
    }

private:
    bool is_replaced(std::string_view variable) const {
        std::string_view name = variable.substr(0, variable.find('=') + 1);
        return std::ranges::any_of(spec_.environment, [&](const std::string& ours) { return ours.starts_with(name); });
    }

    /// In the child: nothing but what may be called between fork and exec.
    [[noreturn]] void become(const std::vector<char*>& words, const std::vector<char*>& variables) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (has_own_group_) ::setpgid(0, 0);
        ::dup2(out_.theirs.get(), STDOUT_FILENO);
        ::dup2(err_.theirs.get(), STDERR_FILENO);
        if (!spec_.folder.empty() && ::chdir(spec_.folder.c_str()) != 0) ::_exit(not_started_code);
        sigset_t set = held_set();
        ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
        ::signal(SIGPIPE, SIG_DFL);
        ::execvpe(words[0], words.data(), variables.data());
        ::_exit(not_started_code);
    }

    void wait() {
        pollfd waiting[] = {{out_.ours.get(), POLLIN, 0}, {err_.ours.get(), POLLIN, 0}, {has_ended_ ? -1 : process_.get(), POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}};
        if (::poll(waiting, std::size(waiting), wait_ms()) <= 0) return;
        if (waiting[0].revents) take(out_, end_.out, true);
        if (waiting[1].revents) take(err_, end_.err, false);
        if (waiting[3].revents) take_signal();
        if (waiting[2].revents) reap();
    }
    int wait_ms() const {
        int64_t now = steady_ms(), wait = 1'000;
        if (has_ended_) wait = drain_ms_max;
        if (spec_.limits.timeout_ms) wait = std::min(wait, began_ms_ + spec_.limits.timeout_ms - now);
        if (asked_ms_) wait = std::min(wait, asked_ms_ + end_ms_max - now);
        return int(std::max<int64_t>(wait, 1));
    }

    void take(Channel& channel, KeptOutput& kept, bool is_limited) {
        char piece[65536];
        ssize_t n = ::read(channel.ours.get(), piece, sizeof piece);
        if (n < 0 && errno == EINTR) return;
        if (n <= 0) return channel.ours.reset();  // a terminal says EIO when nobody has it any more
        std::string_view bytes(piece, size_t(n));
        if (is_limited) bytes = within_limits(bytes);
        kept.add(bytes);
        if (spec_.is_shown && !write_all(channel.shown_at, bytes)) channel.ours.reset();  // so that the program learns it
    }

    /// What of it may still be passed on; the program is ended when that is not all.
    std::string_view within_limits(std::string_view bytes) {
        if (end_.outcome == ProgramOutcome::limited) return {};
        size_t length = bytes.size();
        if (int64_t left = spec_.limits.bytes_max - bytes_; spec_.limits.bytes_max && int64_t(length) > left) length = size_t(left);
        for (size_t at = 0; spec_.limits.rows_max && at < length; ++at) {
            if (rows_ == spec_.limits.rows_max) length = at;
            else if (bytes[at] == '\n') ++rows_;
        }
        bytes_ += int64_t(length);
        if (length < bytes.size()) stop(ProgramOutcome::limited, SIGTERM);
        return bytes.substr(0, length);
    }

    void take_signal() {
        signalfd_siginfo info{};
        if (::read(signals_.descriptor(), &info, sizeof info) != sizeof info) return;
        if (info.ssi_signo == SIGWINCH) return out_.resize(), err_.resize();
        is_interrupted_ = true;
        bool has_it = info.ssi_signo == SIGINT && !has_own_group_;  // the terminal has given it to the program too
        if (!has_it) send(int(info.ssi_signo));
        if (info.ssi_signo != SIGINT && !asked_ms_) asked_ms_ = steady_ms();
    }

    void stop(ProgramOutcome why, int signal) {
        if (asked_ms_) return;
        end_.outcome = why;
        asked_ms_ = steady_ms();
        send(signal);
    }
    void send(int signal) const { ::kill(has_own_group_ ? -pid_ : pid_, signal); }

    void reap() {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
        has_ended_ = true;
        ended_ms_ = steady_ms();
        end_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (end_.outcome == ProgramOutcome::timed_out) end_.exit_code = timed_out_code;
        else if (end_.outcome == ProgramOutcome::limited) end_.exit_code = 1;
        else if (is_interrupted_ && end_.exit_code >= 128) end_.outcome = ProgramOutcome::cancelled;
        else if (end_.exit_code != 0) end_.outcome = ProgramOutcome::failed;
        if (has_own_group_ && end_.outcome != ProgramOutcome::done) ::kill(-pid_, SIGKILL);
    }

    const HeldSignals& signals_;
    const ProgramSpec& spec_;
    Channel out_, err_;
    Descriptor process_;
    pid_t pid_ = 0;
    bool has_own_group_ = false;
    bool has_ended_ = false;
    bool is_interrupted_ = false;
    int64_t began_ms_ = 0, ended_ms_ = 0;
    int64_t asked_ms_ = 0;  ///< when it was asked to end; 0: it was not
    int64_t rows_ = 0, bytes_ = 0;
    ProgramEnd end_;
};

}  // namespace

// ---- what is kept

void KeptOutput::add(std::string_view bytes) {
    bytes_ += int64_t(bytes.size());
    size_t half = bytes_max_ / 2;
    size_t front = std::min(bytes.size(), half - std::min(half, head_.size()));
    head_ += bytes.substr(0, front);
    tail_ += bytes.substr(front);
    if (tail_.size() > 2 * half) tail_.erase(0, tail_.size() - half);
}

std::string KeptOutput::text() const {
    constexpr size_t mark_bytes_max = 64;
    size_t half = bytes_max_ / 2;
    if (size_t(bytes_) <= bytes_max_) return std::string(utf8_prefix(utf8_text(head_ + tail_), bytes_max_));
    std::string end = utf8_text(std::string_view(tail_).substr(tail_.size() - std::min(tail_.size(), half - mark_bytes_max)));
    std::string mark = "\n… " + std::to_string(bytes_ - int64_t(head_.size() + std::min(tail_.size(), half - mark_bytes_max))) + " bytes are left out …\n";
    return std::string(utf8_prefix(std::string(utf8_prefix(utf8_text(head_), half)) + mark + end, bytes_max_));
}

// ---- signals

HeldSignals::HeldSignals() {
    sigset_t set = held_set();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);  // who reads is gone: the program ends by it, and its database is still dropped
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC);
}

HeldSignals::~HeldSignals() {
    ::close(descriptor_);
    sigset_t set = held_set();
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

ProgramEnd run_program(const Terminal& terminal, const HeldSignals& signals, const ProgramSpec& spec) {
    terminal.out << std::flush;
    Running running(signals, spec);
    if (!running.start()) return {.outcome = ProgramOutcome::failed, .exit_code = not_started_code, .out = KeptOutput(0), .err = KeptOutput(0)};
    ProgramEnd end = running.run();
    std::string name = one_line(spec.words[0]);
    auto say = [&](const std::string& message) { terminal.err << styled(terminal, Style::red, "error:") << " " << message << "\n"; };
    if (end.exit_code == not_started_code && end.out.bytes() + end.err.bytes() == 0) say(name + " cannot be started; see whether it is installed");
    if (end.outcome == ProgramOutcome::timed_out) say(name + " was ended after " + std::to_string(spec.limits.timeout_ms) + " ms (--timeout)");
    if (end.outcome == ProgramOutcome::limited) say(name + " was ended at the limit of its output (--max-rows, --max-bytes)");
    return end;
}

}  // namespace ry::cli
