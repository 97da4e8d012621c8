// Databases, as people and programs use them: over the API, and with libpq through the proxy.
#include <libpq-fe.h>
#include <poll.h>

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/text.h"

#include "kernel/blob/blob.h"
#include "modules/databases/instance_model.h"
#include "server/tests/lab.h"
#include "testing/lossy_postgres.h"

using namespace ry;
using namespace ry::server;

namespace {

struct Finishing {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Finishing>;

Connection connect(const std::string& dsn) {
    Connection connection(PQconnectdb(dsn.c_str()));
    REQUIRE_MESSAGE(PQstatus(connection.get()) == CONNECTION_OK, PQerrorMessage(connection.get()));
    return connection;
}

/// The first value of the last statement, or the error.
std::string ask(const Connection& connection, const std::string& sql) {
    std::unique_ptr<PGresult, Finishing> result(PQexec(connection.get(), sql.c_str()));
    ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK) return "";
    if (status != PGRES_TUPLES_OK) return PQresultErrorMessage(result.get());
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}
std::string ask(const std::string& dsn, const std::string& sql) { return ask(connect(dsn), sql); }

std::string step(std::string_view sql) { return R"({"arguments":["-c",)" + in_quotes(sql) + "]}"; }
std::string chain(std::initializer_list<std::string_view> steps, std::string_view more = "") {
    std::string body = R"({"steps":[)";
    for (std::string_view sql : steps) body += (body.ends_with('[') ? "" : ",") + step(sql);
    return body + "]" + std::string(more) + "}";
}

/// The prepare when it has ended.
Told prepared(Lab& lab, const std::string& body) {
    Told told = lab.owner().post("/api/v1/database_prepares", body);
    REQUIRE_MESSAGE(told.status == 202, told.seen.body);
    std::string id = told.text("/id");
    http::Client client(lab.port());
    client.request("GET", "/api/v1/database_prepares/" + id + "/events", "", "Accept: text/event-stream\r\n");
    client.until("prepare.ended");
    return lab.owner().get("/api/v1/database_prepares/" + id);
}

}  // namespace

TEST_CASE("a chain of steps is built once, handed out as often as wanted, and each copy is its own") {
    Lab& lab = Lab::shared();
    std::string body =
        chain({"create table item (id int primary key, name text)", "insert into item values (1, 'one')"});
    Told plan = lab.owner().post("/api/v1/database_plans", body);
    CHECK(plan.status == 200);
    CHECK(plan.text("/steps/0/reason") == "never_built");
    Told first = prepared(lab, body);
    REQUIRE_MESSAGE(first.text("/status") == "done", first.seen.body);
    CHECK_FALSE(first.at("/cached").as_bool());
    CHECK(ask(first.text("/dsn"), "select name from item") == "one");

    Told second = prepared(lab, body);
    CHECK(second.at("/cached").as_bool());
    CHECK(second.text("/state_id") == first.text("/state_id"));
    CHECK(second.text("/instance_id") != first.text("/instance_id"));
    CHECK(ask(second.text("/dsn"), "update item set name = 'changed' returning name") == "changed");
    CHECK(ask(first.text("/dsn"), "select name from item") == "one");

    std::string base = lab.owner().get("/api/v1/database_states/" + first.text("/steps/0/state_id")).text("/parent_id");
    CHECK(lab.owner().get("/api/v1/database_states/" + base).number("/build_ms") > 0);  // what initdb took

    // Another last step begins with the first state; what is said of the steps is true.
    Told third = prepared(
        lab, chain({"create table item (id int primary key, name text)", "insert into item values (2, 'two')"}));
    CHECK(third.at("/steps/0/cached").as_bool());
    CHECK_FALSE(third.at("/steps/1/cached").as_bool());
    CHECK(third.text("/steps/1/reason") == "never_built");
    CHECK(ask(third.text("/dsn"), "select count(*) from item") == "1");
}

TEST_CASE("each step of a chain has a kind and a title of its own, and what no step can be is refused") {
    Lab& lab = Lab::shared();
    std::string migration = R"({"kind":"migrations","title":"Numbered 1_init.sql","arguments":["-c",)" +
                            in_quotes("create table migrated (id int)") + "]}";
    Told made = prepared(
        lab, R"({"kind":"migrations","steps":[)" + migration + "," + step("insert into migrated values (7)") + "]}");
    REQUIRE_MESSAGE(made.text("/status") == "done", made.seen.body);
    CHECK(made.text("/kind") == "migrations");
    CHECK(made.text("/steps/0/title") == "Numbered 1_init.sql");
    CHECK(ask(made.text("/dsn"), "select id from migrated") == "7");
    CHECK(lab.owner().get("/api/v1/database_states/" + made.text("/steps/0/state_id")).text("/kind") == "migrations");
    CHECK(lab.owner().get("/api/v1/database_states/" + made.text("/steps/1/state_id")).text("/kind") == "psql");
    CHECK(lab.owner()
              .post("/api/v1/database_plans", R"({"steps":[{"kind":"snapshot","arguments":[]}]})")
              .text("/errors/0/pointer") == "/steps/0/kind");
}

