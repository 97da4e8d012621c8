// tidy is a program: the tests run it on small trees and read what it prints. Each rule is broken once.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

namespace fs = std::filesystem;

/// A tree that breaks no rule: pens stands above ink, and boxes above pens.
class Tree {
public:
    Tree() {
        char name[] = "/tmp/ramify-tidy-XXXXXX";
        root_ = mkdtemp(name);
        write("cmake/parts.cmake",
              "ramify_part(kernel/ink LINKS base)\nramify_part(kernel/pens LINKS ink)\nramify_part(modules/chats LINKS "
              "pens)\nramify_part(modules/boxes LINKS chats)\n");
        write("src/kernel/ink/ink.h", "#pragma once\n#include \"kernel/ink/well.h\"\n");
        write("src/kernel/ink/well.h", "#pragma once\n// Inside the part: where the ink is.\n");
        write("src/kernel/pens/pens.h", "#pragma once\n#include \"kernel/ink/ink.h\"\n");
        write("src/kernel/pens/pens.cpp",
              "#include \"kernel/pens/pens.h\"\nint write() { return Run(sql::add_pen); }\n");
        write("src/kernel/pens/queries.sql", "-- add_pen(id PenId) -> none\ninsert into pens.pen (id) values (:id);\n");
        write("src/kernel/pens/schema/0001_pens.sql",
              "create table pens.pen (id uuid);\ncall store.isolate('pens.pen');\n");
        write("src/kernel/ink/schema/0001_ink.sql", "create table ink.drop (id uuid);\n");
        write("src/modules/chats/chats.h",
              "#pragma once\n#include \"kernel/pens/pens.h\"\n#include \"modules/chats/inner.h\"\n");
        write("src/modules/chats/inner.h", "#pragma once\n");
        write("src/modules/boxes/boxes.cpp", "#include \"modules/chats/chats.h\"\n");
    }
    ~Tree() { fs::remove_all(root_); }
    Tree(const Tree&) = delete;

    void write(const std::string& path, const std::string& text) const {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text;
    }
    std::string tidy() const {
        std::string command = RAMIFY_BINARY_DIR "/tidy " + root_.string() + " > " + (root_ / "out.log").string();
        bool is_clean = std::system(command.c_str()) == 0;
        std::ostringstream text;
        text << std::ifstream(root_ / "out.log").rdbuf();
        CHECK(is_clean == (text.str().find(" 0 problems") != std::string::npos));
        return text.str();
    }

private:
    fs::path root_;
};

struct Broken {
    const char* path;
    const char* text;
    const char* said;
};

}  // namespace

TEST_CASE("a tree that keeps the rules is clean") { CHECK(Tree().tidy() == "11 files, 0 problems\n"); }

TEST_CASE("each rule can be broken") {
    const Broken cases[] = {
        {"src/kernel/ink/up.cpp", "\n#include \"kernel/pens/pens.h\"\n",
         "src/kernel/ink/up.cpp:2: ladder: ink includes kernel/pens/pens.h"},
        {"src/kernel/pens/a.cpp", "#include \"kernel/ink/well.h\"\n", "pens/a.cpp:1: inside: kernel/ink/well.h"},
        {"src/modules/boxes/a.cpp", "#include \"modules/chats/inner.h\"\n",
         "boxes/a.cpp:1: inside: modules/chats/inner.h is not a face"},
        {"src/kernel/pens/a.cpp", "#include <git2.h>\n", "pens/a.cpp:1: library: <git2.h> belongs to git"},
        {"src/kernel/ink/ink.h", "#pragma once\n#include <sodium.h>\n#include \"kernel/ink/well.h\"\n",
         "ink.h:2: public: "},
        {"src/kernel/ink/well.h", "#pragma once\n#include <boost/json.hpp>\n", "well.h:2: public: "},
        {"src/kernel/ink/a.cpp", "int f() { return system(\"ls\"); }\n", "a.cpp:1: call: system()"},
        {"src/kernel/ink/a.cpp", "// one\nstd::regex r;\n", "a.cpp:2: call: std::regex"},
        {"src/kernel/ink/a.cpp", "void f() { std::this_thread::sleep_for(ms); }\n", "a.cpp:1: sleep: "},
        {"src/kernel/ink/tests/a.cpp", "void f() { std::this_thread::sleep_for(ms); }\n", "a.cpp:1: sleep: "},
        {"src/kernel/ink/a.cpp", "void f() { printf(\"%d\", 1); }\n", "a.cpp:1: call: printf()"},
        {"src/kernel/ink/a.cpp", "void f() { throw 1; }\n", "a.cpp:1: throw: "},
        {"src/kernel/ink/a.cpp", "\nauto a = event(\"job.dried\");\n",
         "a.cpp:2: event: job.dried is not in api/events.md"},
        {"src/kernel/ink/a.cpp", "auto f = [=] { return 1; };\n", "a.cpp:1: capture: "},
        {"src/kernel/ink/a.cpp", "class InkManager {};\n", "a.cpp:1: name: InkManager"},
        {"src/kernel/ink/ink_utils.cpp", "", "ink_utils.cpp:1: name: "},
        {"src/kernel/ink/a.cpp",
         "int a;  // TO"
         "DO more\n",
         "a.cpp:1: name: TO"
         "DO"},
        {"src/kernel/ink/well.h", "// no guard\n", "well.h:1: pragma: "},
        {"src/kernel/pens/pens.cpp", "#include <string>\n#include \"kernel/pens/pens.h\"\nauto a = sql::add_pen;\n",
         "pens.cpp:1: own_header: "},
        {"src/kernel/ink/dead.h", "#pragma once\n", "dead.h:1: dead: "},
        {"src/nowhere/a.cpp", "", "src/nowhere/a.cpp:1: dead: "},
        {"src/kernel/pens/queries.sql", "-- add_pen() -> none\ninsert into pens.pen select * from ink.drop;\n",
         "queries.sql:2: sql: a statement of pens names the schema ink"},
        {"src/kernel/pens/queries.sql", "-- add_pen() -> none\nselect 1;\n-- rest() -> none\nselect 1;\n",
         "queries.sql:3: statement: nobody runs rest"},
        {"src/kernel/pens/nib_queries.sql", "-- rest() -> none\nselect 1;\n",
         "nib_queries.sql:1: statement: nobody runs rest"},
        {"src/kernel/pens/queries.sql", "-- #include \"kernel/ink/well.h\"\n",
         "queries.sql:1: inside: kernel/ink/well.h"},
        {"src/kernel/pens/schema/0001_more.sql", "", "migration: there is already a migration 0001"},
        {"src/kernel/pens/schema/0003_more.sql", "", "0003_more.sql:1: migration: numbers have no holes"},
        {"src/kernel/pens/schema/more.sql", "", "more.sql:1: migration: a migration is called"},
        {"docs/a.md", "see /home/me/ramify\n", "docs/a.md:1: place: "},
        {"web/package-lock.json", "{\"resolved\": \"https://r.example/a.tgz\"}", "package-lock.json:1: place: "},
        {"web/.npmrc", "registry=https://r.example/\n", ".npmrc:1: place: "},
        {"cmake/more.cmake", "ramify_part(kernel/early LINKS late)\nramify_part(kernel/late LINKS base)\n",
         "order: early links late"},
        {"src/tools/allowed.txt", "throw src/kernel/pens/pens.cpp not so\n",
         "allowed.txt:1: allowed: src/kernel/pens/pens.cpp does not break"},
        {"src/tools/allowed.txt", "throw src/kernel/pens/pens.cpp\n", "allowed.txt:1: allowed: an exception is"},
    };
    for (const Broken& broken : cases) {
        CAPTURE(broken.said);
        Tree tree;
        tree.write(broken.path, broken.text);
        std::string said = tree.tidy();
        CHECK_MESSAGE(said.find(broken.said) != std::string::npos, said);
    }
}

