#include "cli/line_difference.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/text.h"

namespace ry::cli {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    else if (text.empty()) return {};
    Lines lines;
    for (std::string_view line : split(text, '\n')) lines.push_back(line);
    return lines;
}

/// Myers, "An O(ND) Difference Algorithm": for each number of edits, how far each diagonal reaches; then the way back.
std::vector<DifferenceLine> shortest(std::span<const std::string_view> a, std::span<const std::string_view> b, size_t edits_max) {
    int64_t n = int64_t(a.size()), m = int64_t(b.size()), most = std::min<int64_t>(n + m, int64_t(edits_max));
    std::vector<int64_t> reach(size_t(2 * most + 2), 0);
    std::vector<std::vector<int64_t>> steps;
    auto at = [&](std::vector<int64_t>& of, int64_t diagonal) -> int64_t& { return of[size_t(diagonal + most)]; };
    auto goes_down = [&](std::vector<int64_t>& of, int64_t k, int64_t d) { return k == -d || (k != d && at(of, k - 1) < at(of, k + 1)); };
    bool is_found = false;
    for (int64_t d = 0; d <= most && !is_found; ++d) {
        steps.push_back(reach);
        for (int64_t k = -d; k <= d && !is_found; k += 2) {
            int64_t x = goes_down(reach, k, d) ? at(reach, k + 1) : at(reach, k - 1) + 1;
            if (d == 0) x = 0;
            while (x < n && x - k < m && a[size_t(x)] == b[size_t(x - k)]) ++x;
            at(reach, k) = x;
            is_found = x >= n && x - k >= m;
        }
    }
    std::vector<DifferenceLine> back;
    if (!is_found) {
        for (auto line = a.begin(); line != a.end(); ++line) back.push_back({LineKind::removed, *line});
        for (auto line = b.begin(); line != b.end(); ++line) back.push_back({LineKind::added, *line});
        return back;
    }
    int64_t x = n, y = m;
    for (int64_t d = int64_t(steps.size()) - 1; d >= 0; --d) {
        std::vector<int64_t>& before = steps[size_t(d)];
        int64_t k = x - y;
        bool is_down = d > 0 && goes_down(before, k, d);
        int64_t from_x = d == 0 ? 0 : is_down ? at(before, k + 1) : at(before, k - 1), from_y = d == 0 ? 0 : from_x - (is_down ? k + 1 : k - 1);
        while (x > from_x && y > from_y) --x, --y, back.push_back({LineKind::common, a[size_t(x)]});
        if (d == 0) break;
        if (is_down) --y, back.push_back({LineKind::added, b[size_t(y)]});
        else --x, back.push_back({LineKind::removed, a[size_t(x)]});
    }
    std::ranges::reverse(back);
    return back;
}

}  // namespace

std::vector<DifferenceLine> line_difference(std::string_view before, std::string_view after, size_t edits_max) {
    Lines a = lines_of(before), b = lines_of(after);
    size_t front = 0, back = 0;
    while (front < std::min(a.size(), b.size()) && a[front] == b[front]) ++front;
    while (back < std::min(a.size(), b.size()) - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
    std::vector<DifferenceLine> all;
    for (size_t i = 0; i < front; ++i) all.push_back({LineKind::common, a[i]});
    for (const DifferenceLine& line : shortest(std::span(a).subspan(front, a.size() - front - back), std::span(b).subspan(front, b.size() - front - back), edits_max)) all.push_back(line);
    for (size_t i = a.size() - back; i < a.size(); ++i) all.push_back({LineKind::common, a[i]});
    return all;
}

}  // namespace ry::cli
