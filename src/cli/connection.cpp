#include "cli/connection.h"

#include <algorithm>

namespace ry::cli {
namespace {

struct Place {
    std::string host, port, user, password, database;
};
Place place_of(const std::string& dsn) {
    // postgres://user:password@host:port/database, as the server writes it: nothing in it needs decoding.
    Place place;
    std::string_view rest = std::string_view(dsn).substr(dsn.find("://") + 3);
    auto take = [&](char until) {
        std::string part(rest.substr(0, rest.find(until)));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        return part;
    };
    place.user = take(':');
    place.password = take('@');
    bool is_ipv6 = rest.starts_with('[');
    place.host = take(is_ipv6 ? ']' : ':').substr(is_ipv6 ? 1 : 0);
    if (is_ipv6) take(':');
    place.port = take('/');
    place.database = rest;
    return place;
}

}  // namespace

std::vector<std::string> environment_of(const std::string& dsn) {
    Place place = place_of(dsn);
    return {"DATABASE_URL=" + dsn,  "PGHOST=" + place.host,         "PGPORT=" + place.port,
            "PGUSER=" + place.user, "PGPASSWORD=" + place.password, "PGDATABASE=" + place.database};
}

std::string password_of(const std::string& dsn) { return place_of(dsn).password; }

std::string shown_connection(const std::string& dsn, std::string_view output) {
    if (output == "assignment") return "DSN=" + dsn + "\n";
    if (output != "env") return dsn + "\n";
    std::string lines;
    for (const std::string& variable : environment_of(dsn)) lines += variable + "\n";
    return lines;
}

}  // namespace ry::cli
