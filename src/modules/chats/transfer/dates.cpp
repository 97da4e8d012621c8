#include "modules/chats/transfer/dates.h"

#include <boost/json.hpp>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

#include "base/text.h"

namespace ry::chats::transfer {
namespace {

constexpr double year_9999_s = 253'402'300'799.0;

std::optional<Time> of_number(double number) {
    double seconds = number > 1e16 ? number / 1e9 : number > 1e11 ? number / 1e3 : number;
    if (!(seconds > 0) || seconds > year_9999_s) return std::nullopt;
    return Time{int64_t(std::llround(seconds * 1e6))};
}

std::optional<Time> of_parts(int year, int month, int day, int hour, int minute, int second, int ms) {
    std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)), std::chrono::day(unsigned(day))};
    if (year < 1970 || year > 9999 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
    int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * 86'400 + hour * 3600 + minute * 60 + second;
    return Time{seconds * 1'000'000 + ms * 1000};
}

int month_of(std::string_view name) {
    constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    std::string begin = lower(name.substr(0, 3));
    for (size_t i = 0; i < months.size(); ++i)
        if (months[i] == begin) return int(i) + 1;
    return 0;
}

std::optional<Time> of_text(const std::string& text) {
    if (auto time = parse_time(text)) return time;
    if (auto number = parse_int(text)) return of_number(double(*number));
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
    if (std::sscanf(text.c_str(), "%4d-%2d-%2d @%2dh %2dm %2ds %3dms", &year, &month, &day, &hour, &minute, &second, &ms) >= 6)
        return of_parts(year, month, day, hour, minute, second, ms);
    char name[10] = {}, half[3] = {};
    if (std::sscanf(text.c_str(), "%9[A-Za-z] %2d, %4d %2d:%2d%2[apmAPM]", name, &day, &year, &hour, &minute, half) == 6) {
        bool is_afternoon = half[0] == 'p' || half[0] == 'P';
        return of_parts(year, month_of(name), day, hour % 12 + (is_afternoon ? 12 : 0), minute, 0, 0);
    }
    return std::nullopt;
}

}  // namespace

std::optional<Time> date_of(const boost::json::value* value) {
    if (!value) return std::nullopt;
    if (value->is_number()) return of_number(value->to_number<double>());
    if (value->is_string()) return of_text(std::string(std::string_view(value->get_string()).substr(0, 64)));
    return std::nullopt;
}

}  // namespace ry::chats::transfer
