#include "modules/databases/postgres/psql_errors.h"

#include <doctest/doctest.h>

using namespace ry::databases;

TEST_CASE("stderr of psql is read into errors") {
    auto errors = psql_errors(
        "psql:a.sql:1: NOTICE:  table \"x\" does not exist, skipping\n"
        "psql:dir:with:colons/a.sql:7: ERROR:  column \"nme\" does not exist\n"
        "LINE 2:   nme,\n"
        "          ^\n"
        "DETAIL:  One.\n"
        "HINT:  Perhaps\n"
        "two lines.\n"
        "CONTEXT:  SQL function \"f\"\n"
        "PL/pgSQL function g() line 3\n"
        "psql:dir:with:colons/a.sql:7: STATEMENT:  select\n"
        "  nme,\n"
        "ERROR:  in the text of a statement\n"
        "from t;\n"
        "psql:a.sql:9: WARNING:  careful\n"
        "DETAIL:  of the warning\n"
        "psql:a.sql:12: error: b.sql: No such file or directory\n");
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].file == "dir:with:colons/a.sql");
    CHECK(errors[0].line == 5);
    CHECK(errors[0].severity == "ERROR");
    CHECK(errors[0].message == "column \"nme\" does not exist");
    CHECK(errors[0].detail == "One.");
    CHECK(errors[0].hint == "Perhaps\ntwo lines.");
    CHECK(errors[0].context == "SQL function \"f\"\nPL/pgSQL function g() line 3");
    CHECK(errors[0].statement == "select\n  nme,\nERROR:  in the text of a statement\nfrom t;");
    CHECK(errors[0].position == 10);
    CHECK(errors[1].file == "a.sql");
    CHECK(errors[1].line == 12);
    CHECK(errors[1].severity == "error");
    CHECK(errors[1].missing_file == "b.sql");
    CHECK(errors[1].detail == "");
}

TEST_CASE("positions are counted in characters, and in cut lines too") {
    auto position = [](std::string_view text) { return psql_errors(text).at(0).position; };
    CHECK(position("ERROR:  x\nLINE 1: select 'äöü', nme\n                      ^\nSTATEMENT:  select 'äöü', nme\n") ==
          15);
    CHECK(position("ERROR:  x\nLINE 1: ...bcdef nme ghi...\n"
                   "                 ^\n"
                   "STATEMENT:  select abcdef nme ghijkl\n") == 15);
    CHECK(position("ERROR:  x\nLINE 3: nothing like it\n        ^\nSTATEMENT:  select\n") == 0);
    CHECK(position("ERROR:  x\nSTATEMENT:  select\n") == 0);
}

TEST_CASE("a missing file is found in psql's words and in the server's") {
    auto missing = [](std::string_view text) { return psql_errors(text).at(0).missing_file; };
    CHECK(missing("psql: error: a b.sql: No such file or directory\n") == "a b.sql");
    CHECK(missing("psql:a.sql:1: error: x: y.sql: Permission denied\n") == "y.sql");
    CHECK(
        missing("psql:a.sql:1: ERROR:  could not open file \"/data/x.csv\" for reading: No such file or directory\n") ==
        "/data/x.csv");
    CHECK(missing("psql:a.sql:1: ERROR:  relation \"No such file or directory\" does not exist\n") == "");
}

TEST_CASE("text that is no output of psql gives no errors, and much of it is bounded") {
    CHECK(psql_errors("").empty());
    CHECK(psql_errors("hello\nLINE 1: x\n   ^\nHINT:  none\n").empty());
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "psql:a.sql:1: ERROR:  x\n";
    CHECK(psql_errors(many).size() == 100);
    CHECK(psql_errors("ERROR:  x\nLINE 99999999999999999999: x\nLINE -1: x\n").size() == 1);
    CHECK(psql_errors("psql:a.sql:99999999999999999999: ERROR:  x\n").size() <= 1);
    for (const PsqlError& error : psql_errors("psql:a.sql:-1: error: x\npsql:a.sql:-1: ERROR:  x\n"))
        CHECK(error.line == 0);
    std::string text = "ERROR:  x\nSTATEMENT:  ";
    for (int i = 0; i < 100'000; ++i) text += "line\n";
    CHECK(psql_errors(text).at(0).statement.size() <= 64 << 10);
}

TEST_CASE("one line says it to a person") {
    CHECK(summary({.file = "a.sql", .line = 7, .message = "no", .detail = "because", .hint = "try"}) ==
          "a.sql:7: no; because; hint: try");
    CHECK(summary({.message = "no"}) == "no");
}