TEST_CASE("an input never lies outside of what its step sees") {
    Lab& lab = Lab::shared();
    for (const char* path : {"/../../out.sql", "/a/../../out.sql", "/a/"}) {
        std::string input = R"({"path":)" + in_quotes(path) + R"(,"sha256":")" + std::string(64, '0') + "\"}";
        Told refused = lab.owner().post("/api/v1/database_plans",
                                        R"({"steps":[{"arguments":["-c","select 1"],"inputs":[)" + input + "]}]}");
        CHECK_MESSAGE(refused.text("/errors/0/pointer") == "/steps/0/inputs/0/path", refused.seen.body);
    }
}

TEST_CASE("a step that fails says where and why, and the steps before it stay") {
    Lab& lab = Lab::shared();
    Told failed =
        prepared(lab, chain({"create table good (id int)", "insert into good values (1);\nselect nonsense from good"}));
    CHECK(failed.text("/status") == "failed");
    CHECK(failed.number("/failure/step") == 2);
    CHECK_MESSAGE(failed.text("/failure/message").find("nonsense") != std::string::npos, failed.seen.body);
    Told plan = lab.owner().post("/api/v1/database_plans", chain({"create table good (id int)"}));
    CHECK(plan.at("/cached").as_bool());

    Told open = prepared(lab, chain({"begin; create table lost (id int)"}));
    CHECK(open.text("/status") == "failed");
    CHECK_MESSAGE(open.text("/failure/message").find("open transaction") != std::string::npos, open.seen.body);
}

TEST_CASE("a chain that shall be deterministic is refused for what varies by itself, wherever its scripts say it") {
    Lab& lab = Lab::shared();
    auto asked = [&](const std::string& body) { return lab.owner().post("/api/v1/database_prepares", body); };
    Told refused = asked(chain({"create table dice as select random() as eyes"}, R"(,"is_deterministic":true)"));
    CHECK(refused.status == 422);
    CHECK_MESSAGE(refused.text("/detail").find("-c:1: random()") != std::string::npos, refused.seen.body);
    CHECK(asked(R"({"steps":[{"arguments":["-f","-"],"stdin":"select 1;\nselect now();"}],"is_deterministic":true})")
              .text("/detail")
              .find("standard input:2: now()") != std::string::npos);

    std::string script = "select 1;\n\\i more.sql\n", more = "\nselect gen_random_uuid();";
    std::string inputs;
    for (const auto& [path, content] : {std::pair<std::string, std::string>("main.sql", script), {"more.sql", more}}) {
        std::string sha256 = blob::key_of(content).text();
        CHECK(lab.owner().call("PUT", "/api/v1/blobs/" + sha256, content).status == 204);
        inputs += (inputs.empty() ? "" : ",") + std::string(R"({"path":)") + in_quotes(path) + R"(,"sha256":")" +
                  sha256 + "\"}";
    }
    Told included =
        asked(R"({"steps":[{"arguments":["-f","main.sql"],"inputs":[)" + inputs + R"(]}],"is_deterministic":true})");
    CHECK_MESSAGE(included.text("/detail").find("more.sql:2: gen_random_uuid()") != std::string::npos,
                  included.seen.body);
    CHECK(asked(chain({"create table plain (id int)"}, R"(,"is_deterministic":true)")).status == 202);

    auto planned = [&](const std::string& body) { return lab.owner().post("/api/v1/database_plans", body); };
    CHECK(planned(chain({"select 1", "select random()"})).text("/warnings/0").starts_with("-c:1: random()"));
    std::string main_alone = inputs.substr(0, inputs.find("},") + 1), all = R"({"steps":[{"arguments":["-f","main.sql"],"inputs":[)";
    CHECK(planned(all + inputs + "]}]}").text("/warnings/0").starts_with("more.sql:2: gen_random_uuid()"));
    std::string unknown = R"(,{"path":"more.sql","sha256":")" + std::string(64, 'a') + "\"}";
    Told silent = planned(all + main_alone + unknown + "]}]}");  // its content is not here yet
    CHECK_MESSAGE((silent.status == 200 && silent.text("/warnings/0").empty()), silent.seen.body);
}

TEST_CASE("an instance is reset, forked with its data, put to sleep and woken by a connection, with one DSN") {
    Lab& lab = Lab::shared();
    Told made = prepared(lab, chain({"create table counter (n int); insert into counter values (0)"}));
    std::string id = made.text("/instance_id"), dsn = made.text("/dsn"), at = "/api/v1/database_instances/" + id;
    REQUIRE(ask(dsn, "update counter set n = 7 returning n") == "7");
    Told fork = lab.owner().post(at + "/fork", R"({"name":"counter-fork"})");
    REQUIRE_MESSAGE(fork.status == 201, fork.seen.body);
    CHECK(ask(fork.text("/dsn"), "select n from counter") == "7");
    CHECK(ask(fork.text("/dsn"), "update counter set n = 8 returning n") == "8");
    CHECK(ask(dsn, "select n from counter") == "7");

    CHECK(lab.owner().post(at + "/sleep").text("/status") == "asleep");
    CHECK(ask(dsn, "select n from counter") == "7");  // the connection woke it
    CHECK(lab.owner().get(at).text("/status") == "ready");

    CHECK(lab.owner().post(at + "/reset").status == 200);
    CHECK(ask(dsn, "select n from counter") == "0");

    Told ref = lab.owner().post("/api/v1/database_instances/counter-fork/snapshot", R"({"ref":"counters@eight"})");
    REQUIRE_MESSAGE(ref.status == 200, ref.seen.body);
    Told opened = lab.owner().post("/api/v1/database_instances", R"({"name":"counters@eight"})");
    REQUIRE_MESSAGE(opened.status == 201, opened.seen.body);
    CHECK(ask(opened.text("/dsn"), "select n from counter") == "8");
    CHECK(lab.owner().call("DELETE", at).status == 204);
    CHECK(lab.owner().get(at).status == 404);
    CHECK(PQstatus(Connection(PQconnectdb(dsn.c_str())).get()) == CONNECTION_BAD);
}

