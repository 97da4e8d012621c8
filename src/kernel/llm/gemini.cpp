// Google Gemini, streamGenerateContent as server-sent events. Format: https://ai.google.dev/api/generate-content
#include <boost/json.hpp>

#include "base/text.h"
#include "kernel/fetch/sse.h"
#include "kernel/llm/adapter.h"

namespace ry::llm {
namespace {

namespace bj = boost::json;

// ---- the question

/// Models that think sign their calls, and refuse a history whose calls have lost the signature.
bj::value call_of(const ToolCall& call) {
    bj::object part{{"functionCall", bj::object{{"name", call.name}, {"args", value_of(call.arguments)}}}};
    if (!call.signature.empty()) part["thoughtSignature"] = call.signature;
    return part;
}

bj::value part_of(const Part& part) {
    if (const auto* text = std::get_if<Text>(&part)) return bj::object{{"text", text->text}};
    if (const auto* image = std::get_if<Image>(&part))
        return bj::object{{"inlineData", bj::object{{"mimeType", image->media_type}, {"data", base64(image->bytes)}}}};
    if (const auto* call = std::get_if<ToolCall>(&part)) return call_of(*call);
    const auto& result = std::get<ToolResult>(part);
    return bj::object{{"functionResponse",
                       bj::object{{"name", result.name},
                                  {"response", bj::object{{result.is_error ? "error" : "result", result.text}}}}}};
}

bj::object content_of(const Message& message) {
    bj::array parts;
    for (const Part& part : message.parts) parts.push_back(part_of(part));
    return {{"role", message.role == Role::assistant ? "model" : "user"}, {"parts", std::move(parts)}};
}

std::string_view plain_name(const Model& model) {
    std::string_view name = model.model;
    if (name.starts_with("models/")) name.remove_prefix(7);
    return name;
}

/// The model's name as a part of a path.
std::string path_of(const Model& model) {
    std::string path = "/models/";
    for (char c : plain_name(model)) {
        bool is_plain = isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
        char code[4];
        snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
        path += is_plain ? std::string(1, c) : std::string(code);
    }
    return path;
}

void add_key(fetch::Request& request, const Model& model) {
    if (!key_of(model).empty()) request.headers.emplace_back("x-goog-api-key", key_of(model));
}

fetch::Request ask_request(const Model& model, const Ask& ask, const Concessions&) {
    bj::array contents, system;
    for (const Message& message : ask.messages) {
        if (message.role == Role::system)
            system.push_back(bj::object{{"text", text_of(message)}});
        else if (!message.parts.empty())
            contents.push_back(content_of(message));
    }
    bj::object body{{"contents", std::move(contents)}}, settings;
    if (!system.empty()) body["systemInstruction"] = bj::object{{"parts", std::move(system)}};
    if (ask.temperature) settings["temperature"] = *ask.temperature;
    if (ask.tokens_max) settings["maxOutputTokens"] = *ask.tokens_max;
    if (ask.reasoning != Reasoning::model_default) {
        constexpr int64_t tokens[] = {-1, 0, 1024, 8192, 24576};
        settings["thinkingConfig"] = bj::object{{"thinkingBudget", tokens[size_t(ask.reasoning)]},
                                                {"includeThoughts", ask.reasoning != Reasoning::off}};
    }
    if (ask.output_schema) {
        settings["responseMimeType"] = "application/json";
        settings["responseJsonSchema"] = value_of(*ask.output_schema);
    }
    if (!settings.empty()) body["generationConfig"] = std::move(settings);
    bj::array functions;
    for (const Tool& tool : ask.tools)
        functions.push_back(
            bj::object{{"name", tool.name}, {"description", tool.description}, {"parameters", value_of(tool.schema)}});
    if (!functions.empty()) body["tools"] = bj::array{bj::object{{"functionDeclarations", std::move(functions)}}};
    fetch::Request request = json_request(
        model, api_address(Provider::gemini, model.base_url) + path_of(model) + ":streamGenerateContent?alt=sse", body);
    add_key(request, model);
    return request;
}

// ---- the answer

FinishReason finish_reason_of(std::string_view reason) {
    if (reason == "STOP") return FinishReason::stop;
    if (reason == "MAX_TOKENS") return FinishReason::length;
    if (reason == "SAFETY" || reason == "RECITATION" || reason == "BLOCKLIST" || reason == "PROHIBITED_CONTENT" ||
        reason == "SPII")
        return FinishReason::content_filter;
    return FinishReason::other;
}

class GeminiDecoder : public Decoder {
public:
    explicit GeminiDecoder(Assembly& assembly) : assembly_(assembly) {}

    void feed(std::string_view bytes) override {
        take(events_.feed(bytes, [this](const fetch::SseEvent& event) { return on_event(event); }));
    }
    void finish() override {
        take(events_.finish([this](const fetch::SseEvent& event) { return on_event(event); }));
    }

private:
    void take(const Result<void>& read) {
        if (!read && assembly_.goes_on()) assembly_.refuse({.status = 502, .message = read.error().message});
    }

