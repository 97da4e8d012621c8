#include "kernel/sandbox/sandbox.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace ry;
using namespace ry::sandbox;

namespace {

/// A directory of this test, gone at its end. World-traversable, because a cage's account passes through it.
struct TempDir {
    std::string path = "/tmp/ramify-sandbox-XXXXXX";
    TempDir() {
        REQUIRE(mkdtemp(path.data()));
        chmod(path.c_str(), 0755);
    }
    ~TempDir() { std::filesystem::remove_all(path); }
    std::string dir(const std::string& name) const {
        std::filesystem::create_directories(path + "/" + name);
        return path + "/" + name;
    }
};

struct Story {
    TempDir temp;
    std::unique_ptr<Sandbox> sandbox;
    Op op = server_op("test");
    Story() {
        auto opened = Sandbox::open({.runtime_dir = temp.path + "/runtime"});
        if (!opened) FAIL(opened.error().message << ": " << opened.error().cause);
        sandbox = std::move(*opened);
    }
    Outcome sh(const std::string& script, Cage cage = {}) {
        cage.program = "/bin/sh";
        cage.arguments = {"-c", script};
        auto ran = sandbox->run(op, cage);
        if (!ran) FAIL(ran.error().message << ": " << ran.error().cause);
        return *ran;
    }
    std::string workspace(const std::string& name = "workspace") {
        std::string dir = temp.dir(name);
        REQUIRE(sandbox->give(dir));
        return dir;
    }
};

}  // namespace

TEST_CASE("a program runs, and its output and exit code come back") {
    Story story;
    Outcome ran = story.sh("echo hello; echo oops >&2; exit 3");
    CHECK(ran.exit_code == 3);
    CHECK(ran.out == "hello\n");
    CHECK(ran.err == "oops\n");
    CHECK(ran.ended == Ended::by_itself);
    CHECK_FALSE(ran.succeeded());
    CHECK(story.sh("kill -TERM $$").exit_code == 128 + 15);
}

TEST_CASE("the arguments are never read by a shell, and the environment is exactly what the cage says") {
    Story story;
    setenv("RAMIFY_SECRET_OF_THE_SERVER", "leaked", 1);
    Cage cage{.program = "printenv", .environment = {{"ONE", "a b"}, {"HOME", "/nowhere"}}};
    auto ran = story.sandbox->run(story.op, cage);
    REQUIRE(ran);
    CHECK(ran->out == "ONE=a b\nHOME=/nowhere\nPATH=/usr/local/bin:/usr/bin:/bin\nLANG=C.UTF-8\nPWD=/\n");
    ran = story.sandbox->run(story.op, {.program = "printf", .arguments = {"%s|", "$HOME `id`", "*"}});
    REQUIRE(ran);
    CHECK(ran->out == "$HOME `id`|*|");
}

TEST_CASE("a writable directory is written, a read-only one is read") {
    Story story;
    std::string work = story.workspace(), input = story.temp.dir("input");
    std::ofstream(input + "/question") << "6*7";
    Outcome ran = story.sh("cat question; echo 42 > /app/answer; echo no > /input/question",
                           {.working_dir = "/input", .read_only = {{input, "/input"}}, .writable = {{work, "/app"}}});
    CHECK(ran.out == "6*7");
    CHECK(ran.exit_code == 2);
    std::string answer;
    std::getline(std::ifstream(work + "/answer"), answer);
    CHECK(answer == "42");
}

TEST_CASE("a read-only tree lies in a writable workspace, and a writable cache in the read-only tree") {
    Story story;
    std::string work = story.workspace(), modules = story.temp.dir("modules"), cache = story.workspace("cache");
    story.temp.dir("modules/.cache");
    Outcome ran = story.sh("echo 1 > a; echo 2 > node_modules/.cache/b; echo 3 > node_modules/c",
                           {.working_dir = "/app",
                            .read_only = {{modules, "/app/node_modules"}},
                            .writable = {{cache, "/app/node_modules/.cache"}, {work, "/app"}}});
    CHECK(ran.exit_code == 2);
    CHECK(std::filesystem::exists(work + "/a"));
    CHECK(std::filesystem::exists(cache + "/b"));
    CHECK_FALSE(std::filesystem::exists(modules + "/c"));
}

TEST_CASE("a program that does not exist says so") {
    Story story;
    auto ran = story.sandbox->run(story.op, {.program = "/usr/bin/no-such-program"});
    REQUIRE(ran);
    CHECK(ran->exit_code == 127);
    CHECK(ran->err == "sandbox: cannot start /usr/bin/no-such-program: No such file or directory\n");
}
