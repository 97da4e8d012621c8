// Programs that wait in their cage until they are told to begin.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "kernel/sandbox/tests/story.h"

using namespace ry;
using namespace ry::sandbox;
using namespace ry::sandbox::testing;

namespace {

Cage held(const std::string& workspace, bool is_loaded_ahead) {
    return {.program = "/bin/sh",
            .arguments = {"-c", "touch /app/begun; cat /app/told; env | grep LD_; exit 3"},
            .is_loaded_ahead = is_loaded_ahead,
            .is_held = true,
            .writable = {{workspace, "/app"}}};
}

}  // namespace

TEST_CASE("a program that is held begins when it is told to, and sees what is there then") {
    for (bool is_loaded_ahead : {false, true}) {
        CAPTURE(is_loaded_ahead);
        Story story;
        Heard heard;
        std::string work = story.workspace();
        auto started = story.sandbox->start(story.op, held(work, is_loaded_ahead), heard.callback());
        REQUIRE(started);
        Op soon = story.op;
        soon.deadline = Deadline::in_ms(50);
        auto early = (*started)->wait(soon);
        REQUIRE_FALSE(early);
        CHECK(early.error().code == Code::timed_out);
        CHECK_FALSE(std::filesystem::exists(work + "/begun"));
        std::ofstream(work + "/told") << "now\n";
        REQUIRE((*started)->begin());
        auto ended = (*started)->wait(story.op);
        REQUIRE(ended);
        CHECK(ended->exit_code == 3);
        CHECK(heard.hear("now\n"));
        CHECK_FALSE(heard.text.with([](const std::string& all) { return all.find("LD_") != all.npos; }));
        CHECK(std::filesystem::exists(work + "/begun"));
    }
}

TEST_CASE("a program that is held and never begins leaves nothing when it is stopped") {
    Story story;
    std::string work = story.workspace();
    auto started = story.sandbox->start(story.op, held(work, true), {});
    REQUIRE(started);
    (*started)->stop();
    CHECK((*started)->ended());
    CHECK_FALSE((*started)->begin());
    CHECK_FALSE(std::filesystem::exists(work + "/begun"));
}
