#pragma once
// From an error that psql printed back to the script: file, line, statement. psql names the line where the statement
// ended; the server counts lines in the text that it was sent. Both are taken apart here.
#include <optional>
#include <string>
#include <string_view>

#include "modules/databases/script/query_text.h"

namespace ry::databases::script {

/// One error as psql prints it, with VERBOSITY default or verbose, in English (LC_MESSAGES=C).
struct PsqlError {
    std::string file;      ///< as psql names it, empty for -c and a script piped in; "<stdin>" for -f -
    uint64_t line = 0;     ///< of that file, 0 without a file
    std::string severity;  ///< ERROR, FATAL, PANIC; "error" when psql itself complains
    std::string sqlstate;  ///< with VERBOSITY=verbose
    std::string message, detail, hint, context;
    uint64_t server_line = 0;  ///< LINE n, 0 when the server gave no position
    std::string excerpt;       ///< of that line, perhaps cut with "..." on either side
    size_t caret = 0;          ///< how many characters of the excerpt stand before the position
};

/// The last error in what psql wrote to its standard error; absent when there is none.
std::optional<PsqlError> read_psql_error(std::string_view text);

struct ErrorPosition {
    Place place;            ///< of the error when the server gave a position, of the data row, or of the statement
    bool is_exact = false;  ///< the place is the server's own
    Place statement_begin;
    uint64_t statement_end = 0;
    std::string statement;  ///< as it was sent, its first `statement_bytes_kept`
};
inline constexpr size_t statement_bytes_kept = 4096;

/// Where `error` is in the script that it names. Absent when no statement of it can be meant.
std::optional<ErrorPosition> locate(const PsqlError& error, std::string_view script, const VariableValue& value = {});

}  // namespace ry::databases::script
