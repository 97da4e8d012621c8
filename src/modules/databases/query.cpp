// The SQL console: statements of a person on an instance, as that person would have them by psql, with limits.
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>

#include "base/text.h"
#include "kernel/secrets/secrets.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int rows_default = 1'000;
constexpr int64_t timeout_ms_default = 30'000;
constexpr size_t cell_bytes_max = 64 << 10;   // longer values are cut, with an ellipsis
constexpr size_t answer_bytes_max = 8 << 20;  // of all rows together
constexpr int64_t databases_max = 1'000;      // of a cluster, that are listed
constexpr size_t results_max = 100;           // statements whose results are shown
constexpr size_t notices_max = 100;           // a loop may raise millions
constexpr size_t notice_bytes_max = 4 << 10;

struct Closing {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Closing>;
using Answered = std::unique_ptr<PGresult, Closing>;

/// The name of a type, for the types that people meet; others by their number.
std::string type_name(Oid oid) {
    switch (oid) {
        case 16:
            return "boolean";
        case 17:
            return "bytea";
        case 20:
            return "bigint";
        case 21:
            return "smallint";
        case 23:
            return "integer";
        case 25:
            return "text";
        case 114:
            return "json";
        case 700:
            return "real";
        case 701:
            return "double precision";
        case 1042:
            return "character";
        case 1043:
            return "character varying";
        case 1082:
            return "date";
        case 1083:
            return "time";
        case 1114:
            return "timestamp";
        case 1184:
            return "timestamptz";
        case 1186:
            return "interval";
        case 1700:
            return "numeric";
        case 2950:
            return "uuid";
        case 3802:
            return "jsonb";
        default:
            return "oid " + std::to_string(oid);
    }
}

std::optional<std::string> part(const PGresult* result, int field) {
    const char* text = PQresultErrorField(result, field);
    return text ? std::optional<std::string>(text) : std::nullopt;
}

Failure failure_of(const PGresult* result, std::string_view sql) {
    Failure failure{.message = part(result, PG_DIAG_MESSAGE_PRIMARY).value_or("the server ended the connection")};
    failure.sqlstate = part(result, PG_DIAG_SQLSTATE);
    failure.detail = part(result, PG_DIAG_MESSAGE_DETAIL);
    failure.hint = part(result, PG_DIAG_MESSAGE_HINT);
    if (auto position = part(result, PG_DIAG_STATEMENT_POSITION)) {
        // In characters from 1, over all statements that were sent.
        int64_t characters = parse_int(*position).value_or(1);
        failure.position = characters;
        int64_t line = 1;
        for (char c : sql) {
            if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && --characters <= 0) break;
            line += c == '\n';
        }
        failure.line = line;
    }
    return failure;
}

/// "NOTICE: text", as libpq hands it to whom `to` points to.
void keep_notice(void* to, const PGresult* result) {
    auto& notices = *static_cast<std::vector<std::string>*>(to);
    if (notices.size() >= notices_max) return;
    std::string text = part(result, PG_DIAG_SEVERITY_NONLOCALIZED).value_or("NOTICE") + ": " +
                       part(result, PG_DIAG_MESSAGE_PRIMARY).value_or("");
    notices.push_back(text.size() > notice_bytes_max ? std::string(utf8_prefix(text, notice_bytes_max)) + "…"
                                                     : std::move(text));
}

/// One row as a JSON array; false when the answer has grown too large for it.
bool add_row(std::string& json, const PGresult* result, int row) {
    if (json.size() > answer_bytes_max) return false;
    json += json.size() > 1 ? ",[" : "[";
    for (int column = 0; column < PQnfields(result); ++column) {
        if (column > 0) json += ',';
        if (PQgetisnull(result, row, column)) {
            json += "null";
            continue;
        }
        std::string_view value(PQgetvalue(result, row, column), size_t(PQgetlength(result, row, column)));
        json::write_string(json, value.size() > cell_bytes_max ? std::string(utf8_prefix(value, cell_bytes_max)) + "…"
                                                               : std::string(value));
    }
    json += ']';
    return true;
}

/// Makes an answer of what libpq gives in single row mode, one piece after the other.
class Results {
public:
    Results(QueryAnswer& answer, std::string_view sql, int rows_max)
        : answer_(answer), sql_(sql), rows_max_(rows_max) {}

