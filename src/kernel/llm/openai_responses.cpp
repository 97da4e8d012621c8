// OpenAI's responses, as OpenAI, OpenRouter, vLLM, LM Studio and others speak them. Nothing is kept at the provider:
// each question carries its whole history. Format: https://platform.openai.com/docs/api-reference/responses-streaming
#include <boost/json.hpp>
#include <set>

#include "base/text.h"
#include "kernel/fetch/sse.h"
#include "kernel/llm/adapter.h"

namespace ry::llm {
namespace {

namespace bj = boost::json;

/// A body without events is kept this far: an error document, or an answer of a server that does not stream.
constexpr size_t plain_body_bytes_max = 1 << 20;

// ---- the question

/// Calls and their results are items of their own, beside the messages.
void add_items(bj::array& input, const Message& message) {
    bj::array content;
    for (const Part& part : message.parts) {
        if (const auto* text = std::get_if<Text>(&part); text && !text->text.empty())
            content.push_back(bj::object{{"type", message.role == Role::assistant ? "output_text" : "input_text"},
                                         {"text", text->text}});
        if (const auto* image = std::get_if<Image>(&part))
            content.push_back(bj::object{{"type", "input_image"}, {"image_url", data_url(*image)}});
    }
    if (!content.empty()) input.push_back(bj::object{{"role", role_name(message.role)}, {"content", std::move(content)}});
    for (const Part& part : message.parts) {
        if (const auto* call = std::get_if<ToolCall>(&part))
            input.push_back(bj::object{{"type", "function_call"},
                                       {"call_id", call->id},
                                       {"name", call->name},
                                       {"arguments", call->arguments.text}});
        if (const auto* result = std::get_if<ToolResult>(&part))
            input.push_back(
                bj::object{{"type", "function_call_output"}, {"call_id", result->id}, {"output", result->text}});
    }
}

bj::array tools_of(const std::vector<Tool>& tools) {
    bj::array out;
    for (const Tool& tool : tools)
        out.push_back(bj::object{{"type", "function"},
                                 {"name", tool.name},
                                 {"description", tool.description},
                                 {"parameters", value_of(tool.schema)},
                                 {"strict", false}});
    return out;
}

bj::value reasoning_of(Reasoning reasoning) {
    constexpr std::string_view efforts[] = {"", "minimal", "low", "medium", "high"};
    if (reasoning == Reasoning::off) return bj::object{{"effort", efforts[1]}};
    return bj::object{{"effort", efforts[size_t(reasoning)]}, {"summary", "auto"}};
}

fetch::Request ask_request(const Model& model, const Ask& ask, const Concessions& concessions) {
    bj::array input;
    for (const Message& message : ask.messages) add_items(input, message);
    bj::object body{{"model", model.model}, {"input", std::move(input)}, {"stream", true}, {"store", false}};
    if (!ask.tools.empty()) body["tools"] = tools_of(ask.tools);
    if (ask.temperature) body["temperature"] = *ask.temperature;
    if (ask.tokens_max) body["max_output_tokens"] = *ask.tokens_max;
    if (ask.reasoning != Reasoning::model_default) body["reasoning"] = reasoning_of(ask.reasoning);
    if (ask.output_schema)
        body["text"] = bj::object{{"format", bj::object{{"type", "json_schema"},
                                                        {"name", "answer"},
                                                        {"schema", value_of(*ask.output_schema)},
                                                        {"strict", true}}}};
    fetch::Request request = json_request(model, openai_address(model, concessions) + "/responses", body);
    add_bearer(request, model);
    return request;
}

// ---- the answer

class ResponsesDecoder : public Decoder {
public:
    explicit ResponsesDecoder(Assembly& assembly) : assembly_(assembly) {}

    void feed(std::string_view bytes) override {
        if (!has_events_ && plain_body_.size() + bytes.size() <= plain_body_bytes_max) plain_body_ += bytes;
        take(events_.feed(bytes, [this](const fetch::SseEvent& event) { return on_event(event); }));
    }

    void finish() override {
        take(events_.finish([this](const fetch::SseEvent& event) { return on_event(event); }));
        if (has_events_ || !assembly_.goes_on()) return;
        auto document = parse_json(plain_body_);
        if (document && (find(*document, "output") || is_error(*document)))
            on_whole(*document);
        else if (!plain_body_.empty())
            assembly_.refuse({.status = 404, .message = "the address did not answer as a model does"});
    }

private:
    void take(const Result<void>& read) {
        if (!read && assembly_.goes_on()) assembly_.refuse({.status = 502, .message = read.error().message});
    }

    static bool is_error(const bj::value& data) {
        const bj::value* error = find(data, "error");
        return error && !error->is_null();
    }

    Result<void> on_event(const fetch::SseEvent& event) {
        has_events_ = true;
        plain_body_ = {};
        if (!assembly_.goes_on() || event.data.empty() || event.data == "[DONE]") return {};
        auto data = parse_json(event.data);
        if (!data) return fail(Code::unavailable, "a part of the answer is not JSON");
        if (is_repeated(*data)) return {};
        std::string_view type = text_at(*data, "type");
        if (type == "error" || (type.empty() && is_error(*data)))
            assembly_.refuse(read_refusal(0, *data));
        else
            on_typed(type, *data);
        return {};  // types to come
    }

    /// Frames are numbered; one that a proxy sends twice is read once.
    bool is_repeated(const bj::value& data) {
        auto number = int_at(data, "sequence_number");
        if (!number) return false;
        if (*number <= last_number_) return true;
        last_number_ = *number;
        return false;
    }

