#pragma once
// Inside: the programs of Liquibase, each in a cage that has Java, Liquibase's jars, the inputs of the step, and no way
// out but to the build cluster.
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/liquibase/arguments.h"
#include "modules/databases/liquibase/tool.h"
#include "modules/databases/liquibase/wire_watch.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/step_files.h"

namespace ry::databases {

struct LiquibaseRun {
    const Op& op;
    sandbox::Sandbox& sandbox;
    const liquibase::Tool& tool;
    const liquibase::Arguments& arguments;
    const StepFiles& files;
    int64_t ms_max = 0;
};

struct LiquibaseOutcome {
    int exit_code = 0;
    std::string output;  ///< stdout and stderr together: the end
    /// What PostgreSQL refused, when that is why it failed.
    std::optional<liquibase::ServerError> error;

    bool succeeded() const { return exit_code == 0; }
    /// Why it failed, in Liquibase's words, without its heading.
    std::string reason() const;
};

struct OfflinePlan {
    LiquibaseOutcome outcome;
    std::string csv, sql;  ///< read_plan() reads them
    std::string version;   ///< "4.28.0"
    /// It failed because something in the changelog asks a database.
    bool needs_database() const;
};

/// What an update on an empty database of this major would run. `out_dir` is made, and removed at the end.
Result<OfflinePlan> plan_offline(const LiquibaseRun& run, int postgres_major, const std::string& out_dir);

/// One update. `recorded` is called between two changesets (liquibase_relay.h).
Result<LiquibaseOutcome> run_update(const LiquibaseRun& run, Cluster& cluster, const sandbox::OutputCallback& output,
                                    std::function<Result<void>()> recorded);

}  // namespace ry::databases
