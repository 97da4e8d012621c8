#include "base/time.h"

#include <charconv>
#include <chrono>

namespace ry {
namespace {

using namespace std::chrono;

/// Reads exactly `digits` digits at the front of `text` and drops them.
std::optional<int> take(std::string_view& text, size_t digits) {
    int value = 0;
    if (text.size() < digits) return {};
    for (char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return {};
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool drop(std::string_view& text, char c) {
    if (text.empty() || text[0] != c) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<int64_t> take_fraction_us(std::string_view& text) {
    if (!drop(text, '.')) return 0;
    int64_t us = 0;
    int digits = 0;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits)
        if (digits < 6) us = us * 10 + (text[0] - '0');
    if (digits == 0) return {};
    for (; digits < 6; ++digits) us *= 10;
    return us;
}

/// "Z", "+02", "+02:00" or "+0200": the offset in seconds.
std::optional<int> take_offset_s(std::string_view& text) {
    if (drop(text, 'Z') || drop(text, 'z')) return 0;
    int sign = drop(text, '+') ? 1 : drop(text, '-') ? -1 : 0;
    if (sign == 0) return {};
    auto hours = take(text, 2);
    if (!hours) return {};
    drop(text, ':');
    int minutes = 0;
    if (!text.empty()) {
        auto taken = take(text, 2);
        if (!taken) return {};
        minutes = *taken;
    }
    return sign * (*hours * 3600 + minutes * 60);
}

/// Writes `value` over the `digits` digits at `at`. By hand: a page of messages has hundreds of times.
void put(std::string& text, size_t at, unsigned value, size_t digits) {
    for (size_t i = at + digits; i-- > at; value /= 10) text[i] = char('0' + value % 10);
}

}  // namespace

Time now() { return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()}; }

int64_t steady_ms() { return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count(); }

std::string rfc3339(Time time) {
    sys_time<microseconds> point{microseconds{time.us}};
    auto day = floor<days>(point);
    year_month_day date{day};
    hh_mm_ss clock{point - day};
    std::string text = "0000-00-00T00:00:00.000000Z";
    put(text, 5, unsigned(date.month()), 2);
    put(text, 8, unsigned(date.day()), 2);
    put(text, 11, unsigned(clock.hours().count()), 2);
    put(text, 14, unsigned(clock.minutes().count()), 2);
    put(text, 17, unsigned(clock.seconds().count()), 2);
    put(text, 20, unsigned(clock.subseconds().count()), 6);
    int year = int(date.year());
    if (year < 0 || year > 9999) return std::to_string(year) + text.substr(4);
    put(text, 0, unsigned(year), 4);
    return text;
}

std::optional<Time> parse_time(std::string_view text) {
    auto y = take(text, 4);
    if (!y || !drop(text, '-')) return {};
    auto mo = take(text, 2);
    if (!mo || !drop(text, '-')) return {};
    auto d = take(text, 2);
    if (!d || text.empty() || (text[0] != 'T' && text[0] != 't' && text[0] != ' ')) return {};
    text.remove_prefix(1);
    auto h = take(text, 2);
    if (!h || !drop(text, ':')) return {};
    auto mi = take(text, 2);
    if (!mi || !drop(text, ':')) return {};
    auto s = take(text, 2);
    if (!s) return {};
    auto us = take_fraction_us(text);
    if (!us) return {};
    auto offset_s = take_offset_s(text);
    if (!offset_s || !text.empty()) return {};
    year_month_day date{year{*y}, month{unsigned(*mo)}, day{unsigned(*d)}};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return {};
    auto day_us = sys_days{date}.time_since_epoch() / microseconds{1};
    return Time{day_us + ((*h * 3600LL + *mi * 60 + *s) - *offset_s) * 1'000'000 + *us};
}

}  // namespace ry
