// The estimate cuts a text as byte-pair tokenizers of 200,000 entries do before they merge: words with the blank or the
// sign before them, numbers of three digits, runs of signs, runs of white space. What a piece then costs on average
// depends on its script and its length: the tables are means over English, twelve other languages, code, SQL and JSON,
// counted by o200k_base. tests/tokens counts the samples of tests/samples, which the tables were not made from.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "kernel/llm/llm.h"

namespace ry::llm {
namespace {

enum class Kind : uint8_t {
    latin,
    accented,
    cyrillic,
    letter,
    ideograph,
    hangul,
    digit,
    space,
    line_break,
    sign,
    other
};
bool is_letter(Kind kind) { return kind <= Kind::hangul; }

/// What stands before a word and belongs to its piece.
enum class Before : uint8_t { nothing, space, sign };

constexpr std::array<Kind, 128> ascii_kinds = [] {
    std::array<Kind, 128> kinds{};
    for (size_t c = 0; c < kinds.size(); ++c) {
        bool is_latin = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (is_latin)
            kinds[c] = Kind::latin;
        else if (c >= '0' && c <= '9')
            kinds[c] = Kind::digit;
        else if (c == '\n' || c == '\r')
            kinds[c] = Kind::line_break;
        else if (c == ' ' || c == '\t' || c == '\v' || c == '\f')
            kinds[c] = Kind::space;
        else
            kinds[c] = c < ' ' || c == 127 ? Kind::other : Kind::sign;
    }
    return kinds;
}();

Kind kind_of(char32_t c) {
    if (c >= 0xc0 && c < 0x250) return Kind::accented;
    if (c >= 0x400 && c < 0x530) return Kind::cyrillic;
    if (c >= 0x250 && c < 0x2000) return Kind::letter;
    if (c >= 0xac00 && c < 0xd7b0) return Kind::hangul;
    if ((c >= 0x3040 && c < 0xa000) || (c >= 0xf900 && c < 0xfb00) || (c >= 0x20000 && c < 0x30000))
        return Kind::ideograph;
    return Kind::other;
}

// Hundredths of a token, by the length in characters; longer pieces grow by the last step.
constexpr std::array<int, 16> latin_costs = {100, 100, 100, 101, 103, 107, 110, 126,
                                             133, 141, 160, 175, 197, 225, 250, 280};
constexpr std::array<int, 10> capitals_costs = {100, 106, 140, 172, 220, 240, 255, 290, 310, 330};
constexpr std::array<int, 12> accented_costs = {100, 100, 118, 130, 170, 175, 205, 230, 255, 275, 310, 345};
constexpr std::array<int, 14> cyrillic_costs = {100, 100, 100, 115, 125, 142, 170, 186, 205, 212, 222, 236, 257, 275};
constexpr std::array<int, 9> letter_costs = {102, 102, 113, 165, 215, 260, 295, 320, 355};
constexpr std::array<int, 4> ideograph_costs = {115, 182, 247, 310};
constexpr std::array<int, 5> hangul_costs = {127, 160, 195, 260, 360};
constexpr std::array<int, 8> sign_costs = {100, 101, 117, 155, 196, 235, 290, 340};

template <size_t size>
int64_t cost(const std::array<int, size>& costs, int64_t length) {
    if (length <= int64_t(size)) return costs[size_t(length - 1)];
    return costs[size - 1] + (length - int64_t(size)) * (costs[size - 1] - costs[size - 2]);
}

/// The text is walked by pointers: this runs over every message of every prompt.
class Estimator {
public:
    explicit Estimator(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    int64_t tokens() {
        while (at_ < end_) piece();
        if (before_ == Before::space) hundredths_ += 100;
        return (hundredths_ + 99) / 100;
    }

private:
    struct Character {
        Kind kind = Kind::other;
        size_t bytes = 1;
    };

    Character character(const char* at) const {
        auto byte = [&](size_t i) { return static_cast<unsigned char>(at[i]); };
        if (byte(0) < 0x80) return {ascii_kinds[byte(0)], 1};
        // Most of what is not ASCII, without the questions that UTF-8 asks of the rest.
        if (byte(0) >= 0xc2 && byte(0) < 0xe0 && end_ - at >= 2 && (byte(1) & 0xc0) == 0x80)
            return {kind_of(char32_t(byte(0) & 0x1f) << 6 | (byte(1) & 0x3f)), 2};
        if (byte(0) > 0xe0 && byte(0) < 0xed && end_ - at >= 3 && (byte(1) & 0xc0) == 0x80 && (byte(2) & 0xc0) == 0x80)
            return {kind_of(char32_t(byte(0) & 0x0f) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3f)), 3};
        return wide_character(at);
    }
    Character wide_character(const char* at) const {
        size_t bytes = utf8_length({at, size_t(end_ - at)});
        if (bytes == 0) return {};
        char32_t c = static_cast<unsigned char>(*at) & (0xffu >> (bytes + 1));
        for (size_t i = 1; i < bytes; ++i) c = c << 6 | (static_cast<unsigned char>(at[i]) & 0x3f);
        return {kind_of(c), bytes};
    }
    bool is_at(const char* at, Kind kind) const { return at < end_ && character(at).kind == kind; }
    bool is_letter_at(const char* at) const { return at < end_ && is_letter(character(at).kind); }

