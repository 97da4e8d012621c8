#include "kernel/store/pool.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "kernel/store/sql_state.h"

namespace ry::store {
namespace {

constexpr int64_t reconnect_pause_ms = 50;

}  // namespace

bool pause(const std::stop_token& stop, int64_t ms) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::chrono::milliseconds(ms), [] { return false; });
    return !stop.stop_requested();
}

Pool::Pool(Login login, std::string settings, size_t connections_max, int64_t wait_ms_max)
    : login_(std::move(login)), settings_(std::move(settings)), connections_max_(connections_max), wait_ms_max_(wait_ms_max) {}

Result<Pool::Lease> Pool::lend(const Op& op) {
    TRY(op.still_wanted());
    Deadline deadline = op.deadline.sooner(Deadline::in_ms(wait_ms_max_));
    std::stop_callback wake(op.stop, [this] { state_.change([](State&) {}); });
    auto when = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::max<int64_t>(deadline.left_ms(), 0));
    std::unique_ptr<Connection> connection;
    bool must_open = false;
    auto ready = [&](const State& state) { return !state.idle.empty() || state.open < connections_max_ || op.stop.stop_requested(); };
    bool is_ready = state_.wait_until(when, ready, [&](State& state) {
        if (op.stop.stop_requested()) return;
        if (state.idle.empty()) {
            must_open = true;
            ++state.open;
        } else {
            connection = std::move(state.idle.back());
            state.idle.pop_back();
        }
    });
    TRY(op.still_wanted());
    if (!is_ready) {
        Error busy = fail(Code::unavailable, "the database is busy; try again in a moment", "all " + std::to_string(connections_max_) + " connections are in use");
        busy.retry_after_ms = 1'000;
        return busy;
    }
    if (!must_open && connection->is_usable()) return Lease(*this, std::move(connection));
    connection.reset();
    auto opened = open_patiently(op, deadline);
    if (opened) return Lease(*this, std::move(*opened));
    state_.change([](State& state) { --state.open; });
    return std::move(opened.error());
}

/// PostgreSQL may be restarting: refused connections are tried again until the deadline.
Result<std::unique_ptr<Connection>> Pool::open_patiently(const Op& op, Deadline deadline) {
    for (;;) {
        auto opened = Connection::open(login_, settings_, deadline, op.stop);
        if (opened || opened.error().code != Code::unavailable || deadline.left_ms() < reconnect_pause_ms) return opened;
        if (!pause(op.stop, reconnect_pause_ms)) return op.still_wanted().error();
    }
}

void Pool::give_back(std::unique_ptr<Connection> connection, bool is_clean) {
    std::vector<std::unique_ptr<Connection>> closing;  // outside of the lock
    state_.change([&](State& state) {
        if (is_clean && !connection->is_lost()) return state.idle.push_back(std::move(connection));
        if (connection->is_lost()) std::swap(closing, state.idle);  // its idle siblings most likely broke with it
        closing.push_back(std::move(connection));
        state.open -= closing.size();
    });
}

}  // namespace ry::store
