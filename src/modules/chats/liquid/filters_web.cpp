// Filters for HTML, URLs, JSON, base64 and hashes; `default`.
#include <algorithm>
#include <cstdio>

#include "base/hash.h"
#include "base/text.h"
#include "modules/chats/liquid/evaluator.h"
#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {
namespace {

// ---- HTML

constexpr std::pair<std::string_view, std::string_view> entities[] = {
    {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&#34;"}, {"'", "&#39;"}};

std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        auto entity =
            std::ranges::find(entities, std::string_view(&c, 1), &std::pair<std::string_view, std::string_view>::first);
        out += entity == std::end(entities) ? std::string_view(&c, 1) : entity->second;
    }
    return out;
}

std::string unescaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        auto entity = std::ranges::find_if(entities, [&](auto& row) { return text.starts_with(row.second); });
        bool is_entity = entity != std::end(entities);
        out += is_entity ? entity->first : text.substr(0, 1);
        text.remove_prefix(is_entity ? entity->second.size() : 1);
    }
    return out;
}

Value escape(Evaluator& e, Value value, Arguments) { return e.string(escaped(e.text(value))); }
Value escape_once(Evaluator& e, Value value, Arguments) { return e.string(escaped(unescaped(e.text(value)))); }

/// Takes away comments, scripts and styles with what is in them, and tags. What does not end stays.
Value strip_html(Evaluator& e, Value value, Arguments) {
    struct Stretch {
        std::string_view begin, end;
        bool can_end = true;
    };
    Stretch stretches[] = {{"<script", "</script>"}, {"<style", "</style>"}, {"<!--", "-->"}, {"<", ">"}};
    std::string_view text = e.text(value);
    std::string out;
    while (!text.empty()) {
        size_t less = text.find('<');
        out += text.substr(0, less);
        if (less == std::string_view::npos) break;
        text.remove_prefix(less);
        size_t taken = 0;
        for (Stretch& stretch : stretches) {
            if (!stretch.can_end || !text.starts_with(stretch.begin)) continue;
            size_t end = text.find(stretch.end, stretch.begin.size());
            if (end != std::string_view::npos) {
                taken = end + stretch.end.size();
                break;
            }
            stretch.can_end = false;
        }
        if (!taken) {
            out += text;
            break;
        }
        text.remove_prefix(taken);
    }
    return e.string(out);
}

// ---- URLs

constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
constexpr std::string_view reserved = ";,/?:@&=+$#";

/// Bytes other than `kept` as %XX. A half of a surrogate pair has no bytes: a failure.
std::string percent_encoded(Evaluator& e, std::string_view text, std::string_view kept, std::string_view also_kept) {
    if (has_surrogates(text)) e.fail("URI malformed");
    std::string out;
    for (char c : text) {
        if (kept.find(c) != std::string_view::npos || also_kept.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        char code[4];
        std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
        out += code;
    }
    return out;
}

Value url_encode(Evaluator& e, Value value, Arguments) {
    std::string out = percent_encoded(e, e.text(value), unreserved, " ");
    std::ranges::replace(out, ' ', '+');
    return e.string(out);
}
Value cgi_escape(Evaluator& e, Value value, Arguments) {
    std::string out = percent_encoded(e, e.text(value), unreserved.substr(0, unreserved.find('!')), " ~");
    std::ranges::replace(out, ' ', '+');
    return e.string(out);
}
Value uri_escape(Evaluator& e, Value value, Arguments) {
    return e.string(percent_encoded(e, e.text(value), unreserved, std::string(reserved) + "[]"));
}

Value url_decode(Evaluator& e, Value value, Arguments) {
    std::string_view text = e.text(value);
    std::string out, decoded;
    auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
    };
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        // The bytes of one character, all of them written as %XX.
        decoded.clear();
        for (; i + 2 < text.size() && text[i] == '%' && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0; i += 3) {
            decoded += char(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            if (utf8_length(decoded) || decoded.size() == 4) break;
        }
        if (!utf8_length(decoded)) return e.fail("URI malformed"), Value();
        out += decoded;
        i += 2;
    }
    return e.string(out);
}

/// Letters with accents as Latin letters without; only small ones, and a few large.
constexpr std::pair<std::string_view, std::string_view> accents[] = {
    {"àáâãäå", "a"}, {"æ", "ae"}, {"ç", "c"},  {"èéêë", "e"}, {"ìíîï", "i"}, {"ð", "d"},  {"ñ", "n"},  {"òóôõöø", "o"},
    {"ùúûü", "u"},   {"ýÿ", "y"}, {"ß", "ss"}, {"œ", "oe"},   {"þ", "th"},   {"ẞ", "SS"}, {"Œ", "OE"}, {"Þ", "TH"},
};

std::string without_accents(std::string_view text) {
    std::string out;
    for (size_t bytes; !text.empty(); text.remove_prefix(bytes)) {
        bytes = front(text).bytes;
        std::string_view letter = text.substr(0, bytes);
        auto accent = bytes == 1 ? std::end(accents) : std::ranges::find_if(accents, [&](auto& row) {
            return row.first.find(letter) != std::string_view::npos;
        });
        out += accent == std::end(accents) ? letter : accent->second;
    }
    return out;
}

