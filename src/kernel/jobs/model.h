#pragma once
// Jobs as values: what the API shows and what the tables keep.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "kernel/op/op.h"

namespace ry::jobs {

DECLARE_ID(JobId, "job");
DECLARE_ID(RunnerId, "runner");

enum class Status {
    queued,     ///< waits for its time and for a worker
    running,    ///< a worker has it
    done,
    failed,     ///< gave up; `error` says why
    cancelled,  ///< a person stopped it
};
constexpr std::array<std::string_view, 5> names_of(Status) { return {"queued", "running", "done", "failed", "cancelled"}; }
constexpr bool has_ended(Status status) { return status == Status::done || status == Status::failed || status == Status::cancelled; }

/// A job as a person sees it.
struct Job {
    JobId id;
    std::string kind;
    Status status = Status::queued;
    int attempt = 0;
    int attempts_max = 1;
    double progress = 0;
    std::optional<std::string> message;
    std::optional<std::string> error;
    std::optional<std::string> subject;
    std::optional<Json> result;
    Time created_at;
    std::optional<Time> started_at;
    std::optional<Time> ended_at;
    static const Fields& fields();
};

/// A job with its tenant, for the kernel's duties across organizations.
struct OwnedJob : Job {
    OrganizationId organization_id;
    static const Fields& fields();
};

/// A job that is not kept any longer.
struct RemovedJob {
    OrganizationId organization_id;
    JobId id;
    static const Fields& fields();
};

/// A job as a worker gets it.
struct Claimed : Job {
    OrganizationId organization_id;
    std::string queue;
    int64_t timeout_ms = 0;
    Json argument;
    std::optional<UserId> user_id;
    std::string request_id;
    std::string trace_id;
    bool is_cancel_requested = false;
    static const Fields& fields();
};

}  // namespace ry::jobs
