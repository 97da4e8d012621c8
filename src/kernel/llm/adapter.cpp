#include "kernel/llm/adapter.h"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/check.h"
#include "base/text.h"

namespace ry::llm {

namespace bj = boost::json;

const Adapter& adapter_of(Provider provider) {
    switch (provider) {
        case Provider::openai:
            return openai_adapter;
        case Provider::openai_responses:
            return openai_responses_adapter;
        case Provider::anthropic:
            return anthropic_adapter;
        case Provider::gemini:
            return gemini_adapter;
        case Provider::ollama:
            return ollama_adapter;
        case Provider::demo:
            break;
    }
    check_failed("a provider with an address", __FILE__, __LINE__);
}

// ---- addresses

namespace {

struct Home {
    std::string_view address;  ///< when the model names none
    std::string_view path;     ///< when the address has none
};
Home home_of(Provider provider) {
    switch (provider) {
        case Provider::anthropic:
            return {"https://api.anthropic.com", "/v1"};
        case Provider::gemini:
            return {"https://generativelanguage.googleapis.com", "/v1beta"};
        case Provider::ollama:
            return {"http://127.0.0.1:11434", ""};
        default:
            return {"https://api.openai.com", "/v1"};
    }
}

/// A name without a dot, or numbers: such hosts stand in the local network, and rarely have a certificate.
bool is_local(std::string_view host) {
    return !host.contains('.') || host.starts_with('[') || host.find_first_not_of("0123456789.") == host.npos;
}

std::string with_scheme(std::string_view address) {
    if (address.contains("://")) return std::string(address);
    std::string_view host = address.substr(0, address.find('/'));
    size_t colon = host.find(':');
    if (!host.starts_with('[') && colon != host.npos) host = host.substr(0, colon);
    return (is_local(host) ? "http://" : "https://") + std::string(address);
}

}  // namespace

bool has_path(std::string_view base_url) {
    std::string address = with_scheme(trim(base_url));
    while (address.ends_with('/')) address.pop_back();
    return address.find('/', address.find("://") + 3) != address.npos;
}

std::string api_address(Provider provider, std::string_view base_url) {
    Home home = home_of(provider);
    std::string_view given = trim(base_url);
    std::string address = with_scheme(given.empty() ? home.address : given);
    auto drop = [&](std::string_view end) {
        if (!address.ends_with(end)) return false;
        address.resize(address.size() - end.size());
        return true;
    };
    static constexpr std::string_view pasted[] = {"/",         "/chat/completions", "/responses",
                                                  "/messages", "/embeddings",       "/models",
                                                  "/api/chat", "/api/embed",        "/api/tags"};
    while (std::ranges::any_of(pasted, drop)) {}
    if (provider == Provider::ollama) {
        while (drop("/") || drop("/api") || drop("/v1")) {}
        return address;
    }
    return has_path(address) ? address : address + std::string(home.path);
}

// ---- JSON of others

namespace {

/// The code unit of an escape \\uXXXX at the beginning of `text`.
std::optional<unsigned> escaped_unit(std::string_view text) {
    if (text.size() < 6 || !text.starts_with("\\u")) return {};
    unsigned unit = 0;
    auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
    if (error != std::errc() || end != text.data() + 6) return {};
    return unit;
}

bool is_high(unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// Halves of a surrogate pair that stand alone read as U+FFFD: servers cut tokens there.
std::string with_whole_surrogates(std::string_view text) {
    std::string whole;
    while (!text.empty()) {
        auto unit = escaped_unit(text);
        size_t length = unit ? 6 : text.starts_with('\\') ? std::min<size_t>(2, text.size()) : 1;
        auto next = unit && is_high(*unit) ? escaped_unit(text.substr(6)) : std::nullopt;
        if (next && is_low(*next)) length = 12;
        bool is_half = unit && length == 6 && (is_high(*unit) || is_low(*unit));
        whole += is_half ? "\\ufffd" : text.substr(0, length);
        text.remove_prefix(length);
    }
    return whole;
}

}  // namespace

std::optional<bj::value> parse_json(std::string_view text) {
    std::string cleaned;
    if (!is_utf8(text)) {
        for (std::string_view rest = text; !rest.empty();) {
            size_t length = utf8_length(rest);
            cleaned += length == 0 ? "\xEF\xBF\xBD" : rest.substr(0, length);
            rest.remove_prefix(std::max<size_t>(length, 1));
        }
        text = cleaned;
    }
    boost::system::error_code error;
    bj::value value = bj::parse(text, error);
    if (error && text.contains("\\u")) value = bj::parse(with_whole_surrogates(text), error);
    if (error) return {};
    return value;
}

const bj::value* find(const bj::value& object, std::string_view key) {
    const bj::object* members = object.if_object();
    return members ? members->if_contains(key) : nullptr;
}

std::string_view text_at(const bj::value& object, std::string_view key) {
    const bj::value* member = find(object, key);
    return member && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
}

std::optional<int64_t> int_at(const bj::value& object, std::string_view key) {
    const bj::value* member = find(object, key);
    if (!member) return {};
    if (const auto* number = member->if_int64()) return *number;
    if (const auto* number = member->if_uint64()) return int64_t(std::min<uint64_t>(*number, INT64_MAX));
    if (const auto* number = member->if_double(); number && std::abs(*number) < 9e15) return int64_t(*number);
    return {};
}

std::vector<float> numbers_of(const bj::value* value) {
    const bj::array* items = value ? value->if_array() : nullptr;
    if (!items) return {};
    std::vector<float> numbers;
    numbers.reserve(items->size());
    for (const bj::value& item : *items) {
        if (!item.is_number()) return {};
        numbers.push_back(item.to_number<float>());
    }
    return numbers;
}

bj::array array_of(const std::vector<std::string>& texts) {
    bj::array items;
    for (const std::string& text : texts) items.push_back(bj::string(text));
    return items;
}

bj::value value_of(const Json& json) {
    if (auto value = parse_json(json.text)) return *std::move(value);
    return bj::object();
}

// ---- requests

std::string_view role_name(Role role) {
    if (role == Role::system) return "system";
    return role == Role::assistant ? "assistant" : "user";
}

std::string data_url(const Image& image) { return "data:" + image.media_type + ";base64," + base64(image.bytes); }

void add_bearer(fetch::Request& request, const Model& model) {
    if (!key_of(model).empty()) request.headers.emplace_back("Authorization", "Bearer " + std::string(key_of(model)));
}

std::string_view key_of(const Model& model) { return trim(model.api_key.reveal()); }

fetch::Request get_request(const Model& model, std::string url) {
    return {.url = std::move(url),
            .addresses = fetch::Addresses::any,
            .connect_timeout_ms = model.connect_timeout_ms,
            .first_byte_timeout_ms = model.first_token_timeout_ms,
            .between_bytes_timeout_ms = model.between_tokens_timeout_ms,
            .total_timeout_ms = model.total_timeout_ms};
}

fetch::Request json_request(const Model& model, std::string url, const bj::value& body) {
    fetch::Request request = get_request(model, std::move(url));
    request.method = "POST";
    request.headers = {{"Content-Type", "application/json"},
                       {"Accept", "text/event-stream, application/x-ndjson, application/json"}};
    request.body = bj::serialize(body);
    return request;
}

}  // namespace ry::llm
