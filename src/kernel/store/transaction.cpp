// One transaction on one connection: begin and the tenant's settings travel with the first statement, commit with the
// last queued ones.
#include <algorithm>

#include "base/check.h"
#include "kernel/store/connection.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::store {
namespace {

constexpr Statement begin_write{"store.begin", "begin", {}, nullptr};
constexpr Statement begin_read{"store.begin_read", "begin isolation level repeatable read read only", {}, nullptr};
constexpr Statement commit_statement{"store.commit", "commit", {}, nullptr};
constexpr Statement notify_statement{"store.notify", "select pg_notify($1, $2)", {}, nullptr};
constexpr Statement read_settings{
    "store.read_settings",
    "select set_config('ramify.organization_id', $1, true), set_config('ramify.user_id', $2, true),"
    " set_config('ramify.request_id', $3, true), set_config('ramify.action', $4, true), set_config('statement_timeout', $5, true)",
    {}, nullptr};
/// A commit does not wait for the disk: disk_flush.h says who does. What a transaction writes it finds by key, so one plan does for all arguments.
constexpr Statement write_settings{
    "store.write_settings",
    "select set_config('ramify.organization_id', $1, true), set_config('ramify.user_id', $2, true),"
    " set_config('ramify.request_id', $3, true), set_config('ramify.action', $4, true), set_config('statement_timeout', $5, true),"
    " set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)",
    {}, nullptr};

/// The server ends a statement at its own timeout; this is for a server that does not.
constexpr int64_t answer_ms_max = 60'000;
/// A commit is not given up at the Op's deadline: whether it happened would be unknown.
constexpr int64_t commit_ms_max = 20'000;

/// A statement that takes longer is logged.
constexpr int64_t slow_ms = 1'000;

Error with_zero_byte() { return fail(Code::invalid, "a text contains the character U+0000, which cannot be stored; remove it"); }

template <class I>
std::string uuid_or_nothing(const I& id) { return id.is_nil() ? std::string() : uuid_text(id.uuid); }

}  // namespace

Tx::Tx(const Op& op, std::string_view name, bool is_system, Connection& connection)
    : op_(op), name_(name), is_system_(is_system), connection_(connection) {}

void Tx::begin(bool is_read_only, int64_t statement_ms_max) {
    connection_.send(is_read_only ? begin_read : begin_write, {});
    Parameters settings;
    settings.add(uuid_or_nothing(op_.organization));
    settings.add(uuid_or_nothing(op_.actor.user));
    settings.add(op_.request_id);
    settings.add(name_);
    settings.add(std::to_string(std::max<int64_t>(1, std::min(op_.deadline.left_ms(), statement_ms_max))));
    connection_.send(is_read_only ? read_settings : write_settings, settings);
}

Result<Rows> Tx::execute(const Statement& statement, const Parameters& parameters) {
    return rows_of(ask_statement(statement, parameters));
}

void Tx::queue_statement(const Statement& statement, const Parameters& parameters) { send(statement, parameters, 0); }

size_t Tx::ask_statement(const Statement& statement, const Parameters& parameters) {
    asked_.push_back({&statement, {}});
    send(statement, parameters, asked_.size());
    return asked_.size() - 1;
}

void Tx::send(const Statement& statement, const Parameters& parameters, uint64_t tag) {
    if (failure_) return;
    if (auto wanted = op_.still_wanted(); !wanted) failure_ = std::move(wanted.error());
    else if (parameters.has_zero_byte()) failure_ = with_zero_byte();
    else connection_.send(statement, parameters, tag);
}

Result<Rows> Tx::rows_of(size_t index) {
    Asked& asked = asked_[index];
    if (!failure_ && !asked.rows) {
        int64_t started_ms = steady_ms();
        auto done = connection_.finish(op_.deadline.sooner(Deadline::in_ms(answer_ms_max)), op_.stop,
                                       [this](uint64_t tag, Rows rows) { asked_[tag - 1].rows = std::move(rows); });
        if (int64_t took_ms = steady_ms() - started_ms; took_ms >= slow_ms)
            telemetry::log(telemetry::Level::warning, "slow_statement",
                           {{"statement", std::string(asked.statement->name)}, {"ms", std::to_string(took_ms)}, {"request_id", op_.request_id}});
        if (!done) failure_ = done.error();
    }
    if (failure_) return *failure_;
    ENSURE(asked.rows.has_value());  // an answer is taken once
    return *std::exchange(asked.rows, std::nullopt);
}

void Tx::after_commit(std::function<void()> f) { after_commit_.push_back(std::move(f)); }

void Tx::when_visible(std::function<void()> f) { when_visible_.push_back(std::move(f)); }

void Tx::notify(std::string_view channel, std::string_view payload) {
    Parameters parameters;
    parameters.add(channel);
    parameters.add(payload);
    queue_statement(notify_statement, parameters);
}

Result<void> Tx::commit() {
    if (failure_) return *failure_;
    commit_sent_ = true;
    connection_.send(commit_statement, {});
    TRY(connection_.finish(Deadline::in_ms(commit_ms_max), {}));
    if (connection_.last_command() != "COMMIT")
        return fail(Code::bug, "something went wrong in the server; report this with the request id", std::string(name_) + ": the commit ended as " + connection_.last_command());
    return {};
}

Error Tx::no_single_row(const Statement& statement, size_t rows, std::string_view absent) {
    std::string cause = std::string(statement.name) + " returned " + std::to_string(rows) + " rows";
    if (rows == 0 && !absent.empty()) return fail(Code::not_found, std::string(absent), std::move(cause));
    return fail(Code::bug, "something went wrong in the server; report this with the request id", std::move(cause));
}

}  // namespace ry::store
