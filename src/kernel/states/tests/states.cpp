// The promises of the state store, kept by every backend that can run here: `copy` always, overlays for root, btrfs and
// XFS on loop devices that this test makes when it is root.
#include "kernel/states/states.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "kernel/states/tests/fixture.h"

using namespace ry;
using namespace ry::states;

namespace {

void promises_of_states(const std::string& root, const Config& config) {
    Op op = server_op("test");
    auto states = open_states(config);

    SUBCASE("a tree is built once, and found afterwards") {
        CHECK_FALSE(states->find("one")->has_value());
        must(states->build(op, "one", fill_small_tree));
        auto again = must(states->build(op, "one", [](const std::string&) -> Result<void> {
            FAIL("built twice");
            return {};
        }));
        CHECK(read_text(again.path() + "/left-pad/index.js") == "module.exports = 1");
        REQUIRE(must(states->find("one")));
        auto listed = must(states->list());
        REQUIRE(listed.size() == 1);
        CHECK(listed.front().key == "one");
        CHECK(listed.front().files == 3);
        CHECK(listed.front().content_bytes == 3'000'018);
        CHECK(listed.front().bytes >= 3'000'000);
        CHECK(listed.front().bytes < 3'300'000);
        CHECK(listed.front().uses == 3);
        CHECK(open_states(config)->find("one")->has_value());
    }

    SUBCASE("what fails leaves nothing, and the next one may try") {
        auto failed = states->build(op, "one", [](const std::string& dir) -> Result<void> {
            (void)fill_small_tree(dir);
            return fail(Code::unavailable, "the registry is away");
        });
        REQUIRE_FALSE(failed);
        CHECK(failed.error().message == "the registry is away");
        CHECK_FALSE(states->find("one")->has_value());
        no_left_overs(config.dir, 1);
        CHECK(states->build(op, "one", fill_small_tree));
    }

    SUBCASE("many callers at once, one filling") {
        std::atomic<int> fills = 0, good = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i)
                threads.emplace_back([&] {
                    auto pin = states->build(op, "one", [&](const std::string& dir) {
                        ++fills;
                        return fill_small_tree(dir);
                    });
                    if (pin && fs::exists(pin->path() + "/left-pad/lib/large")) ++good;
                });
        }
        CHECK(fills == 1);
        CHECK(good == 8);
    }

    SUBCASE("a process that is killed while filling leaves nothing visible, and its rest is removed") {
        int report[2];
        REQUIRE(pipe2(report, O_CLOEXEC) == 0);
        states.reset();
        pid_t child = fork();
        if (child == 0) {
            auto own = States::open(config);
            if (!own) _exit(1);
            (void)(*own)->build(op, "one", [&](const std::string& dir) -> Result<void> {
                (void)fill_small_tree(dir);
                if (write(report[1], "x", 1) == 1) pause();
                return {};
            });
            _exit(0);
        }
        char letter;
        REQUIRE(read(report[0], &letter, 1) == 1);
        states = open_states(config);  // a build that is under way is left alone
        CHECK_FALSE(states->find("one")->has_value());
        CHECK_FALSE(fs::is_empty(config.dir + "/building"));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        close(report[0]);
        close(report[1]);
        auto reopened = open_states(config);
        no_left_overs(config.dir, 2);
        CHECK(reopened->build(op, "one", fill_small_tree));
    }

    SUBCASE("a state that lost a file, a byte or its directory is noticed and built anew") {
        auto pin = must(states->build(op, "one", fill_small_tree));
        const std::string tree = pin.path(), dir = config.dir + "/trees/one";
        { Pin unpinned = std::move(pin); }
        SUBCASE("a file is missing") { fs::remove(tree + "/left-pad/index.js"); }
        SUBCASE("a file is shorter") { REQUIRE(truncate((tree + "/left-pad/lib/large").c_str(), 2'999'999) == 0); }
        SUBCASE("a mode differs") { REQUIRE(chmod((tree + "/left-pad/index.js").c_str(), 0644) == 0); }
        SUBCASE("a file is too much") { write_text(tree + "/left-pad/more", ""); }
        SUBCASE("the tree is gone") { fs::rename(tree, config.dir + "/elsewhere"); }
        SUBCASE("the manifest is empty") { write_text(dir + "/manifest", ""); }
        SUBCASE("the manifest is gone") { fs::remove(dir + "/manifest"); }
        SUBCASE("the lock is gone") { fs::remove(dir + "/use"); }
        auto reopened = open_states(config);
        CHECK_FALSE(must(reopened->find("one")).has_value());
        CHECK_FALSE(fs::exists(dir));
        bool filled = false;
        auto anew = must(reopened->build(op, "one", [&](const std::string& to) {
            filled = true;
            return fill_small_tree(to);
        }));
        CHECK(filled);
        CHECK(read_text(anew.path() + "/left-pad/index.js") == "module.exports = 1");
        no_left_overs(config.dir, 2);
    }

    SUBCASE("contents are recorded by the first verify, and compared by the later ones") {
        auto pin = std::optional(must(states->build(op, "one", fill_small_tree)));
        const std::string file = pin->path() + "/left-pad/lib/large";
        must(states->verify(op, "one"));
        must(states->verify(op, "one"));
        struct stat before{};
        REQUIRE(stat(file.c_str(), &before) == 0);
        std::fstream(file, std::ios::in | std::ios::out).seekp(1'000'000) << 'y';
        timespec times[] = {before.st_atim, before.st_mtim};
        REQUIRE(utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
        pin.reset();
        CHECK(open_states(config)->find("one")->has_value());  // a byte that rots shows in no size or time
        auto damaged = states->verify(op, "one");
        REQUIRE_FALSE(damaged);
        CHECK(damaged.error().code == Code::conflict);
        CHECK_FALSE(states->find("one")->has_value());
        CHECK(states->verify(op, "one").error().code == Code::not_found);
    }

    SUBCASE("no set-user-id program comes out of a state") {
        auto pin = must(states->build(op, "one", [](const std::string& dir) -> Result<void> {
            write_text(dir + "/su", "#!/bin/sh");
            chmod((dir + "/su").c_str(), 06755);
            return {};
        }));
        must(states->clone(op, pin, root + "/clone"));
        for (std::string file : {pin.path() + "/su", root + "/clone/su"})
            CHECK((fs::status(file).permissions() & (fs::perms::set_uid | fs::perms::set_gid)) == fs::perms::none);
        must(states->remove_clone(root + "/clone"));
    }
}

