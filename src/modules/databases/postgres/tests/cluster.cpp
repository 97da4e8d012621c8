// A cluster: how it starts, who gets in, what a snapshot of it holds, and how it ends.
#include "modules/databases/postgres/cluster.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <thread>

#include "modules/databases/postgres/tests/story.h"
#include "modules/databases/postgres/verify.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::testing;

namespace {

/// Direct children of a process.
std::vector<int> children_of(int pid) {
    std::vector<int> found;
    std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    for (int child; children >> child;) found.push_back(child);
    return found;
}

/// The packet that begins a session of the superuser (protocol 3.0).
std::string start_up(const std::string& application_name) {
    std::string body = std::string("\0\3\0\0", 4);
    for (const std::string& word : {std::string("user"), std::string(superuser), std::string("database"),
                                    std::string("postgres"), std::string("application_name"), application_name})
        body += word + '\0';
    body += '\0';
    return std::string("\0\0\0", 3) + char(body.size() + 4) + body;
}

/// Waits for the end of a start-up's answer: ReadyForQuery, in no transaction. What a session said before it.
std::string greeting(const Descriptor& socket) {
    constexpr std::string_view ready("Z\0\0\0\5I", 6);
    std::string heard;
    char buffer[4096];
    while (!heard.ends_with(ready)) {
        pollfd waits{socket.get(), POLLIN, 0};
        REQUIRE(poll(&waits, 1, 10'000) == 1);
        ssize_t got = recv(socket.get(), buffer, sizeof buffer, 0);
        REQUIRE(got > 0);
        heard.append(buffer, size_t(got));
    }
    return heard;
}

}  // namespace

TEST_CASE("the session that was begun for a client is that client's alone, and only while no other began") {
    Story story;
    Server server = story.start_fresh();
    Cluster& cluster = *server.cluster;
    const std::string usual = start_up("usual"), other = start_up("other");

    cluster.expect_client(usual);
    auto met = must(cluster.meet_client(usual));
    CHECK(met.has_begun);
    CHECK(greeting(met.socket).find(std::string("application_name\0usual", 22)) != std::string::npos);
    CHECK_FALSE(must(cluster.meet_client(usual)).has_begun);  // it is taken

    cluster.expect_client(usual);
    CHECK_FALSE(must(cluster.meet_client(other)).has_begun);
    CHECK_FALSE(must(cluster.meet_client(usual)).has_begun);  // the other may have changed what it begins with

    cluster.expect_client(usual);
    must(must(cluster.session(some_op())).run(some_op(), "alter role postgres set application_name = 'by its role'"));
    CHECK_FALSE(must(cluster.meet_client(usual)).has_begun);

    cluster.expect_client(usual);
    cluster.expect_nobody();
    CHECK_FALSE(must(cluster.meet_client(usual)).has_begun);

    cluster.expect_client(usual);
    cluster.kill();
    CHECK_FALSE(cluster.meet_client(usual).has_value());
}

TEST_CASE("a cluster answers on its socket, with the password and not without") {
    Story story;
    Server server = story.start_fresh();
    CHECK(server.ask("select current_user || ' ' || current_setting('server_version_num')::int / 10000") ==
          "postgres 15");
    Client stranger("host=" + server.cluster->socket_dir() + " user=postgres dbname=postgres password=wrong");
    CHECK_FALSE(stranger.is_open());
    CHECK(stranger.error().find("password authentication failed") != std::string::npos);
    Client without("host=" + server.cluster->socket_dir() + " user=postgres dbname=postgres");
    CHECK_FALSE(without.is_open());
    CHECK(server.cluster->is_alive());
    CHECK(server.ask("select rolpassword ~ '^SCRAM-SHA-256\\$4096:' from pg_authid where rolname = 'postgres'") == "t");
}

TEST_CASE("the server itself needs no password, whatever users have done to theirs") {
    Story story;
    Server server = story.start_fresh();
    CHECK(server.ask("alter database postgres set default_transaction_read_only = on") == "");
    CHECK(server.ask("begin read write; alter role postgres password null; commit") == "");
    CHECK(server.ask("select 1").find("authentication failed") != std::string::npos);
    Session session = must(server.cluster->session(some_op()));
    auto rows = must(session.run(some_op(), "select 1, null, 'two'; select 3"));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0] == Session::Row{"1", std::nullopt, "two"});
    CHECK(rows[1] == Session::Row{"3"});
    must(server.cluster->set_password(some_op(), superuser, scram_verifier(server.password)));
    CHECK(server.ask("select 1") == "1");
    Client in_template("host=" + server.cluster->socket_dir() +
                       " user=postgres dbname=template1 password=" + std::string(server.password.reveal()));
    REQUIRE(in_template.is_open());
    std::string dropped;
    do dropped = in_template.run("drop database postgres with (force)");  // our own session may be on its way out
    while (dropped.find("being accessed") != std::string::npos);
    CHECK(dropped == "");
    must(server.cluster->checkpoint(some_op()));
}

