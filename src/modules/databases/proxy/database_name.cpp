#include "modules/databases/proxy/database_name.h"

#include <algorithm>

namespace ry::databases {
namespace {

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

/// A part of the name; git branches, which refs may be called after, have slashes.
Result<std::string> part(std::string_view text, std::string_view what, bool has_slashes) {
    std::string problem;
    if (text.empty())
        problem = "is empty";
    else if (text.size() > database_name_part_bytes_max)
        problem = "is longer than " + std::to_string(database_name_part_bytes_max) + " bytes";
    else if (!std::ranges::all_of(text, [&](char c) { return is_plain(c) || (has_slashes && c == '/'); }))
        problem = has_slashes ? "may have letters, digits and _ - . /" : "may have letters, digits and _ - .";
    if (problem.empty()) return std::string(text);
    return fail(Code::invalid, "the database name's " + std::string(what) + " " + problem +
                                   "; write an instance's name or id, NAME@REF, NAME@REF+FORK, or NAME@REF+* for a "
                                   "fresh fork, each with :DATABASE behind it for another database of its cluster");
}

/// PostgreSQL takes any name; one that cannot be shown in a line is none that anybody means.
Result<std::string> database_part(std::string_view text) {
    bool is_shown = std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (!text.empty() && text.size() <= cluster_database_bytes_max && is_shown) return std::string(text);
    return fail(Code::invalid, "the database behind \":\" has 1 to " + std::to_string(cluster_database_bytes_max) +
                                   " bytes, and no control characters; write NAME@REF:DATABASE, or leave it out");
}

}  // namespace

std::string DatabaseName::text() const {
    std::string text = name;
    if (!ref.empty()) text += "@" + ref;
    if (fork == Fork::named) text += "+" + fork_name;
    if (fork == Fork::fresh) text += "+*";
    if (!database.empty()) text += ":" + database;
    return text;
}

Result<DatabaseName> parse_database_name(std::string_view text) {
    DatabaseName parsed;
    if (size_t colon = text.find(':'); colon != text.npos) {
        parsed.database = TRY(database_part(text.substr(colon + 1)));
        text = text.substr(0, colon);
    }
    size_t plus = text.find_first_of("+ ");
    if (plus != text.npos) {
        std::string_view fork = text.substr(plus + 1);
        parsed.fork = fork == "*" ? Fork::fresh : Fork::named;
        if (parsed.fork == Fork::named) parsed.fork_name = TRY(part(fork, "fork", false));
        text = text.substr(0, plus);
    }
    size_t at = text.find('@');
    if (at != text.npos) parsed.ref = TRY(part(text.substr(at + 1), "ref", true));
    parsed.name = TRY(part(text.substr(0, at), "name", false));
    return parsed;
}

}  // namespace ry::databases
