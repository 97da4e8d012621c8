#include <algorithm>
#include <functional>
#include <unordered_map>

#include "base/text.h"
#include "modules/apps/changes/changes.h"
#include "modules/apps/changes/grammar.h"

// Search-replace: a block's SEARCH lines are looked for in the file's lines, in passes that forgive more and more.

namespace ry::apps::changes {
namespace {

/// A file as lines; each knows its own end, so that an edit keeps "\r\n" and a missing last newline.
struct Line {
    std::string text;
    std::string end;  ///< "\n", "\r\n", or "" for a last line without one
};
using Lines = std::vector<Line>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        size_t end = text.find('\n');
        bool is_last = end == text.npos;
        auto line = text.substr(0, end);
        bool has_return = !is_last && line.ends_with('\r');
        if (has_return) line.remove_suffix(1);
        lines.push_back({std::string(line), is_last ? "" : has_return ? "\r\n" : "\n"});
        text.remove_prefix(is_last ? text.size() : end + 1);
    }
    return lines;
}

std::string text_of(const Lines& lines) {
    std::string text;
    for (auto& line : lines) (text += line.text) += line.end;
    return text;
}

constexpr std::string_view blanks = " \t\r\v\f";

std::string_view without_trailing_space(std::string_view line) {
    size_t last = line.find_last_not_of(blanks);
    return last == line.npos ? std::string_view() : line.substr(0, last + 1);
}
std::string_view indentation_of(std::string_view line) {
    size_t first = line.find_first_not_of(blanks);
    return first == line.npos ? std::string_view() : line.substr(0, first);
}
bool is_blank(std::string_view line) { return line.find_first_not_of(blanks) == line.npos; }

/// Typographic characters as a keyboard writes them.
std::string with_plain_punctuation(std::string_view line) {
    static constexpr std::pair<std::string_view, std::string_view> plain[] = {
        {"\u2018", "'"},   {"\u2019", "'"},  {"\u201a", "'"},  {"\u201b", "'"}, {"\u201c", "\""},
        {"\u201d", "\""},  {"\u201e", "\""}, {"\u201f", "\""}, {"\u2010", "-"}, {"\u2011", "-"},
        {"\u2012", "-"},   {"\u2013", "-"},  {"\u2014", "-"},  {"\u2015", "-"}, {"\u2212", "-"},
        {"\u2026", "..."}, {"\u00a0", " "},  {"\u202f", " "},  {"\u2009", " "},
    };
    std::string out;
    for (size_t at = 0; at < line.size();) {
        auto* found = std::ranges::find_if(plain, [&](auto& pair) { return line.substr(at).starts_with(pair.first); });
        if (found != std::end(plain))
            out += found->second, at += found->first.size();
        else
            out += line[at++];
    }
    return out;
}

struct Pass {
    std::string_view name;
    std::string (*seen)(std::string_view line);  ///< what of a line is compared
    bool reindents;
};
constexpr Pass passes[] = {
    {"exactly", [](std::string_view line) { return std::string(line); }, false},
    {"without trailing space", [](std::string_view line) { return std::string(without_trailing_space(line)); }, false},
    {"without indentation", [](std::string_view line) { return std::string(trim(line)); }, true},
    {"with plain punctuation", [](std::string_view line) { return with_plain_punctuation(trim(line)); }, true},
};

using Hashes = std::vector<size_t>;

/// Every place where `needle` begins in `hay` (Knuth, Morris, Pratt: linear, whatever repeats), at most `count_max`.
std::vector<size_t> places(const Hashes& hay, const Hashes& needle, size_t count_max) {
    std::vector<size_t> found, back(needle.size(), 0);
    for (size_t i = 1, k = 0; i < needle.size(); ++i) {
        while (k && needle[i] != needle[k]) k = back[k - 1];
        if (needle[i] == needle[k]) ++k;
        back[i] = k;
    }
    for (size_t i = 0, k = 0; i < hay.size() && found.size() < count_max; ++i) {
        while (k && hay[i] != needle[k]) k = back[k - 1];
        if (hay[i] == needle[k]) ++k;
        if (k == needle.size()) found.push_back(i + 1 - k), k = back[k - 1];
    }
    return found;
}

/// `line` of the replacement, moved from the search's indentation to the file's.
std::string reindented(std::string_view line, std::string_view from, std::string_view to) {
    if (is_blank(line)) return std::string(line);
    if (line.starts_with(from)) return std::string(to) + std::string(line.substr(from.size()));
    auto own = indentation_of(line);
    size_t missing = from.size() > own.size() ? from.size() - own.size() : 0;
    return std::string(to.substr(0, to.size() - std::min(missing, to.size()))) + std::string(line.substr(own.size()));
}

void replace_lines(Lines& lines, size_t at, const grammar::Block& block, bool reindents) {
    size_t first = 0;
    while (is_blank(block.search[first])) ++first;
    auto from = std::string(indentation_of(block.search[first])),
         to = std::string(indentation_of(lines[at + first].text));
    size_t count = block.search.size();
    bool reaches_end = at + count == lines.size();
    std::string last_end = lines[at + count - 1].end, line_end = lines[0].end.empty() ? "\n" : lines[0].end;
    Lines fresh;
    for (auto& line : block.replace) fresh.push_back({reindents ? reindented(line, from, to) : line, line_end});
    if (!fresh.empty() && reaches_end) fresh.back().end = last_end;
    lines.erase(lines.begin() + long(at), lines.begin() + long(at + count));
    lines.insert(lines.begin() + long(at), fresh.begin(), fresh.end());
}