TEST_CASE("a connection string can ask for a fork of its own, shared by name or for one connection") {
    Lab& lab = Lab::shared();
    Told made = prepared(lab, chain({"create table shared (n int)"}, R"(,"name":"shop@main")"));
    std::string dsn = made.text("/dsn"), base = dsn.substr(0, dsn.rfind('/') + 1) + "shop@main";
    CHECK(ask(base + "+test1", "insert into shared values (1) returning n") == "1");
    CHECK(ask(base + "+test1", "select count(*) from shared") == "1");
    CHECK(ask(base + "+test2", "select count(*) from shared") == "0");
    CHECK(ask(base + "+*", "insert into shared values (9) returning n") == "9");
    CHECK(ask(base + "+*", "select count(*) from shared") == "0");
    CHECK(ask(base, "select count(*) from shared") == "0");
    ask(base, "create database billing");
    CHECK(ask(base + ":billing", "select current_database()") == "billing");
    CHECK(ask(base + "+*:billing", "create table bill (n int); select current_database()") == "billing");
    CHECK(ask(base + ":billing", "select count(*) from pg_class where relname = 'bill'") == "0");
    Connection nowhere(PQconnectdb((base + ":nowhere").c_str()));
    CHECK(std::string(PQerrorMessage(nowhere.get())).find("database \"nowhere\" does not exist") != std::string::npos);
}

TEST_CASE("the instance's password opens it for every role, whatever is done to roles inside") {
    Lab& lab = Lab::shared();
    std::string dsn =
        prepared(lab, chain({"create role reader login; create table seen (n int); grant select on seen to reader"}))
            .text("/dsn");
    ask(dsn, "alter role postgres password 'other'");
    CHECK(ask(dsn, "select current_user") == "postgres");
    std::string as_reader = "postgres://reader:" + dsn.substr(dsn.find("postgres:", 11) + 9);
    CHECK(ask(as_reader, "select current_user") == "reader");
    CHECK(ask(as_reader, "insert into seen values (1)").find("permission denied") != std::string::npos);
    std::string wrong = dsn;
    wrong[wrong.find('@') - 1] = wrong[wrong.find('@') - 1] == 'x' ? 'y' : 'x';
    CHECK(PQstatus(Connection(PQconnectdb(wrong.c_str())).get()) == CONNECTION_BAD);
}

TEST_CASE(
    "an API token is the password of the user token, for the databases of its organization and as far as it may") {
    Lab& lab = Lab::shared();
    std::string dsn = prepared(lab, chain({"select 1"}, R"(,"name":"tokens@main")")).text("/dsn");
    std::string host = dsn.substr(dsn.find('@') + 1), where = host.substr(0, host.find('/'));
    auto with = [&](const std::string& token, const std::string& database) {
        return "postgres://token:" + token + "@" + where + "/" + database;
    };
    auto refusal = [](const std::string& to) {
        Connection connection(PQconnectdb(to.c_str()));
        CHECK(PQstatus(connection.get()) == CONNECTION_BAD);
        return std::string(PQerrorMessage(connection.get()));
    };
    auto token_of = [](Person& person, const std::string& permissions) {
        Told made = person.post("/api/v1/tokens", R"({"name":"databases","permissions":)" + permissions + "}");
        REQUIRE_MESSAGE(made.status == 201, made.seen.body);
        return made;
    };
    Told wide = token_of(lab.owner(), R"(["databases.write"])");
    std::string token = wide.text("/token");
    CHECK(ask(with(token, "tokens@main"), "create table kept (n int); select current_user") == "postgres");
    CHECK(ask(with(token, "tokens@main+own"), "select count(*) from kept") == "0");
    CHECK(ask("host=" + lab.data_dir() + "/databases/port user=token password=" + token + " dbname=tokens@main",
              "select count(*) from kept") == "0");
    std::string narrow = token_of(lab.owner(), R"(["databases.read"])").text("/token");
    CHECK_MESSAGE(
        refusal(with(narrow, "tokens@main")).find("permission databases.write; make one that has") != std::string::npos,
        refusal(with(narrow, "tokens@main")));
    Person stranger = lab.stranger();
    std::string foreign = token_of(stranger, R"(["databases.write"])").text("/token");
    CHECK(refusal(with(foreign, "tokens@main")).find("there is no instance or ref \"tokens@main\"") !=
          std::string::npos);
    CHECK(refusal(with(foreign, dsn.substr(dsn.rfind('/') + 1))).find("there is no instance or ref") !=
          std::string::npos);
    Connection open = connect(with(token, "tokens@main")), by_password = connect(dsn);
    REQUIRE(PQsendQuery(open.get(), "select pg_sleep(600)"));
    CHECK(lab.owner().call("DELETE", "/api/v1/tokens/" + wide.text("/id")).status == 204);
    std::unique_ptr<PGresult, Finishing> ended(PQgetResult(open.get()));
    const char* state = PQresultErrorField(ended.get(), PG_DIAG_SQLSTATE);
    CHECK((state && std::string(state) == "57P01"));
    std::string said = PQresultErrorMessage(ended.get());
    CHECK_MESSAGE(said.find("this session was opened with an API token") != std::string::npos, said);
    CHECK(ask(by_password, "select 1") == "1");
    for (const std::string& wrong : {token, std::string("rmf_wrong")})
        CHECK_MESSAGE(refusal(with(wrong, "tokens@main")).find("ramify tokens create NAME") != std::string::npos,
                      refusal(with(wrong, "tokens@main")));
}

