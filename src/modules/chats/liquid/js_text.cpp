#include "modules/chats/liquid/js_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "base/unicode.h"

namespace ry::chats::liquid {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_surrogate(char32_t code) { return code >= 0xD800 && code < 0xE000; }
bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

CodePoint front(std::string_view text) {
    auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
    if (size == 1 || size > text.size()) return {0xFFFD, 1};
    char32_t code = lead & (0xFF >> (size + 1));
    for (size_t i = 1; i < size; ++i) {
        if (!is_continuation(text[i])) return {0xFFFD, 1};
        code = code << 6 | (byte(i) & 0x3F);
    }
    return {code, size};
}

size_t length_of(std::string_view text) {
    size_t length = 0;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        length += (byte & 0xC0) != 0x80;
        length += byte >= 0xF0;
    }
    return length;
}

size_t code_points_of(std::string_view text) {
    return size_t(std::ranges::count_if(text, [](char byte) { return !is_continuation(byte); }));
}

size_t bytes_of_code_points(std::string_view text, double count) {
    size_t bytes = 0;
    for (double i = 0; i < count && bytes < text.size(); ++i) bytes += front(text.substr(bytes)).bytes;
    return bytes;
}

std::string units(std::string_view text, size_t begin, size_t count) {
    std::string part;
    size_t at = 0, end = count > SIZE_MAX - begin ? SIZE_MAX : begin + count;
    while (!text.empty() && at < end) {
        auto [code, bytes] = front(text);
        if (code < 0x10000) {
            if (at >= begin) part.append(text.substr(0, bytes));
            at += 1;
        } else {
            if (at >= begin && at + 2 <= end)
                part.append(text.substr(0, bytes));
            else if (at >= begin)
                append_utf8(part, 0xD800 + ((code - 0x10000) >> 10));
            else if (at + 1 >= begin && at + 1 < end)
                append_utf8(part, 0xDC00 + (code & 0x3FF));
            at += 2;
        }
        text.remove_prefix(bytes);
    }
    return part;
}

std::vector<std::string> all_units(std::string_view text) {
    std::vector<std::string> all;
    while (!text.empty()) {
        auto [code, bytes] = front(text);
        if (code < 0x10000) {
            all.emplace_back(text.substr(0, bytes));
        } else {
            append_utf8(all.emplace_back(), 0xD800 + ((code - 0x10000) >> 10));
            append_utf8(all.emplace_back(), 0xDC00 + (code & 0x3FF));
        }
        text.remove_prefix(bytes);
    }
    return all;
}

bool has_surrogates(std::string_view text) {
    for (size_t at = 0; (at = text.find('\xED', at)) != std::string_view::npos; ++at)
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
    return false;
}

std::string joined_surrogates(std::string text, bool is_final) {
    if (!has_surrogates(text)) return text;
    std::string joined;
    std::string_view rest = text;
    while (!rest.empty()) {
        auto [code, bytes] = front(rest);
        rest.remove_prefix(bytes);
        if (code >= 0xD800 && code < 0xDC00 && !rest.empty()) {
            auto [low, low_bytes] = front(rest);
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                rest.remove_prefix(low_bytes);
            }
        }
        append_utf8(joined, is_final && is_surrogate(code) ? char32_t(0xFFFD) : code);
    }
    return joined;
}

std::string decoded_utf8(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        size_t size = utf8_length(bytes);
        if (size) {
            text.append(bytes.substr(0, size));
            bytes.remove_prefix(size);
            continue;
        }
        // The longest beginning of a sequence that could have gone on becomes one U+FFFD.
        auto lead = static_cast<unsigned char>(bytes[0]);
        size_t wanted = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : 1;
        size_t wrong = 1;
        while (wrong < wanted && wrong < bytes.size() && is_continuation(bytes[wrong])) {
            auto second = static_cast<unsigned char>(bytes[1]);
            if (wrong == 1 && ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
                               (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90)))
                break;
            ++wrong;
        }
        text += "\xEF\xBF\xBD";
        bytes.remove_prefix(wrong);
    }
    return text;
}

