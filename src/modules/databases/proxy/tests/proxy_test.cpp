// Stories of clients that find their database.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>

#include <set>

#include "modules/databases/proxy/tests/clients.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::stories;

namespace {

/// Backends of the cluster that a client with this application_name has.
int backends_of(const std::string& application) {
    Client admin("host=" + cluster().socket_dir() + " port=" + std::to_string(cluster().port()) +
                 " user=ramify dbname=postgres password=" + password);
    return std::stoi(admin.ask("select count(*) from pg_stat_activity where application_name = '" + application + "'"));
}
/// Waits in the server until the backends have ended.
bool have_ended(const std::string& application) {
    for (int looks = 0; looks < 12'000; ++looks) {
        if (backends_of(application) == 0) return true;
        ::poll(nullptr, 0, 10);
    }
    return false;
}

}  // namespace

TEST_CASE("a session through the proxy is like one without") {
    Stage stage;
    Client client(stage.conninfo("application_name=like_direct options='-c work_mem=5MB' client_encoding=LATIN1"));
    REQUIRE_MESSAGE(client.is_connected(), client.error());
    CHECK(client.ask("select 42") == "42");
    CHECK(client.ask("select current_setting('application_name') || current_setting('work_mem') || "
                     "current_setting('client_encoding')") == "like_direct5MBLATIN1");
    CHECK(std::string(PQparameterStatus(client.get(), "server_version")).starts_with("1"));
    CHECK(client.ask("select pg_backend_pid()") == std::to_string(PQbackendPID(client.get())));
    CHECK(client.ask("select 1/0") == "ERROR 22012");
    CHECK(client.ask("select length(repeat('x', 20000000))") == "20000000");
    CHECK(client.ask("select repeat('x', 20000000)").size() == 20'000'000);
    CHECK(client.ask("select length('" + std::string(9'000'000, 'y') + "')") == "9000000");
    CHECK(stage.proxy->connections() == 1);
    auto wanted = stage.instances.seen.with([](const auto& seen) { return seen.opened.at(0); });
    CHECK(wanted.user == "ann");
    CHECK(wanted.application_name == "like_direct");
    CHECK(wanted.address == "127.0.0.1");
}

TEST_CASE("the name says which database and which fork") {
    Stage stage;
    for (std::string name : {"shop@main", "shop@main+test1", "shop@main+*", "shop"}) {
        Client client(stage.conninfo("dbname=" + name));
        REQUIRE_MESSAGE(client.is_connected(), client.error());
        CHECK(client.ask("select 1") == "1");
        CHECK(stage.instances.seen.with([](const auto& seen) { return seen.opened.back().database.text(); }) == name);
    }
}

TEST_CASE("a program without a network comes by the Unix socket, and proves its password there too") {
    std::string dir = cluster().socket_dir() + "/port";
    Stage stage({.socket_dir = dir});
    std::string by_socket = "host=" + dir + " port=5432 sslmode=disable";
    Client client(stage.conninfo(by_socket));
    REQUIRE_MESSAGE(client.is_connected(), client.error());
    CHECK(client.ask("select 42") == "42");
    CHECK(stage.instances.seen.with([](const auto& seen) { return seen.opened.back().address; }) == "local");
    CHECK_FALSE(Client(stage.conninfo(by_socket + " password=wrong")).is_connected());
    Client another(stage.conninfo());  // the port goes on beside it
    CHECK(another.ask("select 1") == "1");
}

