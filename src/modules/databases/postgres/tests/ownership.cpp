// Who runs what: the server's end takes every cluster with it, and all stories hold for root and for an ordinary user.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "modules/databases/postgres/tests/story.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::testing;

namespace {

constexpr uid_t ordinary_uid = 64322;

/// A child that owns a cluster with a busy session, reports the cage's process id and its own directory, and waits.
[[noreturn]] void own_a_cluster(const std::string& report) {
    Story story;
    Server server = story.start_fresh();
    Client client(server.words());
    PQsendQuery(client.connection, "select pg_sleep(3600)");
    std::ofstream(report + ".part") << server.cluster->pid() << ' ' << story.temp.path;
    fs::rename(report + ".part", report);
    for (;;) pause();
}

/// Process ids of `pid` and all below it.
std::vector<int> tree_of(int pid) {
    std::vector<int> found = {pid};
    for (size_t i = 0; i < found.size(); ++i) {
        std::ifstream children("/proc/" + std::to_string(found[i]) + "/task/" + std::to_string(found[i]) + "/children");
        for (int child; children >> child;) found.push_back(child);
    }
    return found;
}

}  // namespace

TEST_CASE("a server that is killed leaves no PostgreSQL behind, and the next one finds the data") {
    TempDir temp;
    std::string report = temp.path + "/pid";
    pid_t owner = fork();
    if (owner == 0) own_a_cluster(report);
    while (!fs::exists(report) && waitpid(owner, nullptr, WNOHANG) == 0) std::this_thread::yield();
    REQUIRE(fs::exists(report));
    int pid = 0;
    std::string left_behind;
    std::ifstream(report) >> pid >> left_behind;
    std::vector<int> tree = tree_of(pid);
    CHECK(tree.size() >= 5);  // relay, postmaster, its helpers, the session
    kill(owner, SIGKILL);
    waitpid(owner, nullptr, 0);
    for (int each : tree)
        while (kill(each, 0) == 0) std::this_thread::yield();  // ends when the kernel has, or the test hangs and fails
    {
        Story next;
        CHECK(next.start_on(next.copy(left_behind + "/data", "data")).ask("select 1") == "1");
    }
    fs::remove_all(left_behind);
}

TEST_CASE("no file of a cluster belongs to root, and its processes neither") {
    Story story;
    Server server = story.start_fresh();
    CHECK(server.ask("create table t (i int)") == "");
    CHECK(story.sandbox->uid() != 0);
    for (const auto& entry : fs::recursive_directory_iterator(server.cluster->data_dir())) {
        struct stat status{};
        REQUIRE(lstat(entry.path().c_str(), &status) == 0);
        CHECK(status.st_uid == story.sandbox->uid());
    }
    for (int pid : tree_of(server.cluster->pid())) {
        struct stat status{};
        // The relay cannot be inspected, and so belongs to root in /proc.
        if (pid == server.cluster->pid() || stat(("/proc/" + std::to_string(pid)).c_str(), &status) != 0) continue;
        CHECK(status.st_uid == story.sandbox->uid());
    }
}

TEST_CASE("all of this holds for an ordinary user too") {
    if (geteuid() != 0) return;
    pid_t child = fork();
    if (child == 0) {
        if (setgid(ordinary_uid) != 0 || setuid(ordinary_uid) != 0) _exit(126);
        execl("/proc/self/exe", "test_postgres", "--no-version=true", nullptr);
        _exit(125);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