bool is_space(char32_t code) {
    if (code < 0x80) return code == ' ' || (code >= 9 && code <= 13);
    return code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
           code == 0x202F || code == 0x205F || code == 0x3000 || code == 0xFEFF;
}

bool is_word_of_slug(char32_t code) {
    auto after = std::ranges::upper_bound(word_ranges(), code, {}, &CodeRange::first);
    return after != word_ranges().begin() && code <= std::prev(after)->last;
}

std::string_view trimmed_front(std::string_view text) {
    while (!text.empty()) {
        auto [code, bytes] = front(text);
        if (!is_space(code)) break;
        text.remove_prefix(bytes);
    }
    return text;
}

std::string_view trimmed_back(std::string_view text) {
    while (!text.empty()) {
        size_t begin = text.size() - 1;
        while (begin > 0 && is_continuation(text[begin])) --begin;
        if (!is_space(front(text.substr(begin)).code)) break;
        text = text.substr(0, begin);
    }
    return text;
}

namespace {

/// Appends the code point's other case: by a table of ranges, and by a list of those that become several.
void append_mapped(std::string& text, char32_t code, std::span<const CaseRange> ranges,
                   std::span<const CaseSpecial> specials) {
    if (auto special = std::ranges::lower_bound(specials, code, {}, &CaseSpecial::code);
        special != specials.end() && special->code == code) {
        text += special->text;
        return;
    }
    auto after = std::ranges::upper_bound(ranges, code, {}, &CaseRange::first);
    if (after != ranges.begin()) {
        const CaseRange& range = *std::prev(after);
        if (code <= range.last && (code - range.first) % range.step == 0) code = char32_t(int32_t(code) + range.delta);
    }
    append_utf8(text, code);
}

bool is_cased(char32_t code) {
    std::string text, other;
    append_utf8(text, code);
    append_mapped(other, code, lower_ranges(), lower_specials());
    if (other != text) return true;
    other.clear();
    append_mapped(other, code, upper_ranges(), upper_specials());
    return other != text;
}

/// Marks and signs that do not end a word for the final sigma.
bool is_case_ignorable(char32_t code) {
    return code == '\'' || code == '.' || code == ':' || code == '^' || code == '`' || code == 0xA8 || code == 0xAD ||
           code == 0xAF || code == 0xB4 || code == 0xB7 || code == 0xB8 || (code >= 0x2B0 && code <= 0x36F) ||
           code == 0x2019;
}

/// Σ is ς after a letter and before the end of its word.
bool is_final_sigma(std::string_view before, std::string_view after) {
    bool has_letter = false;
    while (!before.empty()) {
        size_t begin = before.size() - 1;
        while (begin > 0 && is_continuation(before[begin])) --begin;
        char32_t code = front(before.substr(begin)).code;
        before = before.substr(0, begin);
        if (is_case_ignorable(code)) continue;
        has_letter = is_cased(code);
        break;
    }
    if (!has_letter) return false;
    while (!after.empty()) {
        auto [code, bytes] = front(after);
        after.remove_prefix(bytes);
        if (!is_case_ignorable(code)) return !is_cased(code);
    }
    return true;
}

}  // namespace

std::string upper_case(std::string_view text) {
    std::string upper;
    upper.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        auto [code, bytes] = front(text.substr(at));
        if (code < 0x80)
            upper += code >= 'a' && code <= 'z' ? char(code - 32) : char(code);
        else
            append_mapped(upper, code, upper_ranges(), upper_specials());
        at += bytes;
    }
    return upper;
}

std::string lower_case(std::string_view text) {
    std::string lower;
    lower.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        auto [code, bytes] = front(text.substr(at));
        if (code < 0x80)
            lower += code >= 'A' && code <= 'Z' ? char(code + 32) : char(code);
        else if (code == 0x3A3 && is_final_sigma(text.substr(0, at), text.substr(at + bytes)))
            lower += "\xCF\x82";
        else
            append_mapped(lower, code, lower_ranges(), lower_specials());
        at += bytes;
    }
    return lower;
}

