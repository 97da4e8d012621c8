#include "modules/databases/script/closure.h"

#include <doctest/doctest.h>

#include "modules/databases/script/tests/memory_files.h"

using namespace ry::databases::script;
using testing::MemoryFiles;

namespace {

using Contents = std::map<std::string, std::string>;

Closure closure(std::vector<std::string> arguments, Files& files, ClosureRequest request = {.working_dir = "/shop"}) {
    auto steps = read_psql_arguments(arguments, {.is_one_session = true});
    REQUIRE_MESSAGE(steps, steps.error().message);
    return closure_of(steps->at(0), request, files);
}

std::string names(const Closure& closure) {
    std::string text;
    for (const ClosureFile& file : closure.files) {
        constexpr std::string_view roles[] = {"", "(data)", "(input)"};
        text += (text.empty() ? "" : " ") + file.name + std::string(roles[size_t(file.role)]);
    }
    return text;
}

std::string findings(const Closure& closure) {
    std::string text;
    for (const Finding& f : closure.findings) {
        std::string effect = f.effect == Effect::at_once ? "" : " " + std::string(names_of(f.effect)[size_t(f.effect)]);
        text += f.file +
                (f.place.offset || f.place.line > 1 || f.file != "-f" ? ":" + std::to_string(f.place.line) : "") +
                ": " + std::string(names_of(f.weight)[size_t(f.weight)]) + " " +
                std::string(names_of(f.kind)[size_t(f.kind)]) + effect + ": " + f.message + "\n";
    }
    return text;
}

/// "files | findings" of `-f main.sql` with this content.
std::string of(const std::string& script, Contents others = {},
               std::vector<std::string> arguments = {"-f", "main.sql"}) {
    others["/shop/main.sql"] = script;
    MemoryFiles files(std::move(others), "/shop");
    Closure found = closure(arguments, files);
    return names(found) + " | " + findings(found);
}

}  // namespace

TEST_CASE("a script that reads nothing") { CHECK(of("select 1;") == "main.sql | "); }

TEST_CASE("includes: \\i from the working directory, \\ir from the script's") {
    Contents contents = {{"/shop/db/a.sql", "\\ir b.sql\n\\ir ../c.sql\n\\i db/d.sql"},
                         {"/shop/db/b.sql", ""},
                         {"/shop/c.sql", ""},
                         {"/shop/db/d.sql", "\\include_relative 'e f.sql'"},
                         {"/shop/db/e f.sql", ""},
                         {"/shop/g.sql", ""}};
    CHECK(of("\\i db/a.sql\n\\include db/../g.sql;", contents) ==
          "c.sql db/a.sql db/b.sql db/d.sql db/e f.sql g.sql main.sql | ");
    CHECK(of("\\i /shop/g.sql \\i ./g.sql\nselect 1 \\i g.sql\n;", contents) == "/shop/g.sql g.sql main.sql | ");
    CHECK(of("\\cd db\n\\i b.sql\n\\cd ..\n\\ir g.sql", contents) == "db/b.sql g.sql main.sql | ");
    // \ir is relative to the name that the script was opened by, seen from the new directory.
    CHECK(of("\\i db/x.sql", {{"/shop/db/x.sql", "\\cd db\n\\ir b.sql"}, {"/shop/db/db/b.sql", ""}}) ==
          "db/db/b.sql db/x.sql main.sql | ");
}

