#include <doctest/doctest.h>

#include <random>

#include "modules/apps/changes/changes.h"

using namespace ry::apps::changes;

namespace {

std::string body_of(std::string_view path, std::string_view body) {
    auto parsed = parse("<ramify-write path=\"" + std::string(path) + "\">" + std::string(body) + "</ramify-write>");
    REQUIRE(parsed.changes.size() == 1);
    return *parsed.changes[0].content;
}
std::string first_problem(std::string_view answer) {
    auto parsed = parse(answer);
    return parsed.problems.empty() ? "" : parsed.problems[0].message;
}

}  // namespace

TEST_CASE("an answer with every kind of change") {
    auto parsed = parse(R"(I'll do it.
<think>Is <ramify-delete path="all"/> needed? No.</think>
<ramify-write path="src\main.ts" description="The entry => x">
const a = 1 < 2 && "&amp;";
</ramify-write>
<dyad-search-replace path="src/b.ts" description="">
<<<<<<< SEARCH
old
=======
new
>>>>>>> REPLACE
</dyad-search-replace>
<blaze-rename to="./y.ts" from="x.ts"></blaze-rename>
<ramify-delete path='z.ts' />
<ramify-copy from="a" to="b"/>
<ramify-add-dependency packages="zod  react@^19 @radix-ui/react-slot@1.1.0"></ramify-add-dependency>
<ramify-execute-sql description="users">
```sql
create table users (id int);
```
</ramify-execute-sql>
<ramify-command type="restart"></ramify-command>
<ramify-chat-summary> A title </ramify-chat-summary><ramify-chat-summary>Another</ramify-chat-summary>
)");
    CHECK(parsed.problems.empty());
    CHECK_FALSE(parsed.unfinished);
    CHECK(parsed.summary == "A title");
    REQUIRE(parsed.changes.size() == 8);
    auto& c = parsed.changes;
    CHECK(c[0].kind == Kind::write);
    CHECK(c[0].path == "src/main.ts");
    CHECK(c[0].description == "The entry => x");
    CHECK(c[0].content == "const a = 1 < 2 && \"&amp;\";\n");
    CHECK(c[0].line == 3);
    CHECK(c[1].content == "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n");
    CHECK(c[2].from == "x.ts");
    CHECK(c[2].to == "y.ts");
    CHECK(c[2].path == "y.ts");
    CHECK(c[3].kind == Kind::remove);
    CHECK(c[5].packages == std::vector<std::string>{"zod", "react@^19", "@radix-ui/react-slot@1.1.0"});
    CHECK(c[6].content == "create table users (id int);\n");
    CHECK(c[7].type == "restart");
    auto json = ry::to_json(parsed);
    CHECK(json.starts_with(R"({"changes":[{"kind":"write","path":"src/main.ts",)"));
    CHECK(json.find(R"("kind":"search_replace")") != json.npos);
    CHECK(json.find(R"("kind":"delete")") != json.npos);
    CHECK(json.find(R"("unfinished":null,"summary":"A title","problems":[]})") != json.npos);
    CHECK(ry::from_json<Parsed>(json));
}

TEST_CASE("a fence that only wraps the whole body goes, except in Markdown") {
    struct {
        const char* path;
        const char* body;
        const char* content;
    } table[] = {
        {"a.ts", "\n```ts\ncode\n```\n", "code\n"},
        {"a.ts", "\n```ts\n  code\n\n```", "  code\n\n"},
        {"a.ts", "\n~~~\n`code`\n~~~\n", "`code`\n"},
        {"a.ts", "\n````\n```\n````\n", "```\n"},
        {"a.md", "\n```ts\ncode\n```\n", "```ts\ncode\n```\n"},
        {"A.MDX", "\n```ts\ncode\n```\n", "```ts\ncode\n```\n"},
        {"a.txt", "\n```\na\n```\nb\n```\nc\n```\n", "```\na\n```\nb\n```\nc\n```\n"},
        {"a.ts", "\ncode\n```\nx\n```\n", "code\n```\nx\n```\n"},
        {"a.ts", "\n```ts\ncode\n", "```ts\ncode\n"},
        {"a.ts", "```", "```"},
        {"a.ts", "\n    indented\n", "    indented\n"},
        {"a.ts", "", ""},
        {"a.ts", "\n", ""},
    };
    for (auto& row : table) {
        INFO(row.body);
        CHECK(body_of(row.path, row.body) == row.content);
    }
}

