#pragma once
// The difference of two texts by lines. Pure.
#include <string_view>
#include <vector>

namespace ry::cli {

enum class LineKind { common, removed, added };

struct DifferenceLine {
    LineKind kind = LineKind::common;
    std::string_view text;  ///< of the texts, which outlive it; without its newline
};

/// The shortest way from `before` to `after`. Texts that differ in more than `edits_max` lines are shown as replaced, from the first
/// line that differs to the last: the search takes their number times the lines.
std::vector<DifferenceLine> line_difference(std::string_view before, std::string_view after, size_t edits_max = 1'000);

}  // namespace ry::cli