TEST_CASE("a file is seen by the name that the script uses for it, absolute or relative") {
    Contents contents = {{"/shop/db/a.sql", "\\ir b.sql\n\\i c.sql"},
                         {"/shop/db/b.sql", ""},
                         {"/shop/c.sql", ""},
                         {"/data/x.csv", ""},
                         {"/tmp/t.sql", ""}};
    MemoryFiles files(contents, "/");
    Closure found = closure({"-c", "\\i /shop/db/a.sql"}, files);
    CHECK(names(found) == "/shop/db/a.sql /shop/db/b.sql c.sql");
    CHECK(findings(found) == "");
    CHECK(names(closure({"-c", "\\copy t from '/data/x.csv'"}, files)) == "/data/x.csv(data)");
    // An input that was given by an absolute path may be named either way by a script that makes names.
    CHECK(names(closure({"-c", "select 1"}, files, {.working_dir = "/shop", .inputs = {"/data"}})) ==
          "../data/x.csv(input) /data/x.csv(input)");
    CHECK(names(closure({"-c", "select 1"}, files, {.working_dir = "/shop", .inputs = {"/tmp/t.sql"}})) ==
          "../tmp/t.sql(input)");
    CHECK(names(closure({"-c", "\\i ../tmp/t.sql"}, files)) == "../tmp/t.sql");
    found = closure({"-c", "\\i /tmp/t.sql"}, files);
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].message ==
          "/tmp/t.sql lies where the sandbox has files of its own; name it by a relative path, ../tmp/t.sql, or with "
          "--input ../tmp/t.sql");
}

TEST_CASE("names that go up are kept as they are") {
    MemoryFiles files({{"/a/x/main.sql", "\\ir y.sql\n\\ir ../../c/z.sql\n\\i ../b.sql"},
                       {"/a/x/y.sql", ""},
                       {"/c/z.sql", ""},
                       {"/a/b/b.sql", ""}});
    Closure found = closure({"-f", "../../x/main.sql"}, files, {.working_dir = "/a/b/c"});
    CHECK(names(found) + " | " + findings(found) == "../../../c/z.sql ../../x/main.sql ../../x/y.sql ../b.sql | ");
}

TEST_CASE("SQL that is not sent is not reported") {
    CHECK(of("\\if false\nselect now();\n\\endif\nselect now() \\r\nselect 1;") == "main.sql | ");
    CHECK(of("\\if true\nselect now();\n\\endif")
              .ends_with("main.sql:2: warning volatile_value: now() depends on the time of the run: a rebuilt state "
                         "has another value\n"));
}

TEST_CASE("a name in a string, a comment, COPY data or a branch that is not taken is no include") {
    CHECK(of("-- \\i a\n/* \\i a */ select '\n\\i a\n', $$\n\\i a\n$$;\ncopy t from stdin;\n\\i a\n\\.\n\\if "
             "false\n\\i a\n\\endif\n\\q\n\\i a") == "main.sql | ");
}

TEST_CASE("variables that are known name files") {
    Contents contents = {{"/shop/v1/a.sql", ""}, {"/shop/b.sql", ""}};
    CHECK(of("\\i :dir/a.sql", contents, {"-v", "dir=v1", "-f", "main.sql"}) == "main.sql v1/a.sql | ");
    CHECK(of("\\set dir v 1\n\\i :dir'/a.sql'", contents) == "main.sql v1/a.sql | ");
    CHECK(of("\\if :{?dir}\n\\i b.sql\n\\else\n\\i c.sql\n\\endif", contents, {"-v", "dir=v1", "-f", "main.sql"}) ==
          "b.sql main.sql | ");
    CHECK(of("\\if :{?dir}\n\\i c.sql\n\\else\n\\i b.sql\n\\endif", contents) == "b.sql main.sql | ");
    CHECK(of("\\set f b.sql\n\\i x.sql", {{"/shop/x.sql", "\\i :f"}, {"/shop/b.sql", ""}}) ==
          "b.sql main.sql x.sql | ");
    CHECK(of("\\i :file") ==
          "main.sql | main.sql:1: problem missing_file: :file does not exist: a variable in the name is not set; give "
          "it with -v\n");
}

TEST_CASE("names that are only known at run time are dynamic") {
    std::string dynamic =
        "dynamic dynamic_file: \\i: the name of the file is only known at run time; give the files it may be with "
        "--input\n";
    CHECK(of("select 'x' as f \\gset\n\\i :f") == "main.sql | main.sql:2: " + dynamic);
    CHECK(of("select 'x' as f \\gset p_\n\\i :p_f") == "main.sql | main.sql:2: " + dynamic);
    CHECK(of("select 'x' as f \\gset p_\n\\set f a\n\\i :f", {{"/shop/a", ""}}) == "a main.sql | ");
    CHECK(of("\\getenv f HOME\n\\i :f") == "main.sql | main.sql:2: " + dynamic);
    CHECK(of("\\i :DBNAME") == "main.sql | main.sql:1: " + dynamic);
    CHECK(of("select 1 as x \\gset\n\\if :x\n\\set f a\n\\endif\n\\i :f") == "main.sql | main.sql:5: " + dynamic);
    CHECK(of("\\i `ls`") ==
          "main.sql | main.sql:1: dynamic program: `…` runs a program beside psql; it has only the sandbox, and its "
          "output is not in the key\nmain.sql:1: " +
              dynamic);
}

