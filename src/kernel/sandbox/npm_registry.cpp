#include "kernel/sandbox/npm_registry.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "kernel/sandbox/egress_rules.h"

namespace ry::sandbox {
namespace {

constexpr std::string_view default_url = "https://registry.npmjs.org/";

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::string registry_in_npmrc(std::string_view text) {
    std::string found;
    for (std::string_view line : split(text, '\n')) {
        size_t equals = line.find('=');
        if (equals == line.npos || trim(line.substr(0, equals)) != "registry") continue;
        std::string_view value = trim(line.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
        found = value;  // the last one counts
    }
    return found;
}

Result<NpmRegistry> read_registry_url(std::string_view url) {
    auto wrong = [&] { return invalid("/registry", "must be an http or https address, and \"" + std::string(url) + "\" is not"); };
    bool secure = url.starts_with("https://");
    if (!secure && !url.starts_with("http://")) return wrong();
    std::string_view authority = url.substr(secure ? 8 : 7);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (size_t at = authority.rfind('@'); at != authority.npos) authority.remove_prefix(at + 1);
    auto target = parse_host_port(authority);
    if (!target) target = parse_host_port(std::string(authority) + (secure ? ":443" : ":80"));
    if (!target) return wrong();
    return NpmRegistry{std::string(url) + (url.ends_with('/') ? "" : "/"), target->text()};
}

Result<NpmRegistry> npm_registry_of_host() {
    std::string url = environment("npm_config_registry");
    for (std::string path : {environment("HOME") + "/.npmrc", std::string("/etc/npmrc"), std::string("/usr/etc/npmrc")})
        if (url.empty()) url = registry_in_npmrc(read_file(path));
    return read_registry_url(url.empty() ? default_url : url);
}

}  // namespace ry::sandbox