TEST_CASE("COPY goes both ways") {
    Stage stage;
    Client client(stage.conninfo());
    client.ask("create temp table copied (a int, b text)");
    CHECK(client.ask("copy copied from stdin") == "");
    std::string row = "7\t" + std::string(1000, 'r') + "\n";
    for (int i = 0; i < 20'000; ++i) REQUIRE(PQputCopyData(client.get(), row.data(), int(row.size())) == 1);
    REQUIRE(PQputCopyEnd(client.get(), nullptr) == 1);
    PQclear(PQgetResult(client.get()));
    CHECK(PQgetResult(client.get()) == nullptr);
    CHECK(client.ask("select count(*) from copied") == "20000");
    CHECK(client.ask("copy copied to stdout") == "");
    size_t bytes = 0;
    char* data = nullptr;
    for (int size = PQgetCopyData(client.get(), &data, 0); size > 0; size = PQgetCopyData(client.get(), &data, 0)) {
        bytes += size_t(size);
        PQfreemem(data);
    }
    CHECK(bytes == 20'000 * row.size());
}

TEST_CASE("a token is the password of the user that is asked for one") {
    Stage stage;
    CHECK(Client(stage.conninfo("user=token password=rmf_right")).ask("select 1") == "1");
    Client wrong(stage.conninfo("user=token password=rmf_wrong"));
    CHECK_FALSE(wrong.is_connected());
    CHECK(wrong.error().find("ramify tokens create") != std::string::npos);
}

TEST_CASE("the backend may be known by its password alone, and may be on TCP") {
    Stage stage({}, {{"by_password",
                      [&](const Op&, const Wanted&, const Proof&) -> Result<Target> {
                          return Target{.address = TcpAddress{"127.0.0.1", cluster().port()},
                                        .database = "postgres",
                                        .user = "ramify",
                                        .password = Secret(std::string(password))};
                      }},
                     {"by_proof",
                      [&](const Op&, const Wanted&, const Proof& proof) -> Result<Target> {
                          return Target{.address = UnixAddress{cluster().socket()},
                                        .database = "postgres",
                                        .user = "ramify",
                                        .keys = std::get<ScramKeys>(proof)};
                      }},
                     {"by_mistake", [&](const Op&, const Wanted&, const Proof&) -> Result<Target> {
                          return Target{.address = UnixAddress{cluster().socket()},
                                        .database = "postgres",
                                        .user = "ramify",
                                        .password = Secret("another")};
                      }}});
    CHECK(Client(stage.conninfo("dbname=by_password")).ask("select 1") == "1");
    CHECK(Client(stage.conninfo("dbname=by_proof")).ask("select 1") == "1");
    Client refused(stage.conninfo("dbname=by_mistake"));
    CHECK(refused.error().find("does not let the proxy in") != std::string::npos);
}

TEST_CASE("cancelling ends the statement of one session and of no other") {
    Stage stage;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<Client>(stage.conninfo()));
        REQUIRE(PQsendQuery(clients.back()->get(), "select pg_sleep(3600)") == 1);
        PQflush(clients.back()->get());
    }
    std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(clients[2]->get()), PQfreeCancel);
    // A cancel request that comes before the statement is dropped by PostgreSQL: ask until it ends.
    char why[256];
    while (PQconsumeInput(clients[2]->get()) == 1 && PQisBusy(clients[2]->get())) {
        REQUIRE(PQcancel(cancel.get(), why, sizeof why) == 1);
        pollfd readable{PQsocket(clients[2]->get()), POLLIN, 0};
        ::poll(&readable, 1, 20);
    }
    std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(clients[2]->get()), PQclear);
    CHECK(std::string(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE)) == "57014");
    for (int i : {0, 1, 3, 4}) {
        PQconsumeInput(clients[size_t(i)]->get());
        CHECK(PQisBusy(clients[size_t(i)]->get()));
    }
    // a key that nobody has: no answer, and no harm
    RawClient stranger(stage.proxy->port());
    stranger.say(cancel_request({uint32_t(PQbackendPID(clients[0]->get())), "none"}));
    CHECK(stranger.read_all() == "");
    CHECK(PQisBusy(clients[0]->get()));
}

