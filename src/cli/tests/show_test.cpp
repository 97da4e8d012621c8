#include <doctest/doctest.h>

#include <iostream>

#include "base/text.h"
#include "cli/events.h"
#include "cli/show.h"

namespace ry::cli {
namespace {

const Terminal plain{std::cout, std::cerr, true, false, 90};
const Time noon = *parse_time("2026-11-21T12:00:00Z");

TEST_CASE("a list has the columns that matter, a thing has all its members") {
    std::string apps =
        R"({"items":[{"id":"app_1","name":"Shop","template":"static","project_id":"proj_1","chat_id":"chat_1","updated_at":"2026-11-21T11:57:00Z","version":3}],"next_cursor":null})";
    CHECK(shown(plain, "App", apps, noon) ==
          "name  id     template  updated    chat id\n"
          "Shop  app_1  static    3 min ago  chat_1\n");
    CHECK(shown(plain, "App", R"({"items":[],"next_cursor":null})", noon) == "Nothing here yet.\n");
    CHECK(shown(plain, "Model", R"({"id":"model_1","name":"demo","has_api_key":false,"base_url":null,"cost":0.5})",
                noon) ==
          "id       model_1\n"
          "name     demo\n"
          "api key  no\n"
          "cost     0.5\n");
}

TEST_CASE("lists inside and long texts stand below") {
    CHECK(shown(plain, "Run", R"({"id":"run_1","steps":[{"type":"llm","status":"done"}],"note":"two\nlines"})", noon) ==
          "id  run_1\n"
          "\nsteps\ntype  status\nllm   done\n"
          "\nnote\ntwo\nlines\n");
}

TEST_CASE("a difference is shown file by file") {
    std::string diff =
        R"({"from":null,"to":"version_2","files":[{"path":"a.css","old_path":"","status":"modified","additions":1,"deletions":1,"is_binary":false,"is_truncated":false,"patch":"@@ -1 +1 @@\n-red\n+blue\n"},
                          {"path":"b.png","old_path":"","status":"added","additions":0,"deletions":0,"is_binary":true,"is_truncated":false,"patch":""}]})";
    CHECK(shown(plain, "Diff", diff, noon) ==
          "a.css  modified  +1 -1\n@@ -1 +1 @@\n-red\n+blue\n\nb.png  added  +0 -0\n  not text\n");
}

TEST_CASE("ages") {
    struct Row {
        std::string_view at;
        std::string_view age;
    };
    const Row rows[] = {{"2026-11-21T11:59:55Z", "5 s ago"},    {"2026-11-21T11:30:00Z", "30 min ago"},
                        {"2026-11-21T09:00:00Z", "3 h ago"},    {"2026-11-18T12:00:00Z", "3 d ago"},
                        {"2026-01-02T12:00:00Z", "2026-01-02"}, {"2026-11-21T14:00:00Z", "in 2 h"}};
    for (const Row& row : rows) CHECK(age(*parse_time(row.at), noon) == row.age);
}

