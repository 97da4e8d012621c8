// `ramify db diff`, `--provenance` and what runs by a recipe, in a real repository.
#include "cli/tests/shop_repository.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using testing::content_of;
using testing::Ran;
using testing::ShopRepository;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("two commits are compared by inputs and steps and, when asked, by the databases that they make") {
    ShopRepository shop;
    shop.write("schema.sql", "create table item (id int primary key, name text);\n");
    shop.write("seed.sql", "\\i parts/a.sql\n");
    shop.write("parts/a.sql", "insert into item values (1, 'one'), (2, 'two');\n");
    shop.write("shop.ramify.yaml", "args: [-f, schema.sql, -f, seed.sql]\n");
    shop.commit("One");
    shop.write("parts/a.sql", "insert into item values (1, 'one'), (2, 'zwei'), (3, 'drei');\n");
    shop.write("seed.sql", "\\i parts/a.sql\n\\i parts/b.sql\n");
    shop.write("parts/b.sql", "alter table item add price int;\n");
    shop.commit("Two");

    Ran inputs = shop.ramify("db diff --output json --from-ref HEAD~1 --to-ref HEAD psql -- -f schema.sql -f seed.sql");
    REQUIRE_MESSAGE(inputs.exit == 0, inputs.err);
    bj::value told = inputs.json();
    CHECK(bj::serialize(told.at("inputs")) ==
          R"({"added":["parts/b.sql"],"modified":["parts/a.sql","seed.sql"],"removed":[]})");
    CHECK(told.at("steps").as_array().size() == 2);
    CHECK_FALSE(told.at("steps").at(0).at("is_changed").as_bool());
    CHECK(told.at("steps").at(1).at("is_changed").as_bool());
    CHECK(told.at("databases").is_null());

    Ran whole = shop.ramify("db diff --output table --from-ref HEAD~1 --to-ref HEAD --schema --data shop");
    REQUIRE_MESSAGE(whole.exit == 0, whole.err);
    CHECK_MESSAGE(has(whole.out, "~ parts/a.sql\n"), whole.out);
    CHECK_MESSAGE(has(whole.out, "1 inputs added, 2 modified, 0 removed."), whole.out);
    CHECK_MESSAGE(has(whole.out, "+ column price of public.item: integer\n"), whole.out);
    CHECK_MESSAGE(has(whole.out, "public.item  2 → 3 rows: 1 added, 0 removed, 1 modified\n"), whole.out);
    CHECK_MESSAGE(has(whole.out, "~ id=2: name=two → name=zwei\n"), whole.out);
    CHECK_MESSAGE(has(whole.out, "+ id=3, name=drei\n"), whole.out);
    CHECK(shop.ramify("db ls --output json").json().as_object().begin()->value().as_array().empty());  // nothing is
                                                                                                       // left running

    // The working directory is what there is without --to-ref; states by name.
    shop.write("parts/b.sql", "alter table item add price bigint;\n");
    Ran here = shop.ramify("db diff --output json --from-ref HEAD shop");
    CHECK(bj::serialize(here.json().at("inputs").at("modified")) == R"(["parts/b.sql"])");
    std::string before(told.at("from").at("state_id").as_string()), after(told.at("to").at("state_id").as_string());
    Ran states = shop.ramify("db diff --output json --from " + before + " --to " + after);
    REQUIRE_MESSAGE(states.exit == 0, states.err);
    CHECK(states.json().at("objects_added").as_int64() == 1);

    CHECK(shop.ramify("db diff --from " + before).exit == 2);
    CHECK(shop.ramify("db diff --from " + before + " --to-ref HEAD shop").exit == 2);
    CHECK(has(shop.ramify("db diff --from " + before + " --to nowhere@main").err, "no instance, state or ref"));
}

