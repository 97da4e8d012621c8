// Any bytes as a path, an id, a number, a time or an encoding: they are refused, or they are what they claim to be.
#include <cstdint>
#include <cstdlib>

#include "base/id.h"
#include "base/path.h"
#include "base/text.h"
#include "base/time.h"

using namespace ry;

namespace {

DECLARE_ID(CrateId, "crate");

void check(bool is_so) {
    if (!is_so) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    if (auto path = app_path(text)) {
        check(is_app_path(*path) && *app_path(*path) == *path);
        auto parts = split(*path, '/');
        check(path->size() <= path_limit::bytes_max && parts.size() <= path_limit::parts_max);
        for (std::string_view part : parts) check(!part.empty() && part != ".." && !equals_ignoring_case(part, ".git"));
    }
    if (auto id = CrateId::parse(text)) check(id->text() == text);
    if (auto time = parse_time(text)) check(parse_time(rfc3339(*time)) == *time);
    if (auto bytes = unhex(text)) check(unhex(hex(*bytes)) == *bytes);
    if (auto bytes = unbase64url(text)) check(base64url(*bytes) == text);
    check(is_utf8(utf8_text(text)));
    if (is_utf8(text)) check(is_utf8(utf8_prefix(text, size / 2)));
    return 0;
}
