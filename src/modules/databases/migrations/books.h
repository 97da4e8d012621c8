#pragma once
// Inside: the table that a tool keeps of what it has done. Names carry their schema, since a migration may change
// search_path.
#include <cstdint>
#include <string>
#include <string_view>

namespace ry::databases::migrations {

std::string flyway_books();
struct FlywayRow {
    size_t rank = 0;
    std::string version;  ///< empty: repeatable
    std::string description, script;
    int32_t checksum = 0;
};
std::string flyway_row(const FlywayRow& row);
/// CRC-32 of the lines without their ends, as a signed number; the mark of the byte order is no part of the first.
int32_t flyway_checksum(std::string_view file);

std::string golang_migrate_books();
/// One row alone: the last version.
std::string golang_migrate_row(std::string_view version);

std::string dbmate_books();
std::string dbmate_row(std::string_view version);

std::string goose_books();
std::string goose_row(std::string_view version);

std::string prisma_books();
std::string prisma_row(std::string_view name, std::string_view file);

std::string drizzle_books();
std::string drizzle_row(std::string_view file, int64_t when);

std::string rails_books();
std::string rails_row(std::string_view version);

}  // namespace ry::databases::migrations