TEST_CASE("a body is literal, unless it was escaped as a whole where entities mean nothing") {
    struct {
        const char* path;
        const char* body;
        const char* content;
    } table[] = {
        {"a.ts", "if (a &lt; b &amp;&amp; c) d();", "if (a < b && c) d();"},
        {"a.ts", "x = () =&gt; &quot;y&quot;", "x = () => \"y\""},
        {"a.ts", "const amp = a < b ? \"&amp;\" : \"&lt;\";", "const amp = a < b ? \"&amp;\" : \"&lt;\";"},
        {"a.ts", "const q = \"&quot;\";", "const q = \"&quot;\";"},
        {"a.ts", "a & b &amp; c", "a & b &amp; c"},
        {"a.html", "Tom &amp; Jerry", "Tom &amp; Jerry"},
        {"a.md", "Use &lt;div&gt;", "Use &lt;div&gt;"},
        {"a.tsx", "a &lt; b", "a &lt; b"},
    };
    for (auto& row : table) {
        INFO(row.body);
        CHECK(body_of(row.path, row.body) == row.content);
    }
}

TEST_CASE("wrong and missing attributes are problems that name the element, and the change is left out") {
    struct {
        const char* answer;
        const char* problem;
    } table[] = {
        {"<ramify-write>x</ramify-write>", "path="},
        {"<ramify-write path=\"\">x</ramify-write>", "path="},
        {"<ramify-write path=\"../x\">x</ramify-write>", ".."},
        {"<ramify-write path=\"/etc/passwd\">x</ramify-write>", "absolute"},
        {"<ramify-write path=\"a/.GIT/hooks/x\">x</ramify-write>", "git"},
        {"<ramify-write path=\"a\" description=\"say \"hi\"\">x</ramify-write>", "&quot;"},
        {"<ramify-rename from=\"a\"/>", "to="},
        {"<ramify-copy to=\"a\"/>", "from="},
        {"<ramify-delete/>", "path="},
        {"<ramify-delete path=\"./\"/>", "root"},
        {"<ramify-add-dependency/>", "packages="},
        {"<ramify-add-dependency packages=\"--force\"/>", "--force"},
        {"<ramify-add-dependency packages=\"a,b\"/>", "a,b"},
        {"<ramify-command type=\"explode\"/>", "type="},
        {"<ramify-execute-sql> \n</ramify-execute-sql>", "no statement"},
        {"<ramify-search-replace path=\"a\">x</ramify-search-replace>", "<<<<<<< SEARCH"},
        {"<ramify-search-replace path=\"a\">\n<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE\n</ramify-search-replace>",
         "empty"},
        {"<ramify-search-replace path=\"a\">\n<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n</ramify-search-replace>", "======="},
        {"<ramify-search-replace path=\"a\">\n<<<<<<< SEARCH\na\n=======\n</ramify-search-replace>", ">>>>>>> REPLACE"},
    };
    for (auto& row : table) {
        INFO(row.answer);
        auto parsed = parse(row.answer);
        CHECK(parsed.changes.empty());
        REQUIRE(parsed.problems.size() == 1);
        INFO(parsed.problems[0].message);
        CHECK(parsed.problems[0].message.find(row.problem) != std::string::npos);
    }
    CHECK(first_problem("<ramify-add-dependency packages=\"a --global\"/>").find("--global") != std::string::npos);
}