TEST_CASE("a thousand sessions at once, each with its own") {
    Stage stage({.limits = {.login_ms_max = 600'000}});  // all of them wait for this one thread
    std::vector<std::unique_ptr<Client>> clients;
    std::string conninfo = stage.conninfo();
    for (int i = 0; i < 1000; ++i) clients.push_back(std::make_unique<Client>(PQconnectStart(conninfo.c_str())));
    std::vector<PostgresPollingStatusType> states(clients.size(), PGRES_POLLING_WRITING);
    for (size_t open = 0; open < clients.size();) {
        std::vector<pollfd> waits;
        for (size_t i = 0; i < clients.size(); ++i) {
            int events = states[i] == PGRES_POLLING_READING ? POLLIN : states[i] == PGRES_POLLING_WRITING ? POLLOUT : 0;
            waits.push_back({PQsocket(clients[i]->get()), short(events), 0});
        }
        REQUIRE(::poll(waits.data(), waits.size(), 120'000) > 0);
        for (size_t i = 0; i < clients.size(); ++i) {
            if (waits[i].revents == 0 || states[i] == PGRES_POLLING_OK) continue;
            states[i] = PQconnectPoll(clients[i]->get());
            REQUIRE_MESSAGE(states[i] != PGRES_POLLING_FAILED, clients[i]->error());
            open += states[i] == PGRES_POLLING_OK;
        }
    }
    CHECK(stage.proxy->connections() == 1000);
    std::set<std::string> backends;
    for (auto& client : clients) REQUIRE(PQsendQuery(client->get(), "select pg_backend_pid()") == 1);
    for (auto& client : clients) {
        std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(client->get()), PQclear);
        REQUIRE(PQresultStatus(result.get()) == PGRES_TUPLES_OK);
        backends.insert(PQgetvalue(result.get(), 0, 0));
        CHECK(PQgetResult(client->get()) == nullptr);
    }
    CHECK(backends.size() == 1000);
    clients.clear();
    CHECK(stage.instances.wait_for([](const auto& seen) { return seen.leases == 0; }));
}

TEST_CASE("a client that dies in the middle of COPY takes its backend with it") {
    for (bool by_reset : {false, true}) {
        CAPTURE(by_reset);
        Stage stage;
        Client in(stage.conninfo("application_name=dies_in_copy"));
        in.ask("create temp table copied (a text)");
        CHECK(in.ask("copy copied from stdin") == "");
        REQUIRE(PQputCopyData(in.get(), "one\ntwo", 7) == 1);
        PQflush(in.get());
        Client out(stage.conninfo("application_name=dies_in_copy"));
        CHECK(out.ask("copy (select repeat('x', 1000) from generate_series(1, 1000000)) to stdout") == "");
        in.die(by_reset);
        out.die(by_reset);
        CHECK(have_ended("dies_in_copy"));
        CHECK(stage.instances.wait_for([](const auto& seen) { return seen.leases == 0; }));
    }
}

TEST_CASE("a client that is reset ends its session while its statement runs") {
    Stage stage;
    Client client(stage.conninfo());
    REQUIRE(PQsendQuery(client.get(), "select pg_sleep(3600)") == 1);
    PQflush(client.get());
    client.die(true);
    CHECK(stage.instances.wait_for([](const auto& seen) { return seen.opened.size() == 1 && seen.leases == 0; }));
}

TEST_CASE("a client that has said everything still gets the answer") {
    Stage stage;
    RawClient client(stage.proxy->port());
    client.say(hello("shop@main", "token"));
    log_in(client, "rmf_right");
    client.say(message('Q', std::string("select repeat('a', 3000000)\0", 28)));
    client.end_of_words();
    CHECK(client.read_all().size() > 3'000'000);
    CHECK(stage.instances.wait_for([](const auto& seen) { return seen.leases == 0; }));
}

TEST_CASE("what a client says before it may is kept for the database") {
    Stage stage;
    RawClient client(stage.proxy->port());
    client.say(hello("shop@main", "token"));
    REQUIRE(client.read_message() == authentication(Authentication::cleartext));
    client.say(message('p', std::string("rmf_right\0", 10)) + message('Q', std::string("select 'early'\0", 15)) +
               message('X', ""));
    CHECK(client.read_all().find("early") != std::string::npos);
}

TEST_CASE("a slow reader slows its backend and loses nothing") {
    Stage stage;
    RawClient client(stage.proxy->port());
    client.say(start_up_packet({{"user", "token"}, {"database", "shop"}, {"application_name", "slow_reader"}}));
    log_in(client, "rmf_right");
    client.say(
        message('Q', std::string("copy (select repeat('x', 9999) from generate_series(1, 6000)) to stdout\0", 72)));
    Client admin(stage.conninfo());
    while (admin.ask("select wait_event from pg_stat_activity where application_name = 'slow_reader'") != "ClientWrite")
        ::poll(nullptr, 0, 10);
    client.say(message('X', ""));
    std::string all = client.read_all();
    CHECK(all.size() > 6000 * (10'000 + 5));
    CHECK(all.find("CCOPY 6000") == std::string::npos);
    CHECK(all.find("COPY 6000") != std::string::npos);
}

TEST_CASE("a backend that is told to end tells its client") {
    Stage stage;
    Client client(stage.conninfo()), other(stage.conninfo());
    other.ask("select pg_terminate_backend(" + std::to_string(PQbackendPID(client.get())) + ")");
    PQsendQuery(client.get(), "select 1");
    std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(client.get()),
                                                         PQclear);  // PQexec would go on to the end of the stream
    CHECK(std::string(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE)) == "57P01");
    CHECK(other.ask("select 1") == "1");
}

TEST_CASE("a session that must end is told why between two messages, whatever its backend does") {
    Guarded<std::string> why;
    Instances* instances = nullptr;
    auto open = [&](const Op&, const Wanted&, const Proof&) -> Result<Target> {
        Target target = instances->target();
        target.must_end = [&why] { return why.with([](const std::string& text) { return text; }); };
        return target;
    };
    Stage stage({}, {{"ending", open}});
    instances = &stage.instances;
    Client waits(stage.conninfo("dbname=ending application_name=waits"));
    REQUIRE(PQsendQuery(waits.get(), "select pg_sleep(600)"));
    RawClient reads(stage.proxy->port());
    reads.say(start_up_packet({{"user", "token"}, {"database", "ending"}, {"application_name", "reads"}}));
    log_in(reads, "rmf_right");
    reads.say(
        message('Q', std::string("copy (select repeat('x', 9999) from generate_series(1, 6000)) to stdout\0", 72)));
    Client admin(stage.conninfo());
    while (admin.ask("select wait_event from pg_stat_activity where application_name = 'reads'") != "ClientWrite")
        ::poll(nullptr, 0, 10);
    why.with([](std::string& text) { text = "the token was revoked"; });
    CHECK(reads.refusal() == "57P01");  // after whole messages only
    std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(waits.get()), PQclear);
    REQUIRE(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) != nullptr);
    CHECK(std::string(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE)) == "57P01");
    CHECK(std::string(PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY)) == "the token was revoked");
    CHECK(admin.ask("select 1") == "1");
    CHECK(have_ended("reads"));
}

