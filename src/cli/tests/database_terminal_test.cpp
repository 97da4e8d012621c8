// What a person sees of databases at a terminal, wide and narrow, and what Ctrl-C does there.
#include "cli/terminal.h"
#include "cli/tests/pseudo_terminal.h"
#include "cli/tests/shop_repository.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using testing::PseudoTerminal;
using testing::Ran;
using testing::ShopRepository;

constexpr const char* ctrl_c = "\x03";

std::string at(const ShopRepository& shop, const std::string& words) { return "RAMIFY_DATA_DIR=" + shop.folder + "/data exec " RAMIFY_BINARY_DIR "/ramify " + words; }
std::string status_of_newest(const ShopRepository& shop) { return std::string(shop.ramify("db prepares --output json").json().at_pointer("/items/0/status").as_string()); }

TEST_CASE("Ctrl-C at a terminal asks: go on, leave it running, or stop it") {
    ShopRepository shop;
    REQUIRE(shop.ramify("db init").exit == 0);
    // The step waits until a file is there for it to go on: the test decides how long it takes.
    shop.write("slow.sql", "select 1;\nselect pg_sleep(600);\n");
    PseudoTerminal detached(at(shop, "db prepare psql -- -f slow.sql"), shop.root(), 80);
    REQUIRE(detached.shows("1/1  -f slow.sql"));
    detached.type(ctrl_c);
    REQUIRE(detached.shows("[s] stop it"));
    detached.type("\r");
    REQUIRE(detached.shows("1/1  -f slow.sql"));  // it goes on
    detached.type(ctrl_c);
    REQUIRE(detached.shows("[d] leave it running"));
    detached.type("d");
    CHECK(detached.wait() == 0);
    CHECK(detached.seen().find("ramify db watch prepare_") != std::string::npos);
    CHECK(status_of_newest(shop) == "building");

    std::string id = std::string(shop.ramify("db prepares --output json").json().at_pointer("/items/0/id").as_string());
    PseudoTerminal stopped(at(shop, "db watch " + id), shop.root(), 80);
    REQUIRE(stopped.shows("-f slow.sql"));
    stopped.type(ctrl_c);
    REQUIRE(stopped.shows("[s] stop it"));
    stopped.type(ctrl_c);  // a second one stops it
    CHECK(stopped.wait() == 130);
    CHECK(stopped.seen().find("the states that were made are kept") != std::string::npos);
    CHECK(status_of_newest(shop) == "cancelled");
}

TEST_CASE("without a terminal Ctrl-C stops the prepare, and --no-watch does not wait for it") {
    ShopRepository shop;
    REQUIRE(shop.ramify("db init").exit == 0);
    Ran left = shop.ramify("db prepare psql --no-watch -- -c 'select 1' -c 'select pg_sleep(600)'");
    CHECK(left.exit == 0);
    CHECK(left.out.starts_with("prepare_"));
    std::string id = left.out.substr(0, left.out.size() - 1);
    CHECK(status_of_newest(shop) != "cancelled");
    // A shell has what it starts in the background ignore SIGINT; the program gives it its meaning again before it shows anything.
    Ran stopped = shop.shell("RAMIFY_DATA_DIR=" + shop.folder + "/data; export RAMIFY_DATA_DIR; " RAMIFY_BINARY_DIR "/ramify db watch " + id +
                                 " 2> seen & until test -s seen; do sleep 0.05; done; kill -INT $!; wait $!",
                             shop.root());
    CHECK(stopped.exit == 130);
    CHECK(status_of_newest(shop) == "cancelled");
}

TEST_CASE("what is shown fits the terminal, narrow and wide, with colours and without") {
    ShopRepository shop;
    REQUIRE(shop.ramify("db prepare psql --name a-database-with-quite-a-long-name -- -c 'create table a_table_with_quite_a_long_name (id int)' -c 'select 1'").exit == 0);
    std::string state(shop.ramify("db show a-database-with-quite-a-long-name --output json").json().at("state_id").as_string());
    REQUIRE(shop.ramify("db tag shop@main " + state).exit == 0);
    for (unsigned short columns : {60, 140})
        for (bool is_plain : {false, true})
            for (const char* words : {"db ls --all", "db status --cache", "db plan psql -- -c 'create table a_table_with_quite_a_long_name (id int)' -c 'select 2'", "db rm --dry-run --recurse shop@main",
                                      "db compare psql --from shop@main --to shop@main -- -Atc 'select 1'", "db compare psql --output table --from shop@main --to shop@main -- -Atc 'select 1'"}) {
                CAPTURE(columns);
                CAPTURE(words);
                PseudoTerminal terminal(std::string(is_plain ? "NO_COLOR=1 " : "TERM=xterm ") + at(shop, words), shop.root(), columns);
                CHECK(terminal.wait() == 0);
                CHECK((terminal.seen().find("\x1b[") == std::string::npos) == is_plain);
                for (const std::string& line : testing::screen_lines(terminal.seen())) CHECK_MESSAGE(width_of(line) <= columns, line);
            }
}

