// Ollama's own /api/chat: JSON lines. Format: https://github.com/ollama/ollama/blob/main/docs/api.md
#include <boost/json.hpp>

#include "base/text.h"
#include "kernel/fetch/sse.h"
#include "kernel/llm/adapter.h"

namespace ry::llm {
namespace {

namespace bj = boost::json;

// ---- the question

void add_message(bj::array& out, const Message& message) {
    bj::array images, calls;
    bool has_results = false;
    for (const Part& part : message.parts) {
        if (const auto* image = std::get_if<Image>(&part)) images.push_back(bj::string(base64(image->bytes)));
        if (const auto* call = std::get_if<ToolCall>(&part))
            calls.push_back(
                bj::object{{"function", bj::object{{"name", call->name}, {"arguments", value_of(call->arguments)}}}});
        if (const auto* result = std::get_if<ToolResult>(&part)) {
            has_results = true;
            out.push_back(bj::object{{"role", "tool"}, {"tool_name", result->name}, {"content", result->text}});
        }
    }
    std::string text = text_of(message);
    if (has_results && text.empty()) return;
    bj::object entry{{"role", role_name(message.role)}, {"content", text}};
    if (!images.empty()) entry["images"] = std::move(images);
    if (!calls.empty()) entry["tool_calls"] = std::move(calls);
    out.push_back(std::move(entry));
}

/// Ollama silently cuts the beginning of what does not fit its window, and the window is small unless asked for. A few
/// sizes only, since a change of size loads the model again.
int64_t window_for(const Ask& ask) {
    constexpr int64_t answer_tokens = 4096, image_tokens = 1600;
    int64_t tokens = ask.tokens_max.value_or(answer_tokens);
    for (const Message& message : ask.messages) {
        tokens += estimate_tokens(text_of(message)) * 5 / 4;
        for (const Part& part : message.parts) tokens += std::holds_alternative<Image>(part) ? image_tokens : 0;
    }
    for (int64_t size : {8'192, 16'384, 32'768, 65'536})
        if (tokens <= size) return size;
    return 131'072;
}

fetch::Request ask_request(const Model& model, const Ask& ask, const Concessions&) {
    bj::array messages, tools;
    for (const Message& message : ask.messages) add_message(messages, message);
    bj::object options{{"num_ctx", window_for(ask)}};
    if (ask.temperature) options["temperature"] = *ask.temperature;
    if (ask.tokens_max) options["num_predict"] = *ask.tokens_max;
    bj::object body{
        {"model", model.model}, {"messages", std::move(messages)}, {"stream", true}, {"options", std::move(options)}};
    for (const Tool& tool : ask.tools)
        tools.push_back(bj::object{{"type", "function"},
                                   {"function", bj::object{{"name", tool.name},
                                                           {"description", tool.description},
                                                           {"parameters", value_of(tool.schema)}}}});
    if (!tools.empty()) body["tools"] = std::move(tools);
    if (ask.reasoning != Reasoning::model_default) body["think"] = ask.reasoning != Reasoning::off;
    if (ask.output_schema) body["format"] = value_of(*ask.output_schema);
    fetch::Request request = json_request(model, api_address(Provider::ollama, model.base_url) + "/api/chat", body);
    add_bearer(request, model);
    return request;
}

// ---- the answer

class OllamaDecoder : public Decoder {
public:
    explicit OllamaDecoder(Assembly& assembly) : assembly_(assembly) {}

    void feed(std::string_view bytes) override {
        take(lines_.feed(bytes, [this](std::string_view line) { return on_line(line); }));
    }
    void finish() override {
        take(lines_.finish([this](std::string_view line) { return on_line(line); }));
    }

private:
    void take(const Result<void>& read) {
        if (!read && assembly_.goes_on()) assembly_.refuse({.status = 502, .message = read.error().message});
    }

    Result<void> on_line(std::string_view line) {
        if (!assembly_.goes_on() || line.empty()) return {};
        auto data = parse_json(line);
        if (!data) return fail(Code::unavailable, "a part of the answer is not JSON");
        if (find(*data, "error")) {
            assembly_.refuse(read_refusal(0, *data));
            return {};
        }
        if (const bj::value* message = find(*data, "message")) on_message(*message);
        const bj::value* done = find(*data, "done");
        if (done && done->is_bool() && done->get_bool()) on_done(*data);
        return {};
    }

    void on_message(const bj::value& message) {
        assembly_.reasoning(text_at(message, "thinking"));
        assembly_.text(text_at(message, "content"));
        const bj::value* calls = find(message, "tool_calls");
        if (!calls || !calls->is_array()) return;
        for (const bj::value& call : calls->get_array()) {
            const bj::value* function = find(call, "function");
            if (!function) continue;
            int index = assembly_.call_count();
            const bj::value* arguments = find(*function, "arguments");
            assembly_.call_started(index, text_at(call, "id"), text_at(*function, "name"));
            assembly_.call_arguments(index, arguments && arguments->is_object() ? bj::serialize(*arguments) : "{}");
            assembly_.call_done(index);
        }
    }

    void on_done(const bj::value& data) {
        assembly_.usage({.tokens_in = int_at(data, "prompt_eval_count").value_or(0),
                         .tokens_out = int_at(data, "eval_count").value_or(0)});
        assembly_.finish_reason(text_at(data, "done_reason") == "length" ? FinishReason::length : FinishReason::stop);
        assembly_.end();
    }

    Assembly& assembly_;
    fetch::LineSplitter lines_{fetch::LineEnds::lf};
};

// ---- the list

fetch::Request list_request(const Model& model) {
    return get_request(model, api_address(Provider::ollama, model.base_url) + "/api/tags");
}

std::vector<std::string> names_in(const bj::value& document) {
    std::vector<std::string> names;
    if (const bj::value* models = find(document, "models"); models && models->is_array())
        for (const bj::value& item : models->get_array()) names.emplace_back(text_at(item, "name"));
    return names;
}

// ---- embeddings

/// What is too long for the model's window is cut there.
fetch::Request embed_request(const Model& model, const std::vector<std::string>& texts, EmbeddingUse,
                             const Concessions&) {
    bj::object body{{"model", model.model}, {"input", array_of(texts)}};
    fetch::Request request = json_request(model, api_address(Provider::ollama, model.base_url) + "/api/embed", body);
    add_bearer(request, model);
    return request;
}

EmbeddingsRead embeddings_of(const bj::value& document) {
    EmbeddingsRead read{.vectors = {}, .tokens_in = int_at(document, "prompt_eval_count")};
    const bj::value* vectors = find(document, "embeddings");
    if (!vectors || !vectors->is_array()) return read;
    for (const bj::value& item : vectors->get_array()) read.vectors.push_back(numbers_of(&item));
    return read;
}

}  // namespace

const Adapter ollama_adapter{
    .ask = ask_request,
    .decoder = [](Assembly& assembly) -> std::unique_ptr<Decoder> { return std::make_unique<OllamaDecoder>(assembly); },
    .list = list_request,
    .names = names_in,
    .embed = embed_request,
    .embeddings = embeddings_of,
};

}  // namespace ry::llm
