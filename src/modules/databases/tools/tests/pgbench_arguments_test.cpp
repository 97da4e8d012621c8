#include "modules/databases/tools/pgbench_arguments.h"

#include <doctest/doctest.h>

using namespace ry::databases::tools;

namespace {

/// The canonical arguments, or "! " and why there are none.
std::string of(std::vector<std::string> arguments) {
    auto read = read_pgbench_arguments(arguments);
    if (!read) return "! " + read.error().message;
    std::string text;
    for (const std::string& argument : *read) text += (text.empty() ? "" : " ") + argument;
    return text;
}

}  // namespace

TEST_CASE("two spellings of one initialisation are one step") {
    CHECK(of({"-i", "-s", "10"}) == "--initialize --scale=10");
    CHECK(of({"-qis10"}) == "--initialize --scale=10");
    CHECK(of({"--scale=3", "--scale", "10", "--init"}) ==
          "! --init begins more than one option: --initialize and --init-steps");
    CHECK(of({"--scale=3", "--scale", "10", "--initialize"}) == "--initialize --scale=10");
    CHECK(of({"-i", "-s1", "-F", "100", "--partitions=0"}) == "--initialize");
    CHECK(of({"-I", "dtg"}) == "--initialize --init-steps=dtg");
    CHECK(of({"-n", "-i", "--foreign-keys", "--partition-m", "hash", "--partitions", "4"}) ==
          "--initialize --no-vacuum --foreign-keys --partition-method=hash --partitions=4");
}

TEST_CASE("what connects, runs a benchmark or is no number is refused with what to do instead") {
    CHECK(of({}) == "! pgbench prepares a database with -i only; add it");
    CHECK(of({"-s", "10"}) == "! pgbench prepares a database with -i only; add it");
    CHECK(of({"-i", "-h", "db"}) == "! --host says where to connect; every state has its own server: leave it away");
    CHECK(of({"-i", "shop"}) == "! \"shop\" names a database; every state has its own server: leave it away");
    CHECK(of({"-i", "-T", "60"}) ==
          "! --time is of a benchmark; prepare the database with -i, then `ramify db run pgbench`");
    CHECK(of({"-i", "-s"}) == "! --scale needs a value");
    CHECK(of({"-i", "-s", "many"}) == "! --scale must be a number from 1 to 20000");
    CHECK(of({"-i", "-s", "0"}) == "! --scale must be a number from 1 to 20000");
    CHECK(of({"-i", "-I", "dxg"}) == "! --init-steps are letters of dtgGvpf");
    CHECK(of({"-i", "--unlogged-tables"}).starts_with("! --unlogged-tables makes tables that a crash empties"));
    CHECK(of({"-i", "--no-such"}) == "! pgbench has no option --no-such; `pgbench --help` lists them");
    CHECK(of({"-i", "--foreign-keys=yes"}) == "! --foreign-keys takes no value");
    CHECK(of({"-ik"}) == "! pgbench has no option -k; `pgbench --help` lists them");
}
