// Databases out of commits: `--ref` reads them where they are.
#include "cli/tests/shop_repository.h"

namespace ry::cli {
namespace {

using testing::Ran;
using testing::ShopRepository;
using testing::WriteWatch;

std::string state_of(const Ran& ran) { return std::string(ran.json().at("state_id").as_string()); }

TEST_CASE(
    "a commit's database is that of its checkout: one key, and a cached one is handed out without a file being "
    "written") {
    ShopRepository shop;
    shop.write("db/schema.sql", "create table item (id int primary key, name text);\n\\ir parts/seed.sql\n");
    shop.write("db/parts/seed.sql", "\\copy item from 'parts/items.csv' csv\n");
    shop.write("db/parts/items.csv", "1,one\n2,two\n");
    shop.commit("Two items");
    Ran here = shop.ramify("db prepare psql --output json -- -f schema.sql", "db");
    REQUIRE_MESSAGE(here.exit == 0, here.err);

    shop.write("db/parts/items.csv", "1,one\n2,two\n3,three\n");
    shop.git(
        "rm -q --cached db/parts/seed.sql && git add db/parts/items.csv && git commit -q -m 'Three items, and no "
        "seed'");

    std::string prepare = "db prepare psql --output json --ref HEAD~1 -- -f schema.sql";
    {
        WriteWatch watch({shop.root(), shop.folder + "/tmp", shop.folder + "/data/organizations"});
        Ran then = shop.ramify(prepare, "db");
        REQUIRE_MESSAGE(then.exit == 0, then.err);
        CHECK(then.json().at("cached").as_bool());
        CHECK(state_of(then) == state_of(here));
        CHECK(watch.written().empty());
        Ran plan = shop.ramify("db plan psql --output json --ref HEAD~1 -- -f schema.sql", "db");
        CHECK(state_of(plan) == state_of(here));
        CHECK(watch.written().empty());
        // The watch would have seen it: the other mode writes the commit's files, makes the same key, and leaves
        // nothing.
        Ran written =
            shop.ramify("db prepare psql --output json --ref HEAD~1 --ref-mode worktree -- -f schema.sql", "db");
        REQUIRE_MESSAGE(written.exit == 0, written.err);
        CHECK(state_of(written) == state_of(here));
        CHECK_FALSE(watch.written().empty());
        CHECK(std::filesystem::is_empty(shop.folder + "/tmp"));
    }

    Ran missing = shop.ramify("db plan psql --ref HEAD -- -f schema.sql", "db");
    CHECK(missing.exit == 2);
    CHECK_MESSAGE(missing.err.find("schema.sql:2: parts/seed.sql does not exist at commit ") != std::string::npos,
                  missing.err);
    CHECK_MESSAGE(missing.err.find("it is in the working directory: commit it") != std::string::npos, missing.err);

    Ran counted = shop.ramify("db run psql --from " + state_of(here) + " -- -At -c 'select count(*) from item'", "db");
    CHECK(counted.out == "2\n");
    Ran ran = shop.ramify("db run --from " + state_of(here) + " --ref HEAD~1 -- sh -c 'wc -l < parts/items.csv'", "db");
    CHECK_MESSAGE(ran.out == "2\n", ran.err);
    CHECK(std::filesystem::is_empty(shop.folder + "/tmp"));
}

TEST_CASE("what a commit does not have is said, with what to do") {
    ShopRepository shop;
    shop.write("schema.sql", "select 1;\n");
    shop.write("outside.sql", "\\i /etc/hostname\n");
    shop.write("linked.sql", "\\i links/inside.sql\n\\i links/outside.sql\n");
    shop.write("large.sql", "create table big (t text);\n\\copy big from 'big.csv'\n");
    shop.write("module.sql", "\\i vendor/lib/a.sql\n");
    shop.write("script.sql", "\\i big.csv\n");
    shop.write("big.csv",
               "version https://git-lfs.github.com/spec/v1\noid "
               "sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n");
    std::filesystem::create_directories(shop.root() + "/links");
    std::filesystem::create_symlink("../schema.sql", shop.root() + "/links/inside.sql");
    std::filesystem::create_symlink("/etc/hostname", shop.root() + "/links/outside.sql");
    shop.commit("Everything");
    shop.git(
        "update-index --add --cacheinfo 160000,$(git rev-parse HEAD),vendor/lib && git commit -q -m 'A submodule'");
    auto said = [&](const std::string& words) {
        Ran ran = shop.ramify("db plan psql " + words);
        CHECK(ran.exit != 0);
        return ran.err;
    };
    auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
    std::string outside = said("--ref HEAD -- -f outside.sql");
    CHECK_MESSAGE(has(outside, "outside of the repository"), outside);
    std::string linked = said("--ref HEAD -- -f linked.sql");
    CHECK_MESSAGE(has(linked, "linked.sql:2: links/outside.sql is a link that leads out of the repository"), linked);
    CHECK_FALSE(has(linked, "linked.sql:1"));
    std::string module = said("--ref HEAD -- -f module.sql");
    CHECK_MESSAGE(has(module, "in the submodule vendor/lib"), module);
    std::string script = said("--ref HEAD -- -f script.sql");
    CHECK_MESSAGE(has(script, "git lfs fetch origin"), script);
    CHECK(has(said("--ref nowhere -- -f schema.sql"), "there is no revision \"nowhere\""));
    CHECK(has(said("--ref HEAD --ref-mode copy -- -f schema.sql"), "--ref-mode must be"));
    // Data in Git LFS needs no content for its key; building needs it.
    Ran plan = shop.ramify("db plan psql --output json --ref HEAD -- -f large.sql");
    CHECK_MESSAGE(plan.exit == 0, plan.err);
    Ran built = shop.ramify("db prepare psql --ref HEAD -- -f large.sql");
    CHECK(built.exit == 1);
    CHECK_MESSAGE(has(built.err, "git lfs fetch origin"), built.err);
    std::filesystem::create_directories(shop.root() + "/empty");
    Ran nowhere = shop.ramify("db plan psql --ref HEAD -- -c 'select 1'", "empty");
    CHECK_MESSAGE(has(nowhere.err, "is not there at HEAD"), nowhere.err);
}

}  // namespace
}  // namespace ry::cli
