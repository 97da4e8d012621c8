#include "modules/apps/changes/package_json.h"

#include <algorithm>
#include <optional>

#include "base/json.h"

namespace ry::apps::changes {
namespace {

struct Span {
    size_t begin = 0, end = 0;
};
struct Member {
    Span key;  ///< with its quotes
    Span value;
};

/// Walks over valid JSON text; positions only.
class Walker {
public:
    explicit Walker(std::string_view text) : text_(text) {}

    /// The members of the object that begins at `at` ("{").
    std::vector<Member> members(size_t at) {
        std::vector<Member> found;
        for (at = skip_spaces(at + 1); text_[at] != '}'; at = skip_spaces(at)) {
            if (text_[at] == ',') at = skip_spaces(at + 1);
            Member member;
            member.key = {at, skip_value(at)};
            at = skip_spaces(skip_spaces(member.key.end) + 1);  // over the ":"
            member.value = {at, skip_value(at)};
            at = member.value.end;
            found.push_back(member);
        }
        return found;
    }
    size_t skip_spaces(size_t at) const {
        while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\n' || text_[at] == '\r'))
            ++at;
        return at;
    }
    /// The end of the value that begins at `at`.
    size_t skip_value(size_t at) const {
        size_t depth = 0;
        do {
            char c = text_[at];
            if (c == '"')
                at = skip_string(at);
            else if (c == '{' || c == '[')
                ++depth, ++at;
            else if (c == '}' || c == ']')
                --depth, ++at;
            else if (depth)
                ++at;
            else
                at = std::min(text_.find_first_of(",}] \t\r\n", at), text_.size());
        } while (depth);
        return at;
    }

private:
    size_t skip_string(size_t at) const {
        for (++at; text_[at] != '"'; ++at)
            if (text_[at] == '\\') ++at;
        return at + 1;
    }
    std::string_view text_;
};

std::string quoted(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

/// The last member of that name, as JSON readers take it.
std::optional<Member> find(std::string_view text, size_t object, std::string_view name) {
    std::optional<Member> found;
    for (auto& member : Walker(text).members(object))
        if (text.substr(member.key.begin, member.key.end - member.key.begin) == quoted(name)) found = member;
    return found;
}

/// The indentation of the line that `at` stands on, when nothing else is before `at` on it.
std::string indentation_before(std::string_view text, size_t at) {
    size_t begin = at;
    while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t')) --begin;
    return begin == 0 || text[begin - 1] == '\n' ? std::string(text.substr(begin, at - begin)) : std::string();
}

size_t root_of(std::string_view text) { return Walker(text).skip_spaces(text.starts_with("\xef\xbb\xbf") ? 3 : 0); }

/// Inserts `"name": value` into the object at `object`, whose own line is indented by `outer`; `sorted`: at its place
/// in the alphabet.
void insert_member(std::string& text, size_t object, std::string_view outer, std::string_view name,
                   std::string_view value, bool sorted) {
    std::string line_end = text.find("\r\n") == text.npos ? "\n" : "\r\n";
    auto line = quoted(name) + ": " + std::string(value);
    auto members = Walker(text).members(object);
    if (members.empty()) {
        auto inner = std::string(outer) + (outer.empty() ? "  " : std::string(outer));
        size_t close = text.find('}', object);
        text.replace(object, close - object + 1, "{" + line_end + inner + line + line_end + std::string(outer) + "}");
        return;
    }
    auto indentation = indentation_before(text, members[0].key.begin);
    auto space = indentation.empty() ? " " : line_end + indentation;
    for (auto& member : members) {
        if (!sorted || text.substr(member.key.begin, member.key.end - member.key.begin) < quoted(name)) continue;
        text.insert(member.key.begin, line + "," + space);
        return;
    }
    text.insert(members.back().value.end, "," + space + line);
}

}  // namespace

Result<std::string> with_dependencies(std::string text, const std::vector<std::string>& selectors) {
    auto bare = std::string_view(text).substr(text.starts_with("\xef\xbb\xbf") ? 3 : 0);
    size_t root = root_of(text);
    if (!json::is_valid(bare) || text[root] != '{')
        return fail(Code::unsupported, "package.json is not a JSON object; repair it first");
    for (auto& selector : selectors) {
        size_t at = selector.find('@', 1);
        auto name = selector.substr(0, at);
        bool has_version = at != selector.npos;
        auto version = quoted(has_version ? selector.substr(at + 1) : "latest");
        bool is_known = false;
        for (std::string_view list : {"dependencies", "devDependencies"}) {
            auto group = find(text, root, list);
            if (!group) continue;
            if (text[group->value.begin] != '{')
                return fail(Code::unsupported,
                            "\"" + std::string(list) + "\" of package.json is not an object; repair it first");
            auto known = find(text, group->value.begin, name);
            if (!known) continue;
            if (has_version) text.replace(known->value.begin, known->value.end - known->value.begin, version);
            is_known = true;
            break;
        }
        if (is_known) continue;
        if (!find(text, root, "dependencies")) insert_member(text, root, "", "dependencies", "{}", false);
        auto group = *find(text, root, "dependencies");
        insert_member(text, group.value.begin, indentation_before(text, group.key.begin), name, version, true);
    }
    return text;
}

}  // namespace ry::apps::changes
