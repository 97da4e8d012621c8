#include <doctest/doctest.h>

#include <random>

#include "base/text.h"
#include "modules/databases/script/tests/events.h"

using namespace ry::databases::script;
using testing::lex;
using testing::lex_in_chunks;

namespace {

struct Row {
    const char* what;
    std::string script;
    std::string events;
};

std::vector<Row> rows() {
    return {
        {"nothing", "", ""},
        {"places of statements", "\n  select 1;\n\nselect\n2;",
         "statement 2:3 3-12 line 2 select\nstatement 4:1 14-23 line 5 select\n"},
        {"line comments stand before a statement, block comments in it", "-- a\n/* b */ select 1;",
         "statement 2:1 5-22 line 2 select\n"},
        {"a command between statements", "select 1;\n  \\echo 'a b' c ;\n",
         "statement 1:1 0-9 line 1 select\n\\echo 2:3 12-27 [a b] [c] [;]\n"},
        {"a command in a statement", "select 1 \\g out.txt\n",
         "\\g 1:10 9-19 [out.txt] in statement\nstatement 1:1 0-9 line 1 select by command\n"},
        {"two commands, and SQL behind \\\\", "\\set a 1 \\set b 2 \\\\ select 1;",
         "\\set 1:1 0-9 [a] [1]\n\\set 1:10 9-20 [b] [2]\nstatement 1:22 21-30 line 1 select\n"},
        {"pieces of an argument", "\\echo x:a:'b':\"c\":{?d}`e f`\"g h\":\n",
         "\\echo 1:1 0-33 [x$a$'b$\"c$?d`e f\"g h\":]\n"},
        {"escapes in quotes", "\\echo 'a''b\\n\\x41\\101\\q'\n", "\\echo 1:1 0-24 [a'b\nAAq]\n"},
        {"a pipe takes the line", "select 1 \\g (format=csv border=2) |sort \\echo x\n",
         "\\g 1:10 9-47 [(format=csv] [border=2)] <|sort \\echo x> in statement\nstatement 1:1 0-9 line 1 select by "
         "command\n"},
        {"\\copy and \\! take the line", "\\copy t from 'a\\b' csv\n\\! ls \\echo x\n",
         "\\copy 1:1 0-22 <t from 'a\\b' csv>\n\\! 2:1 23-36 <ls \\echo x>\n"},
        {"an unknown command takes the line", "\\nope a \\echo b\n", "\\nope 1:1 0-15 <a \\echo b> unknown\n"},
        {"a quote that is not closed ends with the line", "\\echo a 'b\nselect 1;",
         "\\echo 1:1 0-10 [a] unterminated\nstatement 2:1 11-20 line 2 select\n"},
        {"rows that look like anything", "copy t from stdin;\n\\i x\n';\n\\.\nselect 1;",
         "statement 1:1 0-18 line 1 copy from@1\ndata 19-30\nstatement 5:1 30-39 line 5 select\n"},
        {"rows of \\copy", "\\copy t from stdin\n;\n\\.\n;",
         "\\copy 1:1 0-18 <t from stdin>\ndata 19-24\nstatement 4:1 24-25 line 4 \n"},
        {"rows of another stream do not stand in the script", "\\copy t from pstdin\n;",
         "\\copy 1:1 0-19 <t from pstdin>\nstatement 2:1 20-21 line 2 \n"},
        {"rows to the end", "copy t from stdin;\n1\n",
         "statement 1:1 0-18 line 1 copy from@1\ndata 19-21 to the end\n"},
        {"a query is sent again", "copy t from stdin;\n1\n\\.\n\\g\n2\n\\.\n;",
         "statement 1:1 0-18 line 1 copy from@1\ndata 19-24\n\\g 4:1 24-26\ndata 27-32\nstatement 7:1 32-33 line 7 \n"},
        {"COPY with files and programs",
         "copy t from '/a''b.csv'; copy t(a) to program 'gzip' csv; copy (select 'from stdin') to stdout;",
         "statement 1:1 0-24 line 1 copy from file=/a'b.csv@1\nstatement 1:26 25-57 line 1 copy to "
         "program=gzip@1\nstatement 1:59 58-95 line 1 copy to@1\n"},
        {"conditions", "\\if 0\nselect 1;\n\\elif yes\nselect 2;\n\\else\nselect 3;\n\\endif\n",
         "\\if 1:1 0-5 [0]\nstatement 2:1 6-15 line 2 select skipped\n\\elif 3:1 16-25 [yes] skipped\nstatement 4:1 "
         "26-35 line 4 select\n\\else 5:1 36-41\nstatement 6:1 42-51 line 6 select skipped\n\\endif 7:1 52-58 "
         "skipped\n"},
        {"conditions that are not known", "\\if :x\nselect 1;\n\\else\nselect 2;\n\\endif\nselect 3;",
         "\\if 1:1 0-6 [$x]\nstatement 2:1 7-16 line 2 select perhaps\n\\else 3:1 17-22 perhaps\nstatement 4:1 23-32 "
         "line 4 select perhaps\n\\endif 5:1 33-39 perhaps\nstatement 6:1 40-49 line 6 select\n"},
        {"conditions that do not fit", "\\endif\n\\if 1\n\\else\n\\else\n",
         "\\endif 1:1 0-6\nproblem 1:1 \\endif without \\if: psql stops here\n\\if 2:1 7-12 [1]\n\\else 3:1 "
         "13-18\n\\else 4:1 19-24 skipped\nproblem 4:1 \\else after \\else: psql stops here\nproblem 5:1 \\if without "
         "\\endif: add an \\endif before the end of the file\n"},
        {"variables", "select :a, '(:b)', :'c', x::int;", "statement 1:1 0-32 line 1 select variables\n"},
        {"what is not closed", "select 'a;\n", "statement 1:1 0-11 line 2 select at end in string\n"},
        {"what is not closed, of a body", "create function f() returns int begin atomic select 1;",
         "statement 1:1 0-54 line 1 create at end in body\n"},
        {"\\q ends the script", "select 1; \\q\n';", "statement 1:1 0-9 line 1 select\n\\q 1:11 10-12\n"},
        {"\\r forgets", "select ( \\r\nselect 1;",
         "\\r 1:10 9-11 in statement\nstatement 1:1 0-9 line 1 select discarded\nstatement 2:1 12-21 line 2 select\n"},
        {"a NUL byte", std::string("select 1;\nsel\0ect", 17),
         "statement 1:1 0-9 line 1 select\nproblem 2:4 a NUL byte: this is not a text file. If it is a dump in custom "
         "format, prepare it with the kind dump (fatal)\n"},
        {"a byte order mark", "\xef\xbb\xbfselect 1;", "statement 1:4 3-12 line 1 select\n"},
    };
}

/// Scripts that reach every mode.
std::string generated(std::mt19937& random) {
    const std::vector<std::string> fragments = {"select ",
                                                "1 ",
                                                ";",
                                                ";\n",
                                                "\n",
                                                " ",
                                                "'",
                                                "''",
                                                "'a'",
                                                "\"",
                                                "\"b\"",
                                                "$$",
                                                "$a$",
                                                "$b$ ",
                                                "(",
                                                ")",
                                                "E'",
                                                "e'\\''",
                                                "\\'",
                                                "-- c\n",
                                                "--",
                                                "/*",
                                                "*/",
                                                ":n ",
                                                ":'q'",
                                                ":\"n\"",
                                                ":{?n}",
                                                "::",
                                                ":=",
                                                "\\;",
                                                "\\:",
                                                "\\echo x\n",
                                                "\\echo 'x' \\\\ ",
                                                "\\g\n",
                                                "\\g |x\n",
                                                "\\r\n",
                                                "\\if 1\n",
                                                "\\if 0\n",
                                                "\\if :x\n",
                                                "\\else\n",
                                                "\\elif 1\n",
                                                "\\endif\n",
                                                "\\q\n",
                                                "copy t from stdin;\n1\t;'\n\\.\n",
                                                "copy t from stdin;",
                                                "\\copy t from stdin\n",
                                                "\\.\n",
                                                "\\.\r\n",
                                                "create function ",
                                                "begin ",
                                                "end ",
                                                "case ",
                                                "a$",
                                                "u&'",
                                                "N'",
                                                "\r\n",
                                                "\xc3\xa9",
                                                "\xef\xbb\xbf",
                                                "12e5",
                                                "set standard_conforming_strings = off;\n",
                                                "copy x to program 'y';"};
    std::string script;
    for (size_t i = 0, count = 1 + random() % 30; i < count; ++i) script += fragments[random() % fragments.size()];
    return script;
}

/// Only what psql does not send may stand between statements, commands and data.
class Gaps final : public Sink {
public:
    void statement(const Statement& s) override { add(s.begin.offset, s.end); }
    void data(const Data& d) override { add(d.begin, d.end); }
    Truth meta_command(const MetaCommand& c) override {
        add(c.place.offset, c.end);
        if (c.name == "q") is_ended = true;
        return Truth::unknown;
    }
    void add(uint64_t begin, uint64_t end) { covered.push_back({begin, end}); }
    std::vector<std::pair<uint64_t, uint64_t>> covered;
    bool is_ended = false;
};

/// The script without `covered` stretches and line comments: white space, or the lexer has lost something.
std::string left_over(std::string script, const Gaps& gaps) {
    for (auto [begin, end] : gaps.covered) script.replace(begin, end - begin, end - begin, ' ');
    for (size_t at = script.find("--"); at != script.npos; at = script.find("--"))
        script.erase(at, std::min(script.find_first_of("\r\n", at), script.size()) - at);
    if (script.starts_with("\xef\xbb\xbf")) script.erase(0, 3);
    return std::string(ry::trim(script));
}

}  // namespace

