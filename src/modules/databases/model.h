#pragma once
// Databases as the API shows them: states, instances, refs, prepares, and what is asked for.
#include <array>

#include "base/fields.h"
#include "kernel/op/op.h"

namespace ry::databases {

DECLARE_ID(InstanceId, "instance");
DECLARE_ID(PrepareId, "prepare");

constexpr size_t name_bytes_max = 100;
constexpr int steps_max = 1'000;                  // of one prepare
constexpr int inputs_max = 10'000;                // files of one step
constexpr size_t parts_max = 4'096;               // of one blob: 16 GiB in parts of 4 MiB
constexpr size_t arguments_max = 1'000;           // of one step
constexpr size_t title_bytes_max = 200;           // of one step
constexpr size_t argument_bytes_max = 512 << 10;  // a whole script may be given with -c; bodies are 1 MiB
constexpr int64_t ttl_ms_default = 2 * 3'600'000;
constexpr int64_t ttl_ms_max = 366LL * 24 * 3'600'000;

enum class StateKind { base, psql, lb, pgbench, dump, snapshot, migrations, clone };
constexpr std::array<std::string_view, 8> names_of(StateKind) {
    return {"base", "psql", "lb", "pgbench", "dump", "snapshot", "migrations", "clone"};
}
constexpr std::string_view name_of(StateKind kind) { return names_of(kind)[size_t(kind)]; }

enum class InstanceStatus {
    starting,
    ready,
    asleep,  ///< nothing runs; the next connection starts it
    failed,
};
constexpr std::array<std::string_view, 4> names_of(InstanceStatus) { return {"starting", "ready", "asleep", "failed"}; }

enum class Origin { prepare, fork, ref, app };
constexpr std::array<std::string_view, 4> names_of(Origin) { return {"prepare", "fork", "ref", "app"}; }

enum class PrepareStatus { queued, building, done, failed, cancelled };
constexpr std::array<std::string_view, 5> names_of(PrepareStatus) {
    return {"queued", "building", "done", "failed", "cancelled"};
}
constexpr bool has_ended(PrepareStatus status) { return status >= PrepareStatus::done; }

/// A file that a step can read. The step sees these files and no others.
struct Input {
    std::string path;
    std::string sha256;
    int64_t bytes = 0;
    static const Fields& fields() {
        using S = Input;
        static const Field table[] = {
            field("path", &S::path, "Where the step finds it: relative to its working directory, or absolute.",
                  length(1, 4096)),
            field("sha256", &S::sha256, "The SHA-256 of its content: 64 hex digits.", length(64, 64)),
            field("bytes", &S::bytes, "Its size.", range(0, 1e15), defaulted()),
        };
        static const Fields all{"DatabaseInput", table};
        return all;
    }
};

/// One step of a chain: a session of psql, a changeset, a pgbench initialisation. A chain may have steps of several
/// kinds.
struct Step {
    StateKind kind = StateKind::psql;
    std::optional<std::string> title;
    std::vector<std::string> arguments;
    std::optional<std::string> stdin_text;
    std::vector<Input> inputs;
    static const Fields& fields() {
        using S = Step;
        static const Field table[] = {
            field("kind", &S::kind, "Which tool makes it.", defaulted()),
            field("title", &S::title, "What it is called in plans, instead of its arguments; no part of its key.",
                  length(1, title_bytes_max)),
            field("arguments", &S::arguments,
                  "The tool's arguments; psql's with one source: -f FILE, -c TEXT, or -f - for stdin.",
                  length(0, arguments_max)),
            field("stdin", &S::stdin_text, "What it reads from standard input.", length(0, argument_bytes_max)),
            field("inputs", &S::inputs, "The files that it may read. It sees no others.", length(0, inputs_max),
                  defaulted()),
        };
        static const Fields all{"DatabaseStep", table};
        return all;
    }
};

/// A content too large for one request, put together from what was sent in parts.
struct JoinBlobs {
    std::string sha256;
    std::vector<std::string> parts;
    static const Fields& fields() {
        using S = JoinBlobs;
        static const Field table[] = {
            field("sha256", &S::sha256, "The SHA-256 of the whole: 64 hex digits.", length(64, 64)),
            field("parts", &S::parts, "The SHA-256 of each part, in order; parts are not kept.", length(1, parts_max)),
        };
        static const Fields all{"JoinBlobs", table};
        return all;
    }
};

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

/// A step of a plan or of a prepare that ran.
struct StepShown {
    std::string state_id;
    std::string title;
    bool cached = false;
    std::optional<std::string> reason;
    std::optional<int64_t> ms;
    static const Fields& fields() {
        using S = StepShown;
        static const Field table[] = {
            field("state_id", &S::state_id, "The state that it makes."),
            field("title", &S::title, "What it does, in a few words."),
            field("cached", &S::cached, "Whether the state was there already."),
            field("reason", &S::reason,
                  "Why it was not: never_built, changeset_changed, properties_changed, left_out (a changeset that "
                  "Liquibase did not run), input_changed: FILE, arguments_changed, parent_changed, image_changed, "
                  "evicted."),
            field("ms", &S::ms, "How long it took; of a step that is not built yet, how long it took the last time."),
        };
        static const Fields all{"DatabaseStepShown", table};
        return all;
    }
};

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

/// Why a step failed, as exactly as the server said it.
struct Failure {
    std::string message;
    std::optional<int64_t> step;
    std::optional<std::string> file;
    std::optional<int64_t> line;
    std::optional<std::string> statement;
    std::optional<std::string> sqlstate;
    std::optional<std::string> detail;
    std::optional<std::string> hint;
    std::optional<int64_t> position;
    std::optional<std::string> output;
    static const Fields& fields() {
        using S = Failure;
        static const Field table[] = {
            field("message", &S::message, "What went wrong, and what to do."),
            field("step", &S::step, "Which step, from 1."),
            field("file", &S::file, "The file in which."),
            field("line", &S::line, "The line in which."),
            field("statement", &S::statement, "The statement that failed, or its beginning."),
            field("sqlstate", &S::sqlstate, "PostgreSQL's code."),
            field("detail", &S::detail, "PostgreSQL's detail."),
            field("hint", &S::hint, "PostgreSQL's hint."),
            field("position", &S::position, "Of a query: at which character of what was sent, from 1."),
            field("output", &S::output, "The last lines of the tool's output."),
        };
        static const Fields all{"DatabaseFailure", table};
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

struct State {
    std::string id;
    std::optional<std::string> parent_id;
    std::string image;
    StateKind kind = StateKind::base;
    std::string title;
    int64_t bytes = 0;
    int64_t build_ms = 0;
    int64_t uses = 0;
    int64_t instances = 0;
    std::vector<std::string> refs;
    Time created_at;
    Time last_used_at;
    static const Fields& fields() {
        using S = State;
        static const Field table[] = {
            field("id", &S::id,
                  "The key of what made it: 64 hex digits; a unique beginning of 8 or more is enough to name it."),
            field("parent_id", &S::parent_id, "The state that its step began with."),
            field("image", &S::image, "The PostgreSQL that made it."),
            field("kind", &S::kind, "What made it."),
            field("title", &S::title, "Its step, in a few words."),
            field("bytes", &S::bytes, "What it added to the disk when it was made."),
            field("build_ms", &S::build_ms, "How long it took to build."),
            field("uses", &S::uses, "How often it was handed out."),
            field("instances", &S::instances, "How many instances are copies of it."),
            field("refs", &S::refs, "The refs that name it."),
            field("created_at", &S::created_at, "When it was built."),
            field("last_used_at", &S::last_used_at, "When it was handed out last."),
        };
        static const Fields all{"DatabaseState", table};
        return all;
    }
};

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

/// A named handle on a state.
struct Ref {
    std::string name;
    std::string state_id;
    std::vector<std::string> tags;
    bool is_pinned = false;
    std::optional<Time> keep_until;
    Time created_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Ref;
        static const Field table[] = {
            field("name", &S::name, "Its name, such as shop@main; it works in connection strings."),
            field("state_id", &S::state_id, "The state that it names."),
            field("tags", &S::tags, "Its tags."),
            field("is_pinned", &S::is_pinned, "Whether the state is kept for ever."),
            field("keep_until", &S::keep_until, "Until when the state is kept at least."),
            field("created_at", &S::created_at, "When it was made."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Ref", table};
        return all;
    }
};

/// A clone that was taken of a running server, as it was taken last.
struct Clone {
    std::string title;
    std::string state_id;
    std::string sha256;
    int64_t bytes = 0;
    Time created_at;
    static const Fields& fields() {
        using S = Clone;
        static const Field table[] = {
            field("title", &S::title, "What was cloned: user, host and database, and which part of it."),
            field("state_id", &S::state_id, "The state that its dump made."),
            field("sha256", &S::sha256, "The SHA-256 of its dump."),
            field("bytes", &S::bytes, "The size of its dump."),
            field("created_at", &S::created_at, "When the state was built."),
        };
        static const Fields all{"DatabaseClone", table};
        return all;
    }
};

struct ListClones {
    std::optional<std::string> title;
    static const Fields& fields() {
        static const Field table[] = {
            field("title", &ListClones::title, "Of this title only.", length(1, title_bytes_max))};
        static const Fields all{"ListClones", table};
        return all;
    }
};

struct SetRef {
    std::string state_id;
    std::vector<std::string> tags;
    std::optional<bool> is_pinned;
    std::optional<int64_t> keep_ms;
    static const Fields& fields() {
        using S = SetRef;
        static const Field table[] = {
            field("state_id", &S::state_id,
                  "The state that it shall name, by a unique beginning of its id, or by another ref.",
                  length(1, name_bytes_max), positional()),
            field("tags", &S::tags, "Its tags.", length(0, 20), defaulted()),
            field("is_pinned", &S::is_pinned, "Keep the state for ever."),
            field("keep_ms", &S::keep_ms, "Keep the state at least so long.", range(0, double(ttl_ms_max))),
        };
        static const Fields all{"SetRef", table};
        return all;
    }
};

struct PinRef {
    std::optional<int64_t> keep_ms;
    static const Fields& fields() {
        static const Field table[] = {field("keep_ms", &PinRef::keep_ms,
                                            "Keep the state at least so long, instead of for ever.",
                                            range(0, double(ttl_ms_max)))};
        static const Fields all{"PinDatabaseRef", table};
        return all;
    }
};

struct Image {
    std::string name;
    std::string version;
    std::string digest;
    std::string source;
    static const Fields& fields() {
        using S = Image;
        static const Field table[] = {
            field("name", &S::name, "Its name: postgres:15."),
            field("version", &S::version, "The exact version."),
            field("digest", &S::digest, "The hash of its binaries."),
            field("source", &S::source, "Where it comes from: host, or added."),
        };
        static const Fields all{"DatabaseImage", table};
        return all;
    }
};

struct ListStates {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListStates;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most.", range(1, 200)),
            field("cursor", &S::cursor, "next_cursor of the page before."),
        };
        static const Fields all{"ListStates", table};
        return all;
    }
};

/// A database of an instance's cluster.
struct ClusterDatabase {
    std::string name;
    int64_t bytes = 0;
    static const Fields& fields() {
        using S = ClusterDatabase;
        static const Field table[] = {
            field("name", &S::name, "Its name; a connection string has it behind the instance's, as in shop:billing."),
            field("bytes", &S::bytes, "What it takes."),
        };
        static const Fields all{"ClusterDatabase", table};
        return all;
    }
};

struct QueryInstance {
    std::string sql;
    std::string database = "postgres";
    std::vector<std::string> parameters;
    bool is_read_only = false;
    std::optional<int> rows_max;
    std::optional<int64_t> timeout_ms;
    static const Fields& fields() {
        using S = QueryInstance;
        static const Field table[] = {
            field("sql", &S::sql, "One or more statements; one when there are parameters, and when it is read only.",
                  length(1, 500'000), positional()),
            field("database", &S::database, "Which database of its cluster.", length(1, 63), defaulted()),
            field("parameters", &S::parameters, "Values of $1, $2 … in it.", defaulted(), length(0, 1'000)),
            field("is_read_only", &S::is_read_only, "Whether it may change nothing.", defaulted()),
            field("rows_max", &S::rows_max, "How many rows of each result at most; 1,000 without it.",
                  range(1, 10'000)),
            field("timeout_ms", &S::timeout_ms, "How long it may take; 30 s without it.", range(1, 600'000)),
        };
        static const Fields all{"QueryInstance", table};
        return all;
    }
};

struct QueryResult {
    std::string command;
    std::vector<std::string> columns;
    std::vector<std::string> types;
    Json rows{"[]"};
    int64_t rows_count = 0;
    bool is_truncated = false;
    static const Fields& fields() {
        using S = QueryResult;
        static const Field table[] = {
            field("command", &S::command, "What PostgreSQL says was done: SELECT 3."),
            field("columns", &S::columns, "The columns' names."),
            field("types", &S::types, "The columns' types."),
            field("rows", &S::rows, "The rows: arrays of texts, null where SQL has null."),
            field("rows_count", &S::rows_count, "How many rows there were."),
            field("is_truncated", &S::is_truncated, "Whether rows were left out."),
        };
        static const Fields all{"QueryResult", table};
        return all;
    }
};

struct QueryAnswer {
    std::vector<QueryResult> results;
    std::vector<std::string> notices;
    std::optional<Failure> failure;
    int64_t ms = 0;
    static const Fields& fields() {
        using S = QueryAnswer;
        static const Field table[] = {
            field("results", &S::results, "A result for each statement that was carried out."),
            field("notices", &S::notices, "What the server said besides, such as RAISE NOTICE, in order."),
            field("failure", &S::failure, "Why the next one failed."),
            field("ms", &S::ms, "How long it took."),
        };
        static const Fields all{"QueryAnswer", table};
        return all;
    }
};

struct AddImage {
    std::string name;
    std::string path;
    static const Fields& fields() {
        using S = AddImage;
        static const Field table[] = {
            field("name", &S::name, "Its name: postgres:17.", length(1, name_bytes_max), positional()),
            field("path", &S::path,
                  "A directory or tar archive on the server's machine that holds bin/postgres and bin/initdb.",
                  length(1, 4096), positional()),
        };
        static const Fields all{"AddImage", table};
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

struct ListRefs {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListRefs;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most; 50 without it.", range(1, 200)),
            field("cursor", &S::cursor, "next_cursor of the page before."),
        };
        static const Fields all{"ListRefs", table};
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

struct CacheStatus {
    std::string backend;
    std::string why;
    int64_t states = 0;
    int64_t bytes = 0;
    int64_t bytes_max = 0;
    int64_t bytes_free = 0;
    int64_t bytes_reclaimable = 0;
    int64_t evicted = 0;
    std::optional<Time> last_evicted_at;
    int64_t hits = 0;
    int64_t misses = 0;
    int64_t saved_ms = 0;
    int64_t warm = 0;
    static const Fields& fields() {
        using S = CacheStatus;
        static const Field table[] = {
            field("backend", &S::backend, "How copies are made."),
            field("why", &S::why, "What a copy costs here, and why there is no better way."),
            field("states", &S::states, "How many states there are, of databases and of packages."),
            field("bytes", &S::bytes, "What they take on the disk."),
            field("bytes_max", &S::bytes_max, "What they may take."),
            field("bytes_free", &S::bytes_free, "What is free on the disk."),
            field("bytes_reclaimable", &S::bytes_reclaimable, "What could be evicted now."),
            field("evicted", &S::evicted, "How many were evicted so far."),
            field("last_evicted_at", &S::last_evicted_at, "When one was evicted last."),
            field("hits", &S::hits, "Steps that were there already, since the server started."),
            field("misses", &S::misses, "Steps that had to be built, since the server started."),
            field("saved_ms", &S::saved_ms, "What the hits would have taken to build."),
            field("warm", &S::warm, "How many copies run already for whoever asks next."),
        };
        static const Fields all{"CacheStatus", table};
        return all;
    }
};

}  // namespace ry::databases