    void on_typed(std::string_view type, const bj::value& data) {
        if (type == "response.output_text.delta" || type == "response.refusal.delta")
            on_text(data, text_at(data, "delta"));
        else if (type == "response.output_text.done" && !said_.contains(place_of(data)))
            on_text(data, text_at(data, "text"));  // of a server that gives a part as a whole
        else if (type == "response.reasoning_summary_text.delta" || type == "response.reasoning_text.delta")
            on_reasoning(data);
        else if (type == "response.output_item.added")
            on_item(data);
        else if (type == "response.function_call_arguments.delta")
            on_arguments(data, text_at(data, "delta"));
        else if (type == "response.output_item.done")
            on_item_done(data);
        else if (const bj::value* response = find(data, "response"))
            on_response(type, *response);
    }

    using Place = std::pair<int64_t, int64_t>;
    static Place place_of(const bj::value& data) {
        return {int_at(data, "output_index").value_or(0), int_at(data, "content_index").value_or(0)};
    }
    static int index_of(const bj::value& data) {
        return int(std::clamp<int64_t>(int_at(data, "output_index").value_or(0), 0, 1'000'000));
    }

    void on_text(const bj::value& data, std::string_view text) {
        if (said_.size() < parts_max) said_.insert(place_of(data));
        assembly_.text(text);
    }

    /// Summaries come as paragraphs, each a part of its own.
    void on_reasoning(const bj::value& data) {
        Place part{int_at(data, "output_index").value_or(0), int_at(data, "summary_index").value_or(0)};
        if (thought_ && *thought_ != part) assembly_.reasoning("\n\n");
        thought_ = part;
        assembly_.reasoning(text_at(data, "delta"));
    }

    void on_item(const bj::value& data) {
        const bj::value* item = find(data, "item");
        if (!item || text_at(*item, "type") != "function_call") return;
        std::string_view id = text_at(*item, "call_id");
        assembly_.call_started(index_of(data), id.empty() ? text_at(*item, "id") : id, text_at(*item, "name"));
    }

    void on_arguments(const bj::value& data, std::string_view text) {
        if (argued_.size() < parts_max) argued_.insert(index_of(data));
        assembly_.call_arguments(index_of(data), text);
    }

    void on_item_done(const bj::value& data) {
        const bj::value* item = find(data, "item");
        if (!item || text_at(*item, "type") != "function_call") return;
        on_item(data);  // of a server that does not say when one begins
        if (!argued_.contains(index_of(data))) on_arguments(data, text_at(*item, "arguments"));
        assembly_.call_done(index_of(data));
    }

    void on_response(std::string_view type, const bj::value& response) {
        if (std::string_view id = text_at(response, "id"); !id.empty()) assembly_.request_id(id);
        if (const bj::value* usage = find(response, "usage"); usage && usage->is_object()) on_usage(*usage);
        if (type == "response.failed") {
            assembly_.refuse(read_refusal(0, response));
        } else if (type == "response.incomplete") {
            const bj::value* details = find(response, "incomplete_details");
            std::string_view reason = details ? text_at(*details, "reason") : std::string_view();
            assembly_.finish_reason(reason == "max_output_tokens" ? FinishReason::length
                                    : reason == "content_filter"  ? FinishReason::content_filter
                                                                  : FinishReason::other);
            assembly_.end();
        } else if (type == "response.completed") {
            assembly_.finish_reason(FinishReason::stop);
            assembly_.end();
        }
    }

    void on_usage(const bj::value& usage) {
        Usage read{.tokens_in = int_at(usage, "input_tokens").value_or(0),
                   .tokens_out = int_at(usage, "output_tokens").value_or(0)};
        if (const bj::value* details = find(usage, "input_tokens_details"))
            read.tokens_cached = int_at(*details, "cached_tokens").value_or(0);
        assembly_.usage(read);
    }

    /// The answer of a server that does not stream.
    void on_whole(const bj::value& response) {
        if (is_error(response)) return assembly_.refuse(read_refusal(0, response));
        if (const bj::value* output = find(response, "output"); output && output->is_array())
            for (size_t i = 0; i < output->get_array().size(); ++i) on_whole_item(i, output->get_array()[i]);
        std::string_view status = text_at(response, "status");
        on_response(status == "failed"       ? "response.failed"
                    : status == "incomplete" ? "response.incomplete"
                                             : "response.completed",
                    response);
    }

    void on_whole_item(size_t index, const bj::value& item) {
        if (text_at(item, "type") == "function_call") on_item_done(bj::object{{"output_index", index}, {"item", item}});
        bool is_reasoning = text_at(item, "type") == "reasoning";
        const bj::value* parts = find(item, is_reasoning ? "summary" : "content");
        if (!parts || !parts->is_array()) return;
        for (const bj::value& part : parts->get_array())
            is_reasoning ? assembly_.reasoning(text_at(part, "text")) : assembly_.text(text_at(part, "text"));
    }

    /// Of one answer; a handful come.
    static constexpr size_t parts_max = 10'000;

    Assembly& assembly_;
    fetch::SseParser events_;
    std::string plain_body_;
    bool has_events_ = false;
    int64_t last_number_ = -1;
    std::set<Place> said_;
    std::set<int> argued_;
    std::optional<Place> thought_;
};

}  // namespace

const Adapter openai_responses_adapter{
    .ask = ask_request,
    .decoder = [](Assembly& assembly) -> std::unique_ptr<Decoder> {
        return std::make_unique<ResponsesDecoder>(assembly);
    },
    .list = list_openai_models,
    .names = names_in_openai_list,
    .embed = embed_by_openai,
    .embeddings = embeddings_of_openai,
};

}  // namespace ry::llm