TEST_CASE("a server that dies closes its sessions, and the next client is told") {
    testing::PostgresCluster mortal(keys().verifier.text());
    Stage stage({}, {{"mortal", [&](const Op&, const Wanted&, const Proof&) -> Result<Target> {
                          return Target{.address = UnixAddress{mortal.socket()},
                                        .database = "postgres",
                                        .user = "ramify",
                                        .keys = keys()};
                      }}});
    Client client(stage.conninfo("dbname=mortal"));
    CHECK(client.ask("select 1") == "1");
    mortal.stop(SIGQUIT);
    CHECK(client.ask("select 1").starts_with("ERROR"));
    Client next(stage.conninfo("dbname=mortal"));
    CHECK(next.error().find("the server of \"mortal\" does not answer; try again") != std::string::npos);
}

TEST_CASE("draining waits for sessions, and sends newcomers away") {
    Stage stage;
    auto client = std::make_unique<Client>(stage.conninfo());
    RawClient halfway(stage.proxy->port());
    halfway.say(hello());
    REQUIRE(halfway.read_message()[0] == 'R');
    CHECK_FALSE(stage.proxy->drain(1));
    CHECK(halfway.refusal() == "57P01");
    halfway.leave();
    CHECK(client->ask("select 1") == "1");
    CHECK_FALSE(Client(stage.conninfo()).is_connected());
    client.reset();
    CHECK(stage.proxy->drain(30'000));
}
