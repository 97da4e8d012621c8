// The dispatcher claims and completes in batches, workers run handlers, the keeper renews the lease, writes reports, rescues
// and takes jobs away from handlers that do not stop.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <random>
#include <set>
#include <thread>

#include "base/check.h"
#include "kernel/jobs/context.h"
#include "kernel/jobs/queries.gen.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::jobs {
namespace {

constexpr size_t completions_max = 1'000;      // in one transaction
constexpr int64_t pause_after_failure_ms = 200;
constexpr int64_t keeper_tick_ms = 250;
constexpr int64_t take_away_ms_max = 1'000;    // the row may be held by the very try that does not stop
constexpr int64_t ending_ms_max = 20'000;      // of the transaction that ends a job
constexpr int give_up_tries = 5;            // of a module's on_given_up, before a job ends without it
constexpr int64_t lane_wait_ms = 60'000;       // then a worker waits anew
constexpr int64_t maintenance_ms = 5 * 60'000;

bool is_worth_another_try(Code code) {
    switch (code) {
        case Code::over_quota: case Code::unavailable: case Code::timed_out: case Code::conflict: case Code::stale: case Code::bug: case Code::cancelled: return true;
        case Code::invalid: case Code::unauthenticated: case Code::forbidden: case Code::not_found: case Code::too_large: case Code::unsupported: return false;
    }
    return false;
}

int64_t backoff_ms(const KindOptions& kind, int attempt, const Error& error) {
    double pause = double(kind.backoff_ms) * std::pow(2.0, std::min(attempt - 1, 30));
    static thread_local std::minstd_rand random{std::random_device{}()};
    double jitter = std::uniform_real_distribution<double>(0.75, 1.25)(random);
    return std::max<int64_t>(error.retry_after_ms, int64_t(std::min(pause, double(kind.backoff_ms_max)) * jitter));
}

void warn(std::string_view what, const Error& error, std::string job = {}) {
    telemetry::log(telemetry::Level::warning, what, {{"job", std::move(job)}, {"message", error.message}, {"cause", error.cause}});
}

Op op_of(const Claimed& job, Deadline deadline, std::stop_token stop) {
    return {.actor = {.kind = ActorKind::job, .user = job.user_id.value_or(UserId{})}, .organization = job.organization_id,
            .request_id = job.request_id, .trace_id = job.trace_id, .deadline = deadline, .stop = std::move(stop)};
}

std::chrono::steady_clock::time_point after_ms(int64_t ms) { return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms); }

}  // namespace

struct Runner::Inside final : Workers {
    using TryPointer = std::shared_ptr<Context::Try>;

    struct Queue {
        int workers_max = 0;
        int threads = 0;
        int running = 0;  // handlers
        int ready = 0;    // claimed, in the lane
        int kept = 0;     // for jobs that are being made
        bool is_woken = true;
        int busy() const { return running + ready + kept; }
        int free() const { return workers_max - busy(); }
    };
    struct State {
        std::map<std::string, Queue, std::less<>> queues;
        std::set<TryPointer> tries;         // claimed and not over
        std::vector<TryPointer> completed;  // done, to be written
        bool is_registered = false;         // others know that this runner lives
        bool is_paused = false;
        bool is_draining = false;           // what is claimed now goes back
        bool is_stopping = false;           // the threads end when no try is left
    };
    /// Where the workers of one queue wait. Apart from State, so that a try wakes its own workers only.
    struct Lane {
        std::deque<TryPointer> ready;
        bool is_closed = false;
    };

    Inside(Jobs& jobs_, RunnerOptions options_) : jobs(*jobs_.inside_), options(std::move(options_)) {}

    Jobs::Inside& jobs;
    const RunnerOptions options;
    Guarded<State> state;
    std::map<std::string, Guarded<Lane>> lanes;  // made with the Runner
    Guarded<RunnerId> id{RunnerId::fresh()};
    std::thread dispatcher, keeper;
    Guarded<std::vector<std::thread>> workers;

    RunnerId runner_id() { return id.with([](RunnerId& now) { return now; }); }

