#include "modules/databases/migrations/sections.h"

#include "base/text.h"

namespace ry::databases::migrations {
namespace {

/// The rest of a comment that begins with `marker`, such as "Up" of "-- +goose Up"; absent for other lines.
std::optional<std::string_view> directive(std::string_view line, std::string_view marker) {
    line = trim(line);
    if (!line.starts_with("--")) return {};
    line = trim(line.substr(2));
    if (!line.starts_with(marker)) return {};
    return trim(line.substr(marker.size()));
}

/// Calls `is_kept` for each line, and keeps those for which it is true; of the others their ends.
template <class Keep>
std::string kept_lines(std::string_view file, Keep is_kept) {
    std::string kept;
    for (size_t at = 0; at < file.size();) {
        size_t end = std::min(file.find('\n', at), file.size());
        std::string_view line = file.substr(at, end - at);
        if (is_kept(line)) kept += line;
        if (end < file.size()) kept += '\n';
        at = end + 1;
    }
    return kept;
}

bool has_option(std::string_view options, std::string_view option) {
    for (std::string_view each : split(options, ' '))
        if (each == option) return true;
    return false;
}

}  // namespace

Result<UpSection> dbmate_up(std::string_view file) {
    UpSection up;
    bool is_up = false, was_up = false, was_down = false;
    up.sql = kept_lines(file, [&](std::string_view line) {
        if (auto options = directive(line, "migrate:up")) {
            is_up = was_up = true;
            if (has_option(*options, "transaction:false")) up.is_in_transaction = false;
            return false;
        }
        if (directive(line, "migrate:down")) {
            is_up = false;
            was_down = true;
        }
        return is_up;
    });
    if (!was_up) return fail(Code::invalid, "has no line \"-- migrate:up\"");
    if (!was_down) return fail(Code::invalid, "has no line \"-- migrate:down\", which dbmate wants, be the part empty");
    return up;
}

Result<UpSection> goose_up(std::string_view file) {
    UpSection up;
    bool is_up = false, was_up = false, has_substitution = false;
    up.sql = kept_lines(file, [&](std::string_view line) {
        auto command = directive(line, "+goose ");
        if (!command) return is_up;
        if (equals_ignoring_case(*command, "Up")) is_up = was_up = true;
        if (equals_ignoring_case(*command, "Down")) is_up = false;
        if (equals_ignoring_case(*command, "NO TRANSACTION")) up.is_in_transaction = false;
        if (equals_ignoring_case(*command, "ENVSUB ON")) has_substitution = true;
        return false;
    });
    if (!was_up) return fail(Code::invalid, "has no line \"-- +goose Up\"");
    if (has_substitution)
        return fail(
            Code::invalid,
            "takes values from the environment (+goose ENVSUB), which belong to no key; write them into the file");
    return up;
}

std::string drizzle_statements(std::string_view file) {
    constexpr std::string_view breakpoint = "--> statement-breakpoint";
    std::string sql(file);
    for (size_t at = sql.find(breakpoint); at != sql.npos; at = sql.find(breakpoint, at + 1))
        sql.replace(at, breakpoint.size(), ";");
    return sql;
}

}  // namespace ry::databases::migrations
