// `ramify db` where there is no network but loopback.
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "cli/tests/shop_repository.h"

namespace ry::cli {
namespace {

using testing::Ran;
using testing::ShopRepository;

constexpr int cannot = 250;  // this process may not make a network

bool has_loopback_alone() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
    ifreq loopback{};
    std::string_view("lo").copy(loopback.ifr_name, sizeof loopback.ifr_name);
    loopback.ifr_flags = IFF_UP;
    return ::ioctl(socket.get(), SIOCSIFFLAGS, &loopback) == 0;
}

/// The command in a network that has loopback and nothing else.
Ran offline(const ShopRepository& shop, const std::string& command) {
    pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) ::_exit(has_loopback_alone() ? shop.shell(command, shop.root()).exit : cannot);
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, testing::content_of(shop.folder + "/out"), testing::content_of(shop.folder + "/err")};
}

/// Each line must succeed.
constexpr std::string_view script = R"sh(
ramify() { "$RAMIFY" "$@"; }
is() { test "$1" = "$2" || { echo "$1 is not $2" >&2; exit 1; }; }
ramify db init
ramify db prepare psql --name shop -- -f schema.sql
ramify db plan psql -- -f schema.sql
is "$(ramify db psql shop -- -Atc 'select count(*) from item')" 2
is "$(psql "$(ramify db dsn shop --output dsn)" -Atc 'select count(*) from item')" 2
ramify db fork shop --name copy
is "$(ramify db psql copy -- -Atc 'delete from item where id = 1 returning id' | head -n 1)" 1
ramify db snapshot copy shop@after
is "$(ramify db run --from shop@after -- psql -Atc 'select count(*) from item')" 1
ramify db compare psql --from shop@after --to shop@after -- -c 'select 1'
ramify db diff --from shop --to copy --data
ramify db reset copy
ramify db switch copy shop@after
ramify db sleep copy
ramify db wake copy
ramify db prepare migrations -- migrations
ramify db prepare pgbench -- -i
pg_dump -Fc "$(ramify db dsn shop --output dsn)" > shop.dump
ramify db prepare dump -- --no-owner shop.dump
RAMIFY_SOURCE="$(ramify db dsn shop --output dsn)" ramify db prepare clone
ramify db discover
ramify db ls --all
ramify db status --cache
ramify db gc
ramify db rm copy
ramify db stop --all
)sh";

TEST_CASE("without a network, with loopback alone, everything of db works") {
    ShopRepository shop;
    shop.write("schema.sql", "create table item (id int primary key); insert into item values (1), (2);\n");
    shop.write("migrations/001_item.sql", "create table item (id int);\n");
    shop.write("offline.sh", script);
    Ran ran = offline(shop, "RAMIFY=" RAMIFY_BINARY_DIR "/ramify RAMIFY_DATA_DIR=" + shop.folder + "/data TMPDIR=" + shop.folder + "/tmp sh -ex offline.sh");
    if (ran.exit == cannot) {
        MESSAGE("this process may not make a network of its own");
        return;
    }
    CHECK_MESSAGE(ran.exit == 0, ran.out << ran.err);
}

}  // namespace
}  // namespace ry::cli
