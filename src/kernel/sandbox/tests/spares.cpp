// Spare cages: they differ from others in nothing that a program could see.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <thread>

#include "kernel/sandbox/tests/story.h"

using namespace ry;
using namespace ry::sandbox;
using namespace ry::sandbox::testing;

namespace {

/// A story in which `count` spares like the cage stand ready; false where the host makes none.
bool has_spares(Story& story, const Cage& like, int count = 1) {
    if (geteuid() != 0) {
        story.sandbox->make_spare(like);
        CHECK(story.sandbox->spares() == 0);
        return false;
    }
    for (int i = 0; i < count; ++i) story.sandbox->make_spare(like);
    while (story.sandbox->spares() < count) std::this_thread::yield();  // or the test hangs and fails
    return true;
}

/// What there is to see of a cage from inside, but for numbers that differ between any two.
constexpr const char* look_around = R"(
while read -r _ _ _ _ at how rest; do echo "mount $at $how ${rest##*- }"; done < /proc/self/mountinfo | sed 's/,lowerdir=.*//' | sort
echo in > here; id; ulimit -a; env | sort; pwd; ls -la / /app | sed -E 's/^([^ ]+) +[0-9]+/\1/; s/[A-Z][a-z][a-z] .*:[0-9][0-9]//'
grep -E '^(Cap|NoNewPrivs|Seccomp|Groups)' /proc/self/status; cat /proc/self/oom_score_adj; cd /proc; echo [0-9]*
)";

Cage looking_around(const std::string& workspace) {
    return {.program = "/bin/bash",
            .arguments = {"-c", look_around},
            .working_dir = "/app",
            .writable = {{workspace, "/app"}}};
}

}  // namespace

TEST_CASE("a program sees of a spare cage what it would see of one that was made for it") {
    Story story;
    std::string first = story.workspace("first"), second = story.workspace("second");
    Outcome made = story.run(looking_around(first));
    if (!has_spares(story, looking_around(first))) return;
    Outcome spare = story.run(looking_around(second));
    CHECK(story.sandbox->spares() == 0);
    CAPTURE(made.err);
    CHECK(made.exit_code == 0);
    CHECK(made.out.find("mount /app rw,nosuid,nodev") != std::string::npos);
    CHECK(spare.out == made.out);
    CHECK(std::filesystem::exists(second + "/here"));
    CHECK(spare.err == made.err);
}

TEST_CASE("a program that was loaded ahead sees no difference either, and begins when its cage is taken") {
    Story story;
    std::string first = story.workspace("first"), second = story.workspace("second");
    auto loaded_ahead = [](const std::string& workspace) {
        Cage cage = looking_around(workspace);
        cage.working_dir = "/";
        cage.arguments.back() = "cd /app; unset OLDPWD; ls /proc/self/fd" + std::string(look_around);
        cage.is_loaded_ahead = true;
        return cage;
    };
    Outcome made = story.run(loaded_ahead(first));
    if (!has_spares(story, loaded_ahead(first))) return;
    Outcome spare = story.run(loaded_ahead(second));
    CHECK(story.sandbox->spares() == 0);
    CAPTURE(made.err);
    CHECK(made.exit_code == 0);
    CHECK(made.out.find("LD_PRELOAD") == std::string::npos);
    CHECK(spare.out == made.out);
    CHECK(std::filesystem::exists(second + "/here"));
    CHECK(spare.err == made.err);
}

TEST_CASE("a program that cannot be loaded ahead is started as any other") {
    Story story;
    std::string work = story.workspace("work");
    Cage missing{.program = "/usr/bin/no_such_program", .is_loaded_ahead = true, .writable = {{work, "/app"}}};
    if (geteuid() != 0) return;
    story.sandbox->make_spare(missing);
    Outcome ran = story.run(missing);
    CHECK(ran.exit_code == 127);
    CHECK(ran.err.find("no_such_program") != std::string::npos);
}

TEST_CASE("a spare cage gets the directories of the one that it is taken for, in each other too") {
    Story story;
    std::string first = story.workspace("first"), second = story.workspace("second"), cache = story.workspace("cache");
    std::filesystem::create_directory(second + "/cache");
    auto writing = [&](const std::string& workspace) {
        return Cage{.program = "/bin/sh",
                    .arguments = {"-c", "echo in > /app/here && echo in > /app/cache/there && cat /app/here"},
                    .writable = {{cache, "/app/cache"}, {workspace, "/app"}}};
    };
    if (!has_spares(story, writing(first))) return;
    Outcome ran = story.run(writing(second));
    CHECK(story.sandbox->spares() == 0);
    CAPTURE(ran.err);
    CHECK(ran.out == "in\n");
    CHECK(std::filesystem::exists(second + "/here"));
    CHECK(std::filesystem::exists(cache + "/there"));
    CHECK(std::filesystem::is_empty(first));
}

TEST_CASE("a cage that differs in more than its directories takes no spare") {
    Story story;
    std::string work = story.workspace();
    if (!has_spares(story, looking_around(work))) return;
    Cage other = looking_around(work);
    other.memory_mb_max += 1;
    CHECK(story.run(other).succeeded());
    CHECK(story.sandbox->spares() == 1);
}

TEST_CASE("there is no way out of a spare cage either") {
    Story story;
    std::string work = story.workspace();
    for (const char* name : {"mounts", "namespaces", "kernel_interfaces", "privileges"}) {
        Cage cage = story.attack(name);
        cage.working_dir = "/app";
        cage.writable = {{work, "/app"}};
        if (!has_spares(story, cage)) return;
        Outcome ran = story.run(cage);
        CHECK(story.sandbox->spares() == 0);
        CAPTURE(ran.out);
        CAPTURE(ran.err);
        CHECK(ran.exit_code == 0);
        CHECK(ran.out.find("refused") != std::string::npos);
        CHECK(ran.out.find("succeeded") == std::string::npos);
    }
}

TEST_CASE("the limits of a spare cage are its own") {
    Story story;
    Cage cage = story.attack("memory_bomb", {"private"});
    cage.memory_mb_max = 64;
    cage.writable = {{story.workspace(), "/app"}};
    if (!has_spares(story, cage)) return;
    CHECK(story.run(cage).ended == Ended::by_memory);
    CHECK(story.sandbox->spares() == 0);
}

TEST_CASE("a spare cage whose processes were killed is not used") {
    Story story;
    Cage cage = looking_around(story.workspace());
    if (!has_spares(story, cage, 2)) return;
    for (int pid : children_of(getpid())) {
        kill(pid, SIGKILL);
        siginfo_t ended{};
        waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
    }
    CHECK(story.run(cage).succeeded());
    CHECK(story.run(cage).succeeded());
    CHECK(story.sandbox->spares() == 0);
}

TEST_CASE("there are four spares at most, and the oldest goes") {
    Story story;
    std::string work = story.workspace();
    Cage first = looking_around(work);
    if (!has_spares(story, first, 2)) return;
    const std::vector<int> two = children_of(getpid());
    for (int mb = 1; mb <= 3; ++mb) {
        Cage other = looking_around(work);
        other.memory_mb_max += mb;
        story.sandbox->make_spare(other);
    }
    auto is_gone = [](int pid) { return std::ranges::count(children_of(getpid()), pid) == 0; };
    while (std::ranges::none_of(two, is_gone)) std::this_thread::yield();  // or the test hangs and fails
    CHECK(story.sandbox->spares() == 4);
    CHECK(story.run(first).succeeded());
    CHECK(story.sandbox->spares() == 3);
    CHECK(story.run(first).succeeded());
    CHECK(story.sandbox->spares() == 3);
}
