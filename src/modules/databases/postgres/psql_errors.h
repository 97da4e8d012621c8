#pragma once
// What psql writes to stderr, read: which file and line, which statement, what the server said. Pure.
// The forms are psql's own (src/common/logging.c and libpq's error fields in the default verbosity):
//   psql:schema.sql:7: ERROR:  column "nme" does not exist
//   LINE 2:   nme text,
//             ^
//   HINT:  Perhaps …
//   psql:schema.sql:7: STATEMENT:  create table …       (ECHO=errors)
#include <string>
#include <string_view>
#include <vector>

namespace ry::databases {

struct PsqlError {
    std::string file = {};      ///< as psql names it; "<stdin>"; empty for -c
    int line = 0;               ///< of the file: where the error is if the server said it, else where psql was
    std::string severity = {};  ///< "ERROR", "FATAL", "PANIC"; "error" for one of psql's own
    std::string message = {};
    std::string detail = {}, hint = {}, context = {};
    std::string statement = {};
    int position = 0;  ///< of the error in `statement`: the first character is 1; 0 when the server named none
    std::string missing_file = {};  ///< the file that psql or the server could not open, as the script wrote it
};

/// The errors (not notices and warnings) in the order in which they came. At most 100, and 64 KiB of each statement.
std::vector<PsqlError> psql_errors(std::string_view standard_error);

/// One line for a person: "schema.sql:7: column "nme" does not exist (near "nme"); hint: …".
std::string summary(const PsqlError& error);

}  // namespace ry::databases
