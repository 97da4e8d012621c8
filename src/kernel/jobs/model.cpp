#include "kernel/jobs/model.h"

#include "kernel/jobs/jobs.h"

namespace ry::jobs {
namespace {

/// The fields of Job, then `more`.
std::vector<Field> with_job(std::initializer_list<Field> more) {
    std::vector<Field> table(Job::fields().list.begin(), Job::fields().list.end());
    table.insert(table.end(), more);
    return table;
}

}  // namespace

const Fields& Job::fields() {
    using S = Job;
    static const Field table[] = {
        field("id", &S::id, "The job."),
        field("kind", &S::kind, "What it does: <module>.<verb>."),
        field("status", &S::status, "Where it is in its life."),
        field("attempt", &S::attempt, "Which try this is; 0 before the first."),
        field("attempts_max", &S::attempts_max, "After this many tries it has failed."),
        field("progress", &S::progress, "From 0 to 1."),
        field("message", &S::message, "What is being done."),
        field("error", &S::error, "Why the last try did not succeed."),
        field("subject", &S::subject, "What it is about: chat:chat_… and the like."),
        field("result", &S::result, "What it yielded."),
        field("created_at", &S::created_at, "When it was asked for."),
        field("started_at", &S::started_at, "When its last try began."),
        field("ended_at", &S::ended_at, "When it ended."),
    };
    static const Fields all{"Job", table};
    return all;
}

const Fields& OwnedJob::fields() {
    static const std::vector<Field> table = with_job({field("organization_id", &OwnedJob::organization_id, "The tenant.")});
    static const Fields all{"OwnedJob", table};
    return all;
}

const Fields& RemovedJob::fields() {
    static const Field table[] = {field("organization_id", &RemovedJob::organization_id, "The tenant."), field("id", &RemovedJob::id, "The job.")};
    static const Fields all{"RemovedJob", table};
    return all;
}

const Fields& Claimed::fields() {
    using S = Claimed;
    static const std::vector<Field> table = with_job({
        field("organization_id", &S::organization_id, "The tenant."),
        field("queue", &S::queue, "Where it waited."),
        field("timeout_ms", &S::timeout_ms, "How long a try may take."),
        field("argument", &S::argument, "What is to be done."),
        field("user_id", &S::user_id, "Who asked."),
        field("request_id", &S::request_id, "In which request."),
        field("trace_id", &S::trace_id, "The trace it hangs from."),
        field("is_cancel_requested", &S::is_cancel_requested, "Whether somebody wants it stopped."),
    });
    static const Fields all{"Claimed", table};
    return all;
}

const Fields& ListJobs::fields() {
    using S = ListJobs;
    static const Field table[] = {
        field("status", &S::status, "Only jobs with this status."),
        field("subject", &S::subject, "Only jobs about this.", length(1, 200)),
        field("limit", &S::limit, "How many at most; 50 without it.", range(1, 200)),
        field("cursor", &S::cursor, "Where the page before ended."),
    };
    static const Fields all{"ListJobs", table};
    return all;
}

}  // namespace ry::jobs
