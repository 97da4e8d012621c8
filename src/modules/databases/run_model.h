#pragma once
// Programs that ran with a database, as the API shows them.
#include <array>

#include "base/fields.h"
#include "modules/databases/instance_model.h"
#include "modules/databases/prepare_model.h"

namespace ry::databases {

DECLARE_ID(DatabaseRunId, "dbrun");

constexpr size_t run_output_bytes_max =
    128 << 10;  ///< of each of the two streams: the beginning and the end of what was written
constexpr size_t run_words_max = 1'000;
constexpr size_t run_word_bytes_max = 64 << 10;
constexpr int runs_kept = 1'000;  ///< of an organization: 256 MiB of output at most; older ones are forgotten
constexpr int64_t run_lease_ms =
    2 * 60'000;  ///< without a word of who runs it, a run is lost, and its own instance goes

enum class RunKind { psql, pgbench, command };
constexpr std::array<std::string_view, 3> names_of(RunKind) { return {"psql", "pgbench", "command"}; }

enum class RunOutcome {
    running,
    done,
    failed,     ///< by its exit code
    timed_out,  ///< ended because of --timeout
    limited,    ///< ended because of --max-rows or --max-bytes
    cancelled,
    lost,  ///< who ran it was killed
};
constexpr std::array<std::string_view, 7> names_of(RunOutcome) {
    return {"running", "done", "failed", "timed_out", "limited", "cancelled", "lost"};
}

struct StartRun {
    RunKind kind = RunKind::command;
    std::vector<std::string> command;
    std::optional<std::string> instance;
    std::optional<std::string> from;
    bool is_own = false;
    std::optional<PrepareId> prepare_id;
    std::optional<DatabaseRunId> compared_to;
    Json provenance{"{}"};
    static const Fields& fields() {
        using S = StartRun;
        static const Field table[] = {
            field("kind", &S::kind, "What runs.", defaulted()),
            field("command", &S::command, "Its words.", length(1, run_words_max)),
            field("instance", &S::instance, "The instance that it runs against, by name, id or ref.",
                  length(1, name_bytes_max)),
            field("from", &S::from, "Instead of one: a state or ref, of which it gets a copy of its own.",
                  length(1, name_bytes_max)),
            field("is_own", &S::is_own, "Drop the instance when the run ends, or who runs it is gone.", defaulted()),
            field("prepare_id", &S::prepare_id, "The prepare that made the instance for it."),
            field("compared_to", &S::compared_to, "The run that it is held against."),
            field("provenance", &S::provenance, "Where what runs comes from: a revision, inputs and their hashes.",
                  defaulted()),
        };
        static const Fields all{"StartDatabaseRun", table};
        return all;
    }
};

struct EndRun {
    RunOutcome outcome = RunOutcome::done;
    int exit_code = 0;
    int64_t ms = 0;
    std::string stdout_text, stderr_text;
    int64_t stdout_bytes = 0, stderr_bytes = 0;
    static const Fields& fields() {
        using S = EndRun;
        static const Field table[] = {
            field("outcome", &S::outcome, "How it ended."),
            field("exit_code", &S::exit_code, "As a shell gives it.", range(0, 255)),
            field("ms", &S::ms, "How long it took.", range(0, 1e15)),
            field("stdout", &S::stdout_text, "What it wrote to standard output, or its beginning and end.",
                  length(0, run_output_bytes_max), defaulted()),
            field("stderr", &S::stderr_text, "What it wrote to standard error, or its beginning and end.",
                  length(0, run_output_bytes_max), defaulted()),
            field("stdout_bytes", &S::stdout_bytes, "How much it wrote to standard output in all.", range(0, 1e15),
                  defaulted()),
            field("stderr_bytes", &S::stderr_bytes, "How much it wrote to standard error in all.", range(0, 1e15),
                  defaulted()),
        };
        static const Fields all{"EndDatabaseRun", table};
        return all;
    }
};

struct Run {
    DatabaseRunId id;
    RunKind kind = RunKind::command;
    std::vector<std::string> command;
    std::string source;
    InstanceId instance_id;
    std::string state_id;
    std::string image;
    bool is_own = false;
    std::optional<PrepareId> prepare_id;
    std::optional<DatabaseRunId> compared_to;
    Json provenance{"{}"};
    RunOutcome outcome = RunOutcome::running;
    std::optional<int> exit_code;
    std::optional<int64_t> ms;
    int64_t stdout_bytes = 0, stderr_bytes = 0;
    Time created_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = Run;
        static const Field table[] = {
            field("id", &S::id, "Which run."),
            field("kind", &S::kind, "What ran."),
            field("command", &S::command, "Its words."),
            field("source", &S::source, "The database that was asked for."),
            field("instance_id", &S::instance_id, "The instance that it ran against."),
            field("state_id", &S::state_id, "The state that the instance was a copy of."),
            field("image", &S::image, "The PostgreSQL that ran it."),
            field("is_own", &S::is_own, "Whether the instance was made for it."),
            field("prepare_id", &S::prepare_id, "The prepare that made the instance for it."),
            field("compared_to", &S::compared_to, "The run that it was held against."),
            field("provenance", &S::provenance, "Where what ran came from."),
            field("outcome", &S::outcome, "How it ended."),
            field("exit_code", &S::exit_code, "Its exit code, as a shell gives it."),
            field("ms", &S::ms, "How long it took."),
            field("stdout_bytes", &S::stdout_bytes, "How much it wrote to standard output."),
            field("stderr_bytes", &S::stderr_bytes, "How much it wrote to standard error."),
            field("created_at", &S::created_at, "When it began."),
            field("ended_at", &S::ended_at, "When it ended."),
        };
        static const Fields all{"DatabaseRun", table};
        return all;
    }
};

/// A run that has begun, and how to connect.
struct StartedRun {
    DatabaseRunId id;
    InstanceId instance_id;
    std::string state_id;
    std::string dsn;
    static const Fields& fields() {
        using S = StartedRun;
        static const Field table[] = {
            field("id", &S::id, "Which run."),
            field("instance_id", &S::instance_id, "The instance that it runs against."),
            field("state_id", &S::state_id, "The state that the instance is a copy of."),
            field("dsn", &S::dsn, "How to connect to it."),
        };
        static const Fields all{"StartedDatabaseRun", table};
        return all;
    }
};

struct ListRuns {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListRuns;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most; 50 without it.", range(1, 200)),
            field("cursor", &S::cursor, "next_cursor of the page before."),
        };
        static const Fields all{"ListDatabaseRuns", table};
        return all;
    }
};

enum class RunStream { stdout_text, stderr_text };
constexpr std::array<std::string_view, 2> names_of(RunStream) { return {"stdout", "stderr"}; }

struct RunOutput {
    RunStream stream = RunStream::stdout_text;
    static const Fields& fields() {
        static const Field table[] = {field("stream", &RunOutput::stream, "Which of the two.", defaulted())};
        static const Fields all{"DatabaseRunOutput", table};
        return all;
    }
};

}  // namespace ry::databases