TEST_CASE("branches that may be taken are read; what they lack is no problem yet") {
    std::string begin = "select true as x \\gset\n\\if :x\n", end = "\\endif\n";
    CHECK(of(begin + "\\i a\n\\else\n\\i b\n" + end, {{"/shop/a", "\\i c"}}) ==
          "a main.sql | a:1: dynamic missing_file: c does not exist; correct the name, or create the file\nmain.sql:5: "
          "dynamic missing_file: b does not exist; correct the name, or create the file\n");
    CHECK(of(begin + "\\cd sub\n" + end + "\\i a", {{"/shop/a", ""}}) ==
          "main.sql | main.sql:5: dynamic dynamic_file: a is relative to a directory that \\cd takes at run time; "
          "write the path without \\cd\n");
}

TEST_CASE("files that cannot be read are problems, with what to do") {
    CHECK(of("\n\\i Schema.sql", {{"/shop/schema.sql", ""}}) ==
          "main.sql | main.sql:2: problem missing_file: Schema.sql does not exist; there is schema.sql, and capital "
          "letters count\n");
    CHECK(of("\\i db/a.sql", {{"/shop/db/a.sql", "\\i b.sql"}, {"/shop/db/b.sql", ""}}) ==
          "db/a.sql main.sql | db/a.sql:1: problem missing_file: b.sql does not exist; there is db/b.sql: \\i looks in "
          "the working directory, \\ir beside the script\n");
    CHECK(of("\\i \"a b.sql\"", {{"/shop/a b.sql", ""}}) ==
          "main.sql | main.sql:1: problem missing_file: \"a b.sql\" does not exist: psql keeps double quotes as part "
          "of the name; write single quotes\n");
    CHECK(of("\\i db", {{"/shop/db/a", ""}}) ==
          "main.sql | main.sql:1: problem not_a_file: db is a directory: name the file in it\n");
    CHECK(of("\\i s", {{"/shop/s", "socket"}}) ==
          "main.sql | main.sql:1: problem not_a_file: s is no regular file: its content cannot be part of a key\n");
    CHECK(of("\\i u", {{"/shop/u", "unreadable"}}) ==
          "main.sql | main.sql:1: problem unreadable_file: u cannot be read: give it the permission to be read\n");
    CHECK(of("\\i u", {{"/shop/u", "breaks"}}) ==
          "main.sql | main.sql:1: problem unreadable_file: u: the disk does not answer\n");
    CHECK(of("\\i ../x.sql") ==
          "main.sql | main.sql:1: problem outside_file: ../x.sql is not among the inputs: add it with --input "
          "../x.sql\n");
    CHECK(of("\\i ~/x.sql") ==
          "main.sql | main.sql:1: problem refused: ~/x.sql is in somebody's home directory: write a path relative to "
          "the script\n");
    CHECK(of("\\i") == "main.sql | main.sql:1: problem malformed: \\i needs the name of a file\n");
    CHECK(of("\\i b", {{"/shop/b", std::string("a\0b", 3)}}) ==
          "b main.sql | b:1: problem malformed: a NUL byte: this is not a text file. If it is a dump in custom format, "
          "prepare it with the kind dump\n");
    CHECK(
        of("\\i d", {{"/shop/d", "PGDMP\1\2"}}) ==
        "d main.sql | main.sql:1: problem binary_file: d is a dump in custom format: prepare it with the kind dump\n");
    CHECK(of("", {}, {"-f", "other.sql"}) ==
          " | -f: problem missing_file: other.sql does not exist; correct the name, or create the file\n");
}

