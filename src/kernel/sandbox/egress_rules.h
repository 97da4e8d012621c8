#pragma once
// Which hosts a cage may reach. Pure: names and addresses in, a verdict out.
#include <netinet/in.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ry::sandbox {

struct HostPort {
    std::string host;  ///< lower-case, without brackets and trailing dot
    int port = 0;
    std::string text() const;
    bool operator==(const HostPort&) const = default;
};
/// Reads "registry.npmjs.org:443", "10.0.0.7:4873" and "[2001:db8::1]:80". Absent when it is none of them.
std::optional<HostPort> parse_host_port(std::string_view text);

/// An IPv4 or IPv6 address as the kernel takes it.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    std::string text() const;  ///< without the port
};
/// Absent when `host` is a name.
std::optional<Address> literal_address(const HostPort& target);

/// False for loopback, private, link-local (metadata services), carrier, multicast, reserved and documentation ranges, also
/// inside IPv6 transition ranges (IANA special-purpose registries, RFC 6890).
bool is_public(const Address& address);

/// A proxy of the host, "http://[user:password@]host:port".
struct UpstreamProxy {
    HostPort at;
    std::string authorization = {};  ///< the value of Proxy-Authorization; empty: none
};
std::optional<UpstreamProxy> parse_upstream(std::string_view url);

struct EgressRules {
    std::vector<HostPort> allow;
    std::vector<HostPort> allowed_private;
    std::optional<UpstreamProxy> upstream;
    std::vector<std::string> no_proxy;  ///< lower-case host suffixes; "*" for all

    /// Before anything is resolved: the name must be on the list. The error names the rule.
    Result<void> may_ask_for(const HostPort& target) const;
    /// After resolution, for the very address that will be connected to.
    Result<void> may_connect(const HostPort& target, const Address& address) const;
    bool goes_through_upstream(const HostPort& target) const;
};
/// `invalid` names the first entry that is not "host:port".
Result<EgressRules> make_rules(const std::vector<std::string>& allow, const std::vector<std::string>& allowed_private,
                               const std::string& upstream_proxy, const std::string& no_proxy);

}  // namespace ry::sandbox
