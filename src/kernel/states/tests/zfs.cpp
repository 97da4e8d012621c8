// The store on ZFS, as far as it can be told without ZFS: a stand-in for the `zfs` tool keeps its rules (a dataset is
// mounted at its mountpoint, a snapshot does not change, a dataset with clones is not destroyed) by copies and bind
// mounts. What the real tool does beyond that is not tested here.
#include <doctest/doctest.h>
#include <unistd.h>

#include "kernel/states/tests/fixture.h"

using namespace ry;
using namespace ry::states;

namespace {

constexpr std::string_view stand_in = R"sh(#!/bin/bash
set -eu
data() { echo "$ZFS_STAND_IN/${1//\//%}"; }
mounted() { grep -qF " $1 " /proc/self/mountinfo; }
away() { local at; at=$(cat "$1/mountpoint"); if [[ $at != none ]] && mounted "$at"; then umount "$at"; fi; }
there() { local at; at=$(cat "$1/mountpoint"); mkdir -p "$at"; [[ -z $(ls -A "$at") ]]; mount --bind "$1/data" "$at"; }
last=${!#}
case $1 in
  list) if [[ $last == /* ]]; then [[ -d $last ]]; echo pool/home; else [[ -d $(data "$last") ]]; echo "$last"; fi ;;
  create) d=$(data "$4"); mkdir "$d" "$d/data"; echo "${3#mountpoint=}" >"$d/mountpoint"; there "$d" ;;
  snapshot) cp -a "$(data "${2%@*}")/data" "$(data "${2%@*}")/@${2#*@}" ;;
  clone) d=$(data "$5"); mkdir "$d"; cp -a "$(data "${4%@*}")/@${4#*@}" "$d/data"; echo "${3#mountpoint=}" >"$d/mountpoint"; echo "${4%@*}" >"$d/origin" ;;
  set) d=$(data "$3"); away "$d"; echo "${2#mountpoint=}" >"$d/mountpoint"; [[ $2 == mountpoint=none ]] || there "$d" ;;
  mount) there "$(data "$2")" ;;
  destroy) d=$(data "$last"); if grep -qxF "$last" "$ZFS_STAND_IN"/*/origin 2>/dev/null; then echo "$last has dependent clones" >&2; exit 1; fi; away "$d"; rm -rf "$d" ;;
  *) exit 2 ;;
esac
)sh";

/// Puts the stand-in before whatever the host has.
struct StandIn {
    std::string path_before = getenv("PATH");
    explicit StandIn(const std::string& dir) {
        fs::create_directories(dir + "/datasets");
        write_text(dir + "/zfs", stand_in);
        chmod((dir + "/zfs").c_str(), 0755);
        setenv("ZFS_STAND_IN", (dir + "/datasets").c_str(), 1);
        setenv("PATH", (dir + ":" + path_before).c_str(), 1);
    }
    ~StandIn() {
        setenv("PATH", path_before.c_str(), 1);
        unsetenv("ZFS_STAND_IN");
    }
};

int64_t datasets_of(const std::string& dir) { return std::distance(fs::directory_iterator(dir + "/datasets"), {}); }

}  // namespace

TEST_CASE("on ZFS a state is a dataset, a clone a clone of it, and neither leaves anything") {
    if (geteuid() != 0) return;  // the stand-in mounts
    TempDir temp;
    StandIn tool(temp.path);
    Op op = server_op("test");
    const Config config{.dir = temp.path + "/states", .backend = Backend::zfs, .mb_free_min = 0};
    const std::string to = temp.path + "/clone", other = temp.path + "/other";
    auto states = open_states(config);
    auto one = std::optional(must(states->build(op, "one", fill_small_tree)));
    must(states->clone(op, *one, to));
    CHECK(same_trees(one->path(), to));
    write_text(to + "/left-pad/index.js", "changed");
    auto two = std::optional(must(states->snapshot(op, "two", to, 10)));
    must(states->fork(op, to, other));
    CHECK(read_text(two->path() + "/left-pad/index.js") == "changed");
    CHECK(read_text(other + "/left-pad/index.js") == "changed");
    CHECK(read_text(one->path() + "/left-pad/index.js") == "module.exports = 1");
    CHECK(datasets_of(temp.path) == 4);

    REQUIRE(shell("umount " + to));  // as after a reboot
    states = open_states(config);
    must(states->attach(to));
    CHECK(read_text(to + "/left-pad/index.js") == "changed");
    one.reset();
    CHECK(states->remove(op, "one").error().code == Code::conflict);
    must(states->remove_clone(to));
    must(states->remove_clone(other));
    must(states->remove(op, "one"));
    CHECK(read_text(two->path() + "/left-pad/index.js") == "changed");
    two.reset();
    auto failed =
        states->build(op, "three", [](const std::string&) -> Result<void> { return fail(Code::unavailable, "no"); });
    CHECK_FALSE(failed);
    must(states->remove(op, "two"));
    CHECK(datasets_of(temp.path) == 0);
    CHECK(fs::is_empty(config.dir + "/datasets"));
    CHECK_FALSE(fs::exists(to));
    CHECK_FALSE(fs::exists(other));
    no_left_overs(config.dir, 1);
}

TEST_CASE("a ZFS tool that refuses says what it refused") {
    if (geteuid() != 0) return;
    TempDir temp;
    StandIn tool(temp.path);
    write_text(temp.path + "/zfs",
               "#!/bin/sh\n[ $1 = list ] && echo pool/home && exit 0\necho permission denied; exit 1\n");
    CHECK(choose_backend(temp.path).backend != Backend::zfs);
    auto states = open_states({.dir = temp.path + "/states", .backend = Backend::zfs, .mb_free_min = 0});
    auto refused = states->build(server_op("test"), "one", fill_small_tree);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().cause.find("create") != std::string::npos);
    CHECK(refused.error().cause.find("permission denied") != std::string::npos);
}
