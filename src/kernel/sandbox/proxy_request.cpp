#include "kernel/sandbox/proxy_request.h"

#include "base/text.h"

namespace ry::sandbox {

Result<ProxyRequest> parse_proxy_request(std::string_view head) {
    auto not_http = [] { return fail(Code::invalid, "this is a proxy: ask with CONNECT host:port or with an absolute http:// address"); };
    auto lines = split(head, '\n');
    auto words = split(trim(lines.front()), ' ');
    if (words.size() != 3 || !words[2].starts_with("HTTP/1.")) return not_http();
    if (words[0] == "CONNECT") {
        auto target = parse_host_port(words[1]);
        if (!target) return not_http();
        return ProxyRequest{*target, true};
    }
    constexpr std::string_view scheme = "http://";
    if (!words[1].starts_with(scheme)) return not_http();
    std::string_view rest = words[1].substr(scheme.size());
    std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    auto target = parse_host_port(authority);
    if (!target) target = parse_host_port(std::string(authority) + ":80");
    if (!target) return not_http();
    std::string path(rest.substr(authority.size()));
    if (!path.starts_with('/')) path.insert(0, "/");
    std::string forward = std::string(words[0]) + " " + path + " HTTP/1.1\r\nConnection: close\r\n";
    for (size_t i = 1; i < lines.size(); ++i) {
        std::string_view line = trim(lines[i]);
        std::string name = lower(line.substr(0, line.find(':')));
        if (!line.empty() && name != "connection" && !name.starts_with("proxy-")) forward.append(line).append("\r\n");
    }
    return ProxyRequest{*target, false, forward + "\r\n"};
}

}  // namespace ry::sandbox
