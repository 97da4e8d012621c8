#pragma once
// The steps of `db prepare psql -- …` and `db prepare lb -- …`, with the files that each may read: found in the scripts and
// changelogs, never by running them.
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/database_call.h"
#include "cli/database_ref.h"
#include "modules/databases/step_model.h"

namespace ry::cli {

/// Of a file of the place.
Content content_of(const InputPlace& place, const std::string& path);

struct DatabaseInputs {
    std::vector<databases::Step> steps;
    Contents contents;
    std::vector<std::string> warnings;  ///< what may vary by itself: "schema.sql:7: now() …"
    std::optional<CloneWanted> clone = {};
    std::vector<std::string> notes;  ///< what else is worth knowing before it runs
};

/// The steps of `more` come after those of `all`.
void append(DatabaseInputs& all, DatabaseInputs more);

/// `arguments` are psql's; `inputs` are files and directories that the steps may read besides. Names are relative to
/// the place's directory. `has_standard_input`: something is piped in. Every problem of the scripts is named in the
/// error, with file and line.
Result<DatabaseInputs> read_database_inputs(std::span<const std::string> arguments,
                                            const std::vector<std::string>& inputs, bool is_one_session,
                                            bool has_standard_input, const InputPlace& place);

/// `arguments` are those of `liquibase update`: one step, which the server cuts into changesets. liquibase.properties, or the file of
/// --defaults-file, adds to them.
Result<DatabaseInputs> read_liquibase_inputs(std::span<const std::string> arguments, const std::vector<std::string>& inputs, const InputPlace& place);

}  // namespace ry::cli
