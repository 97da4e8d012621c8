// psql in its cage: what it may see, how its failures read, and how it ends.
#include "modules/databases/postgres/psql_run.h"

#include <doctest/doctest.h>

#include <thread>

#include "modules/databases/postgres/tests/story.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::testing;

namespace {

using Kind = PsqlSource::Kind;

/// A cluster and a directory of inputs.
struct Psql : Story {
    Server server = start_fresh();
    ClientTools tools = must(images->client_tools(some_op()));
    std::string inputs = temp.dir("inputs");

    void input(const std::string& name, std::string_view text) {
        chmod(temp.file("inputs/" + name, text).c_str(), 0644);
    }
    PsqlRun script(std::vector<PsqlSource> sources) {
        return {.sources = std::move(sources), .inputs = {{inputs}}, .password = server.password};
    }
    Result<PsqlOutcome> try_run(const PsqlRun& run, const Op& op = some_op()) {
        return run_psql(op, *sandbox, tools, *server.cluster, run);
    }
    PsqlOutcome run(const PsqlRun& run) { return must(try_run(run)); }
    PsqlOutcome run_file(std::string_view text) {
        input("script.sql", text);
        return run(script({{Kind::file, "script.sql"}}));
    }
};

std::string only_error(const PsqlOutcome& ran) {
    return ran.errors.size() == 1 ? summary(ran.errors[0]) : std::to_string(ran.errors.size()) + " errors";
}

}  // namespace

TEST_CASE("files, commands and the standard input run in one session, in their order") {
    Psql psql;
    psql.input("a.sql", "create temp table t (i int);\ninsert into t values (:more);\n\\ir sub/b.sql\n");
    psql.input("sub/b.sql", "insert into t values (1);\n\\i sub/c.sql\n");
    psql.input("sub/c.sql", "\\copy t from 'numbers.csv'\n");
    psql.input("numbers.csv", "10\n20\n");
    std::string standard_input = psql.temp.file("stdin", "insert into t select 100;\ncopy t from stdin;\n1000\n\\.\n");
    chmod(standard_input.c_str(), 0644);
    PsqlRun run = psql.script(
        {{Kind::file, "a.sql"}, {Kind::standard_input, standard_input}, {Kind::command, "select sum(i) from t"}});
    run.variables = {{"more", "30000"}};
    run.flags = {"-q", "-At"};
    std::string heard;
    run.output = [&](const sandbox::Output& piece) { heard += piece.bytes; };
    PsqlOutcome ran = psql.run(run);
    CHECK(ran.err == "");
    CHECK(ran.out == "31131\n");
    CHECK(heard == "31131\n");
    CHECK(ran.succeeded());
}

TEST_CASE("a failing statement is reported with file, line, statement, position and hint") {
    Psql psql;
    PsqlOutcome ran = psql.run_file(
        "create table person (name text);\n\nselect 1\n     , nme\nfrom person;\nselect 'not reached';\n");
    CHECK(ran.exit_code == 3);
    REQUIRE(ran.errors.size() == 1);
    const PsqlError& error = ran.errors[0];
    CHECK(error.file == "script.sql");
    CHECK(error.line == 4);
    CHECK(error.severity == "ERROR");
    CHECK(error.message == "column \"nme\" does not exist");
    CHECK(error.hint == "Perhaps you meant to reference the column \"person.name\".");
    CHECK(error.statement == "select 1\n     , nme\nfrom person;");
    CHECK(error.position == 17);
    CHECK(ran.out.find("not reached") == std::string::npos);
}

TEST_CASE("a failing command and a failing include say where they are") {
    Psql psql;
    CHECK(only_error(psql.run(psql.script({{Kind::command, "select 1/0"}}))) == "division by zero");
    psql.input("bad.sql", "-- one\n-- two\nselect 1/0;\n");
    CHECK(only_error(psql.run_file("select 1;\n\\i bad.sql\n")) == "bad.sql:3: division by zero");
    CHECK(only_error(psql.run_file("\\foo\n")).find("script.sql:1: invalid command \\foo") == 0);
    CHECK(
        only_error(psql.run_file("do $$ begin raise exception 'no' using hint = 'yes', detail = 'because'; end $$;")) ==
        "script.sql:1: no; because; hint: yes");
}

