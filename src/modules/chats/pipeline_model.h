#pragma once
// The values of pipelines, as the API shows them and as the database's rows hold them. A definition is
// pipelines::Definition.
#include <optional>
#include <string>
#include <vector>

#include "kernel/op/op.h"
#include "modules/chats/ids.h"
#include "modules/chats/pipelines/plan.h"

namespace ry::chats {

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

// ---- what a person sends

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

}  // namespace ry::chats