void promises_of_clones(const std::string& root, const Config& config) {
    Op op = server_op("test");
    auto states = open_states(config);
    const bool is_mount = states->backend() == Backend::overlay || states->backend() == Backend::overlay_reflink;
    const std::string to = root + "/clone", other = root + "/other";
    auto pin = std::optional(must(states->build(op, "one", fill_small_tree)));
    const std::string large = "/left-pad/lib/large", index = "/left-pad/index.js";

    SUBCASE("a clone is equal, and writing to it changes nothing else") {
        chmod(pin->path().c_str(), 0750);
        must(states->clone(op, *pin, to));
        must(states->clone(op, *pin, other));
        CHECK(same_trees(pin->path(), to));
        struct stat from{}, copy{};
        for (std::string path : {std::string(), std::string("/left-pad"), std::string("/left-pad/lib"), index, large}) {
            REQUIRE(stat((pin->path() + path).c_str(), &from) == 0);
            REQUIRE(stat((to + path).c_str(), &copy) == 0);
            CHECK(from.st_mode == copy.st_mode);
            CHECK(from.st_uid == copy.st_uid);
            if (S_ISREG(from.st_mode)) CHECK(from.st_mtim.tv_nsec == copy.st_mtim.tv_nsec);
        }
        CHECK(fs::read_symlink(to + "/.bin/left-pad") == "../left-pad/index.js");
        write_text(to + index, "changed");
        fs::remove(to + "/.bin/left-pad");
        CHECK(read_text(pin->path() + index) == "module.exports = 1");
        CHECK(read_text(other + index) == "module.exports = 1");
        CHECK(fs::exists(other + "/.bin/left-pad"));
        CHECK(states->clone(op, *pin, to).error().code == Code::conflict);
        CHECK(states->clone(op, *pin, root + "/nowhere/clone").error().code == Code::unavailable);
        CHECK(states->clone(op, *pin, "relative").error().code == Code::invalid);
        auto clones = must(states->clones());
        REQUIRE(clones.size() == 2);
        CHECK(clones[0].to == to);
        CHECK(clones[0].key == "one");
        must(states->remove_clone(to));
        must(states->remove_clone(other));
        must(states->remove_clone(to));
        CHECK_FALSE(fs::exists(to));
        CHECK(must(states->clones()).empty());
        CHECK(fs::is_empty(config.dir + "/clones"));
        reopen(states, config);
        no_left_overs(config.dir, 1);
        for (const auto& entry : fs::directory_iterator(root))
            CHECK(entry.path().filename().string().find("clone") == std::string::npos);
        CHECK(mounts_below(config.dir) == 0);
    }

    SUBCASE("a clone that is detached holds nothing of the host, and comes back with its data") {
        must(states->clone(op, *pin, to));
        write_text(to + index, "changed");
        must(states->detach(to));
        must(states->detach(to));
        CHECK(mounts_below(root) == 0);
        CHECK(must(states->clones()).size() == 1);
        for (int i = 0; i < 2; ++i) {  // the second time nothing has to be done
            must(states->attach(to));
            CHECK(read_text(to + index) == "changed");
            CHECK(mounts_below(root) == (is_mount ? 1 : 0));
        }
        must(states->detach(to));
        must(states->remove_clone(to));
        CHECK_FALSE(fs::exists(to));
        must(states->detach(to));  // there is none
    }

    SUBCASE("a state with a clone is not removed, in no process, until the clone is") {
        must(states->clone(op, *pin, to));
        pin.reset();
        auto reopened = open_states(config);
        CHECK(reopened->remove(op, "one").error().code == Code::conflict);
        must(reopened->remove_clone(to));
        must(reopened->remove(op, "one"));
        CHECK_FALSE(must(states->find("one")).has_value());
    }

    SUBCASE("what a clone has become is a state of its own") {
        must(states->clone(op, *pin, to));
        write_text(to + index, "changed");
        write_text(to + "/new", "new");
        fs::remove(to + "/.bin/left-pad");
        chmod((to + "/left-pad/lib").c_str(), 0755);
        auto two = std::optional(must(states->snapshot(op, "two", to, 1234)));
        CHECK(same_trees(two->path(), to));
        CHECK(read_text(two->path() + index) == "changed");
        CHECK_FALSE(fs::exists(fs::symlink_status(two->path() + "/.bin/left-pad")));
        CHECK(read_text(pin->path() + index) == "module.exports = 1");
        write_text(to + "/new", "newer");  // the clone is its owner's again
        write_text(to + large, "short");
        CHECK(read_text(two->path() + "/new") == "new");
        CHECK(fs::file_size(two->path() + large) == 3'000'000);
        auto same = must(states->snapshot(op, "two", to, 1));
        CHECK(read_text(same.path() + "/new") == "new");
        for (const State& state : must(states->list()))
            if (state.key == "two") CHECK(state.rebuild_ms == 1234);
        // Neither needs the other.
        must(states->remove_clone(to));
        pin.reset();
        must(states->remove(op, "one"));
        CHECK(fs::file_size(two->path() + large) == 3'000'000);
        two.reset();
        auto reopened = open_states(config);
        auto found = must(reopened->find("two"));
        REQUIRE(found.has_value());
        must(reopened->verify(op, "two"));
        must(reopened->clone(op, *found, other));
        CHECK(read_text(other + index) == "changed");
        must(reopened->remove_clone(other));
    }

    SUBCASE("any directory can become a state") {
        REQUIRE(fill_small_tree(root + "/plain"));
        auto made = must(states->snapshot(op, "plain", root + "/plain", 10));
        CHECK(same_trees(made.path(), root + "/plain"));
        write_text(root + "/plain" + index, "changed");
        CHECK(read_text(made.path() + index) == "module.exports = 1");
        CHECK(states->snapshot(op, "nothing", root + "/nothing", 10).error().code == Code::unavailable);
        CHECK_FALSE(must(states->find("nothing")).has_value());
        no_left_overs(config.dir, 1);
    }

    SUBCASE("directories of a clone are renamed, replaced and removed, and a snapshot and a fork show it") {
        must(states->clone(op, *pin, to));
        fs::rename(to + "/left-pad", to + "/right-pad");
        fs::rename(to + "/right-pad/lib", to + "/library");
        fs::create_directories(to + "/left-pad");
        write_text(to + "/left-pad/fresh", "fresh");
        fs::remove_all(to + "/.bin");
        fs::create_directories(to + "/.bin/inner");
        std::fstream(to + "/library/large", std::ios::in | std::ios::out) << "written";
        auto two = must(states->snapshot(op, "two", to, 10));
        must(states->fork(op, to, other));
        for (std::string copy : {two.path(), other}) {
            CAPTURE(copy);
            CHECK(same_trees(copy, to));
            CHECK(read_text(copy + "/library/large").starts_with("writtenxxx"));
            CHECK(read_text(copy + "/right-pad/index.js") == "module.exports = 1");
            CHECK_FALSE(fs::exists(copy + "/left-pad/index.js"));
            CHECK(fs::is_empty(copy + "/.bin/inner"));
        }
        must(states->remove_clone(to));
        must(states->remove_clone(other));
    }

    SUBCASE("a fork has the data of that moment, and lives on without its source") {
        must(states->clone(op, *pin, to));
        write_text(to + index, "changed");
        fs::remove(to + "/.bin/left-pad");
        must(states->fork(op, to, other));
        write_text(to + index, "changed again");
        CHECK(read_text(other + index) == "changed");
        CHECK_FALSE(fs::exists(fs::symlink_status(other + "/.bin/left-pad")));
        write_text(other + large, "short");
        CHECK(fs::file_size(to + large) == 3'000'000);
        must(states->remove_clone(to));
        pin.reset();
        CHECK(states->remove(op, "one").error().code == Code::conflict);
        CHECK(read_text(other + index) == "changed");
        CHECK(states->fork(op, to, root + "/third").error().code == Code::not_found);
        must(states->remove_clone(other));
        must(states->remove(op, "one"));
    }

    SUBCASE("a clone comes back after a reboot") {
        must(states->clone(op, *pin, to));
        write_text(to + index, "changed");
        must(states->attach(to));
        CHECK(read_text(to + index) == "changed");
        states.reset();
        if (is_mount) REQUIRE(umount2(to.c_str(), 0) == 0);
        auto reopened = open_states(config);
        must(reopened->attach(to));
        CHECK(read_text(to + index) == "changed");
        CHECK(fs::file_size(to + large) == 3'000'000);
        write_text(to + large, "short");
        auto unknown = reopened->attach(other);
        REQUIRE_FALSE(unknown);
        CHECK(unknown.error().code == Code::not_found);
        must(reopened->remove_clone(to));
        CHECK(reopened->attach(to).error().code == Code::not_found);
    }

    SUBCASE("a clone that is lost says so, and can be removed") {
        must(states->clone(op, *pin, to));
        pin.reset();
        if (is_mount) {
            REQUIRE(umount2(to.c_str(), 0) == 0);
            fs::remove(config.dir + "/trees/one/tree" + index);  // the state is damaged, and built anew under the clone
            auto reopened = open_states(config);
            must(reopened->build(op, "one", fill_small_tree));
            auto lost = reopened->attach(to);
            REQUIRE_FALSE(lost);
            CHECK(lost.error().code == Code::conflict);
            must(reopened->remove_clone(to));
            CHECK(fs::is_empty(config.dir + "/damaged"));
            must(reopened->remove(op, "one"));
        } else {
            must(remove_tree(to));
            auto lost = states->attach(to);
            REQUIRE_FALSE(lost);
            CHECK(lost.error().code == Code::conflict);
            must(states->remove_clone(to));
            must(states->remove(op, "one"));
        }
        CHECK(must(states->clones()).empty());
    }

    SUBCASE("a cancelled clone leaves nothing") {
        Op cancelled = op;
        cancelled.deadline = Deadline::in_ms(-1);
        auto cloned = states->clone(cancelled, *pin, to);
        REQUIRE_FALSE(cloned);
        CHECK(cloned.error().code == Code::timed_out);
        CHECK(states->snapshot(cancelled, "two", pin->path(), 1).error().code == Code::timed_out);
        for (const auto& entry : fs::directory_iterator(root))
            CHECK(entry.path().filename().string().find("clon") == std::string::npos);
        CHECK(must(states->clones()).empty());
        no_left_overs(config.dir, 1);
    }

    SUBCASE("many make and remove clones, forks and states at once") {
        std::atomic<int> good = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 6; ++i)
                threads.emplace_back([&, i] {
                    for (int round = 0; round < 4; ++round) {
                        const std::string mine = root + "/clone-" + std::to_string(i),
                                          key = "made-" + std::to_string(i % 3) + "-" + std::to_string(round);
                        bool ok = states->clone(op, *pin, mine).has_value();
                        write_text(mine + "/mine", key);
                        auto made = states->snapshot(op, key, mine, 5);
                        ok = ok && made && read_text(made->path() + "/mine") == key &&
                             states->fork(op, mine, mine + "-fork");
                        ok = ok && read_text(mine + "-fork/mine") == key;
                        ok = states->remove_clone(mine + "-fork").has_value() && ok;
                        ok = states->remove_clone(mine).has_value() && ok;
                        ok = states->trim(op).has_value() && ok;
                        good += ok;
                    }
                });
        }
        CHECK(good == 24);
        CHECK(must(states->list()).size() == 13);
        CHECK(must(states->clones()).empty());
        reopen(states, config);
        no_left_overs(config.dir, 1);
        CHECK(mounts_below(config.dir) == 0);
    }
}

