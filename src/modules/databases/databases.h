#pragma once
// Databases: real PostgreSQL in any prepared state. See README.md in this folder for the words.
//
// Any thread. Each method is one thing that a person can do; what it changes, and the events that say so, commit
// together. An id that is not this organization's is not_found. States and instances are named by a unique beginning of
// the id (8 or more characters), instances and refs also by name; an ambiguous beginning is a conflict that lists the
// candidates.
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "kernel/http/route.h"
#include "modules/databases/blob_model.h"
#include "modules/databases/clone_model.h"
#include "modules/databases/diff_model.h"
#include "modules/databases/image_model.h"
#include "modules/databases/instance_model.h"
#include "modules/databases/prepare_model.h"
#include "modules/databases/query_model.h"
#include "modules/databases/ref_model.h"
#include "modules/databases/removal_model.h"
#include "modules/databases/run_model.h"
#include "modules/databases/state_model.h"

namespace ry::store {
class Store;
class Tx;
struct Schema;
}  // namespace ry::store
namespace ry::stream {
class Hub;
}
namespace ry::jobs {
class Jobs;
class Context;
}  // namespace ry::jobs
namespace ry::sandbox {
class Sandbox;
}
namespace ry::secrets {
class Secrets;
}
namespace ry::states {
class States;
}

namespace ry::databases {

class Directory;
struct InstanceRow;
struct PrepareRow;

extern const store::Schema schema;

struct DatabasesOptions {
    std::string root;                     ///< images, running clusters and inputs lie here
    std::string organizations_root;       ///< blobs lie here, one folder an organization
    std::string host = "127.0.0.1";       ///< of the proxy, as DSNs name it
    int64_t sleep_after_ms = 5 * 60'000;  ///< without a connection
    std::string liquibase_home = {};      ///< where Liquibase lies; empty: looked for (liquibase/tool.h)
    int running_max = 200;                ///< instances at once; the longest idle one is put to sleep for another
    int64_t instances_max = 2'000;         ///< of one organization, asleep or not
    int64_t instance_disk_mb_max = 10'240;  ///< of one instance, beyond its state
    int64_t instance_cpu_percent_max = 0;   ///< of one processor; 0: no bound
    int warm_max = 4;  ///< copies of recently used states that run before anybody asks for them; 0: none
    int64_t warm_memory_free_mb_min = 512;  ///< with less than this available on the host there are none
    int64_t step_ms_max = 3'600'000;        ///< of one step of a prepare
};

/// A file of SQL that changes a schema, with its path in the app.
struct Migration {
    std::string path;
    std::string content;
};

/// What the job `databases.prepare` is given.
struct RunPrepare {
    static constexpr std::string_view kind = "databases.prepare";
    PrepareId prepare_id;
    static const Fields& fields() {
        static const Field table[] = {field("prepare_id", &RunPrepare::prepare_id, "Which prepare.")};
        static const Fields all{"RunPrepare", table};
        return all;
    }
};

/// Who a connection is whose password is an API token. Any thread; may block.
class TokenSignIn {
public:
    virtual ~TokenSignIn() = default;
    /// The Op of the token's person, in their organization; `op` gives address and deadline. unauthenticated when the
    /// token is unknown, revoked or over, forbidden (with an audit row) when it has not got `permission`.
    virtual Result<Op> sign_in(const Op& op, const Secret& token, std::string_view permission) = 0;
};

class Databases {
public:
    /// The parts outlive it. Registers its job.
    Databases(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, sandbox::Sandbox& sandbox,
              states::States& states, secrets::Secrets& secrets, TokenSignIn& tokens, DatabasesOptions options);
    /// Ends what runs.
    ~Databases();
    std::vector<http::Route> routes();
    /// At start, before the first request: nothing runs; directories that no instance has are removed.
    Result<void> begin(const Op& op);
    /// The proxy's port, for DSNs.
    void serve_at(uint16_t port);
    /// Where the proxy finds databases. Lives as long as this.
    Directory& directory();

    // ---- images
    Result<http::Page<Image>> list_images(Op& op);
    Result<http::Created<Image>> add_image(Op& op, AddImage body);
    Result<void> remove_image(Op& op, std::string name);

    // ---- prepares
    Result<Plan> plan(Op& op, PrepareRequest request);
    /// A chain that is cached whole is handed out before this returns; otherwise a job builds it and the stream tells.
    Result<http::Following<Prepare>> prepare(Op& op, PrepareRequest request);
    Result<http::Page<Prepare>> list_prepares(Op& op, ListPrepares query);
    Result<Prepare> show_prepare(Op& op, PrepareId prepare);
    Result<Prepare> cancel_prepare(Op& op, PrepareId prepare);
    Result<http::Events> prepare_events(Op& op, PrepareId prepare);
    /// The content of an input, under its hash.
    Result<void> join_blobs(Op& op, JoinBlobs body);
    Result<void> put_blob(Op& op, std::string sha256, const http::RequestInfo& info);

