#include "kernel/sandbox/proxy_request.h"

#include <algorithm>

#include "base/text.h"

namespace ry::sandbox {
namespace {

/// A method, or the name of a field (RFC 9110 §5.6.2).
bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    auto is_allowed = [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || marks.contains(c);
    };
    return !text.empty() && std::ranges::all_of(text, is_allowed);
}

/// An address: nothing but visible ASCII (RFC 3986 §2).
bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

/// The value of a field: no control characters, so that no server can see a line's end in it (RFC 9110 §5.5).
bool is_value(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7f'; });
}

}  // namespace

Result<ProxyRequest> parse_proxy_request(std::string_view head) {
    auto not_http = [] {
        return fail(Code::invalid, "this is a proxy: ask with CONNECT host:port or with an absolute http:// address");
    };
    auto lines = split(head, '\n');
    for (std::string_view& line : lines)
        if (line.ends_with('\r')) line.remove_suffix(1);
    auto words = split(lines.front(), ' ');
    if (words.size() != 3 || !words[2].starts_with("HTTP/1.")) return not_http();
    if (words[0] == "CONNECT") {
        auto target = parse_host_port(words[1]);
        if (!target) return not_http();
        return ProxyRequest{*target, true};
    }
    constexpr std::string_view scheme = "http://";
    if (!is_token(words[0]) || !is_visible(words[1]) || !words[1].starts_with(scheme)) return not_http();
    std::string_view rest = words[1].substr(scheme.size());
    std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    auto target = parse_host_port(authority);
    if (!target) target = parse_host_port(std::string(authority) + ":80");
    if (!target) return not_http();
    std::string path(rest.substr(authority.size()));
    if (!path.starts_with('/')) path.insert(0, "/");
    std::string forward = std::string(words[0]) + " " + path + " HTTP/1.1\r\nHost: " + std::string(authority) +
                          "\r\nConnection: close\r\n";
    for (size_t i = 1; i < lines.size() && !lines[i].empty(); ++i) {
        std::string_view line = lines[i];
        std::string name = lower(line.substr(0, line.find(':')));
        if (name.size() == line.size() || !is_token(name) || !is_value(line))
            return fail(Code::invalid, "a line of the request's head is no \"name: value\"");
        if (name != "host" && name != "connection" && !name.starts_with("proxy-")) forward.append(line).append("\r\n");
    }
    return ProxyRequest{*target, false, forward + "\r\n"};
}

}  // namespace ry::sandbox
