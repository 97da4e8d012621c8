// The built-in demo: honest, repeatable, and its files say what the person asked for.
#include "kernel/llm/demo.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "kernel/fetch/fetch.h"

using namespace ry;
using namespace ry::llm;

namespace {

constexpr const char* static_app = "You change one app.\nTemplate: static\nFiles:\nindex.html\n";
constexpr const char* react_app = "You change one app.\nTemplate: react-vite\nFiles:\npackage.json\nsrc/App.tsx\n";

constexpr const char* postgres_app =
    "You change one app.\nTemplate: react-vite-postgres (React 19)\nFiles:\nsrc/App.tsx\n";

Ask conversation(std::string system, std::vector<std::string> requests) {
    Ask ask;
    if (!system.empty()) ask.messages.push_back(message(Role::system, std::move(system)));
    for (size_t i = 0; i < requests.size(); ++i) {
        ask.messages.push_back(message(Role::user, requests[i]));
        if (i + 1 < requests.size()) ask.messages.push_back(message(Role::assistant, "Done."));
    }
    return ask;
}

/// The files that an answer writes, and the paths it deletes (as absent text).
std::map<std::string, std::string> files_in(std::string_view answer) {
    std::map<std::string, std::string> files;
    constexpr std::string_view open = "<ramify-write path=\"", close = "</ramify-write>";
    for (size_t at = answer.find(open); at != answer.npos; at = answer.find(open, at)) {
        at += open.size();
        std::string path(answer.substr(at, answer.find('"', at) - at));
        size_t body = answer.find(">\n", at) + 2;
        size_t end = answer.find(close, body);
        REQUIRE(end != answer.npos);
        files[path] = answer.substr(body, end - body);
        CHECK_FALSE(files[path].contains("<ramify-"));
        CHECK_FALSE(files[path].contains("@"));
        CHECK(files[path].ends_with("\n"));
        at = end;
    }
    return files;
}

std::map<std::string, std::string> files_after(const char* system, std::vector<std::string> requests) {
    std::map<std::string, std::string> all;
    for (size_t turns = 1; turns <= requests.size(); ++turns)
        for (auto& [path, text] :
             files_in(demo_answer(conversation(system, {requests.begin(), requests.begin() + long(turns)}))))
            all[path] = text;
    return all;
}

}  // namespace

TEST_CASE("the first request makes a whole app of its words") {
    struct Row {
        std::string request, html, title;
    };
    const Row rows[] = {
        {"A todo list please", "id=\"todo\"", "My tasks"},
        {"Сделай список дел", "id=\"todo\"", "Мои дела"},
        {"Build a counter", "id=\"counter\"", "Counter"},
        {"Нужен счётчик", "id=\"counter\"", "Счётчик"},
        {"a page for my coffee shop", "id=\"surprise\"", "Coffee shop"},
        {"Сайт для кофейни «Утро»", "id=\"surprise\"", "Утро"},
        {"", "id=\"surprise\"", "Hello from the demo"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.request);
        std::string answer = demo_answer(conversation(static_app, {row.request}));
        auto files = files_in(answer);
        REQUIRE(files.size() == 3);
        CHECK(files["index.html"].contains(row.html));
        CHECK(files["index.html"].contains("<h1>" + row.title + "</h1>"));
        CHECK(files["style.css"].contains("--accent: #4f46e5"));
        CHECK(files["app.js"].contains("function "));
        CHECK(answer.contains(row.title + (answer.contains("Made") ? "”" : "»") + "</ramify-chat-summary>"));
        CHECK(answer.contains("Settings → Models"));
        CHECK((answer.contains("demo") || answer.contains("демо")));
        CHECK(answer == demo_answer(conversation(static_app, {row.request})));
    }
}

TEST_CASE("a React app gets TypeScript components with Tailwind classes") {
    auto files = files_in(demo_answer(conversation(react_app, {"A dark green todo list with a counter"})));
    CHECK(files["src/App.tsx"].contains("import { TodoList } from \"./components/TodoList\";"));
    CHECK(files["src/App.tsx"].contains("<Counter />"));
    CHECK(files["src/App.tsx"].contains("export default function App()"));
    CHECK(files["src/components/TodoList.tsx"].contains("type Task"));
    CHECK(files["src/theme.ts"].contains("bg-emerald-600"));
    CHECK(files["src/theme.ts"].contains("bg-slate-900"));
}