TEST_CASE("a statement on an instance is cancelled through the proxy") {
    Lab& lab = Lab::shared();
    Connection connection = connect(prepared(lab, chain({"select 1"})).text("/dsn"));
    bool has_begun = false;
    PQsetNoticeProcessor(
        connection.get(), [](void* begun, const char*) { *static_cast<bool*>(begun) = true; }, &has_begun);
    REQUIRE(PQsendQuery(connection.get(), "do $$ begin raise notice 'begun'; perform pg_sleep(3600); end $$"));
    while (!has_begun) {
        pollfd waiting{PQsocket(connection.get()), POLLIN, 0};
        REQUIRE(poll(&waiting, 1, 180'000) == 1);
        REQUIRE(PQconsumeInput(connection.get()));
        PQisBusy(connection.get());  // reads the notice
    }
    std::unique_ptr<PGcancel, decltype([](PGcancel* cancel) { PQfreeCancel(cancel); })> cancel(
        PQgetCancel(connection.get()));
    char problem[256] = "";
    CHECK_MESSAGE(PQcancel(cancel.get(), problem, sizeof problem) == 1, problem);
    std::unique_ptr<PGresult, Finishing> result(PQgetResult(connection.get()));
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    CHECK(std::string(state ? state : "") == "57014");
}

TEST_CASE("the console answers with rows, cut where it must be, and with the server's own error") {
    Lab& lab = Lab::shared();
    Told made = prepared(lab, chain({"create table person (id int, name text); insert into person select i, 'n' || i "
                                     "from generate_series(1, 20) i"}));
    std::string at = "/api/v1/database_instances/" + made.text("/instance_id") + "/query";
    Told told = lab.owner().post(
        at, R"({"sql":"select id, name from person order by id; select null::int as nothing","rows_max":5})");
    REQUIRE_MESSAGE(told.status == 200, told.seen.body);
    CHECK(told.text("/results/0/columns/1") == "name");
    CHECK(told.number("/results/0/rows_count") == 20);
    CHECK(told.at("/results/0/is_truncated").as_bool());
    CHECK(told.text("/results/0/rows/4/1") == "n5");
    CHECK(told.at("/results/1/rows/0/0").is_null());
    Told wrong = lab.owner().post(at, R"({"sql":"select 1;\nselect nonsense"})");
    CHECK(wrong.text("/failure/sqlstate") == "42703");
    CHECK(wrong.number("/failure/line") == 2);
    CHECK(wrong.number("/failure/position") == 18);
    Told noisy =
        lab.owner().post(at, R"({"sql":"do $$ begin raise notice 'seen'; raise warning 'and heard'; end $$"})");
    CHECK(noisy.text("/notices/0") == "NOTICE: seen");
    CHECK(noisy.text("/notices/1") == "WARNING: and heard");
}

TEST_CASE("the console asks whichever database of the cluster is named, and names those there are") {
    Lab& lab = Lab::shared();
    std::string at = "/api/v1/database_instances/" +
                     prepared(lab, chain({"create database billing"})).text("/instance_id");
    auto query = [&](const std::string& more) {
        return lab.owner().post(at + "/query", R"({"sql":"select current_database() as at")" + more + "}");
    };
    CHECK(query("").text("/results/0/rows/0/0") == "postgres");
    CHECK(query(R"(,"database":"billing")").text("/results/0/rows/0/0") == "billing");
    Told nowhere = query(R"(,"database":"nowhere")");
    CHECK(nowhere.status == 404);
    CHECK_MESSAGE(nowhere.text("/detail").find("`ramify db databases NAME`") != std::string::npos, nowhere.seen.body);
    Told listed = lab.owner().get(at + "/databases");
    CHECK(listed.text("/items/0/name") == "billing");
    CHECK(listed.text("/items/1/name") == "postgres");
}

TEST_CASE("a query of the console waits for a reset that is under way, and others do not disturb it") {
    Lab& lab = Lab::shared();
    Told made = prepared(lab, chain({"create table kept (id int); insert into kept values (1)"}));
    std::string at = "/api/v1/database_instances/" + made.text("/instance_id");
    std::atomic<bool> is_over = false;
    auto ask_on = [&] {
        while (!is_over) {
            Told told = lab.owner().post(at + "/query", R"({"sql":"select count(*) from kept"})");
            // One that had begun when the reset came is told that the server went away.
            bool is_cut = told.status == 503 && told.text("/detail").contains("ended the connection");
            bool is_right = told.status == 200 && told.text("/results/0/rows/0/0") == "1";
            bool is_ended = told.status == 200 && told.text("/failure/sqlstate") == "57P01";
            CHECK_MESSAGE((is_cut || is_right || is_ended), told.seen.body);
        }
    };
    std::jthread one(ask_on), other(ask_on);
    for (int i = 0; i < 8; ++i) {
        Told reset = lab.owner().post(at + "/reset", "");
        CHECK_MESSAGE(reset.status == 200, reset.seen.body);
    }
    is_over = true;
}

TEST_CASE("a query of the console whose client leaves is cancelled") {
    Lab& lab = Lab::shared();
    Told made = prepared(lab, chain({"create table slow (id int)"}));
    auto running = [&, other = connect(made.text("/dsn"))] {
        return ask(other,
                   "select count(*) from pg_stat_activity where state = 'active' and query = 'select pg_sleep(3600)'");
    };
    http::Client client(lab.port());
    client.request("POST", "/api/v1/database_instances/" + made.text("/instance_id") + "/query",
                   R"json({"sql":"select pg_sleep(3600)","timeout_ms":600000})json");
    while (running() != "1") {}
    client.close();
    while (running() != "0") {}
}

TEST_CASE("who follows the instances hears of each that is made, changed or dropped") {
    Lab& lab = Lab::shared();
    std::string body = chain({"create table watched (id int)"}), instances = "/api/v1/database_instances/";
    std::string changed = prepared(lab, body).text("/instance_id"), dropped = prepared(lab, body).text("/instance_id");
    http::Client follower(lab.port());
    follower.request("GET", "/api/v1/events?streams=databases@9007199254740991", "", "Accept: text/event-stream\r\n");
    follower.head();
    auto hears_of = [&](const std::string& id, std::string_view type = "instances.changed") {
        return follower.until("\"" + id + "\"").find(type) != std::string::npos &&
               follower.until("]}").ends_with("]}");
    };
    CHECK(hears_of(prepared(lab, body).text("/instance_id")));  // whatever was to be said of the others has been said
    CHECK(lab.owner().call("PATCH", instances + changed, R"({"ttl_ms":60000})").status == 200);
    CHECK(hears_of(changed));
    CHECK(lab.owner().call("DELETE", instances + dropped).status == 204);
    CHECK(hears_of(dropped));
    Told prepare = lab.owner().post("/api/v1/database_prepares", chain({"create table watched_too (id int)"}));
    CHECK(hears_of(prepare.text("/id"), "prepares.changed"));
    Told run = lab.owner().post("/api/v1/database_runs", R"({"kind":"psql","command":["psql"],"instance":")" + changed + "\"}");
    REQUIRE_MESSAGE(run.status == 201, run.seen.body);
    CHECK(hears_of(run.text("/id"), "runs.changed"));
    CHECK(lab.owner().post("/api/v1/database_runs/" + run.text("/id") + "/end", R"({"outcome":"done","exit_code":0,"ms":1,"stdout":"","stderr":"","stdout_bytes":0,"stderr_bytes":0})").status == 200);
    CHECK(hears_of(run.text("/id"), "runs.changed"));
}

TEST_CASE("an instance that sleeps holds no mount, and a server that stops leaves none") {
    std::string dir;
    auto mounts = [&] {
        std::ifstream all("/proc/self/mounts");
        int count = 0;
        for (std::string line; std::getline(all, line);) count += line.find(dir) != std::string::npos;
        return count;
    };
    {
        Lab lab;
        dir = lab.data_dir();
        CHECK(mounts() == 0);
        Told made =
            prepared(lab, chain({"create table kept (n int); insert into kept values (1)"}, R"(,"name":"kept")"));
        std::string at = "/api/v1/database_instances/" + made.text("/instance_id");
        REQUIRE(ask(made.text("/dsn"), "update kept set n = 2 returning n") == "2");
        REQUIRE(lab.owner().post(at + "/sleep").text("/status") == "asleep");
        CHECK(mounts() == 0);
        Told fork = lab.owner().post(at + "/fork");  // of one that sleeps, which sleeps on
        REQUIRE_MESSAGE(fork.status == 201, fork.seen.body);
        CHECK(ask(fork.text("/dsn"), "select n from kept") == "2");
        REQUIRE(lab.owner().call("DELETE", "/api/v1/database_instances/" + fork.text("/id")).status == 204);
        CHECK(mounts() == 0);
        CHECK(lab.owner().post(at + "/snapshot", R"({"ref":"kept@two"})").status == 200);
        CHECK(mounts() == 0);
        CHECK(ask(made.text("/dsn"), "select n from kept") == "2");
    }
    CHECK(mounts() == 0);
}

namespace {

/// Waits until so many copies stand ready.
void until_warm(Lab& lab, int64_t count) {
    while (lab.owner().get("/api/v1/database_cache").number("/warm") < count) std::this_thread::yield();
}

/// Kills the cages of all of the lab's instances, and returns when nothing of them is left.
void kill_database_servers(const Lab& lab) {
    std::vector<pid_t> cages;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        auto read = [&](const char* name) {
            std::stringstream text;  // of a process that has ended meanwhile: empty
            text << std::ifstream(entry.path() / name).rdbuf();
            return text.str();
        };
        std::string command = read("cmdline"), program = command.substr(0, command.find('\0'));
        bool is_postmaster =
            program.ends_with("/postgres") && command.find(std::string("-D\0/data\0", 9)) != std::string::npos;
        if (!is_postmaster || read("mountinfo").find(lab.data_dir()) == std::string::npos) continue;
        std::string status = read("status");
        cages.push_back(pid_t(std::stol(status.substr(status.find("PPid:") + 5))));
    }
    REQUIRE_FALSE(cages.empty());
    for (pid_t pid : cages) kill(pid, SIGKILL);
    for (pid_t pid : cages)
        while (kill(pid, 0) == 0) std::this_thread::yield();
}

std::string handed_out(Lab& lab, std::string_view from) {
    std::string text = lab.owner().get("/metrics").seen.body,
                name = "database_hand_outs_total{from=\"" + std::string(from) + "\"} ";
    size_t at = text.find(name);
    return at == std::string::npos ? "0" : text.substr(at + name.size(), text.find('\n', at) - at - name.size());
}

}  // namespace

