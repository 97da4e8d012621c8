#pragma once
// The one way out of a cage: an HTTP proxy (CONNECT, and absolute-form requests for http://) that reaches the hosts of
// the cage's allow-list and nothing else. It resolves names itself and connects to the very address that it has checked, so
// a name that changes its answer (DNS rebinding) gains nothing. (Behind an upstream proxy that one resolves, and only literal
// addresses can be checked here.) It accepts on a listener that the relay opened inside
// the cage's network namespace.
//
// Limits: connections_max for each cage, bytes_max and idle_ms_max for each connection (egress_proxy.cpp).
#include <memory>

#include "base/descriptor.h"
#include "kernel/sandbox/egress_rules.h"

namespace ry::sandbox {

/// Serves one cage until destroyed; connections that are open then are cut. A thread that waits for the host's resolver
/// ends by itself soon after.
class EgressProxy {
public:
    EgressProxy(Descriptor listener, EgressRules rules);
    ~EgressProxy();

private:
    struct Service;
    std::shared_ptr<Service> service_;
};

}  // namespace ry::sandbox
