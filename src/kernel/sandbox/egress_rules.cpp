#include "kernel/sandbox/egress_rules.h"

#include <arpa/inet.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace ry::sandbox {
namespace {

struct Range4 {
    uint32_t network;  // host order
    int bits;
};
constexpr uint32_t v4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return a << 24 | b << 16 | c << 8 | d; }
constexpr Range4 not_public_v4[] = {
    {v4(0, 0, 0, 0), 8},       {v4(10, 0, 0, 0), 8},      {v4(100, 64, 0, 0), 10},   {v4(127, 0, 0, 0), 8},
    {v4(169, 254, 0, 0), 16},  {v4(172, 16, 0, 0), 12},   {v4(192, 0, 0, 0), 24},    {v4(192, 0, 2, 0), 24},
    {v4(192, 88, 99, 0), 24},  {v4(192, 168, 0, 0), 16},  {v4(198, 18, 0, 0), 15},   {v4(198, 51, 100, 0), 24},
    {v4(203, 0, 113, 0), 24},  {v4(224, 0, 0, 0), 4},     {v4(240, 0, 0, 0), 4}};

bool is_public_v4(uint32_t address) {
    return std::ranges::none_of(not_public_v4, [&](Range4 range) { return (address ^ range.network) >> (32 - range.bits) == 0; });
}

uint32_t v4_at(const uint8_t* bytes) { return v4(bytes[0], bytes[1], bytes[2], bytes[3]); }

/// Global unicast is 2000::/3 only; of it, not Teredo, documentation and 6to4 around an IPv4 address that is not public.
bool is_public_v6(const uint8_t* a) {
    constexpr uint8_t mapped_v4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(a, mapped_v4, sizeof mapped_v4) == 0) return is_public_v4(v4_at(a + 12));
    if ((a[0] & 0xe0) != 0x20) return false;
    const bool special_2001 = a[0] == 0x20 && a[1] == 0x01 && (a[2] < 0x02 || (a[2] == 0x0d && a[3] == 0xb8));
    const bool documentation = a[0] == 0x3f && a[1] == 0xff && a[2] < 0x10;
    if (special_2001 || documentation) return false;
    if (a[0] == 0x20 && a[1] == 0x02) return is_public_v4(v4_at(a + 2));
    return true;
}

Result<std::vector<HostPort>> parse_all(const std::vector<std::string>& entries, const std::string& member) {
    std::vector<HostPort> parsed;
    for (const std::string& entry : entries) {
        auto target = parse_host_port(entry);
        if (!target) return invalid(member, "must be \"host:port\", and \"" + entry + "\" is not");
        parsed.push_back(*target);
    }
    return parsed;
}

std::string base64(std::string_view bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // its NUL
    return text;
}

}  // namespace

std::string HostPort::text() const {
    bool is_v6 = host.find(':') != host.npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<HostPort> parse_host_port(std::string_view text) {
    size_t colon = text.rfind(':');
    if (colon == text.npos) return {};
    std::string_view host = text.substr(0, colon);
    auto port = parse_int(text.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return {};
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host.ends_with('.')) host.remove_suffix(1);
    constexpr size_t host_bytes_max = 253;  // RFC 1035
    if (host.empty() || host.size() > host_bytes_max || (!bracketed && host.find(':') != host.npos)) return {};
    auto is_host_letter = [&](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || (bracketed && c == ':'); };
    const bool has_empty_label = host.starts_with('.') || host.ends_with('.') || host.contains("..");
    if (has_empty_label || !std::ranges::all_of(host, is_host_letter)) return {};
    HostPort target{lower(host), static_cast<int>(*port)};
    if (bracketed && !literal_address(target)) return {};
    return target;
}

std::string Address::text() const {
    char buffer[INET6_ADDRSTRLEN] = {};
    if (storage.ss_family == AF_INET) inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, buffer, sizeof buffer);
    if (storage.ss_family == AF_INET6) inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr, buffer, sizeof buffer);
    return buffer;
}

std::optional<Address> literal_address(const HostPort& target) {
    Address address;
    auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
    auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
    if (inet_pton(AF_INET, target.host.c_str(), &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        four.sin_port = htons(static_cast<uint16_t>(target.port));
        address.size = sizeof four;
        return address;
    }
    if (inet_pton(AF_INET6, target.host.c_str(), &six.sin6_addr) != 1) return {};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(static_cast<uint16_t>(target.port));
    address.size = sizeof six;
    return address;
}

bool is_public(const Address& address) {
    if (address.storage.ss_family == AF_INET)
        return is_public_v4(ntohl(reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr));
    if (address.storage.ss_family == AF_INET6)
        return is_public_v6(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr.s6_addr);
    return false;
}

std::optional<UpstreamProxy> parse_upstream(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
    while (url.ends_with('/')) url.remove_suffix(1);
    UpstreamProxy proxy;
    if (size_t at = url.rfind('@'); at != url.npos) {
        proxy.authorization = "Basic " + base64(url.substr(0, at));
        url.remove_prefix(at + 1);
    }
    auto target = parse_host_port(url);
    if (!target) return {};
    proxy.at = *target;
    return proxy;
}

Result<void> EgressRules::may_ask_for(const HostPort& target) const {
    if (std::ranges::find(allow, target) != allow.end()) return {};
    return fail(Code::forbidden, target.text() + " is not on the allow-list of this sandbox; ask an owner of the project to add it");
}

Result<void> EgressRules::may_connect(const HostPort& target, const Address& address) const {
    if (is_public(address) || std::ranges::find(allowed_private, target) != allowed_private.end()) return {};
    return fail(Code::forbidden, target.text() + " has the private or reserved address " + address.text() +
                                     "; the operator can allow it with allowed_private_hosts");
}

bool EgressRules::goes_through_upstream(const HostPort& target) const {
    if (!upstream) return false;
    return std::ranges::none_of(no_proxy, [&](const std::string& suffix) {
        return suffix == "*" || target.host == suffix || target.host.ends_with("." + suffix);
    });
}

Result<EgressRules> make_rules(const std::vector<std::string>& allow, const std::vector<std::string>& allowed_private,
                               const std::string& upstream_proxy, const std::string& no_proxy) {
    EgressRules rules;
    rules.allow = TRY(parse_all(allow, "/network/allow"));
    rules.allowed_private = TRY(parse_all(allowed_private, "/allowed_private_hosts"));
    if (!upstream_proxy.empty() && !(rules.upstream = parse_upstream(upstream_proxy)))
        return invalid("/upstream_proxy", "must be http://host:port");
    for (std::string_view suffix : split(no_proxy, ',')) {
        suffix = trim(suffix);
        while (suffix.starts_with('.')) suffix.remove_prefix(1);
        if (!suffix.empty()) rules.no_proxy.push_back(lower(suffix));
    }
    return rules;
}

}  // namespace ry::sandbox
