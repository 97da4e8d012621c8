#pragma once
// Inside: the objects of a database, read from its catalog, and what of them differs.
#include <map>

#include "modules/databases/diff_model.h"
#include "modules/databases/postgres/session.h"

namespace ry::databases {

constexpr size_t objects_max = 100'000;          // of one database: some 50 MB
constexpr size_t definition_bytes_max = 20'000;  // longer ones are cut; their hash tells whether they differ

/// Sorted so that what belongs to a table follows it.
struct ObjectName {
    std::string group;  ///< the table that it is a part of, or its own name
    bool is_part = false;
    std::string kind, name;
    auto operator<=>(const ObjectName&) const = default;
};
struct ObjectDefinition {
    std::string sha256, text;
};
using Objects = std::map<ObjectName, ObjectDefinition>;

/// Everything that people made: what PostgreSQL has by itself and what belongs to an extension is left out. The session
/// is in a transaction that only reads. Works with PostgreSQL 12 to 18.
Result<Objects> read_objects(const Op& op, Session& session);

/// Fills the members of `diff` that tell of objects.
void compare_objects(const Objects& from, const Objects& to, DatabasesDiff& diff);

}  // namespace ry::databases
