#pragma once
// Rows and columns for a terminal, aligned and fitted to its width. Pure.
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace ry::cli {

enum class Align { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
    bool is_whole = false;  ///< never shortened: ids, numbers, times
};

struct Cell {
    std::string text;
    Style style = Style::plain;
};

/// A heading and a line for each row, two spaces between the columns, no frame. When the width does not suffice, the
/// widest columns that may be shortened give way down to 8 columns each; then columns are left out from the last one,
/// never the first.
std::string table(const Terminal& terminal, const std::vector<Column>& columns,
                  const std::vector<std::vector<Cell>>& rows);

}  // namespace ry::cli
