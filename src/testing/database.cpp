#include "testing/database.h"

#include <libpq-fe.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>

#include "kernel/store/embedded.h"
#include "kernel/store/extension.h"

namespace ry::testing {
namespace {

namespace fs = std::filesystem;

void must(bool is_true, const std::string& what) {
    if (!is_true) throw std::runtime_error(what);
}

/// A plain blocking session; the first column of all rows, joined by line ends.
class Session {
public:
    explicit Session(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
        must(PQstatus(connection_) == CONNECTION_OK, PQerrorMessage(connection_));
        PQsetNoticeReceiver(connection_, [](void*, const PGresult*) {}, nullptr);
    }
    ~Session() { PQfinish(connection_); }
    Session(const Session&) = delete;

    std::string run(const std::string& sql) {
        std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_, sql.c_str()), PQclear);
        auto status = PQresultStatus(result.get());
        must(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY, PQresultErrorMessage(result.get()) + sql);
        std::string text;
        for (int row = 0; row < PQntuples(result.get()); ++row) text += (row ? "\n" : "") + std::string(PQgetvalue(result.get(), row, 0));
        return text;
    }
    PGconn* get() { return connection_; }

private:
    PGconn* connection_;
};

constexpr std::string_view data_dir_prefix = "ramify_test_";

/// In memory where there is room (a database then takes 50 ms on a busy machine instead of 300), else in /tmp. The name
/// carries our process, and what processes that have crashed left in memory is removed.
std::string fresh_data_dir() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/dev/shm", error)) {
        std::string name = entry.path().filename();
        pid_t pid = name.starts_with(data_dir_prefix) ? std::atoi(name.c_str() + data_dir_prefix.size()) : 0;
        if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), error);
    }
    constexpr uintmax_t room_bytes_min = 1 << 30;  // a cluster takes 60 MB, a database 8 MB
    bool has_room = fs::space("/dev/shm", error).available >= room_bytes_min && !error;
    std::string dir = (has_room ? "/dev/shm/" : "/tmp/") + std::string(data_dir_prefix) + std::to_string(getpid()) + "_XXXXXX";
    must(mkdtemp(dir.data()) != nullptr, "no temporary directory in " + dir);
    return dir;
}

/// PostgreSQL of this process, or the shared one of the test run.
class Server {
public:
    Server() {
        if (const char* shared = std::getenv("RAMIFY_TEST_DATABASE")) {
            socket_dir_ = shared;
            return;
        }
        data_dir_ = fresh_data_dir();
        auto started = store::Embedded::start({.data_dir = data_dir_, .is_durable = false});
        must(started.has_value(), started ? "" : started.error().message + "\n" + started.error().cause);
        embedded_ = std::move(*started);
        socket_dir_ = embedded_->socket_dir();
    }
    ~Server() {
        embedded_.reset();
        if (!data_dir_.empty()) fs::remove_all(data_dir_);
    }

    std::string conninfo(const std::string& user, const std::string& database) const {
        return "host=" + socket_dir_ + " user=" + user + " dbname=" + database;
    }
    store::Endpoint endpoint(const std::string& database) const {
        return {{conninfo("ramify_owner", database)}, {conninfo("ramify_app", database)}, {conninfo("ramify_system", database)}};
    }

    /// The name of a database in which these schemas are applied, made once.
    std::string template_for(std::span<const store::Schema* const> parts) {
        size_t key = 0;
        auto mix = [&](std::string_view text) { key = key * 1'000'003 + std::hash<std::string_view>()(text); };
        for (const store::Migration& migration : store::schema.migrations) mix(migration.text);
        for (const store::Schema* part : parts)
            for (const store::Migration& migration : part->migrations) mix(migration.text);
        std::string name = "template_" + std::to_string(key);
        Session admin(conninfo("ramify_admin", "postgres"));
        admin.run("select pg_advisory_lock(" + std::to_string(int64_t(key)) + ")");
        if (admin.run("select 1 from pg_database where datistemplate and datname = '" + name + "'") == "1") return name;
        admin.run("drop database if exists " + name);
        admin.run("create database " + name + " owner ramify_owner template template0 strategy file_copy");
        auto migrated = store::migrate(endpoint(name), parts);
        must(migrated.has_value(), migrated ? "" : migrated.error().message + "\n" + migrated.error().cause);
        store::make_extension({conninfo("ramify_admin", name)}, "vector");
        admin.run("alter database " + name + " is_template true allow_connections false");
        return name;
    }

private:
    std::string data_dir_, socket_dir_;
    std::unique_ptr<store::Embedded> embedded_;
};

Server& server() {
    static Server one;
    return one;
}

Op op_of(OrganizationId organization) {
    Op op;
    op.actor = {ActorKind::person, UserId::fresh(), "127.0.0.1"};
    op.organization = organization;
    op.request_id = "test";
    op.deadline = Deadline::in_ms(600'000);  // of a whole story, on a busy machine with a sanitizer
    return op;
}

}  // namespace

Database::Database(std::vector<const store::Schema*> parts, store::Limits limits) : parts_(std::move(parts)), op_(op_of(OrganizationId::fresh())) {
    std::string from = server().template_for(parts_);
    name_ = "test_" + OrganizationId::fresh().text().substr(4);
    Session(server().conninfo("ramify_admin", "postgres")).run("create database " + name_ + " owner ramify_owner template " + from + " strategy file_copy");
    endpoint_ = server().endpoint(name_);
    store_ = std::make_unique<store::Store>(endpoint_, limits);
}

