#pragma once
// What a pipeline is: steps, what each waits for, and when they run. docs/pipelines.md is the contract.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"

namespace ry::chats::pipelines {

constexpr size_t steps_max = 50;
constexpr size_t effects_max = 10;     ///< of one step
constexpr size_t name_bytes_max = 64;  ///< of steps and of what they yield
constexpr size_t condition_bytes_max = 2'000;
constexpr size_t template_bytes_max = 100'000;    ///< of one parameter or effect
constexpr size_t definition_bytes_max = 400'000;  ///< less than half of a request's body
constexpr int64_t attempts_max = 10;
constexpr int64_t backoff_ms_max = 120'000;
constexpr int64_t timeout_ms_max = 1'800'000;         ///< half an hour, as a model may take altogether
constexpr int64_t every_minutes_max = 366 * 24 * 60;  ///< a leap year

enum class Trigger { user_message, manual, scheduled, api };
constexpr std::array<std::string_view, 4> names_of(Trigger) { return {"user_message", "manual", "scheduled", "api"}; }
enum class Hook { before_llm, after_llm };
constexpr std::array<std::string_view, 2> names_of(Hook) { return {"before_llm", "after_llm"}; }
enum class StepStatus { waiting, running, done, failed, cancelled, skipped };
constexpr std::array<std::string_view, 6> names_of(StepStatus) {
    return {"waiting", "running", "done", "failed", "cancelled", "skipped"};
}
enum class EffectType { rewrite_prompt, add_message, replace_answer, publish_artifact };
constexpr std::array<std::string_view, 4> names_of(EffectType) {
    return {"rewrite_prompt", "add_message", "replace_answer", "publish_artifact"};
}
enum class RewriteMode { replace, prepend, append };
constexpr std::array<std::string_view, 3> names_of(RewriteMode) { return {"replace", "prepend", "append"}; }
enum class EffectRole { system, user, assistant };
constexpr std::array<std::string_view, 3> names_of(EffectRole) { return {"system", "user", "assistant"}; }

/// How often a step is tried, and the pause before try n + 1: backoff_ms · 2^(n-1).
struct Retry {
    int64_t attempts_max = 1;
    int64_t backoff_ms = 1'000;
    static const Fields& fields() {
        using S = Retry;
        static const Field table[] = {
            field("attempts_max", &S::attempts_max, "How often it is tried at most.", defaulted(),
                  range(1, pipelines::attempts_max)),
            field("backoff_ms", &S::backoff_ms, "The pause before the second try; doubled before each further one.",
                  defaulted(), range(0, backoff_ms_max)),
        };
        static const Fields all{"Retry", table};
        return all;
    }
};

/// What a step that is done changes outside of itself.
struct Effect {
    EffectType type = EffectType::publish_artifact;
    std::string text;
    RewriteMode mode = RewriteMode::append;
    EffectRole role = EffectRole::system;
    int64_t depth = 0;
    std::string name;
    std::string media_type = "text/plain";
    static const Fields& fields() {
        using S = Effect;
        static const Field table[] = {
            field("type", &S::type, "What it changes."),
            field("text", &S::text, "A template of the text; `output` is what the step yielded.",
                  length(1, template_bytes_max)),
            field("mode", &S::mode, "Of rewrite_prompt: where the text goes in the first system message.", defaulted()),
            field("role", &S::role, "Of add_message: who says it.", defaulted()),
            field("depth", &S::depth, "Of add_message: how many messages of the history come after it.", defaulted(),
                  range(0, 10'000)),
            field("name", &S::name, "Of publish_artifact: its file name.", defaulted(), length(0, 200)),
            field("media_type", &S::media_type, "Of publish_artifact: what it is.", defaulted(), length(1, 100)),
        };
        static const Fields all{"StepEffect", table};
        return all;
    }
};

struct StepDefinition {
    std::string id;
    std::string type;
    std::string title;
    std::vector<std::string> depends_on;
    std::optional<Hook> hook;
    std::optional<std::string> condition;
    std::vector<Trigger> triggers;
    Retry retry;
    int64_t timeout_ms = 120'000;
    bool required = true;
    Json parameters{"{}"};
    std::vector<Effect> effects;
    static const Fields& fields() {
        using S = StepDefinition;
        static const Field table[] = {
            field("id", &S::id, "Its name in the pipeline: lower case letters, digits and _.",
                  length(1, name_bytes_max)),
            field("type", &S::type, "What it does: a step type.", length(1, name_bytes_max)),
            field("title", &S::title, "What people call it.", defaulted(), length(0, 200)),
            field("depends_on", &S::depends_on, "Steps that must be done before it begins.", defaulted(),
                  length(0, steps_max)),
            field("hook", &S::hook,
                  "Before or after the main model call; without it, after when it depends on something after, else "
                  "before."),
            field("condition", &S::condition, "A Liquid condition; the step is skipped when it is false.",
                  length(1, condition_bytes_max)),
            field("triggers", &S::triggers, "Runs by other triggers skip it; none for all.", defaulted(), length(0, 4)),
            field("retry", &S::retry, "How often it is tried.", defaulted()),
            field("timeout_ms", &S::timeout_ms, "How long one try may take.", defaulted(), range(1, timeout_ms_max)),
            field("required", &S::required, "Whether the run stops when it fails.", defaulted()),
            field("parameters", &S::parameters, "What its type takes; texts are Liquid templates.", defaulted()),
            field("effects", &S::effects, "What it changes when it is done.", defaulted(), length(0, effects_max)),
        };
        static const Fields all{"StepDefinition", table};
        return all;
    }
};

struct Schedule {
    int64_t every_minutes = 60;
    Json input{"{}"};
    static const Fields& fields() {
        using S = Schedule;
        static const Field table[] = {
            field("every_minutes", &S::every_minutes, "The pause between the beginnings of two runs.",
                  range(1, every_minutes_max)),
            field("input", &S::input, "What each run is given: an object.", defaulted()),
        };
        static const Fields all{"Schedule", table};
        return all;
    }
};

struct Definition {
    std::vector<Trigger> triggers{Trigger::manual, Trigger::api};
    std::optional<Schedule> schedule;
    std::vector<StepDefinition> steps;
    static const Fields& fields() {
        using S = Definition;
        static const Field table[] = {
            field("triggers", &S::triggers, "What may start it.", defaulted(), length(1, 4)),
            field("schedule", &S::schedule, "When it runs by itself; needs the trigger scheduled."),
            field("steps", &S::steps, "Its steps, in any order.", length(1, steps_max)),
        };
        static const Fields all{"PipelineDefinition", table};
        return all;
    }
};

}  // namespace ry::chats::pipelines