    /// False when nothing more is to be read.
    Result<bool> take(const PGresult* result) {
        ExecStatusType status = PQresultStatus(result);
        if ((status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK) && !current_) TRY(open(result));
        switch (status) {
            case PGRES_SINGLE_TUPLE:
                add(result);
                return true;
            case PGRES_TUPLES_OK:
            case PGRES_COMMAND_OK:
                close(result);
                return true;
            case PGRES_COPY_IN:
            case PGRES_COPY_OUT:
            case PGRES_COPY_BOTH:
                answer_.failure = Failure{.message = "COPY to or from the client needs a client; use `ramify db psql`"};
                return false;
            case PGRES_EMPTY_QUERY:
                return true;
            default:
                answer_.failure = failure_of(result, sql_);
                current_ = nullptr;
                rows_ = "[";
                return true;
        }
    }

private:
    Result<void> open(const PGresult* result) {
        if (answer_.results.size() >= results_max)
            return fail(Code::too_large,
                        "more than " + std::to_string(results_max) + " statements at once; send fewer, or use psql");
        current_ = &answer_.results.emplace_back();
        for (int column = 0; column < PQnfields(result); ++column) {
            current_->columns.emplace_back(PQfname(result, column));
            current_->types.push_back(type_name(PQftype(result, column)));
        }
        return {};
    }
    void add(const PGresult* result) {
        bool is_kept = current_->rows_count < rows_max_ && add_row(rows_, result, 0);
        ++current_->rows_count;
        current_->is_truncated |= !is_kept;
    }
    void close(const PGresult* result) {
        if (!current_) current_ = &answer_.results.emplace_back();
        current_->command = PQcmdStatus(const_cast<PGresult*>(result));
        current_->rows.text = rows_ + "]";
        rows_ = "[";
        current_ = nullptr;
    }

    QueryAnswer& answer_;
    std::string_view sql_;
    int rows_max_;
    QueryResult* current_ = nullptr;  // whose rows come
    std::string rows_ = "[";          // its rows so far, as JSON
};

Result<Connection> connect(const std::string& socket_dir, const std::string& database, const Secret& password,
                           bool is_read_only) {
    std::string secret(password.reveal()), port = std::to_string(Cluster::port);
    const char* options = is_read_only ? "-c default_transaction_read_only=on" : "";
    const char* keys[] = {"host",    "port", "user", "password", "dbname", "application_name", "client_encoding",
                          "options", nullptr};
    const char* values[] = {socket_dir.c_str(), port.c_str(), superuser, secret.c_str(), database.c_str(),
                            "ramify console",   "UTF8",       options,   nullptr};
    Connection connection(PQconnectdbParams(keys, values, 0));
    if (PQstatus(connection.get()) != CONNECTION_OK)
        return fail(Code::unavailable,
                    "the instance does not let its own server in; reset it with `ramify db reset`, or drop it",
                    PQerrorMessage(connection.get()));
    return connection;
}

/// As its owner would come by its socket, which asks for a password that nobody knows yet.
Result<Connection> connect_as_owner(const Op& op, Cluster& cluster, const std::string& database,
                                    const std::string& verifier, const Secret& password, bool is_read_only) {
    TRY(cluster.set_password(op, superuser, verifier));
    return connect(cluster.socket_dir(), database, password, is_read_only);
}

/// Those that a person can connect to.
Result<std::vector<ClusterDatabase>> databases_of(const Op& op, Cluster& cluster) {
    Session session = TRY(cluster.session(op));
    auto rows = TRY(session.run(op,
                                "select datname, pg_database_size(oid) from pg_database where datallowconn and not "
                                "datistemplate order by datname limit " +
                                    std::to_string(databases_max)));
    std::vector<ClusterDatabase> databases;
    for (const Session::Row& row : rows)
        databases.push_back({row[0].value_or(""), parse_int(row[1].value_or("")).value_or(0)});
    return databases;
}

/// Why there is no connection to `database`: there may be no such one.
Error refusal_of(const Op& op, Cluster& cluster, const std::string& database, Error error) {
    auto known = databases_of(op, cluster);
    if (!known || std::ranges::find(*known, database, &ClusterDatabase::name) != known->end()) return error;
    return fail(Code::not_found, "the instance has no database \"" + std::string(utf8_prefix(database, 63)) +
                                     "\"; `ramify db databases NAME` lists those it has");
}

/// Waits until the connection has something to read.
Result<void> wait_readable(const Op& op, PGconn* connection, int64_t until_ms) {
    while (true) {
        TRY(op.still_wanted());
        int64_t left_ms = until_ms - steady_ms();
        if (left_ms <= 0)
            return fail(Code::timed_out, "the statements took longer than they may; give them more with timeout_ms");
        pollfd waiting{PQsocket(connection), POLLIN, 0};
        if (::poll(&waiting, 1, int(std::min<int64_t>(left_ms, 100))) > 0) return {};
    }
}

