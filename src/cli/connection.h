#pragma once
// How to connect to a database, as commands print it and programs find it in their environment. Pure.
#include <string>
#include <string_view>
#include <vector>

namespace ry::cli {

/// DATABASE_URL, PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, each "NAME=value".
std::vector<std::string> environment_of(const std::string& dsn);
std::string password_of(const std::string& dsn);

/// The same for another database of the instance's cluster, as the port names it: "…/shop:billing".
std::string dsn_of_database(const std::string& dsn, std::string_view database);

/// Lines for `--output`: "env" is the variables, "assignment" the line DSN=…, anything else the DSN alone.
std::string shown_connection(const std::string& dsn, std::string_view output);

}  // namespace ry::cli