    // ---- being woken

    void wake(std::string_view queue) override {
        state.change([&](State& s) {
            auto found = s.queues.find(queue);
            if (found != s.queues.end()) found->second.is_woken = true;
        });
    }

    void stop(JobId job) override {
        for (const TryPointer& one : tries())
            if (one->job.id == job) one->ask_to_stop(Why::cancelled);
    }

    void hear(std::string_view payload) override {
        if (payload.starts_with("wake ")) return wake(payload.substr(5));
        if (payload.starts_with("stop ")) {
            if (auto job = JobId::parse(payload.substr(5))) stop(*job);
            return;
        }
        state.change([](State& s) { for (auto& [name, queue] : s.queues) queue.is_woken = true; });
    }

    // ---- jobs that begin where they are made

    struct Kept final : Place {
        Kept(Inside& inside_, std::string queue_) : inside(inside_), queue(std::move(queue_)), id(inside.runner_id()) {}
        ~Kept() override {
            inside.state.change([&](State& s) { --s.queues.find(queue)->second.kept; });
        }
        RunnerId runner_id() const override { return id; }

        Inside& inside;
        std::string queue;
        RunnerId id;
    };

    std::shared_ptr<Place> keep_place(std::string_view name) override {
        bool is_kept = state.with([&](State& s) {
            auto found = s.queues.find(name);
            bool can_begin = s.is_registered && !s.is_paused && !s.is_draining && !s.is_stopping;
            if (!can_begin || found == s.queues.end() || 2 * found->second.busy() >= found->second.workers_max) return false;
            ++found->second.kept;
            return true;
        });
        return is_kept ? std::make_shared<Kept>(*this, std::string(name)) : nullptr;
    }

    void begin(Claimed job) override {
        std::vector<Claimed> one;
        one.push_back(std::move(job));
        (void)hand_out(std::move(one), {});  // a runner that drains leaves it to the next one, with its lease
    }

    // ---- the dispatcher

    void dispatch() {
        while (!register_runner())
            if (is_stopping_after(pause_after_failure_ms)) return;
        state.with([](State& s) { s.is_registered = true; });
        int64_t polled_at = 0;
        while (true) {
            wait_for_work(polled_at + options.poll_ms);
            bool is_poll = steady_ms() >= polled_at + options.poll_ms;
            if (is_poll) polled_at = steady_ms();
            std::vector<TryPointer> completed;
            std::map<std::string, int> wanted;
            bool is_stopping = state.with([&](State& s) {
                size_t count = std::min(s.completed.size(), completions_max);
                completed.assign(s.completed.begin(), s.completed.begin() + long(count));
                s.completed.erase(s.completed.begin(), s.completed.begin() + long(count));
                for (auto& [name, queue] : s.queues)
                    if (!s.is_paused && !s.is_stopping && queue.free() > 0 && (std::exchange(queue.is_woken, false) || is_poll)) wanted[name] = queue.free();
                return s.is_stopping && s.tries.empty();
            });
            if (!completed.empty() || !wanted.empty()) {
                auto claimed = transact(completed, wanted);
                if (!claimed) {
                    warn("jobs_dispatch_failed", claimed.error());
                    put_back(std::move(completed), wanted);
                    (void)is_stopping_after(pause_after_failure_ms);
                    continue;
                }
                forget(completed);
                release(hand_out(std::move(*claimed), wanted));
            }
            if (is_stopping) return;
        }
    }

    void wait_for_work(int64_t poll_at_ms) {
        state.wait_until(after_ms(poll_at_ms - steady_ms()), [](State& s) {
            if (!s.completed.empty() || (s.is_stopping && s.tries.empty())) return true;
            return !s.is_paused && std::ranges::any_of(s.queues, [](auto& entry) { return entry.second.is_woken && entry.second.free() > 0; });
        }, [](State&) {});
    }

    /// Waits; true when the runner is stopping.
    bool is_stopping_after(int64_t ms) {
        return state.wait_until(after_ms(ms), [](State& s) { return s.is_stopping; }, [](State&) {});
    }

