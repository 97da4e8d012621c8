#include "modules/databases/liquibase/tool.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

using namespace ry;
using namespace ry::databases::liquibase;

namespace {

struct Host {
    std::string dir = "/tmp/ramify-tool-XXXXXX";
    Host() { REQUIRE(mkdtemp(dir.data())); }
    ~Host() { std::filesystem::remove_all(dir); }
    void write(const std::string& name, const std::string& text = "x") const {
        std::filesystem::create_directories(std::filesystem::path(dir + "/" + name).parent_path());
        std::ofstream(dir + "/" + name) << text;
        std::filesystem::permissions(dir + "/" + name, std::filesystem::perms::owner_all);
    }
    std::string path(const std::string& name) const { return dir + "/" + name; }
};

}  // namespace

TEST_CASE(
    "Liquibase is found by its setting, on the path through links, and in node_modules; drivers of other databases "
    "stay out") {
    Host host;
    for (const char* jar : {"liquibase-core.jar", "postgresql.jar", "snowflake-jdbc.jar", "ojdbc8.jar"})
        host.write("lb/internal/lib/" + std::string(jar));
    host.write("lb/lib/own.jar");
    host.write("lb/liquibase");
    host.write("jdk/bin/java");
    std::filesystem::create_directories(host.path("bin"));
    std::filesystem::create_symlink(host.path("lb/liquibase"), host.path("bin/liquibase"));
    auto found = find_tool({.java_home = host.path("jdk"), .path = "/nowhere:" + host.path("bin")});
    REQUIRE(found);
    CHECK(found->home == host.path("lb"));
    CHECK(found->java == host.path("jdk/bin/java"));
    CHECK(found->java_home == host.path("jdk"));
    CHECK(found->jars ==
          std::vector<std::string>{"internal/lib/liquibase-core.jar", "internal/lib/postgresql.jar", "lib/own.jar"});

    std::filesystem::create_directories(host.path("app/node_modules/liquibase/dist"));
    std::filesystem::rename(host.path("lb"), host.path("app/node_modules/liquibase/dist/liquibase"));
    for (const char* place : {"app", "app/node_modules/liquibase", "app/node_modules/liquibase/dist/liquibase"})
        CHECK(find_tool({.liquibase_home = host.path(place), .java_home = host.path("jdk")}));
}

TEST_CASE("another Liquibase is another one, and what is missing is named") {
    Host host;
    host.write("lb/internal/lib/liquibase-core.jar", "4.28");
    host.write("jdk/bin/java");
    ToolPlaces places{.liquibase_home = host.path("lb"), .java_home = host.path("jdk")};
    std::string before = find_tool(places)->jars_sha256;
    host.write("lb/internal/lib/liquibase-core.jar", "4.29");
    CHECK(find_tool(places)->jars_sha256 != before);
    places.java_home = "";
    CHECK(find_tool(places).error().message.starts_with("Liquibase needs Java"));
    places.liquibase_home = host.path("jdk");
    CHECK(find_tool(places).error().message.starts_with("Liquibase is not in " + host.path("jdk")));
    CHECK(find_tool(places).error().code == Code::unavailable);
}
