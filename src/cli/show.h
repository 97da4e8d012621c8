#pragma once
// The server's answers as people read them: tables of lists, one member a line of single things, differences in colour.
// Pure.
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "cli/terminal.h"

namespace ry::cli {

/// `json` is an answer of the API; `kind` is the name of what it holds ("App", "Version"): it chooses the columns.
/// `now` is what ages are counted from. Empty lists say so.
std::string shown(const Terminal& terminal, std::string_view kind, std::string_view json, Time now);

/// "3 min ago", "in 2 h"; the date when it is more than 30 days away.
std::string age(Time time, Time now);

/// "28 MB"
std::string human_bytes(int64_t bytes);
/// "428 ms", "4.2 s", "3 min 12 s"
std::string duration(int64_t ms);

/// Exit codes of every command; `ramify help` prints them.
/// `db` commands have 3 for a failure inside the server, and 4 for what a safety rule keeps; what is not found has failed.
enum class Exit { ok = 0, failed = 1, usage = 2, not_found = 3, internal = 3, refused = 4, unreachable = 5, interrupted = 130 };

/// What a problem document says: "error: …" and a line for each wrong member. `status` is the HTTP status.
std::string shown_problem(const Terminal& terminal, int status, std::string_view json);
Exit exit_of_status(int status);
Exit exit_of_database_status(int status);

}  // namespace ry::cli