TEST_CASE("a file that is not an input is missing, and is named") {
    Psql psql;
    std::string outside = psql.temp.file("outside.sql", "select 'got out';");
    chmod(outside.c_str(), 0644);
    for (std::string path :
         {outside, std::string("../outside.sql"), std::string("/etc/shadow"), std::string("missing.sql")}) {
        PsqlOutcome ran = psql.run_file("\\i " + path + "\n");
        CAPTURE(path);
        CAPTURE(ran.err);
        CHECK(ran.exit_code == 3);
        REQUIRE(ran.errors.size() == 1);
        CHECK(ran.errors[0].missing_file == path);
        CHECK(ran.out.find("got out") == std::string::npos);
    }
    CHECK(psql.run_file("create table c (t text);\n\\copy c from '/etc/shadow'\n").errors.at(0).missing_file ==
          "/etc/shadow");
    CHECK(psql.run_file("copy c from '/input/script.sql';\n").errors.at(0).missing_file ==
          "/input/script.sql");  // the server's cage has no inputs
    CHECK(psql.run_file("\\copy c to 'written.csv'\n").errors.at(0).missing_file == "written.csv");
    CHECK_FALSE(fs::exists(psql.inputs + "/written.csv"));
    CHECK(psql.run(psql.script({{Kind::file, "absent.sql"}})).errors.at(0).missing_file == "absent.sql");
}

TEST_CASE("a session that ends inside a transaction has failed, however it came there") {
    Psql psql;
    for (std::string text :
         {"begin; create table open (i int);", "begin; select 1/0;\\set x 1\n",
          "\\set AUTOCOMMIT off\ncreate table open (i int);", "\\set ON_ERROR_STOP off\nbegin; select 1/0;",
          "\\set ON_ERROR_STOP off\n\\set ECHO all\n\\set QUIET off\n\\timing on\nbegin; select 1/0;\n\\o /tmp/x\n",
          "set lc_messages = 'C'; start transaction isolation level serializable read only;", "begin;\n\\q\n"}) {
        CAPTURE(text);
        PsqlOutcome ran = psql.run_file(text);
        CAPTURE(ran.err);
        CHECK(ran.exit_code == 3);
        if (text.find("select 1/0;\\set") == std::string::npos) {
            CHECK(ran.ended_in_transaction);
            CHECK(ran.errors.back().message.find("inside an open transaction") != std::string::npos);
        }
        CHECK(ran.err.find("end of the session") == std::string::npos);
    }
    CHECK(psql.server.ask("select to_regclass('open') is null") == "t");
}

TEST_CASE("a session that ends well is not disturbed by the question") {
    Psql psql;
    for (std::string text : {"begin; create table t1 (i int); commit;", "\\set AUTOCOMMIT off\nselect 1;\ncommit;",
                             "begin; select 1; rollback;", "set default_transaction_read_only = on; select 1;",
                             "set role pg_read_all_data; select 1;", "\\if false\nbegin;\n\\endif\n", "",
                             "listen x; prepare p as select 1; declare c cursor with hold for select 1; create temp "
                             "table x (i int); select pg_advisory_lock(1);",
                             "\\q\nbegin;\n", "\\c template1\nselect 1;", "\\warn -n no end of line"}) {
        CAPTURE(text);
        PsqlOutcome ran = psql.run_file(text);
        CAPTURE(ran.err);
        CHECK(ran.exit_code == 0);
        CHECK_FALSE(ran.ended_in_transaction);
        CHECK(ran.out.find("DISCARD") == std::string::npos);
        CHECK((ran.err == "" || ran.err == "no end of line"));
    }
    PsqlRun one =
        psql.script({{Kind::command, "create table t2 (i int)"}, {Kind::command, "insert into t2 values (1)"}});
    one.single_transaction = true;
    CHECK(psql.run(one).succeeded());
    CHECK(psql.server.ask("select count(*) from t2") == "1");
    one.sources.push_back({Kind::command, "drop table t2; select 1/0"});
    CHECK(psql.run(one).exit_code != 0);
    CHECK(psql.server.ask("select count(*) from t2") == "1");
}

