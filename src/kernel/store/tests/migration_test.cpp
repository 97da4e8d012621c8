#include "kernel/store/migration.h"

#include <doctest/doctest.h>

#include <future>

#include "kernel/store/tests/notes/queries.gen.h"
#include "testing/database.h"

using namespace ry;
using store::Migration;
using store::Schema;

namespace {

Result<void> migrate(const testing::Database& database, std::vector<const Schema*> parts) { return store::migrate(database.endpoint(), parts); }

std::string applied(const testing::Database& database) { return database.run_as_owner("select part || '/' || name from store.migration order by applied_at, name"); }

}  // namespace

TEST_CASE("new files are applied in order, once") {
    testing::Database database;
    static constexpr Migration one[] = {{"0001_a", "create schema pens; create table pens.log (n int); insert into pens.log values (1);"}};
    static constexpr Migration two[] = {one[0], {"0002_b", "insert into pens.log values (2); do $$ begin insert into pens.log values (3); end $$;"}};
    static constexpr Schema before{"pens", one}, after{"pens", two};
    REQUIRE(migrate(database, {&before}));
    REQUIRE(migrate(database, {&before}));
    REQUIRE(migrate(database, {&after}));
    REQUIRE(migrate(database, {&before}));  // an older server on a newer database: its files are all there
    CHECK(database.run_as_owner("select n from pens.log order by n") == "1\n2\n3");
    CHECK(applied(database) == "store/0001_store\npens/0001_a\npens/0002_b");
}

TEST_CASE("an edited file refuses the start and says what to do") {
    testing::Database database;
    static constexpr Migration original[] = {{"0001_a", "create schema pens;"}};
    static constexpr Migration edited[] = {{"0001_a", "create schema pens; -- better"}};
    static constexpr Schema released{"pens", original}, changed{"pens", edited};
    REQUIRE(migrate(database, {&released}));
    auto refused = migrate(database, {&changed});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("pens/0001_a differs from the one this database was made with") != std::string::npos);
}

TEST_CASE("a file that fails leaves nothing of itself, and says where") {
    testing::Database database;
    static constexpr Migration files[] = {{"0001_a", "create schema pens;"}, {"0002_b", "create table pens.half (n int);\nselect 1 / 0;"}};
    static constexpr Schema broken{"pens", files};
    auto failed = migrate(database, {&broken});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find("schema pens/0002_b") != std::string::npos);
    CHECK(failed.error().cause.find("division by zero") != std::string::npos);
    CHECK(database.run_as_owner("select to_regclass('pens.half') is null") == "t");
    CHECK(applied(database) == "store/0001_store\npens/0001_a");
}

TEST_CASE("servers that start together migrate one after the other") {
    testing::Database database;
    static constexpr Migration files[] = {{"0001_a", "create schema pens; create table pens.log (n int); insert into pens.log values (1);"}};
    static constexpr Schema schema{"pens", files};
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 4; ++i) all.push_back(std::async(std::launch::async, [&] { return migrate(database, {&schema}).has_value(); }));
    for (auto& one : all) CHECK(one.get());
    CHECK(database.run_as_owner("select count(*) from pens.log") == "1");
}

TEST_CASE("a database by URL: its user owns, and the server acts as the two roles") {
    testing::Database database;  // only for a place to reach
    std::string name = "url_" + OrganizationId::fresh().text().substr(4);
    database.run_as_superuser("create role " + name + " login createrole; grant ramify_app, ramify_system to " + name);
    database.run_as_superuser("create database " + name + " owner " + name + " template template0");
    std::string socket_dir = database.run_as_superuser("show unix_socket_directories");
    {
        auto endpoint = store::endpoint_of_url("postgresql://" + name + "@/" + name + "?host=" + socket_dir);
        const Schema* parts[] = {&notes::schema};
        auto migrated = store::migrate(endpoint, parts);
        REQUIRE_MESSAGE(migrated, migrated.error().cause);
        store::Store s(endpoint);
        auto add = [&](const Op& op) { return s.write(op, "notes.add", [](store::Tx& tx) { return tx.one(notes::sql::add_note, {.id = notes::NoteId::fresh(), .title = "x"}); }); };
        CHECK(add(database.op()));
        CHECK(add(database.stranger()));
        auto count = s.read(database.op(), "notes.count", [](store::Tx& tx) { return tx.one(notes::sql::note_count, {}); });
        REQUIRE(count);
        CHECK(*count == 1);
    }
    database.run_as_superuser("drop database " + name + " with (force)");
    database.run_as_superuser("drop role " + name);
}

TEST_CASE("a user who may not take the roles is told what a superuser should run") {
    testing::Database database;
    std::string name = "weak_" + OrganizationId::fresh().text().substr(4);
    database.run_as_superuser("create role " + name + " login");
    std::string socket_dir = database.run_as_superuser("show unix_socket_directories");
    auto endpoint = store::endpoint_of_url("postgresql://" + name + "@/postgres?host=" + socket_dir);
    auto refused = store::migrate(endpoint, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::forbidden);
    CHECK(refused.error().message.find("create role ramify_app") != std::string::npos);
    database.run_as_superuser("drop role " + name);
}
