#include "kernel/store/store.h"

#include "kernel/store/connection.h"
#include "kernel/store/disk_flush.h"
#include "kernel/store/listener.h"
#include "kernel/store/pool.h"
#include "kernel/store/reader.h"
#include "kernel/store/sql_state.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::store {
namespace {

/// A transaction that lost a race, or its connection before the commit was sent, runs again: at most 5 times in all,
/// after 4, 8, 16, 32 ms (and as much again by chance).
constexpr int attempts_max = 5;
constexpr int64_t retry_pause_ms = 4;

/// A transaction that stands still between two statements holds locks: the server ends it.
constexpr std::string_view settings = "-c idle_in_transaction_session_timeout=60000";

constexpr Statement rollback_statement{"store.rollback", "rollback", {}, nullptr};
constexpr Statement ready_statement{"store.ready", "select 1", {}, nullptr};
constexpr int64_t ready_ms_max = 1'000;

int64_t jitter_ms(int64_t up_to) { return int64_t(new_uuid().bytes[15]) * up_to / 255; }

}  // namespace

struct Store::Inside {
    Inside(Endpoint endpoint, Limits given)
        : limits(given),
          app(endpoint.app, std::string(settings), given.app_connections_max, given.connection_wait_ms_max),
          system(endpoint.system, std::string(settings), given.system_connections_max, given.connection_wait_ms_max),
          reader(endpoint.app, given),
          listener(endpoint.app) {}

    Limits limits;
    Pool app;
    Pool system;
    Reader reader;
    Listener listener;
    DiskFlush disk;
    std::function<Result<void>(Tx&, std::string_view)> before_commit;
};

Endpoint endpoint_of_url(std::string url) { return {{url}, {url, "ramify_app"}, {url, "ramify_system"}}; }

Store::Store(Endpoint endpoint, Limits limits) : inside_(std::make_unique<Inside>(std::move(endpoint), limits)) {}
Store::~Store() = default;

void Store::set_before_commit(std::function<Result<void>(Tx&, std::string_view)> f) { inside_->before_commit = std::move(f); }

Result<void> Store::transact(const Op& op, std::string_view name, Kind kind, const std::function<Result<void>(Tx&)>& f) {
    int64_t started_ms = steady_ms();
    for (int attempt_number = 1;; ++attempt_number) {
        bool may_retry = false;
        Result<void> done = attempt(op, name, kind, f, may_retry);
        bool is_last = done || !may_retry || attempt_number == attempts_max;
        int64_t pause_ms = retry_pause_ms << (attempt_number - 1);
        if (!is_last) {
            telemetry::counter("store_retries_total", "Transactions that ran again after a lost race or connection.", "name", name).add();
            is_last = !pause(op.stop, pause_ms + jitter_ms(pause_ms));
        }
        if (!is_last) continue;
        telemetry::histogram_ms("store_transaction_ms", "Time of a transaction, with waiting and retries.", "name", name).observe(double(steady_ms() - started_ms));
        return done;
    }
}

Result<void> Store::attempt(const Op& op, std::string_view name, Kind kind, const std::function<Result<void>(Tx&)>& f, bool& may_retry) {
    bool is_system = kind == Kind::system_read || kind == Kind::system_write;
    bool is_read_only = kind == Kind::read || kind == Kind::system_read;
    Pool::Lease connection = TRY((is_system ? inside_->system : inside_->app).lend(op));
    Tx tx(op, name, is_system, *connection);
    tx.begin(is_read_only, inside_->limits.statement_ms_max);
    Result<void> done = f(tx);
    if (done && tx.failure_) done = *tx.failure_;
    if (done && !is_read_only && inside_->before_commit) done = inside_->before_commit(tx, name);
    if (done && !is_read_only) done = tx.commit();
    if (done) for (auto& run : tx.when_visible_) run();
    if (done && !is_read_only && !tx.is_step()) done = inside_->disk.wait_for(*connection);
    // Also after a commit that failed: what follows a failed statement in a batch, the commit too, was not run.
    if ((is_read_only || !done) && !connection->is_lost()) {
        connection->send(rollback_statement, {});
        connection->finish_later();
    }
    if (!done && connection->lost_a_race()) may_retry = true;
    if (!done && connection->is_lost()) {
        may_retry |= !tx.commit_sent_;
        if (!may_retry) done.error().message = "the connection to the database broke while saving; read again to see whether it was saved";
    }
    connection.end(true);
    if (done) for (auto& run : tx.after_commit_) run();
    return done;
}

void Store::read_async(const ReadContext& context, const Statement& statement, Parameters parameters, std::function<void(Result<Rows>)> done) {
    inside_->reader.read(context, statement, std::move(parameters), std::move(done));
}

void Store::listen(std::string channel, std::function<void(const Notification&)> f) { inside_->listener.listen(std::move(channel), std::move(f)); }

Result<void> Store::ready() {
    Op op = server_op("ready");
    op.deadline = Deadline::in_ms(ready_ms_max);
    return read(op, "store.ready", [](Tx& tx) -> Result<void> {
        TRY(tx.execute(ready_statement, {}));
        return {};
    });
}

}  // namespace ry::store
