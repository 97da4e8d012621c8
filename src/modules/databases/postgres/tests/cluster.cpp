// A cluster: how it starts, who gets in, what a snapshot of it holds, and how it ends.
#include "modules/databases/postgres/cluster.h"

#include <doctest/doctest.h>

#include "modules/databases/postgres/tests/story.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::testing;

TEST_CASE("a cluster answers on its socket, with the password and not without") {
    Story story;
    Server server = story.start_fresh();
    CHECK(server.ask("select current_user || ' ' || current_setting('server_version_num')::int / 10000") ==
          "postgres 15");
    Client stranger("host=" + server.cluster->socket_dir() + " user=postgres dbname=postgres password=wrong");
    CHECK_FALSE(stranger.is_open());
    CHECK(stranger.error().find("password authentication failed") != std::string::npos);
    Client without("host=" + server.cluster->socket_dir() + " user=postgres dbname=postgres");
    CHECK_FALSE(without.is_open());
    CHECK(server.cluster->is_alive());
}