    bool register_runner() {
        RunnerId me = runner_id();
        auto done = jobs.store.system_write(server_op("jobs.register"), "jobs.register", [&](Tx& tx) -> Result<void> {
            TRY(tx.run(sql::register_runner, {.id = me, .node = options.node, .lease_ms = options.lease_ms}));
            return rescue(tx);
        });
        if (!done) warn("jobs_register_failed", done.error());
        return done.has_value();
    }

    /// Queues the jobs of runners that are gone, first of all of this node's predecessors.
    Result<void> rescue(Tx& tx) {
        TRY(tx.run(sql::remove_dead_runners, {.id = runner_id(), .node = options.node}));
        auto rescued = TRY(tx.many(sql::rescue, {}));
        TRY(tell(tx, rescued));
        if (rescued.empty()) return {};
        tx.after_commit([this, count = rescued.size()] {
            telemetry::log(telemetry::Level::info, "jobs_rescued", {{"jobs", std::to_string(count)}});
            state.change([](State& s) { for (auto& [name, queue] : s.queues) queue.is_woken = true; });
        });
        return {};
    }

    template <class J>
    Result<void> tell(Tx& tx, const std::vector<J>& changed) {
        std::vector<stream::NewEvent> events;
        for (const J& job : changed) events.push_back({job.organization_id, stream_of(job.id), "job.updated", updated_data(job)});
        return jobs.hub.append_each(tx, events);
    }

    Result<void> tell_logs(Tx& tx, const std::vector<std::pair<TryPointer, std::string>>& logs) {
        std::vector<stream::NewEvent> events;
        for (const auto& [one, text] : logs) events.push_back({one->job.organization_id, stream_of(one->job.id), "job.log", log_data(text)});
        return jobs.hub.append_each(tx, events);
    }

    static Json log_data(std::string_view text) {
        Json data{R"({"text":)"};
        json::write_string(data.text, text);
        data.text += '}';
        return data;
    }

    /// Completes what is done and claims what is wanted, in one transaction.
    Result<std::vector<Claimed>> transact(const std::vector<TryPointer>& completed, const std::map<std::string, int>& wanted) {
        sql::complete_args done;
        std::vector<std::pair<TryPointer, std::string>> logs;
        for (const TryPointer& one : completed) {
            done.organization_ids.push_back(one->job.organization_id);
            done.ids.push_back(one->job.id);
            done.attempts.push_back(one->job.attempt);
            done.results.push_back(one->result);
            if (Report report = one->take_report(); !report.log.empty()) logs.emplace_back(one, std::move(report.log));
        }
        RunnerId me = runner_id();
        auto claimed = jobs.store.system_write(server_op("jobs.dispatch"), "jobs.dispatch", [&](Tx& tx) -> Result<std::vector<Claimed>> {
            if (!completed.empty()) {
                TRY(tell_logs(tx, logs));
                auto ended = TRY(tx.many(sql::complete, done));
                TRY(tell(tx, ended));
            }
            std::vector<Claimed> all;
            if (!wanted.empty()) tx.queue(sql::one_claimer_at_a_time, {});
            for (const auto& [queue, count] : wanted) {
                auto some = TRY(tx.many(sql::claim, {.queue = queue, .count = count, .runner_id = me}));
                std::ranges::move(some, std::back_inserter(all));
            }
            TRY(tell(tx, all));
            return all;
        });
        if (!claimed) put_back(logs);
        return claimed;
    }

    static void put_back(const std::vector<std::pair<TryPointer, std::string>>& logs) {
        for (const auto& [one, text] : logs) one->put_back_log(text);
    }

    void put_back(std::vector<TryPointer> completed, const std::map<std::string, int>& wanted) {
        state.with([&](State& s) {
            s.completed.insert(s.completed.begin(), completed.begin(), completed.end());
            for (const auto& [name, count] : wanted) s.queues.find(name)->second.is_woken = true;
        });
    }

