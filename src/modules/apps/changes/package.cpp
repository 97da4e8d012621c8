#include <algorithm>

#include "modules/apps/changes/changes.h"

// Names: docs.npmjs.com "package.json: name" (214 bytes, lower case, URL-safe). Versions: semver.org 2.0.0; ranges of
// one
// "^" or "~", and partial versions ("19", "19.x", "*").

namespace ry::apps::changes {
namespace {

constexpr size_t name_bytes_max = 214;
constexpr size_t selector_bytes_max = 64;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_name_part(std::string_view part) {
    if (part.empty() || !is_lower_or_digit(part[0])) return false;
    return std::ranges::all_of(part, [](char c) { return is_lower_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

/// Letters, digits, "-" and "." as after the "-" or "+" of a version.
bool is_suffix(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
    });
}

/// "1", "1.2", "1.x", "1.2.3", "1.2.3-beta.1+build".
bool is_version(std::string_view text) {
    size_t tail = text.find_first_of("-+");
    auto numbers = text.substr(0, tail);
    int count = 0;
    while (true) {
        size_t dot = numbers.find('.');
        auto number = numbers.substr(0, dot);
        bool is_wild = count > 0 && (number == "x" || number == "*");
        if (!is_digits(number) && !is_wild) return false;
        if (++count > 3) return false;
        if (dot == numbers.npos) break;
        numbers.remove_prefix(dot + 1);
    }
    if (tail == text.npos) return true;
    if (count != 3) return false;
    auto rest = text.substr(tail + 1);
    size_t plus = text[tail] == '-' ? rest.find('+') : rest.npos;
    return is_suffix(rest.substr(0, plus)) && (plus == rest.npos || is_suffix(rest.substr(plus + 1)));
}

bool is_tag(std::string_view text) {
    bool begins_with_letter = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    return begins_with_letter && std::ranges::all_of(text, [](char c) {
               return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
           });
}

}  // namespace

std::string_view problem_of_package(std::string_view selector) {
    size_t at = selector.find('@', 1);
    auto name = selector.substr(0, at);
    if (name.empty()) return "is empty";
    if (name.size() > name_bytes_max) return "has a name of more than 214 bytes";
    bool is_right;
    if (name[0] == '@') {
        size_t slash = name.find('/');
        is_right =
            slash != name.npos && is_name_part(name.substr(1, slash - 1)) && is_name_part(name.substr(slash + 1));
    } else
        is_right = is_name_part(name);
    if (!is_right || name == "node_modules" || name == "favicon.ico")
        return "has no name that npm allows: lower-case letters, digits, \"-\", \"_\" and \".\"";
    if (at == selector.npos) return {};
    auto version = selector.substr(at + 1);
    if (version.empty() || version.size() > selector_bytes_max) return "has an empty or overlong version after \"@\"";
    if (version == "*" || version == "x" || is_version(version)) return {};
    if ((version[0] == '^' || version[0] == '~') && is_version(version.substr(1))) return {};
    if (is_tag(version)) return {};
    return "has a version that is neither exact (1.2.3), a range (^1.2, ~1.2, 1.x) nor a tag (latest)";
}

}  // namespace ry::apps::changes
