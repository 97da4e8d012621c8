#include "kernel/store/connection.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "kernel/store/sql_state.h"

namespace ry::store {
namespace {

/// How long the server has to confirm a cancel before the connection is given up.
constexpr int64_t cancel_ms_max = 2'000;

std::string statement_name(uint64_t hash) {
    char name[24];
    std::snprintf(name, sizeof name, "s%016llx", static_cast<unsigned long long>(hash));
    return name;
}

void poll_once(int socket, short events, int wake_fd, Deadline deadline) {
    pollfd fds[] = {{socket, events, 0}, {wake_fd, POLLIN, 0}};
    int64_t left_ms = std::clamp<int64_t>(deadline.left_ms(), 0, 60'000);
    poll(fds, wake_fd < 0 ? 1 : 2, int(left_ms));
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const Login& login, std::string_view settings, Deadline deadline, std::stop_token stop) {
    std::string options = "-c timezone=UTC -c datestyle=ISO -c bytea_output=hex " + std::string(settings);
    if (!login.role.empty()) options += " -c role=" + login.role;
    const char* names[] = {"dbname", "options", "client_encoding", "application_name", nullptr};
    const char* values[] = {login.conninfo.c_str(), options.c_str(), "UTF8", "ramify", nullptr};
    std::unique_ptr<Connection> made(new Connection(PQconnectStartParams(names, values, 1)));
    PGconn* connection = made->connection_;
    if (!connection) return database_away("out of memory");
    PQsetNoticeReceiver(connection, [](void*, const PGresult*) {}, nullptr);
    for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK; step = PQconnectPoll(connection)) {
        if (PQstatus(connection) == CONNECTION_BAD || step == PGRES_POLLING_FAILED) return database_away(PQerrorMessage(connection));
        if (deadline.passed()) return database_away("no connection before the deadline");
        if (stop.stop_requested()) return fail(Code::cancelled, "the operation was cancelled");
        poll_once(PQsocket(connection), step == PGRES_POLLING_READING ? POLLIN : POLLOUT, -1, deadline.sooner(Deadline::in_ms(200)));
    }
    if (PQsetnonblocking(connection, 1) != 0 || PQenterPipelineMode(connection) != 1) return database_away(PQerrorMessage(connection));
    return made;
}

Connection::Connection(pg_conn* connection) : connection_(connection), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Connection::~Connection() {
    PQfinish(connection_);
    close(wake_fd_);
}

int Connection::socket() const { return PQsocket(connection_); }

short Connection::events() const { return is_flushed_ ? POLLIN : POLLIN | POLLOUT; }

void Connection::lose(std::string cause) {
    if (!is_lost_) lost_cause_ = std::move(cause);
    is_lost_ = true;
}

void Connection::send(const Statement& statement, const Parameters& parameters, uint64_t tag) {
    if (is_lost_) return;
    uint64_t hash = std::hash<std::string_view>()(statement.text);
    std::string name = statement_name(hash);
    if (prepared_.try_emplace(hash, false).second) {
        std::string text(statement.text);
        if (!PQsendPrepare(connection_, name.c_str(), text.c_str(), 0, nullptr)) return lose(PQerrorMessage(connection_));
        expected_.push_back({Expected::Kind::prepare, tag, hash, statement.name});
    }
    auto values = parameters.pointers();
    if (!PQsendQueryPrepared(connection_, name.c_str(), int(values.size()), values.data(), nullptr, nullptr, 0))
        return lose(PQerrorMessage(connection_));
    expected_.push_back({Expected::Kind::statement, tag, hash, statement.name});
    is_flushed_ = false;
}

void Connection::sync() {
    if (is_lost_) return;
    if (!PQpipelineSync(connection_)) return lose(PQerrorMessage(connection_));
    expected_.push_back({Expected::Kind::sync});
    is_flushed_ = false;
}

bool Connection::flush() {
    if (is_lost_) return false;
    int left = PQflush(connection_);
    if (left < 0) lose(PQerrorMessage(connection_));
    is_flushed_ = left == 0;
    return is_flushed_;
}

bool Connection::receive() {
    if (!is_lost_ && !PQconsumeInput(connection_)) lose(PQerrorMessage(connection_));
    return !is_lost_;
}

bool Connection::is_usable() {
    for (int i = 0; i < 2 && !is_lost_; ++i) {  // a server that ends a session sends a last word, then the end of the stream
        pollfd arrived{socket(), POLLIN, 0};
        if (poll(&arrived, 1, 0) <= 0) break;
        receive();
        while (next()) {
        }
    }
    return !is_lost_;
}

std::optional<Answer> Connection::next() {
    while (!is_lost_ && !expected_.empty() && !PQisBusy(connection_)) {
        PGresult* result = PQgetResult(connection_);
        if (PQstatus(connection_) == CONNECTION_BAD) {
            PQclear(result);
            lose(PQerrorMessage(connection_));
            return {};
        }
        if (!result) continue;  // the end of one statement's results
        Expected expected = std::move(expected_.front());
        expected_.pop_front();
        if (auto answer = answer_for(std::move(expected), result)) return answer;
    }
    return {};
}

std::optional<std::pair<std::string, std::string>> Connection::next_notification() {
    PGnotify* heard = PQnotifies(connection_);
    if (!heard) return {};
    std::pair<std::string, std::string> notification{heard->relname, heard->extra};
    PQfreemem(heard);
    return notification;
}

/// The meaning of one result; absent when it is of no interest (a prepare, or answers that nobody waits for).
std::optional<Answer> Connection::answer_for(Expected expected, pg_result* result) {
    Rows rows(result);
    auto status = PQresultStatus(result);
    bool worked = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    std::optional<Error> error = std::move(expected.error);
    if (status == PGRES_FATAL_ERROR) {
        error = error_of(result, expected.name);
        const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        lost_a_race_ = state && is_worth_a_retry(state);
        if (state && ends_the_session(state)) lose(error->cause);
    }
    switch (expected.kind) {
        case Expected::Kind::prepare:
            if (worked) prepared_[expected.hash] = true;
            else prepared_.erase(expected.hash);
            if (error && !expected_.empty()) expected_.front().error = std::move(error);
            return {};
        case Expected::Kind::sync:
            if (expected.is_dropped) return {};
            return Answer{Answer::Kind::synced};
        case Expected::Kind::statement: break;
    }
    if (expected.is_dropped) return {};
    if (worked) {
        last_command_ = PQcmdStatus(result);
        return Answer{Answer::Kind::rows, expected.tag, std::move(rows)};
    }
    if (error) return Answer{Answer::Kind::failed, expected.tag, {}, std::move(error)};
    return Answer{Answer::Kind::aborted, expected.tag};
}

void Connection::cancel() {
    PGcancel* request = PQgetCancel(connection_);
    char why_not[256];
    PQcancel(request, why_not, sizeof why_not);
    PQfreeCancel(request);
}

bool Connection::wait(Deadline deadline, const std::stop_token& stop) {
    std::stop_callback wake(stop, [this] { eventfd_write(wake_fd_, 1); });
    poll_once(socket(), events(), wake_fd_, deadline);
    eventfd_t drained;
    eventfd_read(wake_fd_, &drained);
    return !deadline.passed() && !stop.stop_requested();
}

Result<Rows> Connection::finish(Deadline deadline, const std::stop_token& stop, const std::function<void(uint64_t, Rows)>& take) {
    lost_a_race_ = false;
    sync();
    std::optional<Rows> last;
    std::optional<Error> first_error;
    bool was_cancelled = false;
    flush();
    while (!is_lost_ && is_waiting()) {
        if (auto answer = next()) {
            if (answer->rows && take && answer->tag) take(answer->tag, std::move(*answer->rows));
            else if (answer->rows) last = std::move(answer->rows);
            if (answer->error && !first_error) first_error = std::move(answer->error);
            continue;
        }
        if (is_lost_ || !is_waiting()) break;
        if (!wait(deadline, was_cancelled ? std::stop_token() : stop)) {
            if (was_cancelled) lose("no answer to a cancel request");
            else cancel();
            was_cancelled = true;
            deadline = Deadline::in_ms(cancel_ms_max);
        }
        if (!is_flushed_) flush();
        receive();
    }
    if (was_cancelled && stop.stop_requested()) return fail(Code::cancelled, "the operation was cancelled");
    if (first_error) return std::move(*first_error);
    if (is_lost_) return database_away(lost_cause_);
    if (!last) return Rows(nullptr);
    return std::move(*last);
}

Result<void> Connection::run_script(const std::string& text) {
    PQexitPipelineMode(connection_);
    PQsetnonblocking(connection_, 0);
    PGresult* result = PQexec(connection_, text.c_str());
    std::optional<Error> error;
    if (auto status = PQresultStatus(result); status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        error = error_of(result, "script");
        if (const char* position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION))
            error->cause += " at character " + std::string(position);
    }
    PQclear(result);
    PQsetnonblocking(connection_, 1);
    PQenterPipelineMode(connection_);
    if (error) return std::move(*error);
    return {};
}

void Connection::finish_later() {
    sync();
    flush();
    for (Expected& expected : expected_) expected.is_dropped = true;
}

}  // namespace ry::store
