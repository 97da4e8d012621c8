// The promises of the state store, kept by every backend that can run here: `copy` always, btrfs and reflink on loop devices
// that this test makes when it is root.
#include "kernel/states/states.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/guarded.h"

using namespace ry;
using namespace ry::states;
namespace fs = std::filesystem;

namespace {

struct TempDir {
    std::string path = "/tmp/ramify-states-XXXXXX";
    TempDir() { REQUIRE(mkdtemp(path.data())); }
    ~TempDir() {
        std::error_code error;
        fs::remove_all(path, error);
    }
};

bool shell(const std::string& command) { return system((command + " >/dev/null 2>&1").c_str()) == 0; }

/// A file system of its own on a loop device; absent, with a printed reason, where this host cannot.
class LoopMount {
public:
    LoopMount(const std::string& dir, const std::string& mkfs) : image_(dir + "/image"), at_(dir + "/mounted") {
        fs::create_directories(at_);
        mounted_ = geteuid() == 0 && shell("truncate -s 400M " + image_) && shell(mkfs + " " + image_) && shell("mount -o loop " + image_ + " " + at_);
        if (!mounted_) MESSAGE("skipped: " << mkfs << " needs root, loop devices and its mkfs");
    }
    ~LoopMount() {
        if (mounted_) shell("umount " + at_);
    }
    explicit operator bool() const { return mounted_; }
    const std::string& at() const { return at_; }

private:
    std::string image_, at_;
    bool mounted_;
};

std::string read_text(const std::string& path) {
    std::string text;
    std::getline(std::ifstream(path), text, '\0');
    return text;
}

void write_text(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

/// A small node_modules: nested directories, a link, an executable, a read-only directory, an empty and a large file.
Result<void> fill_small_tree(const std::string& dir) {
    fs::create_directories(dir + "/left-pad/lib");
    fs::create_directories(dir + "/.bin");
    write_text(dir + "/left-pad/index.js", "module.exports = 1");
    write_text(dir + "/left-pad/lib/empty", "");
    write_text(dir + "/left-pad/lib/large", std::string(3'000'000, 'x'));
    chmod((dir + "/left-pad/index.js").c_str(), 0755);
    fs::create_symlink("../left-pad/index.js", dir + "/.bin/left-pad");
    chmod((dir + "/left-pad/lib").c_str(), 0555);
    return {};
}

std::unique_ptr<States> open_states(const Config& config) {
    auto opened = States::open(config);
    if (!opened) FAIL(opened.error().message << ": " << opened.error().cause);
    return std::move(*opened);
}

void the_promises_hold(const std::string& root, Backend backend) {
    CAPTURE(name_of(backend));
    Op op = server_op("test");
    auto states = open_states({.dir = root + "/states"});
    CHECK(states->backend() == backend);

    SUBCASE("a tree is built once, and found afterwards") {
        CHECK_FALSE(states->find("one")->has_value());
        REQUIRE(states->build(op, "one", fill_small_tree));
        auto again = states->build(op, "one", [](const std::string&) -> Result<void> {
            FAIL("built twice");
            return {};
        });
        REQUIRE(again);
        CHECK(read_text(again->path() + "/left-pad/index.js") == "module.exports = 1");
        REQUIRE(states->find("one"));
        auto listed = states->list();
        REQUIRE(listed);
        REQUIRE(listed->size() == 1);
        CHECK(listed->front().key == "one");
        CHECK(listed->front().bytes >= 3'000'000);
        CHECK(open_states({.dir = root + "/states"})->find("one")->has_value());
    }

    SUBCASE("a clone is equal, and writing to it changes nothing else") {
        auto pin = states->build(op, "one", fill_small_tree);
        REQUIRE(pin);
        std::string to = root + "/clone", other = root + "/other";
        REQUIRE(states->clone(op, *pin, to));
        REQUIRE(states->clone(op, *pin, other));
        CHECK(shell("diff -r --no-dereference " + pin->path() + " " + to));
        struct stat from{}, copy{};
        for (std::string path : {"", "/left-pad", "/left-pad/lib", "/left-pad/index.js", "/left-pad/lib/large"}) {
            REQUIRE(stat((pin->path() + path).c_str(), &from) == 0);
            REQUIRE(stat((to + path).c_str(), &copy) == 0);
            CHECK(from.st_mode == copy.st_mode);
            if (S_ISREG(from.st_mode)) CHECK(from.st_mtim.tv_nsec == copy.st_mtim.tv_nsec);
        }
        CHECK(fs::read_symlink(to + "/.bin/left-pad") == "../left-pad/index.js");
        write_text(to + "/left-pad/index.js", "changed");
        CHECK(read_text(pin->path() + "/left-pad/index.js") == "module.exports = 1");
        CHECK(read_text(other + "/left-pad/index.js") == "module.exports = 1");
        auto taken = states->clone(op, *pin, to);
        REQUIRE_FALSE(taken);
        CHECK(taken.error().code == Code::conflict);
        CHECK(states->clone(op, *pin, root + "/nowhere/clone").error().code == Code::unavailable);
        CHECK(remove_tree(to));
        CHECK(remove_tree(other));
        CHECK_FALSE(fs::exists(to));
        CHECK(remove_tree(to));
    }

    SUBCASE("what fails leaves nothing, and the next one may try") {
        auto failed = states->build(op, "one", [](const std::string& dir) -> Result<void> {
            (void)fill_small_tree(dir);
            return fail(Code::unavailable, "the registry is away");
        });
        REQUIRE_FALSE(failed);
        CHECK(failed.error().message == "the registry is away");
        CHECK_FALSE(states->find("one")->has_value());
        CHECK(fs::is_empty(root + "/states/building"));
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
        pid_t child = fork();
        if (child == 0) {
            (void)states->build(op, "one", [&](const std::string& dir) -> Result<void> {
                (void)fill_small_tree(dir);
                if (write(report[1], "x", 1) == 1) pause();
                return {};
            });
            _exit(0);
        }
        char letter;
        REQUIRE(read(report[0], &letter, 1) == 1);
        CHECK_FALSE(states->find("one")->has_value());
        CHECK_FALSE(fs::is_empty(root + "/states/building"));
        (void)open_states({.dir = root + "/states"});  // a build that is under way is left alone
        CHECK_FALSE(fs::is_empty(root + "/states/building"));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        close(report[0]);
        close(report[1]);
        auto reopened = open_states({.dir = root + "/states"});
        CHECK(fs::is_empty(root + "/states/building"));
        CHECK(reopened->build(op, "one", fill_small_tree));
    }

    SUBCASE("the least recently used goes first, and what is pinned stays") {
        auto small = open_states({.dir = root + "/states", .mb_max = 7});  // two trees of 3 MB fit, three do not
        auto build = [&](const std::string& key) { REQUIRE(small->build(op, key, fill_small_tree)); };
        auto keys = [&] {
            std::string all;
            for (const State& state : *small->list()) all += state.key + " ";
            return all;
        };
        build("a");
        build("b");
        CHECK(keys() == "a b ");
        REQUIRE(small->find("a"));
        build("c");
        CHECK(keys() == "a c ");
        auto pinned = small->find("a");
        REQUIRE(pinned->has_value());
        REQUIRE(small->find("c"));
        build("d");
        CHECK(keys() == "a d ");
        auto refused = small->remove(op, "a");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::conflict);
        pinned->reset();
        CHECK(small->remove(op, "a"));
        CHECK(small->remove(op, "a"));
        CHECK(keys() == "d ");
        CHECK(fs::is_empty(root + "/states/removing"));
    }

    SUBCASE("a cancelled clone leaves nothing") {
        auto pin = states->build(op, "one", fill_small_tree);
        REQUIRE(pin);
        Op cancelled = op;
        cancelled.deadline = Deadline::in_ms(-1);
        auto cloned = states->clone(cancelled, *pin, root + "/clone");
        if (backend == Backend::btrfs) return;  // a snapshot is done before anybody can cancel it
        REQUIRE_FALSE(cloned);
        CHECK(cloned.error().code == Code::timed_out);
        for (const auto& entry : fs::directory_iterator(root)) CHECK(entry.path().filename().string().find("clon") == std::string::npos);
    }
}

}  // namespace