TEST_CASE("events of scripts") {
    for (const Row& row : rows()) CHECK_MESSAGE(lex(row.script).events == row.events, row.what);
}

TEST_CASE("a script cut anywhere gives the same events") {
    for (const Row& row : rows())
        for (size_t first = 0; first <= row.script.size(); ++first)
            CHECK_MESSAGE(lex_in_chunks(row.script, first, row.script.size() + 1).all() == lex(row.script).all(),
                          row.what, " at ", first);
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        std::string script = generated(random), whole = lex(script).all();
        for (size_t size : {1, 2, 3, 5}) {
            std::string cut = lex_in_chunks(script, random() % (script.size() + 1), size).all();
            if (cut != whole) FAIL_CHECK("[", script, "]\n", whole, "\nin chunks of ", size, "\n", cut);
        }
    }
}

TEST_CASE("statements, commands and data together are the script") {
    std::mt19937 random(8);
    for (int round = 0; round < 3000; ++round) {
        std::string script = generated(random);
        Gaps gaps;
        Lexer lexer({}, gaps);
        lexer.feed(script);
        lexer.finish();
        if (!gaps.is_ended && !left_over(script, gaps).empty())
            FAIL_CHECK("[", script, "] leaves [", left_over(script, gaps), "]");
    }
}