TEST_CASE("scripts that include themselves, and limits") {
    CHECK(of("\\i main.sql") ==
          "main.sql | main.sql:1: problem recursive_include: main.sql includes itself; remove one of the includes\n");
    CHECK(of("\\i a", {{"/shop/a", "\n\\i ./main.sql"}}) ==
          "a main.sql | a:2: problem recursive_include: main.sql includes itself through a; remove one of the "
          "includes\n");
    CHECK(of("\\i a\n\\i a", {{"/shop/a", ""}}) == "a main.sql | ");

    Contents chain;
    for (int i = 0; i < 60; ++i) chain["/shop/" + std::to_string(i)] = "\\i " + std::to_string(i + 1);
    CHECK(
        of("\\i 0", chain)
            .ends_with(
                "48:1: problem limit: more than 50 scripts include each other; include 49 from a script further up\n"));
    chain.clear();
    for (int i = 0; i < 20; ++i)
        chain["/shop/" + std::to_string(i)] = "\\i " + std::to_string(i + 1) + "\n\\i " + std::to_string(i + 1);
    chain["/shop/20"] = "";
    CHECK(of("\\i 0", chain).find("problem limit: more than 10000 scripts are included; split the step") !=
          std::string::npos);

    MemoryFiles files({{"/shop/main.sql", std::string(100, ' ')}, {"/shop/data", std::string(100, ' ')}});
    Closure large =
        closure({"-f", "main.sql"}, files, {.working_dir = "/shop", .inputs = {"data"}, .limits = {.bytes_max = 150}});
    CHECK(findings(large) == "--input:1: problem limit: the files of the step have more than 0 MiB; split the step\n");
    MemoryFiles many({{"/shop/main.sql", "\\a.\n\\b.\n\\c.\n"}});
    Closure noisy = closure({"-f", "main.sql"}, many, {.working_dir = "/shop", .limits = {.findings_max = 2}});
    CHECK(noisy.findings.size() == 2);
    CHECK(noisy.findings_left_out == 1);
}

TEST_CASE("data files are read, and what psql writes is told") {
    Contents contents = {{"/shop/a.csv", std::string("1\0", 2)}, {"/shop/photo.png", "x"}};
    CHECK(of("\\copy t from 'a.csv' csv\n\\lo_import photo.png 'a photo'\n", contents) ==
          "a.csv(data) main.sql photo.png(data) | ");
    CHECK(
        of("\\copy t from a.csv\n\\cd ..\n\\copy t from shop/a.csv", contents).starts_with("a.csv(data) main.sql | "));
    CHECK(of("\\copy t from stdin\n1\n\\.\n") == "main.sql | ");
    CHECK(
        of("\\copy t from none.csv") ==
        "main.sql | main.sql:1: problem missing_file: none.csv does not exist; correct the name, or create the file\n");
    CHECK(of("\\copy t from program 'curl x'") ==
          "main.sql | main.sql:1: dynamic program: \\copy … program runs \"curl x\" beside psql; it has only the "
          "sandbox, and what it does is not in the key\n");
    CHECK(of("\\copy t") ==
          "main.sql | main.sql:1: problem malformed: psql does not understand this \\copy; write \\copy TABLE from "
          "'FILE'\n");
    CHECK(of("\\copy t to out.csv") ==
          "main.sql | main.sql:1: warning writes_file: \\copy … to \"out.csv\" writes in the sandbox; the file is not "
          "kept: run it on an instance\n");
    CHECK(of("\\o x.txt\n\\o\nselect 1 \\g (format=csv) y.csv\n\\lo_export 5 z\n") ==
          "main.sql | main.sql:1: warning writes_file: \\o writes \"x.txt\" in the sandbox; it is not "
          "kept\nmain.sql:3: warning writes_file: \\g writes \"y.csv\" in the sandbox; it is not kept\nmain.sql:4: "
          "warning writes_file: \\lo_export writes \"z\" in the sandbox; it is not kept\n");
    CHECK(of("select 1 \\g |sort\n") ==
          "main.sql | main.sql:1: dynamic program: \\g |sort runs a program beside psql; it has only the sandbox\n");
    CHECK(of("copy t from '/etc/passwd';\ncopy t to program 'sh';") ==
          "main.sql | main.sql:1: warning server_file: COPY reads \"/etc/passwd\" in the server's sandbox, not from "
          "the inputs; use \\copy, which runs beside the script\n"
          "main.sql:2: warning server_program: COPY … PROGRAM runs \"sh\" inside the server's sandbox; what it does is "
          "not in the key\n");
}

