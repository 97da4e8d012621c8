#pragma once
// Runs of pipelines, as the API shows them and as the database's rows hold them.
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/jobs/model.h"
#include "kernel/op/op.h"
#include "modules/chats/ids.h"
#include "modules/chats/pipelines/definition.h"

namespace ry::chats {

DECLARE_ID(EffectId, "effect");
using jobs::JobId;
using pipelines::StepStatus;
using pipelines::Trigger;

/// A step of a run.
struct Step {
    StepId id;
    std::string step;
    std::string type;
    StepStatus status = StepStatus::waiting;
    Json input;
    Json output;
    std::optional<std::string> error;
    std::optional<std::string> reason;
    int64_t attempt = 0;
    std::optional<Time> started_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = Step;
        static const Field table[] = {
            field("id", &S::id, "Which step run."),
            field("step", &S::step, "Its id in the pipeline's definition."),
            field("type", &S::type, "Its type."),
            field("status", &S::status, "How far it is."),
            field("input", &S::input, "What it was given."),
            field("output", &S::output, "What it gave."),
            field("error", &S::error, "Why it, or its last try, failed and what to do."),
            field("reason", &S::reason, "Why it was skipped."),
            field("attempt", &S::attempt, "Which try is or was the last."),
            field("started_at", &S::started_at, "When it started."),
            field("ended_at", &S::ended_at, "When it ended."),
        };
        static const Fields all{"Step", table};
        return all;
    }
};

struct Run {
    RunId id;
    std::optional<ChatId> chat_id;
    std::optional<GenerationId> generation_id;
    std::optional<PipelineId> pipeline_id;
    std::optional<int64_t> pipeline_number;
    std::optional<RunId> retried_run_id;
    Trigger trigger = Trigger::user_message;
    StepStatus status = StepStatus::waiting;
    Json input{"{}"};
    std::optional<std::string> error;
    std::vector<Step> steps;
    Time created_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = Run;
        static const Field table[] = {
            field("id", &S::id, "Which pipeline run."),
            field("chat_id", &S::chat_id, "Its chat."),
            field("generation_id", &S::generation_id, "The generation that it made, when it answers."),
            field("pipeline_id", &S::pipeline_id, "Its pipeline; absent for the built-in one."),
            field("pipeline_number", &S::pipeline_number, "The version of the pipeline that it runs."),
            field("retried_run_id", &S::retried_run_id, "The run that it repeats from a step on."),
            field("trigger", &S::trigger, "Why it ran."),
            field("status", &S::status, "How far it is."),
            field("input", &S::input, "What it was given."),
            field("error", &S::error, "Why it failed and what to do."),
            field("steps", &S::steps, "Its step runs, in order.", defaulted()),
            field("created_at", &S::created_at, "When it was asked for."),
            field("ended_at", &S::ended_at, "When it ended."),
        };
        static const Fields all{"Run", table};
        return all;
    }
};

/// What a step changed outside of itself.
struct RunEffect {
    EffectId id;
    RunId run_id;
    std::string step;
    pipelines::EffectType type = pipelines::EffectType::publish_artifact;
    pipelines::Effect effect;
    Time created_at;
    std::optional<Time> undone_at;
    static const Fields& fields() {
        using S = RunEffect;
        static const Field table[] = {
            field("id", &S::id, "Which effect."),
            field("run_id", &S::run_id, "Its run."),
            field("step", &S::step, "The step that had it."),
            field("type", &S::type, "What it changed."),
            field("effect", &S::effect, "As its definition says, with its text rendered."),
            field("created_at", &S::created_at, "When it was applied."),
            field("undone_at", &S::undone_at, "When it was undone."),
        };
        static const Fields all{"RunEffect", table};
        return all;
    }
};

// ---- what a person sends

struct StartRun {
    std::optional<ChatId> chat_id;
    std::optional<Json> input;
    std::optional<Trigger> trigger;
    std::optional<int64_t> number;
    static const Fields& fields() {
        using S = StartRun;
        static const Field table[] = {
            field("chat_id", &S::chat_id, "The chat whose values its texts may name."),
            field("input", &S::input, "What it is given, as {{ input.… }}: an object."),
            field("trigger", &S::trigger, "manual (also when absent) or api."),
            field("number", &S::number, "The version to run; the newest when absent.", range(1, 1e9)),
        };
        static const Fields all{"StartRun", table};
        return all;
    }
};

struct RetryRun {
    std::string step;
    static const Fields& fields() {
        using S = RetryRun;
        static const Field table[] = {
            field("step", &S::step, "The step from which on it runs again; what is before it keeps what it yielded.",
                  length(1, pipelines::name_bytes_max), positional()),
        };
        static const Fields all{"RetryRun", table};
        return all;
    }
};

// ---- rows that only the service sees

struct StepRow {
    RunId run_id;
    StepId id;
    std::string step;
    std::string type;
    StepStatus status = StepStatus::waiting;
    Json input;
    Json output;
    std::optional<std::string> error;
    std::optional<std::string> reason;
    int64_t attempt = 0;
    std::optional<Time> started_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = StepRow;
        static const Field table[] = {
            field("run_id", &S::run_id, ""),
            field("id", &S::id, ""),
            field("step", &S::step, ""),
            field("type", &S::type, ""),
            field("status", &S::status, ""),
            field("input", &S::input, ""),
            field("output", &S::output, ""),
            field("error", &S::error, ""),
            field("reason", &S::reason, ""),
            field("attempt", &S::attempt, ""),
            field("started_at", &S::started_at, ""),
            field("ended_at", &S::ended_at, ""),
        };
        static const Fields all{"StepRow", table};
        return all;
    }
};
Step step_of(StepRow row);

/// A run of a pipeline that is kept, as its job needs it.
struct RunRow {
    RunId id;
    std::optional<ChatId> chat_id;
    std::optional<GenerationId> generation_id;
    std::optional<PipelineId> pipeline_id;
    std::optional<int64_t> pipeline_number;
    pipelines::Definition definition;
    Trigger trigger = Trigger::manual;
    StepStatus status = StepStatus::waiting;
    Json input;
    std::optional<JobId> job_id;
    static const Fields& fields() {
        using S = RunRow;
        static const Field table[] = {
            field("id", &S::id, ""),
            field("chat_id", &S::chat_id, ""),
            field("generation_id", &S::generation_id, ""),
            field("pipeline_id", &S::pipeline_id, ""),
            field("pipeline_number", &S::pipeline_number, ""),
            field("definition", &S::definition, ""),
            field("trigger", &S::trigger, ""),
            field("status", &S::status, ""),
            field("input", &S::input, ""),
            field("job_id", &S::job_id, ""),
        };
        static const Fields all{"RunRow", table};
        return all;
    }
};

struct PreviousAnswer {
    std::string text;
    Json blocks;
    static const Fields& fields() {
        using S = PreviousAnswer;
        static const Field table[] = {field("text", &S::text, ""), field("blocks", &S::blocks, "")};
        static const Fields all{"PreviousAnswer", table};
        return all;
    }
};

}  // namespace ry::chats
