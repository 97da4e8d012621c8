// Whatever a cage says to the egress proxy: the target is a clean host and port, and no member meant for a proxy and no second
// request gets through to the server.
#include "kernel/sandbox/proxy_request.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/text.h"

using namespace ry;
using namespace ry::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto asked = parse_proxy_request({reinterpret_cast<const char*>(data), size});
    if (!asked) return 0;
    ENSURE(parse_host_port(asked->target.text()) == asked->target);
    const std::string& head = asked->head_for_server;
    ENSURE(asked->is_connect == head.empty());
    if (asked->is_connect) return 0;
    ENSURE(head.find("\r\n\r\n") == head.size() - 4);
    for (std::string_view line : split(head, '\n')) ENSURE(!lower(line).starts_with("proxy-"));
    return 0;
}