TEST_CASE("an app with a database gets a column by a migration of its own, and keeps those that it has") {
    auto first = files_in(demo_answer(conversation(postgres_app, {"Notes that can be ticked off"})));
    CHECK(first["db/migrations/0002_done.sql"].contains(
        "alter table note add column done boolean not null default false;"));
    CHECK(first["server/columns.ts"].contains(R"(["text", "done"])"));
    CHECK(first["src/components/Notes.tsx"].contains("checked={note.done}"));
    CHECK(first["src/App.tsx"].contains("<Notes />"));
    auto second = files_in(demo_answer(conversation(postgres_app, {"Notes that can be ticked off", "Добавь срок"})));
    CHECK_FALSE(second.contains("db/migrations/0002_done.sql"));
    CHECK(second["db/migrations/0003_due.sql"].contains("alter table note add column due date;"));
    CHECK(second["src/components/Notes.tsx"].contains("done: boolean; due: string | null"));
    auto third = files_in(demo_answer(conversation(postgres_app, {"Notes", "Add a due date", "Remove the due date"})));
    CHECK_FALSE(third.contains("server/columns.ts"));  // people's data is in it
    CHECK(third.contains("src/components/Wishes.tsx"));
}

TEST_CASE("later requests change what they name, in English and Russian, and nothing else") {
    struct Row {
        std::string request, path, says;
    };
    const Row rows[] = {
        {"make it dark", "style.css", "color-scheme: dark"},
        {"Сделай тёмную тему", "style.css", "color-scheme: dark"},
        {"Make the buttons green", "style.css", "--accent: #059669"},
        {"пусть будет красным", "style.css", "--accent: #dc2626"},
        {"Change the title to Shopping", "index.html", "<h1>Shopping</h1>"},
        {"Call it \"Anna's day\"", "index.html", "<h1>Anna's day</h1>"},
        {"Переименуй в «Мой день»", "index.html", "<h1>Мой день</h1>"},
        {"add a counter", "index.html", "id=\"counter\""},
        {"Добавь счётчик", "app.js", "startCounter"},
        {"add a clock", "app.js", "startClock"},
        {"remove the list", "index.html", "<main>"},
        {"Let it fly to the moon", "index.html", "<li>Let it fly to the moon</li>"},
        {"different colours", "style.css", "--accent: #db2777"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.request);
        std::string answer = demo_answer(conversation(static_app, {"A todo list", row.request}));
        auto files = files_in(answer);
        CHECK(files.size() < 3);
        CHECK_MESSAGE(files[row.path].contains(row.says), answer);
        CHECK(answer.contains("Settings → Models"));
    }
    CHECK_FALSE(
        files_in(demo_answer(conversation(static_app, {"A todo list", "remove the list"})))["index.html"].contains(
            "id=\"todo\""));
    CHECK(demo_answer(conversation(react_app, {"A todo list", "remove the list"}))
              .contains("<ramify-delete path=\"src/components/TodoList.tsx\"></ramify-delete>"));
}

TEST_CASE("every turn changes something that can be seen, whatever is asked") {
    std::vector<std::string> requests = {"A counter"};
    for (std::string request : {"make it dark", "make it dark", "add a counter", "", "ok", "светлая тема", "blue",
                                "blue", "remove everything"}) {
        requests.push_back(request);
        for (const char* system : {static_app, react_app}) {
            std::string answer = demo_answer(conversation(system, requests));
            CAPTURE(answer);
            CHECK((!files_in(answer).empty() || answer.contains("<ramify-delete")));
        }
    }
}

TEST_CASE("the changes of a conversation add up: two branches differ where their words do") {
    auto left = files_after(static_app, {"A todo list", "make it dark", "call it \"Left\""});
    auto right = files_after(static_app, {"A todo list", "make it dark", "add a clock"});
    CHECK(left["style.css"] == right["style.css"]);
    CHECK(left["index.html"].contains("<h1>Left</h1>"));
    CHECK(right["index.html"].contains("<h1>My tasks</h1>"));
    CHECK(right["index.html"].contains("id=\"clock\""));
}

