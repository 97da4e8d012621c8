#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <ctime>

#include "base/text.h"
#include "kernel/llm/adapter.h"

namespace ry::llm {
namespace {

namespace bj = boost::json;

/// A key shorter than this is no secret, and its letters would be struck out of every word.
constexpr size_t key_bytes_min = 4;

/// The HTTP status that an error type stands for; inside a stream there is only the type.
int status_of(std::string_view type) {
    struct Row {
        std::string_view type;
        int status;
    };
    static constexpr Row rows[] = {
        {"overloaded_error", 529},        {"rate_limit_error", 429},
        {"rate_limit_exceeded", 429},     {"RESOURCE_EXHAUSTED", 429},
        {"insufficient_quota", 429},      {"authentication_error", 401},
        {"invalid_api_key", 401},         {"UNAUTHENTICATED", 401},
        {"permission_error", 403},        {"PERMISSION_DENIED", 403},
        {"billing_error", 402},           {"not_found_error", 404},
        {"model_not_found", 404},         {"NOT_FOUND", 404},
        {"request_too_large", 413},       {"invalid_request_error", 400},
        {"context_length_exceeded", 400}, {"INVALID_ARGUMENT", 400},
        {"timeout_error", 504},           {"UNAVAILABLE", 503},
    };
    for (const Row& row : rows)
        if (type == row.type) return row.status;
    return 500;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

bool is_out_of_credit(const Refusal& refusal) {
    return refusal.status == 402 || refusal.type == "insufficient_quota" ||
           has_any(lower(refusal.message), {"credit balance", "insufficient_quota", "insufficient balance"});
}

/// The key was refused. Gemini says it with 400.
bool is_key_refused(const Refusal& refusal) {
    return refusal.status == 401 || refusal.status == 403 ||
           has_any(lower(refusal.message), {"api key not valid", "invalid api key", "incorrect api key"});
}

}  // namespace

bool is_too_long(const Refusal& refusal) {
    if (refusal.status == 413) return true;
    if (refusal.status != 400 && refusal.status != 422 && refusal.status != 500) return false;
    return refusal.type == "context_length_exceeded" ||
           has_any(lower(refusal.message),
                   {"context length", "context window", "maximum context", "prompt is too long", "context size",
                    "input token count", "too many tokens", "exceeds the available context"});
}

Refusal read_refusal(int status, const bj::value& document) {
    const bj::value* at = &document;
    if (const auto* array = at->if_array(); array && !array->empty()) at = &array->front();
    Refusal refusal{.status = status};
    if (const bj::value* error = find(*at, "error")) at = error;
    if (at->is_string()) refusal.message = at->get_string();
    for (std::string_view key : {"message", "detail", "error_description"})
        if (refusal.message.empty()) refusal.message = text_at(*at, key);
    for (std::string_view key : {"code", "status", "type"})  // from the particular to the general
        if (refusal.type.empty()) refusal.type = text_at(*at, key);
    if (refusal.status == 0) {
        auto code = int_at(*at, "code");
        refusal.status = code && *code >= 400 && *code < 600 ? int(*code) : status_of(refusal.type);
        if (refusal.status == 500) refusal.status = status_of(text_at(*at, "type"));
    }
    return refusal;
}

Refusal read_refusal(int status, std::string_view body) {
    if (auto document = parse_json(body)) return read_refusal(status, *document);
    if (trim(body).starts_with('<')) return {.status = status};  // a web page: its markup helps nobody
    return {.status = status, .message = std::string(trim(body))};
}

bool may_pass(const Refusal& refusal) {
    if (is_out_of_credit(refusal) || is_too_long(refusal) || is_key_refused(refusal)) return false;
    switch (refusal.status) {
        case 408:
        case 429:
        case 500:
        case 502:
        case 503:
        case 504:
        case 529:
            return true;
        default:
            return false;
    }
}

std::string without_key(const Model& model, std::string_view text, size_t bytes_max) {
    std::string clean(text);
    std::string_view key = key_of(model);
    if (key.size() >= key_bytes_min)
        for (size_t at = clean.find(key); at != clean.npos; at = clean.find(key, at))
            clean.replace(at, key.size(), "[key]");
    std::ranges::replace_if(clean, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    std::string_view cut = utf8_prefix(clean, bytes_max);
    return std::string(cut) + (cut.size() < clean.size() ? "…" : "");
}

Error error_of(const Model& model, const Refusal& refusal, int wait_ms) {
    std::string who = "the model \"" + without_key(model, model.name.empty() ? model.model : model.name) + "\"";
    std::string words = without_key(model, refusal.message);
    std::string said = words.empty() ? "" : " It says: " + words;
    std::string cause = "status " + std::to_string(refusal.status) + " type " + without_key(model, refusal.type);
    auto error = [&](Code code, std::string message) {
        Error made = fail(code, std::move(message) + said, cause);
        made.retry_after_ms = wait_ms;
        return made;
    };
    if (is_out_of_credit(refusal))
        return error(Code::over_quota, "the account of " + who +
                                           " has no credit left; add some at the provider, or choose another model.");
    if (is_too_long(refusal))
        return error(Code::invalid, "the conversation is too long for " + who +
                                        "; start a new chat, or choose a model with a larger context.");
    if (is_key_refused(refusal))
        return error(Code::forbidden, "the key of " + who + " was refused; change it in Settings → Models.");
    switch (refusal.status) {
        case 404:
            return error(Code::not_found, "there is no such model or address for " + who +
                                              "; check its name and base URL in Settings → Models.");
        case 408:
        case 504:
            return error(Code::timed_out, "the provider of " + who + " took too long; try again.");
        case 429:
            return error(Code::over_quota,
                         "the provider of " + who +
                             " gets too many requests from this account; try again later, or choose another model.");
        default:
            break;
    }
    if (refusal.status >= 500)
        return error(Code::unavailable, "the provider of " + who + " has a problem (" + std::to_string(refusal.status) +
                                            "); try again later, or choose another model.");
    if (refusal.status >= 300 && refusal.status < 400)
        return error(Code::unsupported,
                     "the address of " + who + " leads elsewhere; set its final base URL in Settings → Models.");
    return error(Code::invalid, "the provider of " + who + " refused the question (" + std::to_string(refusal.status) +
                                    "); check the model's settings in Settings → Models.");
}

std::optional<int64_t> retry_after_ms(const fetch::Response& response, Time now) {
    constexpr double ms_max = 86'400'000;  // a day: beyond it, no number is meant seriously
    auto number_of = [](std::string_view text) -> std::optional<double> {
        std::string copy(trim(text));
        char* end = nullptr;
        double number = strtod(copy.c_str(), &end);
        if (copy.empty() || *end != '\0' || !std::isfinite(number) || number < 0) return {};
        return number;
    };
    if (auto header = response.find_header("retry-after-ms"))
        if (auto ms = number_of(*header)) return int64_t(std::min(*ms, ms_max));
    auto header = response.find_header("retry-after");
    if (!header) return {};
    if (auto seconds = number_of(*header)) return int64_t(std::min(*seconds * 1000, ms_max));
    tm date{};
    std::string text(trim(*header));
    if (!strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date)) return {};
    return std::clamp<int64_t>(int64_t(timegm(&date)) * 1000 - now.us / 1000, 0, int64_t(ms_max));
}

}  // namespace ry::llm