TEST_CASE("notices and warnings are no errors, and both streams come whole") {
    Psql psql;
    PsqlOutcome ran = psql.run_file(
        "do $$ begin raise notice 'ERROR: only words'; raise warning 'careful'; end $$;\n\\warn to stderr\n\\echo to "
        "stdout\n");
    CHECK(ran.succeeded());
    CHECK(ran.errors.empty());
    CHECK(ran.err ==
          "psql:script.sql:1: NOTICE:  ERROR: only words\npsql:script.sql:1: WARNING:  careful\nto stderr\n");
    CHECK(ran.out == "DO\nto stdout\n");
    // More than what is kept: all of it is passed on.
    psql.input("long.sql", "select repeat('x', 100) from generate_series(1, 20000);\n");
    PsqlRun run = psql.script({{Kind::file, "long.sql"}});
    run.flags = {"-At"};
    int64_t bytes = 0, dropped = 0;
    run.output = [&](const sandbox::Output& piece) {
        bytes += static_cast<int64_t>(piece.bytes.size()), dropped += piece.bytes_dropped;
    };
    ran = psql.run(run);
    CHECK(bytes == 20'000 * 101);
    CHECK(dropped == 0);
    CHECK(ran.out.size() == PsqlRun::kept_bytes_max);
}

TEST_CASE("the environment is fixed, the network is none, and the shell sees only the cage") {
    Psql psql;
    setenv("PGOPTIONS", "-c work_mem=77MB", 1);
    setenv("PGTZ", "Asia/Tokyo", 1);
    PsqlOutcome ran = psql.run_file(
        "show work_mem;\nshow timezone;\nselect current_setting('application_name');\n\\! cat /etc/shadow; id -u; ls "
        "/; ls /home\n");
    unsetenv("PGOPTIONS");
    unsetenv("PGTZ");
    CHECK(ran.out.find("77MB") == std::string::npos);
    CHECK(ran.out.find("UTC") != std::string::npos);
    CHECK(ran.out.find(" psql\n") != std::string::npos);
    CHECK(ran.out.find("1000\n") != std::string::npos);
    CHECK(ran.err.find("/etc/shadow: No such file") != std::string::npos);
    CHECK(ran.out.find("root:") == std::string::npos);
}

TEST_CASE("connections, sources and files cannot be smuggled in as flags") {
    Psql psql;
    for (std::string flag : {"-h",          "-hlocalhost", "--host=x", "--ho=x",    "-d", "-dpostgres", "-f/etc/passwd",
                             "-c select 1", "-v",          "-vx=1",    "--set=x=1", "-U", "-W",         "-1",
                             "-L/tmp/x",    "-o/tmp/x",    "--single", "postgres",  "",   "-",          "--"}) {
        CAPTURE(flag);
        PsqlRun run = psql.script({{Kind::command, "select 1"}});
        run.flags = {flag};
        auto refused = psql.try_run(run);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::invalid);
    }
    PsqlRun run = psql.script({{Kind::command, "select 1 as a, 2 as b"}});
    run.flags = {"-At", "--field-separator=;", "--csv"};
    CHECK(psql.run(run).succeeded());
    run.flags = {};
    run.inputs = {{psql.inputs, "../up"}};
    CHECK_FALSE(psql.try_run(run));
    CHECK_FALSE(psql.try_run(psql.script({})));
}

TEST_CASE("a run that is cancelled or takes too long ends with its statement") {
    Psql psql;
    auto sleeping = [&] {
        return psql.server.ask(
            "select count(*) from pg_stat_activity where query like '%pg_sleep(3600)%' and pid <> pg_backend_pid()");
    };
    psql.input("script.sql", "select pg_sleep(3600);\n");
    PsqlRun run = psql.script({{Kind::file, "script.sql"}});
    run.timeout_ms = 300;
    auto late = psql.try_run(run);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == Code::timed_out);
    CHECK(late.error().message.find("300 ms") != std::string::npos);
    while (sleeping() != "0") std::this_thread::yield();

    run.timeout_ms = 0;
    std::stop_source stop;
    Op op = some_op();
    op.stop = stop.get_token();
    std::thread impatient([&] {
        while (sleeping() != "1") std::this_thread::yield();
        stop.request_stop();
    });
    auto cancelled = psql.try_run(run, op);
    impatient.join();
    REQUIRE_FALSE(cancelled);
    CHECK(cancelled.error().code == Code::cancelled);
    while (sleeping() != "0") std::this_thread::yield();

    psql.input("script.sql", "\\! trap '' INT TERM; sleep 3600\n");
    run.timeout_ms = 300;
    CHECK(psql.try_run(run).error().code == Code::timed_out);
}

TEST_CASE("a line that does not fit into psql's memory ends it, and it is known why") {
    Psql psql;
    psql.input("script.sql", "select length('" + std::string(64 << 20, 'x') + "');\n");
    PsqlRun run = psql.script({{Kind::file, "script.sql"}});
    run.memory_mb_max = 32;
    PsqlOutcome ran = psql.run(run);
    CHECK_FALSE(ran.succeeded());
    bool is_said = ran.ended == sandbox::Ended::by_memory || ran.err.find("out of memory") != std::string::npos;
    CHECK_MESSAGE(is_said, ran.err);
    CHECK(psql.run(psql.script({{Kind::command, "select 1"}})).succeeded());  // its server has noticed nothing
}

TEST_CASE("a server that dies under psql is a failure") {
    Psql psql;
    psql.input("script.sql", "select pg_terminate_backend(pg_backend_pid());\n");
    PsqlOutcome ran = psql.run(psql.script({{Kind::file, "script.sql"}}));
    CHECK(ran.exit_code == 2);
    CHECK_FALSE(ran.errors.empty());
    psql.server.cluster->kill();
    ran = psql.run(psql.script({{Kind::command, "select 1"}}));
    CHECK(ran.exit_code == 2);
    CHECK(only_error(ran).find("connection to server") != std::string::npos);
}

TEST_CASE("long lines and bytes that are no text are for the server to judge") {
    Psql psql;
    std::string long_line = "select length('" + std::string(5 << 20, 'x') + "');\n";
    PsqlOutcome ran = psql.run_file(long_line);
    CHECK(ran.out.find("5242880") != std::string::npos);
    ran = psql.run_file("select '\xff';\n");
    CHECK(only_error(ran).find("invalid byte sequence") != std::string::npos);
}
