#pragma once
// Branch databases: each branch of an app whose template has migrations has a database of its own, named by the branch.
//
// The data of a branch's database belongs to one version. When the branch shows another version, the present data is
// kept with the version that it leaves, and the database is brought to the other one: it becomes what was kept with the
// nearest version that the other one descends from (that is what it has already when the branch went on), and the
// migrations that are new run on it. The row says how far that is; a job brings it about and may run again at any
// point. Any thread.
#include <set>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "kernel/http/route.h"
#include "kernel/store/store.h"
#include "modules/apps/apps.h"
#include "modules/apps/database_host.h"

namespace ry::jobs {
class Jobs;
struct Job;
}  // namespace ry::jobs

namespace ry::apps {

/// Versions of an app whose data is kept; for the oldest others it is forgotten. 20 × 40 MB where copies are not
/// shared.
inline constexpr int kept_data_max = 20;

/// What the job `apps.bring_database` is given.
struct BringDatabase {
    static constexpr std::string_view kind = "apps.bring_database";
    BranchId branch_id;
    static const Fields& fields() {
        static const Field table[] = {field("branch_id", &BringDatabase::branch_id,
                                            "Whose database is brought to the version that the branch shows.")};
        static const Fields all{"BringDatabase", table};
        return all;
    }
};

/// What the job `apps.drop_database` is given.
struct DropDatabase {
    static constexpr std::string_view kind = "apps.drop_database";
    BranchId branch_id;
    std::vector<std::string> refs;
    static const Fields& fields() {
        using S = DropDatabase;
        static const Field table[] = {field("branch_id", &S::branch_id, "The branch that is gone."),
                                      field("refs", &S::refs, "What was kept of its data.")};
        static const Fields all{"DropDatabase", table};
        return all;
    }
};

class BranchDatabases {
public:
    /// The parts outlive it. Registers its jobs, and itself with `apps`.
    BranchDatabases(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, Apps& apps, DatabaseHost& host);
    std::vector<http::Route> routes();
    /// Goes on with every database that is not ready: its job may have been cut off as often as it may run. At start.
    Result<void> repair(const Op& op);

    Result<http::Page<BranchDatabase>> list(Op& op, AppId app);

    // ---- in the transaction of what happens to a branch
    Result<void> add(store::Tx& tx, AppId app, BranchId branch);
    /// Nothing happens when the branch that it was forked from has no database.
    Result<void> add_fork(store::Tx& tx, BranchId from, BranchId branch);
    /// The branch shows another version now.
    Result<void> follow(store::Tx& tx, BranchId branch, VersionId version);
    Result<void> remove(store::Tx& tx, BranchId branch);

    /// Brings the branch's database to the version that the branch shows; at once when it is there. `invalid` when a
    /// migration does not run; other errors when there is no database to be had now.
    Result<void> bring(const Op& op, BranchId branch);
    /// How a preview reaches its database: its branch's, or a copy of the version's own. Absent when the app has none.
    Result<std::optional<DatabaseAccess>> access(const Op& op, const App& app, std::optional<BranchId> branch,
                                                 const Version& version, PreviewId preview);
    /// DatabaseHost::query on the branch's database, which is brought to its version first. `invalid` when the app has
    /// none.
    Result<Json> query(const Op& op, const App& app, BranchId branch, const std::string& statement,
                       const std::vector<std::string>& parameters, int rows_max);
    /// Runs the migrations of a commit that is to follow `base`, on a copy of the data that they would meet. `invalid`
    /// when one of them does not run.
    Result<void> try_migrations(const Op& op, const App& app, BranchId branch, const Version& base,
                                const std::string& commit);

private:
    class Alone;
    Result<void> bring_to(const Op& op, BranchDatabaseWork& work);
    Result<std::string_view> begin_with(const Op& op, BranchDatabaseWork& work);
    Result<std::string_view> make_anew(const Op& op, BranchDatabaseWork& work, const std::optional<DataSource>& source);
    Result<void> undo(const Op& op, BranchDatabaseWork& work);
    Result<std::optional<DataSource>> source_of(const Op& op, BranchId branch, std::optional<BranchId> from,
                                                VersionId version);
    Result<void> make_copy(const Op& op, const std::string& name, const std::optional<DataSource>& source);
    Result<std::optional<DataSource>> settled_source_of(const Op& op, const BranchDatabaseWork& work);
    Result<std::string> keep(const Op& op, AppId app, BranchId branch, VersionId version);
    Result<void> note_kept(const Op& op, AppId app, BranchId branch, VersionId version, const std::string& ref);
    Result<std::vector<MigrationFile>> migrations(const Op& op, AppId app, const std::string& template_name,
                                                  const std::string& commit);
    Result<void> set(const Op& op, BranchDatabaseWork& work, DatabaseStatus status, std::string_view event,
                     std::optional<std::string> error = {});
    Result<void> drop(const Op& op, const DropDatabase& what);
    Result<void> go_on_later(store::Tx& tx, const jobs::Job& job, BranchId branch);

    store::Store& store_;
    stream::Hub& hub_;
    jobs::Jobs& jobs_;
    Apps& apps_;
    DatabaseHost& host_;
    Guarded<std::set<BranchId>> busy_;  // whose database somebody brings along
};

}  // namespace ry::apps