    void forget(const std::vector<TryPointer>& completed) {
        if (completed.empty()) return;
        state.change([&](State& s) {
            for (const TryPointer& one : completed) s.tries.erase(one);
        });
    }

    /// Those that are not wanted any more.
    std::vector<TryPointer> hand_out(std::vector<Claimed> claimed, const std::map<std::string, int>& wanted) {
        std::vector<TryPointer> tries, refused;
        std::vector<std::string> need_threads;
        for (Claimed& job : claimed) {
            auto kind = jobs.kinds.find(job.kind);
            tries.push_back(std::make_shared<Context::Try>(std::move(job), kind == jobs.kinds.end() ? nullptr : &kind->second, jobs.store));
        }
        state.change([&](State& s) {
            if (s.is_draining) return std::swap(tries, refused);
            std::map<std::string, int> got;
            for (const TryPointer& one : tries) {
                ++got[one->job.queue];
                ++s.queues.find(one->job.queue)->second.ready;
                s.tries.insert(one);
            }
            for (const auto& [name, count] : wanted) {
                Queue& queue = s.queues.find(name)->second;
                if (got[name] == count) queue.is_woken = true;  // there may be more
            }
            for (const auto& [name, count] : got) {
                Queue& queue = s.queues.find(name)->second;
                for (; queue.threads < std::min(queue.workers_max, queue.running + queue.ready); ++queue.threads) need_threads.push_back(name);
            }
        });
        for (const TryPointer& one : tries) lanes.at(one->job.queue).change([&](Lane& lane) { lane.ready.push_back(one); });
        if (!need_threads.empty()) workers.with([&](auto& all) {
            for (std::string& name : need_threads) all.emplace_back([this, name = std::move(name)] { work(name); });
        });
        return refused;
    }

    // ---- workers

    void work(const std::string& name) {
        Guarded<Lane>& lane = lanes.at(name);
        while (TryPointer one = next_try(lane)) {
            state.with([&](State& s) {
                Queue& queue = s.queues.find(name)->second;
                --queue.ready;
                ++queue.running;
            });
            bool is_done = run(*one);
            state.change([&](State& s) {
                Queue& queue = s.queues.find(name)->second;
                --queue.running;
                queue.is_woken = true;  // a job of the same group may wait for this one
                if (is_done) s.completed.push_back(one);
                else s.tries.erase(one);
            });
        }
    }

    /// Absent when the lane is closed and empty.
    TryPointer next_try(Guarded<Lane>& lane) {
        TryPointer one;
        auto is_due = [](Lane& l) { return l.is_closed || !l.ready.empty(); };
        auto take = [&](Lane& l) {
            if (l.ready.empty()) return;
            one = std::move(l.ready.front());
            l.ready.pop_front();
        };
        while (!lane.wait_until(after_ms(lane_wait_ms), is_due, take)) {}
        return one;
    }

    /// Runs one try. True when it is done and the dispatcher shall write that; every other end is written here.
    bool run(Context::Try& one) {
        if (one.job.is_cancel_requested) return end(one, Status::cancelled, "cancelled before it began"), false;
        if (!one.kind) return end(one, Status::failed, "this server does not know the kind of job " + one.job.kind + "; it was made by another version"), false;
        if (one.job.attempt > one.job.attempts_max) return end(one, Status::failed, "the server stopped while this was running; try again"), false;
        one.began_ms = steady_ms();
        one.op = op_of(one.job, Deadline::in_ms(one.job.timeout_ms), one.stop.get_token());
        Result<void> result = call(one);
        telemetry::histogram_ms("jobs_run_ms", "How long tries of jobs take.", "kind", one.job.kind).observe(double(steady_ms() - one.began_ms));
        if (one.is_taken) return false;
        if (result) return true;
        end_failed_try(one, result.error());
        return false;
    }

    Result<void> call(Context::Try& one) {
        Context context(one);
        try {
            return one.kind->handler(one.op, context);
        } catch (const std::exception& bug) {
            telemetry::log(telemetry::Level::error, "job_bug", {{"job", one.job.id.text()}, {"kind", one.job.kind}, {"what", bug.what()}});
            return fail(Code::bug, "something went wrong in the server; report this with the job's id", bug.what());
        }
    }

