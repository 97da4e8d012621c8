#pragma once
// Text for a terminal: how wide it is there, how to shorten and wrap it, colours. Pure but for terminal_of().
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace ry::cli {

/// Where a command writes, and what may be written there. The streams outlive it.
struct Terminal {
    std::ostream& out;
    std::ostream& err;
    bool is_interactive = false;  ///< a person reads `out`: tables rather than JSON
    bool has_colours = false;
    size_t columns = 100;
};

/// Standard output and error of this process. Without a terminal, or with NO_COLOR set, there are no colours.
Terminal terminal_of(std::ostream& out, std::ostream& err);

enum class Style { plain, bold, dim, red, green, yellow, blue };

/// `text` in the style; as it is when the terminal has no colours.
std::string styled(const Terminal& terminal, Style style, std::string_view text);

/// Columns that the text takes: 2 for East Asian wide characters and emoji, 0 for combining marks.
size_t width_of(std::string_view text);
/// Printable as one line: control characters, which could move the cursor or recolour the screen, become spaces.
std::string one_line(std::string_view text);
/// Printable, lines and tabs kept; other control characters are left out.
std::string printable(std::string_view text);
/// At most `columns` wide; what is cut off is replaced by "…".
std::string shortened(std::string_view text, size_t columns);
/// `text` with spaces after it up to `columns`.
std::string padded(std::string_view text, size_t columns);
/// Lines of at most `columns` (at least 20), broken between words.
std::vector<std::string> wrapped(std::string_view text, size_t columns);

/// Text that arrives in pieces, broken between words at the width of the terminal. What looks like the middle of a word
/// is held back until its end; empty lines at the beginning and at the end are left out.
class Flow {
public:
    explicit Flow(size_t columns) : columns_(columns) {}
    /// What can be printed now.
    std::string add(std::string_view piece);
    /// The rest; begins anew.
    std::string end();

private:
    std::string word();
    size_t columns_;
    size_t column_ = 0;
    bool is_begun_ = false;  ///< something was printed
    std::string word_;       ///< not yet printed
    std::string space_;      ///< spaces and newlines before it
};

/// The candidate that differs from `word` in the fewest letters, at most two and fewer than half of them; "" when none
/// is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace ry::cli
