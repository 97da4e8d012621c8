#include "cli/table.h"

#include <algorithm>
#include <numeric>

namespace ry::cli {
namespace {

constexpr size_t gap = 2;
constexpr size_t shortest = 8;  // columns: a word and its "…"

size_t total(const std::vector<size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), size_t{0}) + (widths.empty() ? 0 : (widths.size() - 1) * gap);
}

/// The widest column that may still give way, or npos.
size_t widest(const std::vector<Column>& columns, const std::vector<size_t>& widths) {
    size_t found = std::string::npos;
    for (size_t i = 0; i < widths.size(); ++i)
        if (!columns[i].is_whole && widths[i] > shortest && (found == std::string::npos || widths[i] > widths[found]))
            found = i;
    return found;
}

/// Widths of the columns that are shown; fewer than there are when not all find room.
std::vector<size_t> fitted(const std::vector<Column>& columns, std::vector<size_t> natural, size_t available) {
    std::vector<size_t> widths = natural;
    while (total(widths) > available) {
        if (size_t at = widest(columns, widths); at != std::string::npos) {
            --widths[at];
        } else if (natural.size() > 1) {
            natural.pop_back();
            widths = natural;
        } else {
            return widths;
        }
    }
    return widths;
}

std::string line(const Terminal& terminal, const std::vector<Column>& columns, const std::vector<size_t>& widths,
                 const std::vector<Cell>& cells) {
    std::string text, pending;  // `pending`: spaces that are written only when something follows
    for (size_t i = 0; i < widths.size(); ++i) {
        std::string cell = columns[i].is_whole ? cells[i].text : shortened(cells[i].text, widths[i]);
        size_t room = widths[i] - std::min(widths[i], width_of(cell));
        if (columns[i].align == Align::right) pending.append(room, ' ');
        if (!cell.empty()) text += pending + styled(terminal, cells[i].style, cell), pending.clear();
        if (columns[i].align == Align::left) pending.append(room, ' ');
        pending.append(gap, ' ');
    }
    return text + "\n";
}

}  // namespace

std::string table(const Terminal& terminal, const std::vector<Column>& columns,
                  const std::vector<std::vector<Cell>>& rows) {
    std::vector<size_t> widths;
    std::vector<Cell> heading;
    for (size_t i = 0; i < columns.size(); ++i) {
        heading.push_back({columns[i].title, Style::dim});
        widths.push_back(width_of(columns[i].title));
        for (const auto& row : rows) widths[i] = std::max(widths[i], width_of(row[i].text));
    }
    widths = fitted(columns, std::move(widths), terminal.columns);
    std::string text = line(terminal, columns, widths, heading);
    for (const auto& row : rows) text += line(terminal, columns, widths, row);
    return text;
}

}  // namespace ry::cli
