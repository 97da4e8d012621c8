// Removing, listing and looking at databases by commands.
#include "cli/tests/shop_repository.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using testing::Ran;
using testing::ShopRepository;

std::string text(const bj::value& value, const char* pointer) { return std::string(value.at_pointer(pointer).as_string()); }

TEST_CASE("what others need is not removed, and the tree says why") {
    ShopRepository shop;
    bj::value parent = shop.ramify("db prepare psql --name shop --output json -- -c 'create table item (id int)'").json();
    bj::value child = shop.ramify("db prepare psql --output json -- -c 'create table item (id int)' -c 'insert into item values (1)'").json();
    std::string state = text(parent, "/state_id"), instance = text(child, "/instance_id");

    Ran blocked = shop.ramify("db rm " + state.substr(0, 12) + " --output table");
    CHECK(blocked.exit == 4);
    CHECK(blocked.out.find("✗ others come from it; --recurse removes them too") != std::string::npos);
    CHECK(blocked.out.find("└─ state ") != std::string::npos);
    Ran looked = shop.ramify("db rm " + state + " --recurse --dry-run --output json");
    CHECK(looked.exit == 0);
    CHECK(text(looked.json(), "/outcome") == "would_remove");
    CHECK(looked.json().at("items").as_array().size() == 4);  // two states, each with an instance

    // Somebody is connected to it: the program says so, then waits to be told to go on.
    Ran held = shop.shell("export RAMIFY_DATA_DIR=" + shop.folder + "/data; mkfifo ready go; " RAMIFY_BINARY_DIR
                          "/ramify db psql shop -- -Atc 'select 1' -c '\\! echo > ready; read line < go' & read line < ready; " RAMIFY_BINARY_DIR
                          "/ramify db rm shop; echo $?; " RAMIFY_BINARY_DIR "/ramify db rm " + state + " --recurse --output json; echo; echo > go; wait",
                          shop.root());
    CHECK_MESSAGE(held.out.find("\n4\n") != std::string::npos, held.out);
    CHECK(held.out.find("active_connections") != std::string::npos);
    CHECK(held.out.find("blocked_by_descendant") != std::string::npos);

    REQUIRE(shop.ramify("db tag keep@me " + text(child, "/state_id") + " --is-pinned").exit == 0);
    Ran pinned = shop.ramify("db rm " + state + " --recurse --force --output json");
    CHECK(pinned.exit == 4);
    CHECK(pinned.out.find("is_pinned") != std::string::npos);
    CHECK(shop.ramify("db unpin keep@me").exit == 0);
    CHECK(shop.ramify("db rm " + instance.substr(0, instance.size() - 2)).exit == 0);
    CHECK(shop.ramify("db rm " + state + " --recurse").exit == 0);
    CHECK(shop.ramify("db states --output json").out.find(state) == std::string::npos);
    CHECK(shop.ramify("db ls --output json").json().at("items").as_array().empty());

    CHECK(shop.ramify("db rm nothing-of-that-name").exit == 1);
    CHECK(shop.ramify("db rm nothing-of-that-name --missing-ok").exit == 0);
    CHECK(shop.ramify("db rm").exit == 2);
}

TEST_CASE("a beginning that means more than one is an error that lists them") {
    ShopRepository shop;
    REQUIRE(shop.ramify("db prepare psql --name one -- -c 'select 1'").exit == 0);
    REQUIRE(shop.ramify("db prepare psql --name two -- -c 'select 1'").exit == 0);
    // One instance, however it is asked for: what is printed of its connection is the same.
    std::string dsn = shop.ramify("db dsn one").out;
    for (const char* words : {"db show one", "db open one", "db reset one", "db wake one"}) CHECK(shop.ramify(std::string(words) + " --output dsn").out == dsn);
    CHECK(shop.ramify("db fork one --name three --output assignment").out.starts_with("DSN=postgres://"));
    CHECK(shop.ramify("db rm three").exit == 0);
    // Ids begin with the time, and their first eight digits change every 65 seconds: at most once among these.
    REQUIRE(shop.ramify("db prepare psql --name four -- -c 'select 1'").exit == 0);
    auto id = [&](const std::string& name) { return text(shop.ramify("db show " + name + " --output json").json(), "/id"); };
    auto common_of = [](const std::string& a, const std::string& b) { return size_t(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin()); };
    constexpr size_t enough = std::string_view("instance_").size() + 8;
    std::string one = id("one"), two = id("two");
    if (common_of(one, two) < enough) one = id("four");
    size_t common = common_of(one, two);
    REQUIRE(common >= enough);
    Ran ambiguous = shop.ramify("db rm " + one.substr(0, common));
    CHECK(ambiguous.exit == 2);
    CHECK(ambiguous.err.find(one) != std::string::npos);
    CHECK(ambiguous.err.find(two) != std::string::npos);
}

