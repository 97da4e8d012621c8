#pragma once
// Op: who asks, on whose land, until when, and the trace it hangs from; the first argument of everything that acts.
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

namespace ry {

DECLARE_ID(OrganizationId, "org");
DECLARE_ID(WorkspaceId, "ws");
DECLARE_ID(ProjectId, "proj");
DECLARE_ID(UserId, "user");

/// A moment of the steady clock after which nobody waits for the answer.
struct Deadline {
    int64_t at_ms = INT64_MAX;  ///< steady_ms()
    static Deadline in_ms(int64_t ms) { return {steady_ms() + ms}; }
    static Deadline never() { return {}; }
    int64_t left_ms() const { return at_ms == INT64_MAX ? INT64_MAX : at_ms - steady_ms(); }
    bool passed() const { return left_ms() <= 0; }
    Deadline sooner(Deadline other) const { return at_ms < other.at_ms ? *this : other; }
};

enum class ActorKind { person, token, job, server };

struct Actor {
    ActorKind kind = ActorKind::server;
    UserId user;                ///< nil when the server itself acts
    std::string address = {};   ///< where from: the client's IP address
};

/// A value; copied into jobs. Functions that wait look at `deadline` and `stop` and return timed_out or cancelled.
struct Op {
    Actor actor;
    OrganizationId organization;  ///< the tenant: every query of this Op sees this organization and no other
    ProjectId project = {};       ///< the caller's own: what they make belongs to it unless they name another; nil for the server and for jobs
    std::string request_id;       ///< also the `instance` of problem documents
    std::string object = {};      ///< what the audit row names: "<kind>:<id>", of the last id in the request's address, or of what is made
    std::string trace_id;         ///< W3C trace id, 32 hex digits
    Deadline deadline;
    std::stop_token stop;

    /// cancelled or timed_out when the Op should end now.
    Result<void> still_wanted() const {
        if (stop.stop_requested()) return fail(Code::cancelled, "the operation was cancelled");
        if (deadline.passed()) return fail(Code::timed_out, "the operation's deadline passed; try again, or ask for less");
        return {};
    }
};

/// An Op of the server itself, outside any organization (start-up, maintenance).
Op server_op(std::string request_id);

}  // namespace ry
