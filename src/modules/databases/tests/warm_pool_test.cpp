#include "modules/databases/warm_pool.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::databases;

namespace {

struct Ready {
    WarmKey key;
    bool is_alive = true;
};
using Pool = WarmPool<Ready>;

const OrganizationId ours = OrganizationId::fresh(), theirs = OrganizationId::fresh();
WarmKey key(const std::string& state_id, OrganizationId organization = ours) { return {organization, state_id}; }
void use(Pool& pool, const std::string& state_id, int64_t now_ms = 0) {
    pool.note(key(state_id), {.id = state_id}, now_ms);
}
bool lives(const Ready& one) { return one.is_alive; }

}  // namespace

TEST_CASE("copies are wanted of the latest states first, then more of those that are asked for often") {
    Pool pool;
    CHECK(pool.wanted(4, 0).empty());
    for (const char* state : {"a", "b", "c", "c", "c"}) use(pool, state);
    CHECK(pool.wanted(0, 0).empty());
    CHECK(pool.wanted(2, 0) == std::map<WarmKey, int>{{key("b"), 1}, {key("c"), 1}});
    CHECK(pool.wanted(4, 0) == std::map<WarmKey, int>{{key("a"), 1}, {key("b"), 1}, {key("c"), 2}});
    CHECK(pool.wanted(100, 0) == std::map<WarmKey, int>{{key("a"), 1}, {key("b"), 1}, {key("c"), 3}});
    CHECK(pool.wanted(100, Pool::wanted_ms).empty());
    use(pool, "c", Pool::wanted_ms);  // after a pause it begins anew
    CHECK(pool.wanted(100, Pool::wanted_ms) == std::map<WarmKey, int>{{key("c"), 1}});
}

TEST_CASE("what is missing is made, and what is dead or too much goes") {
    Pool pool;
    use(pool, "a");
    use(pool, "b");
    use(pool, "b");
    CHECK(pool.missing(3, 0)->key == key("b"));
    pool.ready = {{key("b")}, {key("b")}};
    CHECK(pool.missing(3, 0)->key == key("a"));
    pool.ready.push_back({key("a")});
    CHECK_FALSE(pool.missing(3, 0));
    CHECK(pool.take_unwanted(3, 0, lives).empty());
    pool.ready[0].is_alive = false;
    pool.ready.push_back({key("never asked for")});
    CHECK(pool.take_unwanted(3, 0, lives).size() == 2);
    CHECK(pool.take_unwanted(1, 0, lives).size() == 1);  // the latest state keeps its own
    CHECK(pool.take_unwanted(1, Pool::wanted_ms, lives).size() == 1);
    CHECK(pool.ready.empty());
}

TEST_CASE("a copy is for its own organization and state, and what is forgotten is not wanted") {
    Pool pool;
    use(pool, "a");
    pool.ready = {{key("a", theirs)}, {key("b")}, {key("a")}};
    CHECK(pool.take(key("a"))->key == key("a"));
    CHECK_FALSE(pool.take(key("a")));
    CHECK(pool.ready.size() == 2);
    pool.forget(key("a"));
    CHECK(pool.wanted(9, 0).empty());
    for (size_t i = 0; i < 2 * Pool::recent_max; ++i) use(pool, std::to_string(i));
    CHECK(pool.recent.size() == Pool::recent_max);
}
