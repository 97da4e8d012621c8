#include <doctest/doctest.h>

#include <random>

#include "modules/apps/changes/tests/events.h"

using namespace ry::apps::changes;
using ry::apps::changes::testing::scan;
using ry::apps::changes::testing::scan_in_chunks;

namespace {

struct Row {
    const char* what;
    std::string answer;
    std::string events;
};

std::vector<Row> rows() {
    return {
        {"prose is text", "Hello, a < b and <div>.", "text [Hello, a < b and <div>.]\n"},
        {"a write, its body without the first newline and with the last",
         "Ok.\n<ramify-write path=\"a.ts\" description=\"new\">\n  one\n\n</ramify-write>\nDone.",
         "text [Ok.\n]\nstarted 0 write line 2 path=[a.ts] description=[new]\nbody 0 [  one\n\n]\ndone 0\ntext "
         "[\nDone.]\n"},
        {"only one newline is dropped, also \\r\\n", "<ramify-write path='a'>\r\n\r\nx\r\n</ramify-write>",
         "started 0 write line 1 path=[a]\nbody 0 [\r\nx\r\n]\ndone 0\n"},
        {"a lone \\r is content", "<ramify-write path='a'>\rx</ramify-write>",
         "started 0 write line 1 path=[a]\nbody 0 [\rx]\ndone 0\n"},
        {"an empty body", "<ramify-write path='a'></ramify-write>", "started 0 write line 1 path=[a]\ndone 0\n"},
        {"the three families",
         "<dyad-delete path=\"a\"></dyad-delete><blaze-delete path=\"b\"></blaze-delete><ramify-delete path=\"c\"/>",
         "started 0 delete line 1 path=[a]\ndone 0\nstarted 1 delete line 1 path=[b]\ndone 1\nstarted 2 delete line 1 "
         "path=[c]\ndone 2\n"},
        {"a family's closing tag closes only its own", "<dyad-write path=\"a\">x</ramify-write>y</dyad-write>",
         "started 0 write line 1 path=[a]\nbody 0 [x</ramify-write>y]\ndone 0\n"},
        {"any order, either quote, any white space", "<ramify-rename\n  to = 'b'\n  from=\"a\"\n/>",
         "started 0 rename line 1 to=[b] from=[a]\ndone 0\n"},
        {"signs in values are data", "<ramify-write path=\"a\" description=\"a <b> => c > d\">x</ramify-write>",
         "started 0 write line 1 path=[a] description=[a <b> => c > d]\nbody 0 [x]\ndone 0\n"},
        {"the other quote in a value is data", "<ramify-write path=\"it's\" description='say \"hi\"'>x</ramify-write>",
         "started 0 write line 1 path=[it's] description=[say \"hi\"]\nbody 0 [x]\ndone 0\n"},
        {"entities in values", "<ramify-delete path=\"a&amp;b&lt;&gt;&quot;&apos;&#39;&#x2F;&nbsp;&amp;lt;&\"/>",
         "started 0 delete line 1 path=[a&b<>\"''/&nbsp;&lt;&]\ndone 0\n"},
        {"names are matched whole",
         "<ramify-writer path='a'>x</ramify-writer><ramify-write-plan path='a'>y<ramify-writ path='b'><Ramify-write "
         "path='c'><ramify-think>",
         "text [<ramify-writer path='a'>x</ramify-writer><ramify-write-plan path='a'>y<ramify-writ "
         "path='b'><Ramify-write path='c'><ramify-think>]\n"},
        {"attribute names are matched whole", "<ramify-delete filepath=\"no\" path=\"yes\" mypath=\"no\"/>",
         "started 0 delete line 1 filepath=[no] path=[yes] mypath=[no]\ndone 0\n"},
        {"the first exact closing tag ends the body", "<ramify-write path='a'>x</ramify-write>y</ramify-write>",
         "started 0 write line 1 path=[a]\nbody 0 [x]\ndone 0\ntext [y</ramify-write>]\n"},
        {"closing tags that are not exact are content",
         "<ramify-write path='a'></ramify-write ></Ramify-write></ramify-writ</ramify-write>",
         "started 0 write line 1 path=[a]\nbody 0 [</ramify-write ></Ramify-write></ramify-writ]\ndone 0\n"},
        {"tags in the middle of a body's line are content",
         "<ramify-write path='a'>x <ramify-write path='b'> y</ramify-write>",
         "started 0 write line 1 path=[a]\nbody 0 [x <ramify-write path='b'> y]\ndone 0\n"},
        {"reasoning", "<think>maybe <ramify-delete path='a'/> < </thin></think>\nNo.",
         "reasoning [maybe <ramify-delete path='a'/> < </thin>]\ntext [\nNo.]\n"},
        {"reasoning that does not end", "a<think>b <", "text [a]\nreasoning [b <]\nunfinished - think line 1 at end\n"},
        {"fenced code is text", "```tsx\n<ramify-delete path='a'/>\n```\n<ramify-delete path='b'/>",
         "text [```tsx\n<ramify-delete path='a'/>\n```\n]\nstarted 0 delete line 4 path=[b]\ndone 0\n"},
        {"a longer fence holds a shorter one",
         "````\n```\n<ramify-delete path='a'/>\n```\n````\n<ramify-delete path='b'/>",
         "text [````\n```\n<ramify-delete path='a'/>\n```\n````\n]\nstarted 0 delete line 6 path=[b]\ndone 0\n"},
        {"tildes too, and a fence in a list",
         "~~~\n```\n<think>\n~~~\n- x\n     ```js\n<think>\n     ```\n<ramify-delete path='b'/>",
         "text [~~~\n```\n<think>\n~~~\n- x\n     ```js\n<think>\n     ```\n]\nstarted 0 delete line 9 path=[b]\ndone "
         "0\n"},
        {"a fence that is never closed", "```\n<ramify-delete path='a'/>\n",
         "text [```\n<ramify-delete path='a'/>\n]\n"},
        {"a line that only looks like a fence", "``` a ` b\n<ramify-delete path='a'/>",
         "text [``` a ` b\n]\nstarted 0 delete line 2 path=[a]\ndone 0\n"},
        {"three quotes in the middle of a line are no fence", "x ```\n<ramify-delete path='a'/>",
         "text [x ```\n]\nstarted 0 delete line 2 path=[a]\ndone 0\n"},
        {"a tag in inline code is text", "Use `<ramify-write path=\"a\">` here.",
         "text [Use `<ramify-write path=\"a\">` here.]\n"},
        {"fences in a body are content", "<ramify-write path='a.md'>\n```\n</ramify-write>\n<ramify-delete path='b'/>",
         "started 0 write line 1 path=[a.md]\nbody 0 [```\n]\ndone 0\ntext [\n]\nstarted 1 delete line 4 "
         "path=[b]\ndone 1\n"},
        {"unfinished in the body", "<ramify-write path='a'>\nx</ramify-wr",
         "started 0 write line 1 path=[a]\nbody 0 [x</ramify-wr]\nunfinished 0 write line 1 at end\n"},
        {"unfinished in the opening tag", "\n<ramify-write path='a", "text [\n]\nunfinished - write line 2 at end\n"},
        {"unfinished directly after the name", "<ramify-write", "unfinished - write line 1 at end\n"},
        {"a part of a name at the end is text", "<ramify-wri", "text [<ramify-wri]\n"},
        {"an element without body is unfinished too", "<ramify-rename from='a' to='b'>\n",
         "started 0 rename line 1 from=[a] to=[b]\nunfinished 0 rename line 1 at end\n"},
        {"a write that is never closed does not swallow the next",
         "<ramify-write path='a'>\nA\n<ramify-write path='b'>\nB\n</ramify-write>",
         "started 0 write line 1 path=[a]\nbody 0 [A\n]\nunfinished 0 write line 1\nstarted 1 write line 3 "
         "path=[b]\nbody 1 [B\n]\ndone 1\n"},
        {"nor when the next one's description has signs",
         "<ramify-write path='a'>\nA\n<ramify-write path='b' description='<B> => c'>\nB\n</ramify-write>",
         "started 0 write line 1 path=[a]\nbody 0 [A\n]\nunfinished 0 write line 1\nstarted 1 write line 3 path=[b] "
         "description=[<B> => c]\nbody 1 [B\n]\ndone 1\n"},
        {"a tag without path at a line's beginning is content",
         "<ramify-write path='a'>\n<ramify-write>\n<ramify-write x\n</ramify-write>",
         "started 0 write line 1 path=[a]\nbody 0 [<ramify-write>\n<ramify-write x\n]\ndone 0\n"},
        {"a closing tag behind an open quote still closes",
         "<ramify-write path='a'>\n<ramify-write path='</ramify-write>\nx",
         "started 0 write line 1 path=[a]\nbody 0 [<ramify-write path=']\ndone 0\ntext [\nx]\n"},
        {"void elements end where the next begins",
         "<ramify-delete path='a'>\n<ramify-rename from='b' to='c'>\n<ramify-command type='restart'/>",
         "started 0 delete line 1 path=[a]\ndone 0\nstarted 1 rename line 2 from=[b] to=[c]\ndone 1\nstarted 2 command "
         "line 3 type=[restart]\ndone 2\n"},
        {"malformed: no quotes", "<ramify-delete path=a />",
         "started 0 delete line 1\nproblem 0 line 1 the value of path must stand in quotes\ndone 0\n"},
        {"malformed: given twice", "<ramify-delete path='a' path='b'/>",
         "started 0 delete line 1 path=[a] path=[b]\nproblem 0 line 1 the attribute path is given twice\ndone 0\n"},
        {"broken off by another tag", "<ramify-write path='a'\n<ramify-delete path='b'/>",
         "problem - line 1 an opening tag is broken off by another \"<\"; close it with \">\"\ntext [<ramify-write "
         "path='a'\n]\nstarted 0 delete line 2 path=[b]\ndone 0\n"},
        {"a name in prose is no element", "The <ramify-write tag; <b>", "text [The <ramify-write tag; <b>]\n"},
        {"characters of several bytes", "Привет <ramify-write path='стр.md'>\nмир 🌍\n</ramify-write>",
         "text [Привет ]\nstarted 0 write line 1 path=[стр.md]\nbody 0 [мир 🌍\n]\ndone 0\n"},
    };
}

}  // namespace