TEST_CASE("errors of a session keep it, and say what the server said") {
    Story story;
    Server server = story.start_fresh();
    Session session = must(server.cluster->session(some_op()));
    auto failed = session.run(some_op(), "select 1; select nothing");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "PostgreSQL says: column \"nothing\" does not exist");
    CHECK(failed.error().cause == "42703");
    std::string strange = "it's \\ a \"name\"";
    CHECK(must(session.run(some_op(), "select " + sql_literal(strange)))[0][0] == strange);
    CHECK(must(session.run(some_op(), "select 1 as " + sql_identifier(strange))).size() == 1);
    CHECK(must(session.run(some_op(), "select repeat('x', 1000000)"))[0][0]->size() == 1'000'000);
    auto large = session.run(some_op(), "select repeat('x', 1000000) from generate_series(1, 20)");
    REQUIRE_FALSE(large);
    CHECK(large.error().code == Code::too_large);
    auto unknown = server.cluster->session(some_op(), "no such database");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().cause == "3D000");
}

TEST_CASE("an operation that is over ends its session's statement") {
    Story story;
    Server server = story.start_fresh();
    Op op = some_op();
    op.deadline = Deadline::in_ms(100);
    Session session = must(server.cluster->session(some_op()));
    auto late = session.run(op, "select pg_sleep(3600)");
    REQUIRE_FALSE(late);
    CHECK(late.error().code == Code::timed_out);
    while (
        server.ask(
            "select count(*) from pg_stat_activity where query like '%pg_sleep(3600)' and pid <> pg_backend_pid()") !=
        "0")
        std::this_thread::yield();
}

TEST_CASE("a stopped cluster is a state: shut down, without a trace of its run, and it starts again") {
    Story story;
    std::string dir = story.copy(story.base(), "data");
    Server server = story.start_on(dir);
    CHECK(server.ask("create table t as select generate_series(1, 1000) i; create unlogged table u as select 7 as i") ==
          "");
    CHECK_FALSE(must(is_shut_down(dir)));
    must(server.cluster->stop(some_op()));
    CHECK(must(is_shut_down(dir)));
    CHECK_FALSE(server.cluster->is_alive());
    for (const auto& entry : fs::directory_iterator(dir)) {
        std::string name = entry.path().filename();
        CAPTURE(name);
        CHECK(name != "postmaster.pid");
        CHECK(name != "postmaster.opts");
        CHECK(name.find("PGSQL") == std::string::npos);
    }
    Server again = story.start_on(story.copy(dir, "second"));
    CHECK(again.ask("select sum(i) from t") == "500500");
    CHECK(again.ask("select i from u") == "7");
    // What is over stays over, whoever runs on the directory now.
    Server next = story.start_on(dir);
    must(server.cluster->stop(some_op()));
    server.cluster->kill();
    CHECK(next.ask("select i from u") == "7");
    next.cluster->kill();
    auto stopped = next.cluster->stop(some_op());
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == Code::conflict);
}

TEST_CASE("a cluster that was killed has everything that was committed, and no stale file is in the way") {
    Story story;
    std::string dir = story.copy(story.base(), "data");
    Server server = story.start_on(dir);
    CHECK(server.ask("create table t as select generate_series(1, 1000) i") == "");
    server.cluster->kill();
    CHECK_FALSE(must(is_shut_down(dir)));
    CHECK(fs::exists(dir + "/postmaster.pid"));
    server.cluster.reset();
    Server again = story.start_on(dir);
    CHECK(again.ask("select sum(i) from t") == "500500");
    CHECK(must(amcheck(some_op(), *again.cluster)).empty());
}