    void end_failed_try(Context::Try& one, const Error& error) {
        Why why = one.why;
        if (why == Why::lost) return;
        if (why == Why::cancelled) return end(one, Status::cancelled, "cancelled");
        if (why == Why::draining) return release({one.shared_from_this()});
        warn("job_try_failed", error, one.job.id.text());
        fail_try(one, error, Patience::long_);
    }

    /// How long the end of a try may be waited for: a worker has time, the keeper has not.
    enum class Patience { short_, long_ };

    /// Queued for another try, or failed.
    void fail_try(Context::Try& one, const Error& error, Patience patience) {
        if (!is_worth_another_try(error.code) || one.job.attempt >= one.job.attempts_max) return end(one, Status::failed, error.message, patience);
        int64_t delay_ms = backoff_ms(one.kind->options, one.job.attempt, error);
        std::string message = storable(error.message);
        write_end(one, patience, [&](Tx& tx, bool) -> Result<void> {
            auto job = TRY(tx.maybe(sql::try_later, {.id = one.job.id, .attempt = one.job.attempt, .error = message, .delay_ms = delay_ms}));
            return job ? jobs.tell(tx, *job) : Result<void>();
        });
    }

    void end(Context::Try& one, Status status, std::string_view error, Patience patience = Patience::long_) {
        std::string message = storable(error);
        write_end(one, patience, [&](Tx& tx, bool with_module) -> Result<void> {
            auto job = TRY(tx.maybe(sql::end_try, {.id = one.job.id, .attempt = one.job.attempt, .status = status, .error = message}));
            if (!job) return {};
            return with_module ? jobs.give_up(tx, *job, one.job.argument) : jobs.tell(tx, *job);
        });
    }

    /// A transaction that ends a try, as its person; what was logged goes before. Tried until it is written or the runner stops:
    /// while this process lives nobody else would do it. A module whose on_given_up keeps failing is left out in the end.
    template <class F>
    void write_end(Context::Try& one, Patience patience, F f) {
        std::string log = one.take_report().log;
        for (int module_failures = 0;;) {
            Op op = op_of(one.job, Deadline::in_ms(patience == Patience::long_ ? ending_ms_max : take_away_ms_max), {});
            auto written = jobs.store.write(op, "jobs.end", [&](Tx& tx) -> Result<void> {
                if (!log.empty()) TRY(jobs.hub.append(tx, stream_of(one.job.id), "job.log", log_data(log)));
                return f(tx, module_failures < give_up_tries);
            });
            if (written) {
                one.is_taken = true;
                return;
            }
            warn("job_end_failed", written.error(), one.job.id.text());
            if (written.error().code != Code::unavailable && written.error().code != Code::timed_out) ++module_failures;
            if (patience == Patience::short_ || is_stopping_after(pause_after_failure_ms)) break;
        }
        one.put_back_log(log);
    }

    /// Gives tries back to the queue; others may have them at once.
    void release(const std::vector<TryPointer>& tries) {
        if (tries.empty()) return;
        sql::release_args args;
        for (const TryPointer& one : tries) {
            args.organization_ids.push_back(one->job.organization_id);
            args.ids.push_back(one->job.id);
            args.attempts.push_back(one->job.attempt);
        }
        auto released = jobs.store.system_write(server_op("jobs.release"), "jobs.release", [&](Tx& tx) -> Result<void> {
            return tell(tx, TRY(tx.many(sql::release, args)));
        });
        if (!released) warn("jobs_release_failed", released.error());  // they are rescued when the lease is over
    }

    // ---- the keeper

    void keep() {
        int64_t renewed_at = steady_ms(), rescued_at = steady_ms(), maintained_at = steady_ms();
        while (!is_stopping_after(keeper_tick_ms)) {
            write_reports();
            take_away();
            if (steady_ms() >= renewed_at + options.heartbeat_ms) {
                renew_lease();
                renewed_at = steady_ms();
            }
            if (steady_ms() >= rescued_at + options.heartbeat_ms) {
                look_around();
                rescued_at = steady_ms();
            }
            if (steady_ms() >= maintained_at + maintenance_ms) {
                if (auto done = jobs.hub.maintain(server_op("stream.maintain")); !done) warn("stream_maintain_failed", done.error());
                maintained_at = steady_ms();
            }
        }
    }

