#pragma once
// `db prepare clone`: a dump of a running server, taken here, by the pg_dump of this machine, and sent as an input:
// whoever may reach the source is this machine's business, and the server never learns how to
// (docs/decisions/0021-clones.md).
#include <string>
#include <vector>

#include "cli/database_inputs.h"

namespace ry::cli {

/// The steps and what resolve_clone() needs. The source is RAMIFY_SOURCE when `source` is empty; a password in `source`
/// is refused, since arguments are seen by others.
Result<DatabaseInputs> read_clone_inputs(std::span<const std::string> arguments, const std::string& source,
                                         bool is_refresh);

/// The input of the clone's step: the dump that was taken the last time or, when there is none or a new one is wanted,
/// one that is taken now. With `may_take` false nothing is taken: `not_found` then. Nothing to do for requests without
/// a clone.
Result<void> resolve_clone(ApiClient& api, Asked& asked, bool may_take, const Terminal& terminal);

}  // namespace ry::cli