void cancel(PGconn* connection) {
    PGcancel* request = PQgetCancel(connection);
    char message[256];
    if (request) PQcancel(request, message, sizeof message);
    PQfreeCancel(request);
}

/// All results of what was sent.
Result<void> read_results(const Op& op, PGconn* connection, int64_t until_ms, Results& results) {
    while (true) {
        while (PQisBusy(connection)) {
            auto waited = wait_readable(op, connection, until_ms);
            if (!waited) {
                cancel(connection);
                return waited;
            }
            if (!PQconsumeInput(connection))
                return fail(Code::unavailable,
                            "the instance ended the connection; `ramify db show` says whether it still runs",
                            PQerrorMessage(connection));
        }
        Answered result(PQgetResult(connection));
        if (!result) return {};
        if (!TRY(results.take(result.get()))) return {};
    }
}

/// What follows is one statement in a transaction that may change nothing, and that it cannot end and go on after.
Result<void> begin_read_only(const Op& op, PGconn* connection, int64_t until_ms) {
    constexpr const char* sql = "begin transaction read only";
    if (!PQsendQuery(connection, sql))
        return fail(Code::unavailable, "the instance ended the connection; try again", PQerrorMessage(connection));
    QueryAnswer begun;
    Results results(begun, sql, 0);
    TRY(read_results(op, connection, until_ms, results));
    if (begun.failure) return fail(Code::unavailable, "the instance begins no transaction: " + begun.failure->message);
    return {};
}

/// The protocol with parameters takes one statement and no more.
int send_one(PGconn* connection, const QueryInstance& body) {
    std::vector<const char*> values;
    for (const std::string& parameter : body.parameters) values.push_back(parameter.c_str());
    return PQsendQueryParams(connection, body.sql.c_str(), int(values.size()), nullptr, values.data(), nullptr, nullptr,
                             0);
}

}  // namespace

Result<http::Page<ClusterDatabase>> Databases::list_databases(Op& op, std::string name) {
    auto row = TRY(inside_->store.read(op, "databases.show_instance",
                                       [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    SlotPtr slot = inside_->slot_of(row.id, op.organization);
    InUse in_use(slot);
    auto cluster = TRY(inside_->wake(op, slot));
    return http::Page<ClusterDatabase>{TRY(databases_of(op, *cluster)), {}};
}

Result<QueryAnswer> Databases::query_instance(Op& op, std::string name, QueryInstance body) {
    auto row = TRY(inside_->store.read(op, "databases.show_instance",
                                       [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    Secret password = TRY(inside_->store.read(op, "databases.instance_password", [&](store::Tx& tx) {
        return inside_->secrets.get(tx, instance_secret(row.id));
    }));
    SlotPtr slot = inside_->slot_of(row.id, op.organization);
    InUse in_use(slot);
    Op waking = op;
    waking.stop = {};    // a start that has begun is finished
    QueryAnswer answer;  // before the connection, which tells it notices to its end
    Connection connection;
    while (!connection) {
        TRY(op.still_wanted());
        auto cluster = TRY(inside_->wake(waking, slot));
        row.is_full = TRY(inside_->is_still_full(op, slot));
        auto connected = connect_as_owner(op, *cluster, body.database, row.verifier, password, row.is_full);
        if (!connected && inside_->still_runs(slot, cluster))
            return refusal_of(op, *cluster, body.database, std::move(connected).error());
        if (connected) connection = *std::move(connected);  // otherwise a reset took the server away: there is another
    }
    PQsetNoticeReceiver(connection.get(), keep_notice, &answer.notices);
    if (row.is_full) answer.notices.push_back("WARNING: " + *warning_of(row, inside_->options.instance_disk_mb_max));
    int64_t began_ms = steady_ms(), until_ms = began_ms + body.timeout_ms.value_or(timeout_ms_default);
    if (body.is_read_only) TRY(begin_read_only(op, connection.get(), until_ms));
    bool is_one = body.is_read_only || !body.parameters.empty();
    if (!(is_one ? send_one(connection.get(), body) : PQsendQuery(connection.get(), body.sql.c_str())))
        return fail(Code::unavailable, "the instance ended the connection; try again",
                    PQerrorMessage(connection.get()));
    PQsetSingleRowMode(connection.get());
    Results results(answer, body.sql, body.rows_max.value_or(rows_default));
    TRY(read_results(op, connection.get(), until_ms, results));
    answer.ms = steady_ms() - began_ms;
    return answer;
}

}  // namespace ry::databases
