#pragma once
// Instances, as the API shows them, and what they may use.
#include <array>
#include <optional>
#include <string>

#include "base/fields.h"
#include "kernel/op/op.h"

namespace ry::databases {

DECLARE_ID(InstanceId, "instance");

constexpr size_t name_bytes_max = 100;
constexpr int64_t ttl_ms_default = 2 * 3'600'000;
constexpr int64_t ttl_ms_max = 366LL * 24 * 3'600'000;

enum class InstanceStatus {
    starting,
    ready,
    asleep,  ///< nothing runs; the next connection starts it
    failed,
};
constexpr std::array<std::string_view, 4> names_of(InstanceStatus) { return {"starting", "ready", "asleep", "failed"}; }

enum class Origin { prepare, fork, ref, app };
constexpr std::array<std::string_view, 4> names_of(Origin) { return {"prepare", "fork", "ref", "app"}; }

struct Instance {
    InstanceId id;
    std::optional<std::string> name;
    std::string state_id;
    std::string image;
    InstanceStatus status = InstanceStatus::starting;
    std::optional<std::string> error;
    std::optional<std::string> warning;
    Origin origin = Origin::prepare;
    std::optional<std::string> dsn;
    int64_t ttl_ms = ttl_ms_default;
    std::optional<Time> lease_until;
    Time created_at;
    Time last_used_at;
    std::optional<Time> expires_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Instance;
        static const Field table[] = {
            field("id", &S::id, "Which instance."),
            field("name", &S::name, "Its name, which also works in connection strings."),
            field("state_id", &S::state_id, "The state that it is a copy of."),
            field("image", &S::image, "The PostgreSQL that runs it."),
            field("status", &S::status, "Whether it runs. One that is asleep starts with the next connection."),
            field("error", &S::error, "Why it failed, or ended by itself."),
            field("warning", &S::warning,
                  "What will happen to it, and what to do: its time is nearly over, or it has grown as far as it may."),
            field("origin", &S::origin, "What made it."),
            field("dsn", &S::dsn, "How to connect to it. Lists have it not."),
            field("ttl_ms", &S::ttl_ms, "How long after its last use it is kept."),
            field("lease_until", &S::lease_until, "Until when it is kept in any case."),
            field("created_at", &S::created_at, "When it was made."),
            field("last_used_at", &S::last_used_at, "When somebody was connected last."),
            field("expires_at", &S::expires_at,
                  "When it is dropped unless it is used before; absent: it lives as long as the branch of the app "
                  "whose database it is."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Instance", table};
        return all;
    }
};

/// What instances may use. Each has the first five of its own.
struct Limits {
    int64_t memory_mb_max = 0;
    int64_t processes_max = 0;
    int64_t connections_max = 0;
    int64_t disk_mb_max = 0;
    int64_t cpu_percent_max = 0;
    int64_t running = 0;
    int64_t running_max = 0;
    int64_t instances = 0;
    int64_t instances_max = 0;
    static const Fields& fields() {
        using S = Limits;
        static const Field table[] = {
            field("memory_mb_max", &S::memory_mb_max, "The memory of an instance, in MiB."),
            field("processes_max", &S::processes_max, "The processes of an instance."),
            field("connections_max", &S::connections_max, "The connections to an instance."),
            field("disk_mb_max", &S::disk_mb_max,
                  "What an instance may take beyond its state, in MiB: databases_instance_disk_mb_max."),
            field("cpu_percent_max", &S::cpu_percent_max,
                  "What an instance may use of one processor, in percent: databases_instance_cpu_percent_max; 0: no "
                  "bound."),
            field("running", &S::running, "How many run now, of all organizations."),
            field("running_max", &S::running_max, "How many may run at once: databases_running_max."),
            field("instances", &S::instances, "How many the organization has."),
            field("instances_max", &S::instances_max, "How many it may have: databases_max."),
        };
        static const Fields all{"DatabaseLimits", table};
        return all;
    }
};

// ---- what a person sends

struct ChangeInstance {
    std::optional<std::string> name;
    std::optional<int64_t> ttl_ms;
    std::optional<int64_t> lease_ms;
    static const Fields& fields() {
        using S = ChangeInstance;
        static const Field table[] = {
            field("name", &S::name, "Its new name.", length(1, name_bytes_max)),
            field("ttl_ms", &S::ttl_ms, "How long after its last use it is kept.", range(1000, double(ttl_ms_max))),
            field("lease_ms", &S::lease_ms, "From now on, how long it is kept in any case.",
                  range(1000, double(ttl_ms_max))),
        };
        static const Fields all{"ChangeInstance", table};
        return all;
    }
};

struct ForkInstance {
    std::optional<std::string> name;
    std::optional<int64_t> ttl_ms;
    static const Fields& fields() {
        using S = ForkInstance;
        static const Field table[] = {
            field("name", &S::name, "A name for the copy.", length(1, name_bytes_max)),
            field("ttl_ms", &S::ttl_ms, "How long after its last use the copy is kept.",
                  range(1000, double(ttl_ms_max))),
        };
        static const Fields all{"ForkInstance", table};
        return all;
    }
};

struct SnapshotInstance {
    std::string ref;
    static const Fields& fields() {
        static const Field table[] = {field("ref", &SnapshotInstance::ref, "The ref that names the new state.",
                                            length(1, name_bytes_max), positional())};
        static const Fields all{"SnapshotInstance", table};
        return all;
    }
};

struct SwitchInstance {
    std::string to;
    static const Fields& fields() {
        static const Field table[] = {field("to", &SwitchInstance::to,
                                            "The state or ref whose copy the instance becomes.",
                                            length(1, name_bytes_max), positional())};
        static const Fields all{"SwitchInstance", table};
        return all;
    }
};

struct ListInstances {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListInstances;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most; 50 without it.", range(1, 200)),
            field("cursor", &S::cursor, "next_cursor of the page before."),
        };
        static const Fields all{"ListInstances", table};
        return all;
    }
};

struct OpenInstance {
    std::string name;
    std::optional<int64_t> ttl_ms;
    static const Fields& fields() {
        using S = OpenInstance;
        static const Field table[] = {
            field("name", &S::name, "An instance by name or id, or a ref.", length(1, name_bytes_max), positional()),
            field("ttl_ms", &S::ttl_ms, "How long after its last use it is kept.", range(1000, double(ttl_ms_max))),
        };
        static const Fields all{"OpenInstance", table};
        return all;
    }
};

}  // namespace ry::databases
