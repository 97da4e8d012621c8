#include "modules/databases/tools/source.h"

#include <map>
#include <optional>
#include <vector>

#include "base/text.h"

namespace ry::databases::tools {
namespace {

using Pair = std::pair<std::string, std::string>;

Error not_understood() {
    return fail(Code::invalid, "the source must be postgres://user@host:port/database, or host=… user=… dbname=…");
}

int hex_digit(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    size_t at = digits.find(char(std::tolower(static_cast<unsigned char>(c))));
    return at == digits.npos ? -1 : int(at);
}

/// %41 → A, as libpq decodes each part of a URI.
std::optional<std::string> decoded(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(text[i + 2]);
        if (low < 0 || (high == 0 && low == 0)) return {};
        plain += char(high * 16 + low);
        i += 2;
    }
    return plain;
}

/// The parts of a URI as keywords.
std::optional<std::vector<Pair>> pairs_of_uri(std::string_view rest) {
    std::vector<std::pair<std::string, std::string_view>> raw;
    std::string_view parameters;
    if (size_t question = rest.find('?'); question != rest.npos)
        parameters = rest.substr(question + 1), rest = rest.substr(0, question);
    size_t slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    if (slash != rest.npos && slash + 1 < rest.size()) raw.emplace_back("dbname", rest.substr(slash + 1));
    if (size_t at = authority.rfind('@'); at != authority.npos) {
        std::string_view person = authority.substr(0, at);
        size_t colon = person.find(':');
        if (colon != 0 && !person.empty()) raw.emplace_back("user", person.substr(0, colon));
        if (colon != person.npos) raw.emplace_back("password", person.substr(colon + 1));
        authority = authority.substr(at + 1);
    }
    size_t port = authority.rfind(':');
    if (size_t bracket = authority.rfind(']'); bracket != authority.npos && port != authority.npos && port < bracket)
        port = authority.npos;
    std::string_view host = authority.substr(0, port);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (!host.empty()) raw.emplace_back("host", host);
    if (port != authority.npos && port + 1 < authority.size()) raw.emplace_back("port", authority.substr(port + 1));
    for (std::string_view parameter : split(parameters, '&')) {
        if (parameter.empty()) continue;
        size_t equals = parameter.find('=');
        if (equals == parameter.npos) return {};
        auto key = decoded(parameter.substr(0, equals));
        if (!key) return {};
        raw.emplace_back(*std::move(key), parameter.substr(equals + 1));
    }
    std::vector<Pair> pairs;
    for (auto& [key, value] : raw) {
        auto plain = decoded(value);
        if (!plain) return {};
        pairs.emplace_back(std::move(key), *std::move(plain));
    }
    return pairs;
}

/// key = value, key='a value with \' in it'.
std::optional<std::vector<Pair>> pairs_of_keywords(std::string_view text) {
    std::vector<Pair> pairs;
    auto skip_blanks = [&] { text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size())); };
    for (skip_blanks(); !text.empty(); skip_blanks()) {
        size_t equals = text.find('=');
        if (equals == text.npos) return {};
        std::string key(trim(text.substr(0, equals)));
        if (key.empty() || key.find_first_of(" \t'") != key.npos) return {};
        text.remove_prefix(equals + 1);
        skip_blanks();
        bool is_quoted = text.starts_with('\'');
        if (is_quoted) text.remove_prefix(1);
        std::string value;
        bool is_closed = !is_quoted;
        while (!text.empty()) {
            char c = text.front();
            text.remove_prefix(1);
            if (c == '\\' && !text.empty()) {
                value += text.front();
                text.remove_prefix(1);
            } else if (is_quoted && c == '\'') {
                is_closed = true;
                break;
            } else if (!is_quoted && std::string_view(" \t\r\n").contains(c)) {
                break;
            } else {
                value += c;
            }
        }
        if (!is_closed) return {};
        pairs.emplace_back(std::move(key), std::move(value));
    }
    return pairs;
}

std::string quoted(std::string_view value) {
    std::string text = "'";
    for (char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

}  // namespace

Result<Source> read_source(std::string_view text) {
    text = trim(text);
    if (text.find('\0') != text.npos) return not_understood();
    std::optional<std::vector<Pair>> pairs;
    for (std::string_view scheme : {"postgres://", "postgresql://"})
        if (text.starts_with(scheme)) pairs = pairs_of_uri(text.substr(scheme.size()));
    if (!pairs && text.find("://") == text.npos && text.find('=') != text.npos) pairs = pairs_of_keywords(text);
    if (!pairs || pairs->empty()) return not_understood();
    Source source;
    std::map<std::string, std::string> values;
    for (const auto& [key, value] : *pairs) {
        if (key == "sslpassword")
            return fail(Code::invalid,
                        "the source has the password of a key, which would be seen by others; use a key without one");
        if (key == "password") {
            source.password = value;
            continue;
        }
        source.dsn += (source.dsn.empty() ? "" : " ") + key + "=" + quoted(value);
        values[key] = value;
    }
    if (values["host"].find(',') != std::string::npos)
        return fail(Code::invalid, "the source has several hosts, and a clone is of one of them; name that");
    std::string host = values["host"].empty() ? values["hostaddr"] : values["host"];
    source.shown = (values["user"].empty() ? "" : values["user"] + "@") + (host.empty() ? "local" : host) +
                   (values["port"].empty() ? "" : ":" + values["port"]) + "/" +
                   (values["dbname"].empty() ? values["service"] : values["dbname"]);
    return source;
}

}  // namespace ry::databases::tools