    /// Goes over the characters of one kind: how many there are.
    int64_t run(Kind kind) {
        int64_t length = 0;
        while (at_ < end_) {
            Character next = character(at_);
            if (next.kind != kind) break;
            at_ += next.bytes;
            ++length;
        }
        return length;
    }

    void piece() {
        Kind kind = character(at_).kind;
        Before before = std::exchange(before_, Before::nothing);
        if (kind <= Kind::accented) return latin_word(before);
        if (is_letter(kind)) return word(kind, before);
        if (kind == Kind::sign) return signs(before);
        if (before == Before::space) hundredths_ += 100;
        if (kind == Kind::space) return spaces();
        int64_t length = run(kind);
        if (kind == Kind::digit) hundredths_ += (length + 2) / 3 * 100;
        if (kind == Kind::line_break) hundredths_ += 100;
        if (kind == Kind::other) hundredths_ += 50 + 110 * length;
    }

    void word(Kind kind, Before before) {
        int64_t length = run(kind);
        if (kind == Kind::cyrillic)
            hundredths_ += cost(cyrillic_costs, length) + (before == Before::space || length < 3 ? 0 : 75);
        if (kind == Kind::letter) hundredths_ += cost(letter_costs, length);
        if (kind == Kind::ideograph) hundredths_ += cost(ideograph_costs, length);
        if (kind == Kind::hangul) hundredths_ += cost(hangul_costs, length);
    }

    /// A capital behind a small letter begins another word.
    void latin_word(Before before) {
        const char* begin = at_;
        int64_t capitals = 0, wide_bytes = 0;
        for (bool was_small = false; at_ < end_;) {
            bool is_small = *at_ >= 'a' && *at_ <= 'z', is_capital = *at_ >= 'A' && *at_ <= 'Z';
            if (is_capital && was_small) break;
            if (!is_small && !is_capital) {
                if (!is_at(at_, Kind::accented)) break;
                ++at_;
                ++wide_bytes;  // letters with accents have two bytes
            }
            ++at_;
            capitals += is_capital;
            was_small = !is_capital;
        }
        int64_t length = at_ - begin - wide_bytes;
        if (at_ < end_ && *at_ == '\'') skip_contraction();
        bool is_behind_space = before == Before::space;
        if (wide_bytes > 0)
            hundredths_ += cost(accented_costs, length) + (is_behind_space ? 0 : 70);
        else if (capitals > 1)
            hundredths_ += cost(capitals_costs, length) + (is_behind_space ? -20 : 10);
        else
            hundredths_ += cost(latin_costs, length) + (is_behind_space || length == 1 ? 0
                                                        : before == Before::sign       ? 20
                                                                                       : 6);
    }

    /// 's, 't, 'll and the like belong to the word.
    void skip_contraction() {
        std::string_view rest(at_ + 1, size_t(end_ - at_ - 1));
        for (std::string_view ending : {"s", "t", "d", "m", "ll", "re", "ve"})
            if (rest.starts_with(ending) && !is_letter_at(at_ + 1 + ending.size())) {
                at_ += 1 + ending.size();
                return;
            }
    }

    /// The last blank belongs to the word or the signs behind it, blanks at the end of a line to the line break.
    void spaces() {
        int64_t length = run(Kind::space);
        if (is_at(at_, Kind::line_break)) return;
        if (length > 1) hundredths_ += 100;
        before_ = Before::space;
    }

    /// A single sign belongs to the word behind it, line breaks behind signs to the signs.
    void signs(Before before) {
        const char* begin = at_;
        bool is_repeated = true;
        for (; is_at(at_, Kind::sign); ++at_) is_repeated &= *at_ == *begin;
        int64_t length = at_ - begin;
        if (length == 1 && before == Before::nothing && is_letter_at(at_)) {
            before_ = Before::sign;
            return;
        }
        hundredths_ += is_repeated && length > 2 ? 100 + 4 * length : cost(sign_costs, length);
        run(Kind::line_break);
    }

    const char* at_;
    const char* end_;
    Before before_ = Before::nothing;
    int64_t hundredths_ = 0;
};

}  // namespace

int64_t estimate_tokens(std::string_view text) { return Estimator(text).tokens(); }

}  // namespace ry::llm
