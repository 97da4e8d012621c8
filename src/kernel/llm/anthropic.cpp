// Anthropic messages. Format: https://docs.anthropic.com/en/api/messages-streaming
#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "kernel/fetch/sse.h"
#include "kernel/llm/adapter.h"

namespace ry::llm {
namespace {

namespace bj = boost::json;

/// The API demands a limit: what its smaller models can give at most.
constexpr int64_t tokens_max_default = 8192;

// ---- the question

bj::object cache_mark() { return {{"type", "ephemeral"}}; }

bj::value block_of(const Part& part) {
    if (const auto* text = std::get_if<Text>(&part)) return bj::object{{"type", "text"}, {"text", text->text}};
    if (const auto* image = std::get_if<Image>(&part))
        return bj::object{
            {"type", "image"},
            {"source",
             bj::object{{"type", "base64"}, {"media_type", image->media_type}, {"data", base64(image->bytes)}}}};
    if (const auto* call = std::get_if<ToolCall>(&part))
        return bj::object{
            {"type", "tool_use"}, {"id", call->id}, {"name", call->name}, {"input", value_of(call->arguments)}};
    const auto& result = std::get<ToolResult>(part);
    return bj::object{
        {"type", "tool_result"}, {"tool_use_id", result.id}, {"content", result.text}, {"is_error", result.is_error}};
}

bool is_empty_text(const Part& part) {
    const auto* text = std::get_if<Text>(&part);
    return text && text->text.empty();
}

/// The API wants users and assistants in turn, the user first, and no empty texts.
bj::array turns_of(const Ask& ask) {
    bj::array turns;
    for (const Message& message : ask.messages) {
        if (message.role == Role::system) continue;
        bj::array blocks;
        for (const Part& part : message.parts)
            if (!is_empty_text(part)) blocks.push_back(block_of(part));
        if (blocks.empty()) continue;
        std::string_view role = message.role == Role::assistant ? "assistant" : "user";
        if (turns.empty() && role == "assistant")
            turns.push_back(
                bj::object{{"role", "user"}, {"content", bj::array{block_of(Text{"(The conversation begins.)"})}}});
        if (!turns.empty() && text_at(turns.back(), "role") == role) {
            bj::array& content = turns.back().get_object()["content"].get_array();
            for (bj::value& block : blocks) content.push_back(std::move(block));
        } else {
            turns.push_back(bj::object{{"role", role}, {"content", std::move(blocks)}});
        }
    }
    return turns;
}

/// Everything up to this block may be read from the provider's cache next time.
void mark_for_cache(bj::array& turns) {
    if (turns.empty()) return;
    bj::value& last = turns.back().get_object()["content"].get_array().back();
    last.get_object()["cache_control"] = cache_mark();
}

std::string system_of(const Ask& ask) {
    std::string system;
    for (const Message& message : ask.messages) {
        if (message.role != Role::system) continue;
        if (!system.empty()) system += "\n\n";
        system += text_of(message);
    }
    return system;
}

/// 0: no thinking. After tool calls the API wants the thinking that led to them back, which a Message does not carry.
int64_t thinking_tokens_of(const Ask& ask) {
    for (const Message& message : ask.messages)
        for (const Part& part : message.parts)
            if (std::holds_alternative<ToolCall>(part)) return 0;
    switch (ask.reasoning) {
        case Reasoning::low:
            return 1024;
        case Reasoning::medium:
            return 4096;
        case Reasoning::high:
            return 16384;
        default:
            return 0;
    }
}

void add_key(fetch::Request& request, const Model& model) {
    request.headers.emplace_back("anthropic-version", "2023-06-01");
    if (!key_of(model).empty()) request.headers.emplace_back("x-api-key", key_of(model));
}

fetch::Request ask_request(const Model& model, const Ask& ask, const Concessions&) {
    int64_t thinking_tokens = thinking_tokens_of(ask);
    bj::array turns = turns_of(ask);
    mark_for_cache(turns);
    bj::object body{{"model", model.model},
                    {"max_tokens", ask.tokens_max.value_or(tokens_max_default) + thinking_tokens},
                    {"messages", std::move(turns)},
                    {"stream", true}};
    if (std::string system = system_of(ask); !system.empty())
        body["system"] = bj::array{bj::object{{"type", "text"}, {"text", system}, {"cache_control", cache_mark()}}};
    if (thinking_tokens > 0)
        body["thinking"] = bj::object{{"type", "enabled"}, {"budget_tokens", thinking_tokens}};
    else if (ask.temperature)
        body["temperature"] = std::min(*ask.temperature, 1.0);
    bj::array tools;
    for (const Tool& tool : ask.tools)
        tools.push_back(bj::object{
            {"name", tool.name}, {"description", tool.description}, {"input_schema", value_of(tool.schema)}});
    if (!tools.empty()) body["tools"] = std::move(tools);
    if (ask.output_schema)
        body["output_config"] =
            bj::object{{"format", bj::object{{"type", "json_schema"}, {"schema", value_of(*ask.output_schema)}}}};
    fetch::Request request = json_request(model, api_address(Provider::anthropic, model.base_url) + "/messages", body);
    add_key(request, model);
    return request;
}

// ---- the answer

FinishReason finish_reason_of(std::string_view reason) {
    if (reason == "end_turn" || reason == "stop_sequence") return FinishReason::stop;
    if (reason == "max_tokens" || reason == "model_context_window_exceeded") return FinishReason::length;
    if (reason == "tool_use") return FinishReason::tool_calls;
    if (reason == "refusal") return FinishReason::content_filter;
    return FinishReason::other;
}

class AnthropicDecoder : public Decoder {
public:
    explicit AnthropicDecoder(Assembly& assembly) : assembly_(assembly) {}

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
        std::string_view type = text_at(*data, "type");
        if (type == "message_start")
            on_start(*data);
        else if (type == "content_block_start")
            on_block(*data);
        else if (type == "content_block_delta")
            on_delta(*data);
        else if (type == "content_block_stop")
            assembly_.call_done(int(int_at(*data, "index").value_or(0)));
        else if (type == "message_delta")
            on_message_delta(*data);
        else if (type == "message_stop")
            assembly_.end();
        else if (type == "error")
            assembly_.refuse(read_refusal(0, *data));
        return {};  // ping, and types to come
    }

