#include "kernel/sandbox/sandbox.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "base/guarded.h"
#include "kernel/sandbox/bubblewrap.h"
#include "kernel/sandbox/control_groups.h"
#include "kernel/sandbox/egress_proxy.h"
#include "kernel/sandbox/launcher.h"
#include "kernel/sandbox/local.h"
#include "kernel/sandbox/orphans.h"
#include "kernel/sandbox/spares.h"
#include "kernel/sandbox/supervisor.h"
#include "kernel/sandbox/syscall_filter.h"
#include "kernel/sandbox/tree.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::sandbox {
namespace {

constexpr int64_t stop_grace_ms = 1'500;  // from SIGTERM to SIGKILL; the promise to the caller is 2 s
constexpr int64_t spare_ms_max = 20'000;
constexpr int64_t own_processes = 2;    // bubblewrap and the relay, in the cage's control group
constexpr int64_t data_mb_extra = 256;  // RLIMIT_DATA counts reserved thread stacks (8 MB each) too
constexpr int64_t bytes_per_mb = 1 << 20;
constexpr int64_t bytes_per_kb = 1 << 10;

/// Counts one cage as long as it lives.
class Place {
public:
    Place() = default;
    explicit Place(std::shared_ptr<std::atomic<int>> taken) : taken_(std::move(taken)) {}
    Place(Place&&) = default;
    Place& operator=(Place&&) = default;
    ~Place() {
        if (taken_) --*taken_;
    }

private:
    std::shared_ptr<std::atomic<int>> taken_;
};

/// Lets `bytes_max` bytes pass in any second and counts what it holds back.
class OutputRate {
public:
    explicit OutputRate(int64_t bytes_max) : bytes_max_(bytes_max) {}

    /// The prefix of `bytes` that may pass.
    std::string_view pass(std::string_view bytes) {
        if (steady_ms() - second_began_ms_ >= 1'000) {
            second_began_ms_ = steady_ms();
            passed_ = 0;
        }
        auto passing = bytes.substr(
            0, static_cast<size_t>(std::min<int64_t>(bytes_max_ - passed_, static_cast<int64_t>(bytes.size()))));
        passed_ += static_cast<int64_t>(passing.size());
        dropped_ += static_cast<int64_t>(bytes.size() - passing.size());
        return passing;
    }
    /// What was held back since the last call.
    int64_t take_dropped() { return std::exchange(dropped_, 0); }

private:
    const int64_t bytes_max_;
    int64_t second_began_ms_ = 0, passed_ = 0, dropped_ = 0;
};

/// A started cage: its place, its way out, its processes; ends in the reverse order.
struct Started {
    Place place;
    std::unique_ptr<EgressProxy> egress;
    std::unique_ptr<Tree> tree;
};

class LocalRunning final : public Running {
public:
    LocalRunning(Started started, Cage cage, int64_t disk_free_mb_min, OutputCallback output)
        : started_(std::move(started)),
          tree_(started_.tree.get()),
          cage_(std::move(cage)),
          disk_free_mb_min_(disk_free_mb_min),
          output_(std::move(output)),
          pid_(tree_->pid()),
          thread_([this] { supervise_to_end(); }) {}
    ~LocalRunning() override { stop(); }

    Result<void> begin() override { return tree_->tell(control::Verb::begin); }
    Result<Outcome> wait(const Op& op) override {
        std::stop_callback wake(op.stop, [this] { outcome_.change([](auto&) {}); });
        std::optional<Outcome> outcome;
        outcome_.wait_until(
            wait_end(op), [&](auto& now) { return now.has_value() || op.stop.stop_requested(); },
            [&](auto& now) { outcome = now; });
        if (outcome) return *outcome;
        TRY(op.still_wanted());
        return fail(Code::timed_out, "the program still runs; wait longer, or stop it");
    }
    bool ended() const override {
        return outcome_.with([](const auto& now) { return now.has_value(); });
    }
    void stop() override {
        stop_.raise();
        outcome_.wait_until(
            std::chrono::steady_clock::time_point::max(), [](auto& now) { return now.has_value(); }, [](auto&) {});
    }
    Result<void> signal(int number) override { return tree_->signal(number); }
    Result<void> pause() override { return tree_->tell(control::Verb::pause); }
    Result<void> resume() override { return tree_->tell(control::Verb::resume); }
    Result<int> connect_ingress(int port) override {
        if (std::ranges::find(cage_.ingress, port) == cage_.ingress.end())
            return fail(Code::forbidden,
                        "port " + std::to_string(port) + " is not among the ingress ports of this sandbox");
        if (ended()) return fail(Code::unavailable, "the program has ended; start it again");
        return tree_->connect(port);
    }
    Descriptor take_served_listener() override { return tree_->take_listener(); }
    int pid() const override { return pid_; }

private:
    static std::chrono::steady_clock::time_point wait_end(const Op& op) {
        if (op.deadline.left_ms() == INT64_MAX) return std::chrono::steady_clock::time_point::max();
        return std::chrono::steady_clock::now() + std::chrono::milliseconds(op.deadline.left_ms());
    }