TEST_CASE("commands that a step cannot carry out, or that change how it goes on") {
    auto first = [](const std::string& script) {
        std::string text = of(script);
        return text.substr(text.find(": ") + 2);
    };
    CHECK(first("\\! rm -rf x") ==
          "dynamic program: \\! runs a program beside psql; it has only the sandbox, and what it does is not in the "
          "key\n");
    CHECK(first("\\prompt 'Name?' n") ==
          "problem refused: \\prompt waits for a person; a step has nobody: remove it\n");
    CHECK(first("\\e") == "problem refused: \\e waits for a person; a step has nobody: remove it\n");
    CHECK(first("\\c - - db.example.com") ==
          "problem refused: \\c to another server leaves the state: name only a database and a user\n");
    CHECK(first("\\connect postgres://x/y") ==
          "problem refused: \\connect to another server leaves the state: name only a database and a user\n");
    CHECK(of("\\c shop\n\\c shop owner\n\\c -reuse-previous=on shop - - -\n\\connect - owner") == "main.sql | ");
    CHECK(first("select 1 \\watch 2") == "problem refused: \\watch never ends: remove it\n");
    CHECK(of("select 1 \\watch c=3") == "main.sql | ");
    CHECK(first("\\encoding SJIS") ==
          "problem refused: a script in SJIS cannot be taken apart with certainty: convert it to UTF-8\n");
    CHECK(of("\\encoding LATIN1") == "main.sql | ");
    CHECK(first("\\set ON_ERROR_STOP off") ==
          "warning setting: ON_ERROR_STOP is turned off: what fails after this line is not noticed\n");
    CHECK(first("\\unset ON_ERROR_STOP") ==
          "warning setting: ON_ERROR_STOP is turned off: what fails after this line is not noticed\n");
    CHECK(of("\\set ON_ERROR_STOP on\n\\set ON_ERROR_STOP 1") == "main.sql | ");
    CHECK(first("select 'drop' \\gexec") ==
          "note generated_sql: \\gexec runs SQL that the database makes; it is not looked through\n");
    CHECK(first("1\t2\n\\.") == "problem malformed: psql has no command \\.: no COPY … FROM STDIN is open here\n");
    CHECK(
        first("\\N\t1") ==
        "problem malformed: psql has no command \\N: this looks like a row of COPY data without its COPY statement\n");
    CHECK(first("\\nope") == "problem malformed: psql has no command \\nope; correct the name\n");
    CHECK(first("\\echo 'x") ==
          "problem malformed: a quote is not closed at the end of the line; psql drops the argument\n");
    CHECK(first("\\if 1") == "problem malformed: \\if without \\endif: add an \\endif before the end of the file\n");
    CHECK(of("\\restrict abc\n\\unrestrict abc\n\\dt+ x\n\\timing on\n\\pset null ~\n") == "main.sql | ");
}

TEST_CASE("-c is SQL for the server, or one command; standard input is noticed") {
    MemoryFiles files({{"/shop/a.sql", ""}, {"/shop/b.sql", "\\copy t from pstdin"}});
    Closure include = closure({"-c", "\\i a.sql"}, files);
    CHECK(names(include) + "|" + findings(include) == "a.sql|");
    Closure sql = closure({"-c", "select '\\i a.sql'; select :x; select '\\'; -- '"}, files);
    CHECK(names(sql) + "|" + findings(sql) == "|");
    CHECK(!sql.reads_standard_input);
    CHECK(closure({"-c", "copy t from stdin"}, files).reads_standard_input);
    CHECK(closure({"-f", "-"}, files).reads_standard_input);
    CHECK(closure({"-f", "b.sql"}, files).reads_standard_input);
    CHECK(findings(closure({"-c", "\nselect now()"}, files)) ==
          "-c:2: warning volatile_value: now() depends on the time of the run: a rebuilt state has another value\n");
}

