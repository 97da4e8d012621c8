#pragma once
// Inside: a reader for each layout. `names` are all files of the folder, sorted.
#include <span>

#include "modules/databases/migrations/listing.h"
#include "modules/databases/migrations/migrations.h"

namespace ry::databases::migrations {

struct Folder {
    script::Files& files;
    std::string path;
    std::vector<std::string> names;
    std::string path_of(std::string_view name) const { return path + "/" + std::string(name); }
    bool has(std::string_view name) const;
    Result<std::string> content(std::string_view name) const { return read_whole(files, path_of(name)); }
};

/// "V1.2__add_item.sql" taken apart; absent for other names.
struct FlywayName {
    char prefix = 'V';        ///< V, R, U or B
    std::string version;      ///< "1.2"; empty for R
    std::string description;  ///< "add item"
};
std::optional<FlywayName> flyway_name(std::string_view base);
/// By their numbers: 1.2 is before 1.10, and 1.0 is 1.
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

Result<Migrations> read_flyway(const Folder& folder);
Result<Migrations> read_golang_migrate(const Folder& folder);
Result<Migrations> read_dbmate(const Folder& folder);
Result<Migrations> read_goose(const Folder& folder);
Result<Migrations> read_sqitch(const Folder& folder);
Result<Migrations> read_prisma(const Folder& folder);
Result<Migrations> read_drizzle(const Folder& folder);
Result<Migrations> read_rails(const Folder& folder);
Result<Migrations> read_numbered(const Folder& folder);

}  // namespace ry::databases::migrations
