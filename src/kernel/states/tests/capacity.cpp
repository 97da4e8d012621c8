// What states are charged for, and who goes when there is too much.
#include <doctest/doctest.h>
#include <sys/statvfs.h>

#include <atomic>
#include <thread>

#include "kernel/states/disk.h"
#include "kernel/states/manifest.h"
#include "kernel/states/tests/fixture.h"

using namespace ry;
using namespace ry::states;

namespace {

constexpr int64_t mib = 1 << 20;

/// `mb` MiB in files of 1 MiB.
Fill fill_of(int mb) {
    return [mb](const std::string& dir) -> Result<void> {
        for (int i = 0; i < mb; ++i) write_text(dir + "/" + std::to_string(i), std::string(mib, char('a' + i % 26)));
        return {};
    };
}

/// Evicts what it can whatever its age, when states take more than `mb_max`, down to `low_percent`.
Config tight(const std::string& dir, int64_t mb_max, int low_percent = 100) {
    return {.dir = dir,
            .mb_max = mb_max,
            .high_percent = 100,
            .low_percent = low_percent,
            .mb_free_min = 0,
            .age_min_ms = 0};
}

std::string keys_of(const States& states) {
    std::string all;
    for (const State& state : must(states.list())) all += state.key + " ";
    return all;
}

int64_t bytes_of(const States& states, const std::string& key) {
    for (const State& state : must(states.list()))
        if (state.key == key) return state.bytes;
    return -1;
}

int64_t used_bytes(const std::string& dir) {
    shell("sync -f '" + dir + "'");
    struct statvfs space{};
    REQUIRE(statvfs(dir.c_str(), &space) == 0);
    return int64_t(space.f_blocks - space.f_bfree) * int64_t(space.f_frsize);
}

/// "base" of 20 MiB, and "next" that has changed 1 MiB of it, in place, and 2 MiB more.
void make_base_and_next(States& states, const Op& op, const std::string& to) {
    auto base = must(states.build(op, "base", fill_of(20), 1000));
    must(states.clone(op, base, to));
    std::fstream(to + "/3", std::ios::in | std::ios::out) << std::string(mib, 'z');
    write_text(to + "/more", std::string(2 * mib, 'm'));
    must(states.snapshot(op, "next", to, 1000));
    must(states.remove_clone(to));
}

void shared_bytes_are_counted_once(const std::string& root, const Config& config) {
    Op op = server_op("test");
    auto states = open_states(config);
    CAPTURE(name_of(states->backend()));
    const int64_t before = used_bytes(root);
    make_base_and_next(*states, op, root + "/clone");
    const int64_t figure = must(states->usage()).bytes, real = used_bytes(root) - before;
    CHECK(figure > real - 2 * mib);
    CHECK(figure < real + 2 * mib);
    CHECK(bytes_of(*states, "base") > 20 * mib - 1);
    CHECK(bytes_of(*states, "next") > 3 * mib - 1);
    CHECK(bytes_of(*states, "next") < 5 * mib);

    // The parent goes: what the child has of it is the child's from then on.
    must(states->remove(op, "base"));
    CHECK(must(states->usage()).bytes >= 22 * mib);
    CHECK(bytes_of(*states, "next") >= 22 * mib);
    must(states->remove(op, "next"));
    CHECK(must(states->usage()).bytes == 0);
}

}  // namespace

TEST_CASE("bytes that states share are counted once, as the file system counts them") {
    TempDir temp;
    SUBCASE("XFS, overlay") {
        if (LoopMount mount(temp.path, "mkfs.xfs -f -m reflink=1"); mount)
            shared_bytes_are_counted_once(mount.at(), {.dir = mount.at() + "/states", .mb_free_min = 0});
    }
    SUBCASE("XFS, reflinks") {
        if (LoopMount mount(temp.path, "mkfs.xfs -f -m reflink=1"); mount)
            shared_bytes_are_counted_once(
                mount.at(), {.dir = mount.at() + "/states", .backend = Backend::reflink, .mb_free_min = 0});
    }
    SUBCASE("btrfs, snapshots") {
        if (LoopMount mount(temp.path, "mkfs.btrfs -f"); mount)
            shared_bytes_are_counted_once(mount.at(),
                                          {.dir = mount.at() + "/states", .backend = Backend::btrfs, .mb_free_min = 0});
    }
    SUBCASE("btrfs, overlay") {
        if (LoopMount mount(temp.path, "mkfs.btrfs -f"); mount)
            shared_bytes_are_counted_once(mount.at(), {.dir = mount.at() + "/states", .mb_free_min = 0});
    }
    SUBCASE("ext4, overlay") {
        if (LoopMount mount(temp.path, "mkfs.ext4 -q -F"); mount)
            shared_bytes_are_counted_once(mount.at(), {.dir = mount.at() + "/states", .mb_free_min = 0});
    }
}

