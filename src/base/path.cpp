#include "base/path.h"

#include "base/text.h"

namespace ry {
namespace {

/// Code points that HFS+ leaves out when it compares names: "g\u200cit" is "git" there.
bool is_ignored_by_hfs(std::string_view sequence) {
    if (sequence.size() != 3) return false;
    auto byte = [&](size_t i) { return static_cast<unsigned char>(sequence[i]); };
    unsigned point = (byte(0) & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
    return (point >= 0x200c && point <= 0x200f) || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x206a && point <= 0x206f) || point == 0xfeff;
}

/// The name that the most forgiving file system would see: lower case, without ignored characters, trailing dots and
/// spaces.
std::string as_seen_by_any_file_system(std::string_view part) {
    std::string seen;
    while (!part.empty()) {
        auto sequence = part.substr(0, utf8_length(part));
        if (!is_ignored_by_hfs(sequence)) seen += sequence;
        part.remove_prefix(sequence.size());
    }
    seen = lower(seen);
    seen.resize(seen.find(':') == seen.npos ? seen.size() : seen.find(':'));
    while (seen.ends_with('.') || seen.ends_with(' ')) seen.pop_back();
    return seen;
}

bool is_git_name(std::string_view part) {
    auto seen = as_seen_by_any_file_system(part);
    return seen == ".git" || seen == "git~1";
}

}  // namespace

std::string_view problem_of_path_part(std::string_view part) {
    if (part.empty()) return "has an empty part";
    if (part == "." || part == "..") return "must not contain \".\" or \"..\"";
    if (part.size() > path_limit::part_bytes_max) return "has a part of more than 255 bytes";
    if (!is_utf8(part)) return "is not UTF-8";
    for (unsigned char c : part) {
        if (c < 0x20 || c == 0x7f) return "contains a control character";
        if (c == '/' || c == '\\') return "contains a separator";
    }
    if (is_git_name(part)) return "names git's own folder";
    return {};
}

Result<std::string> app_path(std::string_view written) {
    auto refused = [&](std::string_view why) {
        return fail(Code::unsupported, "the path \"" + std::string(utf8_prefix(written, 200)) + "\" " +
                                           std::string(why) +
                                           "; use a path relative to the app's root, such as src/main.ts");
    };
    if (written.empty()) return refused("is empty");
    if (written.size() > path_limit::bytes_max) return refused("is longer than 1024 bytes");
    std::string slashed(written);
    for (char& c : slashed)
        if (c == '\\') c = '/';
    if (slashed.starts_with('/')) return refused("is absolute");
    std::string path;
    size_t parts = 0;
    auto pieces = split(slashed, '/');
    for (auto part : pieces) {
        if (part.empty() || part == ".") continue;
        if (auto problem = problem_of_path_part(part); !problem.empty()) return refused(problem);
        if (++parts > path_limit::parts_max) return refused("is deeper than 64 folders");
        if (!path.empty()) path += '/';
        path += part;
    }
    if (path.empty()) return refused("is the app's root itself");
    if (path == "~" || path.starts_with("~/")) return refused("is in a home folder");
    bool has_letter = (path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z';
    if (has_letter && path.size() > 1 && path[1] == ':') return refused("begins with a drive");
    return path;
}

bool is_app_path(std::string_view path) {
    auto normal = app_path(path);
    return normal && *normal == path;
}

}  // namespace ry