std::string shown(const Lines& lines, size_t at, size_t count) {
    std::string text;
    for (size_t i = at; i < std::min({lines.size(), at + count, at + 5}); ++i)
        text += "\n  " + std::to_string(i + 1) + " | " + std::string(utf8_prefix(lines[i].text, 200));
    return text;
}

/// How alike two lines are, by the pairs of letters that they share: 0 to 1.
double likeness(std::string_view a, std::string_view b) {
    if (a.size() < 2 || b.size() < 2) return a == b ? 1 : 0;
    std::vector<uint16_t> left, right;
    auto pairs = [](std::string_view text, std::vector<uint16_t>& out) {
        for (size_t i = 0; i + 1 < std::min<size_t>(text.size(), 200); ++i)
            out.push_back(uint16_t(uint8_t(text[i]) << 8 | uint8_t(text[i + 1])));
        std::ranges::sort(out);
    };
    pairs(a, left), pairs(b, right);
    std::vector<uint16_t> common;
    std::ranges::set_intersection(left, right, std::back_inserter(common));
    return 2.0 * double(common.size()) / double(left.size() + right.size());
}

/// Where the block was probably meant: the place with most equal lines, else the line that is most like its longest
/// line.
std::optional<size_t> nearest(const Lines& lines, const std::vector<std::string>& search) {
    constexpr size_t same_lines_max = 64, compared_lines_max = 20'000;
    std::unordered_map<std::string_view, std::vector<size_t>> where;
    for (size_t i = 0; i < lines.size(); ++i) {
        auto line = trim(lines[i].text);
        if (auto& list = where[line]; !line.empty() && list.size() < same_lines_max) list.push_back(i);
    }
    std::unordered_map<size_t, int> score;
    for (size_t j = 0; j < search.size(); ++j) {
        auto found = where.find(trim(search[j]));
        if (found == where.end()) continue;
        for (size_t i : found->second)
            if (i >= j) ++score[i - j];
    }
    std::optional<size_t> best;
    for (auto [at, equal] : score)
        if (!best || equal > score[*best] || (equal == score[*best] && at < *best)) best = at;
    if (best) return best;
    auto longest = std::ranges::max_element(search, {}, [](auto& line) { return trim(line).size(); }) - search.begin();
    double best_likeness = 0.3;
    for (size_t i = 0; i < std::min(lines.size(), compared_lines_max); ++i) {
        double alike = likeness(trim(lines[i].text), trim(search[size_t(longest)]));
        if (alike > best_likeness) best_likeness = alike, best = i >= size_t(longest) ? i - size_t(longest) : 0;
    }
    return best;
}

Hashes hashes_of(const Lines& lines, const Pass& pass) {
    Hashes hashes;
    for (auto& line : lines) hashes.push_back(std::hash<std::string>{}(pass.seen(line.text)));
    return hashes;
}
Hashes hashes_of(const std::vector<std::string>& lines, const Pass& pass) {
    Hashes hashes;
    for (auto& line : lines) hashes.push_back(std::hash<std::string>{}(pass.seen(line)));
    return hashes;
}

/// True when done, false when no pass finds it; ambiguity is an Error.
Result<bool> replace_once(Lines& lines, const grammar::Block& block) {
    for (auto& pass : passes) {
        auto found = places(hashes_of(lines, pass), hashes_of(block.search, pass), 3);
        if (found.empty()) continue;
        if (found.size() > 1) {
            std::string message = "is ambiguous: compared " + std::string(pass.name) + " it stands at the lines";
            for (size_t i = 0; i < found.size(); ++i) message += (i ? ", " : " ") + std::to_string(found[i] + 1);
            return fail(Code::unsupported,
                        message + (found.size() == 3 ? " and perhaps more" : "") + "; give more lines around it");
        }
        replace_lines(lines, found[0], block, pass.reindents);
        return true;
    }
    return false;
}

void strip_blank_lines(std::vector<std::string>& lines) {
    while (!lines.empty() && is_blank(lines.back())) lines.pop_back();
    auto first = std::ranges::find_if_not(lines, [](auto& line) { return is_blank(line); });
    lines.erase(lines.begin(), first);
}

}  // namespace

Result<std::string> search_replace(std::string_view text, std::string_view edit) {
    auto blocks = TRY(grammar::read_blocks(edit));
    auto lines = lines_of(text);
    for (size_t i = 0; i < blocks.size(); ++i) {
        auto& block = blocks[i];
        auto name = "block " + std::to_string(i + 1);
        if (TRY(replace_once(lines, block).within(name))) continue;
        auto tight = block;
        strip_blank_lines(tight.search), strip_blank_lines(tight.replace);
        if (tight.search.size() < block.search.size() && TRY(replace_once(lines, tight).within(name))) continue;
        auto at = nearest(lines, tight.search);
        return fail(Code::unsupported, name + ": its SEARCH lines are not in the file; " +
                                           (at ? "the nearest lines are:" + shown(lines, *at, tight.search.size())
                                               : std::string("nothing in it is like them")));
    }
    return text_of(lines);
}

}  // namespace ry::apps::changes