TEST_CASE("copies share nothing, and are counted so") {
    TempDir temp;
    auto states = open_states({.dir = temp.path + "/states", .backend = Backend::copy, .mb_free_min = 0});
    Op op = server_op("test");
    make_base_and_next(*states, op, temp.path + "/clone");
    CHECK(bytes_of(*states, "next") >= 22 * mib);
    must(states->remove(op, "base"));
    CHECK(must(states->usage()).bytes < 23 * mib);
}

TEST_CASE("what is cheap to make again, rarely used and large goes first") {
    TempDir temp;
    Op op = server_op("test");
    auto states = open_states(tight(temp.path + "/states", 14));
    auto build = [&](const std::string& key, int mb, int64_t rebuild_ms) {
        must(states->build(op, key, fill_of(mb), rebuild_ms));
    };
    build("a", 6, 10'000);
    build("b", 6, 100);
    build("c", 6, 10'000);
    CHECK(keys_of(*states) == "a c ");  // b took the least to make
    for (int i = 0; i < 10; ++i) must(states->find("a"));
    build("d", 1, 10'000);
    CHECK(keys_of(*states) == "a c d ");
    build("e", 6, 10'000);
    CHECK(keys_of(*states) == "a d e ");  // c was used less than a, and is larger than d
    must(states->trim(op));
    auto usage = must(states->usage());
    CHECK(usage.evicted == 2);
    CHECK(usage.last_eviction.us > 0);
    CHECK(usage.states == 3);
    CHECK(usage.bytes_max == 14 * mib);
    CHECK(must(open_states(tight(temp.path + "/states", 13))->usage()).evicted == 2);
}

TEST_CASE("eviction begins at the high watermark and goes on to the low one") {
    TempDir temp;
    Op op = server_op("test");
    auto config = tight(temp.path + "/states", 20, 40);
    config.high_percent = 80;
    auto states = open_states(config);
    for (std::string key : {"a", "b", "c"}) must(states->build(op, key, fill_of(5), 100));
    CHECK(keys_of(*states) == "a b c ");
    must(states->build(op, "d", fill_of(5), 100));
    CHECK(keys_of(*states) == "d ");
}

TEST_CASE("pins, clones, retained and young states stay") {
    TempDir temp;
    Op op = server_op("test");
    auto states = open_states(tight(temp.path + "/states", 13));
    SUBCASE("pinned") {
        auto pinned = must(states->build(op, "a", fill_of(5), 1));
        must(states->build(op, "b", fill_of(5), 1000));
        must(states->build(op, "c", fill_of(5), 1000));
        CHECK(keys_of(*states) == "a c ");
        auto refused = states->remove(op, "a");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::conflict);
        CHECK(must(states->usage()).bytes_reclaimable < 6 * mib);
    }
    SUBCASE("with a clone") {
        { must(states->clone(op, must(states->build(op, "a", fill_of(5), 1)), temp.path + "/clone")); }
        must(states->build(op, "b", fill_of(5), 1000));
        must(states->build(op, "c", fill_of(5), 1000));
        CHECK(keys_of(*states) == "a c ");
        CHECK(must(states->usage()).clones == 1);
        must(states->remove_clone(temp.path + "/clone"));
        must(states->build(op, "d", fill_of(5), 1000));
        CHECK(keys_of(*states) == "c d ");
    }
    SUBCASE("retained") {
        must(states->build(op, "a", fill_of(5), 1));
        must(states->retain("a", {now().us + 3'600'000'000}));
        must(states->build(op, "b", fill_of(5), 1000));
        must(states->build(op, "c", fill_of(5), 1000));
        CHECK(keys_of(*states) == "a c ");
        must(states->retain("a", {now().us - 1}));
        must(states->build(op, "d", fill_of(5), 1000));
        CHECK(keys_of(*states) == "c d ");
        CHECK(states->retain("nothing", {}).error().code == Code::not_found);
    }
    SUBCASE("young") {
        auto config = tight(temp.path + "/states", 13);
        config.age_min_ms = 3'600'000;
        auto careful = open_states(config);
        for (std::string key : {"a", "b", "c"}) must(careful->build(op, key, fill_of(5), 1));
        CHECK(keys_of(*careful) == "a b c ");
        CHECK(careful->build(op, "d", fill_of(1), 1).error().code == Code::over_quota);
    }
}

TEST_CASE("when nothing may go, the error has the figures, and nothing is broken") {
    TempDir temp;
    Op op = server_op("test");
    auto states = open_states(tight(temp.path + "/states", 10));
    std::vector<Pin> pins;
    pins.push_back(must(states->build(op, "a", fill_of(6), 1)));
    pins.push_back(must(states->build(op, "b", fill_of(6), 1)));
    auto refused = states->build(op, "c", fill_of(1), 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::over_quota);
    CHECK(refused.error().message.find("states take 12 MiB of 10 MiB") != std::string::npos);
    CHECK(refused.error().retry_after_ms > 0);
    CHECK(states->snapshot(op, "c", pins[0].path(), 1).error().code == Code::over_quota);
    no_left_overs(temp.path + "/states", 1);
    CHECK(must(states->find("a")).has_value());
    pins.clear();
    must(states->build(op, "c", fill_of(1), 1));
    CHECK(keys_of(*states).find("c") != std::string::npos);

    auto too_large = states->build(op, "d", fill_of(11), 1);
    REQUIRE_FALSE(too_large);
    CHECK(too_large.error().code == Code::over_quota);
    no_left_overs(temp.path + "/states", 1);
}

TEST_CASE("a clock that is set back keeps no state for ever") {
    TempDir temp;
    Op op = server_op("test");
    auto config = tight(temp.path + "/states", 10);
    config.age_min_ms = 60'000;
    auto states = open_states(config);
    must(states->build(op, "a", fill_of(6), 1));
    std::string path = temp.path + "/states/trees/a/manifest";
    auto manifest = must(from_json<Manifest>(read_small_file(path).value()));
    manifest.made.us += 1000LL * 24 * 3'600'000'000;
    must(write_small_file(path, to_json(manifest)));
    must(states->build(op, "b", fill_of(6), 1));
    CHECK(keys_of(*states) == "b ");
}

TEST_CASE("clones that can be made again give way when there is no room, and only then") {
    TempDir temp;
    Op op = server_op("test");
    auto states = open_states(tight(temp.path + "/states", 10));
    std::vector<std::string> kept;
    for (std::string key : {"a", "b"}) {
        Pin pin = must(states->build(op, key, fill_of(4), 1));
        must(states->clone(op, pin, temp.path + "/clone-" + key));
        kept.push_back(temp.path + "/clone-" + key);
    }
    states->on_shortage([&] {
        if (kept.empty()) return false;
        must(states->remove_clone(kept.back()));
        kept.pop_back();
        return true;
    });
    must(states->build(op, "c", fill_of(4), 1));  // there was room
    CHECK(kept.size() == 2);
    std::optional<Pin> in_use = must(states->find("c"));
    must(states->build(op, "d", fill_of(4), 1));
    CHECK(kept.size() == 1);
    CHECK(keys_of(*states) == "a c d ");
    std::optional<Pin> also_in_use = must(states->find("d"));
    must(states->build(op, "e", fill_of(4), 1));
    CHECK(kept.empty());
    std::optional<Pin> and_this = must(states->find("e"));
    auto refused = states->build(op, "f", fill_of(4), 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::over_quota);
    states->on_shortage({});
}

TEST_CASE("states go, and then new ones are refused, to keep space free on the disk") {
    TempDir temp;
    LoopMount mount(temp.path, "mkfs.ext4 -q -F -m 0", 64);
    if (!mount) return;
    Op op = server_op("test");
    Config config{
        .dir = mount.at() + "/states", .backend = Backend::copy, .mb_max = 1000, .mb_free_min = 25, .age_min_ms = 0};
    auto states = open_states(config);
    must(states->build(op, "a", fill_of(20), 1));
    must(states->build(op, "b", fill_of(15), 1000));
    CHECK(keys_of(*states) == "b ");
    REQUIRE(fill_of(18)(mount.at()));
    auto pin = must(states->find("b"));
    auto refused = states->build(op, "c", fill_of(1), 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::over_quota);
    CHECK(refused.error().message.find("25 MiB stay free") != std::string::npos);
}

TEST_CASE("a parent that frees nothing is left until its last child goes, in the same pass") {
    TempDir temp;
    LoopMount mount(temp.path, "mkfs.xfs -f -m reflink=1");
    if (!mount) return;
    Op op = server_op("test");
    auto states = open_states(tight(mount.at() + "/states", 1000));
    make_base_and_next(*states, op, mount.at() + "/clone");
    for (int i = 0; i < 5; ++i) must(states->find("next"));
    auto config = tight(mount.at() + "/states", 10);
    auto small = open_states(config);
    must(small->trim(op));
    CHECK(keys_of(*small).empty());
    CHECK(must(small->usage()).bytes == 0);
}

TEST_CASE("a full disk fails one build, clone or snapshot, and leaves nothing of it") {
    TempDir temp;
    std::string mkfs = "mkfs.ext4 -q -F -m 0";
    Backend backend = Backend::copy;
    int mib_of_disk = 64;
    SUBCASE("ext4, copies") {}
    SUBCASE("ext4, overlay") { backend = Backend::overlay; }
    SUBCASE("XFS, reflinks") { mkfs = "mkfs.xfs -f -m reflink=1", backend = Backend::reflink, mib_of_disk = 320; }
    LoopMount mount(temp.path, mkfs, mib_of_disk);
    if (!mount) return;
    Op op = server_op("test");
    auto states = open_states({.dir = mount.at() + "/states", .backend = backend, .mb_free_min = 0});
    auto pin = must(states->build(op, "a", fill_of(10), 1));
    must(states->clone(op, pin, mount.at() + "/clone"));
    std::ofstream filler(mount.at() + "/filler");
    const std::string piece(mib, 'f');
    while (filler << piece << std::flush) {}
    filler.close();
    auto failed = states->build(op, "b", [](const std::string& dir) -> Result<void> {
        std::ofstream(dir + "/x") << std::string(10 * mib, 'x') << std::flush;
        if (fs::file_size(dir + "/x") != 10 * mib) return fail(Code::unavailable, "the disk is full");
        return {};
    });
    CHECK_FALSE(failed);
    if (backend == Backend::copy) {
        auto cloned = states->clone(op, pin, mount.at() + "/second");
        REQUIRE_FALSE(cloned);
        CHECK(cloned.error().message.find("disk is full") != std::string::npos);
        auto made = states->snapshot(op, "c", mount.at() + "/clone", 1);
        REQUIRE_FALSE(made);
        CHECK(made.error().message.find("disk is full") != std::string::npos);
    }
    CHECK(keys_of(*states) == "a ");
    CHECK(must(states->clones()).size() == 1);
    no_left_overs(mount.at() + "/states", 1);
    fs::remove(mount.at() + "/filler");
    must(states->build(op, "b", fill_of(5), 1));
    must(states->verify(op, "a"));
    CHECK(read_text(mount.at() + "/clone/3") == read_text(pin.path() + "/3"));
}

TEST_CASE("many build the same and different states while others trim") {
    TempDir temp;
    Op op = server_op("test");
    auto states = open_states(tight(temp.path + "/states", 12));
    std::atomic<int> good = 0, wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                for (int round = 0; round < 12; ++round) {
                    const std::string key = "key-" + std::to_string((i + round) % 7);
                    auto pin = states->build(
                        op, key,
                        [&](const std::string& dir) -> Result<void> {
                            write_text(dir + "/key", key);
                            return fill_of(3)(dir);
                        },
                        10);
                    // Eight that are pinned at once may be more than there is room for.
                    if (!pin)
                        wrong += pin.error().code != Code::over_quota;
                    else if (read_text(pin->path() + "/key") == key && fs::file_size(pin->path() + "/2") == mib)
                        ++good;
                    else
                        ++wrong;
                    wrong += !states->trim(op);
                }
            });
    }
    CHECK(wrong == 0);
    CHECK(good > 20);
    must(states->trim(op));
    CHECK(must(states->usage()).bytes <= 12 * mib);
    no_left_overs(temp.path + "/states", 1);
}
