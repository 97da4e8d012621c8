#include "modules/chats/liquid/calendar.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {

int64_t floor_divided(int64_t number, int64_t divisor) { return number / divisor - (number % divisor < 0); }
bool is_leap_year(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
int weekday_of(int64_t days) { return int(((days + 4) % 7 + 7) % 7); }

int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
    year += floor_divided(month - 1, 12);
    month = (month - 1) - floor_divided(month - 1, 12) * 12 + 1;
    // Years that begin in March end with the leap day.
    if (month <= 2) --year;
    int64_t era = floor_divided(year, 400), year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

Civil civil_from_days(int64_t days) {
    days += 719468;
    int64_t era = floor_divided(days, 146097), day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    int month = int(shifted < 10 ? shifted + 3 : shifted - 9);
    return {year_of_era + era * 400 + (month <= 2), month, int(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

namespace {

enum class Word : uint8_t { other, month, half_of_day, zone, separator };

struct DateToken {
    enum class Kind : uint8_t { end, number, sign, word, space, other };
    Kind kind = Kind::end;
    char sign = 0;   ///< : - + . )
    int number = 0;  ///< a word's: month, hours
    size_t size = 0;
    Word word = Word::other;

    bool is(char wanted) const { return kind == Kind::sign && sign == wanted; }
    bool is_plus_or_minus() const { return is('+') || is('-'); }
    bool is_number(size_t digits) const { return kind == Kind::number && size == digits; }
    bool is_zulu() const { return kind == Kind::word && word == Word::zone && size == 1; }
};

constexpr bool is_between(int number, int low, int high) { return number >= low && number <= high; }

/// Pieces of a date as it is written. What is in brackets is left out.
class DateTokens {
public:
    explicit DateTokens(std::string_view text) : text_(text) { next_ = scan(); }
    const DateToken& peek() const { return next_; }
    DateToken take() { return std::exchange(next_, scan()); }
    bool skip(char sign) {
        if (!next_.is(sign)) return false;
        take();
        return true;
    }

private:
    static bool is_letter(char c) { return static_cast<unsigned char>(c) >= 'A'; }
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    DateToken scan() {
        if (text_.empty()) return {};
        char c = text_[0];
        if (is_digit(c)) return number();
        if (std::string_view(":-+.)").find(c) != std::string_view::npos) {
            text_.remove_prefix(1);
            return {.kind = DateToken::Kind::sign, .sign = c, .size = 1};
        }
        if (auto [code, bytes] = front(text_); is_space(code)) {
            text_.remove_prefix(bytes);
            return {.kind = DateToken::Kind::space, .size = 1};
        }
        if (is_letter(c)) return word();
        if (c == '(')
            skip_brackets();
        else
            text_.remove_prefix(1);
        return {.kind = DateToken::Kind::other, .size = 1};
    }

    DateToken number() {
        size_t size = 0, significant = 0;
        int number = 0;
        for (; size < text_.size() && is_digit(text_[size]); ++size) {
            if (number == 0 && text_[size] == '0') continue;
            if (significant++ < 9) number = number * 10 + (text_[size] - '0');
        }
        text_.remove_prefix(size);
        return {.kind = DateToken::Kind::number, .number = number, .size = size};
    }

    DateToken word() {
        struct Row {
            std::string_view name;
            Word word;
            int number;
        };
        static constexpr Row rows[] = {
            {"jan", Word::month, 1},      {"feb", Word::month, 2},       {"mar", Word::month, 3},
            {"apr", Word::month, 4},      {"may", Word::month, 5},       {"jun", Word::month, 6},
            {"jul", Word::month, 7},      {"aug", Word::month, 8},       {"sep", Word::month, 9},
            {"oct", Word::month, 10},     {"nov", Word::month, 11},      {"dec", Word::month, 12},
            {"am", Word::half_of_day, 0}, {"pm", Word::half_of_day, 12}, {"ut", Word::zone, 0},
            {"utc", Word::zone, 0},       {"z", Word::zone, 0},          {"gmt", Word::zone, 0},
            {"cdt", Word::zone, -5},      {"cst", Word::zone, -6},       {"edt", Word::zone, -4},
            {"est", Word::zone, -5},      {"mdt", Word::zone, -6},       {"mst", Word::zone, -7},
            {"pdt", Word::zone, -7},      {"pst", Word::zone, -8},       {"t", Word::separator, 0},
        };
        std::string begin;
        size_t size = 0;
        for (; size < text_.size() && is_letter(text_[size]) && !is_space(front(text_.substr(size)).code); ++size)
            if (size < 3) begin += char(text_[size] >= 'A' && text_[size] <= 'Z' ? text_[size] + 32 : text_[size]);
        text_.remove_prefix(size);
        const Row* row = std::ranges::find(rows, begin, &Row::name);
        // Only months may be written out.
        if (row == std::end(rows) || (size > 3 && row->word != Word::month))
            return {.kind = DateToken::Kind::word, .size = size};
        return {.kind = DateToken::Kind::word, .number = row->number, .size = size, .word = row->word};
    }

    void skip_brackets() {
        int depth = 0;
        while (!text_.empty()) {
            depth += text_[0] == '(' ? 1 : text_[0] == ')' ? -1 : 0;
            text_.remove_prefix(1);
            if (depth == 0) return;
        }
    }

    std::string_view text_;
    DateToken next_;
};

int milliseconds_of(DateToken token) {
    int number = token.number;
    if (token.size == 1) return number * 100;
    if (token.size == 2) return number * 10;
    for (size_t digits = std::min<size_t>(token.size, 9); digits > 3; --digits) number /= 10;
    return number;
}

class DateReader {
public:
    explicit DateReader(std::string_view text) : tokens_(text) {}

    double run(const TimeZone& zone) {
        std::optional<DateToken> rest = read_iso();
        if (!rest) return std::numeric_limits<double>::quiet_NaN();
        has_number_ = days_ > 0;
        for (DateToken token = *rest; token.kind != DateToken::Kind::end; token = tokens_.take())
            if (!read(token)) return std::numeric_limits<double>::quiet_NaN();
        return written(zone);
    }

private:
    bool add_day(int number) {
        if (days_ == 3) return false;
        day_[days_++] = number;
        return true;
    }
    bool add_time(int number) {
        if (times_ == 4) return false;
        time_[times_++] = number;
        return true;
    }
    void end_time(int number) {
        add_time(number);
        times_ = 4;
    }
    bool expects_time(int number) const {
        return (times_ == 1 && number < 60) || (times_ == 2 && number < 60) || (times_ == 3 && number < 1000);
    }
    void set_zone(int hours) {
        zone_sign_ = hours < 0 ? -1 : 1;
        zone_hours_ = std::abs(hours);
        zone_minutes_ = 0;
    }

    /// Reads as much of ISO 8601 as there is. The token at which another format goes on; absent when it is certainly
    /// wrong.
    std::optional<DateToken> read_iso() {
        if (tokens_.peek().is_plus_or_minus()) {
            DateToken sign = tokens_.take();
            if (!tokens_.peek().is_number(6) || (sign.is('-') && tokens_.peek().number == 0)) return sign;
            add_day((sign.is('-') ? -1 : 1) * tokens_.take().number);
        } else if (tokens_.peek().is_number(4)) {
            add_day(tokens_.take().number);
        } else {
            return tokens_.take();
        }
        for (int max : {12, 31}) {
            if (!tokens_.skip('-')) break;
            if (!tokens_.peek().is_number(2) || !is_between(tokens_.peek().number, 1, max)) return tokens_.take();
            add_day(tokens_.take().number);
        }
        bool has_time = tokens_.peek().kind == DateToken::Kind::word && tokens_.peek().word == Word::separator;
        if (!has_time && tokens_.peek().kind != DateToken::Kind::end) return tokens_.take();
        if (has_time && !read_iso_time()) return std::nullopt;
        if (!has_time) set_zone(0);
        is_iso_ = true;
        return DateToken();
    }

    bool take_two(int max, int& number) {
        if (!tokens_.peek().is_number(2) || tokens_.peek().number > max) return false;
        number = tokens_.take().number;
        return true;
    }

    bool read_iso_time() {
        int hour = 0, minute = 0, second = 0;
        tokens_.take();
        if (!take_two(24, hour) || !tokens_.skip(':') || !take_two(hour == 24 ? 0 : 59, minute)) return false;
        add_time(hour);
        add_time(minute);
        if (tokens_.skip(':')) {
            if (!take_two(hour == 24 ? 0 : 59, second)) return false;
            add_time(second);
            if (tokens_.skip('.')) {
                if (tokens_.peek().kind != DateToken::Kind::number || (hour == 24 && tokens_.peek().number > 0))
                    return false;
                add_time(milliseconds_of(tokens_.take()));
            }
        }
        if (tokens_.peek().is_zulu()) {
            tokens_.take();
            set_zone(0);
        } else if (tokens_.peek().is_plus_or_minus() && !read_iso_zone()) {
            return false;
        }
        return tokens_.peek().kind == DateToken::Kind::end;
    }

    bool read_iso_zone() {
        zone_sign_ = tokens_.take().is('-') ? -1 : 1;
        if (tokens_.peek().is_number(4)) {
            int number = tokens_.take().number;
            zone_hours_ = number / 100;
            zone_minutes_ = number % 100;
            return zone_hours_ < 24 && zone_minutes_ < 60;
        }
        return take_two(23, zone_hours_) && tokens_.skip(':') && take_two(59, zone_minutes_);
    }

    bool read(const DateToken& token) {
        if (token.kind == DateToken::Kind::number) return read_number(token.number);
        if (token.kind == DateToken::Kind::word) return read_word(token);
        bool is_utc = zone_hours_ == 0 && zone_minutes_ == 0;
        if (token.is_plus_or_minus() && (is_utc || times_ > 0)) return read_zone(token);
        return !((token.is_plus_or_minus() || token.is(')')) && has_number_);
    }

    bool read_number(int number) {
        has_number_ = true;
        if (tokens_.skip(':')) {
            if (tokens_.skip(':')) {
                if (times_ > 0) return false;
                return add_time(number) && add_time(0);
            }
            if (!add_time(number)) return false;
            tokens_.skip('.');
            return true;
        }
        if (tokens_.skip('.') && expects_time(number)) {
            add_time(number);
            if (tokens_.peek().kind != DateToken::Kind::number) return false;
            end_time(milliseconds_of(tokens_.take()));
            return true;
        }
        if (zone_hours_ >= 0 && zone_minutes_ < 0 && number < 60) {
            zone_minutes_ = number;
            return true;
        }
        if (expects_time(number)) {
            end_time(number);
            const DateToken& next = tokens_.peek();
            return next.kind == DateToken::Kind::end || next.kind == DateToken::Kind::space || next.is_zulu() ||
                   next.is_plus_or_minus();
        }
        if (!add_day(number)) return false;
        tokens_.skip('-');
        return true;
    }

    bool read_word(const DateToken& token) {
        if (token.word == Word::half_of_day && times_ > 0) {
            hour_offset_ = token.number;
            return true;
        }
        if (token.word == Word::month) {
            month_ = token.number;
            tokens_.skip('-');
            return true;
        }
        if (token.word == Word::zone && has_number_) {
            set_zone(token.number);
            return true;
        }
        // Other words may only stand before the numbers.
        return !has_number_ && tokens_.peek().kind != DateToken::Kind::number;
    }

    bool read_zone(const DateToken& sign) {
        zone_sign_ = sign.is('-') ? -1 : 1;
        DateToken offset{.kind = DateToken::Kind::number};
        if (tokens_.peek().kind == DateToken::Kind::number) offset = tokens_.take();
        has_number_ = true;
        bool has_minutes = !tokens_.peek().is(':') && offset.size >= 3;
        if (!tokens_.peek().is(':') && !is_between(int(offset.size), 1, 4)) return false;
        zone_hours_ = has_minutes ? offset.number / 100 : offset.number;
        zone_minutes_ = tokens_.peek().is(':') ? -1 : has_minutes ? offset.number % 100 : 0;
        return true;
    }

    double written(const TimeZone& zone) {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        if (days_ < 1) return nan;
        for (; days_ < 3; ++days_) day_[days_] = 1;
        int year = day_[2], month = day_[0], day = day_[1];
        bool begins_with_day = is_between(day_[0], 1, 31);
        if (month_ > 0) {
            month = month_;
            day = begins_with_day ? day_[0] : day_[1];
            year = begins_with_day ? day_[1] : day_[0];
        } else if (is_iso_ || !begins_with_day) {
            year = day_[0], month = day_[1], day = day_[2];
        }
        if (!is_iso_ && is_between(year, 0, 99)) year += year < 50 ? 2000 : 1900;
        if (!is_between(month, 1, 12) || !is_between(day, 1, 31)) return nan;
        auto [hour, minute, second, millisecond] = time_;
        if (hour_offset_ >= 0) {
            if (!is_between(hour, 0, 12)) return nan;
            hour = hour % 12 + hour_offset_;
        }
        bool is_midnight = hour == 24 && minute == 0 && second == 0 && millisecond == 0;
        if (!is_midnight && (hour > 23 || minute > 59 || second > 59 || millisecond > 999)) return nan;
        int64_t local_s = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
        int64_t utc_s =
            zone_sign_ == 0
                ? zone.utc_s(local_s)
                : local_s - zone_sign_ * (std::max(zone_hours_, 0) * 3600 + std::max(zone_minutes_, 0) * 60);
        double utc_ms = double(utc_s) * 1000 + millisecond;
        return std::fabs(utc_ms) <= 8.64e15 ? utc_ms : nan;
    }

    DateTokens tokens_;
    int day_[3] = {};
    int days_ = 0;
    int time_[4] = {};
    int times_ = 0;
    int month_ = 0;  ///< by name
    int hour_offset_ = -1;
    int zone_sign_ = 0;  ///< 0: none was given
    int zone_hours_ = -1;
    int zone_minutes_ = -1;
    bool is_iso_ = false;
    bool has_number_ = false;
};

}  // namespace

double parse_date(std::string_view text, const TimeZone& zone) { return DateReader(text).run(zone); }

}  // namespace ry::chats::liquid
