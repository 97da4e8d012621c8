#include "kernel/store/disk_flush.h"

#include <chrono>

#include "kernel/store/sql_state.h"

namespace ry::store {
namespace {

/// A transaction of its own that waits for the disk, and with it for all that was committed before; nothing when there is nothing to wait for.
constexpr Statement flush_statement{
    "store.flush",
    "select case when pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn() then pg_logical_emit_message(true, 'ramify', '') end",
    {}, nullptr};
/// As of a commit: it is not given up at the Op's deadline.
constexpr int64_t flush_ms_max = 20'000;

}  // namespace

Result<void> DiskFlush::wait_for(Connection& connection) {
    Deadline deadline = Deadline::in_ms(flush_ms_max);
    auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(flush_ms_max);
    int64_t mine = state_.with([](State& state) { return state.begun + 1; });  // the first that begins after our commit
    bool leads = false;
    bool in_time = state_.wait_until(until, [&](const State& state) { return state.ended >= mine || !state.is_running; }, [&](State& state) {
        if (state.ended >= mine) return;
        leads = state.is_running = true;
        ++state.begun;
    });
    if (!in_time) return database_away("no flush within " + std::to_string(flush_ms_max) + " ms");
    if (!leads) {
        // The flush was of this PostgreSQL, and not of one that was started again after a crash: our connection lives on.
        if (!connection.is_usable()) return database_away("the connection broke before its commit was on disk");
        return {};
    }
    connection.send(flush_statement, {});
    Result<Rows> flushed = connection.finish(deadline, {});
    state_.change([&](State& state) {
        state.is_running = false;
        if (flushed) state.ended = state.begun;  // else each of the others tries for itself
    });
    if (!flushed) return std::move(flushed).error();
    return {};
}

}  // namespace ry::store