TEST_CASE("each rule of the grammar") {
    for (auto& row : rows()) {
        INFO(row.what);
        CHECK(scan(row.answer) == row.events);
    }
}

TEST_CASE("the chunks may break anywhere") {
    for (auto& row : rows()) {
        INFO(row.what);
        auto whole = scan(row.answer);
        for (size_t at = 0; at <= row.answer.size(); ++at)
            CHECK(scan_in_chunks(row.answer, at, row.answer.size() + 1) == whole);
        for (size_t size = 1; size < 8; ++size) CHECK(scan_in_chunks(row.answer, 0, size) == whole);
    }
}

TEST_CASE("random mixtures of the grammar's pieces scan the same however they are cut, and no byte of prose is lost") {
    const std::vector<std::string> pieces = {"<ramify-write path=\"a\">",
                                             "</ramify-write>",
                                             "<dyad-write path='b' description=\"x > y\">",
                                             "</dyad-write>",
                                             "<ramify-delete path='c'/>",
                                             "<think>",
                                             "</think>",
                                             "```",
                                             "```js\n",
                                             "\n",
                                             "~~~~",
                                             "`",
                                             "<",
                                             "</",
                                             "<ramify-",
                                             "<ramify-chat-summary>",
                                             "</ramify-chat-summary>",
                                             "\"",
                                             "'",
                                             "=",
                                             ">",
                                             "/>",
                                             " ",
                                             "é",
                                             "🌍",
                                             "\xff",
                                             "\xe2\x82",
                                             "&lt;",
                                             "text",
                                             "\r\n",
                                             std::string(1, '\0'),
                                             "<<<<<<< SEARCH\n",
                                             "=======\n",
                                             ">>>>>>> REPLACE\n",
                                             "<ramify-search-replace path='d'>",
                                             "</ramify-search-replace>",
                                             "<ramify-command type='restart'>"};
    std::mt19937 random(20'261'121);
    for (int round = 0; round < 4000; ++round) {
        std::string answer;
        for (size_t n = random() % 30; n > 0; --n) answer += pieces[random() % pieces.size()];
        INFO(answer);
        auto whole = scan(answer);
        CHECK(scan_in_chunks(answer, 0, 1) == whole);
        CHECK(scan_in_chunks(answer, answer.empty() ? 0 : random() % answer.size(), 1 + random() % 5) == whole);
    }
}