TEST_CASE("a program that is run at a terminal has one, and what it writes is remembered") {
    ShopRepository shop;
    REQUIRE(shop.ramify("db prepare psql --name shop -- -c 'select 1'").exit == 0);
    PseudoTerminal terminal(at(shop, "db run --instance shop -- sh -c 'test -t 1 && echo a terminal; stty size <&1; read line; echo $line >&2; exit 3'"), shop.root(), 77);
    REQUIRE(terminal.shows("a terminal"));
    REQUIRE(terminal.shows("40 77"));
    terminal.type("typed\n");
    CHECK(terminal.wait() == 3);
    std::string id(shop.ramify("db runs --output json").json().at_pointer("/items/0/id").as_string());
    CHECK(shop.ramify("db run-output " + id).out == "a terminal\n40 77\n");
    CHECK(shop.ramify("db run-output " + id + " --stream stderr").out == "typed\n");
}

TEST_CASE("the log of a prepare is read to its end, also after it") {
    ShopRepository shop;
    Ran made = shop.ramify("db prepare psql --output json -- -c '\\echo said' -c 'select nonsense'");
    CHECK(made.exit == 1);
    std::string id(shop.ramify("db prepares --output json").json().at_pointer("/items/0/id").as_string());
    PseudoTerminal terminal(at(shop, "db logs " + id), shop.root(), 80);
    CHECK(terminal.wait() == 1);
    CHECK_MESSAGE(terminal.seen().find("said") != std::string::npos, terminal.seen());
    CHECK(terminal.seen().find("nonsense") != std::string::npos);
}

TEST_CASE("a database is prepared for a program, and goes with it") {
    ShopRepository shop;
    shop.write("schema.sql", "create table item (id int); insert into item values (1), (2);\n");
    Ran ran = shop.ramify("db prepare psql -- -f schema.sql run psql -- -Atc 'select count(*) from item'");
    REQUIRE_MESSAGE(ran.exit == 0, ran.err);
    CHECK(ran.out == "2\n");
    CHECK(shop.ramify("db prepare:psql -- -f schema.sql run -- sh -c 'exit 9'").exit == 9);
    CHECK(shop.ramify("db ls --output json").json().at("items").as_array().empty());
    bj::value run = shop.ramify("db runs --output json").json().at_pointer("/items/0");
    CHECK(run.at("is_own").as_bool());
    CHECK(run.at("prepare_id").as_string().starts_with("prepare_"));
    CHECK(shop.ramify("db prepare psql --name shop -- -f schema.sql run -- true").exit == 2);
    shop.write("run", "select 1;\n");
    CHECK(shop.ramify("db prepare psql -- -f run").exit == 0);  // a file of that name
}

TEST_CASE("called sqlrs, it prints the one line that its scripts read") {
    ShopRepository shop;
    shop.write("schema.sql", "create table item (id int);\n");
    auto sqlrs = [&](const std::string& words) { return shop.shell("export RAMIFY_DATA_DIR=" + shop.folder + "/data; ln -sf " RAMIFY_BINARY_DIR "/ramify ../sqlrs; ../sqlrs " + words, shop.root()); };
    Ran made = sqlrs("prepare:psql -- -f schema.sql");
    REQUIRE_MESSAGE(made.exit == 0, made.err);
    CHECK(made.out.starts_with("DSN=postgres://"));
    CHECK(made.out.find('\n') == made.out.size() - 1);
    std::string id = made.out.substr(made.out.rfind('/') + 1, made.out.size() - made.out.rfind('/') - 2);
    CHECK(sqlrs("run:psql --instance " + id + " -- -Atc 'select 1'").out == "1\n");
    CHECK(sqlrs("plan:psql --output json -- -f schema.sql").json().at("cached").as_bool());
    CHECK(sqlrs("ls --output json").json().as_object().contains("refs"));
    CHECK(sqlrs("prepare:psql -- -f schema.sql run:psql -- -Atc 'select 2'").out == "2\n");
    CHECK(sqlrs("rm " + id).exit == 0);
    CHECK(sqlrs("rm " + id).exit == 0);  // it is gone already: a warning
    CHECK(sqlrs("status --cache --output json").json().at("status").as_string() == "running");
    CHECK(sqlrs("auth login").exit == 2);
    CHECK(shop.ramify("sqlrs ls -i --output json").json().at("items").as_array().empty());
    Ran left = sqlrs("prepare:psql --no-watch -- -c 'select pg_sleep(600)'");
    CHECK(left.out.starts_with("JOB_ID=prepare_"));
    CHECK(left.out.find("\nEVENTS_URL=http://") != std::string::npos);
}

}  // namespace
}  // namespace ry::cli
