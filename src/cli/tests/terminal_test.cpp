#include <doctest/doctest.h>

#include <iostream>

#include "cli/table.h"
#include "cli/terminal.h"

namespace ry::cli {
namespace {

Terminal narrow(size_t columns) { return {std::cout, std::cerr, true, false, columns}; }

TEST_CASE("how wide a text is on the screen") {
    struct Row {
        std::string_view text;
        size_t width;
    };
    const Row rows[] = {{"", 0},     {"abc", 3},     {"Привет", 6}, {"日本語", 6}, {"e\u0301", 1}, {"🚀 go", 5},
                        {"한글", 4}, {"\u200Bx", 1}, {"\xFFx", 2},  {"ｗide", 5},  {"✓ …", 3}};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(width_of(row.text) == row.width);
    }
}

TEST_CASE("a shortened text fits and never cuts a character") {
    const std::string_view texts[] = {
        "a longer heading", "日本語のタイトル", "mixed 日本 text", "e\u0301e\u0301e\u0301e\u0301", "🚀🚀🚀", ""};
    for (std::string_view text : texts)
        for (size_t columns = 0; columns < 20; ++columns) {
            std::string cut = shortened(text, columns);
            CAPTURE(text);
            CAPTURE(columns);
            CHECK(width_of(cut) <= columns);
            CHECK(cut.find("\uFFFD") == std::string::npos);
            if (width_of(text) <= columns)
                CHECK(cut == text);
            else if (columns)
                CHECK(cut.ends_with("…"));
        }
}

TEST_CASE("what a model or a colleague wrote cannot steer the terminal") {
    CHECK(one_line("a\033[31mred\033[0m\r\nb\tc") == "a [31mred [0m b c");
    CHECK(printable("kept\n\tlines\033]0;title\007") == "kept\n\tlines]0;title");
    CHECK(printable("\xC2\x9B"
                    "31m") == "31m");  // CSI as one character
}

TEST_CASE("wrapped lines hold whole words") {
    auto lines = wrapped("Where everything is kept: the embedded PostgreSQL, repositories and keys.", 30);
    REQUIRE(lines.size() == 3);
    for (const auto& line : lines) CHECK(width_of(line) <= 30);
    CHECK(lines[0] == "Where everything is kept: the");
    CHECK(wrapped("two\nlines", 40).size() == 2);
}

TEST_CASE("a text that arrives in pieces is broken between words, wherever the pieces end") {
    const std::string text = "\n\nThe heading is blue now.\n\n  - an item\nTry next: make it dark.\n\n";
    const std::string shown = "The heading is blue\nnow.\n\n  - an item\nTry next: make it\ndark.";
    for (size_t size = 1; size <= text.size(); ++size) {
        Flow flow(20);
        std::string all;
        for (size_t at = 0; at < text.size(); at += size) all += flow.add(std::string_view(text).substr(at, size));
        CHECK(all + flow.end() == shown);
    }
}

TEST_CASE("the nearest word is offered, and only when it is near") {
    const std::vector<std::string> words = {"chats", "apps", "versions", "previews"};
    CHECK(nearest("chat", words) == "chats");
    CHECK(nearest("vresions", words) == "versions");
    CHECK(nearest("ap", words) == "");
    CHECK(nearest("zzz", words) == "");
}

const std::vector<Column> columns = {
    {"name"}, {"size", Align::right, true}, {"id", Align::left, true}, {"description"}};
const std::vector<std::vector<Cell>> rows = {
    {{"日本語アプリ"}, {"7"}, {"app_01"}, {"A rather long description of what it does"}},
    {{"Notes"}, {"1200"}, {"app_02"}, {""}},
};

TEST_CASE("columns are aligned, wide characters included, and nothing trails") {
    CHECK(table(narrow(100), columns, rows) ==
          "name          size  id      description\n"
          "日本語アプリ     7  app_01  A rather long description of what it does\n"
          "Notes         1200  app_02\n");
}

TEST_CASE("a narrow terminal shortens texts, never ids, and gives up the last columns at the end") {
    CHECK(table(narrow(48), columns, rows) ==
          "name          size  id      description\n"
          "日本語アプリ     7  app_01  A rather long descr…\n"
          "Notes         1200  app_02\n");
    CHECK(table(narrow(26), columns, rows) ==
          "name          size  id\n"
          "日本語アプリ     7  app_01\n"
          "Notes         1200  app_02\n");
    for (size_t width = 12; width < 90; ++width) {
        std::string text = table(narrow(width), columns, rows);
        size_t start = 0;
        for (size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
            CHECK(width_of(std::string_view(text).substr(start, end - start)) <= width);
    }
}

TEST_CASE("colours are for terminals that have them") {
    Terminal coloured = narrow(80);
    coloured.has_colours = true;
    CHECK(styled(coloured, Style::red, "no") == "\033[31mno\033[0m");
    CHECK(styled(narrow(80), Style::red, "no") == "no");
    CHECK(styled(coloured, Style::plain, "x") == "x");
}

}  // namespace
}  // namespace ry::cli