    std::vector<TryPointer> tries() {
        return state.with([](State& s) { return std::vector<TryPointer>(s.tries.begin(), s.tries.end()); });
    }

    std::vector<JobId> in_hand() {
        std::vector<JobId> ids;
        for (const TryPointer& one : tries()) ids.push_back(one->job.id);
        return ids;
    }

    void write_reports() {
        sql::report_args args;
        std::vector<std::pair<TryPointer, std::string>> logs;
        std::map<JobId, std::pair<TryPointer, Report>> progressed;
        for (const TryPointer& one : tries()) {
            Report report = one->take_report();
            if (!report.log.empty()) logs.emplace_back(one, std::move(report.log));
            if (!report.has_progress) continue;
            args.organization_ids.push_back(one->job.organization_id);
            args.ids.push_back(one->job.id);
            args.attempts.push_back(one->job.attempt);
            args.progresses.push_back(report.progress);
            args.messages.push_back(report.message);
            progressed[one->job.id] = {one, std::move(report)};
        }
        if (logs.empty() && progressed.empty()) return;
        auto written = jobs.store.system_write(server_op("jobs.report"), "jobs.report", [&](Tx& tx) -> Result<std::vector<OwnedJob>> {
            tx.step();
            TRY(tell_logs(tx, logs));
            if (progressed.empty()) return std::vector<OwnedJob>();
            auto changed = TRY(tx.many(sql::report, args));
            TRY(tell(tx, changed));
            return changed;
        });
        if (!written) {
            put_back(logs);
            return warn("jobs_report_failed", written.error());
        }
        for (const OwnedJob& job : *written) progressed.erase(job.id);
        for (auto& [job, entry] : progressed)  // held by the job's own transaction
            entry.first->report.with([&](Report& newer) {
                if (newer.has_progress) return;
                newer.has_progress = true;
                newer.progress = entry.second.progress;
                newer.message = entry.second.message;
            });
    }

    /// Ends tries whose handler was asked to stop, or whose time is over, and who have not returned since.
    void take_away() {
        for (const TryPointer& one : tries()) {
            if (one->is_taken) continue;
            Why why = one->why;
            if (why == Why::cancelled && steady_ms() > one->stop_asked_at_ms + options.stop_grace_ms)
                end(*one, Status::cancelled, "cancelled; it did not stop by itself", Patience::short_);
            if ((why == Why::none || why == Why::overdue) && is_overdue(*one)) {
                one->ask_to_stop(Why::overdue);
                fail_try(*one, fail(Code::timed_out, "took longer than " + std::to_string(one->job.timeout_ms) + " ms and did not stop"), Patience::short_);
            }
        }
    }

    bool is_overdue(const Context::Try& one) {
        int64_t began = one.began_ms;
        return began != 0 && steady_ms() > began + one.job.timeout_ms + options.stop_grace_ms;
    }

    void renew_lease() {
        auto renewed = jobs.store.system_write(server_op("jobs.renew_lease"), "jobs.renew_lease", [&](Tx& tx) {
            return tx.run(sql::renew_lease, {.id = runner_id(), .lease_ms = options.lease_ms});
        });
        if (!renewed) return warn("jobs_renew_lease_failed", renewed.error());
        if (*renewed > 0) return;
        // Others may have our jobs now.
        telemetry::log(telemetry::Level::warning, "jobs_lease_lost");
        for (const TryPointer& one : tries()) one->ask_to_stop(Why::lost);
        id.with([](RunnerId& now) { now = RunnerId::fresh(); });
        register_runner();
    }

