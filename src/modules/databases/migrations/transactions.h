#pragma once
// Inside: statements that PostgreSQL refuses inside a transaction block.
#include <string_view>

namespace ry::databases::migrations {

/// True when one of the statements of a psql script is such: CREATE INDEX CONCURRENTLY, VACUUM, CREATE DATABASE, …
bool refuses_transaction(std::string_view sql);

}  // namespace ry::databases::migrations
