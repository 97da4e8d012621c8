// What an ordinary user gets: no mounts, and otherwise the same.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/states/tests/fixture.h"

using namespace ry;
using namespace ry::states;

namespace {

constexpr uid_t nobody = 65534;

/// 0, or the number of the step that failed.
int use_store(const std::string& root, Backend expected) {
    Op op = server_op("test");
    const std::string to = root + "/clone", other = root + "/other";
    const Config config{.dir = root + "/states", .mb_free_min = 0};
    auto opened = States::open(config);
    if (!opened || (*opened)->backend() != expected) return 1;
    States& states = **opened;
    if ((*opened)->why().find("root") == std::string::npos) return 2;
    {
        auto one = states.build(op, "one", fill_small_tree);
        if (!one || !states.clone(op, *one, to) || !same_trees(one->path(), to)) return 3;
        write_text(to + "/left-pad/index.js", "changed");
        auto two = states.snapshot(op, "two", to, 10);
        if (!two || read_text(two->path() + "/left-pad/index.js") != "changed") return 4;
        if (!states.fork(op, to, other) || !states.attach(other) || !same_trees(to, other)) return 5;
    }
    if (!states.remove_clone(to) || !states.remove_clone(other) || fs::exists(to) || fs::exists(other)) return 6;
    if (!states.remove(op, "one") || !states.remove(op, "two") || !states.list()->empty()) return 7;
    opened = fail(Code::unavailable, "closed");
    if (!(opened = States::open(config))) return 1;  // which removes what was not deleted yet
    for (const char* folder : {"/trees", "/clones", "/building", "/removing", "/damaged"})
        if (!fs::is_empty(config.dir + folder)) return 8;
    return 0;
}

int as_nobody(const std::string& root, Backend expected) {
    fs::create_directories(root + "/home");
    REQUIRE(chown((root + "/home").c_str(), nobody, nobody) == 0);
    pid_t child = fork();
    if (child == 0) _exit(setgid(nobody) == 0 && setuid(nobody) == 0 ? use_store(root + "/home", expected) : 9);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("an ordinary user's store") {
    if (geteuid() != 0) {
        TempDir temp;
        auto choice = choose_backend(temp.path);
        CHECK(use_store(temp.path, choice.backend) == 0);
        return;
    }
    TempDir temp;
    chmod(temp.path.c_str(), 0755);
    SUBCASE("on ext4") {
        if (LoopMount mount(temp.path, "mkfs.ext4 -q -F"); mount) CHECK(as_nobody(mount.at(), Backend::copy) == 0);
    }
    SUBCASE("on XFS") {
        if (LoopMount mount(temp.path, "mkfs.xfs -f -m reflink=1"); mount)
            CHECK(as_nobody(mount.at(), Backend::reflink) == 0);
    }
    SUBCASE("on btrfs") {
        if (LoopMount mount(temp.path, "mkfs.btrfs -f"); mount) CHECK(as_nobody(mount.at(), Backend::btrfs) == 0);
    }
}