TEST_CASE("two clusters never run on one directory") {
    Story story;
    std::string dir = story.copy(story.base(), "data");
    Server server = story.start_on(dir);
    auto second = story.clusters->start(some_op(), story.options(dir));
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::conflict);
    CHECK(server.ask("select 1") == "1");
}

TEST_CASE("whoever owns a cluster hears that it crashed, and why") {
    Story story;
    Guarded<std::optional<ClusterEnd>> heard;
    ClusterOptions options = story.options(story.copy(story.base(), "data"));
    options.ended = [&](const ClusterEnd& end) { heard.change([&](auto& now) { now = end; }); };
    Server server = story.start(std::move(options));
    std::vector<int> postmaster = children_of(server.cluster->pid());
    REQUIRE(postmaster.size() == 1);
    kill(postmaster[0], SIGKILL);
    ClusterEnd end;
    CHECK(heard.wait_until(
        std::chrono::steady_clock::now() + std::chrono::seconds(120), [](const auto& now) { return now.has_value(); },
        [&](auto& now) { end = *now; }));
    CHECK(end.exit_code == 128 + SIGKILL);
    CHECK(end.message == "the database server ended: ended by signal 9; start it again, its log says more");
    CHECK_FALSE(server.cluster->is_alive());
    auto session = server.cluster->session(some_op());
    REQUIRE_FALSE(session);
    CHECK(session.error().message == "the database server has ended; start it again");
}

TEST_CASE("a cluster that is stopped or thrown away is not reported as crashed") {
    Story story;
    std::atomic<int> reports = 0;
    for (bool is_stopped : {true, false}) {
        ClusterOptions options = story.options(story.copy(story.base(), is_stopped ? "stopped" : "dropped"));
        options.ended = [&](const ClusterEnd&) { ++reports; };
        Server server = story.start(std::move(options));
        if (is_stopped) must(server.cluster->stop(some_op()));
    }
    story.clusters.reset();  // its thread has ended: nothing comes any more
    CHECK(reports == 0);
}

TEST_CASE("a cluster that cannot start says PostgreSQL's own reason") {
    Story story;
    SUBCASE("a setting is wrong") {
        std::string dir = story.copy(story.base(), "data");
        std::ofstream(dir + "/postgresql.auto.conf", std::ios::app) << "work_mem = 'much'\n";
        auto started = story.clusters->start(some_op(), story.options(dir));
        REQUIRE_FALSE(started);
        CHECK(started.error().code == Code::unavailable);
        CHECK(started.error().message.find("postgresql.auto.conf") != std::string::npos);
    }
    SUBCASE("it is of another major") {
        std::string dir = story.copy(story.base(), "data");
        std::ofstream(dir + "/PG_VERSION") << "16\n";
        auto started = story.clusters->start(some_op(), story.options(dir));
        REQUIRE_FALSE(started);
        CHECK(started.error().message.find("database files are incompatible with server") != std::string::npos);
    }
    SUBCASE("the directory is gone") {
        auto started = story.clusters->start(some_op(), story.options(story.temp.path + "/nothing"));
        REQUIRE_FALSE(started);
        CHECK(started.error().message.find("data directory") != std::string::npos);
    }
    SUBCASE("the socket's path would be too long") {
        ClusterOptions options = story.options(story.copy(story.base(), "data"));
        options.socket_dir = story.temp.path + "/" + std::string(100, 'x');
        auto started = story.clusters->start(some_op(), options);
        REQUIRE_FALSE(started);
        CHECK(started.error().code == Code::invalid);
    }
    SUBCASE("the caller gives up") {
        Op op = some_op();
        op.deadline = Deadline::in_ms(0);
        auto started = story.clusters->start(op, story.options(story.copy(story.base(), "data")));
        REQUIRE_FALSE(started);
        CHECK(started.error().code == Code::timed_out);
    }
}

TEST_CASE("nothing that users set lets a cluster out or hides its start") {
    Story story;
    std::string dir = story.copy(story.base(), "data");
    Server server = story.start_on(dir);
    for (std::string setting : {"listen_addresses = '*'", "log_min_messages = 'panic'", "shared_buffers = '4GB'",
                                "unix_socket_directories = '/tmp'", "max_connections = 9999"})
        CHECK(server.ask("alter system set " + setting) == "");
    must(server.cluster->stop(some_op()));
    server.cluster.reset();
    Server again = story.start_on(dir);
    CHECK(again.ask("show listen_addresses") == "127.0.0.1");
    CHECK(again.ask("show shared_buffers") == "8MB");
    CHECK(again.ask("show hba_file") == "/run/pg_hba.conf");
    CHECK(again.ask("copy (select 'local all all trust') to '/run/pg_hba.conf'").starts_with("ERROR"));
    for (std::string name : {"hba_file", "HBA_File", "port", "data_directory", "a=b -c", ""}) {
        ClusterOptions options = story.options(dir);
        options.settings = {{name, "x"}};
        auto refused = story.clusters->start(some_op(), options);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::invalid);
    }
}