    Result<void> on_event(const fetch::SseEvent& event) {
        if (!assembly_.goes_on() || event.data.empty()) return {};
        auto data = parse_json(event.data);
        if (!data) return fail(Code::unavailable, "a part of the answer is not JSON");
        if (find(*data, "error")) {
            assembly_.refuse(read_refusal(0, *data));
            return {};
        }
        if (std::string_view id = text_at(*data, "responseId"); !id.empty()) assembly_.request_id(id);
        if (const bj::value* feedback = find(*data, "promptFeedback");
            feedback && !text_at(*feedback, "blockReason").empty())
            assembly_.refuse(
                {.status = 400,
                 .message = "the question was blocked: " + std::string(text_at(*feedback, "blockReason"))});
        const bj::value* candidates = find(*data, "candidates");
        if (candidates && candidates->is_array() && !candidates->get_array().empty())
            on_candidate(candidates->get_array().front());
        if (const bj::value* usage = find(*data, "usageMetadata")) on_usage(*usage);
        return {};
    }

    void on_candidate(const bj::value& candidate) {
        const bj::value* content = find(candidate, "content");
        const bj::value* parts = content ? find(*content, "parts") : nullptr;
        if (parts && parts->is_array())
            for (const bj::value& part : parts->get_array()) on_part(part);
        if (std::string_view reason = text_at(candidate, "finishReason"); !reason.empty())
            assembly_.finish_reason(finish_reason_of(reason));
    }

    void on_part(const bj::value& part) {
        const bj::value* thought = find(part, "thought");
        if (thought && thought->is_bool() && thought->get_bool()) return assembly_.reasoning(text_at(part, "text"));
        assembly_.text(text_at(part, "text"));
        const bj::value* call = find(part, "functionCall");
        if (!call) return;
        int index = assembly_.call_count();
        const bj::value* arguments = find(*call, "args");
        assembly_.call_started(index, text_at(*call, "id"), text_at(*call, "name"));
        assembly_.call_arguments(index, arguments && arguments->is_object() ? bj::serialize(*arguments) : "{}");
        assembly_.call_signed(index, text_at(part, "thoughtSignature"));
        assembly_.call_done(index);
    }

    void on_usage(const bj::value& usage) {
        auto count = [&](std::string_view key) { return int_at(usage, key).value_or(0); };
        assembly_.usage({.tokens_in = count("promptTokenCount"),
                         .tokens_out = count("candidatesTokenCount") + count("thoughtsTokenCount"),
                         .tokens_cached = count("cachedContentTokenCount")});
    }

    Assembly& assembly_;
    fetch::SseParser events_;
};

// ---- the list

fetch::Request list_request(const Model& model) {
    fetch::Request request =
        get_request(model, api_address(Provider::gemini, model.base_url) + "/models?pageSize=1000");
    add_key(request, model);
    return request;
}

bool can_generate(const bj::value& item) {
    const bj::value* methods = find(item, "supportedGenerationMethods");
    if (!methods || !methods->is_array()) return true;
    for (const bj::value& method : methods->get_array())
        if (method.is_string() && method.get_string() == "generateContent") return true;
    return false;
}

std::vector<std::string> names_in(const bj::value& document) {
    std::vector<std::string> names;
    const bj::value* models = find(document, "models");
    if (!models || !models->is_array()) return names;
    for (const bj::value& item : models->get_array()) {
        std::string_view name = text_at(item, "name");
        if (name.starts_with("models/")) name.remove_prefix(7);
        if (can_generate(item)) names.emplace_back(name);
    }
    return names;
}

// ---- embeddings: https://ai.google.dev/api/embeddings

fetch::Request embed_request(const Model& model, const std::vector<std::string>& texts, EmbeddingUse use,
                             const Concessions&) {
    std::string name = "models/" + std::string(plain_name(model));
    std::string_view task = use == EmbeddingUse::question ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT";
    bj::array requests;
    for (const std::string& text : texts)
        requests.push_back(bj::object{{"model", name},
                                      {"content", bj::object{{"parts", bj::array{bj::object{{"text", text}}}}}},
                                      {"taskType", task}});
    fetch::Request request =
        json_request(model, api_address(Provider::gemini, model.base_url) + path_of(model) + ":batchEmbedContents",
                     bj::object{{"requests", std::move(requests)}});
    add_key(request, model);
    return request;
}

/// It says nothing of tokens.
EmbeddingsRead embeddings_of(const bj::value& document) {
    EmbeddingsRead read;
    const bj::value* vectors = find(document, "embeddings");
    if (!vectors || !vectors->is_array()) return read;
    for (const bj::value& item : vectors->get_array()) read.vectors.push_back(numbers_of(find(item, "values")));
    return read;
}

}  // namespace

const Adapter gemini_adapter{
    .ask = ask_request,
    .decoder = [](Assembly& assembly) -> std::unique_ptr<Decoder> { return std::make_unique<GeminiDecoder>(assembly); },
    .list = list_request,
    .names = names_in,
    .embed = embed_request,
    .embeddings = embeddings_of,
};

}  // namespace ry::llm
