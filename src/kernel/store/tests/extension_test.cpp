#include "kernel/store/extension.h"

#include <doctest/doctest.h>

#include "testing/database.h"

using namespace ry;

TEST_CASE("an extension is made where the server has it and the login may, and done without elsewhere") {
    testing::Database database;
    const store::Login& owner = database.endpoint().owner;
    auto has = [&](const std::string& name) {
        return database.run_as_superuser("select count(*) from pg_extension where extname = '" + name + "'") == "1";
    };
    CHECK(store::make_extension(owner, "pg_trgm"));  // a trusted one: the database's owner may
    CHECK(has("pg_trgm"));
    CHECK(store::make_extension(owner, "pg_trgm"));
    CHECK_FALSE(store::make_extension(owner, "pageinspect"));  // for superusers alone
    CHECK_FALSE(has("pageinspect"));
    database.run_as_superuser("create extension pageinspect");
    CHECK(store::make_extension(owner, "pageinspect"));
    CHECK_FALSE(store::make_extension(owner, "no_such_extension"));
    CHECK_FALSE(store::make_extension({.conninfo = "host=/nowhere"}, "pg_trgm"));
}
