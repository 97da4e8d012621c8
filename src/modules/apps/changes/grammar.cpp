#include "modules/apps/changes/grammar.h"

#include <algorithm>

#include "base/text.h"

namespace ry::apps::changes::grammar {
namespace {

constexpr std::string_view families[] = {"ramify-", "dyad-", "blaze-"};
constexpr std::string_view element_names[] = {"write",          "search-replace", "rename",  "delete",      "copy",
                                              "add-dependency", "execute-sql",    "command", "chat-summary"};
constexpr std::string_view think_name = "think";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ':';
}

void append_utf8(std::string& out, uint32_t point) {
    if (point < 0x80)
        out += char(point);
    else if (point < 0x800)
        out += char(0xc0 | point >> 6), out += char(0x80 | (point & 0x3f));
    else if (point < 0x10000)
        out += char(0xe0 | point >> 12), out += char(0x80 | (point >> 6 & 0x3f)), out += char(0x80 | (point & 0x3f));
    else
        out += char(0xf0 | point >> 18), out += char(0x80 | (point >> 12 & 0x3f)),
            out += char(0x80 | (point >> 6 & 0x3f)), out += char(0x80 | (point & 0x3f));
}

/// The code point of "#38" or "#x26"; absent when it is no character that a text may hold.
std::optional<uint32_t> numeric_reference(std::string_view name) {
    if (name.size() < 2 || name[0] != '#') return {};
    bool is_hex = name[1] == 'x' || name[1] == 'X';
    auto digits = name.substr(is_hex ? 2 : 1);
    if (digits.empty() || digits.size() > 7) return {};
    uint32_t point = 0;
    for (char c : digits) {
        int digit = c >= '0' && c <= '9'                               ? c - '0'
                    : is_hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                                       : -1;
        if (digit < 0) return {};
        point = point * (is_hex ? 16 : 10) + uint32_t(digit);
    }
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return {};
    return point;
}

std::optional<uint32_t> reference(std::string_view name) {
    if (name == "lt") return '<';
    if (name == "gt") return '>';
    if (name == "quot") return '"';
    if (name == "apos") return '\'';
    if (name == "amp") return '&';
    return numeric_reference(name);
}

constexpr size_t reference_bytes_max = 10;  // "&#x10ffff;"

std::string extension_of(std::string_view path) {
    auto dot = path.rfind('.');
    return dot == path.npos ? std::string() : lower(path.substr(dot + 1));
}

/// Where an entity is content: &amp; in HTML means "&" on the page, not in the file.
bool is_markup(std::string_view path) {
    static constexpr std::string_view extensions[] = {"html",  "htm", "xhtml", "xml", "svg", "vue",     "svelte",
                                                      "astro", "jsx", "tsx",   "md",  "mdx", "markdown"};
    return std::ranges::find(extensions, extension_of(path)) != std::end(extensions);
}

/// Every `<`, `>` and `&` of the text is written as an entity, and there is one.
bool is_escaped_as_a_whole(std::string_view text) {
    bool has_entity = false;
    for (size_t at = text.find_first_of("<>&"); at != text.npos; at = text.find_first_of("<>&", at + 1)) {
        auto rest = text.substr(at);
        bool is_sign = rest.starts_with("&lt;") || rest.starts_with("&gt;") || rest.starts_with("&amp;");
        bool is_quote = rest.starts_with("&quot;") || rest.starts_with("&apos;") || rest.starts_with("&#39;");
        if (!is_sign && !is_quote) return false;
        has_entity |= is_sign;
    }
    return has_entity;
}

/// The length of the run of ``` or ~~~ that a line begins with after its indentation; 0 when it is no fence.
size_t fence_run(std::string_view line, char* mark, std::string_view* info) {
    auto text = trim(line);
    if (text.empty() || (text[0] != '`' && text[0] != '~')) return 0;
    size_t run = std::min(text.find_first_not_of(text[0]), text.size());
    if (run < 3) return 0;
    *mark = text[0];
    *info = trim(text.substr(run));
    return run;
}

/// The text inside a fence that opens on the first line, closes on the last and nowhere between; absent when there is
/// none.
std::optional<std::string_view> inside_wrapping_fence(std::string_view body) {
    size_t begin = body.find_first_not_of(" \t\r\n");
    if (begin == body.npos) return {};
    char mark = 0, other = 0;
    std::string_view info;
    size_t first_end = body.find('\n', begin);
    if (first_end == body.npos) return {};
    size_t run = fence_run(body.substr(begin, first_end - begin), &mark, &info);
    if (!run || (mark == '`' && info.find('`') != info.npos)) return {};
    for (size_t at = first_end + 1; at <= body.size();) {
        size_t end = std::min(body.find('\n', at), body.size());
        size_t closing = fence_run(body.substr(at, end - at), &other, &info);
        if (closing >= run && other == mark && info.empty()) {
            bool is_last = trim(body.substr(end)).empty();
            return is_last ? std::optional(body.substr(first_end + 1, at - first_end - 1)) : std::nullopt;
        }
        at = end + 1;
    }
    return {};
}

}  // namespace