TEST_CASE("an unclosed element is unfinished, wherever the answer was cut") {
    std::string answer = "Hi\n<ramify-write path=\"src/a.ts\" description=\"d\">\ncontent\n</ramify-write>";
    size_t name_end = answer.find("-write") + 6, tag_end = answer.find('>') + 1;
    for (size_t cut = 0; cut < answer.size(); ++cut) {
        INFO(answer.substr(0, cut));
        auto parsed = parse(answer.substr(0, cut));
        CHECK(parsed.changes.empty());
        CHECK(parsed.problems.empty());
        CHECK(parsed.unfinished.has_value() == (cut >= name_end));
        if (cut < tag_end) continue;
        CHECK(parsed.unfinished->path == "src/a.ts");
        CHECK(parsed.unfinished->line == 2);
    }
    CHECK(parse(answer).changes.size() == 1);
}

TEST_CASE("a change that the next one interrupts is unfinished and a problem, and the next one is read") {
    auto parsed = parse("<dyad-write path=\"a\">\nA\n<dyad-write path=\"b\">\nB\n</dyad-write>");
    REQUIRE(parsed.changes.size() == 1);
    CHECK(parsed.changes[0].path == "b");
    CHECK(parsed.changes[0].content == "B\n");
    REQUIRE(parsed.unfinished);
    CHECK(parsed.unfinished->path == "a");
    CHECK_FALSE(parsed.unfinished->at_end);
    REQUIRE(parsed.problems.size() == 1);
    CHECK(parsed.problems[0].path == "a");
}

TEST_CASE("any files that a document is made of come back byte for byte") {
    std::mt19937 random(42);
    const std::vector<std::string> pieces = {
        "\n", "  ",  "<div>", "</div>",        "=>", "&amp;", "&",    "\"",
        "'",  "```", "x < y", "</ramify-writ", "\t", "é",     "\r\n", "<ramify-delete path=\"q\"/>",
        "`",  "#"};
    for (int round = 0; round < 1000; ++round) {
        std::string answer;
        std::vector<std::string> contents;
        for (size_t n = random() % 5; n > 0; --n) {
            std::string content = "<!-- -->";
            for (size_t m = random() % 20; m > 0; --m) content += pieces[random() % pieces.size()];
            answer += "text\n<ramify-write description=\"a > b\" path=\"f" + std::to_string(contents.size()) +
                      ".md\">\n" + content + "</ramify-write>\n";
            contents.push_back(content);
        }
        auto parsed = parse(answer);
        REQUIRE(parsed.changes.size() == contents.size());
        for (size_t i = 0; i < contents.size(); ++i) CHECK(*parsed.changes[i].content == contents[i]);
        CHECK(parsed.problems.empty());
    }
}

TEST_CASE("package selectors by npm's grammar") {
    for (auto good : {"react", "react@19", "react@19.x", "react@^19.0.0", "react@~1.2", "react@latest", "react@*",
                      "@radix-ui/react-slot", "@a/b@1.2.3-beta.1+b5", "lodash.merge", "a_b", "d3", "react@canary"}) {
        INFO(good);
        CHECK(problem_of_package(good).empty());
    }
    for (auto bad : {"",
                     "-g",
                     "--force",
                     "@",
                     "@a",
                     "@a/",
                     "a/b",
                     "React",
                     "a b",
                     "a@",
                     "a@>=1",
                     "a@npm:b@1",
                     "a@file:../x",
                     "a@git+ssh://x",
                     "https://x/y.tgz",
                     "a.tgz@http://x",
                     "./a",
                     "../a",
                     ".a",
                     "_a",
                     "a;rm",
                     "a@1;rm",
                     "a@$(x)",
                     "a@`x`",
                     "a@1 || 2",
                     "a@1.2.3.4",
                     "a@1.2-beta",
                     "a@^latest",
                     "a@1..2",
                     "node_modules",
                     "a\n",
                     "a@-x",
                     "é"}) {
        INFO(bad);
        CHECK_FALSE(problem_of_package(bad).empty());
    }
    CHECK_FALSE(problem_of_package(std::string(215, 'a')).empty());
}