int compare(std::string_view a, std::string_view b) {
    size_t same = size_t(std::ranges::mismatch(a, b).in1 - a.begin());
    if (same == a.size() || same == b.size()) return (a.size() > b.size()) - (a.size() < b.size());
    auto left = static_cast<unsigned char>(a[same]), right = static_cast<unsigned char>(b[same]);
    // Four bytes are a surrogate pair, which stands before U+E000.
    if (left >= 0xF0 && right >= 0xEE && right < 0xF0) return -1;
    if (right >= 0xF0 && left >= 0xEE && left < 0xF0) return 1;
    return left < right ? -1 : 1;
}

std::string_view number_text(double number, char (&buffer)[32]) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
    if (std::fabs(number) < 1e15 && number == std::trunc(number))
        return {buffer, size_t(std::to_chars(buffer, buffer + 32, int64_t(number)).ptr - buffer)};
    // Digits and exponent of the shortest form that reads back as the number.
    char shortest[32];
    char* end = std::to_chars(shortest, shortest + 32, std::fabs(number), std::chars_format::scientific).ptr;
    char* e = std::find(shortest, end, 'e');
    char digits[20];
    int count = 0;
    for (char* c = shortest; c != e; ++c)
        if (*c != '.') digits[count++] = *c;
    int exponent = 0;
    std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
    int point = exponent + 1;  // where the decimal point stands among the digits
    std::string text = number < 0 ? "-" : "";
    std::string_view all(digits, size_t(count));
    if (point > 21 || point <= -6) {
        text += all[0];
        if (count > 1) text.append(1, '.').append(all.substr(1));
        text += exponent < 0 ? "e-" : "e+";
        text += std::to_string(std::abs(exponent));
    } else if (point <= 0) {
        text.append("0.").append(size_t(-point), '0').append(all);
    } else if (point >= count) {
        text.append(all).append(size_t(point - count), '0');
    } else {
        text.append(all.substr(0, size_t(point))).append(1, '.').append(all.substr(size_t(point)));
    }
    std::memcpy(buffer, text.data(), text.size());  // at most 25 bytes: sign, 21 digits or 17 and an exponent
    return {buffer, text.size()};
}

double number_of(std::string_view text) {
    text = trimmed_back(trimmed_front(text));
    if (text.empty()) return 0;
    if (text.size() > 2 && text[0] == '0') {
        char kind = char(text[1] | 0x20);
        int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
        if (base) {
            double number = 0;
            for (char c : text.substr(2)) {
                int digit = c >= '0' && c <= '9'                     ? c - '0'
                            : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                                     : 99;
                if (digit >= base) return nan;
                number = number * base + digit;
            }
            return number;
        }
    }
    bool is_negative = text[0] == '-';
    if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
    if (text == "Infinity") return is_negative ? -INFINITY : INFINITY;
    bool has_digit = text.size() > 0 && ((text[0] >= '0' && text[0] <= '9') ||
                                         (text.size() > 1 && text[0] == '.' && text[1] >= '0' && text[1] <= '9'));
    if (!has_digit) return nan;
    double number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range) {
        size_t e = text.find_first_of("eE");
        bool is_small = e != std::string_view::npos ? text.substr(e + 1).starts_with('-')
                                                    : text.starts_with('0') || text.starts_with('.');
        number = is_small ? 0 : INFINITY;
    }
    if (end != text.data() + text.size()) return nan;
    return is_negative ? -number : number;
}

double integer_of(double number) { return std::isnan(number) ? 0 : std::trunc(number); }

size_t place_of(double place, size_t size) {
    place = integer_of(place);
    if (place < 0) place = std::max(0.0, place + double(size));
    return size_t(std::min(place, double(size)));
}

}  // namespace ry::chats::liquid
