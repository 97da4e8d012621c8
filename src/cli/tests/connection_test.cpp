#include "cli/connection.h"

#include <doctest/doctest.h>

#include "cli/command.h"
#include "server/product.h"

namespace ry::cli {
namespace {

const std::string dsn = "postgres://postgres:pass@127.0.0.1:6432/instance_1";

TEST_CASE("a connection is printed as one likes to read it") {
    CHECK(shown_connection(dsn, "") == dsn + "\n");
    CHECK(shown_connection(dsn, "dsn") == dsn + "\n");
    CHECK(shown_connection(dsn, "assignment") == "DSN=" + dsn + "\n");
    CHECK(shown_connection(dsn, "env") ==
          "DATABASE_URL=" + dsn +
              "\nPGHOST=127.0.0.1\nPGPORT=6432\nPGUSER=postgres\nPGPASSWORD=pass\nPGDATABASE=instance_1\n");
    CHECK(
        shown_connection("postgres://postgres:pass@[::1]:6432/instance_1", "env").find("\nPGHOST=::1\nPGPORT=6432\n") !=
        std::string::npos);
    CHECK(password_of(dsn) == "pass");
}

TEST_CASE("another database of the cluster stands behind the instance's name, whatever it is called") {
    CHECK(dsn_of_database(dsn, "billing") == dsn + ":billing");
    std::string odd = dsn_of_database(dsn, "a b/ü%41?");
    CHECK(odd == dsn + ":a%20b%2F%C3%BC%2541%3F");
    CHECK(environment_of(odd).front() == "DATABASE_URL=" + odd);
    CHECK(environment_of(odd).back() == "PGDATABASE=instance_1:a b/ü%41?");
}

TEST_CASE("every command that answers with an instance prints its connection, and no other does") {
    std::vector<http::Route> routes = server::Product::route_table();
    std::vector<Command> commands = commands_of(routes);
    std::string connecting;
    for (const Command& command : commands)
        if (answers_connection(command)) connecting += command.verb + " ";
    CHECK(connecting == "open show change reset switch fork sleep wake ");
    auto output = [&](std::string_view verb, const std::string& value) {
        std::string words[] = {"shop", "--output", value};
        return parse(*find_command(commands, "db", verb), words, nullptr);
    };
    REQUIRE(output("show", "env").has_value());
    CHECK(output("show", "env")->output == Output::env);
    CHECK(output("show", "table")->output == Output::table);
    CHECK(output("show", "xml").error().message == "--output must be table|json|dsn|env|assignment, not \"xml\"");
    CHECK(output("show-ref", "dsn").error().message == "--output must be table|json, not \"dsn\"");
}

}  // namespace
}  // namespace ry::cli
