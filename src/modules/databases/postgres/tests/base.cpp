// Bases: what initdb makes of options.
#include "modules/databases/postgres/base.h"

#include <doctest/doctest.h>

#include "modules/databases/postgres/tests/story.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::testing;

TEST_CASE("a base has its locale, encoding and time zone, a superuser without a password, and nobody's way in") {
    Story story;
    std::string dir = story.base();
    CHECK(must(is_shut_down(dir)));
    std::string rules = text_of(dir + "/pg_hba.conf");
    for (std::string_view line : split(rules, '\n')) {
        CAPTURE(line);
        CHECK((trim(line).empty() || line.starts_with('#') || trim(line).ends_with("reject")));
    }
    CHECK(text_of(dir + "/postgresql.conf").find("shared_buffers") == std::string::npos);
    Server server = story.start_on(dir);
    CHECK(server.ask("show server_encoding") == "UTF8");
    CHECK(server.ask("select datcollate || datctype from pg_database where datname = 'postgres'") == "C.UTF-8C.UTF-8");
    CHECK(server.ask("show timezone") == "UTC");
    CHECK(server.ask("show lc_messages") == "C");
    CHECK(server.ask("show datestyle") == "ISO, MDY");
    CHECK(server.ask("show wal_segment_size") == "1MB");
    CHECK(server.ask("show data_checksums") == "off");
    CHECK(server.ask("select string_agg(rolname, ',') from pg_roles where rolcanlogin") == "postgres");
}

TEST_CASE("options reach initdb, and each is in the key") {
    Story story;
    BaseOptions options{.locale = "C",
                        .encoding = "LATIN1",
                        .time_zone = "Europe/Berlin",
                        .wal_segment_mb = 16,
                        .data_checksums = true};
    std::string dir = story.temp.dir("base");
    must(make_base(some_op(), *story.sandbox, story.image, options, dir));
    Server server = story.start_on(dir);
    CHECK(server.ask("show server_encoding") == "LATIN1");
    CHECK(server.ask("show timezone") == "Europe/Berlin");
    CHECK(server.ask("show wal_segment_size") == "16MB");
    CHECK(server.ask("show data_checksums") == "on");
    CHECK(key_text(options) ==
          "locale=C\nencoding=LATIN1\ntime_zone=Europe/Berlin\nwal_segment_mb=16\ndata_checksums=on\n");
    CHECK(key_text({}) == "locale=C.UTF-8\nencoding=UTF8\ntime_zone=UTC\nwal_segment_mb=1\ndata_checksums=off\n");
}

TEST_CASE("options that are wrong are refused in words") {
    Story story;
    auto refused = [&](BaseOptions options) {
        std::string dir = story.temp.dir("base");
        auto made = make_base(some_op(), *story.sandbox, story.image, options, dir);
        fs::remove_all(dir);
        REQUIRE_FALSE(made);
        CHECK(made.error().code == Code::invalid);
        return made.error().message;
    };
    CHECK(refused({.locale = "xx_YY.UTF-8"}).find("invalid locale name") != std::string::npos);
    CHECK(refused({.encoding = "EBCDIC"}).find("EBCDIC") != std::string::npos);
    CHECK(refused({.locale = "C' --auth=trust"}).find("/locale") == 0);
    CHECK(refused({.time_zone = "UTC'\nlisten_addresses = '*"}).find("/time_zone") == 0);
    CHECK(refused({.wal_segment_mb = 128}).find("from 1 to 64") != std::string::npos);
    CHECK(refused({.wal_segment_mb = 3}).find("power of two") != std::string::npos);
}
