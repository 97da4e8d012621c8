// OpenAI's chat completions, as OpenAI, OpenRouter, vLLM, llama.cpp, LM Studio, Mistral, Groq, DeepSeek and others
// speak them. Format: https://platform.openai.com/docs/api-reference/chat
#include <boost/json.hpp>

#include "base/text.h"
#include "kernel/fetch/sse.h"
#include "kernel/llm/adapter.h"

namespace ry::llm {
namespace {

namespace bj = boost::json;

/// A body without events is kept this far: an error document, or an answer of a server that does not stream.
constexpr size_t plain_body_bytes_max = 1 << 20;

// ---- the question

bj::value content_of(const Message& message) {
    bool has_image = false;
    for (const Part& part : message.parts) has_image = has_image || std::holds_alternative<Image>(part);
    if (!has_image) return bj::string(text_of(message));
    bj::array content;
    for (const Part& part : message.parts) {
        if (const auto* text = std::get_if<Text>(&part))
            content.push_back(bj::object{{"type", "text"}, {"text", text->text}});
        if (const auto* image = std::get_if<Image>(&part))
            content.push_back(bj::object{{"type", "image_url"}, {"image_url", bj::object{{"url", data_url(*image)}}}});
    }
    return content;
}

bj::array calls_of(const Message& message) {
    bj::array calls;
    for (const Part& part : message.parts)
        if (const auto* call = std::get_if<ToolCall>(&part))
            calls.push_back(
                bj::object{{"id", call->id},
                           {"type", "function"},
                           {"function", bj::object{{"name", call->name}, {"arguments", call->arguments.text}}}});
    return calls;
}

void add_message(bj::array& out, const Message& message) {
    for (const Part& part : message.parts)
        if (const auto* result = std::get_if<ToolResult>(&part))
            out.push_back(bj::object{{"role", "tool"}, {"tool_call_id", result->id}, {"content", result->text}});
    bj::object entry{{"role", role_name(message.role)}, {"content", content_of(message)}};
    if (bj::array calls = calls_of(message); !calls.empty()) {
        if (text_of(message).empty()) entry["content"] = nullptr;
        entry["tool_calls"] = std::move(calls);
    } else if (message.role == Role::tool && text_of(message).empty()) {
        return;  // it was results alone
    }
    out.push_back(std::move(entry));
}

bj::array tools_of(const std::vector<Tool>& tools) {
    bj::array out;
    for (const Tool& tool : tools)
        out.push_back(bj::object{{"type", "function"},
                                 {"function", bj::object{{"name", tool.name},
                                                         {"description", tool.description},
                                                         {"parameters", value_of(tool.schema)}}}});
    return out;
}

fetch::Request ask_request(const Model& model, const Ask& ask, const Concessions& concessions) {
    bj::array messages;
    for (const Message& message : ask.messages) add_message(messages, message);
    bj::object body{{"model", model.model}, {"messages", std::move(messages)}, {"stream", true}};
    if (!concessions.without_stream_options) body["stream_options"] = bj::object{{"include_usage", true}};
    if (!ask.tools.empty()) body["tools"] = tools_of(ask.tools);
    if (ask.temperature) body["temperature"] = *ask.temperature;
    std::string address = openai_address(model, concessions);
    // OpenAI's own reasoning models refuse the old name, most other servers do not know the new one.
    if (ask.tokens_max)
        body[address.contains("api.openai.com") ? "max_completion_tokens" : "max_tokens"] = *ask.tokens_max;
    if (ask.reasoning == Reasoning::low) body["reasoning_effort"] = "low";
    if (ask.reasoning == Reasoning::medium) body["reasoning_effort"] = "medium";
    if (ask.reasoning == Reasoning::high) body["reasoning_effort"] = "high";
    if (ask.output_schema)
        body["response_format"] =
            bj::object{{"type", "json_schema"},
                       {"json_schema",
                        bj::object{{"name", "answer"}, {"schema", value_of(*ask.output_schema)}, {"strict", true}}}};
    fetch::Request request = json_request(model, address + "/chat/completions", body);
    add_bearer(request, model);
    return request;
}

// ---- the answer

FinishReason finish_reason_of(std::string_view reason) {
    if (reason == "stop" || reason == "eos") return FinishReason::stop;
    if (reason == "length") return FinishReason::length;
    if (reason == "tool_calls" || reason == "function_call") return FinishReason::tool_calls;
    if (reason == "content_filter") return FinishReason::content_filter;
    return FinishReason::other;
}

class OpenaiDecoder : public Decoder {
public:
    explicit OpenaiDecoder(Assembly& assembly) : assembly_(assembly) {}

