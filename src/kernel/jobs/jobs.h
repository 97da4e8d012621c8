#pragma once
// Jobs: anything slow is a described argument and a function that may be run again. A job is enqueued in the caller's
// transaction, runs as the person who asked, and what it writes is fenced: a worker that lost its job can no longer write.
//
//     struct Generate {                                            // the argument
//         GenerationId generation_id;
//         static constexpr std::string_view kind = "chats.generate";
//         static const Fields& fields();
//     };
//     jobs.add<Generate>({.queue = "llm", .attempts_max = 3}, [this](Op& op, const Generate& job, jobs::Context& context) -> Result<void> {
//         TRY(context.write("chats.begin_generation", [&](Tx& tx) -> Result<void> { … }));   // fails when the job was lost
//         context.progress(0.5, "The model is thinking");
//         …
//     });
//     TRY(jobs.enqueue(tx, Generate{id}, {.unique_key = "generate:" + id.text(), .subject = "chat:" + chat.text()}));
//
// At least once: a job whose process died runs again. Its life is the stream job:<id> with job.updated {job} and job.log {text}.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "kernel/jobs/model.h"
#include "kernel/op/op.h"
#include "kernel/store/store.h"

namespace ry::store {
struct Schema;
}
namespace ry::stream {
class Hub;
}

namespace ry::jobs {

extern const store::Schema schema;

using store::Store;
using store::Tx;

class Runner;

/// What all jobs of a kind have in common.
struct KindOptions {
    std::string queue = "default";
    int attempts_max = 3;
    int64_t timeout_ms = 10 * 60'000;  ///< of one try; then its Op's deadline has passed
    /// The pause before try n + 1: backoff_ms · 2^(n-1), at most backoff_ms_max, give or take a quarter.
    int64_t backoff_ms = 1'000;
    int64_t backoff_ms_max = 10 * 60'000;
    /// Called in the transaction that ends the job as failed or cancelled without the handler having a say (its process died on
    /// the last try, it was cancelled before it ran), and after the handler's last error. Closes what the job was doing.
    std::function<Result<void>(Op& op, Tx& tx, const Job& job, const Json& argument)> on_given_up = {};
};

/// What one job may differ in. Absent: as its kind says.
struct EnqueueOptions {
    std::optional<std::string> unique_key = {};         ///< while a job with this key is queued or running, enqueue returns that one
    std::optional<std::string> subject = {};            ///< what it is about: a Ref such as "chat:chat_…"
    std::optional<std::string> concurrency_group = {};  ///< at most one job of a group runs at a time
    int priority = 0;                                   ///< higher first, within an organization
    std::optional<Time> run_at = {};                    ///< not before
    std::optional<std::string> queue = {};
    std::optional<int> attempts_max = {};
    std::optional<int64_t> timeout_ms = {};
    std::optional<JobId> parent_id = {};
    /// The caller knows that no other job of its group is queued or running. When fewer than half of the queue's workers here are
    /// busy, the job is then claimed in the caller's transaction and begins after its commit, without waiting for the dispatcher.
    bool may_begin_here = false;
};

struct ListJobs {
    std::optional<Status> status;
    std::optional<std::string> subject;
    std::optional<int> limit;             ///< 1–200, 50 without it
    std::optional<std::string> cursor;
    static const Fields& fields();
};
struct JobPage {
    std::vector<Job> items;  ///< the newest first
    std::optional<std::string> next_cursor;
};

/// One try of one job, as its handler sees it. Lives until the handler returns; its thread only, except log() and progress().
class Context {
public:
    Context(const Context&) = delete;

    JobId id() const;
    int attempt() const;  ///< 1, 2, 3 …; also the fence
    bool is_last_attempt() const;
    const Json& argument() const;
    const std::optional<std::string>& subject() const;

    /// A transaction of this job, as the person who asked: confirms in it that the job is still ours, so that a try that was
    /// given to another worker changes nothing (conflict).
    template <class F>
    auto write(std::string_view name, F&& f) {
        return store().write(op(), name, [&](Tx& tx) -> std::invoke_result_t<F&, Tx&> {
            auto holder = ask_holder(tx);  // before the first statement of `f`, in one round trip with it
            std::invoke_result_t<F&, Tx&> done = f(tx);
            TRY(confirm(holder));
            return done;
        });
    }

