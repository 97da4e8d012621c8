#include "kernel/sandbox/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "kernel/sandbox/usage.h"

namespace ry::sandbox {
namespace {

constexpr int64_t tick_ms = 250;            // how often what the kernel does not limit is looked at
constexpr int64_t tick_ms_max = 5'000;      // and free space, of which there is much: not before a fast disk could be full
constexpr int64_t disk_bytes_per_ms = 4 << 20;
constexpr int64_t walk_ms_min = 1'000;      // between two walks of the writable directories: 50 times what the last one
constexpr int64_t walk_ms_max = 30'000;     // took, so that walking stays at 2 % of one core
constexpr int64_t kill_ms_max = 500;        // from SIGKILL of process 1 to SIGKILL of bubblewrap itself
constexpr int64_t bytes_per_mb = 1 << 20;

/// One run of supervise(): straight through, no state survives it.
class Watch {
public:
    Watch(Tree& tree, const Supervision& how) : tree_(tree), how_(how) {
        for (const Bind& bind : how.cage.writable) writable_.push_back(bind.host);
    }

    Outcome run() {
        while (!poll_once()) {
            if (!dying_) look_at_limits();
            if (dying_) press_on();
        }
        drain();
        auto [exit_code, cpu_ms] = tree_.reap();
        Outcome outcome{.exit_code = exit_code, .ended = ended_, .wall_ms = steady_ms() - started_ms_, .cpu_ms = cpu_ms};
        if (ended_ == Ended::by_itself && exit_code != 0) outcome.ended = why_the_kernel_ended_it(cpu_ms);
        return outcome;
    }

private:
    /// Waits for output, the end, a request to stop or the next look; true when the tree has ended.
    bool poll_once() {
        std::array<pollfd, 4> waits = {{{open_[0] ? tree_.out() : -1, POLLIN, 0},
                                        {open_[1] ? tree_.err() : -1, POLLIN, 0},
                                        {tree_.exited(), POLLIN, 0},
                                        {dying_ ? -1 : how_.stop.fd(), POLLIN, 0}}};
        poll(waits.data(), waits.size(), static_cast<int>(wait_ms()));
        for (int stream : {0, 1})
            if (waits[static_cast<size_t>(stream)].revents) read_some(stream);
        if (waits[3].revents && !dying_) end(Ended::by_stop, how_.stop_grace_ms);
        return waits[2].revents != 0;
    }

    int64_t wait_ms() const {
        int64_t until_wall = how_.cage.wall_ms_max > 0 ? started_ms_ + how_.cage.wall_ms_max - steady_ms() : tick_ms_max;
        int64_t until_look = dying_ ? tick_ms : look_ms_ - steady_ms();
        return std::clamp<int64_t>(std::min({until_wall, until_look, how_.deadline.left_ms()}), dying_ ? 10 : 0, tick_ms_max);
    }

    /// Reads one piece of stdout (0) or stderr (1); false when there is nothing.
    bool read_some(int stream) {
        ssize_t got = read(stream == 0 ? tree_.out() : tree_.err(), buffer_.data(), buffer_.size());
        if (got == 0) open_[static_cast<size_t>(stream)] = false;
        if (got <= 0) return false;
        bool within_limit = how_.sink(stream == 1, {buffer_.data(), static_cast<size_t>(got)});
        if (!within_limit && !dying_) end(Ended::by_output, 0);
        return true;
    }

    void drain() {
        for (int stream : {0, 1})
            while (open_[static_cast<size_t>(stream)] && read_some(stream)) {}
    }

    void look_at_limits() {
        const int64_t now_ms = steady_ms();
        const Cage& cage = how_.cage;
        if (how_.deadline.passed()) return end(Ended::by_stop, 0);
        if (cage.wall_ms_max > 0 && now_ms - started_ms_ >= cage.wall_ms_max) return end(Ended::by_wall_time, 0);
        if (now_ms < look_ms_) return;
        const bool is_limited_here = cage.cpu_ms_max > 0 || !kernel_limits_memory();
        look_ms_ = now_ms + (is_limited_here ? tick_ms : tick_ms_max);
        if (is_limited_here) {
            TreeUsage usage = used();
            if (cage.cpu_ms_max > 0 && usage.cpu_ms >= cage.cpu_ms_max) return end(Ended::by_cpu, 0);
            if (usage.memory_kb > cage.memory_mb_max * 1024) return end(Ended::by_memory, 0);
        }
        if (writable_.empty()) return;
        const int64_t left_bytes = free_bytes(writable_) - how_.disk_free_mb_min * bytes_per_mb;
        if (left_bytes < 0) return end(Ended::by_disk, 0);
        if (cage.disk_mb_max > 0 && now_ms >= next_walk_ms_) walk();
        int64_t next_ms = now_ms + std::max(left_bytes / disk_bytes_per_ms, tick_ms);
        if (cage.disk_mb_max > 0) next_ms = std::min(next_ms, std::max(next_walk_ms_, now_ms + tick_ms));
        look_ms_ = std::min(look_ms_, next_ms);
    }

    bool kernel_limits_memory() const { return tree_.group() && tree_.group()->limits_memory(); }

    TreeUsage used() const {
        if (kernel_limits_memory() && tree_.group()->counts_cpu()) return {.cpu_ms = tree_.group()->cpu_ms()};
        return usage_of_tree(tree_.pid());
    }

    void walk() {
        int64_t before_ms = steady_ms();
        int64_t bytes = bytes_on_disk(writable_);
        next_walk_ms_ = steady_ms() + std::clamp((steady_ms() - before_ms) * 50, walk_ms_min, walk_ms_max);
        if (bytes > how_.cage.disk_mb_max * bytes_per_mb) end(Ended::by_disk, 0);
    }

    void end(Ended why, int64_t grace_ms) {
        ended_ = why;
        dying_ = true;
        kill_at_ms_ = steady_ms() + grace_ms;
        if (grace_ms > 0 && !tree_.tell(control::Verb::end)) kill_at_ms_ = 0;
    }

    /// SIGKILL when its time has come, to process 1 first and to bubblewrap itself when that was not enough.
    void press_on() {
        int64_t now_ms = steady_ms();
        if (now_ms < kill_at_ms_) return;
        if (!killed_) tree_.kill_all();
        if (killed_ && now_ms >= killed_ms_ + kill_ms_max) syscall(SYS_pidfd_send_signal, tree_.exited(), SIGKILL, nullptr, 0);
        if (!killed_) killed_ms_ = now_ms;
        killed_ = true;
    }

    Ended why_the_kernel_ended_it(int64_t cpu_ms) const {
        if (tree_.group() && tree_.group()->killed_for_memory()) return Ended::by_memory;
        if (how_.cage.cpu_ms_max > 0 && cpu_ms >= how_.cage.cpu_ms_max) return Ended::by_cpu;
        return Ended::by_itself;
    }

    Tree& tree_;
    const Supervision& how_;
    std::vector<std::string> writable_;
    const int64_t started_ms_ = steady_ms();
    int64_t look_ms_ = started_ms_ + tick_ms, next_walk_ms_ = started_ms_, kill_at_ms_ = 0, killed_ms_ = 0;
    Ended ended_ = Ended::by_itself;
    bool dying_ = false, killed_ = false;
    std::array<bool, 2> open_ = {true, true};
    std::array<char, 65536> buffer_;
};

}  // namespace

StopEvent::StopEvent() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void StopEvent::raise() { eventfd_write(event_.get(), 1); }

Outcome supervise(Tree& tree, const Supervision& supervision) { return Watch(tree, supervision).run(); }

}  // namespace ry::sandbox
