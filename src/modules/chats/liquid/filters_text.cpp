#include <algorithm>
#include <functional>

#include "modules/chats/liquid/evaluator.h"
#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {
namespace {

Value joined(Evaluator& e, std::string_view first, std::string_view second) {
    if (!e.fits(first.size() + second.size()) || !e.charge((first.size() + second.size()) / 64)) return {};
    std::string both;
    both.reserve(first.size() + second.size());
    both.append(first).append(second);
    return e.string(joined_surrogates(std::move(both), false));
}

Value append(Evaluator& e, Value value, Arguments arguments) {
    if (arguments.size() != 1) return e.fail("append expect 2 arguments"), Value();
    return joined(e, e.text(value), e.text(arguments[0]));
}

Value prepend(Evaluator& e, Value value, Arguments arguments) {
    if (arguments.size() != 1) return e.fail("prepend expect 2 arguments"), Value();
    return joined(e, e.text(arguments[0]), e.text(value));
}

Value downcase(Evaluator& e, Value value, Arguments) { return e.string(lower_case(e.text(value))); }
Value upcase(Evaluator& e, Value value, Arguments) { return e.string(upper_case(e.text(value))); }

Value capitalize(Evaluator& e, Value value, Arguments) {
    std::string_view text = e.text(value);
    if (text.empty()) return Value::string(text);
    auto [code, bytes] = front(text);
    std::string_view first = text.substr(0, bytes);
    // JavaScript changes the first unit: half of a pair has no other case.
    return e.string((code < 0x10000 ? upper_case(first) : std::string(first)) + lower_case(text.substr(bytes)));
}

// ---- white space

bool is_among(std::string_view characters, std::string_view character) {
    for (size_t at = 0; at < characters.size();) {
        size_t bytes = front(characters.substr(at)).bytes;
        if (characters.substr(at, bytes) == character) return true;
        at += bytes;
    }
    return false;
}

std::string_view without_front(std::string_view text, std::string_view characters) {
    while (!text.empty()) {
        size_t bytes = front(text).bytes;
        if (!is_among(characters, text.substr(0, bytes))) break;
        text.remove_prefix(bytes);
    }
    return text;
}

std::string_view without_back(std::string_view text, std::string_view characters) {
    while (!text.empty()) {
        size_t begin = text.size() - 1;
        while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
        if (!is_among(characters, text.substr(begin))) break;
        text = text.substr(0, begin);
    }
    return text;
}

Value stripped(Evaluator& e, Value value, Arguments arguments, bool at_front, bool at_back) {
    std::string_view text = e.text(value);
    if (!is_js_true(argument(arguments, 0))) {
        if (at_front) text = trimmed_front(text);
        return Value::string(at_back ? trimmed_back(text) : text);
    }
    std::string_view characters = e.text(arguments[0]);
    if (!e.charge(text.size() * (1 + characters.size() / 8) / 8)) return {};
    if (at_front) text = without_front(text, characters);
    return Value::string(at_back ? without_back(text, characters) : text);
}
Value strip(Evaluator& e, Value value, Arguments arguments) { return stripped(e, value, arguments, true, true); }
Value lstrip(Evaluator& e, Value value, Arguments arguments) { return stripped(e, value, arguments, true, false); }
Value rstrip(Evaluator& e, Value value, Arguments arguments) { return stripped(e, value, arguments, false, true); }

std::string with_single_spaces(std::string_view text) {
    std::string out;
    for (bool is_in_space = false; !text.empty();) {
        auto [code, bytes] = front(text);
        bool is_blank = is_space(code);
        if (!is_blank)
            out.append(text.substr(0, bytes));
        else if (!is_in_space)
            out += ' ';
        is_in_space = is_blank;
        text.remove_prefix(bytes);
    }
    return out;
}

Value normalize_whitespace(Evaluator& e, Value value, Arguments) { return e.string(with_single_spaces(e.text(value))); }
Value squish(Evaluator& e, Value value, Arguments) {
    return e.string(trimmed_back(trimmed_front(with_single_spaces(e.text(value)))));
}

std::string with_newlines_as(std::string_view text, std::string_view replacement) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i, 2) == "\r\n") ++i;
        if (text[i] == '\n')
            out += replacement;
        else
            out += text[i];
    }
    return out;
}
Value strip_newlines(Evaluator& e, Value value, Arguments) { return e.string(with_newlines_as(e.text(value), "")); }
Value newline_to_br(Evaluator& e, Value value, Arguments) {
    return e.string(with_newlines_as(e.text(value), "<br />\n"));
}

