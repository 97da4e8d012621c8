#include "modules/databases/liquibase/plan.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace ry::databases::liquibase {
namespace {

Error unreadable(std::string_view why) {
    return fail(Code::unsupported, "Liquibase's plan cannot be read: " + std::string(why));
}

/// One record of a CSV file, quotes doubled inside of quotes; takes it off `csv`.
std::vector<std::string> take_record(std::string_view& csv) {
    std::vector<std::string> fields(1);
    bool is_quoted = false;
    size_t i = 0;
    for (; i < csv.size(); ++i) {
        char c = csv[i];
        if (is_quoted && c == '"' && i + 1 < csv.size() && csv[i + 1] == '"')
            fields.back() += csv[i++];
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (c == ',' && !is_quoted)
            fields.emplace_back();
        else if (c == '\n' && !is_quoted)
            break;
        else if (c != '\r' || is_quoted)
            fields.back() += c;
    }
    csv.remove_prefix(std::min(i + 1, csv.size()));
    return fields;
}

/// Where the line that is exactly `line` begins, from `from` on.
std::optional<size_t> find_line(std::string_view text, std::string_view line, size_t from) {
    for (size_t at = text.find(line, from); at != text.npos; at = text.find(line, at + 1)) {
        size_t end = at + line.size();
        bool begins = at == 0 || text[at - 1] == '\n',
             ends = end == text.size() || text[end] == '\n' || text[end] == '\r';
        if (begins && ends) return at;
    }
    return {};
}

Result<void> give_sql(std::vector<PlannedChangeset>& planned, std::string_view sql) {
    size_t from = 0;
    PlannedChangeset* before = nullptr;
    for (PlannedChangeset& one : planned) {
        std::string header = "-- Changeset " + one.path + "::" + one.id + "::" + one.author;
        auto at = find_line(sql, header, from);
        if (!at) return unreadable("it has no SQL for " + one.id + "::" + one.author + "::" + one.path);
        if (before) before->sql = trim(sql.substr(from, *at - from));
        from = *at + header.size();
        before = &one;
    }
    if (before) before->sql = trim(sql.substr(from));
    return {};
}

}  // namespace

Result<std::vector<PlannedChangeset>> read_plan(std::string_view csv, std::string_view sql) {
    std::vector<std::string> header = take_record(csv);
    auto column = [&](std::string_view name) { return size_t(std::ranges::find(header, name) - header.begin()); };
    size_t id = column("ID"), author = column("AUTHOR"), path = column("FILENAME"), md5sum = column("MD5SUM"),
           description = column("DESCRIPTION");
    if (std::max({id, author, path, md5sum, description}) == header.size()) return unreadable("a column is missing");
    std::vector<PlannedChangeset> planned;
    while (!csv.empty()) {
        std::vector<std::string> fields = take_record(csv);
        if (fields.size() != header.size()) return unreadable("a row has not all columns");
        if (planned.size() == changesets_max)
            return fail(Code::too_large,
                        "the changelog has more than " + std::to_string(changesets_max) +
                            " changesets to run; prepare it in parts, each from the state of the one before (--from)");
        planned.push_back({fields[id], fields[author], fields[path], fields[md5sum], fields[description], {}});
    }
    TRY(give_sql(planned, sql));
    return planned;
}

const Definition* definition_of(const Closure& closure, const PlannedChangeset& planned) {
    const Definition* found = nullptr;
    auto is_same = [&](const Definition& each) { return each.id == planned.id && each.author == planned.author; };
    auto is_there = [&](const Definition& each) {
        return planned.path == (each.logical_path.empty() ? each.file : each.logical_path);
    };
    auto same = std::ranges::count_if(closure.changesets, is_same);
    for (const Definition& each : closure.changesets) {
        if (!is_same(each) || (same > 1 && !is_there(each))) continue;
        if (found) return nullptr;
        found = &each;
    }
    return found;
}

}  // namespace ry::databases::liquibase