    void supervise_to_end() {
        OutputRate rate(cage_.output_kb_max * bytes_per_kb);
        auto sink = [&](bool is_error, std::string_view bytes) {
            auto passing = rate.pass(bytes);
            if (output_ && !passing.empty()) output_({is_error, passing, rate.take_dropped()});
            return true;
        };
        Outcome outcome = supervise(*tree_, {.cage = cage_,
                                             .disk_free_mb_min = disk_free_mb_min_,
                                             .stop = stop_,
                                             .stop_grace_ms = stop_grace_ms,
                                             .sink = sink});
        if (int64_t dropped = rate.take_dropped(); dropped > 0 && output_) output_({.bytes_dropped = dropped});
        outcome_.change([&](auto& now) { now = std::move(outcome); });
    }

    const Started started_;
    Tree* const tree_;
    const Cage cage_;
    const int64_t disk_free_mb_min_;
    const OutputCallback output_;
    const int pid_;
    StopEvent stop_;
    Guarded<std::optional<Outcome>> outcome_;
    std::jthread thread_;  // last: joined first
};

class LocalSandbox final : public Sandbox {
public:
    LocalSandbox(Config config, HostLayout host, std::optional<Account> account, std::vector<Hierarchy> hierarchies,
                 std::string filter)
        : config_(std::move(config)),
          host_(std::move(host)),
          account_(account),
          hierarchies_(std::move(hierarchies)),
          filter_(std::move(filter)),
          stages_(account.has_value()) {}

    /// Runs a trial cage. A root without the right to mount (some containers) goes on without staging.
    Result<void> try_out() {
        auto trial = run(server_op("sandbox trial"), Cage{.program = "true"});
        if (stages_ && !trial) {
            stages_ = false;
            trial = run(server_op("sandbox trial"), Cage{.program = "true"});
        }
        if (!trial) return trial.error();
        if (trial->succeeded()) return {};
        return fail(Code::unavailable, "the host cannot run a sandbox; run `ramify doctor` to see what it lacks",
                    trial->err);
    }

    Result<Outcome> run(const Op& op, const Cage& cage) override {
        Started started = TRY(start_cage(op, cage));
        Outcome output;
        int64_t left = cage.output_kb_max * bytes_per_kb;
        auto sink = [&](bool is_error, std::string_view bytes) {
            auto kept =
                bytes.substr(0, static_cast<size_t>(std::min<int64_t>(left, static_cast<int64_t>(bytes.size()))));
            (is_error ? output.err : output.out).append(kept);
            left -= static_cast<int64_t>(kept.size());
            return kept.size() == bytes.size();
        };
        StopEvent stop;
        std::stop_callback on_stop(op.stop, [&] { stop.raise(); });
        Outcome outcome = supervise(*started.tree, {.cage = cage,
                                                    .disk_free_mb_min = config_.disk_free_mb_min,
                                                    .deadline = op.deadline,
                                                    .stop = stop,
                                                    .sink = sink});
        if (outcome.ended == Ended::by_stop) TRY(op.still_wanted());
        outcome.out = std::move(output.out);
        outcome.err = std::move(output.err);
        return outcome;
    }

    Result<std::unique_ptr<Running>> start(const Op& op, const Cage& cage, OutputCallback output) override {
        Started started = TRY(start_cage(op, cage));
        try {
            return std::make_unique<LocalRunning>(std::move(started), cage, config_.disk_free_mb_min,
                                                  std::move(output));
        } catch (const std::system_error& error) {  // from std::jthread
            return fail(Code::unavailable, "the server cannot start another thread; raise its process limit",
                        error.what());
        }
    }

    void make_spare(const Cage& like) override {
        if (stages_ && check_cage(like)) spares_.wish(like);
    }
    int spares() const override { return spares_.ready(); }

    Result<void> give(const std::string& path) override {
        if (!account_) return {};
        return change_owner(path, *account_);
    }

    unsigned uid() const override { return account_ ? account_->uid : geteuid(); }

private:
    Result<Place> take_place() {
        if (++*taken_ <= config_.cages_max) return Place(taken_);
        --*taken_;
        Error error = fail(Code::over_quota, "too many sandboxes run on this server; stop one, or try again later");
        error.retry_after_ms = 1'000;
        return error;
    }

