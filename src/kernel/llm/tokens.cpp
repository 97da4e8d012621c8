#include <algorithm>

#include "base/text.h"
#include "kernel/llm/llm.h"

namespace ry::llm {
namespace {

/// What a character is to a tokenizer.
enum class Kind { latin, letter, digit, ideograph, space, line_break, sign, other };

char32_t decode(std::string_view sequence) {
    auto byte = [&](size_t i) { return static_cast<unsigned char>(sequence[i]); };
    switch (sequence.size()) {
        case 1:
            return byte(0);
        case 2:
            return char32_t((byte(0) & 0x1f) << 6 | (byte(1) & 0x3f));
        case 3:
            return char32_t((byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f));
        default:
            return char32_t((byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f));
    }
}

Kind kind_of(char32_t c) {
    if (c < 0x80) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Kind::latin;
        if (c >= '0' && c <= '9') return Kind::digit;
        if (c == '\n') return Kind::line_break;
        if (c == ' ' || c == '\t' || c == '\r') return Kind::space;
        return Kind::sign;
    }
    if (c >= 0xc0 && c < 0x250) return Kind::latin;  // with accents
    if (c >= 0x250 && c < 0x2000) return Kind::letter;
    if ((c >= 0x3040 && c < 0xa000) || (c >= 0xac00 && c < 0xd7b0) || (c >= 0xf900 && c < 0xfb00))
        return Kind::ideograph;
    return Kind::other;
}

int64_t tokens_of_run(Kind kind, int64_t length) {
    switch (kind) {
        case Kind::latin:
            return 1 + std::max<int64_t>(0, length - 6 + 3) / 4;
        case Kind::letter:
            return (length + 2) / 3;
        case Kind::digit:
            return (length + 2) / 3;
        case Kind::ideograph:
            return length;
        case Kind::space:
            return length == 1 ? 0 : (length + 7) / 8;
        case Kind::line_break:
            return length;
        case Kind::sign:
            return (length + 1) / 2;
        case Kind::other:
            return 2 * length;
    }
    return length;
}

}  // namespace

int64_t estimate_tokens(std::string_view text) {
    if (text.empty()) return 0;
    int64_t tokens = 0, run = 0;
    Kind kind = Kind::other;
    while (!text.empty()) {
        size_t length = utf8_length(text);
        Kind next = length == 0 ? Kind::other : kind_of(decode(text.substr(0, length)));
        if (next != kind && run > 0) {
            tokens += tokens_of_run(kind, run);
            run = 0;
        }
        kind = next;
        ++run;
        text.remove_prefix(std::max<size_t>(length, 1));
    }
    return std::max<int64_t>(1, tokens + tokens_of_run(kind, run));
}

}  // namespace ry::llm
