// Recipes: what their files say, where they are found, and that they are the same as the words on a command line.
#include "cli/recipe.h"

#include "cli/tests/shop_repository.h"
#include "cli/yaml_document.h"

namespace ry::cli {
namespace {

using testing::Ran;
using testing::ShopRepository;

std::string problem_of(std::string_view path, std::string_view text) {
    auto read = read_recipe(std::string(path), text);
    return read ? "" : read.error().message;
}

TEST_CASE("YAML as people write it becomes JSON; what could mean something else is refused with its line") {
    auto json = [](std::string_view text) {
        auto read = json_of_yaml(text);
        return read ? read->text : "error: " + read.error().message;
    };
    CHECK(json("kind: psql\nargs: [-v, rows=10, 5, true]\n") ==
          R"({"kind":"psql","args":["-v","rows=10","5","true"]})");
    CHECK(json("a: true\nb: 'true'\nc: null\nd: ~\ne:\nf: 5\n") ==
          R"({"a":true,"b":"true","c":null,"d":null,"e":null,"f":"5"})");
    CHECK(json("args:\n  - -f\n  - \"a b.sql\"\nruns:\n  smoke:\n    args: [x]\n") ==
          R"({"args":["-f","a b.sql"],"runs":{"smoke":{"args":["x"]}}})");
    CHECK(json("a: >\n  two\n  lines\n") == R"({"a":"two lines\n"})");
    CHECK(json("") == "error: it is empty");
    CHECK(json("- a\n").starts_with("error: line 1: it must be a mapping"));
    CHECK(json("a: 1\na: 2\n") == "error: line 2: a stands here twice; remove one");
    CHECK(json("a: &x 1\nb: *x\n").starts_with("error: line 1: anchors"));
    CHECK(json("a: !!binary x\n").starts_with("error: line 1: anchors"));
    CHECK(json("a: [1\nb: 2\n").starts_with("error: line 2: "));
    CHECK(json("a: 1\n---\nb: 2\n").starts_with("error: line 2: a second document"));
    CHECK(json("a: \xff\n") == "error: it is not UTF-8; save it so");
    CHECK(json(std::string(100, '[') + "\n").starts_with("error: line 1"));
    CHECK(json("a: " + std::string(100, '[') + std::string(100, ']')) == "error: line 1: it is nested too deep");
    CHECK(json("a: " + std::string(yaml_bytes_max, 'x')).starts_with("error: it has more than 256 KiB"));
}

TEST_CASE("a recipe says what is wrong with it; of a file of sqlrs, what is not taken") {
    auto shop = read_recipe("/r/shop.ramify.yaml",
                            "image: postgres:15\nargs: [-f, a.sql]\ninputs: [data]\nruns:\n  smoke: {kind: psql, args: "
                            "[-f, smoke.sql]}\n  tests: {args: [npm, test], timeout: 5m}\n");
    REQUIRE(shop);
    CHECK(shop->recipe.kind == "psql");
    CHECK(shop->folder == "/r");
    CHECK(shop->runs.at("smoke").kind == "psql");
    CHECK(shop->runs.at("tests").timeout == "5m");
    CHECK(problem_of("/r/a.ramify.yaml", "args: [x]\nimagе: postgres:15\n").find("the recipe /r/a.ramify.yaml: ") == 0);
    CHECK(problem_of("/r/a.ramify.yaml", "kind: psql\n").find("args") != std::string::npos);
    CHECK(problem_of("/r/a.ramify.yaml", "args: [x]\nruns: {smoke: {kind: mysql, args: []}}\n") ==
          "the recipe /r/a.ramify.yaml: runs.smoke.kind must be psql, pgbench or command");
    CHECK(problem_of("/r/a.ramify.yaml", "args: [x]\nruns: {smoke: {arg: []}}\n").find("runs.smoke: ") !=
          std::string::npos);
    CHECK(problem_of("/r/a.ramify.yaml", "args: [x]\nruns: [smoke]\n").find("runs must be a mapping") !=
          std::string::npos);

    auto foreign =
        read_recipe("/r/old.prep.s9s.yaml", "kind: psql\nimage: postgres:17\nargs: [-f, a.sql]\nlabels: [x]\n");
    REQUIRE(foreign);
    CHECK(foreign->recipe.image == "postgres:17");
    REQUIRE(foreign->warnings.size() == 1);
    CHECK(foreign->warnings[0].starts_with("/r/old.prep.s9s.yaml: labels is not taken"));
    auto run = read_recipe("/r/smoke.run.s9s.yaml", "kind: pgbench\nargs: [-c, 10]\n");
    REQUIRE(run);
    CHECK(run->runs.at("").args == std::vector<std::string>{"-c", "10"});
    CHECK(problem_of("/r/smoke.run.s9s.yaml", "kind: lb\nargs: []\n").find("kind must be psql or pgbench") !=
          std::string::npos);
}

TEST_CASE("a recipe is found upwards to the repository's folder, also in a commit, and makes the state of its words") {
    ShopRepository shop;
    shop.write("db/shop.ramify.yaml", "kind: psql\nargs: [-v, rows=2, -f, schema.sql, -f, seed.sql]\ninputs: [data]\n");
    shop.write("db/schema.sql", "create table item (id int primary key);\n");
    shop.write("db/seed.sql", "insert into item select generate_series(1, :rows);\n");
    shop.write("db/data/more.csv", "1\n");
    shop.write("db/deep/er/readme.md", "\n");
    shop.write("old.prep.s9s.yaml", "kind: psql\nimage: postgres:15\nargs: [-f, db/schema.sql]\nowner: ada\n");
    shop.commit("Recipes");
    auto state_of = [](const Ran& ran) {
        REQUIRE_MESSAGE(ran.exit == 0, ran.err);
        return std::string(ran.json().at("state_id").as_string());
    };
    std::string by_hand =
        state_of(shop.ramify("db plan psql --output json --input data -- -v rows=2 -f schema.sql -f seed.sql", "db"));
    CHECK(state_of(shop.ramify("db plan shop --output json", "db")) == by_hand);
    CHECK(state_of(shop.ramify("db plan shop --output json", "db/deep/er")) == by_hand);
    CHECK(state_of(shop.ramify("db plan db/shop --output json")) == by_hand);
    CHECK(state_of(shop.ramify("db prepare shop --output json", "db/deep")) == by_hand);

    shop.write("db/shop.ramify.yaml", "kind: psql\nargs: [-f, schema.sql]\n");
    CHECK(state_of(shop.ramify("db plan shop --output json", "db")) != by_hand);
    CHECK(state_of(shop.ramify("db plan shop --output json --ref HEAD", "db/deep")) == by_hand);
    CHECK(state_of(shop.ramify("db plan shop --output json --ref HEAD --ref-mode worktree", "db/deep")) == by_hand);

    Ran old = shop.ramify("db plan old --output json", "db");
    CHECK(old.exit == 0);
    CHECK_MESSAGE(old.out.find("owner is not taken") != std::string::npos, old.out);

    std::ofstream(shop.folder + "/outside.ramify.yaml") << "args: []\n";  // above the repository
    Ran outside = shop.ramify("db plan outside", "db");
    CHECK(outside.exit == 2);
    CHECK_MESSAGE(outside.err.find("there is no recipe outside.ramify.yaml") != std::string::npos, outside.err);
    CHECK(shop.ramify("db plan shopp", "db").err.find("did you mean shop?") != std::string::npos);
    shop.write("db/bad.ramify.yaml", "args: [-f, schema.sql]\nimages: x\n");
    Ran bad = shop.ramify("db plan bad", "db");
    CHECK(bad.exit == 2);
    CHECK_MESSAGE(bad.err.find("bad.ramify.yaml: images ") != std::string::npos, bad.err);
}

}  // namespace
}  // namespace ry::cli
