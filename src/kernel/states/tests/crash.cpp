// kill -9 at any moment: what is there afterwards is whole, and the next start removes the rest.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>

#include "base/descriptor.h"
#include "kernel/states/tests/fixture.h"

using namespace ry;
using namespace ry::states;

namespace {

constexpr int files = 20;

/// Every file says `word`, so a half-made tree is seen.
Result<void> fill_with(const std::string& dir, const std::string& word) {
    fs::create_directories(dir + "/sub");
    for (int i = 0; i < files; ++i) write_text(dir + "/sub/" + std::to_string(i), word);
    write_text(dir + "/large", std::string(200'000, word[0]));
    return {};
}

bool is_whole(const std::string& dir) {
    const std::string word = read_text(dir + "/sub/0");
    bool whole = !word.empty() && fs::file_size(dir + "/large") == 200'000;
    for (int i = 0; i < files; ++i) whole = whole && read_text(dir + "/sub/" + std::to_string(i)) == word;
    return whole;
}

/// Everything that the store can do, at random, until it is killed. A byte for each step goes to `report`.
[[noreturn]] void work_until_killed(const std::string& root, const Config& config, unsigned seed, int report) {
    std::mt19937 random(seed);
    auto any = [&](int n) { return std::to_string(random() % static_cast<unsigned>(n)); };
    Op op = server_op("test");
    auto opened = States::open(config);
    if (!opened) _exit(3);
    States& states = **opened;
    for (;;) {
        if (write(report, "x", 1) != 1) _exit(0);
        const std::string key = "key-" + any(6), place = root + "/places/" + any(5), other = root + "/places/" + any(5);
        switch (random() % 8) {
            case 0:
                (void)states.build(op, key, [&](const std::string& dir) { return fill_with(dir, key); }, 5);
                break;
            case 1:
                if (auto pin = states.find(key); pin && *pin) (void)states.clone(op, **pin, place);
                break;
            case 2:
                (void)states.fork(op, place, other);
                break;
            case 3:
                (void)states.remove_clone(place);
                break;
            case 4:
                (void)states.remove(op, key);
                break;
            case 5:
                (void)states.snapshot(op, "made-" + any(6), place, 5);
                break;
            case 6:
                (void)states.trim(op);
                break;
            case 7:
                (void)states.attach(place);
                break;
        }
    }
}

void killed_at_random(const std::string& root, const Config& config, int rounds) {
    fs::create_directories(root + "/places");
    std::mt19937 random(17);
    Op op = server_op("test");
    int seen_states = 0, seen_clones = 0;
    for (int round = 0; round < rounds; ++round) {
        int report[2];
        REQUIRE(pipe2(report, O_CLOEXEC) == 0);
        pid_t child = fork();
        if (child == 0) {
            close(report[0]);
            work_until_killed(root, config, random(), report[1]);
        }
        close(report[1]);
        char step;
        for (unsigned steps = 1 + random() % 40; steps > 0; --steps) REQUIRE(read(report[0], &step, 1) == 1);
        pollfd never{.fd = -1, .events = 0, .revents = 0};
        timespec moment{0, static_cast<long>(random() % 3'000'000)};  // somewhere within the next step
        (void)ppoll(&never, 1, &moment, nullptr);
        kill(child, SIGKILL);
        REQUIRE(waitpid(child, nullptr, 0) == child);
        close(report[0]);

        CAPTURE(round);
        auto states = open_states(config);
        no_left_overs(config.dir, 1);
        for (const State& state : must(states->list())) {
            CAPTURE(state.key);
            auto pin = must(states->find(state.key));
            REQUIRE(pin.has_value());
            CHECK(is_whole(pin->path()));
            ++seen_states;
        }
        std::set<std::string> known;
        for (const Clone& clone : must(states->clones())) {
            CAPTURE(clone.to);
            must(states->attach(clone.to));
            CHECK(is_whole(clone.to));
            known.insert(fs::path(clone.to).filename());
            ++seen_clones;
        }
        for (const auto& entry : fs::directory_iterator(root + "/places"))
            CHECK(known.contains(entry.path().filename()));
        int64_t sum = 0;
        for (const State& state : must(states->list())) sum += state.bytes;
        CHECK(must(states->usage()).bytes == sum);
    }
    CHECK(seen_states > rounds);
    CHECK(seen_clones > rounds / 2);
    auto states = open_states(config);
    for (const Clone& clone : must(states->clones())) must(states->remove_clone(clone.to));
    for (const State& state : must(states->list())) must(states->remove(op, state.key));
    CHECK(fs::is_empty(root + "/places"));
    CHECK(fs::is_empty(config.dir + "/trees"));
    CHECK(fs::is_empty(config.dir + "/clones"));
    CHECK(mounts_below(root) == 0);
}

Config config_in(const std::string& root, Backend backend) {
    return {.dir = root + "/states",
            .backend = backend,
            .mb_max = 3,
            .high_percent = 50,
            .low_percent = 30,
            .mb_free_min = 0,
            .age_min_ms = 0};
}

}  // namespace

TEST_CASE("killed at random moments: copies") {
    TempDir temp;
    killed_at_random(temp.path, config_in(temp.path, Backend::copy), 60);
}

TEST_CASE("killed at random moments: overlays on XFS") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.xfs -f -m reflink=1"); mount)
        killed_at_random(mount.at(), config_in(mount.at(), Backend::automatic), 80);
}

TEST_CASE("killed at random moments: snapshots on btrfs") {
    TempDir temp;
    if (LoopMount mount(temp.path, "mkfs.btrfs -f"); mount)
        killed_at_random(mount.at(), config_in(mount.at(), Backend::btrfs), 40);
}

TEST_CASE("mounts of clones that nobody knows are removed at the next start") {
    TempDir temp;
    Op op = server_op("test");
    const Config config{.dir = temp.path + "/states", .mb_free_min = 0};
    auto states = open_states(config);
    if (states->backend() != Backend::overlay && states->backend() != Backend::overlay_reflink) return;
    must(states->clone(op, must(states->build(op, "one", fill_small_tree)), temp.path + "/clone"));
    states.reset();
    CHECK(mounts_below(temp.path) == 1);
    for (const auto& entry : fs::directory_iterator(config.dir + "/clones")) fs::remove_all(entry.path());
    auto reopened = open_states(config);
    CHECK(mounts_below(temp.path) == 0);
    must(reopened->remove(op, "one"));
    CHECK(must(reopened->list()).empty());
}

TEST_CASE("what is synced in a durable clone survives a power cut, with the state below it") {
    for (auto [mkfs, backend] :
         {std::pair("mkfs.ext4 -q -F", Backend::overlay),
          std::pair("mkfs.xfs -f -m reflink=1", Backend::overlay_reflink),
          std::pair("mkfs.xfs -f -m reflink=1", Backend::reflink), std::pair("mkfs.btrfs -f", Backend::btrfs)}) {
        CAPTURE(mkfs);
        CAPTURE(name_of(backend));
        TempDir temp;
        LoopMount mount(temp.path, mkfs);
        if (!mount) return;
        Op op = server_op("test");
        const Config config{.dir = mount.at() + "/states", .backend = backend, .mb_free_min = 0};
        const std::string mine = mount.at() + "/mine", fork = mount.at() + "/fork";
        auto states = open_states(config);
        {
            auto pin = must(states->build(op, "base", fill_small_tree));
            must(states->clone(op, pin, mine, Durability::host));
        }
        must(states->fork(op, mine, fork, Durability::host));
        for (const std::string& clone : {mine, fork}) {
            Descriptor file(::open((clone + "/left-pad/index.js").c_str(), O_WRONLY | O_TRUNC));
            REQUIRE(write(file.get(), "committed", 9) == 9);
            REQUIRE(fsync(file.get()) == 0);
        }
        mount.cut_power([&] { states.reset(); });
        states = open_states(config);
        for (const std::string& clone : {mine, fork}) {
            must(states->attach(clone));
            CHECK(read_text(clone + "/left-pad/index.js") == "committed");
            CHECK(read_text(clone + "/left-pad/lib/large").size() == 3'000'000);
        }
        CHECK(fs::exists(config.dir + "/trees/base/flushed"));  // another boot would trust it
    }
}