TEST_CASE("a copy that stands ready becomes an instance like any other, and nothing of it is left at the end") {
    std::string dir;
    {
        Lab lab({.databases_warm_max = 2});
        dir = lab.data_dir();
        std::string body = chain({"create table ready (n int); insert into ready values (1)"});
        Told first = prepared(lab, body);
        REQUIRE(ask(first.text("/dsn"), "update ready set n = 2 returning n") == "2");
        until_warm(lab, 1);
        std::string before = handed_out(lab, "warm");
        Told second =
            prepared(lab, chain({"create table ready (n int); insert into ready values (1)"}, R"(,"name":"second")"));
        CHECK(second.at("/cached").as_bool());
        CHECK(handed_out(lab, "warm") != before);
        CHECK(ask(second.text("/dsn"), "select n from ready") == "1");
        CHECK(lab.owner().get("/api/v1/database_instances/second").text("/id") == second.text("/instance_id"));
        until_warm(lab, 2);  // it is asked for more than once
        CHECK(lab.owner().get("/api/v1/database_instances").items().size() == 2);

        SUBCASE("when its server has died, another is started") {
            kill_database_servers(lab);
            CHECK(ask(first.text("/dsn"), "select n from ready") == "2");  // an instance is there again at once
            Told third = prepared(lab, body);
            REQUIRE_MESSAGE(third.text("/status") == "done", third.seen.body);
            CHECK(ask(third.text("/dsn"), "select n from ready") == "1");
        }
        SUBCASE("it keeps its state from nobody who removes it") {
            for (const Told& one : {first, second})
                REQUIRE(lab.owner().call("DELETE", "/api/v1/database_instances/" + one.text("/instance_id")).status ==
                        204);
            Told removed = lab.owner().call("DELETE", "/api/v1/database_states/" + first.text("/state_id"));
            CHECK_MESSAGE(removed.status == 204, removed.seen.body);
            CHECK(lab.owner().get("/api/v1/database_cache").number("/warm") == 0);
            CHECK_FALSE(prepared(lab, body).at("/cached").as_bool());
        }
    }
    std::ifstream mounts("/proc/self/mounts");
    CHECK(std::string(std::istreambuf_iterator<char>(mounts), {}).find(dir) == std::string::npos);
}

