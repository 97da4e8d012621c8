#include "base/path.h"

#include <doctest/doctest.h>

using namespace ry;

TEST_CASE("a path as a person or a model writes it becomes its one normal form") {
    struct { const char* written; const char* normal; } rows[] = {
        {"src/main.ts", "src/main.ts"}, {"./src//main.ts", "src/main.ts"}, {"src\\pages\\Home.tsx", "src/pages/Home.tsx"},
        {"src/", "src"}, {"..foo", "..foo"}, {".gitignore", ".gitignore"}, {".github/x.yml", ".github/x.yml"}, {"страница.md", "страница.md"},
        {"a b.txt", "a b.txt"}, {"git~10", "git~10"}, {"x.git/a", "x.git/a"},
    };
    for (auto& row : rows) {
        INFO(row.written);
        auto path = app_path(row.written);
        REQUIRE(path);
        CHECK(*path == row.normal);
        CHECK(is_app_path(*path));
        CHECK(is_app_path(row.written) == (*path == row.written));
    }
}

TEST_CASE("what leaves the app or reaches git is refused, in every spelling") {
    for (std::string bad : {
             std::string(), std::string("/etc/passwd"), std::string("../x"), std::string("a/../../x"), std::string("a/.."), std::string("."), std::string("./"),
             std::string("~/x"), std::string("~"), std::string("C:\\x"), std::string("c:/x"), std::string("./~/x"), std::string(".//C:/x"), std::string("\\\\server\\share"), std::string("..\\x"),
             std::string(".git/config"), std::string(".GIT/config"), std::string("a/.Git/hooks/x"), std::string(".git./x"), std::string(".git /x"),
             std::string(".git"), std::string("GIT~1/x"), std::string(".git:stream"), std::string(".git::$INDEX_ALLOCATION/x"),
             std::string(".g\u200cit/x"), std::string("\ufeff.git/x"), std::string("a\0b", 3), std::string("a\nb"), std::string("a\x7f"), std::string("\xff"),
             std::string(256, 'a'), std::string(1025, 'a')}) {
        INFO(bad);
        CHECK_FALSE(app_path(bad));
    }
    std::string deep;
    for (int i = 0; i < 65; ++i) deep += "d/";
    CHECK_FALSE(app_path(deep));
}
