#pragma once
// The steps of `db prepare psql -- …`, with the files that each may read: found in the scripts, never by running them.
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/databases/model.h"

namespace ry::cli {

/// Where the content with this SHA-256 lies.
using Contents = std::map<std::string, std::string>;

struct DatabaseInputs {
    std::vector<databases::Step> steps;
    Contents contents;
    std::vector<std::string> warnings;  ///< "schema.sql:7: now() …"
};

/// `arguments` are psql's; `inputs` are files and directories that the steps may read besides. Names are relative to the current
/// directory. `has_standard_input`: something is piped in. Every problem of the scripts is named in the error, with file and line.
Result<DatabaseInputs> read_database_inputs(std::span<const std::string> arguments, const std::vector<std::string>& inputs, bool is_one_session, bool has_standard_input);

}  // namespace ry::cli
