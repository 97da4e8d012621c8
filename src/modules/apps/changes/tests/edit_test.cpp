#include <doctest/doctest.h>

#include "modules/apps/changes/changes.h"
#include "modules/apps/changes/package_json.h"

using namespace ry::apps::changes;

namespace {

std::string block(std::string_view search, std::string_view replace) {
    return "<<<<<<< SEARCH\n" + std::string(search) + "=======\n" + std::string(replace) + ">>>>>>> REPLACE\n";
}
std::string edited(std::string_view text, std::string_view edit) {
    auto result = search_replace(text, edit);
    return result ? *result : "ERROR " + result.error().message;
}

}  // namespace

TEST_CASE("a block is found exactly, then forgiving more and more") {
    struct {
        const char* what;
        std::string text, search, replace, expected;
    } table[] = {
        {"exactly", "a\nb\nc\n", "b\n", "B\n", "a\nB\nc\n"},
        {"several lines", "a\nb\nc\nd\n", "b\nc\n", "X\n", "a\nX\nd\n"},
        {"an empty replacement deletes", "a\nb\nc\n", "b\n", "", "a\nc\n"},
        {"exact wins over forgiving", "b \nb\n", "b\n", "B\n", "b \nB\n"},
        {"trailing space", "a\nb  \nc\n", "b\n", "B\n", "a\nB\nc\n"},
        {"trailing space of the search", "a\nb\nc\n", "b\t\n", "B\n", "a\nB\nc\n"},
        {"indentation, re-indented", "f {\n    if (x) {\n        y;\n    }\n}\n", "if (x) {\n    y;\n}\n",
         "if (z) {\n    w;\n\n    v;\n}\n", "f {\n    if (z) {\n        w;\n\n        v;\n    }\n}\n"},
        {"tabs for spaces", "\tif\n\t\tx\n", "  if\n    x\n", "  if\n    y\n", "\tif\n\t  y\n"},
        {"less indentation than the search has", "  a\n  b\n", "      a\n      b\n", "      a\n    b\n", "  a\nb\n"},
        {"typographic punctuation", "say(“hi” – it’s…)\n", "say(\"hi\" - it's...)\n", "done()\n", "done()\n"},
        {"blank lines around the search", "a\nb\nc\n", "\nb\n\n", "\nB\n\n", "a\nB\nc\n"},
        {"\\r\\n stays", "a\r\nb\r\nc\r\n", "b\n", "B\nD\n", "a\r\nB\r\nD\r\nc\r\n"},
        {"no last newline stays", "a\nb", "b\n", "B\nC\n", "a\nB\nC"},
        {"the whole file", "a", "a\n", "", ""},
        {"escaped markers are content", "a\n=======\nb\n", "a\n\\=======\nb\n", "\\<<<<<<< x\n\\>>>>>>> y\n",
         "<<<<<<< x\n>>>>>>> y\n"},
    };
    for (auto& row : table) {
        INFO(row.what);
        CHECK(edited(row.text, block(row.search, row.replace)) == row.expected);
    }
}

TEST_CASE("blocks apply in order, all or none") {
    CHECK(edited("a\nb\n", block("a\n", "b1\n") + block("b1\n", "b2\n") + "\n") == "b2\nb\n");
    CHECK(edited("a\nb\n", block("a\n", "x\n") + block("nope\n", "y\n")).starts_with("ERROR block 2"));
}

TEST_CASE("more than one place is ambiguous, and the pass is named") {
    CHECK(edited("x\nx\n", block("x\n", "y\n")).find("exactly it stands at the lines 1, 2") != std::string::npos);
    CHECK(edited("  x\n   x\n", block("x\n", "y\n")).find("without indentation") != std::string::npos);
    CHECK(edited("x\nx\nx\n", block("x\nx\n", "y\n")).find("ambiguous") != std::string::npos);
}

TEST_CASE("a missing block shows the nearest lines with their numbers") {
    auto error = edited("one\nfunction greet(name) {\n  return 'hello ' + name;\n}\n",
                        block("function greet(nam) {\n  return 'hi ' + name;\n}\n", "x\n"));
    INFO(error);
    CHECK(error.find("4 | }") != std::string::npos);
    CHECK(error.find("2 | function greet(name) {") != std::string::npos);
    auto alike = edited("a\nconst total = items.length;\n", block("const totals = item.length;\n", "x\n"));
    INFO(alike);
    CHECK(alike.find("2 | const total = items.length;") != std::string::npos);
    CHECK(edited("", block("x\n", "y\n")).find("nothing in it is like them") != std::string::npos);
}

TEST_CASE("dependencies are added without touching anything else") {
    auto add = [](std::string text, std::vector<std::string> packages) {
        auto result = with_dependencies(std::move(text), packages);
        return result ? *result : "ERROR " + result.error().message;
    };
    CHECK(add("{\n  \"name\": \"x\",\n  \"dependencies\": {\n    \"a\": \"1\",\n    \"c\": \"1\"\n  }\n}\n",
              {"b@^2", "d", "a@3"}) ==
          "{\n  \"name\": \"x\",\n  \"dependencies\": {\n    \"a\": \"3\",\n    \"b\": \"^2\",\n    \"c\": \"1\",\n    "
          "\"d\": \"latest\"\n  }\n}\n");
    CHECK(add("{\n\t\"dependencies\": {}\n}\n", {"@x/y@1.0.0"}) ==
          "{\n\t\"dependencies\": {\n\t\t\"@x/y\": \"1.0.0\"\n\t}\n}\n");
    CHECK(add("{\n  \"name\": \"x\"\n}\n", {"zod"}) ==
          "{\n  \"name\": \"x\",\n  \"dependencies\": {\n    \"zod\": \"latest\"\n  }\n}\n");
    CHECK(add("{}", {"zod"}) == "{\n  \"dependencies\": {\n    \"zod\": \"latest\"\n  }\n}");
    CHECK(add("{\"dependencies\":{\"a\":\"1\"}}", {"b"}) == "{\"dependencies\":{\"a\":\"1\", \"b\": \"latest\"}}");
    CHECK(add("{\"x\": {\"dependencies\": {\"a\": \"}\\\"{\"}}, \"devDependencies\": {\"vite\": \"5\"}}",
              {"vite@6", "vite"}) ==
          "{\"x\": {\"dependencies\": {\"a\": \"}\\\"{\"}}, \"devDependencies\": {\"vite\": \"6\"}}");
    CHECK(add("{\r\n  \"dependencies\": {\r\n    \"a\": \"1\"\r\n  }\r\n}", {"b"}) ==
          "{\r\n  \"dependencies\": {\r\n    \"a\": \"1\",\r\n    \"b\": \"latest\"\r\n  }\r\n}");
    for (auto bad : {"", "[]", "{", "{\"dependencies\": []}"}) CHECK(add(bad, {"a"}).starts_with("ERROR"));
}