Match match_name(std::string_view text, Name* name) {
    Match best = Match::none;
    auto consider = [&](std::string_view family, std::string_view element, Kind kind) {
        size_t length = family.size() + element.size();
        auto in_family = text.substr(0, family.size());
        if (!family.starts_with(in_family)) return false;
        auto rest = text.substr(in_family.size(), element.size());
        if (!element.starts_with(rest)) return false;
        if (text.size() <= length) {
            best = Match::partial;
            return false;
        }
        char after = text[length];
        bool is_end = kind == Kind::think ? after == '>' : is_space(after) || after == '/' || after == '>';
        if (!is_end) return false;
        *name = {family, kind, length};
        best = Match::whole;
        return true;
    };
    if (consider({}, think_name, Kind::think)) return best;
    for (auto family : families)
        for (size_t i = 0; i < std::size(element_names); ++i)
            if (consider(family, element_names[i], Kind(i))) return best;
    return best;
}

std::string_view written_name(Kind kind) { return kind == Kind::think ? think_name : element_names[size_t(kind)]; }

std::string closing_tag(const Name& name) {
    return "</" + std::string(name.family) + std::string(written_name(name.kind)) + ">";
}

Opening read_opening(std::string_view inside) {
    Opening opening;
    auto wrong = [&](std::string what) {
        if (opening.problem.empty()) opening.problem = std::move(what);
    };
    size_t at = 0;
    auto skip_spaces = [&] {
        while (at < inside.size() && is_space(inside[at])) ++at;
    };
    while (skip_spaces(), at < inside.size()) {
        if (inside[at] == '/' && at + 1 == inside.size()) {
            opening.is_self_closing = true;
            break;
        }
        size_t begin = at;
        while (at < inside.size() && is_name_character(inside[at])) ++at;
        auto name = inside.substr(begin, at - begin);
        if (name.empty()) {
            wrong(
                "there is something other than an attribute in the tag; write name=\"value\", and &quot; for a quote "
                "inside a value");
            ++at;
            continue;
        }
        skip_spaces();
        if (at == inside.size() || inside[at] != '=') {
            wrong("the attribute " + std::string(name.substr(0, 40)) + " has no value; write name=\"value\"");
            continue;
        }
        ++at;
        skip_spaces();
        char quote = at < inside.size() ? inside[at] : ' ';
        if (quote != '"' && quote != '\'') {
            wrong("the value of " + std::string(name.substr(0, 40)) + " must stand in quotes");
            while (at < inside.size() && !is_space(inside[at])) ++at;
            continue;
        }
        size_t end = inside.find(quote, at + 1);
        if (end == inside.npos) {
            wrong("the value of " + std::string(name.substr(0, 40)) + " has no closing quote");
            break;
        }
        if (value_of(opening.attributes, name))
            wrong("the attribute " + std::string(name.substr(0, 40)) + " is given twice");
        opening.attributes.push_back({std::string(name), decode_entities(inside.substr(at + 1, end - at - 1))});
        at = end + 1;
        if (at < inside.size() && !is_space(inside[at]) && !(inside[at] == '/' && at + 1 == inside.size()))
            wrong("there must be a space after the value of " + std::string(name.substr(0, 40)) +
                  "; write &quot; for a quote inside a value");
    }
    return opening;
}

