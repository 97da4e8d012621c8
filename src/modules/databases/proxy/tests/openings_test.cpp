#include "modules/databases/proxy/openings.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/guarded.h"

using namespace ry;
using namespace ry::databases;

namespace {

struct Seen {
    bool may_go = false;
    int stuck = 0, done = 0;
};

/// A task that waits until it may go.
auto stuck(Guarded<Seen>& seen) {
    return [&seen] {
        seen.change([](Seen& now) { ++now.stuck; });
        seen.wait_until(
            std::chrono::steady_clock::time_point::max(), [](const Seen& now) { return now.may_go; }, [](Seen&) {});
        seen.change([](Seen& now) { ++now.done; });
    };
}
void wait_for(Guarded<Seen>& seen, auto ready) {
    CHECK(seen.wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(120), ready, [](Seen&) {}));
}

}  // namespace

TEST_CASE("a database that does not start keeps no other waiting") {
    Guarded<Seen> seen;
    Guarded<int> others{0};
    Openings openings(3, 100, 2);
    for (int i = 0; i < 10; ++i) CHECK(openings.submit("stuck", stuck(seen)));
    wait_for(seen, [](const Seen& now) { return now.stuck == 2; });
    for (int i = 0; i < 10; ++i)
        CHECK(openings.submit("other", [&others] { others.change([](int& count) { ++count; }); }));
    CHECK(others.wait_until(
        std::chrono::steady_clock::now() + std::chrono::seconds(120), [](int count) { return count == 10; },
        [](int) {}));
    seen.change([](Seen& now) { now.may_go = true; });
    wait_for(seen, [](const Seen& now) { return now.done == 10; });
}

TEST_CASE("what is too much to wait is refused, and closing drops what waits") {
    Guarded<Seen> seen;
    Openings openings(1, 2, 8);
    CHECK(openings.submit("a", stuck(seen)));
    wait_for(seen, [](const Seen& now) { return now.stuck == 1; });
    CHECK(openings.submit("a", stuck(seen)));
    CHECK(openings.submit("b", stuck(seen)));
    CHECK_FALSE(openings.submit("c", stuck(seen)));
    seen.change([](Seen& now) { now.may_go = true; });
    openings.close();
    CHECK_FALSE(openings.submit("a", stuck(seen)));
}
