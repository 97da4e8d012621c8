#pragma once
// The npm registry that this host is configured with: the one host that installs reach by default. What the operator
// configured for npm is also marked as reachable when its address is private.
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::sandbox {

struct NpmRegistry {
    std::string url;        ///< "https://registry.npmjs.org/", for npm_config_registry in a cage
    std::string host_port;  ///< "registry.npmjs.org:443", for Network::allow and Config::allowed_private_hosts
};

/// From npm_config_registry, ~/.npmrc, /etc/npmrc and /usr/etc/npmrc, the first that names one; else npm's own default.
Result<NpmRegistry> npm_registry_of_host();

/// Exposed for its tests: the value of `registry` in an npmrc file; empty when it has none.
std::string registry_in_npmrc(std::string_view text);
Result<NpmRegistry> read_registry_url(std::string_view url);

}  // namespace ry::sandbox
