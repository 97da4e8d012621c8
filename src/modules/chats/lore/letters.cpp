#include "modules/chats/lore/letters.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/unicode.h"

namespace ry::chats::lore {
namespace {

constexpr char32_t table_size = 0x800;  // Latin, Greek, Cyrillic, Hebrew and Arabic: two bytes of UTF-8

struct Character {
    char32_t code;
    size_t bytes;
};

/// Of well-formed UTF-8; any other byte stands for itself.
Character front(std::string_view text) {
    auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    unsigned lead = byte(0);
    if (lead < 0xC0) return {lead, 1};
    if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), std::min<size_t>(2, text.size())};
    if (lead < 0xF0)
        return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), std::min<size_t>(3, text.size())};
    return {(lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
            std::min<size_t>(4, text.size())};
}

char32_t lower_in_ranges(char32_t code) {
    if (code >= 'A' && code <= 'Z') return code + 32;
    if (code == 0x3C2) return 0x3C3;  // ς is σ
    auto after = std::ranges::upper_bound(lower_ranges(), code, {}, &CaseRange::first);
    if (after == lower_ranges().begin()) return code;
    const CaseRange& range = *std::prev(after);
    return code <= range.last && (code - range.first) % range.step == 0 ? char32_t(int64_t(code) + range.delta) : code;
}

bool is_word_in_ranges(char32_t code) {
    if (code == '_') return true;
    auto after = std::ranges::upper_bound(word_ranges(), code, {}, &CodeRange::first);
    return after != word_ranges().begin() && code <= std::prev(after)->last;
}

struct Tables {
    std::array<char16_t, table_size> lower;
    std::array<bool, table_size> is_word;
    Tables() {
        for (char32_t code = 0; code < table_size; ++code) {
            lower[code] = char16_t(lower_in_ranges(code));
            is_word[code] = is_word_in_ranges(code);
        }
    }
};

const Tables& tables() {
    static const Tables made;
    return made;
}

bool is_word(char32_t code) { return code < table_size ? tables().is_word[code] : is_word_in_ranges(code); }

}  // namespace

std::string folded(std::string_view text) {
    const Tables& table = tables();
    std::string lower;
    lower.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            lower += char(table.lower[byte]);
            ++at;
            continue;
        }
        auto [code, bytes] = front(text.substr(at));
        if (code == 0x130)
            lower += "i\xCC\x87";  // İ, the one letter whose lower case is two
        else if (bytes == 1)
            lower += text[at];
        else
            append_utf8(lower, code < table_size ? char32_t(table.lower[code]) : lower_in_ranges(code));
        at += bytes;
    }
    return lower;
}

bool is_word_begin(std::string_view text, size_t at) {
    if (at == 0) return true;
    size_t begin = at - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    return !is_word(front(text.substr(begin)).code);
}

bool is_word_end(std::string_view text, size_t at) {
    return at >= text.size() || !is_word(front(text.substr(at)).code);
}

}  // namespace ry::chats::lore
