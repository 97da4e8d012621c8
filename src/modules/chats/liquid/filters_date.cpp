// Dates as strftime writes them.
#include <array>
#include <cmath>
#include <optional>

#include "modules/chats/liquid/calendar.h"
#include "modules/chats/liquid/evaluator.h"
#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {
namespace {

constexpr std::string_view default_format = "%A, %B %-e, %Y at %-l:%M %P %z";
constexpr std::array<std::string_view, 12> months = {"January",   "February", "March",    "April",
                                                     "May",       "June",     "July",     "August",
                                                     "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};

constexpr double ms_max = 8.64e15;  ///< JavaScript's dates end 100 million days from 1970

/// An instant on the clocks of a zone.
struct Moment {
    double utc_ms = 0;
    int64_t offset_s = 0;
    std::string_view zone = {};  ///< empty for an offset without a name
    Civil date = {};
    int weekday = 0;
    int day_of_year = 1;
    int hour = 0, minute = 0, second = 0, millisecond = 0;
};

Moment moment_of(double utc_ms, int64_t offset_s, std::string_view zone) {
    Moment moment{.utc_ms = utc_ms, .offset_s = offset_s, .zone = zone};
    int64_t local_ms = int64_t(utc_ms) + offset_s * 1000, day_ms = 86'400'000;
    int64_t days = floor_divided(local_ms, day_ms), rest = local_ms - days * day_ms;
    moment.date = civil_from_days(days);
    moment.weekday = weekday_of(days);
    moment.day_of_year = int(days - days_from_civil(moment.date.year, 1, 1)) + 1;
    moment.hour = int(rest / 3'600'000);
    moment.minute = int(rest / 60'000 % 60);
    moment.second = int(rest / 1000 % 60);
    moment.millisecond = int(rest % 1000);
    return moment;
}

std::string decimal(double number) {
    char buffer[32];
    return std::string(number_text(number, buffer));
}

std::string padded(std::string text, size_t width, char with) {
    return text.size() < width ? std::string(width - text.size(), with) + text : text;
}

std::string offset_text(const Moment& moment, bool has_colon) {
    int64_t minutes = std::abs(moment.offset_s) / 60;
    return (moment.offset_s < 0 ? "-" : "+") + padded(std::to_string(minutes / 60), 2, '0') + (has_colon ? ":" : "") +
           padded(std::to_string(minutes % 60), 2, '0');
}

std::string week_of_year(const Moment& moment, int first_weekday) {
    int since = (moment.weekday - first_weekday + 7) % 7;
    return std::to_string((moment.day_of_year - 1 - since + 7) / 7);
}

std::string ordinal(int day) {
    if (day >= 11 && day <= 13) return "th";
    constexpr std::string_view endings[] = {"th", "st", "nd", "rd"};
    return std::string(endings[day % 10 <= 3 ? day % 10 : 0]);
}

std::string american_date(const Moment& moment) {
    return std::to_string(moment.date.month) + "/" + std::to_string(moment.date.day) + "/" +
           (moment.date.year > 0 ? std::to_string(moment.date.year) : std::to_string(1 - moment.date.year) + " B");
}
std::string american_time(const Moment& moment) {
    return std::to_string(moment.hour % 12 ? moment.hour % 12 : 12) + ":" +
           padded(std::to_string(moment.minute), 2, '0') + ":" + padded(std::to_string(moment.second), 2, '0') +
           (moment.hour < 12 ? " AM" : " PM");
}

/// %[flags][width][E|O]conversion
struct Directive {
    std::string_view flags;
    std::optional<double> width;
    char conversion = 0;
    bool has(char flag) const { return flags.find(flag) != std::string_view::npos; }
};

/// What a conversion prints; absent when there is none of the letter.
std::optional<std::string> converted(Evaluator& e, const Moment& moment, const Directive& directive) {
    int hour_of_half = moment.hour % 12 ? moment.hour % 12 : 12;
    double year = double(moment.date.year);
    switch (directive.conversion) {
        case 'a':
            return std::string(weekdays[size_t(moment.weekday)].substr(0, 3));
        case 'A':
            return std::string(weekdays[size_t(moment.weekday)]);
        case 'b':
        case 'h':
            return std::string(months[size_t(moment.date.month) - 1].substr(0, 3));
        case 'B':
            return std::string(months[size_t(moment.date.month) - 1]);
        case 'c':
            return american_date(moment) + ", " + american_time(moment);
        case 'C':
            return decimal(std::floor(year / 100));
        case 'd':
        case 'e':
            return std::to_string(moment.date.day);
        case 'H':
        case 'k':
            return std::to_string(moment.hour);
        case 'I':
        case 'l':
            return std::to_string(hour_of_half);
        case 'j':
            return std::to_string(moment.day_of_year);
        case 'L':
            return std::to_string(moment.millisecond);
        case 'm':
            return std::to_string(moment.date.month);
        case 'M':
            return std::to_string(moment.minute);
        case 'N': {
            double width = directive.width && *directive.width > 0 ? *directive.width : 9;
            if (!e.fits(size_t(std::min(width, 1e18)))) return "";
            std::string digits = padded(std::to_string(moment.millisecond), 3, '0');
            digits.resize(size_t(width), '0');
            return digits;
        }
        case 'p':
            return moment.hour < 12 ? "AM" : "PM";
        case 'P':
            return moment.hour < 12 ? "am" : "pm";
        case 'q':
            return ordinal(moment.date.day);
        case 's':
            return decimal(std::floor(moment.utc_ms / 1000));
        case 'S':
            return std::to_string(moment.second);
        case 'u':
            return std::to_string(moment.weekday ? moment.weekday : 7);
        case 'U':
            return week_of_year(moment, 0);
        case 'w':
            return std::to_string(moment.weekday);
        case 'W':
            return week_of_year(moment, 1);
        case 'x':
            return american_date(moment);
        case 'X':
            return american_time(moment);
        case 'y':
            return decimal(std::fmod(std::fmod(year, 100) + 100, 100));
        case 'Y':
            return decimal(year);
        case 'z':
            return offset_text(moment, directive.has(':'));
        case 'Z':
            return moment.zone.empty() ? offset_text(moment, directive.has(':')) : std::string(moment.zone);
        case 't':
            return "\t";
        case 'n':
            return "\n";
        case '%':
            return "%";
        default:
            return std::nullopt;
    }
}

size_t usual_width(char conversion) {
    if (conversion == 'Y') return 4;
    if (conversion == 'j' || conversion == 'L') return 3;
    return std::string_view("CdeHIklmMSUWy").find(conversion) != std::string_view::npos ? 2 : 0;
}

std::string formatted(Evaluator& e, const Moment& moment, const Directive& directive, std::string_view written) {
    std::optional<std::string> text = converted(e, moment, directive);
    if (!text) return std::string(written);
    bool has_lower = text->find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos;
    if (directive.has('^') || (directive.has('#') && has_lower))
        text = upper_case(*text);
    else if (directive.has('#'))
        text = lower_case(*text);
    char pad = std::string_view("aAbBceklpP").find(directive.conversion) != std::string_view::npos ? ' ' : '0';
    if (directive.has('0')) pad = '0';
    if (directive.has('_')) pad = ' ';
    double wanted =
        directive.width && *directive.width > 0 ? *directive.width : double(usual_width(directive.conversion));
    size_t width = directive.has('-') ? 0 : size_t(std::min(wanted, 1e18));
    if (!e.fits(width)) return "";
    if (pad == '0' && text->starts_with('-')) return "-" + padded(text->substr(1), width ? width - 1 : 0, pad);
    return padded(*text, width, pad);
}

std::string strftime(Evaluator& e, const Moment& moment, std::string_view format) {
    std::string out;
    while (!format.empty() && e.charge(1) && e.fits(out.size())) {
        size_t percent = format.find('%');
        out += format.substr(0, percent);
        if (percent == std::string_view::npos) break;
        format.remove_prefix(percent);
        size_t at = 1;
        auto take_while = [&](std::string_view among) {
            size_t begin = at;
            while (at < format.size() && among.find(format[at]) != std::string_view::npos) ++at;
            return format.substr(begin, at - begin);
        };
        Directive directive{.flags = take_while("-_0^#:")};
        std::string_view width = take_while("0123456789");
        if (!width.empty()) directive.width = number_of(width);
        if (at < format.size() && (format[at] == 'E' || format[at] == 'O')) ++at;
        // Without a letter nothing is meant: it is written as it stands.
        bool is_whole = at < format.size() && format[at] != '\n' && format[at] != '\r';
        if (is_whole) directive.conversion = format[at];
        size_t bytes = is_whole ? front(format.substr(at)).bytes : 0;
        std::string_view written = format.substr(0, at + bytes);
        out += is_whole && bytes == 1 ? formatted(e, moment, directive, written) : std::string(written);
        format.remove_prefix(written.size());
    }
    return out;
}

/// The instant that a value is, on the clocks of the zone that is asked for. Absent for what is no date; a failure for
/// a zone that there is not.
std::optional<Moment> moment_of(Evaluator& e, Value value, Value zone) {
    value = e.plain(value);
    if (value.is_absent()) return std::nullopt;
    const std::string& own_zone = e.options().time_zone;
    std::shared_ptr<const TimeZone> local = TimeZone::find(own_zone);
    if (!local) {
        e.fail("Invalid time zone specified: " + own_zone);
        return std::nullopt;
    }
    double utc_ms = NAN;
    std::string_view text = value.is(Type::string) ? value.text() : std::string_view();
    if (value.is(Type::number) || value.is(Type::boolean)) {
        utc_ms = value.is(Type::number) ? value.number() * 1000 : double(value.is_true());
    } else if (text == "now" || text == "today") {
        utc_ms = double(e.options().now_ms);
    } else if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
        utc_ms = number_of(text) * 1000;
    } else {
        utc_ms = parse_date(e.js_text(value), *local);
    }
    utc_ms = std::trunc(utc_ms);
    if (!(std::fabs(utc_ms) <= ms_max)) return std::nullopt;
    int64_t utc_s = int64_t(std::floor(utc_ms / 1000));
    if (zone.is_absent()) return moment_of(utc_ms, local->offset_s(utc_s), own_zone);
    if (!zone.is(Type::string)) {
        double west_minutes = e.number(zone);
        if (!(std::fabs(utc_ms - west_minutes * 60'000) <= ms_max)) return std::nullopt;
        return moment_of(utc_ms, int64_t(-west_minutes * 60), "");
    }
    std::shared_ptr<const TimeZone> named = TimeZone::find(zone.text());
    if (!named) {
        e.fail("Invalid time zone specified: " + std::string(zone.text()));
        return std::nullopt;
    }
    return moment_of(utc_ms, named->offset_s(utc_s), zone.text());
}

Value written(Evaluator& e, Value value, Value zone, std::string_view format) {
    std::optional<Moment> moment = moment_of(e, value, zone);
    return moment ? e.string(strftime(e, *moment, format)) : value;
}

Value date(Evaluator& e, Value value, Arguments arguments) {
    Value format = e.plain(argument(arguments, 0));
    return written(e, value, argument(arguments, 1), format.is_absent() ? default_format : e.text(format));
}
Value date_to_xmlschema(Evaluator& e, Value value, Arguments) { return written(e, value, {}, "%Y-%m-%dT%H:%M:%S%:z"); }
Value date_to_rfc822(Evaluator& e, Value value, Arguments) { return written(e, value, {}, "%a, %d %b %Y %H:%M:%S %z"); }

Value date_in_words(Evaluator& e, Value value, Arguments arguments, std::string_view month) {
    auto is = [&](size_t index, std::string_view wanted) {
        return argument(arguments, index).is(Type::string) && arguments[index].text() == wanted;
    };
    std::string format = "%d " + std::string(month) + " %Y";
    if (is(0, "ordinal"))
        format = is(1, "US") ? std::string(month) + " %-d%q, %Y" : "%-d%q " + std::string(month) + " %Y";
    return written(e, value, {}, format);
}
Value date_to_string(Evaluator& e, Value value, Arguments arguments) {
    return date_in_words(e, value, arguments, "%b");
}
Value date_to_long_string(Evaluator& e, Value value, Arguments arguments) {
    return date_in_words(e, value, arguments, "%B");
}

}  // namespace

std::span<const FilterRow> date_filters() {
    static constexpr FilterRow rows[] = {
        {"date", date},
        {"date_to_long_string", date_to_long_string},
        {"date_to_rfc822", date_to_rfc822},
        {"date_to_string", date_to_string},
        {"date_to_xmlschema", date_to_xmlschema},
    };
    return rows;
}

}  // namespace ry::chats::liquid