using StaysInSlug = bool (*)(char32_t code);
constexpr bool is_ascii_letter(char32_t code) {
    return code < 0x80 && ((code >= '0' && code <= '9') || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z'));
}
StaysInSlug stays_in_slug(std::string_view mode) {
    if (mode == "raw") return [](char32_t code) { return !is_space(code); };
    if (mode == "ascii") return [](char32_t code) { return is_ascii_letter(code); };
    if (mode == "default" || mode == "latin") return [](char32_t code) { return is_word_of_slug(code); };
    if (mode != "pretty") return nullptr;
    return [](char32_t code) {
        return is_word_of_slug(code) ||
               (code < 0x80 && std::string_view("._~!$&'()+,;=@").find(char(code)) != std::string_view::npos);
    };
}

Value slugify(Evaluator& e, Value value, Arguments arguments) {
    std::string text(e.text(value));
    std::string_view mode = argument(arguments, 0).is(Type::undefined) ? "default" : e.js_text(arguments[0]);
    if (StaysInSlug stays = stays_in_slug(mode)) {
        if (mode == "latin") text = without_accents(text);
        std::string slug;
        bool is_dashed = false;
        for (std::string_view rest = text; !rest.empty();) {
            auto [code, bytes] = front(rest);
            bool is_kept = stays(code);
            if (is_kept)
                slug.append(rest.substr(0, bytes));
            else if (!is_dashed)
                slug += '-';
            is_dashed = !is_kept;
            rest.remove_prefix(bytes);
        }
        if (slug.starts_with('-')) slug.erase(0, 1);
        if (slug.ends_with('-')) slug.pop_back();
        text = std::move(slug);
    }
    return e.string(is_js_true(argument(arguments, 1)) ? text : lower_case(text));
}

// ---- base64, hashes

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Value base64_encode(Evaluator& e, Value value, Arguments) {
    std::string text = joined_surrogates(std::string(e.text(value)), true), out;
    for (size_t i = 0; i < text.size(); i += 3) {
        uint32_t bits = 0;
        size_t count = std::min<size_t>(3, text.size() - i);
        for (size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < count ? static_cast<unsigned char>(text[i + j]) : 0);
        for (size_t j = 0; j < 4; ++j) out += j <= count ? base64_letters[bits >> (18 - 6 * j) & 63] : '=';
    }
    return e.string(out);
}

Value base64_decode(Evaluator& e, Value value, Arguments) {
    std::string text;
    for (char c : e.text(value))
        if (std::string_view("\t\n\f\r ").find(c) == std::string_view::npos) text += c;
    if (text.size() % 4 == 0)
        for (int i = 0; i < 2 && text.ends_with('='); ++i) text.pop_back();
    std::string bytes;
    uint32_t bits = 0;
    int count = 0;
    bool is_valid = text.size() % 4 != 1;
    for (char c : text) {
        size_t letter = base64_letters.find(c);
        is_valid = is_valid && letter != std::string_view::npos;
        bits = bits << 6 | uint32_t(letter & 63);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += char(bits >> count & 255);
    }
    if (!is_valid) return e.fail("invalid base64 provided to base64_decode"), Value();
    return e.string(decoded_utf8(bytes));
}

Value sha256(Evaluator& e, Value value, Arguments) {
    return e.string(sha256_hex(joined_surrogates(std::string(e.text(value)), true)));
}

/// RFC 2104.
Value hmac_sha256(Evaluator& e, Value value, Arguments arguments) {
    constexpr size_t block = 64;
    std::string key = joined_surrogates(std::string(e.text(argument(arguments, 0))), true);
    if (key.size() > block) key = unhex(sha256_hex(key)).value_or("");
    key.resize(block, '\0');
    std::string inner = key, outer = key;
    for (char& c : inner) c = char(c ^ 0x36);
    for (char& c : outer) c = char(c ^ 0x5C);
    inner += joined_surrogates(std::string(e.text(value)), true);
    return e.string(sha256_hex(outer + unhex(sha256_hex(inner)).value_or("")));
}

// ---- others

Value json(Evaluator& e, Value value, Arguments arguments) {
    Value space = argument(arguments, 0);
    std::string indent, out;
    if (space.is(Type::number)) indent.append(size_t(std::clamp(integer_of(space.number()), 0.0, 10.0)), ' ');
    if (space.is(Type::string)) indent = units(space.text(), 0, 10);
    return e.append_json_text(out, value, indent) ? e.string(out) : Value();
}

Value raw(Evaluator&, Value value, Arguments) { return value; }

Value default_(Evaluator& e, Value value, Arguments arguments) {
    value = e.plain(value);
    Value otherwise = argument(arguments, 0);
    if (value.is_array()) return e.number(e.member(value, Name("length"))) > 0 ? value : otherwise;
    if (value.is(Type::string)) return value.text().empty() ? otherwise : value;
    if (value.is(Type::boolean) && !value.is_true()) {
        bool allows_false = false;
        for (Value given : arguments.subspan(std::min<size_t>(1, arguments.size()))) {
            if (given.is_absent() || given.is(Type::boolean) || given.is(Type::number) || given.is(Type::string))
                return e.fail("Iterator value " + std::string(e.js_text(given)) + " is not an entry object"), Value();
            auto items = given.is(Type::array) ? given.array().items : std::span<const Value>();
            if (items.size() > 1 && items[0].is(Type::string) && items[0].text() == "allow_false")
                allows_false = is_js_true(items[1]);
        }
        return allows_false ? value : otherwise;
    }
    return e.is_truthy(value) ? value : otherwise;
}

}  // namespace

std::span<const FilterRow> web_filters() {
    static constexpr FilterRow rows[] = {
        {"base64_decode", base64_decode},
        {"base64_encode", base64_encode},
        {"cgi_escape", cgi_escape},
        {"default", default_},
        {"escape", escape},
        {"escape_once", escape_once},
        {"hmac_sha256", hmac_sha256},
        {"inspect", json},
        {"json", json},
        {"jsonify", json},
        {"raw", raw},
        {"sha256", sha256},
        {"slugify", slugify},
        {"strip_html", strip_html},
        {"uri_escape", uri_escape},
        {"url_decode", url_decode},
        {"url_encode", url_encode},
        {"xml_escape", escape},
    };
    return rows;
}

}  // namespace ry::chats::liquid
