#pragma once
// Inside: whether the wall clock was set, or the host slept, since it was looked at last. A value.
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace ry::databases {

struct ClockWatch {
    static constexpr int64_t jump_ms_min = 60'000;  ///< less is drift, or a host that was busy between two readings

    /// How much further the wall clock went than time did, negative when it was set back; 0 when they went together.
    int64_t jump_ms(int64_t wall_ms, int64_t steady_ms) {
        int64_t ahead_ms = wall_ms - steady_ms, before_ms = ahead_ms_.value_or(ahead_ms);
        ahead_ms_ = ahead_ms;
        return std::abs(ahead_ms - before_ms) < jump_ms_min ? 0 : ahead_ms - before_ms;
    }

private:
    std::optional<int64_t> ahead_ms_;
};

}  // namespace ry::databases
