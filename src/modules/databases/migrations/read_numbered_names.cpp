// The tools whose files are numbered at the beginning of their names: golang-migrate, dbmate, goose, Rails, and no tool
// at all.
#include <algorithm>

#include "base/text.h"
#include "modules/databases/migrations/books.h"
#include "modules/databases/migrations/readers.h"
#include "modules/databases/migrations/sections.h"
#include "modules/databases/migrations/transactions.h"

namespace ry::databases::migrations {
namespace {

bool goes_down(std::string_view name) {
    return name.ends_with(".down.sql") || name.ends_with("_down.sql") || name.ends_with("-down.sql");
}

/// The files at the top whose name begins with a number and ends so, by the number, then by name.
std::vector<std::string> numbered_files(const Folder& folder, std::string_view end) {
    std::vector<std::string> names;
    for (const std::string& name : folder.names)
        if (is_at_top(name) && name.ends_with(end) && !leading_digits(name).empty()) names.push_back(name);
    std::ranges::stable_sort(names, [](const std::string& a, const std::string& b) {
        return is_smaller_number(leading_digits(a), leading_digits(b));
    });
    return names;
}

Result<void> check_unique(const std::vector<std::string>& names) {
    for (size_t i = 1; i < names.size(); ++i)
        if (!is_smaller_number(leading_digits(names[i - 1]), leading_digits(names[i])))
            return fail(Code::invalid,
                        names[i - 1] + " and " + names[i] + " have the same number; give one of them another");
    return {};
}

/// A number that fits into a bigint of PostgreSQL.
Result<std::string> version_of(const std::string& name) {
    std::string_view digits = leading_digits(name);
    auto number = parse_int(digits);
    if (!number) return fail(Code::invalid, name + " begins with a number that is too large");
    return std::to_string(*number);
}

}  // namespace

Result<Migrations> read_golang_migrate(const Folder& folder) {
    Migrations all;
    auto names = numbered_files(folder, ".up.sql");
    TRY(check_unique(names));
    for (const std::string& name : names) {
        Migration migration{.name = name, .path = folder.path_of(name)};
        std::string content = TRY(folder.content(name));
        migration.is_in_transaction = !refuses_transaction(content);
        if (all.migrations.empty()) migration.before = golang_migrate_books();
        migration.after = golang_migrate_row(TRY(version_of(name)));
        all.migrations.push_back(std::move(migration));
    }
    return all;
}

Result<Migrations> read_dbmate(const Folder& folder) {
    Migrations all;
    auto names = numbered_files(folder, ".sql");
    std::ranges::sort(names);  // as dbmate does: by name
    for (const std::string& name : names) {
        std::string content = TRY(folder.content(name));
        UpSection up = TRY(dbmate_up(content).within(name));
        Migration migration{.name = name,
                            .path = folder.path_of(name),
                            .content = std::move(up.sql),
                            .is_in_transaction = up.is_in_transaction};
        if (all.migrations.empty()) migration.before = dbmate_books();
        migration.after = dbmate_row(leading_digits(name));
        all.migrations.push_back(std::move(migration));
    }
    return all;
}

Result<Migrations> read_goose(const Folder& folder) {
    Migrations all;
    for (const std::string& name : folder.names)
        if (is_at_top(name) && name.ends_with(".go") && !name.ends_with("_test.go") && !leading_digits(name).empty())
            return fail(Code::invalid, name +
                                           " is a migration in Go, which only the program that holds it can run; run "
                                           "that on an instance and keep it with `ramify db snapshot`");
    auto names = numbered_files(folder, ".sql");
    TRY(check_unique(names));
    for (const std::string& name : names) {
        std::string content = TRY(folder.content(name));
        UpSection up = TRY(goose_up(content).within(name));
        Migration migration{.name = name,
                            .path = folder.path_of(name),
                            .content = std::move(up.sql),
                            .is_in_transaction = up.is_in_transaction};
        if (all.migrations.empty()) migration.before = goose_books();
        migration.after = goose_row(TRY(version_of(name)));
        all.migrations.push_back(std::move(migration));
    }
    return all;
}

Result<Migrations> read_rails(const Folder& folder) {
    Migrations all;
    if (folder.has("structure.sql")) {  // a dump, which ends with the versions that it has
        all.migrations.push_back(
            {.name = "structure.sql", .path = folder.path_of("structure.sql"), .is_in_transaction = false});
        return all;
    }
    for (const std::string& name : folder.names)
        if (is_at_top(name) && name.ends_with(".rb"))
            return fail(Code::invalid,
                        name +
                            " is a migration in Ruby, which only Rails can run; set config.active_record.schema_format "
                            "= :sql and name the folder of structure.sql");
    auto names = numbered_files(folder, ".sql");
    TRY(check_unique(names));
    for (const std::string& name : names) {
        if (goes_down(name)) continue;
        Migration migration{.name = name, .path = folder.path_of(name)};
        std::string content = TRY(folder.content(name));
        migration.is_in_transaction = !refuses_transaction(content);
        if (all.migrations.empty()) migration.before = rails_books();
        migration.after = rails_row(leading_digits(name));
        all.migrations.push_back(std::move(migration));
    }
    return all;
}

Result<Migrations> read_numbered(const Folder& folder) {
    Migrations all;
    for (const std::string& name : numbered_files(folder, ".sql")) {
        if (goes_down(name)) continue;
        Migration migration{.name = name, .path = folder.path_of(name)};
        std::string content = TRY(folder.content(name));
        migration.is_in_transaction = !refuses_transaction(content);
        all.migrations.push_back(std::move(migration));
    }
    return all;
}

}  // namespace ry::databases::migrations
