#pragma once
// Inside: rows of the module's tables that are more than what the API shows.
#include "kernel/jobs/model.h"
#include "modules/databases/instance_model.h"
#include "modules/databases/prepare_model.h"
#include "modules/databases/run_model.h"
#include "modules/databases/state_model.h"
#include "modules/databases/step_model.h"

namespace ry::databases {

using jobs::JobId;

struct StateRow {
    std::string id;
    std::optional<std::string> parent_id;
    std::string image, image_digest;
    StateKind kind = StateKind::base;
    std::string outline;
    Json step{"{}"};
    int64_t bytes = 0;
    int64_t build_ms = 0;
    Time created_at;
    static const Fields& fields() {
        using S = StateRow;
        static const Field table[] = {
            field("id", &S::id, ""), field("parent_id", &S::parent_id, ""), field("image", &S::image, ""),
            field("image_digest", &S::image_digest, ""), field("kind", &S::kind, ""), field("outline", &S::outline, ""),
            field("step", &S::step, ""), field("bytes", &S::bytes, ""), field("build_ms", &S::build_ms, ""), field("created_at", &S::created_at, ""),
        };
        static const Fields all{"DatabaseStateRow", table};
        return all;
    }
};

/// A state among those that come from one.
struct StateInLine {
    std::string id;
    std::optional<std::string> parent_id;
    std::string title;
    int64_t pins = 0;
    static const Fields& fields() {
        using S = StateInLine;
        static const Field table[] = {field("id", &S::id, ""), field("parent_id", &S::parent_id, ""), field("title", &S::title, ""), field("pins", &S::pins, "")};
        static const Fields all{"StateInLine", table};
        return all;
    }
};

struct HeldInstance {
    InstanceId id;
    std::optional<std::string> name;
    std::string state_id;
    Origin origin = Origin::prepare;
    static const Fields& fields() {
        using S = HeldInstance;
        static const Field table[] = {field("id", &S::id, ""), field("name", &S::name, ""), field("state_id", &S::state_id, ""), field("origin", &S::origin, "")};
        static const Fields all{"HeldInstance", table};
        return all;
    }
};

struct StateTasks {
    std::string state_id;
    int64_t tasks = 0;
    static const Fields& fields() {
        using S = StateTasks;
        static const Field table[] = {field("state_id", &S::state_id, ""), field("tasks", &S::tasks, "")};
        static const Fields all{"StateTasks", table};
        return all;
    }
};

struct UnneededState {
    std::string id;
    int64_t bytes = 0;
    static const Fields& fields() {
        using S = UnneededState;
        static const Field table[] = {field("id", &S::id, ""), field("bytes", &S::bytes, "")};
        static const Fields all{"UnneededState", table};
        return all;
    }
};

struct Expected {
    std::string outline;
    int64_t build_ms = 0;
    static const Fields& fields() {
        using S = Expected;
        static const Field table[] = {field("outline", &S::outline, ""), field("build_ms", &S::build_ms, "")};
        static const Fields all{"ExpectedStep", table};
        return all;
    }
};

struct InstanceRow {
    InstanceId id;
    OrganizationId organization_id;
    std::optional<std::string> name;
    std::string state_id, image;
    InstanceStatus status = InstanceStatus::starting;
    std::optional<std::string> error;
    Origin origin = Origin::prepare;
    std::optional<InstanceId> parent_id;
    std::string verifier;
    int64_t ttl_ms = 0;
    std::optional<Time> lease_until;
    Time created_at, last_used_at;
    std::optional<Time> expires_at;
    bool is_expiring = false;  // people were told that its time is nearly over
    bool is_full = false;      // it takes all the room that it may
    int64_t version = 1;
    static const Fields& fields() {
        using S = InstanceRow;
        static const Field table[] = {
            field("id", &S::id, ""), field("organization_id", &S::organization_id, ""), field("name", &S::name, ""),
            field("state_id", &S::state_id, ""), field("image", &S::image, ""), field("status", &S::status, ""),
            field("error", &S::error, ""), field("origin", &S::origin, ""), field("parent_id", &S::parent_id, ""),
            field("verifier", &S::verifier, ""), field("ttl_ms", &S::ttl_ms, ""), field("lease_until", &S::lease_until, ""),
            field("created_at", &S::created_at, ""), field("last_used_at", &S::last_used_at, ""), field("expires_at", &S::expires_at, ""),
            field("is_expiring", &S::is_expiring, ""), field("is_full", &S::is_full, ""), field("version", &S::version, ""),
        };
        static const Fields all{"DatabaseInstanceRow", table};
        return all;
    }
};

/// An instance with its tenant, for the kernel's duties across organizations.
struct OwnedInstance {
    InstanceId id;
    OrganizationId organization_id;
    static const Fields& fields() {
        using S = OwnedInstance;
        static const Field table[] = {field("id", &S::id, ""), field("organization_id", &S::organization_id, "")};
        static const Fields all{"OwnedInstance", table};
        return all;
    }
};

struct OwnedRef {
    OrganizationId organization_id;
    std::string name, state_id;
    static const Fields& fields() {
        using S = OwnedRef;
        static const Field table[] = {field("organization_id", &S::organization_id, ""), field("name", &S::name, ""), field("state_id", &S::state_id, "")};
        static const Fields all{"OwnedRef", table};
        return all;
    }
};

struct PrepareRow {
    PrepareId id;
    StateKind kind = StateKind::psql;
    std::string image;
    Json request{"{}"};
    PrepareStatus status = PrepareStatus::queued;
    std::vector<StepShown> steps;
    std::optional<std::string> state_id;
    std::optional<InstanceId> instance_id;
    std::optional<Failure> failure;
    std::optional<JobId> job_id;
    std::optional<int64_t> ms;
    Time created_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = PrepareRow;
        static const Field table[] = {
            field("id", &S::id, ""), field("kind", &S::kind, ""), field("image", &S::image, ""), field("request", &S::request, ""),
            field("status", &S::status, ""), field("steps", &S::steps, ""), field("state_id", &S::state_id, ""),
            field("instance_id", &S::instance_id, ""), field("failure", &S::failure, ""), field("job_id", &S::job_id, ""),
            field("ms", &S::ms, ""), field("created_at", &S::created_at, ""), field("ended_at", &S::ended_at, ""),
        };
        static const Fields all{"PrepareRow", table};
        return all;
    }
};

}  // namespace ry::databases
