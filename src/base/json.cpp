#include "base/json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace ry::json {
namespace {

void escape(std::string& out, unsigned char c) {
    constexpr char hex[] = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: out += "\\u00"; out += hex[c >> 4]; out += hex[c & 15];
    }
}

bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

}  // namespace

void write_string(std::string& out, std::string_view text) {
    out += '"';
    size_t at = 0;
    while (at < text.size()) {
        size_t run = at;
        while (run < text.size() && is_plain(static_cast<unsigned char>(text[run]))) ++run;
        out.append(text, at, run - at);
        at = run;
        if (at == text.size()) break;
        auto c = static_cast<unsigned char>(text[at]);
        if (c < 0x80) {
            escape(out, c);
            ++at;
        } else if (size_t length = utf8_length(text.substr(at))) {
            out.append(text, at, length);
            at += length;
        } else {
            out += "\xEF\xBF\xBD";
            ++at;
        }
    }
    out += '"';
}

void write_number(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

bool is_valid(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 64;
    boost::system::error_code error;
    boost::json::parse({text.data(), text.size()}, error, {}, options);
    return !error;
}

}  // namespace ry::json
