#pragma once
// The values of pipelines, as the API shows them and as the database's rows hold them. A definition is
// pipelines::Definition.
#include <optional>
#include <string>
#include <vector>

#include "kernel/jobs/model.h"
#include "modules/chats/model.h"
#include "modules/chats/pipelines/plan.h"
#include "modules/chats/prompt_model.h"

namespace ry::chats {

DECLARE_ID(EffectId, "effect");
using jobs::JobId;

constexpr int64_t pipelines_max = 1'000;          ///< of an organization
constexpr int64_t pipeline_versions_max = 200;    ///< of a pipeline, the newest; 400 KB each at worst: 80 MB
constexpr int64_t pipeline_bindings_max = 1'000;  ///< of a pipeline

struct Pipeline {
    PipelineId id;
    std::string name;
    std::string description;
    int64_t number = 1;
    pipelines::Definition definition;
    std::optional<Time> next_run_at;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Pipeline;
        static const Field table[] = {
            field("id", &S::id, "Which pipeline."),
            field("name", &S::name, "Its name."),
            field("description", &S::description, "What it is for."),
            field("number", &S::number, "Of its newest definition, from 1; runs begin with that one."),
            field("definition", &S::definition, "What it does."),
            field("next_run_at", &S::next_run_at, "When its schedule runs it next."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Pipeline", table};
        return all;
    }
};

struct PipelineVersion {
    PipelineId pipeline_id;
    int64_t number = 1;
    pipelines::Definition definition;
    std::optional<UserId> created_by;
    Time created_at;
    static const Fields& fields() {
        using S = PipelineVersion;
        static const Field table[] = {
            field("pipeline_id", &S::pipeline_id, "Its pipeline."),
            field("number", &S::number, "1 for the first definition, 2 for the next."),
            field("definition", &S::definition, "What the pipeline did then."),
            field("created_by", &S::created_by, "Who wrote it."),
            field("created_at", &S::created_at, "When it was saved."),
        };
        static const Fields all{"PipelineVersion", table};
        return all;
    }
};

/// Where a pipeline answers: in one chat, in the chats with one profile, or in all.
struct PipelineBinding {
    std::optional<ChatId> chat_id;
    std::optional<EntityProfileId> entity_profile_id;
    static const Fields& fields() {
        using S = PipelineBinding;
        static const Field table[] = {
            field("chat_id", &S::chat_id, "In that chat."),
            field("entity_profile_id", &S::entity_profile_id, "In the chats with that profile; without both, in all."),
        };
        static const Fields all{"PipelineBinding", table};
        return all;
    }
};

struct StepTypeShown {
    std::string name;
    std::string doc;
    std::vector<std::string> outputs;
    Json parameters;
    static const Fields& fields() {
        using S = StepTypeShown;
        static const Field table[] = {
            field("name", &S::name, "What definitions call it."),
            field("doc", &S::doc, "What it does."),
            field("outputs", &S::outputs,
                  "What later steps may name as steps.<id>.<output>; empty when its parameters say."),
            field("parameters", &S::parameters, "The JSON Schema of its parameters."),
        };
        static const Fields all{"StepType", table};
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

struct CreatePipeline {
    std::string name;
    std::optional<std::string> description;
    pipelines::Definition definition;
    static const Fields& fields() {
        using S = CreatePipeline;
        static const Field table[] = {
            field("name", &S::name, "Its name, one of a kind.", length(1, 200), positional()),
            field("description", &S::description, "What it is for.", length(0, 10'000)),
            field("definition", &S::definition, "What it does; it is checked first."),
        };
        static const Fields all{"CreatePipeline", table};
        return all;
    }
};

struct ChangePipeline {
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<pipelines::Definition> definition;
    static const Fields& fields() {
        using S = ChangePipeline;
        static const Field table[] = {
            field("name", &S::name, "Its name, one of a kind.", length(1, 200)),
            field("description", &S::description, "What it is for.", length(0, 10'000)),
            field("definition", &S::definition, "What it does from now on: its next version."),
        };
        static const Fields all{"ChangePipeline", table};
        return all;
    }
};

struct CheckPipeline {
    pipelines::Definition definition;
    static const Fields& fields() {
        using S = CheckPipeline;
        static const Field table[] = {field("definition", &S::definition, "What would be saved.")};
        static const Fields all{"CheckPipeline", table};
        return all;
    }
};

// ---- rows

/// The pipeline that answers in a chat.
struct BoundPipeline {
    PipelineId id;
    int64_t number = 1;
    pipelines::Definition definition;
    static const Fields& fields() {
        using S = BoundPipeline;
        static const Field table[] = {field("id", &S::id, ""), field("number", &S::number, ""),
                                      field("definition", &S::definition, "")};
        static const Fields all{"BoundPipeline", table};
        return all;
    }
};

/// A text of a message with its blocks.
struct VariantText {
    VariantId variant_id;
    MessageId message_id;
    std::string text;
    Json blocks;
    static const Fields& fields() {
        using S = VariantText;
        static const Field table[] = {field("variant_id", &S::variant_id, ""), field("message_id", &S::message_id, ""),
                                      field("text", &S::text, ""), field("blocks", &S::blocks, "")};
        static const Fields all{"VariantText", table};
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

}  // namespace ry::chats
