#include "cli/connection.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ry::cli {
namespace {

struct Place {
    std::string host, port, user, password, database;
};

bool is_plain(unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; }

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (unsigned char c : text)
        if (is_plain(c))
            encoded += char(c);
        else
            encoded += {'%', digits[c >> 4], digits[c & 15]};
    return encoded;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (size_t at = 0; at < text.size(); ++at) {
        unsigned value = 0;
        const char* end = text.data() + std::min(at + 3, text.size());
        bool is_code = text[at] == '%' && std::from_chars(text.data() + at + 1, end, value, 16).ptr == text.data() + at + 3;
        decoded += is_code ? char(value) : text[at];
        if (is_code) at += 2;
    }
    return decoded;
}

Place place_of(const std::string& dsn) {
    // postgres://user:password@host:port/database, as the server writes it; dsn_of_database() alone encodes.
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
    place.database = percent_decoded(rest);
    return place;
}

}  // namespace

std::vector<std::string> environment_of(const std::string& dsn) {
    Place place = place_of(dsn);
    return {"DATABASE_URL=" + dsn,  "PGHOST=" + place.host,         "PGPORT=" + place.port,
            "PGUSER=" + place.user, "PGPASSWORD=" + place.password, "PGDATABASE=" + place.database};
}

std::string password_of(const std::string& dsn) { return place_of(dsn).password; }

std::string dsn_of_database(const std::string& dsn, std::string_view database) {
    return dsn + ":" + percent_encoded(database);
}

std::string shown_connection(const std::string& dsn, std::string_view output) {
    if (output == "assignment") return "DSN=" + dsn + "\n";
    if (output != "env") return dsn + "\n";
    std::string lines;
    for (const std::string& variable : environment_of(dsn)) lines += variable + "\n";
    return lines;
}

}  // namespace ry::cli
