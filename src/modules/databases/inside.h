#pragma once
// Inside: what the service keeps in memory, and what its files do for each other.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "base/guarded.h"
#include "kernel/blob/blob.h"
#include "kernel/jobs/jobs.h"
#include "kernel/states/states.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "modules/databases/clock_watch.h"
#include "modules/databases/databases.h"
#include "modules/databases/liquibase_plan.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/postgres/images.h"
#include "modules/databases/proxy/proxy.h"
#include "modules/databases/rows.h"
#include "modules/databases/script/state_key.h"
#include "modules/databases/token_sessions.h"
#include "modules/databases/warm_pool.h"

namespace ry::databases {

/// The first and the last id whose text begins so; absent when there can be none.
template <class AnyId>
std::optional<std::pair<AnyId, AnyId>> ids_beginning(const std::string& text) {
    constexpr size_t text_bytes = AnyId::prefix.size() + 1 + 26;
    if (text.size() > text_bytes) return {};
    std::string missing(text_bytes - text.size(), '0');
    auto first = AnyId::parse(text + missing);
    std::ranges::fill(missing, 'z');
    auto last = AnyId::parse(text + missing);
    if (!first || !last) return {};
    return std::pair(*first, *last);
}

constexpr int64_t candidates_max = 10;  // of a beginning that is ambiguous, named to the person

/// An instance that runs, or could. Its directory lies at `dir`, as a clone of its state.
struct Slot {
    struct State {
        std::shared_ptr<Cluster> cluster;  // null: nothing runs
        int connections = 0;
        int64_t used_ms = 0;   // steady_ms() of the last use
        bool is_busy = false;  // somebody starts, stops or replaces it; others wait
        bool is_gone = false;
        std::string ended_because;  // of a cluster that ended by itself
        bool is_full = false;       // as its row says
        int64_t measured_ms = 0;    // when its growth was looked at last
        int64_t state_bytes = -1;   // what its state takes on the disk; -1: not measured yet
    };
    Slot(InstanceId instance, OrganizationId of, std::string at, std::string sockets)
        : id(instance), organization(of), dir(std::move(at)), socket_dir(std::move(sockets)) {}
    const InstanceId id;
    const OrganizationId organization;
    const std::string dir, socket_dir;
    Guarded<State> state;
};
using SlotPtr = std::shared_ptr<Slot>;

/// Who may change what runs in a slot, alone, while it lives.
class Busy {
public:
    explicit Busy(SlotPtr slot) : slot_(std::move(slot)) {}
    Busy(Busy&&) = default;
    Busy& operator=(Busy&&) = delete;
    ~Busy() {
        if (slot_) slot_->state.change([](Slot::State& state) { state.is_busy = false; });
    }
    Slot& operator*() const { return *slot_; }
    Slot* operator->() const { return slot_.get(); }

private:
    SlotPtr slot_;
};

/// A connection, or what counts as one: it keeps an instance from falling asleep.
class InUse {
public:
    explicit InUse(SlotPtr slot) : slot_(std::move(slot)) {
        slot_->state.with([](Slot::State& state) { ++state.connections; });
    }
    ~InUse() {
        slot_->state.with([](Slot::State& state) {
            --state.connections;
            state.used_ms = steady_ms();
        });
    }
    InUse(const InUse&) = delete;

private:
    SlotPtr slot_;
};

/// A running copy of a state or an instance that has no row yet.
struct Copy {
    SlotPtr slot;
    Secret password;
    std::string verifier = {};
};

/// One that is kept ready.
struct WarmCopy {
    WarmKey key;
    Copy copy;
};

/// What the row of a copy says.
struct Entry {
    std::string state_id, image;
    Origin origin = Origin::prepare;
    std::optional<std::string> name = {};
    std::optional<InstanceId> parent_id = {};
    int64_t ttl_ms = ttl_ms_default;
    std::optional<int64_t> lease_ms = {};
};

/// A step with the key of the state that it makes.
struct Link {
    std::string state_id;
    std::string title;                        ///< for a person: "-f schema.sql"
    std::string outline;                      ///< what stays the same when only contents change
    Json step{"{}"};                          ///< as Step is written, for explanations
    std::optional<StateRow> built;            ///< when the state is there
    size_t of_step = 0;                       ///< which step of the request it is, or is of
    std::optional<ChangesetPlace> changeset;  ///< of a Liquibase update
};

/// What was asked for, resolved: nothing is started for it.
struct Chain {
    PostgresImage image;
    std::string base_id;  ///< where it begins: the base's or another state's
    bool is_base_built = false;
    bool begins_with_base = true;
    std::vector<Link> links;
    std::vector<std::string> warnings;
    bool is_planned = true;  ///< false: Liquibase must be asked first what an update runs; the links end before it
    const std::string& last_id() const { return links.empty() ? base_id : links.back().state_id; }
    /// How many links from the front need no work: all up to the last that is there. (One before it may be missing: it
    /// was evicted, or was never run, as a changeset whose precondition says so.)
    size_t built_count() const;
    bool is_cached() const { return is_planned && is_base_built && built_count() == links.size(); }
};

/// Of an organization, what has changed that its followers have not heard of.
struct Changes {
    std::set<InstanceId> instances = {};
    std::set<PrepareId> prepares = {};
    std::set<DatabaseRunId> runs = {};
};

/// Whether Liquibase may be started to see what an update runs. A kept plan needs no program.
enum class Planning { kept_only, allowed };

struct Databases::Inside {
    Inside(store::Store& store_, stream::Hub& hub_, jobs::Jobs& jobs_, sandbox::Sandbox& sandbox_,
           states::States& states_, secrets::Secrets& secrets_, TokenSignIn& tokens_, DatabasesOptions options_);
    ~Inside();

