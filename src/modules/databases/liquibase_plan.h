#pragma once
// Inside: a changelog as steps, one for each changeset that an update would run. Made by Liquibase without a database,
// once for each closure, and kept.
#include <string>
#include <vector>

#include "kernel/blob/blob.h"
#include "modules/databases/liquibase/arguments.h"
#include "modules/databases/liquibase/plan.h"
#include "modules/databases/liquibase/tool.h"
#include "modules/databases/step_model.h"

namespace ry::databases {

struct OfflinePlan;

/// A changeset as DATABASECHANGELOG names it, and where it is written.
struct ChangesetPlace {
    std::string id, author, path;
    std::string file;
    int64_t line = 0;
    bool runs_always = false;
    /// As people know it: "1::ann::db/main.xml".
    std::string name() const { return id + "::" + author + "::" + path; }
    static const Fields& fields() {
        using S = ChangesetPlace;
        static const Field table[] = {
            field("id", &S::id, ""),     field("author", &S::author, ""), field("path", &S::path, ""),
            field("file", &S::file, ""), field("line", &S::line, ""),     field("runs_always", &S::runs_always, ""),
        };
        static const Fields all{"ChangesetPlace", table};
        return all;
    }
};

struct LiquibaseStep {
    /// What it depends on: arguments "changeset=…", "md5sum=…", "definition=…", "sql=…", "everywhere=…" and the options
    /// that count; inputs are the files that it reads.
    Step step;
    std::optional<ChangesetPlace> changeset;  ///< absent: all of the update in one step
    static const Fields& fields() {
        using S = LiquibaseStep;
        static const Field table[] = {field("step", &S::step, ""), field("changeset", &S::changeset, "")};
        static const Fields all{"LiquibaseStep", table};
        return all;
    }
};

struct LiquibasePlan {
    int64_t tool_major = 0;
    std::vector<LiquibaseStep> steps;
    std::vector<std::string> warnings;
    static const Fields& fields() {
        using S = LiquibasePlan;
        static const Field table[] = {field("tool_major", &S::tool_major, ""), field("steps", &S::steps, ""),
                                      field("warnings", &S::warnings, "")};
        static const Fields all{"LiquibasePlan", table};
        return all;
    }
};

/// Under what a plan is kept: everything that it depends on.
std::string plan_key(const liquibase::Tool& tool, int postgres_major, const liquibase::Arguments& arguments,
                     const Step& step);

/// The steps of a plan that Liquibase made; `blobs` has the step's inputs. One step for all when it could not be made
/// without a database. `unsupported` in Liquibase's words when the changelog is wrong.
Result<LiquibasePlan> plan_of(const OfflinePlan& offline, const liquibase::Tool& tool,
                              const liquibase::Arguments& arguments, const Step& step, const blob::Store& blobs);

}  // namespace ry::databases
