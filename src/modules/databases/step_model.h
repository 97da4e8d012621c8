#pragma once
// Steps of a chain: what is asked for, what is shown of them, and why one failed.
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "modules/databases/state_model.h"

namespace ry::databases {

constexpr int inputs_max = 10'000;                // files of one step
constexpr size_t arguments_max = 1'000;           // of one step
constexpr size_t title_bytes_max = 200;           // of one step
constexpr size_t argument_bytes_max = 512 << 10;  // a whole script may be given with -c; bodies are 1 MiB

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

}  // namespace ry::databases