TEST_CASE("an organization has so many instances at most, and one that is refused leaves nothing") {
    Lab lab({.databases_max = 1});
    std::string body = chain({"create table single (n int)"});
    Told first = prepared(lab, body);
    REQUIRE(first.text("/status") == "done");
    Told second = lab.owner().post("/api/v1/database_prepares", body);
    CHECK_MESSAGE(second.text("/code") == "over_quota", second.seen.body);
    CHECK(std::distance(std::filesystem::directory_iterator(lab.data_dir() + "/databases/instances"), {}) == 1);
    REQUIRE(lab.owner().call("DELETE", "/api/v1/database_instances/" + first.text("/instance_id")).status == 204);
    CHECK(lab.owner().post("/api/v1/database_prepares", body).status == 202);
}

TEST_CASE("an instance whose time is nearly over is told of once, until somebody uses it") {
    Lab& lab = Lab::shared();
    std::string body = chain({"create table short_lived (n int)"}, R"(,"ttl_ms":7200000)");
    std::string id = prepared(lab, body).text("/instance_id"), at = "/api/v1/database_instances/" + id;
    auto used_ago = [&](const std::string& interval) {
        std::string uuid = uuid_text(databases::InstanceId::parse(id)->uuid);
        lab.database().run_as_superuser("update databases.instance set last_used_at = now() - interval '" + interval +
                                        "' where id = '" + uuid + "'");
        REQUIRE(lab.owner().post("/api/v1/database_cache/collect").status == 200);
    };
    auto warnings = [&] {
        array told = lab.owner().all("/api/v1/databases/events");
        return std::ranges::count_if(told, [&](const value& event) {
            return text_at(event, "/type") == "instance.warned" && text_at(event, "/instance_id") == id;
        });
    };
    used_ago("100 minutes");
    CHECK(warnings() == 0);
    CHECK(lab.owner().get(at).text("/warning") == "");
    used_ago("115 minutes");
    REQUIRE(lab.owner().post("/api/v1/database_cache/collect").status == 200);
    CHECK(warnings() == 1);
    Told warned = lab.owner().get(at);
    CHECK_MESSAGE(warned.text("/warning").find("ramify db change " + id) != std::string::npos, warned.seen.body);
    REQUIRE(lab.owner().call("PATCH", at, R"({"lease_ms":86400000})").status == 200);
    CHECK(lab.owner().get(at).text("/warning") == "");
    used_ago("115 minutes");
    CHECK(warnings() == 1);
}