    // ---- states and refs
    Result<http::Page<State>> list_states(Op& op, ListStates query);
    Result<State> show_state(Op& op, std::string state);
    Result<void> remove_state(Op& op, std::string state, RemoveState how);
    Result<CacheStatus> cache_status(Op& op);
    Result<Limits> show_limits(Op& op);
    Result<http::Page<Clone>> list_clones(Op& op, ListClones query);
    Result<http::Page<Ref>> list_refs(Op& op, ListRefs query);
    Result<Ref> show_ref(Op& op, std::string name);
    Result<Ref> set_ref(Op& op, std::string name, SetRef body);
    Result<void> remove_ref(Op& op, std::string name);
    Result<Ref> pin_ref(Op& op, std::string name, PinRef body);
    Result<Ref> unpin_ref(Op& op, std::string name);
    /// An instance, a prepare, or a state with what comes from it: all of it, or nothing, and the answer says why.
    Result<Removal> remove(Op& op, Remove body);
    Result<Collected> collect(Op& op, Collect body);

    // ---- instances
    Result<http::Page<Instance>> list_instances(Op& op, ListInstances query);
    Result<Instance> show_instance(Op& op, std::string instance);
    /// The instance of this name or id or, for a ref, its instance, made now when there is none.
    Result<http::Created<Instance>> open_instance(Op& op, OpenInstance body);
    Result<Instance> change_instance(Op& op, std::string instance, ChangeInstance body);
    Result<void> remove_instance(Op& op, std::string instance);
    Result<Instance> reset_instance(Op& op, std::string instance);
    Result<Instance> switch_instance(Op& op, std::string instance, SwitchInstance body);
    Result<http::Created<Instance>> fork_instance(Op& op, std::string instance, ForkInstance body);
    Result<Ref> snapshot_instance(Op& op, std::string instance, SnapshotInstance body);
    Result<Instance> sleep_instance(Op& op, std::string instance);
    Result<Instance> wake_instance(Op& op, std::string instance);
    /// Of its cluster. One that sleeps is woken.
    Result<http::Page<ClusterDatabase>> list_databases(Op& op, std::string instance);
    Result<QueryAnswer> query_instance(Op& op, std::string instance, QueryInstance body);
    /// Which instances, prepares and runs were made, changed or dropped, as it happens.
    Result<http::Events> instance_events(Op& op);

    // ---- runs: what ran with a database. The program runs where the person is, who says when it begins and ends
    Result<http::Created<StartedRun>> start_run(Op& op, StartRun body);
    Result<void> renew_run(Op& op, DatabaseRunId run);
    Result<Run> end_run(Op& op, DatabaseRunId run, EndRun body);
    Result<http::Page<Run>> list_runs(Op& op, ListRuns query);
    Result<Run> show_run(Op& op, DatabaseRunId run);
    Result<http::Bytes> run_output(Op& op, DatabaseRunId run, RunOutput query);

    // ---- differences
    /// Of the objects, and of the rows when asked for. States are compared by copies that run meanwhile; nobody sees
    /// them.
    Result<DatabasesDiff> diff(Op& op, DiffRequest request);

    // ---- for apps: instances that live until they are dropped here, each named by what it belongs to (app_instances.cpp)
    Result<std::optional<Instance>> find_app_instance(const Op& op, const std::string& name);
    /// Makes `name` a copy of the ref, or an empty cluster without one. One that is there becomes it, and keeps its DSN. With an
    /// origin other than `app` it has the usual time to live.
    Result<Instance> make_app_instance(const Op& op, const std::string& name, const std::optional<std::string>& ref, Origin origin);
    /// A new one with the data that `of` has now; `conflict` when there is one of this name.
    Result<Instance> fork_app_instance(const Op& op, const std::string& of, const std::string& name, Origin origin);
    /// Runs those files that have not run on it, each once and in one transaction; its table ramify.migration says which have.
    /// `invalid` with file and line when one fails, or when one that has run was changed or is gone.
    Result<void> migrate_app_instance(const Op& op, const std::string& name, const std::vector<Migration>& migrations);
    /// Nothing happens when there is none.
    Result<void> drop_app_instance(const Op& op, const std::string& name);
    /// How a program connects that sees the proxy's Unix socket in `socket_dir`.
    Result<Secret> dsn_by_socket(const Op& op, const std::string& name, const std::string& socket_dir);
    /// Where the proxy shall serve programs without a network.
    std::string socket_dir() const;

private:
    friend class InstanceDirectory;
    struct Inside;
    Result<void> run_prepare(Op& op, jobs::Context& job, PrepareId prepare);

    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::databases