TEST_CASE("provenance tells what was read, from which commit, what was cached and how it ended, also when it failed") {
    ShopRepository shop;
    shop.write("schema.sql", "create table item (id int primary key);\n");
    shop.write("bad.sql", "select nonsense;\n");
    shop.commit("One");
    std::string file = shop.folder + "/provenance.json";
    auto told = [&](const std::string& words) {
        Ran ran = shop.ramify(words + " --provenance " + file + " -- -f schema.sql");
        INFO(ran.err);
        return bj::parse(content_of(file));
    };
    bj::value first = told("db prepare psql");
    CHECK(first.at("outcome") == "done");
    CHECK(first.at("exit_code") == 0);
    CHECK(first.at("repository").at("commit").as_string().size() == 40);
    CHECK_FALSE(first.at("repository").at("is_dirty").as_bool());
    CHECK(first.at("steps").at(0).at("inputs").at(0).at("path") == "schema.sql");
    CHECK(first.at("steps").at(0).at("inputs").at(0).at("sha256").as_string().size() == 64);
    CHECK_FALSE(first.at("steps").at(0).at("cached").as_bool());
    CHECK(first.at("state_id").as_string().size() == 64);
    CHECK_FALSE(first.as_object().contains("dsn"));
    CHECK_FALSE(has(content_of(file), "postgres://"));
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::others_read) ==
          std::filesystem::perms::none);

    shop.write("schema.sql", "create table item (id bigint primary key);\n");
    bj::value dirty = told("db plan psql");
    CHECK(dirty.at("command") == "plan");
    CHECK(dirty.at("repository").at("is_dirty").as_bool());
    CHECK(dirty.at("steps").at(0).at("inputs").at(0).at("is_changed").as_bool());
    CHECK(dirty.at("steps").at(0).at("reason") == "input_changed: schema.sql");
    bj::value at = told("db plan psql --ref HEAD");
    CHECK(at.at("repository").at("revision") == "HEAD");
    CHECK_FALSE(at.at("repository").at("is_dirty").as_bool());
    CHECK(at.at("cached").as_bool());

    CHECK(shop.ramify("db prepare psql --provenance " + file + " -- -f bad.sql").exit == 1);
    bj::value failed = bj::parse(content_of(file));
    CHECK(failed.at("outcome") == "failed");
    CHECK(has(std::string(failed.at("failure").at("message").as_string()), "nonsense"));
    CHECK(shop.ramify("db prepare psql --provenance " + file + " -- -f nowhere.sql").exit == 2);
    bj::value refused = bj::parse(content_of(file));
    CHECK(refused.at("exit_code") == 2);
    CHECK(has(std::string(refused.at("error").as_string()), "nowhere.sql"));
    CHECK(shop.ramify("db run --provenance " + file + " --from " + std::string(first.at("state_id").as_string()) +
                      " -- sh -c 'exit 5'")
              .exit == 5);
    bj::value run = bj::parse(content_of(file));
    CHECK(run.at("exit_code") == 5);
    CHECK(run.at("run").at("command").at(0) == "sh");
    CHECK(shop.ramify("db plan psql --provenance /nowhere/at/all.json -- -f schema.sql").exit == 2);
}

TEST_CASE("what a recipe runs finds its files, on the recipe's own database or on one that is named") {
    ShopRepository shop;
    shop.write("db/schema.sql", "create table item (id int primary key);\ninsert into item values (1), (2);\n");
    shop.write("db/count.sql", "select count(*) from item;\n");
    shop.write("db/shop.ramify.yaml",
               "args: [-f, schema.sql]\nruns:\n  count: {kind: psql, args: [-At, -f, count.sql]}\n  fails: {args: [sh, "
               "-c, 'test -f count.sql && exit 9']}\n");
    shop.write("db/count.run.s9s.yaml", "kind: psql\nargs: [-At, -f, count.sql]\n");
    shop.commit("One");
    Ran counted = shop.ramify("db run shop count", "db");
    CHECK_MESSAGE(counted.out == "2\n", counted.err);
    CHECK(counted.exit == 0);
    CHECK(shop.ramify("db run shop fails", "db").exit == 9);
    CHECK(shop.ramify("db prepare shop run -- sh -c 'exit 4'", "db").exit == 4);
    CHECK(shop.ramify("db ls --output json").json().as_object().begin()->value().as_array().empty());
    Ran unsaid = shop.ramify("db run shop", "db");
    CHECK(unsaid.exit == 2);
    CHECK_MESSAGE(has(unsaid.err, "say which of the runs of"), unsaid.err);

    REQUIRE(shop.ramify("db prepare shop --name dev", "db").exit == 0);
    REQUIRE(shop.ramify("db psql dev -- -c 'insert into item values (3)'").exit == 0);
    CHECK(shop.ramify("db run shop count --instance dev", "db").out == "3\n");
    CHECK(shop.ramify("db run count --instance dev", "db").out == "3\n");
    CHECK(shop.ramify("db run count", "db").exit == 2);
    // As that commit has it: the recipe, the script, and the file that is run.
    shop.write("db/count.sql", "select 'changed';\n");
    CHECK(shop.ramify("db run shop count --ref HEAD", "db").out == "2\n");
    CHECK(shop.ramify("db run shop count", "db").out == "changed\n");
}

}  // namespace
}  // namespace ry::cli
