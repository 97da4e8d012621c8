// Which model of a policy answers, as a table.
#include "modules/chats/model_chain.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::chats;

namespace {

void add(ModelChain& chain, std::string name, int64_t context_tokens, double tokens_out_usd) {
    Model model;
    model.name = name;
    model.context_tokens = context_tokens;
    llm::Model endpoint;
    endpoint.price.tokens_out_usd = tokens_out_usd;
    chain.add(std::move(model), std::move(endpoint));
}

}  // namespace

TEST_CASE("the first model that the question fits and that the policy can pay is asked") {
    ModelChain chain;
    add(chain, "small", 4'000, 0);
    add(chain, "dear", 64'000, 100);  // 16,000 tokens of an answer: 1.60 US dollars
    add(chain, "right", 64'000, 1);
    REQUIRE(chain.begin(3'500, 0.5));
    CHECK(chain.current().model.name == "right");
    CHECK(chain.passed_over_json() ==
          R"([{"model":"small","reason":"the prompt of 3500 tokens does not fit into its window of 4000"},)"
          R"({"model":"dear","reason":"an answer may cost 1.6 US dollars, and the policy allows 0.5"}])");
}

TEST_CASE("a model that takes no images is passed over when the question has some") {
    ModelChain chain;
    Model blind;
    blind.name = "blind";
    blind.takes_images = false;
    chain.add(blind, {});
    add(chain, "sighted", 64'000, 0);
    REQUIRE(chain.begin(10, {}));
    CHECK(chain.current().model.name == "blind");
    REQUIRE(chain.begin(10, {}, true));
    CHECK(chain.current().model.name == "sighted");
    CHECK(chain.passed_over_json() == R"([{"model":"blind","reason":"it takes no images"}])");
}

TEST_CASE("none is left: the error says why, and the first stays the current one") {
    ModelChain chain;
    add(chain, "dear", 64'000, 100);
    auto begun = chain.begin(10, 0.5);
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code == Code::over_quota);
    CHECK(begun.error().message.contains("1.6 US dollars"));
    CHECK(chain.current().model.name == "dear");
}

TEST_CASE("what another model may mend goes on to the next, and nothing else does") {
    struct Row {
        Code code;
        bool goes_on;
    };
    const Row rows[] = {{Code::unavailable, true}, {Code::timed_out, true},  {Code::over_quota, true},
                        {Code::forbidden, true},   {Code::not_found, true},  {Code::unsupported, true},
                        {Code::invalid, false},    {Code::cancelled, false}, {Code::too_large, false}};
    for (const Row& row : rows) {
        ModelChain chain;
        add(chain, "first", 64'000, 0);
        add(chain, "second", 64'000, 0);
        REQUIRE(chain.begin(10, {}));
        CHECK(chain.passed_over_json() == "[]");
        CHECK(chain.go_on(fail(row.code, "why")) == row.goes_on);
        CHECK(chain.current().model.name == (row.goes_on ? "second" : "first"));
        CHECK(chain.go_on(fail(Code::unavailable, "why")) != row.goes_on);
    }
}