    Result<Started> start_cage(const Op& op, const Cage& cage) {
        TRY(op.still_wanted());
        TRY(check_cage(cage));
        EgressRules rules = TRY(
            make_rules(cage.network.allow, config_.allowed_private_hosts, config_.upstream_proxy, config_.no_proxy));
        Started started{.place = TRY(take_place())};
        if (!cage.is_held) started.tree = spares_.take(cage);
        if (!started.tree) started.tree = TRY(Tree::start(launcher_, TRY(plan_of(cage, cage.is_held)), op));
        if (!cage.network.allow.empty())
            started.egress = std::make_unique<EgressProxy>(started.tree->take_listener(), std::move(rules));
        return started;
    }

    Result<std::unique_ptr<Tree>> make_spare_tree(const Cage& spare) {
        Op op = server_op("spare sandbox");
        op.deadline = Deadline::in_ms(spare_ms_max);
        return Tree::start(launcher_, TRY(plan_of(spare, true)), op);
    }

    Result<TreePlan> plan_of(const Cage& cage, bool waits = false) const {
        TreePlan plan{
            .bwrap = config_.bwrap, .filter = filter_, .account = account_, .wants_listener = listener_port(cage) != 0};
        plan.layout = stages_ ? staged_layout(cage, plan.staged) : layout_arguments(cage, host_);
        if (!hierarchies_.empty())
            plan.group = TRY(make_group(hierarchies_, {cage.memory_mb_max, cage.processes_max + own_processes, cage.cpu_percent_max}));
        RelayLimits limits{.processes = cage.processes_max + 1,
                           .files = cage.files_max,
                           .file_bytes = cage.file_mb_max * bytes_per_mb};
        if (cage.cpu_ms_max > 0) limits.cpu_s = cage.cpu_ms_max / 1'000 + 1;
        if (!plan.group || !plan.group->limits_memory())
            limits.data_bytes = (cage.memory_mb_max + data_mb_extra) * bytes_per_mb;
        plan.relay = relay_command(cage, limits, waits);
        return plan;
    }

    /// The layout with every path of the server's directories replaced by its staged name.
    std::vector<std::string> staged_layout(Cage cage, std::vector<std::string>& staged) const {
        auto stage = [&](std::string& path) {
            staged.push_back(path);
            path = staged_name(staged.size() - 1);
        };
        for (auto* binds : {&cage.read_only, &cage.writable, &cage.sockets})
            for (Bind& bind : *binds) {
                if (bind.inside.empty()) bind.inside = bind.host;
                if (!bind.host.empty()) stage(bind.host);  // a spare's are placed later
            }
        HostLayout host = host_;
        stage(host.etc_dir);
        return layout_arguments(cage, host);
    }

    const Config config_;
    const HostLayout host_;
    const std::optional<Account> account_;
    const std::vector<Hierarchy> hierarchies_;
    const std::string filter_;
    bool stages_;  // settled by try_out(), before the first caller
    const std::shared_ptr<std::atomic<int>> taken_ = std::make_shared<std::atomic<int>>(0);
    Launcher launcher_;
    Spares spares_{[this](const Cage& spare) { return make_spare_tree(spare); }};  // last: they end before the launcher
};

}  // namespace

std::string describe(const Outcome& outcome) {
    constexpr std::string_view reasons[] = {"",
                                            "it was stopped, ",
                                            "it used more CPU time than it may, ",
                                            "it took longer than it may, ",
                                            "it used more memory than it may, ",
                                            "it wrote more to the disk than it may, ",
                                            "it printed more than it may, "};
    return std::string(reasons[static_cast<int>(outcome.ended)]) + "exit code " + std::to_string(outcome.exit_code);
}

Result<std::unique_ptr<Sandbox>> Sandbox::open(const Config& config) {
    if (config.runtime_dir.empty() || config.runtime_dir.front() != '/')
        return invalid("/runtime_dir", "must be an absolute path");
    if (access(config.bwrap.c_str(), X_OK) != 0)
        return fail(Code::unavailable, "bubblewrap is missing; install it with: apt-get install bubblewrap",
                    config.bwrap);
    end_orphans();
    auto account = TRY(find_account(config.run_as));
    HostLayout host = host_layout(TRY(write_etc(config.runtime_dir)));
    auto sandbox =
        std::make_unique<LocalSandbox>(config, std::move(host), account, find_hierarchies(), TRY(syscall_filter()));
    TRY(sandbox->try_out());
    return sandbox;
}

void environment_proxy(Config& config) {
    auto first_of = [](std::initializer_list<const char*> names) -> std::string {
        for (const char* name : names)
            if (const char* value = std::getenv(name); value && *value) return value;
        return {};
    };
    config.upstream_proxy = first_of({"https_proxy", "HTTPS_PROXY"});
    config.no_proxy = first_of({"no_proxy", "NO_PROXY"});
}

}  // namespace ry::sandbox
