#pragma once
// What the database name of a connection string asks for. Pure; any thread.
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::databases {

enum class Fork {
    none,   ///< "shop@main": the instance or ref itself
    named,  ///< "shop@main+test1": one fork for all who name it so
    fresh,  ///< "shop@main+*": a fork for this connection alone
};

/// NAME[@REF][+FORK][:DATABASE]. A plain NAME is an instance, by its name or id; DATABASE one of its cluster.
struct DatabaseName {
    std::string name;
    std::string ref = {};  ///< empty for an instance
    Fork fork = Fork::none;
    std::string fork_name = {};  ///< of Fork::named
    std::string database = {};   ///< empty: the one that every cluster has
    bool operator==(const DatabaseName&) const = default;
    std::string text() const;  ///< as it is written: "shop@main+test1"
};

/// PostgreSQL cuts longer ones (NAMEDATALEN).
constexpr size_t cluster_database_bytes_max = 63;

/// Longer than any id, and short enough for a table of the terminal.
constexpr size_t database_name_part_bytes_max = 100;

/// `invalid` says which part is wrong and what it may be. A space is read as "+": the URLs of JDBC decode it so.
Result<DatabaseName> parse_database_name(std::string_view text);

}  // namespace ry::databases