TEST_CASE("inputs are files, and directories with all that is in them") {
    MemoryFiles files({{"/shop/main.sql", ""},
                       {"/shop/data/a", "1"},
                       {"/shop/data/sub/b", "2"},
                       {"/etc/x", "3"},
                       {"/shop/main.sql2", ""}});
    ClosureRequest request{.working_dir = "/shop", .inputs = {"data", "../etc/x", "main.sql", "none"}};
    Closure found = closure({"-f", "main.sql"}, files, request);
    CHECK(names(found) == "../etc/x(input) data/a(input) data/sub/b(input) main.sql");
    CHECK(findings(found) ==
          "--input:1: problem missing_file: none does not exist; correct the name, or create the file\n");
    files.is_reversed = true;
    CHECK(names(closure({"-f", "main.sql"}, files, request)) == names(found));
}

TEST_CASE("the key of a step changes with each thing that can change its outcome, and with nothing else") {
    struct Given {
        std::vector<std::string> arguments = {"-v", "a=1", "-f", "main.sql"};
        Contents contents = {{"/shop/main.sql", "\\i sub/b.sql\n\\copy t from d.csv"},
                             {"/shop/sub/b.sql", "select 1;"},
                             {"/shop/d.csv", "1"},
                             {"/shop/other", "x"}};
        std::string working_dir = "/shop", parent = std::string(64, 'a'), input;
        std::map<std::string, std::string> environment = {{"TZ", "UTC"}};
        int major = 15;
        size_t piece_bytes = 7;
        bool is_reversed = false;
        std::vector<std::string> inputs = {};
        std::string key() const {
            MemoryFiles files(contents);
            files.piece_bytes = piece_bytes, files.is_reversed = is_reversed;
            auto steps = read_psql_arguments(arguments, {.has_standard_input = true});
            REQUIRE(steps);
            Closure closure = closure_of(steps->at(0), {.working_dir = working_dir, .inputs = inputs}, files);
            CHECK(findings(closure) == "");
            StepIngredients step = ingredients_of(steps->at(0), closure, working_dir);
            step.standard_input_sha256 = input, step.environment = environment, step.tool_major = major;
            return step_key(parent, step);
        }
    };
    const std::string key = Given().key();
    // As docs/state-key.md says, computed by another program: this key may never change.
    CHECK(key == "79d63f3451a3d526f36443667b7d353a36fa8be6bb91027a791456b6ecca2d61");
    auto with = [](auto change) {
        Given given;
        change(given);
        return given.key();
    };
    std::vector<std::string> different = {
        key,
        with([](Given& g) { g.contents["/shop/main.sql"] += " "; }),
        with([](Given& g) { g.contents["/shop/sub/b.sql"] += "\n"; }),
        with([](Given& g) { g.contents["/shop/d.csv"] = "2"; }),
        with([](Given& g) { g.contents["/shop/main.sql"] = "\\i sub/b.sql\n"; }),
        with([](Given& g) { g.arguments = {"-v", "a=2", "-f", "main.sql"}; }),
        with([](Given& g) { g.arguments = {"-v", "b=1", "-f", "main.sql"}; }),
        with([](Given& g) { g.arguments = {"-v", "a=1", "-1", "-f", "main.sql"}; }),
        with([](Given& g) { g.arguments = {"-f", "main.sql"}; }),
        with([](Given& g) { g.arguments = {"-v", "a=1", "-c", "\\i main.sql"}; }),
        with([](Given& g) { g.arguments = {"-v", "a=1", "-c", "select 1"}; }),
        with([](Given& g) { g.arguments = {"-v", "a=1", "-c", "select 2"}; }),
        with([](Given& g) { g.arguments = {"-v", "a=1", "-f", "sub/b.sql"}; }),
        with([](Given& g) { g.arguments = {"-v", "a=1"}; }),
        with([](Given& g) { g.inputs = {"other"}; }),
        with([](Given& g) { g.parent = std::string(64, 'b'); }),
        with([](Given& g) { g.input = std::string(64, 'c'); }),
        with([](Given& g) { g.environment["TZ"] = "CET"; }),
        with([](Given& g) { g.environment["LANG"] = ""; }),
        with([](Given& g) { g.environment.clear(); }),
        with([](Given& g) { g.major = 17; }),
    };
    auto moved = [](Given& g) {
        Contents contents;
        for (auto& [path, content] : g.contents) contents["/elsewhere/deep" + path] = content;
        g.contents = contents, g.working_dir = "/elsewhere/deep/shop";
    };
    CHECK(with(moved) == key);
    CHECK(with([&](Given& g) { moved(g), g.arguments.back() = "/elsewhere/deep/shop/main.sql"; }) == key);
    CHECK(with([](Given& g) { g.working_dir = "/shop/"; }) == key);
    CHECK(with([](Given& g) { g.arguments.back() = "./sub/../main.sql"; }) == key);
    CHECK(with([](Given& g) { g.arguments = {"--file=main.sql", "-X", "-n", "--set", "a=0", "--set", "a=1"}; }) == key);
    CHECK(with([](Given& g) { g.contents["/shop/other"] = "y"; }) == key);
    CHECK(with([](Given& g) { g.piece_bytes = 1000; }) == key);
    std::string inputs = with([](Given& g) { g.inputs = {"sub", "other"}; });
    CHECK(with([](Given& g) { g.inputs = {"other", "sub/", "other"}, g.is_reversed = true; }) == inputs);
    std::sort(different.begin(), different.end());
    CHECK(std::adjacent_find(different.begin(), different.end()) == different.end());
}

