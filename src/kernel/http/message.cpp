#include "kernel/http/message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json.h"
#include "base/text.h"

namespace ry::http {

namespace {
constexpr std::array<std::string_view, 8> method_names{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", ""};
}

std::string_view name_of(Method method) { return method_names[size_t(method)]; }

Method method_of(std::string_view name) {
    auto found = std::find(method_names.begin(), method_names.end() - 1, name);
    return Method(found - method_names.begin());
}

void Headers::set(std::string_view name, std::string_view value) {
    remove(name);
    add(name, value);
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [&](const Header& field) { return equals_ignoring_case(field.name, name); });
}

const Header* Headers::find(std::string_view name) const {
    for (const Header& field : fields_)
        if (field.name.size() == name.size() && equals_ignoring_case(field.name, name)) return &field;
    return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
    const Header* found = find(name);
    return found ? std::string_view(found->value) : std::string_view();
}

bool Headers::lists(std::string_view name, std::string_view token) const {
    for (const Header& field : fields_) {
        if (!equals_ignoring_case(field.name, name)) continue;
        for (std::string_view item : split(field.value, ','))
            if (equals_ignoring_case(trim(item), token)) return true;
    }
    return false;
}

std::string_view Request::query() const {
    size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

std::string_view reason_of(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 499:
            return "Client Closed Request";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Status";
    }
}

Response text_response(int status, std::string_view content_type, std::string body) {
    Response response{.status = status, .body = std::move(body)};
    response.headers.add("Content-Type", content_type);
    return response;
}

Response json_response(int status, std::string body) {
    return text_response(status, "application/json", std::move(body));
}

Response problem_response(const Error& error, std::string_view request_id, std::optional<int> other_status) {
    int status = other_status.value_or(http_status(error.code));
    std::string json = "{\"type\":";
    json::write_string(json, "urn:ramify:problem:" + std::string(name_of(error.code)));
    json += ",\"title\":";
    json::write_string(json, reason_of(status));
    json += ",\"status\":" + std::to_string(status) + ",\"code\":";
    json::write_string(json, name_of(error.code));
    json += ",\"detail\":";
    json::write_string(json, error.message);
    json += ",\"instance\":";
    json::write_string(json, request_id);
    if (!error.faults.empty()) {
        json += ",\"errors\":[";
        for (const Fault& fault : error.faults) {
            json += json.back() == '[' ? "{\"pointer\":" : ",{\"pointer\":";
            json::write_string(json, fault.pointer);
            json += ",\"detail\":";
            json::write_string(json, fault.detail);
            json += '}';
        }
        json += ']';
    }
    Response response = text_response(status, "application/problem+json", json + "}");
    int retry_after_ms = error.retry_after_ms;
    if (retry_after_ms == 0 && (error.code == Code::unavailable || error.code == Code::over_quota))
        retry_after_ms = 1000;
    if (retry_after_ms > 0) response.headers.add("Retry-After", std::to_string((retry_after_ms + 999) / 1000));
    if (error.code == Code::unauthenticated) response.headers.add("WWW-Authenticate", "Bearer realm=\"ramify\"");
    return response;
}

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return {};
            int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return {};
            c = char(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0') return {};
        out += c;
    }
    if (!is_utf8(out)) return {};
    return out;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) { return decoded(text, false); }

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (unsigned char c : text) {
        bool is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                             c == '.' || c == '_' || c == '~';
        if (is_unreserved)
            out += char(c);
        else
            (out += '%') += {"0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15]};
    }
    return out;
}

std::optional<std::vector<QueryParameter>> parse_query(std::string_view query) {
    constexpr size_t parameters_max = 100;
    std::vector<QueryParameter> parameters;
    for (std::string_view pair : split(query, '&')) {
        if (pair.empty()) continue;
        size_t equals = pair.find('=');
        auto name = decoded(pair.substr(0, equals), true);
        auto value = decoded(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
        if (!name || !value || parameters.size() == parameters_max) return {};
        parameters.push_back({*std::move(name), *std::move(value)});
    }
    return parameters;
}

double acceptance(std::string_view accept, std::string_view media_type) {
    if (trim(accept).empty()) return 1;
    std::string_view family = media_type.substr(0, media_type.find('/'));
    double best = 0;
    int best_precision = -1;
    for (std::string_view range : split(accept, ',')) {
        auto parts = split(range, ';');
        std::string_view type = trim(parts[0]);
        int precision = equals_ignoring_case(type, media_type) ? 2 : type == "*/*" ? 0 : -1;
        if (type.ends_with("/*") && equals_ignoring_case(type.substr(0, type.size() - 2), family)) precision = 1;
        if (precision <= best_precision) continue;
        double quality = 1;
        for (size_t i = 1; i < parts.size(); ++i) {
            std::string_view parameter = trim(parts[i]);
            if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
            parameter.remove_prefix(2);
            if (std::from_chars(parameter.data(), parameter.data() + parameter.size(), quality).ec != std::errc())
                quality = 0;
        }
        best = std::clamp(quality, 0.0, 1.0);
        best_precision = precision;
    }
    return best;
}

}  // namespace ry::http