TEST_CASE("a caller's own settings hold") {
    Story story;
    ClusterOptions options = story.options(story.copy(story.base(), "data"));
    options.settings = {{"work_mem", "7MB"}, {"autovacuum", "on"}};
    Server server = story.start(std::move(options));
    CHECK(server.ask("show work_mem") == "7MB");
    CHECK(server.ask("show autovacuum") == "on");
    ClusterOptions building = story.options(story.copy(story.base(), "building"));
    building.purpose = Purpose::build;
    CHECK(story.start(std::move(building)).ask("show autovacuum") == "off");
}

TEST_CASE("a sleeping cluster keeps its connections and answers when it is woken") {
    Story story;
    Server server = story.start_fresh();
    Client client(server.words());
    REQUIRE(client.is_open());
    must(server.cluster->pause());
    REQUIRE(PQsendQuery(client.connection, "select 'awake'"));
    PQflush(client.connection);
    auto asleep = server.cluster->session(some_op());
    REQUIRE_FALSE(asleep);
    CHECK(asleep.error().message.find("asleep") != std::string::npos);
    must(server.cluster->resume());
    PGresult* result = PQgetResult(client.connection);
    CHECK(std::string(PQgetvalue(result, 0, 0)) == "awake");
    PQclear(result);
    must(server.cluster->pause());
    must(server.cluster->stop(some_op()));  // wakes it first
    CHECK(must(is_shut_down(server.cluster->data_dir())));
}

