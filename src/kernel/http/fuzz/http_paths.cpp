// Any path, query and field values: routing and decoding never crash, and what is decoded encodes back to a path that
// is decoded to the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "kernel/http/router.h"

using namespace ry;
using namespace ry::http;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto nothing = [](ReadRequest, ReadDone) {};
    static const std::vector<Route> routes{
        route::read("/", anyone, "", "", {}, nothing),
        route::read("/a/{x}", anyone, "", "", {.hole_prefixes = {""}}, nothing),
        route::read("/a/b", anyone, "", "", {}, nothing),
        route::read("/a/{x}/c/{y}", anyone, "", "", {.hole_prefixes = {"", ""}}, nothing),
        route::read("/a/{x}/f/{path...}", anyone, "", "", {.hole_prefixes = {"", ""}}, nothing),
    };
    static const Router router(routes);
    std::string text(reinterpret_cast<const char*>(data), size);
    auto match = router.find(Method::get, text);
    if (match.route && match.holes.size() != match.route->holes.size()) abort();
    for (const std::string& hole : match.holes) {
        if (!is_utf8(hole) || hole.find('\0') != hole.npos) abort();
        if (percent_decoded(percent_encoded(hole)) != hole) abort();
    }
    if (auto query = parse_query(text))
        for (auto& parameter : *query)
            if (!is_utf8(parameter.name) || !is_utf8(parameter.value)) abort();
    double wanted = acceptance(text, "text/html");
    if (!(wanted >= 0 && wanted <= 1)) abort();
    return 0;
}
