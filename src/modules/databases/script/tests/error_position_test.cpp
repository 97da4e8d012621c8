#include "modules/databases/script/error_position.h"

#include <doctest/doctest.h>

#include "modules/databases/script/tests/mute_server.h"

using namespace ry::databases::script;

TEST_CASE("errors as psql prints them") {
    auto error = read_psql_error(
        "psql:notes: NOTICE:  table \"x\" does not exist, skipping\n"
        "psql:db/a:b.sql:12: ERROR:  syntax error at or near \"selct\"\n"
        "LINE 3:    selct 1\n"
        "           ^\n"
        "DETAIL:  one\nof two\n"
        "HINT:  try\n"
        "CONTEXT:  SQL function \"f\"\n");
    REQUIRE(error);
    CHECK(error->file == "db/a:b.sql");
    CHECK(error->line == 12);
    CHECK(error->severity == "ERROR");
    CHECK(error->message == "syntax error at or near \"selct\"");
    CHECK(error->server_line == 3);
    CHECK(error->excerpt == "   selct 1");
    CHECK(error->caret == 3);
    CHECK(error->detail == "one\nof two");
    CHECK(error->hint == "try");
    CHECK(error->context == "SQL function \"f\"");

    auto verbose = read_psql_error(
        "psql:a.sql:1: ERROR:  42P01: relation \"t\" does not exist\nLINE 1: select * from t;\n                      "
        "^\nLOCATION:  parserOpenTable, parse_relation.c:1384\n");
    REQUIRE(verbose);
    CHECK(verbose->sqlstate == "42P01");
    CHECK(verbose->message == "relation \"t\" does not exist");
    CHECK(verbose->caret == 14);

    auto own = read_psql_error("psql:a.sql:7: error: missing.sql: No such file or directory\n");
    REQUIRE(own);
    CHECK(own->severity == "error");
    CHECK(own->line == 7);
    CHECK(own->message == "missing.sql: No such file or directory");
    auto first = read_psql_error("psql: error: a.sql: No such file or directory\n");
    REQUIRE(first);
    CHECK(first->file == "");
    CHECK(first->message == "a.sql: No such file or directory");
    CHECK(read_psql_error("ERROR:  x\n")->message == "x");
    CHECK(!read_psql_error("psql:a.sql:1: NOTICE:  ERROR: x is only a notice\n"));
    CHECK(!read_psql_error(""));
}

TEST_CASE("a position that psql reports is found in the script") {
    testing::MuteServer server;
    // In each script "boom" is what the server complains of, and stands once.
    const std::vector<std::string> scripts = {
        "select boom;",
        "select 1; select boom; select 2;",
        "select 1;\n\n-- x\nselect\n\n\n   boom,\n 2;",
        "select 1 \\echo x\n, boom;\n",
        "select 'a\n\nb', boom;",
        "select 'äöü', boom;",
        "/* ä */ select\tboom\n;",
        "select :n, boom;",
        "select :'q', :n,\n :n, boom;",
        "\\set x 1 \\\\ select boom;",
        "select 1\\; select boom;",
        "copy t from stdin;\n1\n\\.\nselect boom;",
        "select 1;\r\nselect\r\n\r\n boom;\r\n",
        "\xef\xbb\xbfselect boom;",
        "select boom",
        "select 1, boom \\g\nselect 2;",
        "\\if 0\nselect 1;\n\\else\nselect\n boom;\n\\endif\n",
        "select " + std::string(200, 'x') + ", boom, " + std::string(200, 'y') + ";",
        "select $$\n\n$$, boom;",
        "select /*\n\n*/ boom;",
        "select ':n', a[1:2], boom;",
        "select 1 -- comment\n\n, boom;",
        "copy t from stdin; select 'a\n1\n\\.\n', boom;"};
    auto value = [](const std::string& name) -> std::optional<std::string> {
        if (name == "n") return "12345678901234567890";
        if (name == "q") return "it's";
        return {};
    };
    for (const std::string& script : scripts) {
        server.write("dir/script.sql", script);
        auto told = server.run("-v n=12345678901234567890 -v q=\"it's\" -f dir/script.sql");
        auto error = read_psql_error(told.errors);
        REQUIRE_MESSAGE(error, script, told.errors);
        CHECK(error->file == "dir/script.sql");
        CHECK(error->hint == "look at it");
        auto where = locate(*error, script, value);
        REQUIRE_MESSAGE(where, script);
        CHECK_MESSAGE(where->is_exact, script, told.errors);
        CHECK_MESSAGE(where->place.offset == script.find("boom"), script, told.errors);
        CHECK(where->place.line ==
              uint64_t(1 + std::count(script.begin(), script.begin() + long(script.find("boom")), '\n')));
        CHECK_MESSAGE(script.substr(where->statement_begin.offset, where->statement_end - where->statement_begin.offset)
                              .find("boom") != std::string::npos,
                      script);
    }
}

TEST_CASE("an error without a position is the statement's, one in data the row's") {
    std::string script = "select 1;\n\nselect\n 2;\ncopy t from stdin;\n1\n2\nx\n4\n\\.\nselect 3;\n";
    auto where = locate({.file = "a", .line = 4, .severity = "ERROR", .message = "division by zero"}, script);
    REQUIRE(where);
    CHECK(!where->is_exact);
    CHECK(where->place.line == 3);
    CHECK(where->statement == "select\n 2;");
    auto row =
        locate({.file = "a", .line = 10, .severity = "ERROR", .context = "COPY t, line 3, column a: \"x\""}, script);
    REQUIRE(row);
    CHECK(row->is_exact);
    CHECK(row->place.line == 8);
    CHECK(row->statement == "copy t from stdin;");
    CHECK(!locate({.file = "a", .line = 4}, ""));
}