Database::~Database() {
    store_.reset();
    Session(server().conninfo("ramify_admin", "postgres")).run("drop database " + name_ + " with (force)");
}

Op Database::stranger() const { return op_of(OrganizationId::fresh()); }

std::string Database::run_as_owner(const std::string& sql) const { return Session(endpoint_.owner.conninfo).run(sql); }
std::string Database::run_as_superuser(const std::string& sql) const { return Session(server().conninfo("ramify_admin", name_)).run(sql); }

// ---- statements

namespace {

/// The SQL types that a C++ kind may meet, as pg_type.typname.
std::string_view types_of(std::string_view kind) {
    static const std::map<std::string_view, std::string_view> types{
        {"string", " text varchar bpchar name "}, {"bytes", " bytea "},        {"enum", " text "},
        {"integer", " int2 int4 int8 "},          {"boolean", " bool "},       {"number", " float4 float8 numeric int2 int4 int8 "},
        {"id", " uuid "},                         {"time", " timestamptz "},   {"json", " jsonb json "},
        {"object", " jsonb json "},               {"array", " jsonb json _text _varchar _bool _int2 _int4 _int8 _float4 _float8 "},
    };
    auto found = types.find(kind);
    return found == types.end() ? std::string_view() : found->second;
}

bool fits(std::string_view kind, const std::string& type) { return types_of(kind).find(" " + type + " ") != std::string_view::npos; }

class StatementCheck {
public:
    explicit StatementCheck(const Database& database) : session_(database.endpoint().owner.conninfo) {}

    std::string check(const store::Statement& statement) {
        std::unique_ptr<PGresult, decltype(&PQclear)> prepared(PQprepare(session_.get(), "", std::string(statement.text).c_str(), 0, nullptr), PQclear);
        if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) return std::string(statement.name) + ": " + PQresultErrorMessage(prepared.get());
        std::unique_ptr<PGresult, decltype(&PQclear)> described(PQdescribePrepared(session_.get(), ""), PQclear);
        std::string problems;
        auto problem = [&](const std::string& what) { problems += std::string(statement.name) + ": " + what + "\n"; };
        for (size_t i = 0; i < statement.parameters.size(); ++i) {
            const store::Parameter& parameter = statement.parameters[i];
            std::string type = type_name(PQparamtype(described.get(), int(i)));
            bool is_sql_array = parameter.is_array && parameter.kind != "object" && parameter.kind != "json";
            std::string element = is_sql_array && type.starts_with("_") ? type.substr(1) : type;
            if (!fits(parameter.kind, element) || is_sql_array != type.starts_with("_"))
                problem("argument " + std::string(parameter.name) + " is " + (parameter.is_array ? "a list of " : "") + std::string(parameter.kind) + " in C++ and " + type + " in SQL");
        }
        if (statement.row) check_row(*statement.row, described.get(), problem);
        return problems;
    }

private:
    void check_row(const store::RowType& row, PGresult* described, const std::function<void(const std::string&)>& problem) {
        if (PQnfields(described) == 0) return problem("returns no columns, and its signature promises a row");
        auto check_column = [&](int column, std::string_view kind) {
            std::string type = type_name(PQftype(described, column));
            if (!fits(kind, type) && !(kind == "string" && type == "bytea"))
                problem("column " + std::string(PQfname(described, column)) + " is " + type + " in SQL and " + std::string(kind) + " in C++");
        };
        if (!row.fields) return check_column(0, row.ops->kind);
        for (const Field& field : row.fields().list) {
            int column = PQfnumber(described, ("\"" + std::string(field.name) + "\"").c_str());
            if (column < 0) problem("has no column for the field " + std::string(field.name));
            else check_column(column, field.ops->kind);
        }
    }

    std::string type_name(Oid oid) { return session_.run("select typname from pg_type where oid = " + std::to_string(oid)); }

    Session session_;
};

}  // namespace

std::string problems_of(const Database& database, std::span<const store::Statement* const> statements) {
    StatementCheck check(database);
    std::string problems;
    for (const store::Statement* statement : statements) problems += check.check(*statement);
    return problems;
}

// ---- schemas

std::string problems_of_schema(const Database& database) {
    std::string problems = database.run_as_owner(R"(
        select format('%s has neither forced row-level security by store.isolate nor a reason by store.global', c.oid::regclass)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
          and case when exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped)
              then not (c.relrowsecurity and c.relforcerowsecurity
                        and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'own_organization'))
              else coalesce(obj_description(c.oid, 'pg_class'), '') !~ '^global: ' end
        order by 1)");
    if (!problems.empty()) problems += '\n';
    std::vector<const store::Schema*> all(database.parts().begin(), database.parts().end());
    all.insert(all.begin(), &store::schema);
    for (const store::Schema* part : all) {
        for (const store::Migration& migration : part->migrations) {
            try {
                database.run_as_owner("begin; set client_min_messages = warning;" + std::string(migration.text) + "; commit");
            } catch (const std::exception& error) {
                problems += std::string(part->part) + "/" + std::string(migration.name) + " does not run twice: " + std::string(error.what()).substr(0, 300) + "\n";
            }
        }
    }
    return problems;
}

}  // namespace ry::testing
