#include "base/result.h"

namespace ry {

std::string_view name_of(Code code) {
    constexpr std::string_view names[] = {"invalid",     "unauthenticated", "forbidden",  "not_found", "conflict",
                                          "stale",       "too_large",       "unsupported", "over_quota", "cancelled",
                                          "bug",         "unavailable",     "timed_out"};
    return names[static_cast<int>(code)];
}

}  // namespace ry
