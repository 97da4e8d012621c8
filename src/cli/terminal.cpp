#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/text.h"

namespace ry::cli {
namespace {

struct Range {
    char32_t first, last;
};
// Unicode 15: the blocks of combining marks and invisible characters that occur in running text.
constexpr Range zero_wide[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},   {0x064B, 0x065F},
    {0x06D6, 0x06DC}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D},   {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},   {0x200B, 0x200F},
    {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20F0}, {0x302A, 0x302D},   {0x3099, 0x309A},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0100, 0xE01EF}};
// East Asian Width W and F, and emoji shown as pictures.
constexpr Range two_wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},   {0x23F3, 0x23F3},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},
    {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},   {0x26FA, 0x26FA},
    {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},
    {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18AFF}, {0x1B000, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C},
    {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
    {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E},
    {0x1F550, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F},
    {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D7}, {0x1F6DC, 0x1F6DF}, {0x1F6EB, 0x1F6EC},
    {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7EB}, {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F945}, {0x1F947, 0x1FAFF},
    {0x20000, 0x3FFFD}};

template <size_t N>
bool is_in(const Range (&ranges)[N], char32_t c) {
    const Range* after = std::upper_bound(std::begin(ranges), std::end(ranges), c,
                                          [](char32_t value, const Range& range) { return value < range.first; });
    return after != std::begin(ranges) && c <= (after - 1)->last;
}

/// The character at the front of well-formed UTF-8 of `length` bytes.
char32_t character(std::string_view text, size_t length) {
    if (length == 1) return static_cast<unsigned char>(text[0]);
    char32_t c = static_cast<unsigned char>(text[0]) & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; ++i) c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    return c;
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

size_t width_of(char32_t c) { return is_control(c) || is_in(zero_wide, c) ? 0 : is_in(two_wide, c) ? 2 : 1; }

/// Calls `each(bytes, character)` for every character; a byte that is not UTF-8 comes as U+FFFD.
template <class F>
void for_each_character(std::string_view text, F&& each) {
    while (!text.empty()) {
        size_t length = utf8_length(text);
        if (length)
            each(text.substr(0, length), character(text, length));
        else
            each(std::string_view("\xEF\xBF\xBD"), char32_t(0xFFFD));
        text.remove_prefix(std::max<size_t>(length, 1));
    }
}

size_t difference(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

Terminal terminal_of(std::ostream& out, std::ostream& err) {
    Terminal terminal{out, err};
    terminal.is_interactive = ::isatty(STDOUT_FILENO);
    const char* no_color = std::getenv("NO_COLOR");
    const char* kind = std::getenv("TERM");
    terminal.has_colours =
        terminal.is_interactive && !(no_color && *no_color) && !(kind && std::string_view(kind) == "dumb");
    winsize size{};
    if (terminal.is_interactive && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        terminal.columns = std::max<size_t>(size.ws_col, 20);
    return terminal;
}

std::string styled(const Terminal& terminal, Style style, std::string_view text) {
    constexpr std::string_view codes[] = {"", "1", "2", "31", "32", "33", "34"};
    if (!terminal.has_colours || style == Style::plain || text.empty()) return std::string(text);
    return "\033[" + std::string(codes[size_t(style)]) + "m" + std::string(text) + "\033[0m";
}

size_t width_of(std::string_view text) {
    size_t width = 0;
    for_each_character(text, [&](std::string_view, char32_t c) { width += width_of(c); });
    return width;
}

std::string one_line(std::string_view text) {
    std::string line;
    for_each_character(text, [&](std::string_view bytes, char32_t c) {
        if (!is_control(c))
            line += bytes;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    });
    return std::string(trim(line));
}

std::string printable(std::string_view text) {
    std::string kept;
    for_each_character(text, [&](std::string_view bytes, char32_t c) {
        if (!is_control(c) || c == '\n' || c == '\t') kept += bytes;
    });
    return kept;
}

std::string shortened(std::string_view text, size_t columns) {
    if (width_of(text) <= columns) return std::string(text);
    std::string kept;
    size_t width = 0;
    bool is_full = columns == 0;
    for_each_character(text, [&](std::string_view bytes, char32_t c) {
        is_full = is_full || width + width_of(c) + 1 > columns;
        if (is_full) return;
        kept += bytes;
        width += width_of(c);
    });
    return columns ? kept + "…" : "";
}

std::string padded(std::string_view text, size_t columns) {
    size_t width = width_of(text);
    return std::string(text) + std::string(columns > width ? columns - width : 0, ' ');
}

std::vector<std::string> wrapped(std::string_view text, size_t columns) {
    columns = std::max<size_t>(columns, 20);
    std::vector<std::string> lines;
    for (std::string_view paragraph : split(text, '\n')) {
        std::string line;
        for (std::string_view word : split(paragraph, ' ')) {
            if (!line.empty() && width_of(line) + 1 + width_of(word) > columns)
                lines.push_back(std::exchange(line, ""));
            if (!line.empty()) line += ' ';
            line += word;
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string Flow::word() {
    if (word_.empty()) return "";
    size_t newline = space_.rfind('\n');
    if (!is_begun_)
        space_ = newline == std::string::npos ? space_ : space_.substr(newline + 1), column_ = space_.size();
    else if (newline != std::string::npos)
        column_ = space_.size() - newline - 1;
    else if (column_ + space_.size() + width_of(word_) > columns_)
        space_ = "\n", column_ = 0;
    else
        column_ += space_.size();
    column_ += width_of(word_);
    is_begun_ = true;
    return std::exchange(space_, "") + std::exchange(word_, "");
}

std::string Flow::add(std::string_view piece) {
    std::string text;
    for (char c : piece) {
        bool is_space = c == ' ' || c == '\n';
        if (is_space)
            text += word(), space_ += c;
        else
            word_ += c;
    }
    return text;
}

std::string Flow::end() {
    std::string text = word();
    space_.clear();
    column_ = 0;
    is_begun_ = false;
    return text;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    std::string best;
    size_t best_difference = 3;
    for (const std::string& candidate : candidates) {
        size_t now = difference(word, candidate);
        if (now < best_difference && now * 2 < std::max(word.size(), candidate.size()))
            best = candidate, best_difference = now;
    }
    return best;
}

}  // namespace ry::cli
