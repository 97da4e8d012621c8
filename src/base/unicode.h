#pragma once
// Unicode's tables as Node has them (unicode.cpp is made by unicode.mjs): letters and digits, upper and lower case.
#include <cstdint>
#include <span>
#include <string_view>

namespace ry {

struct CodeRange {
    char32_t first, last;
};
/// Every `step`-th code point from `first` to `last` becomes itself + `delta`.
struct CaseRange {
    char32_t first, last;
    uint32_t step;
    int32_t delta;
};
/// A code point that becomes several.
struct CaseSpecial {
    char32_t code;
    std::string_view text;
};

std::span<const CodeRange> word_ranges();
std::span<const CaseRange> upper_ranges();
std::span<const CaseRange> lower_ranges();
std::span<const CaseSpecial> upper_specials();
std::span<const CaseSpecial> lower_specials();

}  // namespace ry
