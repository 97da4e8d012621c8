// What `ramify db discover` proposes: its commands work when they are pasted, and then there is nothing left to
// propose.
#include "cli/discover.h"

#include <algorithm>

#include "cli/tests/shop_repository.h"

namespace ry::cli {
namespace {

using testing::Ran;
using testing::ShopRepository;

Discovery discovered(const ShopRepository& shop, const std::string& folder = "") {
    InputPlace place = disk_place();
    place.working_dir = std::filesystem::canonical(shop.root() + folder).string();
    auto found = discover(place);
    REQUIRE(found);
    return *std::move(found);
}
std::string commands_of(const Discovery& found) {
    std::string all;
    for (const Proposal& proposal : found.proposals) all += proposal.command + "\n";
    return all;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE(
    "recipes are proposed for what no other file includes, in the order of its making, and their commands can be "
    "pasted") {
    ShopRepository shop;
    shop.write("db/seed.sql", "insert into item values (1);\n");
    shop.write("db/schema.sql", "\\ir tables/item.sql\n");
    shop.write("db/tables/item.sql", "create table item (id int primary key);\n");
    shop.write("db/drop.sql", "drop table item;\n");
    shop.write("reports/top.sql", "select * from item;\n");
    shop.write("top/main.sql", "\\i top/parts/a.sql\n");  // psql is started in the folder above
    shop.write("top/parts/a.sql", "create table a (id int);\n");
    shop.write("lb/master.xml", "<databaseChangeLog><include file=\"lb/one.xml\"/></databaseChangeLog>\n");
    shop.write("lb/one.xml", "<databaseChangeLog/>\n");
    shop.write("flyway/V1__init.sql", "create table v (id int);\n");
    shop.write("flyway/V2__more.sql", "alter table v add more int;\n");
    shop.write("node_modules/x/schema.sql", "create table x (id int);\n");
    shop.write(".sqlrs/config.yaml", "a: b\n");
    Discovery found = discovered(shop);
    std::string commands = commands_of(found);
    INFO(commands);
    CHECK(has(
        commands,
        "cat > db/db.ramify.yaml <<'EOF'\nkind: psql\nargs: [\"-f\", \"schema.sql\", \"-f\", \"seed.sql\"]\nEOF\n"));
    CHECK(has(commands, "args: [\"-f\", \"top/main.sql\"]\n"));
    CHECK(has(commands,
              "cat > lb/lb.ramify.yaml <<'EOF'\nkind: lb\nargs: [\"update\", \"--changelog-file=master.xml\"]\nEOF\n"));
    CHECK(has(commands, "kind: migrations\nargs: [\"flyway\"]\n"));
    CHECK(has(commands, "echo '/.sqlrs/' >> .gitignore\n"));
    for (const char* other : {"drop.sql", "top.sql", "tables/item", "one.xml", "node_modules"})
        CHECK_FALSE(has(commands, other));
    CHECK(found.proposals.size() == 5);
    CHECK(found.warnings.empty());

    for (const Proposal& proposal : found.proposals) {
        Ran pasted = shop.shell(proposal.command, shop.root());
        CHECK_MESSAGE(pasted.exit == 0, pasted.err);
    }
    CHECK(discovered(shop).proposals.empty());
    Ran plan = shop.ramify("db plan db --output json", "db");
    REQUIRE_MESSAGE(plan.exit == 0, plan.err);
    CHECK(plan.json().at("steps").as_array().size() == 2);
}

TEST_CASE("a large script that only grew at its end is proposed as two steps, cut between statements") {
    ShopRepository shop;
    std::string fixed = "create table item (id int, name text);\n", tail = "\ninsert into item values (0, 'first');\n";
    for (int i = 0; i < 3000; ++i)
        fixed += "insert into item values (" + std::to_string(i) + ", 'a name; of ''many''');\n";
    shop.write("big.sql", fixed + "-- the end");
    shop.commit("One");
    shop.write("big.sql", fixed + "-- the end" + tail);
    shop.commit("Two");
    CHECK_FALSE(has(commands_of(discovered(shop)), "big-1.sql"));  // two versions say nothing yet
    shop.write("big.sql", fixed + "-- the end" + tail + tail);
    shop.commit("Three");
    Discovery found = discovered(shop);
    std::string command;
    for (const Proposal& proposal : found.proposals)
        if (proposal.kind == Proposal::Kind::split) command = proposal.command;
    REQUIRE_MESSAGE(has(command, "head -c " + std::to_string(fixed.size()) + " big.sql > big-1.sql"),
                    commands_of(found));
    REQUIRE(shop.shell(command, shop.root()).exit == 0);
    CHECK(testing::content_of(shop.root() + "/big-1.sql") == fixed);
    CHECK(testing::content_of(shop.root() + "/big-1.sql") + testing::content_of(shop.root() + "/big-2.sql") ==
          fixed + "-- the end" + tail + tail);
}

TEST_CASE("discover prints its proposals and writes nothing") {
    ShopRepository shop;
    shop.write("it's/schema.sql", "create table item (id int);\n");
    shop.write("bad.ramify.yaml", "nonsense: true\n");
    shop.commit("One");
    testing::WriteWatch watch({shop.root()});
    Ran found = shop.ramify("db discover --output table");
    CHECK(found.exit == 0);
    CHECK(watch.written().empty());
    CHECK_MESSAGE(has(found.out, "cat > 'it'\\''s/it'\\''s.ramify.yaml' <<'EOF'\n"), found.out);
    CHECK_MESSAGE(has(found.err, "bad.ramify.yaml: "), found.err);
    Ran json = shop.ramify("db discover --output json --ignores it\\'s");
    REQUIRE_MESSAGE(json.exit == 0, json.err);
    CHECK(json.json().at("proposals").as_array().empty());
    CHECK(json.json().at("files_looked_at") == 1);
    CHECK(shop.ramify("db discover a b").exit == 2);
}

}  // namespace
}  // namespace ry::cli
