#pragma once
// Where a clone is taken from: a connection string of libpq, with its password taken out, so that it can be shown, kept
// and given to a program in its arguments.
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::databases::tools {

struct Source {
    std::string dsn;       ///< without a password
    std::string password;  ///< empty: libpq finds one elsewhere, or none is needed
    std::string shown;     ///< "app@db.example.com:5432/shop": what a clone is called by
};

/// "postgres://…", or "host=… dbname=…". Code::invalid for what is neither, has several hosts, or carries the password
/// of a key.
Result<Source> read_source(std::string_view text);

}  // namespace ry::databases::tools