    void feed(std::string_view bytes) override {
        if (!has_events_ && plain_body_.size() + bytes.size() <= plain_body_bytes_max) plain_body_ += bytes;
        take(events_.feed(bytes, [this](const fetch::SseEvent& event) { return on_event(event); }));
    }

    void finish() override {
        take(events_.finish([this](const fetch::SseEvent& event) { return on_event(event); }));
        if (has_events_ || !assembly_.goes_on()) return;
        auto document = parse_json(plain_body_);
        if (document && (find(*document, "choices") || find(*document, "error")))
            on_chunk(*document);
        else if (!plain_body_.empty())
            assembly_.refuse({.status = 404, .message = "the address did not answer as a model does"});
    }

private:
    void take(const Result<void>& read) {
        if (!read && assembly_.goes_on()) assembly_.refuse({.status = 502, .message = read.error().message});
    }

    Result<void> on_event(const fetch::SseEvent& event) {
        has_events_ = true;
        plain_body_ = {};
        if (!assembly_.goes_on() || event.data.empty()) return {};
        if (event.data == "[DONE]") {
            assembly_.end();
            return {};
        }
        auto chunk = parse_json(event.data);
        if (!chunk) return fail(Code::unavailable, "a part of the answer is not JSON");
        on_chunk(*chunk);
        return {};
    }

    void on_chunk(const bj::value& chunk) {
        if (const bj::value* error = find(chunk, "error"); error && !error->is_null())
            return assembly_.refuse(read_refusal(0, chunk));
        if (text_at(chunk, "object") == "error") return assembly_.refuse(read_refusal(0, chunk));
        if (!text_at(chunk, "id").empty()) assembly_.request_id(text_at(chunk, "id"));
        const bj::value* choices = find(chunk, "choices");
        if (choices && choices->is_array() && !choices->get_array().empty()) on_choice(choices->get_array().front());
        if (const bj::value* usage = find(chunk, "usage"); usage && usage->is_object()) on_usage(*usage);
    }

    void on_choice(const bj::value& choice) {
        const bj::value* delta = find(choice, "delta");
        if (!delta) delta = find(choice, "message");  // a server that does not stream
        if (delta) on_delta(*delta);
        if (std::string_view text = text_at(choice, "text"); !delta) assembly_.text(text);
        std::string_view reason = text_at(choice, "finish_reason");
        if (!reason.empty() && reason != "error") assembly_.finish_reason(finish_reason_of(reason));
    }

    void on_delta(const bj::value& delta) {
        assembly_.reasoning(
            text_at(delta, text_at(delta, "reasoning_content").empty() ? "reasoning" : "reasoning_content"));
        if (const bj::value* content = find(delta, "content")) on_content(*content);
        assembly_.text(text_at(delta, "refusal"));
        if (const bj::value* calls = find(delta, "tool_calls"); calls && calls->is_array())
            for (const bj::value& call : calls->get_array()) on_call(call);
    }

    void on_content(const bj::value& content) {
        if (content.is_string()) return assembly_.text(content.get_string());
        if (!content.is_array()) return;
        for (const bj::value& part : content.get_array()) {
            if (!text_at(part, "type").contains("thinking") && !text_at(part, "type").contains("reasoning")) {
                assembly_.text(text_at(part, "text"));
                continue;
            }
            assembly_.reasoning(text_at(part, "text"));
            if (const bj::value* inner = find(part, "thinking"); inner && inner->is_array())  // Mistral's
                for (const bj::value& piece : inner->get_array()) assembly_.reasoning(text_at(piece, "text"));
        }
    }

