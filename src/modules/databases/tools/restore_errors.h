#pragma once
// What pg_restore writes to stderr, read; and what to do about the failures that dumps of another cluster usually have.
//   pg_restore: error: could not execute query: ERROR:  role "shop" does not exist
//   Command was: ALTER TABLE public.item OWNER TO shop;
#include <string>
#include <string_view>

namespace ry::databases::tools {

struct RestoreError {
    std::string message;
    std::string statement;  ///< at most statement_bytes_max
    std::string hint;
};
inline constexpr size_t statement_bytes_max = 64 << 10;

/// The first error.
RestoreError restore_error(std::string_view standard_error);
/// What to do when restoring failed with this message; empty when there is nothing special. `is_script`: a plain dump,
/// which has no options.
std::string restore_hint(std::string_view message, bool is_script);

}  // namespace ry::databases::tools