    /// 0–1 and what is being done. Written at most every 250 ms. Never fails: a progress that cannot be written is lost.
    void progress(double fraction, std::string_view message);
    /// Appends to the job's log; gathered for up to half a second.
    void log(std::string_view text);
    /// What the job yields; kept when it ends as done.
    void set_result(Json result);

private:
    friend class Runner;
    struct Try;
    explicit Context(Try& of) : try_(of) {}
    /// Locks the job; absent when this is not its running try any more.
    store::Later<std::optional<int>> ask_holder(Tx& tx) const;
    Result<void> confirm(store::Later<std::optional<int>>& holder) const;
    Store& store() const;
    Op& op() const;
    Try& try_;
};

/// The function of a kind.
using Handler = std::function<Result<void>(Op& op, Context& context)>;

struct Kind {
    std::string name;
    KindOptions options;
    Handler handler;
};

/// conflict unless `attempt` is the running try of the job. Holds the job until the transaction ends.
Result<void> confirm(Tx& tx, JobId job, int attempt);

/// "job:job_…"
std::string stream_of(JobId job);

/// The queue: what can be asked, and what is known. Any thread once the kinds are added. `store` and `hub` outlive it.
class Jobs {
public:
    Jobs(Store& store, stream::Hub& hub);
    ~Jobs();
    Jobs(const Jobs&) = delete;

    /// Before a Runner starts.
    void add(Kind kind);
    /// With a typed argument: `J::kind`, `J::fields()`.
    template <class J, class F>
    void add(KindOptions options, F handler) {
        add(Kind{std::string(J::kind), std::move(options), [handler = std::move(handler)](Op& op, Context& context) -> Result<void> {
            J argument = TRY(from_json<J>(context.argument().text));
            return handler(op, argument, context);
        }});
    }

    /// In the caller's transaction: it exists when the transaction commits, and workers of this process are woken then.
    template <class J>
    Result<JobId> enqueue(Tx& tx, const J& argument, EnqueueOptions options = {}) {
        Json json{""};
        encode(json.text, argument);
        return enqueue_kind(tx, J::kind, std::move(json), std::move(options));
    }
    Result<JobId> enqueue_kind(Tx& tx, std::string_view kind, Json argument, EnqueueOptions options = {});

    // ---- what the API offers
    Result<JobPage> list(Op& op, const ListJobs& query);
    Result<Job> get(Op& op, JobId job);
    /// A queued job ends as cancelled at once; a running one is asked to stop, and marked so ten seconds later at the latest.
    /// A job that has ended stays as it is.
    Result<Job> cancel(Op& op, JobId job);
    Result<Job> cancel(Tx& tx, JobId job);
    /// A failed or cancelled job is queued for one more try; any other is a conflict.
    Result<Job> retry(Op& op, JobId job);

    const Kind* find_kind(std::string_view name) const;

    /// Deletes jobs that ended more than so many days ago, with their streams, batch by batch until none is left or the Op's
    /// deadline comes. Called every few minutes.
    Result<void> trim(const Op& server_op, int64_t kept_days);

private:
    friend class Runner;
    struct Inside;
    std::shared_ptr<Inside> inside_;
};

struct QueueOptions {
    std::string name;
    int workers_max = 4;  ///< threads, made when needed
};

struct RunnerOptions {
    /// Who runs here: the same across restarts of this server and different from every other server on the database. A runner
    /// that starts takes the jobs of its dead predecessors at once.
    std::string node;
    std::vector<QueueOptions> queues = {{"default", 4}};
    int64_t lease_ms = 30'000;       ///< without a heartbeat for so long, others take the jobs over
    int64_t heartbeat_ms = 10'000;
    int64_t poll_ms = 500;           ///< how often the queues are looked at without being woken
    int64_t stop_grace_ms = 10'000;  ///< from asking a try to stop to taking the job away from it
};

/// Runs jobs: one dispatcher claims in batches and completes in batches, a bounded pool of threads per queue works, a keeper
/// renews the lease, rescues and cancels. One per process. `jobs` outlives it.
class Runner {
public:
    Runner(Jobs& jobs, RunnerOptions options);
    /// drain(0).
    ~Runner();
    Runner(const Runner&) = delete;

    /// No further job is claimed; running ones go on.
    void pause();
    void resume();
    /// Pauses, waits up to `ms` for running jobs, then asks them to stop; those that return are queued again for another runner.
    /// True when nothing was running any more before the time was over.
    bool drain(int64_t ms);
    int running() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::jobs
