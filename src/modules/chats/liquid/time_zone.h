#pragma once
// Inside liquid: time zones of the host's IANA database (/usr/share/zoneinfo, RFC 8536).
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ry::chats::liquid {

/// A day of a year at a time, as the rules of POSIX say it: the `week`-th `day` of `month`, or a day number when
/// `month` is 0.
struct ZoneChange {
    int month = 0, week = 0, day = 0;
    bool counts_leap_day = false;  ///< of a day number
    int64_t time_s = 7200;
};

class TimeZone {
public:
    /// Null when there is no such zone. Names are found whatever their case. Read once, then kept.
    static std::shared_ptr<const TimeZone> find(std::string_view name);

    /// East of Greenwich.
    int64_t offset_s(int64_t utc_s) const;
    /// The instant at which clocks show the time; the earlier of two, and the later clock's when none does.
    int64_t utc_s(int64_t local_s) const;

private:
    static std::shared_ptr<const TimeZone> read(const std::string& file);
    bool read_rule(std::string_view rule);
    int64_t offset_by_rule(int64_t utc_s) const;

    std::vector<int64_t> changes_;  ///< instants
    std::vector<int64_t> offsets_;  ///< from the change of the same index on
    int64_t first_offset_s_ = 0;
    int64_t standard_s_ = 0, summer_s_ = 0;  ///< after the last change
    bool has_rule_ = false;
    std::optional<ZoneChange> summer_begin_, summer_end_;
};

}  // namespace ry::chats::liquid