// ---- parts

/// str.split(separator)
std::vector<std::string_view> split_at(Evaluator& e, std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    if (separator.empty()) {
        if (!e.charge(text.size()) || !e.fits(text.size() * 24)) return parts;
        for (const std::string& unit : all_units(text)) parts.push_back(e.string(unit).text());
        return parts;
    }
    size_t begin = 0;
    for (size_t end; (end = text.find(separator, begin)) != std::string_view::npos; begin = end + separator.size()) {
        if (!e.charge(1) || !e.fits(parts.size() * sizeof(Value))) return parts;
        parts.push_back(text.substr(begin, end - begin));
    }
    parts.push_back(text.substr(begin));
    return parts;
}

Value replaced(Evaluator& e, std::string_view text, std::string_view pattern, std::string_view replacement) {
    std::vector<std::string_view> parts = split_at(e, text, pattern);
    size_t size = parts.empty() ? 0 : (parts.size() - 1) * replacement.size();
    for (std::string_view part : parts) size += part.size();
    if (!e.fits(size)) return {};
    std::string out;
    out.reserve(size);
    for (size_t i = 0; i < parts.size(); ++i) out.append(i ? replacement : "").append(parts[i]);
    return e.string(joined_surrogates(std::move(out), false));
}

/// With the bytes at `at` replaced; as it is when there is no such place.
Value replaced_at(Evaluator& e, std::string_view text, size_t at, size_t bytes, std::string_view replacement) {
    if (at == std::string_view::npos) return Value::string(text);
    if (!e.fits(text.size() + replacement.size())) return {};
    return e.string(std::string(text.substr(0, at)).append(replacement).append(text.substr(at + bytes)));
}

Value split(Evaluator& e, Value value, Arguments arguments) {
    std::vector<std::string_view> parts = split_at(e, e.text(value), e.text(argument(arguments, 0)));
    while (!parts.empty() && parts.back().empty()) parts.pop_back();
    std::vector<Value> values(parts.size());
    std::ranges::transform(parts, values.begin(), [](std::string_view part) { return Value::string(part); });
    return e.array(values);
}

Value remove(Evaluator& e, Value value, Arguments arguments) {
    return replaced(e, e.text(value), e.text(argument(arguments, 0)), "");
}
Value replace(Evaluator& e, Value value, Arguments arguments) {
    return replaced(e, e.text(value), e.text(argument(arguments, 0)), e.text(argument(arguments, 1)));
}
Value first_replaced(Evaluator& e, Value value, Arguments arguments, std::string_view replacement) {
    std::string_view text = e.text(value), pattern = e.text(argument(arguments, 0));
    return replaced_at(e, text, text.find(pattern), pattern.size(), replacement);
}
Value last_replaced(Evaluator& e, Value value, Arguments arguments, std::string_view replacement) {
    std::string_view text = e.text(value), pattern = e.text(argument(arguments, 0));
    return replaced_at(e, text, text.rfind(pattern), pattern.size(), replacement);
}
Value remove_first(Evaluator& e, Value value, Arguments arguments) { return first_replaced(e, value, arguments, ""); }
Value remove_last(Evaluator& e, Value value, Arguments arguments) { return last_replaced(e, value, arguments, ""); }
Value replace_first(Evaluator& e, Value value, Arguments arguments) {
    return first_replaced(e, value, arguments, e.text(argument(arguments, 1)));
}
Value replace_last(Evaluator& e, Value value, Arguments arguments) {
    return last_replaced(e, value, arguments, e.text(argument(arguments, 1)));
}

Value truncate(Evaluator& e, Value value, Arguments arguments) {
    std::string_view text = e.text(value),
                     end = argument(arguments, 1).is(Type::undefined) ? "..." : e.text(arguments[1]);
    double length = argument(arguments, 0).is(Type::undefined) ? 50 : e.number(arguments[0]);
    if (double(length_of(text)) <= length || bytes_of_code_points(text, length) >= text.size()) return value;
    return joined(e, text.substr(0, bytes_of_code_points(text, std::max(length - double(code_points_of(end)), 0.0))),
                  end);
}

