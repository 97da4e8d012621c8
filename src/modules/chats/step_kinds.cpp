// The steps that the chats bring themselves: a text, a guard, a model's answer, and the parts of an answer in a chat.
#include "modules/chats/step_kinds.h"

#include "base/text.h"
#include "kernel/llm/llm.h"
#include "modules/chats/message_model.h"

namespace ry::chats {
namespace {

struct NoParameters {
    static const Fields& fields() {
        static const Fields all{"NoParameters", {}};
        return all;
    }
};

struct TemplateParameters {
    std::string text;
    static const Fields& fields() {
        using S = TemplateParameters;
        static const Field table[] = {
            field("text", &S::text, "What it prints.", length(0, pipelines::template_bytes_max))};
        static const Fields all{"TemplateParameters", table};
        return all;
    }
};

struct GuardParameters {
    Json checks;
    static const Fields& fields() {
        using S = GuardParameters;
        static const Field table[] = {
            field("checks", &S::checks, "Conditions by name; each is yielded as true or false under its name.")};
        static const Fields all{"GuardParameters", table};
        return all;
    }
};

struct LlmParameters {
    std::optional<std::string> prompt;
    std::optional<std::string> system;
    std::optional<std::string> model;
    std::optional<double> temperature;
    bool is_json = false;
    static const Fields& fields() {
        using S = LlmParameters;
        static const Field table[] = {
            field("prompt", &S::prompt, "What is asked; without it, the step is the main model call of an answer.",
                  length(1, pipelines::template_bytes_max)),
            field("system", &S::system, "What the model is told first.", length(0, pipelines::template_bytes_max)),
            field("model", &S::model, "The model's name or id; the default one when absent."),
            field("temperature", &S::temperature, "How freely it answers.", range(0, 2)),
            field("is_json", &S::is_json,
                  "Whether the answer is JSON, which is yielded as `json`; any other is tried again.", defaulted()),
        };
        static const Fields all{"LlmParameters", table};
        return all;
    }
};

Result<Json> run_template(const Op&, const StepCall& call) {
    auto parameters = TRY(from_json<TemplateParameters>(call.parameters.text));
    return Json{to_json(parameters)};
}

/// The conditions came as true and false.
Result<Json> run_guard(const Op&, const StepCall& call) {
    return TRY(from_json<GuardParameters>(call.parameters.text)).checks;
}

/// JSON that models put between fences, too.
std::string_view unfenced(std::string_view text) {
    text = trim(text);
    if (!text.starts_with("```") || !text.ends_with("```") || text.size() < 6) return text;
    size_t line = text.find('\n');
    return line == std::string_view::npos ? text : trim(text.substr(line, text.size() - 3 - line));
}

Result<Json> run_llm(const AskModel& ask_model, const Op& op, const StepCall& call) {
    auto parameters = TRY(from_json<LlmParameters>(call.parameters.text));
    llm::Ask ask{.temperature = parameters.temperature};
    if (parameters.system && !parameters.system->empty())
        ask.messages.push_back(llm::message(llm::Role::system, *parameters.system));
    ask.messages.push_back(llm::message(llm::Role::user, parameters.prompt.value_or("")));
    ModelAnswer answer = TRY(ask_model(op, call.chat_id, parameters.model, ask));
    std::string json = "{\"text\":";
    json::write_string(json, answer.text);
    json += ",\"tokens_in\":" + std::to_string(answer.tokens_in) +
            ",\"tokens_out\":" + std::to_string(answer.tokens_out) + ",\"cost_usd\":";
    json::write_number(json, answer.cost_usd);
    if (parameters.is_json) {
        std::string_view read = unfenced(answer.text);
        if (!json::is_valid(read))
            return fail(Code::unavailable,
                        "the model's answer is not JSON; say in the prompt what it must look like, or let the step be "
                        "tried again");
        json += ",\"json\":" + std::string(read);
    }
    return Json{json + "}"};
}

/// Of types that generate.cpp does itself.
Result<Json> run_part(const Op&, const StepCall&) {
    return fail(Code::unsupported, "the step is a part of an answer; it runs when a message is answered");
}

}  // namespace

std::vector<StepKind> step_kinds(AskModel ask_model) {
    using pipelines::step_type;
    pipelines::StepType guard =
        step_type<GuardParameters>("guard", "Yields conditions as named booleans, for later conditions.");
    guard.conditions = "checks";
    return {
        {step_type<NoParameters>("pre", "Makes the prompt of an answer, with the effects of the steps before it.",
                                 {"messages", "tokens", "messages_left_out", "prompt_hash"}),
         run_part},
        {step_type<TemplateParameters>("template", "Prints a text.", {"text"}), run_template},
        {std::move(guard), run_guard},
        {step_type<LlmParameters>("llm", "Asks a model.", {"text", "json", "tokens_in", "tokens_out", "cost_usd"}),
         [ask_model = std::move(ask_model)](const Op& op, const StepCall& call) {
             return run_llm(ask_model, op, call);
         }},
        {step_type<NoParameters>("post", "Ends an answer: what it changes is applied."), run_part},
    };
}

}  // namespace ry::chats
