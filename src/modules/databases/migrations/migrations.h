#pragma once
// A folder of migrations as its tool reads it, and the SQL that carries them out with the rows that the tool keeps.
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/databases/script/files.h"

namespace ry::databases::migrations {

enum class Layout { flyway, golang_migrate, dbmate, goose, sqitch, prisma, drizzle, rails, numbered };
constexpr std::array<std::string_view, 9> names_of(Layout) {
    return {"flyway", "golang-migrate", "dbmate", "goose", "sqitch", "prisma", "drizzle", "rails", "numbered"};
}
std::string_view name_of(Layout layout);
std::optional<Layout> layout_named(std::string_view name);

inline constexpr size_t migrations_max = 1'000;          ///< steps of one prepare
inline constexpr size_t migration_bytes_max = 64 << 20;  ///< of one file, which is held in memory while it is read
inline constexpr size_t depth_max = 10;                  ///< of folders in the folder

struct Migration {
    std::string name;                    ///< "V1__init.sql", relative to the folder
    std::string path;                    ///< absolute
    std::optional<std::string> content;  ///< what is carried out, when it is not the file as it is
    bool is_in_transaction = true;       ///< with its row
    std::string before;                  ///< SQL that makes the books; of the first migration alone
    std::string after;                   ///< SQL that writes the row; empty when no books are kept
};

struct Migrations {
    Layout layout = Layout::numbered;
    std::vector<Migration> migrations;  ///< in the tool's order
    std::vector<std::string> notes;     ///< what is not as the tool would leave it, or was left out
};

/// Code::invalid when the folder has none, or could have several: then all are named, with --layout.
Result<Layout> detect_layout(script::Files& files, const std::string& folder);
/// Code::invalid with the file and the reason for what the tool would refuse, and for what only the tool could do.
Result<Migrations> read_migrations(script::Files& files, const std::string& folder, Layout layout);

}  // namespace ry::databases::migrations