TEST_CASE("random bytes never crash") {
    std::mt19937 random(7);
    constexpr std::string_view letters = "<>/\"'=`~ \n\r&;ramify-dtok\xc3\xa9\xf0";
    for (int round = 0; round < 2000; ++round) {
        std::string answer;
        for (size_t n = random() % 200; n > 0; --n) answer += letters[random() % letters.size()];
        CHECK(scan_in_chunks(answer, 0, 1) == scan(answer));
        (void)parse(answer);
    }
}

TEST_CASE("what is held back is bounded: an endless opening tag becomes text and a problem") {
    std::string endless = "<ramify-write path=\"" + std::string(3 * Scanner::tag_bytes_max, 'x');
    auto parsed = parse(endless);
    CHECK(parsed.changes.empty());
    CHECK_FALSE(parsed.unfinished);
    REQUIRE(parsed.problems.size() == 1);
    CHECK(parsed.problems[0].message.find("64 KiB") != std::string::npos);
    CHECK(scan(endless) == scan_in_chunks(endless, 1, 4099));
}

TEST_CASE("the number of elements is bounded") {
    std::string many;
    for (size_t i = 0; i < Scanner::elements_max + 5; ++i) many += "<ramify-delete path='a'/>";
    auto parsed = parse(many);
    CHECK(parsed.changes.size() == Scanner::elements_max);
    CHECK(parsed.problems.size() == 1);
}