    store::Store& store;
    stream::Hub& hub;
    jobs::Jobs& jobs;
    sandbox::Sandbox& sandbox;
    states::States& states;
    secrets::Secrets& secrets;
    TokenSignIn& tokens;
    const DatabasesOptions options;
    Images images;
    std::unique_ptr<Clusters> clusters;  // from begin() on; null where no sandbox works
    std::atomic<uint16_t> port = 0;
    std::atomic<int64_t> hits = 0, misses = 0, saved_ms = 0;
    Guarded<std::map<InstanceId, SlotPtr>> slots;
    Guarded<std::set<std::string>> building;      // trees that somebody is making
    Guarded<std::vector<OwnedInstance>> dropped;  // for the tender: forks whose one connection has ended, drops of unknown outcome
    Guarded<std::map<OrganizationId, Changes>> changed;  // for the teller
    Guarded<WarmPool<WarmCopy>> warm;
    Guarded<std::map<OrganizationId, std::string>> usual_start_up;  // the packet of its latest client
    std::atomic<int> copies_being_made = 0;  // that somebody waits for
    TokenSessions token_sessions;
    std::unique_ptr<Directory> directory;
    std::jthread tender;
    std::jthread teller;
    std::jthread warmer;

    // ---- chain.cpp: from what is asked for to states
    Result<Chain> chain_of(const Op& op, const PrepareRequest& request, Planning planning);
    static script::StepIngredients ingredients_of(const Step& step, int tool_major);
    Result<PostgresImage> newest_image(const Op& op);
    Result<StateRow> row_of(const Op& op, const Chain& chain);
    /// The tree of a state, a base's too; absent when it is not there.
    Result<std::optional<states::Pin>> find_tree(const Op& op, const std::string& state_id);
    Result<std::string> explain(store::Tx& tx, const Chain& chain, size_t at);
    /// By id, by a unique beginning of it, or by ref.
    Result<StateRow> state_named(store::Tx& tx, const std::string& name);
    /// The name of a state's tree in the state store.
    static std::string tree_of(OrganizationId organization, const std::string& state_id);

    // ---- build_liquibase.cpp
    class Update;
    struct Workshop;
    struct FoundTool {
        std::optional<liquibase::Tool> tool;
        std::filesystem::file_time_type stamp = {};  // of its own jar: another one is looked at again
    };
    Guarded<FoundTool> found_tool;
    Result<liquibase::Tool> liquibase_tool();
    /// Absent when there is none yet and none may be made. Making one takes a second or two.
    Result<std::optional<LiquibasePlan>> liquibase_plan(const Op& op, const PostgresImage& image, const Step& step,
                                                        Planning planning);
    /// The links [first, end), which are of one step.
    Result<void> update_with_liquibase(Op& op, jobs::Context& job, PrepareRow& row, const Step& step, Chain& chain,
                                       Workshop& workshop, size_t first, size_t end, Failure& failure);

