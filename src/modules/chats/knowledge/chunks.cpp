#include "modules/chats/knowledge/chunks.h"

#include <algorithm>

#include "base/text.h"

namespace ry::chats::knowledge {
namespace {

enum class Strength { space, sentence, paragraph, heading };
/// A place where a chunk may end and the next one begin.
struct Border {
    size_t at = 0;
    Strength strength = Strength::space;
};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Whether `text` ends with what ends a sentence, perhaps inside quotes or brackets.
bool ends_sentence(std::string_view text) {
    for (std::string_view closing : {"\"", "'", ")", "]", "»", "”", "’"})
        if (text.ends_with(closing)) text.remove_suffix(closing.size());
    return std::ranges::any_of(std::initializer_list<std::string_view>{".", "!", "?", "…", "。", "！", "？"},
                               [&](std::string_view end) { return text.ends_with(end); });
}

/// The title of a line `# …`; empty for every other line.
std::string_view heading_in(std::string_view line) {
    size_t signs = std::min(line.find_first_not_of('#'), line.size());
    if (signs == 0 || signs > 6 || signs == line.size() || line[signs] != ' ') return {};
    return trim(line.substr(signs));
}

std::string_view line_at(std::string_view text, size_t at) { return text.substr(at, text.find('\n', at) - at); }

/// The border behind the blanks from `from` to `to`.
Border border_at(std::string_view text, size_t from, size_t to) {
    auto ends = std::ranges::count(text.substr(from, to - from), '\n');
    if (ends > 0 && !heading_in(line_at(text, to)).empty()) return {to, Strength::heading};
    if (ends > 1) return {to, Strength::paragraph};
    if (ends > 0 || ends_sentence(text.substr(0, from))) return {to, Strength::sentence};
    return {to, Strength::space};
}

std::vector<Border> borders_of(std::string_view text) {
    std::vector<Border> borders;
    for (size_t at = 0; at < text.size();) {
        if (!is_space(text[at])) {
            ++at;
            continue;
        }
        size_t from = at;
        while (at < text.size() && is_space(text[at])) ++at;
        if (from > 0 && at < text.size()) borders.push_back(border_at(text, from, at));
    }
    return borders;
}

auto first_after(const std::vector<Border>& borders, size_t at) {
    return std::ranges::upper_bound(borders, at, {}, &Border::at);
}

/// Where the chunk that begins at `from` ends: the last of the best borders in its second half.
Border end_of(std::string_view text, const std::vector<Border>& borders, size_t from) {
    if (text.size() - from <= chunk_bytes_max) return {text.size(), Strength::heading};
    Border best{from + utf8_prefix(text.substr(from), chunk_bytes_max).size(), Strength::space};
    bool is_found = false;
    for (auto border = first_after(borders, from + chunk_bytes_max / 2);
         border != borders.end() && border->at <= from + chunk_bytes_max; ++border) {
        if (is_found && border->strength < best.strength) continue;
        best = *border;
        is_found = true;
    }
    return best;
}

/// Where the chunk after `end` begins: with the last sentences before it, unless a heading begins there.
size_t begin_after(const std::vector<Border>& borders, const Border& end) {
    if (end.strength == Strength::heading) return end.at;
    for (auto border = first_after(borders, end.at - overlap_bytes_max); border != borders.end() && border->at < end.at;
         ++border)
        if (border->strength != Strength::space) return border->at;
    return end.at;
}

}  // namespace

std::vector<Chunk> chunks_of(std::string_view text) {
    std::vector<Border> borders = borders_of(text);
    std::vector<Chunk> chunks;
    std::string_view heading = heading_in(line_at(text, 0));
    auto next_heading = borders.begin();
    for (size_t from = 0; from < text.size();) {
        for (; next_heading != borders.end() && next_heading->at <= from; ++next_heading)
            if (next_heading->strength == Strength::heading) heading = heading_in(line_at(text, next_heading->at));
        Border end = end_of(text, borders, from);
        chunks.push_back({from, end.at, std::string(utf8_prefix(heading, heading_bytes_max))});
        if (end.at == text.size()) break;
        from = begin_after(borders, end);
    }
    return chunks;
}

}  // namespace ry::chats::knowledge
