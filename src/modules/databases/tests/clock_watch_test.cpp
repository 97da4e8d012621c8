#include "modules/databases/clock_watch.h"

#include <doctest/doctest.h>

using ry::databases::ClockWatch;

TEST_CASE("a clock that is set, or a host that slept, is noticed once; drift and pauses are not") {
    constexpr int64_t hour = 3'600'000, day = 24 * hour;
    ClockWatch watch;
    CHECK(watch.jump_ms(100 * day, 5'000) == 0);
    CHECK(watch.jump_ms(100 * day + 30'000, 35'000) == 0);
    CHECK(watch.jump_ms(100 * day + 10 * hour, 5'000 + 10 * hour) == 0);           // nobody looked for long
    CHECK(watch.jump_ms(100 * day + 10 * hour + 31'000, 5'000 + 10 * hour) == 0);  // drift
    CHECK(watch.jump_ms(101 * day + 10 * hour + 31'000, 5'000 + 10 * hour) == day);
    CHECK(watch.jump_ms(101 * day + 10 * hour + 61'000, 35'000 + 10 * hour) == 0);
    CHECK(watch.jump_ms(99 * day + 10 * hour + 61'000, 35'000 + 10 * hour) == -2 * day);
}
