#pragma once
// Points in time as the API, the database and the log show them: UTC, microseconds.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ry {

/// Microseconds since 1970-01-01T00:00:00Z.
struct Time {
    int64_t us = 0;
    auto operator<=>(const Time&) const = default;
};

Time now();
/// "2026-11-21T08:06:44.123456Z" (RFC 3339).
std::string rfc3339(Time time);
/// Reads RFC 3339 and PostgreSQL's "2026-11-21 08:06:44.12+00"; absent when it is neither.
std::optional<Time> parse_time(std::string_view text);
/// Milliseconds of a clock that never steps back: for deadlines and durations.
int64_t steady_ms();

}  // namespace ry