TEST_CASE("a copy of a working cluster has one moment of it") {
    Story story;
    Server server = story.start_fresh();
    CHECK(server.ask("create table account (id int primary key, cents int); insert into account select i, 100 from "
                     "generate_series(1, 1000) i") == "");
    std::atomic<bool> is_over = false;
    std::atomic<int> transfers = 0;
    std::thread writer([&] {
        Client client(server.words());
        while (!is_over) {
            client.run("begin; update account set cents = cents - 1 where id = 1 + " +
                       std::to_string(transfers % 1000) + "; update account set cents = cents + 1 where id = 1 + " +
                       std::to_string(transfers * 7 % 1000) + "; commit");
            ++transfers;
        }
    });
    for (int i = 0; i < 3; ++i) {
        for (int before = transfers; transfers < before + 20;) std::this_thread::yield();
        std::string to = story.temp.path + "/copy" + std::to_string(i);
        must(server.cluster->while_still(some_op(), [&]() -> Result<void> {
            fs::copy(server.cluster->data_dir(), to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
            return {};
        }));
        fs::permissions(to, fs::perms::owner_all);
        must(story.sandbox->give(to));
        Server fork = story.start_on(to);
        CHECK(fork.ask("select sum(cents) from account") == "100000");
        CHECK(must(amcheck(some_op(), *fork.cluster)).empty());
    }
    is_over = true;
    writer.join();
    CHECK(server.ask("select sum(cents) from account") == "100000");
}

TEST_CASE("how much a copy would replay is read from its files") {
    constexpr int64_t much = 8 << 20;
    Story story;
    for (const PostgresImage& image : must(story.images->list(some_op()))) {
        CAPTURE(image.name);
        ClusterOptions options = story.options(story.copy(story.base(image), "data" + std::to_string(image.major)));
        options.image = image;
        Server server = story.start(std::move(options));
        auto told = [&] { return wal_since_checkpoint_bytes(server.cluster->data_dir(), much); };
        auto is_so = [&] {  // in whole pages
            int64_t bytes = std::stoll(server.ask("select pg_current_wal_flush_lsn() - redo_lsn from pg_control_checkpoint()"));
            return told() >= bytes && told() <= bytes + 2 * 8192;
        };
        CHECK(server.ask("create table t (n int); checkpoint") == "");
        CHECK(is_so());
        CHECK(told() <= 2 * 8192);
        for (int i = 0; i < 3; ++i) {  // over the borders of segments
            CHECK(server.ask("insert into t select generate_series(1, 10000)") == "");
            CHECK(is_so());
        }
        CHECK(told() > 1 << 20);
        CHECK(server.ask("insert into t select generate_series(1, 200000)") == "");
        CHECK(told() == much);
        CHECK(server.ask("checkpoint") == "");
        CHECK(told() <= 2 * 8192);
    }
    CHECK(wal_since_checkpoint_bytes(story.temp.dir("none"), much) == much);
}

TEST_CASE("a segment that goes away while it is looked at does not stand for the others") {
    constexpr int64_t much = 8 << 20;
    TempDir temp;
    temp.file("data/global/pg_control", std::string(512, '\1'));
    temp.dir("data/pg_wal");
    fs::create_symlink("gone", temp.path + "/data/pg_wal/000000010000000000000001");
    CHECK(wal_since_checkpoint_bytes(temp.path + "/data", much) == much);
    temp.file("data/pg_wal/000000010000000000000002", "half of a segment");
    CHECK(wal_since_checkpoint_bytes(temp.path + "/data", much) == much);
}

TEST_CASE("a copy of a cluster in which little happened needs no checkpoint, and one in which much did has one") {
    Story story;
    Server server = story.start_fresh();
    auto checkpoint = [&] { return server.ask("select checkpoint_lsn from pg_control_checkpoint()"); };
    auto copied_and_asked = [&](const std::string& name) {
        std::string to = story.temp.path + "/" + name;
        must(server.cluster->while_still(some_op(), [&]() -> Result<void> {
            fs::copy(server.cluster->data_dir(), to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
            return {};
        }));
        fs::permissions(to, fs::perms::owner_all);
        must(story.sandbox->give(to));
        return story.start_on(to).ask("select count(*) from t");
    };
    CHECK(server.ask("create table t as select generate_series(1, 100) n") == "");
    std::string before = checkpoint();
    CHECK(copied_and_asked("little") == "100");
    CHECK(checkpoint() == before);
    CHECK(server.ask("insert into t select generate_series(1, 100000)") == "");
    before = checkpoint();
    CHECK(copied_and_asked("much") == "100100");
    CHECK(checkpoint() != before);
}

TEST_CASE("a copy that fails leaves its original running") {
    Story story;
    Server server = story.start_fresh();
    auto copied =
        server.cluster->while_still(some_op(), [] { return Result<void>(fail(Code::unavailable, "no space")); });
    REQUIRE_FALSE(copied);
    CHECK(copied.error().message == "no space");
    CHECK(server.ask("select 1") == "1");
}

TEST_CASE("damage is found") {
    Story story;
    std::string with_checksums = story.temp.dir("with_checksums");
    must(make_base(some_op(), *story.sandbox, story.image, {.data_checksums = true}, with_checksums));
    Server server = story.start_on(with_checksums);
    CHECK(server.ask(
              "create table t as select i, md5(i::text) m from generate_series(1, 10000) i; create index on t (i)") ==
          "");
    CHECK(must(amcheck(some_op(), *server.cluster)).empty());
    std::string table = server.ask("select pg_relation_filepath('t')");
    must(server.cluster->stop(some_op()));
    CHECK(must(checksums(some_op(), *story.sandbox, story.image, with_checksums)).empty());
    {
        std::fstream file(with_checksums + "/" + table, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(8192 + 4000);
        file << "damage";
    }
    auto found = must(checksums(some_op(), *story.sandbox, story.image, with_checksums));
    REQUIRE(found.size() == 1);
    CHECK(found[0].find(table) != std::string::npos);

    std::string without = story.copy(story.base(), "without");
    auto refused = checksums(some_op(), *story.sandbox, story.image, without);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unsupported);
    Server other = story.start_on(without);
    CHECK(other.ask("create table t as select i from generate_series(1, 10000) i; create index on t (i)") == "");
    table = other.ask("select pg_relation_filepath('t')");
    must(other.cluster->stop(some_op()));
    other.cluster.reset();
    {
        std::fstream file(without + "/" + table, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(8192 + 24);  // the first line pointers of the second block
        file << std::string(64, '\x7f');
    }
    other = story.start_on(without);
    CHECK_FALSE(must(amcheck(some_op(), *other.cluster)).empty());
}