    // ---- build.cpp: states that are not there yet
    class StepLog;
    class ReadyStep;
    Result<void> build(Op& op, jobs::Context& job, PrepareRow& row, const PrepareRequest& request, Chain& chain,
                       Failure& failure);
    /// `with_steps`: all of them are written too, which is much when there are thousands.
    Result<void> tell_step(jobs::Context& job, PrepareRow& row, size_t at, std::string_view type,
                           bool with_steps = true);
    Result<void> keep_state(const Op& op, const Chain& chain, const std::string& id, std::optional<std::string> parent,
                            const Link& link, StateKind kind);
    Result<states::Pin> base(const Op& op, const PostgresImage& image, const std::string& base_id);
    Result<blob::Store> blobs(OrganizationId organization);
    Result<void> check_inputs(const Op& op, const PrepareRequest& request);

    // ---- deterministic.cpp
    /// Fails with the first thing in psql's scripts that may come out differently another time. Reads all of them.
    Result<void> check_deterministic(const Op& op, const PrepareRequest& request, const Chain& chain);
    /// What of the chain may come out differently another time, as far as its scripts are here and are not large.
    Result<std::vector<std::string>> warnings_of(const Op& op, const PrepareRequest& request, const Chain& chain);

    // ---- diff.cpp
    class DiffSide;

    // ---- states.cpp
    Result<void> release(const Op& op, const std::string& state_id);

    // ---- removals.cpp
    int connections_of(InstanceId id);
    Result<Removal> removal_of(const Op& op, const Remove& body);
    Result<void> carry_out(Op& op, const Removal& removal);
    Result<void> forget_state(const Op& op, const std::string& id);

    // ---- prepare.cpp
    Result<std::vector<StepShown>> steps_explained(store::Tx& tx, const Chain& chain);
    /// The process of the last attempt died, or the job was cancelled before it ran.
    Result<void> give_up(store::Tx& tx, const jobs::Job& job, PrepareId id);
    Result<void> end_prepare(Op& op, jobs::Context& job, PrepareRow& row, PrepareStatus status,
                             std::optional<InstanceId> instance, std::optional<std::string> state,
                             std::optional<Failure> failure);

    // ---- instances.cpp, instance_running.cpp
    /// What the caller adds to the transaction that makes an instance.
    using Along = std::function<Result<void>(store::Tx& tx, const InstanceRow& row, const Secret& password)>;
    SlotPtr slot_of(InstanceId id, OrganizationId organization);
    SlotPtr fresh_slot(OrganizationId organization) const;
    std::string instance_dir(InstanceId id) const;
    std::string socket_dir(InstanceId id) const;
    Result<Busy> take(const Op& op, const SlotPtr& slot);
    Result<InstanceRow> instance_named(store::Tx& tx, const std::string& name);
    /// A new instance of a state, running.
    Result<InstanceRow> hand_out(const Op& op, const StateRow& state, Origin origin, std::optional<std::string> name,
                                 std::optional<int64_t> ttl_ms, std::optional<int64_t> lease_ms,
                                 const Along& along = {});
    /// The same for a prepare: a name that there is already is switched to the state.
    Result<InstanceRow> hand_out_named(const Op& op, const StateRow& state, const PrepareRequest& request,
                                       const Along& along = {});
    Result<Copy> make_copy_for_somebody(const Op& op, const StateRow& state, Origin origin);
    Result<Copy> make_copy(const Op& op, const StateRow& state, Origin origin);
    Result<InstanceRow> enter(const Op& op, const Copy& copy, const Entry& entry, const Along& along = {});
    Result<bool> has_row(const Op& op, InstanceId id);
    void note_start_up(OrganizationId organization, const std::string& start_up);
    void expect_client(const SlotPtr& slot);
    void discard(const SlotPtr& slot);
    Result<void> clone(const Op& op, const states::Pin& pin, const std::string& dir, Origin origin);
    /// The running cluster of an instance, started when it sleeps.
    Result<std::shared_ptr<Cluster>> wake(const Op& op, const SlotPtr& slot);
    /// False once somebody replaced `cluster`, stopped it, or is about to; then wake() has the one that is there
    /// instead.
    static bool still_runs(const SlotPtr& slot, const std::shared_ptr<Cluster>& cluster);
    Result<void> start(const Op& op, const SlotPtr& slot, const std::string& image, Origin origin);
    Result<void> put_to_sleep(const Op& op, const SlotPtr& slot);
    Result<InstanceRow> replace(const Op& op, const InstanceRow& row, const StateRow& state);
    /// Fills the directory of an instance with its state, and starts it with its password.
    Result<void> begin_anew(const Op& op, const SlotPtr& slot, const InstanceRow& row);
    Result<InstanceRow> fork(const Op& op, const InstanceRow& of, std::optional<std::string> name,
                             std::optional<int64_t> ttl_ms, Origin origin);
    Result<void> drop(const Op& op, InstanceId id);
    Result<void> set_status(const Op& op, InstanceId id, InstanceStatus status, std::optional<std::string> error);
    Result<void> make_room(const Op& op);
    void tend(std::stop_token stop);
    Result<void> follow_clock(ClockWatch& clock);

