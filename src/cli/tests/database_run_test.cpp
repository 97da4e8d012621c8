// Programs with a database: what they write, how they end, and what is remembered of it.
#include <csignal>

#include "cli/tests/shop_repository.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using testing::Ran;
using testing::ShopRepository;

std::string text(const bj::value& value, const char* pointer) { return std::string(value.at_pointer(pointer).as_string()); }

TEST_CASE("a run's output streams apart, its exit code passes through, and the run is written down") {
    ShopRepository shop;
    shop.write("schema.sql", "create table item (id int); insert into item values (1), (2);\n");
    Ran made = shop.ramify("db prepare psql --name shop -- -f schema.sql");
    REQUIRE_MESSAGE(made.exit == 0, made.err);

    Ran ran = shop.ramify("db run --instance shop -- sh -c 'psql -Atc \"select count(*) from item\"; echo $PGPASSWORD; echo apart >&2; exit 7'");
    CHECK(ran.exit == 7);
    CHECK(ran.out.starts_with("2\n"));
    CHECK(ran.err == "apart\n");
    Ran listed = shop.ramify("db runs --output json");
    bj::value run = listed.json().at_pointer("/items/0");
    CHECK(text(run, "/outcome") == "failed");
    CHECK(run.at("exit_code").as_int64() == 7);
    CHECK(text(run, "/source") == "shop");
    CHECK_FALSE(run.at("is_own").as_bool());
    std::string id = text(run, "/id");
    CHECK(shop.ramify("db run-output " + id).out == "2\n…\n");  // the password is not kept
    CHECK(shop.ramify("db run-output " + id + " --stream stderr").out == "apart\n");

    CHECK(shop.ramify("db run --instance shop -- sh -c 'kill -9 $$'").exit == 137);
    CHECK(shop.ramify("db run --instance shop -- no-such-program").exit == 127);
    CHECK(shop.ramify("db run:pgbench --instance shop -- -i -q").exit == 0);

    REQUIRE(shop.ramify("db psql shop -- -qc 'create database billing'").exit == 0);
    CHECK(shop.ramify("db psql shop --database billing -- -Atc 'select current_database()'").out == "billing\n");
    std::string dsn = shop.ramify("db dsn shop --output dsn").out;
    CHECK(shop.ramify("db dsn shop --database billing --output dsn").out == dsn.substr(0, dsn.size() - 1) + ":billing\n");
    CHECK(shop.ramify("db databases shop --output json").json().at_pointer("/items/0/name") == "billing");
}

TEST_CASE("limits end a run, and say so") {
    ShopRepository shop;
    REQUIRE(shop.ramify("db prepare psql --name shop -- -c 'select 1'").exit == 0);
    Ran rows = shop.ramify("db run psql --instance shop --max-rows 3 -- -Atc 'select generate_series(1, 1000000)'");
    CHECK(rows.exit == 1);
    CHECK(rows.out == "1\n2\n3\n");
    CHECK(rows.err.find("--max-rows") != std::string::npos);
    CHECK(shop.ramify("db run --instance shop --max-bytes 5 -- yes").out == "y\ny\ny");
    Ran slow = shop.ramify("db run psql --instance shop --timeout 1s -- -c 'select pg_sleep(600)'");
    CHECK(slow.exit == 124);
    bj::value runs = shop.ramify("db runs --output json").json();
    CHECK(text(runs, "/items/0/outcome") == "timed_out");
    CHECK(text(runs, "/items/1/outcome") == "limited");
    CHECK(shop.ramify("db run --instance shop --max-rows none -- yes").exit == 2);
}

TEST_CASE("a copy of its own goes with the run, also when it is interrupted") {
    ShopRepository shop;
    REQUIRE(shop.ramify("db prepare psql --name shop -- -c 'create table item (id int)'").exit == 0);
    auto instances = [&] { return shop.ramify("db ls --output json").json().at("items").as_array().size(); };
    std::string state = text(shop.ramify("db show shop --output json").json(), "/state_id");
    REQUIRE(shop.ramify("db tag shop@main " + state).exit == 0);
    CHECK(shop.ramify("db run psql --from shop@main -- -Atc 'insert into item values (1) returning id'").out == "1\nINSERT 0 1\n");
    CHECK(shop.ramify("db run psql --from shop@main -- -Atc 'select count(*) from item'").out == "0\n");
    CHECK(instances() == 1);
    // The program says that it runs; then who started it is asked to end.
    Ran ended = shop.shell("mkfifo ready; RAMIFY_DATA_DIR=" + shop.folder + "/data " RAMIFY_BINARY_DIR "/ramify db run --from shop@main -- sh -c 'echo > ready; exec sleep 600' & pid=$!; read line < ready; kill -TERM $pid; wait $pid", shop.root());
    CHECK(ended.exit == 128 + SIGTERM);
    CHECK(instances() == 1);
    CHECK(text(shop.ramify("db runs --output json").json(), "/items/0/outcome") == "cancelled");
}

TEST_CASE("one command on two states, and what differs") {
    ShopRepository shop;
    for (const char* rows : {"2", "3"}) {
        std::string state = text(shop.ramify(std::string("db prepare psql --output json -- -c 'create table item as select generate_series(1, ") + rows + ") as id'").json(), "/state_id");
        REQUIRE(shop.ramify(std::string("db tag items@") + rows + " " + state).exit == 0);
    }
    std::string compare = "db compare psql --from items@2 --to items@3";
    bj::value json = shop.ramify(compare + " --output json -- -Atc 'select id from item'").json();
    CHECK_FALSE(json.at("is_same").as_bool());
    CHECK(text(json, "/from/stdout") == "1\n2\n");
    CHECK(bj::serialize(json.at_pointer("/difference/stdout")) == R"([{"added":"3"}])");
    Ran shown = shop.ramify(compare + " --output text -- -Atc 'select id from item'");
    CHECK(shown.out.find("  1\n  2\n+ 3\n") != std::string::npos);
    Ran table = shop.ramify(compare + " --output table -- -Atc 'select count(*) from item'");
    CHECK_MESSAGE(table.out.find("|") != std::string::npos, table.out);
    CHECK(shop.ramify(compare + " --output json -- -Atc 'select 1'").json().at("is_same").as_bool());
    bj::value runs = shop.ramify("db runs --output json").json();
    CHECK(text(runs, "/items/0/compared_to") == text(runs, "/items/1/id"));
}

}  // namespace
}  // namespace ry::cli