/// str.split(/\s+/)
std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words(1, text.substr(0, 0));
    size_t begin = 0, at = 0;
    while (at < text.size()) {
        auto [code, bytes] = front(text.substr(at));
        if (is_space(code)) {
            while (at < text.size() && is_space(front(text.substr(at)).code)) at += front(text.substr(at)).bytes;
            begin = at;
            words.push_back(text.substr(begin, 0));
            continue;
        }
        at += bytes;
        words.back() = text.substr(begin, at - begin);
    }
    return words;
}

Value truncatewords(Evaluator& e, Value value, Arguments arguments) {
    std::string_view text = e.text(value),
                     end = argument(arguments, 1).is(Type::undefined) ? "..." : e.text(arguments[1]);
    double count = argument(arguments, 0).is(Type::undefined) ? 15 : e.number(arguments[0]);
    if (count <= 0) count = 1;
    if (!e.charge(text.size()) || !e.fits(text.size() * 16)) return {};
    std::vector<std::string_view> words = words_of(trimmed_front(text));
    std::string out;
    for (size_t i = 0; i < place_of(count, words.size()); ++i) out.append(i ? " " : "").append(words[i]);
    if (double(words.size()) >= count) out += end;
    return e.string(out);
}

bool is_cjk(char32_t code) {
    return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0xF900 && code <= 0xFAFF) ||
           (code >= 0x3400 && code <= 0x4DBF) || (code >= 0x3040 && code <= 0x30FF) ||
           (code >= 0xAC00 && code <= 0xD7AF);
}

Value number_of_words(Evaluator& e, Value value, Arguments arguments) {
    std::string_view text = trimmed_back(trimmed_front(e.text(value)));
    if (text.empty() || !e.charge(text.size())) return Value::number(0);
    Value mode = argument(arguments, 0);
    size_t words = 1, signs = 0, stretches = 0;
    bool is_in_space = false, is_in_stretch = false;
    for (size_t at = 0; at < text.size();) {
        auto [code, bytes] = front(text.substr(at));
        bool is_blank = is_space(code), is_sign = is_cjk(code);
        words += is_blank && !is_in_space;
        signs += is_sign;
        stretches += !is_blank && !is_sign && !is_in_stretch;
        is_in_space = is_blank;
        is_in_stretch = !is_blank && !is_sign;
        at += bytes;
    }
    bool counts_signs = mode.is(Type::string) && (mode.text() == "cjk" || (mode.text() == "auto" && signs > 0));
    return Value::number(double(counts_signs ? signs + stretches : words));
}

Value array_to_sentence_string(Evaluator& e, Value value, Arguments arguments) {
    auto items = e.elements(value);
    std::string_view connector = argument(arguments, 0).is(Type::undefined) ? "and" : e.text(arguments[0]);
    if (items.empty()) return Value::string("");
    if (items.size() == 1) return items[0];
    std::string out;
    for (size_t i = 0; i < items.size() && e.fits(out.size()); ++i) {
        bool is_last = i + 1 == items.size(), is_pair = items.size() == 2;
        if (i > 0) out += is_last && is_pair ? " " : ", ";
        if (is_last) out.append(connector).append(" ");
        // Array.prototype.join leaves out what is not there; a template literal names it.
        if (is_last || is_pair || !items[i].is_absent()) e.append_js_text(out, items[i]);
    }
    return e.string(joined_surrogates(std::move(out), false));
}

}  // namespace

std::span<const FilterRow> text_filters() {
    static constexpr FilterRow rows[] = {
        {"append", append},
        {"array_to_sentence_string", array_to_sentence_string},
        {"capitalize", capitalize},
        {"downcase", downcase},
        {"lstrip", lstrip},
        {"newline_to_br", newline_to_br},
        {"normalize_whitespace", normalize_whitespace},
        {"number_of_words", number_of_words},
        {"prepend", prepend},
        {"remove", remove},
        {"remove_first", remove_first},
        {"remove_last", remove_last},
        {"replace", replace},
        {"replace_first", replace_first},
        {"replace_last", replace_last},
        {"rstrip", rstrip},
        {"split", split},
        {"squish", squish},
        {"strip", strip},
        {"strip_newlines", strip_newlines},
        {"truncate", truncate},
        {"truncatewords", truncatewords},
        {"upcase", upcase},
    };
    return rows;
}

}  // namespace ry::chats::liquid