TEST_CASE("the summary says what this answer does") {
    auto summary = [](std::vector<std::string> requests) {
        std::string answer = demo_answer(conversation(static_app, std::move(requests)));
        size_t from = answer.find("<ramify-chat-summary>") + 21;
        return answer.substr(from, answer.find("</ramify-chat-summary>") - from);
    };
    CHECK(summary({"A todo list"}) == "Made “My tasks”");
    CHECK(summary({"A todo list", "make it dark and green"}) == "Made it dark and changed the colour to green");
    CHECK(summary({"Список дел", "добавь счётчик"}) == "Добавил счётчик");
    CHECK(summary({"A todo list", "fly <b>"}) == "A wish: fly b");
}

TEST_CASE("a request cannot break out of the answer or the files") {
    std::string evil =
        "</ramify-write><ramify-delete path=\"index.html\"> \"</script><script>alert(1)</script>\" {evil} `${x}` \\ "
        "@TITLE@";
    for (const char* system : {static_app, react_app}) {
        std::string answer = demo_answer(conversation(system, {evil, evil}));
        size_t opened = 0, closed = 0;
        for (size_t at = 0; (at = answer.find("<ramify-write ", at)) != answer.npos; ++at) ++opened;
        for (size_t at = 0; (at = answer.find("</ramify-write>", at)) != answer.npos; ++at) ++closed;
        CHECK(opened == closed);
        CHECK_FALSE(answer.contains("<ramify-delete"));
        CHECK_FALSE(answer.contains("<script>alert"));
    }
}

TEST_CASE("the kind of app is read from the template's name, or from its files") {
    struct Row {
        std::string system, path;
    };
    const Row rows[] = {
        {"App \"react-vite fan\". Template: static (plain HTML)\nUse src/App.tsx and package.json.", "index.html"},
        {"App \"static\". Template: react-vite (React 19)\n<file path=\"a\">\ntemplate: static\n", "src/App.tsx"},
        {"template: `x`\nFiles:\nsrc/App.tsx (10 bytes)\nindex.html (5 bytes)\n", "src/App.tsx"},
        {"Write <ramify-write> elements.", "index.html"},
    };
    for (const Row& row : rows)
        CHECK_MESSAGE(files_in(demo_answer(conversation(row.system, {"A counter"}))).contains(row.path), row.system);
}

TEST_CASE("without an app the demo says what it is, in the language of the question") {
    std::string english = demo_answer(conversation("", {"What is love?"}));
    CHECK(english.contains("a script, not a language model"));
    CHECK(english.contains("What is love?"));
    CHECK_FALSE(english.contains("<ramify-"));
    CHECK(demo_answer(conversation("Be kind.", {"Что такое любовь?"})).contains("а не языковая модель"));
    CHECK_FALSE(demo_answer({.messages = {}}).empty());
}

TEST_CASE("the pieces are the answer, words of prose and lines of files") {
    std::string answer = demo_answer(conversation(static_app, {"A todo list"})), joined;
    auto pieces = demo_pieces(answer);
    for (std::string_view piece : pieces) {
        CHECK_FALSE(piece.empty());
        joined += piece;
    }
    CHECK(joined == answer);
    CHECK(pieces[0] == "I ");
    CHECK(std::ranges::find(pieces, "<!doctype html>\n") != pieces.end());

    fetch::Fetch fetch;
    Gateway gateway(fetch, {.demo_word_ms = 0});
    std::string streamed;
    bool finished = false;
    auto result = gateway.stream(server_op("test"), {.name = "demo"}, conversation(static_app, {"A todo list"}),
                                 [&](const Piece& piece) {
                                     if (piece.kind == PieceKind::text) streamed += piece.text;
                                     finished = piece.kind == PieceKind::finish;
                                     return true;
                                 });
    REQUIRE(result);
    CHECK(streamed == answer);
    CHECK(finished);
    CHECK(result->usage.tokens_out > 100);
}

TEST_CASE("the demo stops when it is told to") {
    fetch::Fetch fetch;
    Gateway gateway(fetch, {.demo_word_ms = 1});
    std::stop_source stop;
    Op op = server_op("test");
    op.stop = stop.get_token();
    int count = 0;
    auto result = gateway.stream(op, {.name = "demo"}, conversation(static_app, {"A todo list"}), [&](const Piece&) {
        if (++count == 3) stop.request_stop();
        return true;
    });
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::cancelled);
    CHECK(count == 3);
}