TEST_CASE("what is longer than a limit") {
    std::string word(5000, 'w'), digits(5000, '1'), tag(2000, 't');
    for (const std::string& script :
         {word + " 1;", digits + "$$;$$;", digits + "a$$;", "select :" + word + ";", "select '" + word + "';"})
        for (size_t size : {1, 7, 1000, 1024, 1025, 4096})
            CHECK(lex_in_chunks(script, 0, size).all() == lex(script).all());
    CHECK(lex("select $" + tag + "$x;").events ==
          "problem 1:8 the tag of a dollar quote is longer than 1 KiB: shorten it (fatal)\n");
    std::string command = "\\echo " + std::string(Lexer::meta_bytes_max, 'x');
    for (const std::string& script : {command, command + "\nselect 1;"})
        for (size_t size : {4096, 10'000'000})
            CHECK(lex_in_chunks(script, 0, size).events ==
                  "problem 1:1 the line of a backslash command is longer than 1 MiB: break the line (fatal)\n");
    std::string deep;
    for (size_t i = 0; i < 1001; ++i) deep += "\\if 1\n";
    CHECK(
        lex(deep).events.ends_with("problem 1001:1 \\if stands in more than 1,000 others: split the script (fatal)\n"));
}

TEST_CASE("a line of 64 MiB is streamed") {
    testing::Recorder recorder;
    Lexer lexer({}, recorder);
    lexer.feed("insert into t values ('");
    std::string piece(1 << 20, 'x');
    for (int i = 0; i < 64; ++i) lexer.feed(piece);
    lexer.feed("');");
    lexer.finish();
    CHECK(recorder.events == "statement 1:1 0-67108890 line 1 insert\n");
    CHECK(recorder.all().size() < 10'000);
}

TEST_CASE("text as the server reads it has no backslash commands and no variables") {
    CHECK(lex("select '\\'; \\ :x; copy t from stdin; select 1", {.dialect = Dialect::server}).events ==
          "statement 1:1 0-11 line 1 select\nstatement 1:13 12-17 line 1 \nstatement 1:19 18-36 line 1 copy "
          "from@1\nstatement 1:38 37-45 line 1 select at end\n");
    LexerOptions inside{.dialect = Dialect::server, .begin = {100, 7, 5}};
    CHECK(lex("\n a;", inside).events == "statement 8:2 102-104 line 8 a\n");
    CHECK(lex("a;", inside).events == "statement 7:5 100-102 line 7 a\n");
}

TEST_CASE("\\copy is taken apart as psql does it") {
    struct CopyRow {
        const char* rest;
        const char* meaning;
    };
    auto told = [](const ClientCopy& copy) -> std::string {
        if (copy.is_malformed) return "malformed";
        constexpr std::string_view peers[] = {"stream", "psql's stream", "file ", "program "};
        return (copy.is_from ? "from " : "to ") + std::string(peers[size_t(copy.peer)]) + copy.name;
    };
    for (const CopyRow& row :
         std::initializer_list<CopyRow>{{"t from 'a b.csv' with csv", "from file a b.csv"},
                                        {"t FROM a.csv", "from file a.csv"},
                                        {"t from a.csv;", "from file a.csv"},
                                        {"t from 'it''s'", "from file it's"},
                                        {"s.t (a, \"from\") from stdin", "from stream"},
                                        {"t from stdin;", "from stream"},
                                        {"\"from\" from pstdin", "from psql's stream"},
                                        {"binary t from x", "from file x"},
                                        {"(select 'to x' from (t)) to out.csv", "to file out.csv"},
                                        {"t to stdout", "to stream"},
                                        {"t from program 'gzip -dc a.gz'", "from program gzip -dc a.gz"},
                                        {"t from program gzip", "malformed"},
                                        {"t", "malformed"},
                                        {"", "malformed"},
                                        {"t into x", "malformed"},
                                        {"t from", "malformed"},
                                        {"(select 1 to x", "malformed"}})
        CHECK_MESSAGE(told(read_client_copy(row.rest)) == row.meaning, row.rest);
}

TEST_CASE("truth values") {
    for (const char* yes : {"1", "t", "TRUE", "tru", "on", "ON", "y", "yes"}) CHECK(truth_of(yes) == Truth::yes);
    for (const char* no : {"0", "f", "False", "of", "off", "n", "no"}) CHECK(truth_of(no) == Truth::no);
    for (const char* other : {"", "o", "2", "truex", "yesno", " 1"}) CHECK(truth_of(other) == Truth::unknown);
}
