// Who runs what: the server's end takes every cage with it, and all stories hold for root and for an ordinary user.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <thread>

#include "kernel/sandbox/tests/story.h"

using namespace ry;
using namespace ry::sandbox;
using namespace ry::sandbox::testing;

namespace {

constexpr uid_t ordinary_uid = 64321;

/// A child that owns a sandbox with a stubborn tree in it and a spare, reports its own directory, and waits.
[[noreturn]] void own_a_sandbox(const std::string& report) {
    Story story;
    Heard heard;
    auto running = story.sandbox->start(story.op, story.attack("stubborn", {"5"}), heard.callback());
    if (!running || !heard.hear("ready")) _exit(1);
    story.sandbox->make_spare({.program = "true"});
    while (geteuid() == 0 && story.sandbox->spares() == 0) std::this_thread::yield();
    std::ofstream(report + ".part") << story.temp.path;
    std::filesystem::rename(report + ".part", report);
    for (;;) pause();
}

/// Process ids of `pid` and all below it.
std::vector<int> tree_of(int pid) {
    std::vector<int> found = {pid};
    for (size_t i = 0; i < found.size(); ++i)
        for (int child : children_of(found[i])) found.push_back(child);
    return found;
}

/// Runs this test program again as an ordinary user; its exit status.
int run_all_as_ordinary_user(const std::string& attacks) {
    pid_t child = fork();
    if (child == 0) {
        setenv("RAMIFY_TEST_ATTACKS", attacks.c_str(), 1);
        if (setgid(ordinary_uid) != 0 || setuid(ordinary_uid) != 0) _exit(126);
        execl("/proc/self/exe", "test_sandbox", "--test-case-exclude=root refuses*,all of this holds*", nullptr);
        _exit(125);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

TEST_CASE("a server that is killed leaves no process behind") {
    TempDir temp;
    std::string report = temp.path + "/pid";
    pid_t server = fork();
    if (server == 0) own_a_sandbox(report);
    while (!std::filesystem::exists(report) && waitpid(server, nullptr, WNOHANG) == 0) std::this_thread::yield();
    REQUIRE(std::filesystem::exists(report));
    std::string left_behind;
    std::ifstream(report) >> left_behind;
    std::vector<int> tree = tree_of(server);
    CHECK(tree.size() >=
          (geteuid() == 0
               ? 6
               : 4));  // itself, bubblewrap, the relay and the program; bubblewrap and the relay of the spare
    kill(server, SIGKILL);
    waitpid(server, nullptr, 0);
    for (int each : tree)
        while (kill(each, 0) == 0) std::this_thread::yield();  // ends when the kernel has, or the test hangs and fails
    std::filesystem::remove_all(left_behind);
}

TEST_CASE("root refuses to run cages as root") {
    if (geteuid() != 0) {
        MESSAGE("skipped: only root can be refused, and become an ordinary user");
        return;
    }
    TempDir temp;
    for (std::string account : {"root", "0"}) {
        auto opened = Sandbox::open({.runtime_dir = temp.path, .run_as = account});
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == Code::invalid);
    }
    auto unknown = Sandbox::open({.runtime_dir = temp.path, .run_as = "no-such-account"});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().message.find("useradd") != std::string::npos);
}

TEST_CASE("directories above a bind may be closed to the cage's account") {
    Story story;
    std::string work = story.temp.dir("closed") + "/workspace";
    std::filesystem::create_directory(work);
    chmod((story.temp.path + "/closed").c_str(), 0700);
    REQUIRE(story.sandbox->give(work));
    Outcome ran =
        story.sh("echo in > here && cat /file",
                 {.working_dir = "/app", .read_only = {{"/etc/hostname", "/file"}}, .writable = {{work, "/app"}}});
    CAPTURE(ran.err);
    CHECK(ran.succeeded());
    CHECK(std::filesystem::exists(work + "/here"));
}

TEST_CASE("all of this holds for an ordinary user too") {
    if (geteuid() != 0) {
        MESSAGE("skipped: only root can be refused, and become an ordinary user");
        return;
    }
    TempDir temp;
    std::filesystem::copy_file(attacks_path(), temp.path + "/attacks");
    chmod((temp.path + "/attacks").c_str(), 0555);
    CHECK(run_all_as_ordinary_user(temp.path + "/attacks") == 0);
}
