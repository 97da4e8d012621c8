#include "modules/databases/proxy/database_name.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::databases;

TEST_CASE("a database's name says instance or ref, and which fork of it") {
    struct Row {
        std::string text;
        DatabaseName name;
    };
    const Row rows[] = {
        {"shop@main", {"shop", "main"}},
        {"shop@main+test1", {"shop", "main", Fork::named, "test1"}},
        {"shop@main test1", {"shop", "main", Fork::named, "test1"}},  // as JDBC's URLs decode it
        {"shop@main+*", {"shop", "main", Fork::fresh}},
        {"shop@feature/login-2", {"shop", "feature/login-2"}},
        {"shop", {"shop", ""}},
        {"inst_01kaq3v4", {"inst_01kaq3v4", ""}},
        {"shop+worker.3", {"shop", "", Fork::named, "worker.3"}},
        {"shop+*", {"shop", "", Fork::fresh}},
        {std::string(100, 'a'), {std::string(100, 'a'), ""}},
        {"shop:billing", {"shop", "", Fork::none, "", "billing"}},
        {"shop@feature/a+test1:магазин", {"shop", "feature/a", Fork::named, "test1", "магазин"}},
        {"shop@main+*:a b+c:d", {"shop", "main", Fork::fresh, "", "a b+c:d"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        auto name = parse_database_name(row.text);
        REQUIRE(name);
        CHECK(*name == row.name);
        CHECK(parse_database_name(name->text()).value() == row.name);
    }
}

TEST_CASE("what is no name of a database is refused with what may be written") {
    for (std::string text :
         {"", "@main", "shop@", "shop@main+", "shop+", "a b c", "shop@main+**", "shop@main+a+b", "shop@a@b", "sh/op",
          "shop@main+a/b", "shop\n", "магазин", "shop;drop", "shop@main'", "..\\x", "shop:", ":billing", "shop:a\tb"}) {
        CAPTURE(text);
        auto name = parse_database_name(text);
        REQUIRE_FALSE(name);
        CHECK(name.error().code == Code::invalid);
        CHECK(name.error().message.find("NAME@REF") != std::string::npos);
    }
    CHECK_FALSE(parse_database_name(std::string(101, 'a')));
    CHECK_FALSE(parse_database_name("shop:" + std::string(64, 'a')));
}