    /// What other processes want of us, and what they left behind.
    void look_around() {
        auto cancelled = jobs.store.system_write(server_op("jobs.rescue"), "jobs.rescue", [&](Tx& tx) -> Result<std::vector<JobId>> {
            TRY(rescue(tx));
            auto forgotten = TRY(tx.many(sql::queue_forgotten, {.runner_id = runner_id(), .known = in_hand()}));
            TRY(tell(tx, forgotten));
            return tx.many(sql::cancel_requests, {.runner_id = runner_id()});
        });
        if (!cancelled) return warn("jobs_rescue_failed", cancelled.error());
        for (JobId job : *cancelled) stop(job);
    }

    // ---- the end

    bool drain(int64_t ms) {
        state.with([](State& s) { s.is_paused = s.is_draining = true; });
        release(take_unstarted());
        if (wait_until_quiet(ms)) return true;
        for (const TryPointer& one : tries()) one->ask_to_stop(Why::draining);
        wait_until_quiet(options.stop_grace_ms);
        std::vector<TryPointer> stuck;
        for (const TryPointer& one : tries())
            if (one->began_ms != 0 && !one->is_taken.exchange(true)) stuck.push_back(one);
        release(stuck);
        return false;
    }

    std::vector<TryPointer> take_unstarted() {
        std::vector<TryPointer> unstarted;
        for (auto& [name, lane] : lanes) lane.with([&](Lane& l) { std::ranges::move(std::exchange(l.ready, {}), std::back_inserter(unstarted)); });
        state.change([&](State& s) {
            for (const TryPointer& one : unstarted) {
                --s.queues.find(one->job.queue)->second.ready;
                s.tries.erase(one);
            }
        });
        return unstarted;
    }

    bool wait_until_quiet(int64_t ms) {
        return state.wait_until(after_ms(ms), [](State& s) { return s.tries.empty(); }, [](State&) {});
    }

    void stop_all() {
        state.change([](State& s) { s.is_stopping = true; });
        dispatcher.join();  // after the last handler has returned
        keeper.join();
        for (auto& [name, lane] : lanes) lane.change([](Lane& l) { l.is_closed = true; });
        for (std::thread& worker : workers.with([](auto& all) { return std::exchange(all, {}); })) worker.join();
        auto removed = jobs.store.system_write(server_op("jobs.leave"), "jobs.leave", [&](Tx& tx) { return tx.run(sql::remove_runner, {.id = runner_id()}); });
        if (!removed) warn("jobs_leave_failed", removed.error());
    }
};

Runner::Runner(Jobs& jobs, RunnerOptions options) : inside_(std::make_unique<Inside>(jobs, std::move(options))) {
    Inside& inside = *inside_;
    inside.state.with([&](Inside::State& s) {
        for (const QueueOptions& queue : inside.options.queues) {
            s.queues[queue.name].workers_max = queue.workers_max;
            inside.lanes.try_emplace(queue.name);
        }
    });
    for (const auto& [name, kind] : inside.jobs.kinds)
        ENSURE(std::ranges::find(inside.options.queues, kind.options.queue, &QueueOptions::name) != inside.options.queues.end());
    inside.jobs.workers.with([&](Workers*& workers) {
        ENSURE(!workers);
        workers = &inside;
    });
    inside.dispatcher = std::thread([&inside] { inside.dispatch(); });
    inside.keeper = std::thread([&inside] { inside.keep(); });
}

Runner::~Runner() {
    drain(0);
    inside_->jobs.workers.with([](Workers*& workers) { workers = nullptr; });
    inside_->stop_all();
}

void Runner::pause() {
    inside_->state.with([](Inside::State& s) { s.is_paused = true; });
}

void Runner::resume() {
    inside_->state.change([](Inside::State& s) {
        s.is_paused = s.is_draining = false;
        for (auto& [name, queue] : s.queues) queue.is_woken = true;
    });
}

bool Runner::drain(int64_t ms) { return inside_->drain(ms); }

int Runner::running() const {
    return inside_->state.with([](Inside::State& s) {
        int running = 0;
        for (auto& [name, queue] : s.queues) running += queue.running;
        return running;
    });
}

}  // namespace ry::jobs