TEST_CASE("a server whose note is spoiled is found by its lock: commands say so, and it is ended") {
    ShopRepository shop;
    REQUIRE(shop.ramify("db init").exit == 0);
    auto spoil = [&](const char* garbage) { std::ofstream(shop.folder + "/data/server.json") << garbage; };
    for (const char* garbage : {"", "{\"url\":", "{\"url\":\"http://127.0.0.1:1\",\"pid\":1}"}) {
        CAPTURE(garbage);
        spoil(garbage);
        Ran lost = shop.ramify("db ls");
        CHECK(lost.exit == 1);
        CHECK_MESSAGE(lost.err.find("end it with `ramify db stop --all`") != std::string::npos, lost.err);
        CHECK(shop.ramify("db status").err == lost.err);
        Ran stopped = shop.ramify("db stop --all");
        CHECK_MESSAGE(stopped.exit == 0, stopped.err);
        CHECK(stopped.err == "The server has ended.\n");
        spoil(garbage);  // of a server that is gone
        CHECK(shop.ramify("db stop --all").err == "No server runs.\n");
        REQUIRE(shop.ramify("db ls").exit == 0);
    }
}

TEST_CASE("status starts nothing; init makes ready; gc takes what nobody needs") {
    ShopRepository shop;
    Ran none = shop.ramify("db status --output json");
    CHECK(none.exit == 0);
    CHECK(text(none.json(), "/status") == "stopped");
    CHECK_FALSE(std::filesystem::exists(shop.folder + "/data/server.json"));
    Ran ready = shop.ramify("db init --output json");
    REQUIRE_MESSAGE(ready.exit == 0, ready.err);
    CHECK(text(ready.json(), "/status") == "running");
    CHECK(ready.json().at("instances").as_int64() == 0);

    std::string id = text(shop.ramify("db prepare psql --name shop --output json -- -c 'create table item (id int)'").json(), "/state_id");
    bj::value limits = shop.ramify("db status --output json").json().at("limits");
    CHECK(limits.at("memory_mb_max").as_int64() == 512);
    CHECK(limits.at("disk_mb_max").as_int64() == 10'240);
    CHECK(limits.at("instances").as_int64() <= limits.at("instances_max").as_int64());
    REQUIRE(shop.ramify("db status --cache --output json").json().at_pointer("/cache/misses").as_int64() == 1);
    CHECK(shop.ramify("db gc --all --dry-run --output json").json().at("states").as_int64() == 0);  // the instance needs it
    REQUIRE(shop.ramify("db rm shop").exit == 0);
    CHECK(shop.ramify("db gc --all --output json").json().at("states").as_int64() == 1);
    CHECK(shop.ramify("db show-state " + id).exit == 1);
    Ran all = shop.ramify("db ls --all --output json");
    CHECK(all.json().as_object().size() == 6);
}

TEST_CASE("a pin can be for a time, and keeps what else a ref says") {
    ShopRepository shop;
    std::string state = text(shop.ramify("db prepare psql --output json -- -c 'select 1'").json(), "/state_id");
    REQUIRE(shop.ramify("db tag shop@main " + state + " --tags red").exit == 0);
    bj::value pinned = shop.ramify("db pin shop@main --output json").json();
    CHECK(pinned.at("is_pinned").as_bool());
    CHECK(bj::serialize(pinned.at("tags")) == R"(["red"])");
    CHECK_FALSE(shop.ramify("db pin shop@main --keep-ms 3600000 --output json").json().at("is_pinned").as_bool());
    CHECK(shop.ramify("db unpin shop@main --output json").json().at("keep_until").is_null());
    CHECK(shop.ramify("db unpin no@such").exit == 1);
}

TEST_CASE("what is wrong with the words is said before anything is done") {
    ShopRepository shop;
    auto wrong = [&](const std::string& words, const std::string& said) {
        Ran ran = shop.ramify("db " + words);
        CHECK(ran.exit == 2);
        CHECK_MESSAGE(ran.err.find(said) != std::string::npos, ran.err);
    };
    wrong("prepare psql —  -f schema.sql", "write --");
    wrong("prepare psql -- –f schema.sql", "which a document has made of a hyphen");
    wrong("prepare psql -f schema.sql", "stand after --");
    wrong("prepare psql --imgae postgres:15 -- -c 'select 1'", "did you mean --image?");
    wrong("prepare psql --output xml -- -c 'select 1'", "must be dsn|env|json|assignment");
    wrong("run --instance shop", "write the command after --");
    wrong("run -- true", "say which database");
    wrong("compare --from a -- true", "--to");
    CHECK_FALSE(std::filesystem::exists(shop.folder + "/data/server.json"));
}

}  // namespace
}  // namespace ry::cli
