#pragma once
// Inside liquid: the Gregorian calendar before and after all times, and the dates that JavaScript reads.
#include <cstdint>
#include <string_view>

#include "modules/chats/liquid/time_zone.h"

namespace ry::chats::liquid {

struct Civil {
    int64_t year = 1970;
    int month = 1;  ///< from 1
    int day = 1;    ///< from 1
};

int64_t floor_divided(int64_t number, int64_t divisor);
bool is_leap_year(int64_t year);
/// Days since 1970-01-01. `month` and `day` may be outside of their ranges.
int64_t days_from_civil(int64_t year, int64_t month, int64_t day);
Civil civil_from_days(int64_t days);
/// 0 is Sunday.
int weekday_of(int64_t days);

/// Date.parse as V8 does it, ISO 8601 and everything else that people write: milliseconds since 1970, NaN when it is no
/// date. Times without a zone are those of `zone`.
double parse_date(std::string_view text, const TimeZone& zone);

}  // namespace ry::chats::liquid
