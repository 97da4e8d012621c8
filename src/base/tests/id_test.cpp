#include "base/id.h"

#include <doctest/doctest.h>

#include "base/time.h"

using namespace ry;

DECLARE_ID(ThingId, "thing");

TEST_CASE("an id reads back as itself, and later ids sort later") {
    ThingId before{};
    for (int i = 0; i < 10'000; ++i) {
        ThingId id = ThingId::fresh();
        CHECK(ThingId::parse(id.text()) == id);
        CHECK(parse_uuid(uuid_text(id.uuid)) == id.uuid);
        CHECK(before < id);
        CHECK(before.text() < id.text());
        before = id;
    }
}

TEST_CASE("what is not an id of the kind is refused") {
    std::string good = ThingId::fresh().text();
    CHECK(good.starts_with("thing_0"));
    for (std::string bad : {std::string(), std::string("thing_"), good + "0", good.substr(1), "chat" + good.substr(5),
                            good.substr(0, good.size() - 1) + "u", "thing_z" + good.substr(7)})
        CHECK_FALSE(ThingId::parse(bad));
}

TEST_CASE("times are read as RFC 3339 and as PostgreSQL writes them") {
    CHECK(rfc3339(Time{0}) == "1970-01-01T00:00:00.000000Z");
    CHECK(rfc3339(Time{-1}) == "1969-12-31T23:59:59.999999Z");
    CHECK(parse_time("2026-11-21T08:06:44.5Z") == parse_time("2026-11-21 08:06:44.5+00"));
    CHECK(parse_time("2026-11-21T10:06:44.5+02:00") == parse_time("2026-11-21T08:06:44.5Z"));
    CHECK(rfc3339(*parse_time("2026-02-28 23:59:59.000001+00")) == "2026-02-28T23:59:59.000001Z");
    for (auto bad : {"", "2026", "2026-11-21", "2026-11-21T08:06:44", "2026-13-21T08:06:44Z", "2026-02-30T00:00:00Z",
                     "2026-11-21T08:06:44.Z", "2026-11-21T08:06:44Zx"})
        CHECK_FALSE(parse_time(bad));
}
