// Which layout a folder has: by the files that only one tool has, else by names, else by what stands in them.
#include <algorithm>

#include "base/text.h"
#include "modules/databases/migrations/readers.h"

namespace ry::databases::migrations {
namespace {

constexpr size_t looked_into_max = 20;  // files that are read for a tool's marks

bool is_sql(std::string_view name) { return name.ends_with(".sql"); }

Result<Folder> open_folder(script::Files& files, const std::string& path) {
    if (files.kind(path) != script::Files::Kind::directory)
        return fail(Code::invalid, path + " is no folder; name the folder of the migrations");
    return Folder{files, path, TRY(list_files(files, path))};
}

bool is_prisma(const Folder& folder) {
    return std::ranges::any_of(folder.names, [](const std::string& name) {
        return std::ranges::count(name, '/') == 1 && name.ends_with("/migration.sql");
    });
}

bool is_flyway(const Folder& folder) {
    return std::ranges::any_of(folder.names,
                               [](const std::string& name) { return flyway_name(base_name(name)).has_value(); });
}

bool is_golang_migrate(const Folder& folder) {
    return std::ranges::any_of(folder.names, [](const std::string& name) {
        return is_at_top(name) && name.ends_with(".up.sql") && !leading_digits(name).empty();
    });
}

bool is_rails(const Folder& folder) {
    if (folder.has("structure.sql")) return true;
    bool is_migrate = folder.path.ends_with("db/migrate");
    return is_migrate && std::ranges::any_of(folder.names, [](const std::string& name) {
               return is_sql(name) && leading_digits(name).size() == 14;
           });
}

bool is_numbered(const Folder& folder) {
    return std::ranges::any_of(folder.names, [](const std::string& name) {
        return is_at_top(name) && is_sql(name) && !leading_digits(name).empty();
    });
}

/// Adds the tools whose marks stand in the files.
Result<void> look_into(const Folder& folder, std::vector<Layout>& found) {
    size_t looked = 0;
    bool is_goose = false, is_dbmate = false;
    for (const std::string& name : folder.names) {
        if (!is_at_top(name) || !is_sql(name) || ++looked > looked_into_max) continue;
        std::string content = TRY(folder.content(name));
        is_goose |= content.contains("+goose Up") || content.contains("+goose up");
        is_dbmate |= content.contains("migrate:up");
    }
    if (is_goose) found.push_back(Layout::goose);
    if (is_dbmate) found.push_back(Layout::dbmate);
    return {};
}

Error none(const Folder& folder) {
    for (const char* below : {"migrations", "db/migrations", "db/migrate", "prisma/migrations"})
        if (folder.files.kind(folder.path_of(below)) == script::Files::Kind::directory)
            return fail(Code::invalid, folder.path + " has no migrations of a known layout; did you mean the folder " +
                                           below + " in it?");
    return fail(Code::invalid, folder.path +
                                   " has no migrations of a known layout; for files in the order of their names give "
                                   "them numbers (001_init.sql), and `ramify db prepare psql` takes any");
}

}  // namespace

bool Folder::has(std::string_view name) const { return std::ranges::binary_search(names, name); }

std::string_view name_of(Layout layout) { return names_of(layout)[size_t(layout)]; }

std::optional<Layout> layout_named(std::string_view name) {
    auto names = names_of(Layout{});
    auto found = std::ranges::find(names, name);
    if (found == names.end()) return {};
    return Layout(found - names.begin());
}

Result<Layout> detect_layout(script::Files& files, const std::string& path) {
    Folder folder = TRY(open_folder(files, path));
    if (folder.has("sqitch.plan")) return Layout::sqitch;
    if (folder.has("meta/_journal.json")) return Layout::drizzle;
    std::vector<Layout> found;
    if (is_prisma(folder)) found.push_back(Layout::prisma);
    if (is_flyway(folder)) found.push_back(Layout::flyway);
    if (is_golang_migrate(folder)) found.push_back(Layout::golang_migrate);
    TRY(look_into(folder, found));
    if (found.empty() && is_rails(folder)) found.push_back(Layout::rails);
    if (found.empty() && is_numbered(folder)) found.push_back(Layout::numbered);
    if (found.size() == 1) return found.front();
    if (found.empty()) return none(folder);
    std::string names;
    for (Layout layout : found) names += (names.empty() ? "" : " and ") + std::string(name_of(layout));
    return fail(Code::invalid,
                path + " has files of " + names + "; say which with --layout " + std::string(name_of(found.front())));
}

Result<Migrations> read_migrations(script::Files& files, const std::string& path, Layout layout) {
    Folder folder = TRY(open_folder(files, path));
    constexpr Result<Migrations> (*readers[])(const Folder&) = {&read_flyway,  &read_golang_migrate, &read_dbmate,
                                                                &read_goose,   &read_sqitch,         &read_prisma,
                                                                &read_drizzle, &read_rails,          &read_numbered};
    Migrations read = TRY(readers[size_t(layout)](folder));
    read.layout = layout;
    if (read.migrations.empty())
        return fail(Code::invalid, path + " has no migrations of the layout " + std::string(name_of(layout)));
    if (read.migrations.size() > migrations_max)
        return fail(Code::invalid, path + " has more than " + std::to_string(migrations_max) +
                                       " migrations; squash the oldest of them, or begin --from a state that has them");
    return read;
}

}  // namespace ry::databases::migrations