const std::string* value_of(const std::vector<Attribute>& attributes, std::string_view name) {
    for (auto& attribute : attributes)
        if (attribute.name == name) return &attribute.value;
    return nullptr;
}

std::string decode_entities(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (true) {
        size_t at = text.find('&');
        out += text.substr(0, at);
        if (at == text.npos) return out;
        text.remove_prefix(at);
        size_t end = text.substr(0, reference_bytes_max).find(';');
        auto point = end == text.npos ? std::nullopt : reference(text.substr(1, end - 1));
        if (point)
            append_utf8(out, *point);
        else
            out += '&';
        text.remove_prefix(point ? end + 1 : 1);
    }
}

bool is_markdown(std::string_view path) {
    auto extension = extension_of(path);
    return extension == "md" || extension == "mdx" || extension == "markdown";
}

std::string file_body(std::string_view body, std::string_view path) {
    if (!is_markdown(path))
        if (auto inside = inside_wrapping_fence(body)) body = *inside;
    if (!is_markup(path) && is_escaped_as_a_whole(body)) return decode_entities(body);
    return std::string(body);
}

Result<std::vector<Block>> read_blocks(std::string_view edit) {
    enum class Where { outside, search, replace } where = Where::outside;
    std::vector<Block> blocks;
    auto wrong = [&](std::string what) {
        return fail(Code::unsupported,
                    "block " + std::to_string(blocks.size() + (where == Where::outside)) + " " + what +
                        "; write <<<<<<< SEARCH, the lines to find, =======, the new lines, >>>>>>> REPLACE");
    };
    auto is_marker = [](std::string_view line, std::string_view marker) {
        line = trim(line);
        return line == marker || (line.size() == marker.size() + 1 && line.starts_with(marker) && line.back() == '>');
    };
    for (auto line : split(edit, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        bool is_search = is_marker(line, "<<<<<<< SEARCH"),
             is_divider = trim(line) == "=======", is_end = is_marker(line, ">>>>>>> REPLACE");
        if (line.starts_with("\\<<<<<<<") || line.starts_with("\\=======") || line.starts_with("\\>>>>>>>"))
            line.remove_prefix(1);
        switch (where) {
            case Where::outside:
                if (is_search) {
                    if (blocks.size() == blocks_max) return wrong("is one too many: an edit has at most 100 blocks");
                    blocks.emplace_back();
                    where = Where::search;
                } else if (!trim(line).empty())
                    return wrong("does not begin with <<<<<<< SEARCH");
                break;
            case Where::search:
                if (is_divider)
                    where = Where::replace;
                else if (is_search || is_end)
                    return wrong("has no =======");
                else
                    blocks.back().search.emplace_back(line);
                break;
            case Where::replace:
                if (is_end)
                    where = Where::outside;
                else if (is_search)
                    return wrong("has no >>>>>>> REPLACE");
                else
                    blocks.back().replace.emplace_back(line);
                break;
        }
    }
    if (where != Where::outside) return wrong(where == Where::search ? "has no =======" : "has no >>>>>>> REPLACE");
    if (blocks.empty()) return wrong("is missing");
    for (auto& block : blocks)
        if (std::ranges::all_of(block.search, [](auto& line) { return trim(line).empty(); }))
            return fail(Code::unsupported,
                        "a SEARCH part is empty; name the lines to replace, or write the whole file");
    return blocks;
}

}  // namespace ry::apps::changes::grammar
