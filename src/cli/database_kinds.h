#pragma once
// The steps of `db prepare KIND -- …` for the kinds that are not psql's alone. Names are relative to the place's
// directory.
#include "cli/database_inputs.h"

namespace ry::cli {

/// pgbench -i and its options.
Result<DatabaseInputs> read_pgbench_inputs(std::span<const std::string> arguments);
/// pg_restore's options and a dump of any format; a script may be compressed with gzip.
Result<DatabaseInputs> read_dump_inputs(std::span<const std::string> arguments, const InputPlace& place);

}  // namespace ry::cli