void the_promises_hold(const std::string& root, Backend wanted, Backend backend) {
    CAPTURE(name_of(backend));
    const Config config{.dir = root + "/states, of a:b\\c", .backend = wanted, .mb_free_min = 0};
    CHECK(open_states(config)->backend() == backend);
    SUBCASE("") { promises_of_states(root, config); }
    SUBCASE("") { promises_of_clones(root, config); }
}

}  // namespace

TEST_CASE("copies on any file system") {
    TempDir temp;
    the_promises_hold(temp.path, Backend::copy, Backend::copy);
}

TEST_CASE("overlays on ext4") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.ext4 -q -F"); mount)
        the_promises_hold(mount.at(), Backend::automatic, Backend::overlay);
}

TEST_CASE("overlays on XFS") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.xfs -f -m reflink=1"); mount)
        the_promises_hold(mount.at(), Backend::automatic, Backend::overlay_reflink);
}

TEST_CASE("overlays on btrfs") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.btrfs -f"); mount)
        the_promises_hold(mount.at(), Backend::automatic, Backend::overlay_reflink);
}

TEST_CASE("snapshots on btrfs") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.btrfs -f"); mount)
        the_promises_hold(mount.at(), Backend::btrfs, Backend::btrfs);
}

TEST_CASE("reflinks on XFS") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.xfs -f -m reflink=1"); mount)
        the_promises_hold(mount.at(), Backend::reflink, Backend::reflink);
}

TEST_CASE("keys are checked") {
    TempDir temp;
    auto states = open_states({.dir = temp.path});
    for (std::string bad : {std::string(), std::string("../x"), std::string("A"), std::string("a/b"),
                            std::string("a.b"), std::string(129, 'a')})
        CHECK(states->find(bad).error().code == Code::invalid);
    CHECK(states->find(std::string(128, 'a')));
}