    void on_start(const bj::value& data) {
        const bj::value* message = find(data, "message");
        if (!message) return;
        assembly_.request_id(text_at(*message, "id"));
        if (const bj::value* usage = find(*message, "usage")) on_usage(*usage);
    }

    void on_block(const bj::value& data) {
        const bj::value* block = find(data, "content_block");
        if (!block) return;
        std::string_view type = text_at(*block, "type");
        if (type == "text") assembly_.text(text_at(*block, "text"));
        if (type == "thinking") assembly_.reasoning(text_at(*block, "thinking"));
        if (type == "tool_use")
            assembly_.call_started(int(int_at(data, "index").value_or(0)), text_at(*block, "id"),
                                   text_at(*block, "name"));
    }

    void on_delta(const bj::value& data) {
        const bj::value* delta = find(data, "delta");
        if (!delta) return;
        std::string_view type = text_at(*delta, "type");
        if (type == "text_delta") assembly_.text(text_at(*delta, "text"));
        if (type == "thinking_delta") assembly_.reasoning(text_at(*delta, "thinking"));
        if (type == "input_json_delta")
            assembly_.call_arguments(int(int_at(data, "index").value_or(0)), text_at(*delta, "partial_json"));
    }

    void on_message_delta(const bj::value& data) {
        if (const bj::value* delta = find(data, "delta"))
            if (std::string_view reason = text_at(*delta, "stop_reason"); !reason.empty())
                assembly_.finish_reason(finish_reason_of(reason));
        if (const bj::value* usage = find(data, "usage")) on_usage(*usage);
    }

    /// The figures come in parts, each time the whole count so far; input is given without what the cache read or
    /// wrote.
    void on_usage(const bj::value& usage) {
        auto keep = [&](int64_t& kept, std::string_view key) { kept = int_at(usage, key).value_or(kept); };
        keep(input_, "input_tokens");
        keep(cache_read_, "cache_read_input_tokens");
        keep(cache_written_, "cache_creation_input_tokens");
        keep(output_, "output_tokens");
        assembly_.usage(
            {.tokens_in = input_ + cache_read_ + cache_written_, .tokens_out = output_, .tokens_cached = cache_read_});
    }

    Assembly& assembly_;
    fetch::SseParser events_;
    int64_t input_ = 0, cache_read_ = 0, cache_written_ = 0, output_ = 0;
};

// ---- the list

fetch::Request list_request(const Model& model) {
    fetch::Request request =
        get_request(model, api_address(Provider::anthropic, model.base_url) + "/models?limit=1000");
    add_key(request, model);
    return request;
}

std::vector<std::string> names_in(const bj::value& document) {
    std::vector<std::string> names;
    if (const bj::value* data = find(document, "data"); data && data->is_array())
        for (const bj::value& item : data->get_array()) names.emplace_back(text_at(item, "id"));
    return names;
}

}  // namespace

const Adapter anthropic_adapter{
    .ask = ask_request,
    .decoder = [](Assembly& assembly) -> std::unique_ptr<Decoder> {
        return std::make_unique<AnthropicDecoder>(assembly);
    },
    .list = list_request,
    .names = names_in,
};

}  // namespace ry::llm