    // ---- warnings.cpp
    /// Tells, once, of each instance whose time is nearly over.
    void warn_of_expiry();
    int64_t full_bytes() const;
    int64_t closed_bytes() const;
    /// How much more than its state an instance takes on the disk: a walk of its directory, some ms. It must be
    /// attached.
    Result<int64_t> grown_bytes(const Op& op, const SlotPtr& slot);
    /// Writes down, and tells, when the instance became full or has room again.
    Result<void> note_growth(const Op& op, const SlotPtr& slot, int64_t bytes);
    /// Whether sessions must begin read only. `over_quota` when there must be none at all. Walks only what was full
    /// before.
    Result<bool> is_still_full(const Op& op, const SlotPtr& slot);
    Result<void> look_at_growth(const SlotPtr& slot, const std::shared_ptr<Cluster>& cluster);
    /// Of those in use, the ones that were not looked at for longest. The tender's.
    void look_at_growth();
    int64_t growth_from_ms = 0;  // of the tender alone: nothing is looked at before

    // ---- warm.cpp: copies that stand ready
    std::optional<Copy> take_warm(const Op& op, const StateRow& state);
    void forget_warm(const WarmKey& key);
    void forget_warm_of(OrganizationId organization);
    bool end_a_warm_copy();
    bool give_up_warm_copies();
    void keep_warm(std::stop_token stop);
    bool make_warm(const WarmState& wanted);
    int running_count();

    // ---- changes.cpp: who looks at lists hears that they changed
    /// After the commit. They cost nothing that anybody waits for.
    void instance_changed(OrganizationId organization, InstanceId id);
    void prepare_changed(OrganizationId organization, PrepareId id);
    void run_changed(OrganizationId organization, DatabaseRunId id);
    Result<void> write_changes(store::Tx& tx, OrganizationId organization, const Changes& changes);
    void tell_changes(std::stop_token stop);

    // ---- instance_requests.cpp: what is shown
    Instance shown(const InstanceRow& row, const Secret* password) const;
    Result<Instance> shown_with_dsn(const Op& op, const InstanceRow& row);
};

/// An Op of the server, in the organization of what it is done for.
Op background_op(OrganizationId organization, int64_t ms);
Error no_clusters();
Error dropped_meanwhile();
/// The database of an app's branch, whose data nobody can make again. The others are copies for a while.
bool is_lasting(Origin origin);
/// In the log, of an instance.
void warn(std::string_view what, InstanceId id, const Error& error);
std::optional<UserId> author_of(const Op& op);
std::string instance_secret(InstanceId id);
std::string stream_of(PrepareId id);
std::string stream_of(OrganizationId id);  ///< of its instances
/// What a person is told of it now; absent when there is nothing.
std::optional<std::string> warning_of(const InstanceRow& row, int64_t disk_mb_max);

}  // namespace ry::databases