TEST_CASE("what statements include is not dead, and the values of a module are for everybody") {
    Tree tree;
    tree.write("src/kernel/pens/pen_model.h", "#pragma once\n");
    CHECK(tree.tidy().find("pen_model.h:1: dead: ") != std::string::npos);
    tree.write("src/kernel/pens/queries.sql",
               "-- #include \"kernel/pens/pen_model.h\"\n\n-- add_pen() -> none\nselect 1;\n");
    tree.write("src/modules/chats/chat_model.h", "#pragma once\n");
    tree.write("src/modules/boxes/a.cpp", "#include \"modules/chats/chat_model.h\"\n");
    CHECK(tree.tidy() == "14 files, 0 problems\n");
}

TEST_CASE("what only looks like a breach is none") {
    Tree tree;
    tree.write("src/kernel/ink/a.cpp",
               "// throw system(\"x\") and sleep_for( in a comment\n"
               "const char* text = \"throw; std::regex\";\n"
               "const char* raw = R\"(#include \"kernel/pens/pens.h\"\nthrow 1;)\";\n"
               "const char* file = \"job.\", *page = \"message.md.txt\";\n"
               "int big = 200'000;\n"
               "std::string system(first);\n"
               "void f(Box& box) { box.system(1); }\n");
    tree.write("src/kernel/pens/queries.sql",
               "-- add_pen() -> none\n-- ink.drop is not asked.\nselect 'ink.drop', ink.level(1) from pens.pen;\n");
    CHECK(tree.tidy() == "12 files, 0 problems\n");
}

TEST_CASE("an exception with its reason holds for one rule and one file") {
    Tree tree;
    tree.write("src/kernel/ink/a.cpp", "void f() { throw 1; }\n");
    tree.write("src/kernel/ink/b.cpp", "void f() { throw 1; }\n");
    tree.write("src/tools/allowed.txt", "# why\nthrow  src/kernel/ink/a.cpp  the border of a library\n");
    std::string said = tree.tidy();
    CHECK(said.find("ink/a.cpp") == std::string::npos);
    CHECK(said.find("ink/b.cpp:1: throw: ") != std::string::npos);
}

TEST_CASE("long files and functions are listed and are no problem") {
    Tree tree;
    std::string lines;
    for (int i = 0; i < 700; ++i) lines += "    ++count;\n";
    tree.write("src/kernel/ink/a.cpp", "void f() {\n" + lines + "}\n");
    std::string said = tree.tidy();
    CHECK(said.find("long: src/kernel/ink/a.cpp has 702 lines") != std::string::npos);
    CHECK(said.find("long: src/kernel/ink/a.cpp:1 a function of 701 lines") != std::string::npos);
    CHECK(said.find(" 0 problems") != std::string::npos);
}
