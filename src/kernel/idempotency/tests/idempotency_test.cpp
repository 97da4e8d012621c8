#include "kernel/idempotency/idempotency.h"

#include <doctest/doctest.h>

#include <thread>

#include "kernel/idempotency/all_queries.gen.h"
#include "testing/database.h"

using namespace ry;
using State = http::IdempotencyStart::State;

TEST_CASE("every statement prepares, with the types that its signature says") {
    testing::Database database({&idempotency::schema});
    CHECK(testing::problems_of(database, idempotency::sql::all) == "");
    CHECK(testing::problems_of_schema(database) == "");
}

TEST_CASE("the first request with a key goes on; later ones wait for it, get its answer, or are told that it is another request") {
    testing::Database database({&idempotency::schema});
    idempotency::Requests requests(database.store());
    Op op = database.op();
    CHECK(requests.begin(op, "k", "post a")->state == State::fresh);
    CHECK(requests.begin(op, "k", "post a")->state == State::running);
    CHECK(requests.begin(op, "k", "post b")->state == State::other_body);
    REQUIRE(requests.finish(op, "k", "the answer"));
    auto again = requests.begin(op, "k", "post a");
    CHECK(again->state == State::finished);
    CHECK(again->answer == "the answer");
    CHECK(requests.begin(op, "k", "post b")->state == State::other_body);
    CHECK(requests.begin(database.stranger(), "k", "post b")->state == State::fresh);
}

TEST_CASE("a key of a request that failed is fresh again, and so is one whose server died") {
    testing::Database database({&idempotency::schema});
    idempotency::Requests requests(database.store());
    Op op = database.op();
    REQUIRE(requests.begin(op, "k", "post a"));
    requests.abandon(op, "k");
    CHECK(requests.begin(op, "k", "post b")->state == State::fresh);
    database.run_as_superuser("update idempotency.request set runs_until = now() - interval '1 second'");
    CHECK(requests.begin(op, "k", "post b")->state == State::fresh);
    CHECK(requests.begin(op, "k", "post b")->state == State::running);
    REQUIRE(requests.finish(op, "k", "x"));
    database.run_as_superuser("update idempotency.request set created_at = now() - interval '25 hours'");
    CHECK(requests.begin(op, "k", "post c")->state == State::fresh);
}

TEST_CASE("of many at once with one key exactly one goes on") {
    testing::Database database({&idempotency::schema});
    idempotency::Requests requests(database.store());
    std::atomic<int> fresh = 0, others = 0;
    {
        std::vector<std::jthread> callers;
        for (int i = 0; i < 12; ++i)
            callers.emplace_back([&] {
                auto begun = requests.begin(database.op(), "k", "same");
                if (begun && begun->state == State::fresh) ++fresh;
                else if (begun && begun->state == State::running) ++others;
            });
    }
    CHECK(fresh == 1);
    CHECK(others == 11);
}
