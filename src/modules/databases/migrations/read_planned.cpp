// The tools whose order is not in the names of files alone: Prisma (names of folders), Drizzle (a journal), sqitch (a
// plan).
#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/text.h"
#include "modules/databases/migrations/books.h"
#include "modules/databases/migrations/readers.h"
#include "modules/databases/migrations/sections.h"
#include "modules/databases/migrations/transactions.h"

namespace ry::databases::migrations {
namespace {

namespace bj = boost::json;

struct JournalEntry {
    std::string tag;
    int64_t when = 0;
};

Result<std::vector<JournalEntry>> read_journal(const Folder& folder) {
    std::string text = TRY(folder.content("meta/_journal.json"));
    Error not_understood =
        fail(Code::invalid, "meta/_journal.json is not what drizzle-kit writes; run `drizzle-kit check`");
    boost::system::error_code error;
    bj::value journal = bj::parse(text, error);
    const bj::value* entries = error ? nullptr : journal.find_pointer("/entries", error);
    if (!entries || !entries->is_array()) return not_understood;
    if (const bj::value* dialect = journal.find_pointer("/dialect", error);
        dialect && dialect->is_string() && dialect->as_string() != "postgresql" && dialect->as_string() != "pg")
        return fail(Code::invalid,
                    "meta/_journal.json is of " + std::string(dialect->as_string()) + ", not of PostgreSQL");
    std::vector<JournalEntry> read;
    for (const bj::value& entry : entries->as_array()) {
        const bj::value* tag = entry.find_pointer("/tag", error);
        const bj::value* when = entry.find_pointer("/when", error);
        if (!tag || !tag->is_string() || !when || !when->is_int64()) return not_understood;
        read.push_back({std::string(tag->as_string()), when->as_int64()});
    }
    return read;
}

/// A change of a plan of sqitch, with the tag that follows it first.
struct Change {
    std::string name;
    std::string tag;  ///< "@v1.0"; empty when none follows
};

/// Lines: "%pragma=…", "@tag date person", "name [dependencies] date person # note".
std::vector<Change> read_plan(std::string_view plan) {
    std::vector<Change> changes;
    size_t tagged = 0;
    for (std::string_view line : split(plan, '\n')) {
        line = trim(line.substr(0, line.find('#')));
        if (line.empty() || line.starts_with('%')) continue;
        std::string_view word = line.substr(0, std::min(line.find_first_of(" \t["), line.size()));
        if (word.starts_with('@')) {
            for (; tagged < changes.size(); ++tagged) changes[tagged].tag = word;
            continue;
        }
        if (word.starts_with('+')) word = trim(line.substr(1)).substr(0, word.size() - 1);
        if (!word.empty()) changes.push_back({std::string(word), ""});
    }
    return changes;
}

}  // namespace

Result<Migrations> read_prisma(const Folder& folder) {
    Migrations all;
    for (const std::string& name : folder.names) {
        if (std::ranges::count(name, '/') != 1 || !name.ends_with("/migration.sql")) continue;
        std::string content = TRY(folder.content(name));
        Migration migration{
            .name = name, .path = folder.path_of(name), .is_in_transaction = !refuses_transaction(content)};
        if (all.migrations.empty()) migration.before = prisma_books();
        migration.after = prisma_row(name.substr(0, name.find('/')), content);
        all.migrations.push_back(std::move(migration));
    }
    return all;
}

Result<Migrations> read_drizzle(const Folder& folder) {
    Migrations all;
    for (const JournalEntry& entry : TRY(read_journal(folder))) {
        std::string name = entry.tag + ".sql";
        if (!folder.has(name)) return fail(Code::invalid, "meta/_journal.json names " + name + ", which is not there");
        std::string content = TRY(folder.content(name));
        Migration migration{.name = name, .path = folder.path_of(name), .content = drizzle_statements(content)};
        if (all.migrations.empty()) migration.before = drizzle_books();
        migration.after = drizzle_row(content, entry.when);
        all.migrations.push_back(std::move(migration));
    }
    return all;
}

/// A change that was reworked is in the plan twice; what its earlier form did lies in deploy/name@tag.sql.
Result<Migrations> read_sqitch(const Folder& folder) {
    Migrations all;
    std::vector<Change> changes = read_plan(TRY(folder.content("sqitch.plan")));
    std::map<std::string, size_t> last;
    for (size_t i = 0; i < changes.size(); ++i) last[changes[i].name] = i;
    for (size_t i = 0; i < changes.size(); ++i) {
        std::string name = "deploy/" + changes[i].name + (last[changes[i].name] == i ? "" : changes[i].tag) + ".sql";
        if (!folder.has(name))
            return fail(Code::invalid, "sqitch.plan names " + changes[i].name + ", but there is no " + name);
        all.migrations.push_back(
            {.name = name, .path = folder.path_of(name), .is_in_transaction = false});  // deploy scripts have their own
    }
    all.notes.push_back("sqitch's registry is not kept: `sqitch deploy --log-only` writes it on an instance");
    return all;
}

}  // namespace ry::databases::migrations
