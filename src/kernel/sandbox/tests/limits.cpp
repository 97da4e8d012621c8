// Every limit of a cage, reached.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "base/text.h"
#include "kernel/sandbox/control_groups.h"
#include "kernel/sandbox/tests/story.h"

using namespace ry;
using namespace ry::sandbox;
using namespace ry::sandbox::testing;

TEST_CASE("CPU time: one process that spins, and many that share") {
    Story story;
    Cage cage = story.attack("spin");
    cage.cpu_ms_max = 500;
    CHECK(story.run(cage).ended == Ended::by_cpu);
    Outcome shared = story.sh("for i in 1 2 3 4; do /attacks spin & done; wait",
                              {.read_only = {{story.temp.path + "/attacks", "/attacks"}}, .cpu_ms_max = 500});
    CHECK(shared.ended == Ended::by_cpu);
}

TEST_CASE("CPU share: a program that spins is held to its part of a processor") {
    auto hierarchies = find_hierarchies();
    auto cpu = std::ranges::find_if(hierarchies, &Hierarchy::cpu);
    if (cpu == hierarchies.end()) {
        MESSAGE("no control group of CPU can be made here");
        return;
    }
    Story story;
    Cage cage = story.attack("spin");
    cage.cpu_percent_max = 20;
    cage.cpu_ms_max = 0;
    auto running = story.sandbox->start(story.op, cage, {});
    REQUIRE(running);
    std::ifstream groups("/proc/" + std::to_string((*running)->pid()) + "/cgroup");
    std::string group;
    for (std::string line; std::getline(groups, line);)
        if (std::filesystem::exists(cpu->dir + "/" + line.substr(line.rfind('/') + 1) + "/cgroup.procs") && line.contains("/ramify-")) group = line.substr(line.rfind('/') + 1);
    REQUIRE(!group.empty());
    auto is_throttled = [&] {
        std::stringstream stat;
        stat << std::ifstream(cpu->dir + "/" + group + "/cpu.stat").rdbuf();
        std::string name;
        for (int64_t number; stat >> name >> number;)
            if (name == "nr_throttled" && number > 0) return true;
        return false;
    };
    while (!is_throttled()) REQUIRE_FALSE((*running)->ended());  // it spins until its wall time is over
    (*running)->stop();
}

TEST_CASE("wall time") {
    Story story;
    Cage cage = story.attack("stubborn", {"3"});
    cage.wall_ms_max = 200;
    CHECK(story.run(cage).ended == Ended::by_wall_time);
}

TEST_CASE("memory: private and shared") {
    Story story;
    for (std::string kind : {"private", "shared"}) {
        Cage cage = story.attack("memory_bomb", {kind});
        cage.memory_mb_max = 64;
        Outcome ran = story.run(cage);
        CAPTURE(kind);
        CHECK_FALSE(ran.succeeded());
        CHECK(ran.out.find("succeeded") == std::string::npos);
    }
}

TEST_CASE("processes: a fork bomb stays small, and the next cage does not feel it") {
    Story story;
    Cage cage = story.attack("fork_bomb");
    cage.processes_max = 20;
    Heard heard;
    Outcome ran = story.run(cage);
    auto count = parse_int(ran.out.substr(0, ran.out.find(' ')));
    REQUIRE(count);
    CHECK(*count >= 10);
    CHECK(*count < 20);
    CHECK(story.run(cage).out == ran.out);
}

TEST_CASE("open files, the size of one file, and the sizes of /tmp and /dev/shm") {
    Story story;
    Cage files = story.attack("open_files");
    files.files_max = 50;
    CHECK(story.run(files).out == "47 files\n");

    Cage large = story.attack("large_file", {"/app/large"});
    large.writable = {{story.workspace(), "/app"}};
    large.file_mb_max = 8;
    CHECK(story.run(large).exit_code == 128 + 25);  // SIGXFSZ
    CHECK(std::filesystem::file_size(story.temp.path + "/workspace/large") == 8 << 20);

    for (std::string dir : {"/tmp", "/dev/shm"}) {
        Cage tmp = story.attack("disk_bomb", {dir});
        tmp.tmp_mb_max = 16;
        CHECK(story.run(tmp).out == "refused after 16 MB: No space left on device\n");
    }
}

TEST_CASE("disk: the writable directories together") {
    Story story;
    Cage cage = story.attack("disk_bomb", {"/app", "20"});
    cage.writable = {{story.workspace(), "/app"}};
    cage.disk_mb_max = 64;
    CHECK(story.run(cage).ended == Ended::by_disk);
}

TEST_CASE("disk: the file system must keep free space for the server") {
    Story story({.disk_free_mb_min = int64_t{1} << 40});
    Cage cage = story.attack("stubborn", {"0"});
    cage.writable = {{story.workspace(), "/app"}};
    CHECK(story.run(cage).ended == Ended::by_disk);
}

TEST_CASE("output of a run: what fits is kept") {
    Story story;
    Cage cage = story.attack("flood");
    cage.output_kb_max = 64;
    Outcome ran = story.run(cage);
    CHECK(ran.ended == Ended::by_output);
    CHECK(ran.out.size() == 64 * 1024);
}
