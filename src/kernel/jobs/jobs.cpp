#include "kernel/jobs/jobs.h"

#include "base/check.h"
#include "kernel/jobs/queries.gen.h"
#include "kernel/jobs/queue.h"

namespace ry::jobs {
namespace {

constexpr std::string_view no_such_job = "there is no such job";
constexpr size_t argument_bytes_max = 256 * 1024;  // larger things are blobs, and the argument names them
constexpr int list_default = 50;
constexpr int64_t batch_jobs = 1'000;  // deleted in one transaction

std::optional<std::string_view> view(const std::optional<std::string>& text) {
    return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

}  // namespace

std::string stream_of(JobId job) { return "job:" + job.text(); }

Json updated_data(const Job& job) { return {R"({"job":)" + to_json(job) + "}"}; }

std::shared_ptr<Place> Jobs::Inside::keep_place(std::string_view queue) {
    return workers.with([&](Workers* here) { return here ? here->keep_place(queue) : nullptr; });
}

void Jobs::Inside::begin(Claimed job) {
    workers.with([&](Workers* here) { if (here) here->begin(std::move(job)); });
}

void Jobs::Inside::wake(std::string_view queue) {
    workers.with([&](Workers* here) { if (here) here->wake(queue); });
    hub.announce(jobs_channel, "wake " + std::string(queue));
}

void Jobs::Inside::stop(JobId job) {
    workers.with([&](Workers* here) { if (here) here->stop(job); });
    hub.announce(jobs_channel, "stop " + job.text());
}

Result<void> Jobs::Inside::tell(Tx& tx, const Job& job) {
    TRY(hub.append(tx, stream_of(job.id), "job.updated", updated_data(job)));
    return {};
}

Result<void> Jobs::Inside::give_up(Tx& tx, const Job& job, const Json& argument) {
    auto kind = kinds.find(job.kind);
    if (kind != kinds.end() && kind->second.options.on_given_up) {
        Op op = tx.op();
        TRY(kind->second.options.on_given_up(op, tx, job, argument));
    }
    return tell(tx, job);
}

Jobs::Jobs(Store& store, stream::Hub& hub) : inside_(new Inside{store, hub}) {
    hub.on_announce(jobs_channel, [weak = std::weak_ptr(inside_)](std::string_view payload) {
        if (auto self = weak.lock()) self->workers.with([&](Workers* here) { if (here) here->hear(payload); });
    });
}

Jobs::~Jobs() = default;

void Jobs::add(Kind kind) {
    ENSURE(kind.handler && !inside_->kinds.contains(kind.name));
    inside_->kinds.emplace(kind.name, std::move(kind));
}

const Kind* Jobs::find_kind(std::string_view name) const {
    auto found = inside_->kinds.find(name);
    return found == inside_->kinds.end() ? nullptr : &found->second;
}

Result<JobId> Jobs::enqueue_kind(Tx& tx, std::string_view kind_name, Json argument, EnqueueOptions options) {
    const Kind* kind = find_kind(kind_name);
    ENSURE(kind);
    if (argument.text.size() > argument_bytes_max)
        return fail(Code::too_large, "what a job is given may have at most " + std::to_string(argument_bytes_max) + " bytes", std::string(kind_name));
    const Op& op = tx.op();
    std::string queue = options.queue.value_or(kind->options.queue);
    std::optional<UserId> user;
    if (!op.actor.user.is_nil()) user = op.actor.user;
    std::shared_ptr<Place> place = options.may_begin_here && !options.unique_key && !options.run_at ? inside_->keep_place(queue) : nullptr;
    sql::add_args job{
        .id = JobId::fresh(), .kind = kind_name, .queue = queue, .priority = options.priority, .run_at = options.run_at,
        .attempts_max = options.attempts_max.value_or(kind->options.attempts_max),
        .timeout_ms = options.timeout_ms.value_or(kind->options.timeout_ms), .argument = std::move(argument),
        .unique_key = view(options.unique_key), .concurrency_group = view(options.concurrency_group), .subject = view(options.subject),
        .parent_id = options.parent_id, .user_id = user, .request_id = op.request_id, .trace_id = op.trace_id,
        .runner_id = place ? std::optional(place->runner_id()) : std::nullopt};
    auto added = tx.ask(sql::add, job);
    // Only with a key can it be another one than the new: there is nothing to wait for.
    JobId id = options.unique_key ? TRY(added.get()) : job.id;
    if (!place) {
        tx.after_commit([inside = inside_.get(), queue] { inside->wake(queue); });
        return id;
    }
    Claimed claimed;
    claimed.id = id;
    claimed.kind = kind_name;
    claimed.status = Status::running;
    claimed.attempt = 1;
    claimed.attempts_max = job.attempts_max;
    claimed.subject = options.subject;
    claimed.created_at = now();
    claimed.organization_id = op.organization;
    claimed.queue = queue;
    claimed.timeout_ms = job.timeout_ms;
    claimed.argument = job.argument;
    claimed.user_id = user;
    claimed.request_id = op.request_id;
    claimed.trace_id = op.trace_id;
    tx.when_visible([inside = inside_.get(), place, claimed = std::move(claimed)] { inside->begin(claimed); });
    return id;
}

Result<JobPage> Jobs::list(Op& op, const ListJobs& query) {
    int limit = query.limit.value_or(list_default);
    std::optional<JobId> before;
    if (query.cursor && !(before = JobId::parse(*query.cursor))) return invalid("/cursor", "is not a cursor of this list; begin again without it");
    JobPage page;
    page.items = TRY(inside_->store.read(op, "jobs.list", [&](Tx& tx) {
        return tx.many(sql::list, {.status = query.status, .subject = view(query.subject), .before = before, .limit = limit + 1});
    }));
    if (page.items.size() <= size_t(limit)) return page;
    page.items.resize(size_t(limit));
    page.next_cursor = page.items.back().id.text();
    return page;
}

Result<Job> Jobs::get(Op& op, JobId job) {
    return inside_->store.read(op, "jobs.get", [&](Tx& tx) { return tx.one(sql::get, {.id = job}, no_such_job); });
}

Result<Job> Jobs::cancel(Op& op, JobId job) {
    return inside_->store.write(op, "jobs.cancel", [&](Tx& tx) { return cancel(tx, job); });
}

Result<Job> Jobs::cancel(Tx& tx, JobId id) {
    if (auto job = TRY(tx.maybe(sql::cancel_queued, {.id = id}))) {
        Json argument = TRY(tx.one(sql::argument, {.id = id}));
        TRY(inside_->give_up(tx, *job, argument));
        return *job;
    }
    if (TRY(tx.run(sql::request_cancel, {.id = id})) > 0)
        tx.after_commit([inside = inside_.get(), id] { inside->stop(id); });
    return tx.one(sql::get, {.id = id}, no_such_job);
}

Result<Job> Jobs::retry(Op& op, JobId id) {
    return inside_->store.write(op, "jobs.retry", [&](Tx& tx) -> Result<Job> {
        auto job = TRY(tx.maybe(sql::retry, {.id = id}));
        if (!job) {
            Job now = TRY(tx.one(sql::get, {.id = id}, no_such_job));
            return fail(Code::conflict, "only a failed or cancelled job can be tried again; this one is " + std::string(names_of(now.status)[size_t(now.status)]));
        }
        std::string queue = TRY(tx.one(sql::queue_of, {.id = id}));
        TRY(inside_->tell(tx, *job));
        tx.after_commit([inside = inside_.get(), queue] { inside->wake(queue); });
        return *job;
    });
}

Result<void> Jobs::trim(const Op& server, int64_t kept_days) {
    while (!server.deadline.passed()) {
        auto removed = TRY(inside_->store.system_write(server, "jobs.trim", [&](Tx& tx) -> Result<std::vector<RemovedJob>> {
            auto jobs = TRY(tx.many(sql::remove_ended, {.kept_days = kept_days, .limit = batch_jobs}));
            std::vector<stream::Hub::Name> streams;
            for (const RemovedJob& job : jobs) streams.push_back({job.organization_id, stream_of(job.id)});
            if (!streams.empty()) TRY(inside_->hub.remove_each(tx, streams));
            return jobs;
        }));
        if (int64_t(removed.size()) < batch_jobs) return {};
    }
    return {};
}

}  // namespace ry::jobs