TEST_CASE(
    "an instance that takes more than it may ends its sessions, is read only until there is room, and closed when it "
    "goes on") {
    Lab lab({.databases_instance_disk_mb_max = 32});
    std::string dsn = prepared(lab, chain({"create table big (t text); alter table big alter t set storage external"},
                                          R"(,"name":"big")"))
                          .text("/dsn");
    // Writes some MiB more, and returns when the session was ended.
    auto overfill = [](const Connection& connection, int mb) {
        ask(connection, "set default_transaction_read_only = off");
        ask(connection,
            "insert into big select repeat('x', 1 << 20) from generate_series(1, " + std::to_string(mb) + ")");
        while (PQconsumeInput(connection.get())) {
            pollfd waiting{PQsocket(connection.get()), POLLIN, 0};
            REQUIRE(poll(&waiting, 1, 180'000) == 1);
        }
    };
    overfill(connect(dsn), 35);
    Told full = lab.owner().get("/api/v1/database_instances/big");
    CHECK_MESSAGE(full.text("/warning").find("more than 32 MiB beyond its state") != std::string::npos, full.seen.body);
    {
        Connection connection = connect(dsn);
        CHECK(ask(connection, "insert into big values ('more')").find("read-only transaction") != std::string::npos);
        CHECK(ask(connection, "select count(*) >= 0 from big") == "t");
        Told console = lab.owner().post("/api/v1/database_instances/big/query", R"({"sql":"delete from big"})");
        CHECK_MESSAGE(console.text("/failure/message").find("read-only transaction") != std::string::npos,
                      console.seen.body);
        CHECK(console.text("/notices/0").find("WARNING: it takes more than 32 MiB") != std::string::npos);
        ask(connection, "set default_transaction_read_only = off");
        CHECK(ask(connection, "truncate big") == "");
    }
    CHECK(ask(dsn, "insert into big values ('small') returning t") == "small");
    CHECK(lab.owner().get("/api/v1/database_instances/big").at("/warning").is_null());
    Connection closed = connect(dsn);
    while (PQstatus(closed.get()) == CONNECTION_OK) {  // more than once when it is seen before it has grown so far
        overfill(closed, 60);
        closed.reset(PQconnectdb(dsn.c_str()));
    }
    CHECK_MESSAGE(std::string(PQerrorMessage(closed.get())).find("go back to its state with `ramify db reset`") !=
                      std::string::npos,
                  PQerrorMessage(closed.get()));
    CHECK(lab.owner().post("/api/v1/database_instances/big/reset", "").status == 200);
    CHECK(ask(dsn, "insert into big values ('again') returning t") == "again");
    array told = lab.owner().all("/api/v1/databases/events");
    CHECK(std::ranges::count_if(told,
                                [](const value& event) { return text_at(event, "/type") == "instance.warned"; }) == 2);
}

TEST_CASE("another organization sees none of it") {
    Lab& lab = Lab::shared();
    Told made = prepared(lab, chain({"create table secret (id int)"}));
    Person stranger = lab.stranger();
    CHECK(stranger.get("/api/v1/database_instances/" + made.text("/instance_id")).status == 404);
    CHECK(stranger.get("/api/v1/database_states/" + made.text("/state_id")).status == 404);
    CHECK(stranger.get("/api/v1/database_prepares/" + made.text("/id")).status == 404);
    CHECK(stranger.get("/api/v1/database_instances").items().empty());
}

TEST_CASE("without room for another state, copies that stand ready go first, and the refusal has the figures") {
    constexpr int states_mb_max = 100;
    Lab lab({.databases_warm_max = 2, .states_mb_max = states_mb_max});
    Told first = prepared(lab, chain({"create table small (n int); insert into small values (1)"}));
    REQUIRE_MESSAGE(first.text("/status") == "done", first.seen.body);
    until_warm(lab, 1);
    // Two that are too young to be evicted: the second is the one that is too much.
    Told full, last;
    for (std::string_view sql : {"create table large as select g, md5(g::text) from generate_series(1, 1100000) g",
                                 "create table more as select 1", "create table even_more as select 1"}) {
        last = prepared(lab, chain({sql}));
        if (last.text("/status") == "failed") full = last;
    }
    CHECK_MESSAGE(full.text("/failure/message").find("there is no room for another state") != std::string::npos,
                  last.seen.body);
    CHECK_MESSAGE(full.text("/failure/message").find("of 100 MiB") != std::string::npos, full.seen.body);
    for (const value& event : lab.owner().all("/api/v1/database_prepares/" + full.text("/id") + "/events"))
        CHECK(text_at(event, "/type") != "step.started");  // it is said before anything is done in vain
    CHECK(lab.owner().get("/api/v1/database_cache").number("/warm") == 0);
    CHECK(ask(first.text("/dsn"), "select n from small") == "1");  // nothing that is used has gone
}

TEST_CASE("a state is removed by both routes for the same reasons") {
    Lab& lab = Lab::shared();
    Told child = prepared(lab, chain({"create table removed (id int)", "insert into removed values (1)"}));
    std::string parent = child.text("/steps/0/state_id"), at = "/api/v1/database_states/" + parent;
    auto refused = [&](const std::string& target, std::string_view why) {
        Told told = lab.owner().call("DELETE", target);
        CHECK(told.status == 409);
        CHECK_MESSAGE(told.text("/detail").find(why) != std::string::npos, told.seen.body);
    };
    refused(at, "1 states come from this one");
    refused(at + "?recurse=true", "1 instances are copies of it");
    REQUIRE(lab.owner()
                .call("PUT", "/api/v1/database_refs/removed@kept",
                      R"({"state_id":")" + child.text("/state_id") + R"(","is_pinned":true})")
                .status == 200);
    refused(at + "?recurse=true", "is pinned");
    Told blocked = lab.owner().post("/api/v1/database_removals",
                                    R"({"name":")" + parent + R"(","is_recursive":true,"is_forced":true})");
    CHECK(blocked.text("/outcome") == "blocked");
    REQUIRE(lab.owner().post("/api/v1/database_refs/removed@kept/unpin", "").status == 200);
    REQUIRE(lab.owner().call("DELETE", "/api/v1/database_instances/" + child.text("/instance_id")).status == 204);
    CHECK(lab.owner().call("DELETE", at + "?recurse=true").status == 204);
    CHECK(lab.owner().get(at).status == 404);
}

TEST_CASE("a step that asks for too much memory says so, and one that writes a file too") {
    Lab& lab = Lab::shared();
    auto failure = [&](std::string_view sql) { return prepared(lab, chain({sql})).text("/failure/message"); };
    std::string written = failure("\\o seen.txt");
    CHECK_MESSAGE(written.find("a step writes no files") != std::string::npos, written);
    std::string killed = failure("copy (select 1) to program 'kill -9 $PPID'");
    CHECK_MESSAGE(killed.find("used more than the 2048 MB of memory") != std::string::npos, killed);
}

TEST_CASE("an instance whose commit nobody was told of is there, with its data; when that was its drop, nothing of it is") {
    std::unique_ptr<testing::LossyPostgres> lossy;
    Lab lab({.change = [&](Settings& settings) {
        std::string& url = settings.database_url;
        size_t at = url.find("host=") + 5, size = url.find(' ', at) - at;
        lossy = std::make_unique<testing::LossyPostgres>(url.substr(at, size));
        url.replace(at, size, lossy->dir());
    }});
    prepared(lab, chain({"create table kept as select 42 as n"}));
    lossy->lose_commit_of("databases.create_instance");
    Told told = lab.owner().post("/api/v1/database_prepares", chain({"create table kept as select 42 as n"}, R"(,"name":"unanswered")"));
    CHECK(lossy->has_lost());
    CHECK_MESSAGE(told.status == 503, told.seen.body);
    CHECK_MESSAGE(told.text("/detail").find("read again to see whether it was saved") != std::string::npos, told.seen.body);
    Told instance = lab.owner().get("/api/v1/database_instances/unanswered");
    REQUIRE_MESSAGE(instance.status == 200, instance.seen.body);
    CHECK(ask(instance.text("/dsn"), "select n from kept") == "42");

    lossy->lose_commit_of("databases.drop_instance");
    CHECK(lab.owner().call("DELETE", "/api/v1/database_instances/unanswered").status == 204);
    CHECK(lossy->has_lost());
    CHECK(lab.owner().get("/api/v1/database_instances/unanswered").status == 404);
    CHECK_FALSE(std::filesystem::exists(lab.data_dir() + "/databases/instances/" +
                                        uuid_text(databases::InstanceId::parse(instance.text("/id"))->uuid)));
}

TEST_CASE("a damaged state is built anew, and an instance that stood on it says how it comes back") {
    Lab& lab = Lab::shared();
    std::string body = chain({"create table damaged (n int); insert into damaged values (1)"});
    Told first = prepared(lab, body);
    std::string at = "/api/v1/database_instances/" + first.text("/instance_id");
    REQUIRE(lab.owner().post(at + "/sleep", "").status == 200);
    for (const auto& entry : std::filesystem::directory_iterator(lab.data_dir() + "/states/trees"))
        if (entry.path().filename().string().ends_with(first.text("/state_id")))
            std::filesystem::remove(entry.path() / "manifest");
    Told again = prepared(lab, body);
    CHECK_FALSE(again.at("/cached").as_bool());
    CHECK(ask(again.text("/dsn"), "select n from damaged") == "1");
    Told woken = lab.owner().post(at + "/wake", "");
    if (woken.status != 200) {  // where a copy needs its state for as long as it lives
        CHECK_MESSAGE(woken.text("/detail").find("ramify db reset") != std::string::npos, woken.seen.body);
        CHECK(lab.owner().post(at + "/reset", "").status == 200);
    }
    CHECK(ask(first.text("/dsn"), "select n from damaged") == "1");
}

TEST_CASE("a state whose row a crash took back is found by the next prepare, and not built again") {
    Lab& lab = Lab::shared();
    std::string body = chain({"create table found (n int); insert into found values (1)"});
    Told first = prepared(lab, body);
    std::string kept = lab.data_dir() + "/kept", tree;
    for (const auto& entry : std::filesystem::directory_iterator(lab.data_dir() + "/states/trees"))
        if (entry.path().filename().string().ends_with(first.text("/state_id"))) tree = entry.path();
    REQUIRE(std::system(("cp -a " + tree + " " + kept).c_str()) == 0);
    REQUIRE(lab.owner().call("DELETE", "/api/v1/database_instances/" + first.text("/instance_id")).status == 204);
    REQUIRE(lab.owner().call("DELETE", "/api/v1/database_states/" + first.text("/state_id")).status == 204);
    std::filesystem::rename(kept, tree);
    Told again = prepared(lab, body);
    CHECK_MESSAGE(again.text("/status") == "done", again.seen.body);
    CHECK(again.at("/steps/0/cached").as_bool());
    CHECK(ask(again.text("/dsn"), "select n from found") == "1");
    CHECK(lab.owner().get("/api/v1/database_states/" + first.text("/state_id")).status == 200);
}
