// Whatever a cage says to the egress proxy: the target is a clean host and port, and the server gets one head, of lines that it
// cannot read otherwise, for that host, without a field meant for a proxy.
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
    int hosts = 0;
    for (std::string_view line : split(head.substr(head.find('\n') + 1), '\n')) {  // the first line is no field
        ENSURE(line.find('\r') == line.size() - 1 || line.empty());
        std::string name = lower(trim(line.substr(0, line.find(':'))));
        ENSURE(!name.starts_with("proxy-"));
        hosts += name == "host";
    }
    ENSURE(hosts == 1);
    return 0;
}
