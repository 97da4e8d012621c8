#pragma once
// What a client asks an HTTP proxy for (RFC 9110 §9.3.6, RFC 9112 §3.2.2). Pure.
#include <string>
#include <string_view>

#include "base/result.h"
#include "kernel/sandbox/egress_rules.h"

namespace ry::sandbox {

struct ProxyRequest {
    HostPort target;
    bool is_connect = false;
    /// Of an http:// request: what the server gets. Origin-form, for the host that was asked for (RFC 9112 §3.2.2), without fields
    /// meant for a proxy, closing afterwards, so that a second request on the connection cannot ask for another host.
    std::string head_for_server = {};
};

/// Reads a head that ends with an empty line: CONNECT, or any method on an absolute http:// address.
Result<ProxyRequest> parse_proxy_request(std::string_view head);

}  // namespace ry::sandbox