    void on_call(const bj::value& call) {
        std::string_view id = text_at(call, "id");
        int index = index_of(call, id);
        if (index != last_call_) {
            if (last_call_ >= 0) assembly_.call_done(last_call_);
            last_call_ = index;
            last_id_ = id;
        }
        const bj::value* function = find(call, "function");
        if (!function) return;
        assembly_.call_started(index, id, text_at(*function, "name"));
        const bj::value* arguments = find(*function, "arguments");
        if (!arguments || arguments->is_null()) return;
        if (arguments->is_string())
            assembly_.call_arguments(index, arguments->get_string());
        else
            assembly_.call_arguments(index, bj::serialize(*arguments));
    }

    /// Some servers leave the index out, and give each call whole: then a new id is a new call.
    int index_of(const bj::value& call, std::string_view id) const {
        if (auto index = int_at(call, "index"); index && *index >= 0 && *index < 1'000'000) return int(*index);
        if (last_call_ < 0 || (!id.empty() && id != last_id_)) return assembly_.call_count();
        return last_call_;
    }

    void on_usage(const bj::value& usage) {
        Usage read{.tokens_in = int_at(usage, "prompt_tokens").value_or(0),
                   .tokens_out = int_at(usage, "completion_tokens").value_or(0)};
        if (const bj::value* details = find(usage, "prompt_tokens_details"))
            read.tokens_cached = int_at(*details, "cached_tokens").value_or(0);
        assembly_.usage(read);
    }

    Assembly& assembly_;
    fetch::SseParser events_;
    std::string plain_body_;
    bool has_events_ = false;
    int last_call_ = -1;
    std::string last_id_;
};

}  // namespace

std::string openai_address(const Model& model, const Concessions& concessions) {
    std::string address = api_address(Provider::openai, model.base_url);
    if (concessions.without_v1 && address.ends_with("/v1")) address.resize(address.size() - 3);
    return address;
}

// ---- the list

fetch::Request list_openai_models(const Model& model) {
    fetch::Request request = get_request(model, api_address(Provider::openai, model.base_url) + "/models");
    add_bearer(request, model);
    return request;
}

std::vector<std::string> names_in_openai_list(const bj::value& document) {
    std::vector<std::string> names;
    const bj::value* data = find(document, "data");
    if (!data) data = &document;  // Together answers with the array itself
    if (!data->is_array()) return names;
    for (const bj::value& item : data->get_array()) names.emplace_back(text_at(item, "id"));
    return names;
}

// ---- embeddings: https://platform.openai.com/docs/api-reference/embeddings

fetch::Request embed_by_openai(const Model& model, const std::vector<std::string>& texts, EmbeddingUse,
                               const Concessions& concessions) {
    // Numbers as JSON: not every server that speaks this format knows the shorter base64.
    bj::object body{{"model", model.model}, {"input", array_of(texts)}, {"encoding_format", "float"}};
    fetch::Request request = json_request(model, openai_address(model, concessions) + "/embeddings", body);
    add_bearer(request, model);
    return request;
}

EmbeddingsRead embeddings_of_openai(const bj::value& document) {
    EmbeddingsRead read;
    const bj::value* data = find(document, "data");
    if (!data || !data->is_array()) return read;
    read.vectors.resize(data->get_array().size());
    size_t next = 0;
    for (const bj::value& item : data->get_array()) {
        size_t at = size_t(int_at(item, "index").value_or(int64_t(next)));
        if (at < read.vectors.size()) read.vectors[at] = numbers_of(find(item, "embedding"));
        ++next;
    }
    if (const bj::value* usage = find(document, "usage")) read.tokens_in = int_at(*usage, "prompt_tokens");
    return read;
}

const Adapter openai_adapter{
    .ask = ask_request,
    .decoder = [](Assembly& assembly) -> std::unique_ptr<Decoder> { return std::make_unique<OpenaiDecoder>(assembly); },
    .list = list_openai_models,
    .names = names_in_openai_list,
    .embed = embed_by_openai,
    .embeddings = embeddings_of_openai,
};

}  // namespace ry::llm