TEST_CASE("times are said in the two largest units that they have") {
    const std::pair<int64_t, std::string_view> rows[] = {{0, "0 ms"}, {999, "999 ms"}, {4'250, "4.2 s"}, {60'000, "1 min"}, {192'000, "3 min 12 s"}, {7'200'000, "2 h"}, {7'500'999, "2 h 5 min"}, {90'000'000, "1 d 1 h"}};
    for (auto [ms, text] : rows) CHECK(duration(ms) == text);
}

TEST_CASE("problems name every wrong member, and the exit code says what kind it was") {
    CHECK(
        shown_problem(
            plain, 400,
            R"({"status":400,"detail":"2 members are wrong","errors":[{"pointer":"/text","detail":"must be given"},{"pointer":"/size","detail":"must be at most 9"}]})") ==
        "error: 2 members are wrong\n  /text  must be given\n  /size  must be at most 9\n");
    CHECK(shown_problem(plain, 502, "<html>").find("is it a Ramify server?") != std::string::npos);
    struct Row {
        int status;
        Exit exit;
    };
    const Row rows[] = {{200, Exit::ok},      {202, Exit::ok},        {400, Exit::failed}, {401, Exit::refused},
                        {403, Exit::refused}, {404, Exit::not_found}, {409, Exit::failed}, {500, Exit::failed}};
    for (const Row& row : rows) CHECK(exit_of_status(row.status) == row.exit);
}

std::string printed(EventPrinter& printer, std::string_view lines) {
    std::string text;
    for (std::string_view line : split(lines, '\n'))
        if (!trim(line).empty()) text += printer.print(trim(line));
    return text;
}

constexpr std::string_view exchange = R"(
    {"id":"1","seq":1,"type":"message.created","message":{"role":"user","text":"Make it blue","chat_id":"chat_1"}}
    {"id":"2","seq":2,"type":"generation.started","generation":{"id":"generation_1","chat_id":"chat_1","model":"demo","attempt":1}}
    {"id":"3","seq":3,"type":"block.started","block":{"type":"answer"}}
    {"id":"3~3.3","type":"block.delta","block":3,"position":0,"text":"Hel"}
    {"id":"3~3.5","type":"block.delta","block":3,"position":3,"text":"lo."}
    {"id":"4","seq":4,"type":"block.done","index":0,"block":{"type":"answer","content":"Hello."}}
    {"id":"5","seq":5,"type":"block.started","index":1,"block":{"type":"code_change","kind":"write","path":"a.css"}}
    {"id":"5~5.9","type":"block.delta","block":5,"position":0,"text":"body { }\n"}
    {"id":"6","seq":6,"type":"block.done","index":1,"block":{"type":"code_change","kind":"write","path":"a.css","content":"body { }\n","status":"done"}}
    {"id":"7","seq":7,"type":"version.created","version":{"number":2,"title":"Blue","files_changed":1}}
    {"id":"8","seq":8,"type":"generation.done","generation":{"model":"demo","tokens_in":10,"tokens_out":4}})";

TEST_CASE("an answer is read as it is written, its changes by name") {
    EventPrinter printer(plain);
    CHECK(printed(printer, exchange) ==
          "you  Make it blue\n"
          "demo\n"
          "Hello.\n"
          "\n"
          "  ✓ write a.css  1 line\n"
          "version 2  Blue  1 file\n"
          "done  demo, 10 tokens read, 4 written\n");
    CHECK(printer.position() == "8");
    CHECK(printer.generation_id() == "generation_1");
    CHECK(printer.chat_id() == "chat_1");
    CHECK(!printer.has_failed());
}

TEST_CASE("after a reconnection nothing is printed twice and nothing is missing") {
    EventPrinter printer(plain);
    printed(printer, R"({"id":"3","seq":3,"type":"block.started","block":{"type":"answer"}})");
    CHECK(printer.print(R"({"type":"block.delta","block":3,"position":0,"text":"Hello, "})") == "Hello,");
    CHECK(printer.print(R"({"type":"block.delta","block":3,"position":3,"text":"lo, world. "})") == " world.");
    CHECK(printer.print(R"({"type":"block.delta","block":3,"position":0,"text":"Hel"})") == "");
    CHECK(printer.print(R"({"type":"block.done","index":0,"block":{"type":"answer","content":"Hello, world. Bye"}})") ==
          " Bye\n");
    CHECK(printer.end_line() == "");
}

TEST_CASE("who comes after a text was finished reads it whole") {
    EventPrinter printer(plain);
    CHECK(printed(printer, R"({"id":"3","seq":3,"type":"block.started","block":{"type":"answer"}}
                              {"id":"4","seq":4,"type":"block.done","block":{"type":"answer","content":"Hello."}})") ==
          "Hello.\n");
}

TEST_CASE("what went wrong is said") {
    EventPrinter printer(plain);
    CHECK(
        printer.print(
            R"({"type":"generation.error","generation":{"error_message":"The key is wrong; change it in the settings."}})") ==
        "failed  The key is wrong; change it in the settings.\n");
    CHECK(printer.has_failed());
    CHECK(printer.print(R"({"type":"changes.refused","problems":[{"path":"../x","message":"leaves the app"}]})") ==
          "the changes were refused\n  ../x: leaves the app\n");
    CHECK(printer.print(R"({"type":"preview.status","preview":{"status":"failed","error":"npm install failed"}})") ==
          "failed  npm install failed\n");
    CHECK(printer.print(R"({"type":"preview.error","message":"x is not defined","file":"a.js","line":3})") ==
          "error  x is not defined  a.js:3\n");
    CHECK(printer.print("no json") == "");
    CHECK(printer.print(R"({"id":"9","type":"something.new","a":1})") == "something.new  {\"a\":1}\n");
}

}  // namespace
}  // namespace ry::cli