TEST_CASE("the key of a base changes with each ingredient, and lengths keep fields apart") {
    BaseIngredients base{std::string(64, 'a'), {"--data-checksums"}, "C.UTF-8", "UTF8", "UTC", {{"jit", "off"}}};
    auto with = [&](auto change) {
        BaseIngredients given = base;
        change(given);
        return base_key(given);
    };
    std::vector<std::string> different = {
        base_key(base),
        with([](auto& b) { b.binaries_sha256[0] = 'b'; }),
        with([](auto& b) { b.initdb_options = {}; }),
        with([](auto& b) { b.initdb_options = {"--data-checksums", ""}; }),
        with([](auto& b) { b.initdb_options = {"--data", "-checksums"}; }),
        with([](auto& b) { b.locale = "C"; }),
        with([](auto& b) { b.encoding = "LATIN1"; }),
        with([](auto& b) { b.time_zone = "CET"; }),
        with([](auto& b) { b.locale = "C.UTF-8U", b.encoding = "TF8"; }),
        with([](auto& b) { b.settings["jit"] = "on"; }),
        with([](auto& b) { b.settings["a"] = "off"; }),
        with([](auto& b) { b.settings = {{"ji", "toff"}}; }),
    };
    for (const std::string& key : different) CHECK(key.size() == 64);
    std::sort(different.begin(), different.end());
    CHECK(std::adjacent_find(different.begin(), different.end()) == different.end());
}

TEST_CASE("paths are joined and made relative as text") {
    struct Row {
        const char *from, *path, *joined, *relative;
    };
    for (const Row& row : std::initializer_list<Row>{{"/a/b", "c", "/a/b/c", "c"},
                                                     {"/a/b", "../c//./d/", "/a/c/d", "../c/d"},
                                                     {"/a/b", "/x", "/x", "../../x"},
                                                     {"/a/b", ".", "/a/b", "."},
                                                     {"/a/b", "../../../..", "/", "../.."},
                                                     {"/", "a", "/a", "a"},
                                                     {"/a/b", "../bc", "/a/bc", "../bc"}}) {
        CHECK(joined_path(row.from, row.path) == row.joined);
        CHECK(relative_path(row.from, joined_path(row.from, row.path)) == row.relative);
    }
}
