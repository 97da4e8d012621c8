#include "modules/chats/tool_step.h"

#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "kernel/fetch/fetch.h"

namespace ry::chats {
namespace {

namespace bj = boost::json;

constexpr size_t answer_bytes_max =
    400'000;  ///< as text and as JSON it stands in what the step yields: 1,000,000 bytes
constexpr size_t headers_max = 50;

enum class Method { get, post, put, patch, remove };
constexpr std::array<std::string_view, 5> names_of(Method) { return {"GET", "POST", "PUT", "PATCH", "DELETE"}; }

struct ToolParameters {
    std::string url;
    Method method = Method::get;
    Json headers{"{}"};
    std::optional<std::string> body;
    static const Fields& fields() {
        using S = ToolParameters;
        static const Field table[] = {
            field("url", &S::url, "The address: http or https.", length(1, 4'000)),
            field("method", &S::method, "What is asked of it (GET when absent).", defaulted()),
            field("headers", &S::headers, "Headers by name.", defaulted()),
            field("body", &S::body, "What is sent; of the type application/json when no header says otherwise.",
                  length(0, pipelines::template_bytes_max)),
        };
        static const Fields all{"ToolParameters", table};
        return all;
    }
};

Result<fetch::Headers> headers_of(const ToolParameters& parameters) {
    bj::value given = bj::parse(parameters.headers.text);
    const bj::object* members = given.if_object();
    if (!members || members->size() > headers_max)
        return invalid("/headers", "must be an object of " + std::to_string(headers_max) + " headers at most");
    fetch::Headers headers;
    bool has_type = false;
    for (const auto& member : *members) {
        const bj::string* text = member.value().if_string();
        if (!text) return invalid("/headers", "must have texts as values");
        std::string name(member.key());
        has_type = has_type || equals_ignoring_case(name, "content-type");
        headers.emplace_back(std::move(name), std::string(text->data(), text->size()));
    }
    if (parameters.body && !has_type) headers.emplace_back("Content-Type", "application/json");
    return headers;
}

/// {"status", "text", "json"?}
Json yielded(const fetch::Response& response) {
    std::string text = utf8_text(response.body);
    std::string json = "{\"status\":" + std::to_string(response.status) + ",\"text\":";
    json::write_string(json, text);
    if (json::is_valid(text)) json += ",\"json\":" + text;
    return {json + "}"};
}

Result<Json> run_tool(fetch::Fetch& fetch, const Op& op, const StepCall& call) {
    auto parameters = TRY(from_json<ToolParameters>(call.parameters.text));
    auto response = TRY(fetch.send(op, {.method = std::string(names_of(parameters.method)[size_t(parameters.method)]),
                                        .url = parameters.url,
                                        .headers = TRY(headers_of(parameters)),
                                        .body = parameters.body.value_or(""),
                                        .body_bytes_max = answer_bytes_max}));
    if (response.status == 429 || response.status >= 500)
        return fail(Code::unavailable, "the address answers with status " + std::to_string(response.status) +
                                           "; try again later, or let the step be tried again (retry)");
    return yielded(response);
}

}  // namespace

StepKind tool_step(fetch::Fetch& fetch) {
    return {pipelines::step_type<ToolParameters>("tool", "Asks an address over HTTP.", {"status", "text", "json"}),
            [&fetch](const Op& op, const StepCall& call) { return run_tool(fetch, op, call); }};
}

}  // namespace ry::chats
