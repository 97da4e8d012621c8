#pragma once
// Prepares and their plans, as the API shows them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/databases/instance_model.h"
#include "modules/databases/state_model.h"
#include "modules/databases/step_model.h"

namespace ry::databases {

DECLARE_ID(PrepareId, "prepare");

constexpr int steps_max = 1'000;  // of one prepare

enum class PrepareStatus { queued, building, done, failed, cancelled };
constexpr std::array<std::string_view, 5> names_of(PrepareStatus) {
    return {"queued", "building", "done", "failed", "cancelled"};
}
constexpr bool has_ended(PrepareStatus status) { return status >= PrepareStatus::done; }

struct Plan {
    std::string image;
    std::string state_id;
    bool cached = false;
    std::vector<StepShown> steps;
    std::vector<std::string> warnings;
    static const Fields& fields() {
        using S = Plan;
        static const Field table[] = {
            field("image", &S::image, "The PostgreSQL that it would run on, with its exact version."),
            field("state_id", &S::state_id, "The state that it would end with."),
            field("cached", &S::cached, "Whether nothing has to be built."),
            field("steps", &S::steps, "Its steps, in order."),
            field("warnings", &S::warnings, "What may make the result vary by itself."),
        };
        static const Fields all{"DatabasePlan", table};
        return all;
    }
};

struct Prepare {
    PrepareId id;
    StateKind kind = StateKind::psql;
    std::string image;
    PrepareStatus status = PrepareStatus::queued;
    std::vector<StepShown> steps;
    bool cached = false;
    std::optional<std::string> state_id;
    std::optional<InstanceId> instance_id;
    std::optional<std::string> dsn;
    std::optional<Failure> failure;
    std::optional<int64_t> ms;
    Time created_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = Prepare;
        static const Field table[] = {
            field("id", &S::id, "Which prepare."),
            field("kind", &S::kind, "Which tool made the steps."),
            field("image", &S::image, "The PostgreSQL that it runs on."),
            field("status", &S::status, "How far it is."),
            field("steps", &S::steps, "Its steps, in order."),
            field("cached", &S::cached, "Whether nothing had to be built."),
            field("state_id", &S::state_id, "The state that it ended with."),
            field("instance_id", &S::instance_id, "The instance that it made."),
            field("dsn", &S::dsn, "How to connect to the instance. Shown to who asked; the list has it not."),
            field("failure", &S::failure, "Why it failed."),
            field("ms", &S::ms, "How long it took."),
            field("created_at", &S::created_at, "When it was asked for."),
            field("ended_at", &S::ended_at, "When it ended."),
        };
        static const Fields all{"Prepare", table};
        return all;
    }
};

// ---- what a person sends

/// A chain that is wanted.
struct PrepareRequest {
    StateKind kind = StateKind::psql;
    std::string image;
    std::optional<std::string> from;
    std::vector<Step> steps;
    std::optional<std::string> name;
    std::optional<int64_t> ttl_ms;
    std::optional<int64_t> lease_ms;
    bool is_deterministic = false;
    static const Fields& fields() {
        using S = PrepareRequest;
        static const Field table[] = {
            field("kind", &S::kind, "What was asked for; each step has the kind of its own tool.", defaulted()),
            field("image", &S::image,
                  "The PostgreSQL that the chain runs on: postgres:15; empty: the newest of the host.",
                  length(0, name_bytes_max), defaulted()),
            field("from", &S::from, "A state or ref to begin with instead of an empty cluster.",
                  length(1, name_bytes_max)),
            field("steps", &S::steps, "The chain, in order.", length(0, steps_max), defaulted()),
            field("name", &S::name, "A name for the instance; one that exists is switched to the state.",
                  length(1, name_bytes_max)),
            field("ttl_ms", &S::ttl_ms, "How long after its last use the instance is kept; 2 hours without it.",
                  range(1000, double(ttl_ms_max))),
            field("lease_ms", &S::lease_ms, "How long the instance is kept in any case, used or not.",
                  range(1000, double(ttl_ms_max))),
            field("is_deterministic", &S::is_deterministic,
                  "Refuse scripts whose result may vary by itself, such as with random().", defaulted()),
        };
        static const Fields all{"PrepareRequest", table};
        return all;
    }
};

struct ListPrepares {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListPrepares;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most; 50 without it.", range(1, 200)),
            field("cursor", &S::cursor, "next_cursor of the page before."),
        };
        static const Fields all{"ListPrepares", table};
        return all;
    }
};

}  // namespace ry::databases
