#include "modules/chats/liquid/time_zone.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "base/guarded.h"
#include "base/text.h"
#include "modules/chats/liquid/calendar.h"

namespace ry::chats::liquid {
namespace {

constexpr std::string_view database = "/usr/share/zoneinfo";
constexpr size_t file_bytes_max = 64 << 10;  ///< the largest has 4 KiB

/// The file of a zone, found without regard to case; empty when there is none.
std::string file_of(std::string_view name) {
    std::filesystem::path path = database;
    if (name.empty() || name.size() > 64) return "";
    for (std::string_view part : split(name, '/')) {
        bool is_name = !part.empty() && std::ranges::all_of(part, [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '+';
        });
        std::filesystem::path next;
        std::error_code error;
        if (is_name)
            for (auto& entry : std::filesystem::directory_iterator(path, error))
                if (equals_ignoring_case(entry.path().filename().native(), part)) next = entry.path();
        if (next.empty()) return "";
        path = next;
    }
    bool is_special = path.native().starts_with(std::string(database) + "/posix") ||
                      path.native().starts_with(std::string(database) + "/right") || path.filename() == "localtime";
    return is_special ? "" : path.native();
}

/// Big-endian.
int64_t number_at(std::string_view bytes, size_t at, size_t size) {
    int64_t number = at < bytes.size() && static_cast<signed char>(bytes[at]) < 0 ? -1 : 0;
    for (size_t i = 0; i < size; ++i)
        number =
            int64_t(uint64_t(number) << 8) | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
    return number;
}

bool take_number(std::string_view& text, int& number) {
    size_t digits = 0;
    number = 0;
    while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
        number = number * 10 + (text[digits++] - '0');
    text.remove_prefix(digits);
    return digits > 0;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

/// [+-]hh[:mm[:ss]]
bool take_time(std::string_view& text, int64_t& time_s) {
    bool is_negative = take(text, '-');
    if (!is_negative) take(text, '+');
    int hours = 0, minutes = 0, seconds = 0;
    if (!take_number(text, hours)) return false;
    if (take(text, ':') && take_number(text, minutes) && take(text, ':')) take_number(text, seconds);
    time_s = (is_negative ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

/// The zone's short name: letters, or anything in angle brackets.
bool take_name(std::string_view& text) {
    bool is_quoted = text.starts_with('<');
    size_t end = is_quoted ? text.find('>') : text.find_first_of("+-0123456789,");
    if (is_quoted && end == std::string_view::npos) return false;
    text.remove_prefix(std::min(text.size(), end + is_quoted));
    return true;
}

bool take_change(std::string_view& text, ZoneChange& change) {
    if (take(text, 'M')) {
        if (!take_number(text, change.month) || !take(text, '.') || !take_number(text, change.week) ||
            !take(text, '.') || !take_number(text, change.day))
            return false;
    } else {
        change.counts_leap_day = !take(text, 'J');
        if (!take_number(text, change.day)) return false;
    }
    return !take(text, '/') || take_time(text, change.time_s);
}

/// Seconds since 1970 on the zone's own clock.
int64_t local_s(const ZoneChange& change, int64_t year) {
    int64_t day = days_from_civil(year, 1, 1);
    if (change.month == 0) {
        bool skips_leap_day = !change.counts_leap_day && is_leap_year(year) && change.day >= 60;
        day += change.day - !change.counts_leap_day + skips_leap_day;
    } else {
        day = days_from_civil(year, change.month, 1);
        int64_t first = (change.day - weekday_of(day) + 7) % 7;
        day += first + (change.week - 1) * 7;
        int64_t next_month =
            change.month == 12 ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, change.month + 1, 1);
        while (day >= next_month) day -= 7;
    }
    return day * 86400 + change.time_s;
}

}  // namespace

std::shared_ptr<const TimeZone> TimeZone::find(std::string_view name) {
    using Zones = std::map<std::string, std::shared_ptr<const TimeZone>>;
    static Guarded<Zones> zones;
    std::shared_ptr<const TimeZone> zone = zones.with([&](const Zones& known) {
        auto found = known.find(lower(name));
        return found == known.end() ? nullptr : found->second;
    });
    if (zone) return zone;
    if (std::string file = file_of(name); !file.empty()) zone = read(file);
    // UTC needs no database.
    if (!zone && equals_ignoring_case(name, "UTC")) zone = std::make_shared<TimeZone>();
    if (zone) zones.with([&](Zones& known) { known[lower(name)] = zone; });  // at most as many as the host has
    return zone;
}

std::shared_ptr<const TimeZone> TimeZone::read(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(stream), {});
    if (bytes.size() > file_bytes_max || !bytes.starts_with("TZif") || bytes.size() < 44 || bytes[4] < '2')
        return nullptr;
    // The first block has 32-bit times, and is for old readers. Sizes: isut, isstd, leap, time, type, name.
    auto count = [&](size_t header, size_t index) { return size_t(number_at(bytes, header + 20 + 4 * index, 4)); };
    size_t second = 44 + count(0, 3) * 5 + count(0, 4) * 6 + count(0, 5) + count(0, 2) * 8 + count(0, 1) + count(0, 0);
    if (second + 44 > bytes.size()) return nullptr;
    size_t times = count(second, 3), types = count(second, 4), names = count(second, 5);
    size_t times_at = second + 44, indexes_at = times_at + times * 8, types_at = indexes_at + times;
    size_t end = types_at + types * 6 + names + count(second, 2) * 12 + count(second, 1) + count(second, 0);
    if (types == 0 || end > bytes.size()) return nullptr;
    auto zone = std::make_shared<TimeZone>();
    auto offset = [&](size_t type) { return number_at(bytes, types_at + type * 6, 4); };
    zone->first_offset_s_ = offset(0);
    for (size_t i = 0; i < times; ++i) {
        zone->changes_.push_back(number_at(bytes, times_at + i * 8, 8));
        zone->offsets_.push_back(
            offset(std::min(types - 1, size_t(static_cast<unsigned char>(bytes[indexes_at + i])))));
    }
    std::string_view footer = std::string_view(bytes).substr(end);
    zone->has_rule_ = footer.size() > 2 && zone->read_rule(footer.substr(1, footer.size() - 2));
    return zone;
}

bool TimeZone::read_rule(std::string_view rule) {
    int64_t west = 0;
    if (!take_name(rule) || !take_time(rule, west)) return false;
    standard_s_ = -west;
    summer_s_ = standard_s_ + 3600;
    if (rule.empty()) return true;
    if (!take_name(rule)) return false;
    if (!rule.starts_with(',')) {
        if (!take_time(rule, west)) return false;
        summer_s_ = -west;
    }
    ZoneChange begin, end;
    if (!take(rule, ',') || !take_change(rule, begin) || !take(rule, ',') || !take_change(rule, end)) return false;
    summer_begin_ = begin;
    summer_end_ = end;
    return true;
}

int64_t TimeZone::offset_by_rule(int64_t utc_s) const {
    if (!summer_begin_) return standard_s_;
    int64_t year = civil_from_days(floor_divided(utc_s + standard_s_, 86400)).year;
    int64_t begin = local_s(*summer_begin_, year) - standard_s_, end = local_s(*summer_end_, year) - summer_s_;
    bool is_summer = begin < end ? utc_s >= begin && utc_s < end : utc_s >= begin || utc_s < end;
    return is_summer ? summer_s_ : standard_s_;
}

int64_t TimeZone::offset_s(int64_t utc_s) const {
    auto after = std::ranges::upper_bound(changes_, utc_s);
    if (after == changes_.end() && has_rule_) return offset_by_rule(utc_s);
    return after == changes_.begin() ? first_offset_s_ : offsets_[size_t(after - changes_.begin()) - 1];
}

int64_t TimeZone::utc_s(int64_t local_s) const {
    constexpr int64_t day = 86400;
    int64_t before = offset_s(local_s - day), after = offset_s(local_s + day);
    if (offset_s(local_s - before) == before) return local_s - before;
    if (offset_s(local_s - after) == after) return local_s - after;
    return local_s - before;
}

}  // namespace ry::chats::liquid
