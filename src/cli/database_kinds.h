#pragma once
// The steps of `db prepare KIND -- …` for the kinds that are not psql's alone. Names are relative to the place's
// directory.
#include "cli/database_inputs.h"

namespace ry::cli {

/// pgbench -i and its options.
Result<DatabaseInputs> read_pgbench_inputs(std::span<const std::string> arguments);
/// pg_restore's options and a dump of any format; a script may be compressed with gzip.
Result<DatabaseInputs> read_dump_inputs(std::span<const std::string> arguments, const InputPlace& place);

/// A folder of migrations, of this layout or of the one that is detected. A step for each.
Result<DatabaseInputs> read_migration_inputs(std::span<const std::string> arguments,
                                             const std::vector<std::string>& inputs, const std::string& layout_name,
                                             const InputPlace& place);

}  // namespace ry::cli