TEST_CASE("copies on any file system") {
    TempDir temp;
    the_promises_hold(temp.path, Backend::copy);
}

TEST_CASE("snapshots on btrfs") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.btrfs -f"); mount) the_promises_hold(mount.at(), Backend::btrfs);
}

TEST_CASE("reflinks on XFS") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.xfs -f -m reflink=1"); mount) the_promises_hold(mount.at(), Backend::reflink);
}

TEST_CASE("keys are checked") {
    TempDir temp;
    auto states = open_states({.dir = temp.path});
    for (std::string bad : {std::string(), std::string("../x"), std::string("A"), std::string("a/b"), std::string("a.b"), std::string(129, 'a')})
        CHECK(states->find(bad).error().code == Code::invalid);
    CHECK(states->find(std::string(128, 'a')));
}

TEST_CASE("no set-user-id program comes out of a clone") {
    TempDir temp;
    auto states = open_states({.dir = temp.path + "/states", .backend = Backend::copy});
    Op op = server_op("test");
    auto pin = states->build(op, "one", [](const std::string& dir) -> Result<void> {
        write_text(dir + "/su", "#!/bin/sh");
        chmod((dir + "/su").c_str(), 06755);
        return {};
    });
    REQUIRE(pin);
    REQUIRE(states->clone(op, *pin, temp.path + "/clone"));
    CHECK((fs::status(temp.path + "/clone/su").permissions() & (fs::perms::set_uid | fs::perms::set_gid)) == fs::perms::none);
}
