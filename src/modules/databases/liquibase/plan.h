#pragma once
// What Liquibase says that it would run, without a database: its rows for DATABASECHANGELOG, which an offline update
// writes as CSV, and the SQL that goes with each. The rows' order is the run's. Which of them a precondition skips
// shows only in the run.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/databases/liquibase/closure.h"

namespace ry::databases::liquibase {

inline constexpr size_t changesets_max = 20'000;  // of one plan: 600 bytes each, 12 MB

struct PlannedChangeset {
    std::string id, author, path;  ///< as DATABASECHANGELOG has them
    std::string md5sum;
    std::string description;
    std::string_view sql;  ///< in the SQL that was read
};

/// `csv` and `sql` as `update-sql` wrote them; `sql` must outlive what is returned. `unsupported` when they do not go
/// together.
Result<std::vector<PlannedChangeset>> read_plan(std::string_view csv, std::string_view sql);

/// The definition of a planned changeset; null when it cannot be told which it is.
const Definition* definition_of(const Closure& closure, const PlannedChangeset& planned);

}  // namespace ry::databases::liquibase
