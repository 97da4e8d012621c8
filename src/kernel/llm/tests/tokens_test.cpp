// The estimate beside counts of o200k_base, which tests/tokens records.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "kernel/llm/llm.h"

using namespace ry::llm;

TEST_CASE(
    "over prose, chats, code and data the estimate is within 5 % of a real tokenizer on average, and within 10 % of "
    "each") {
    const std::string folder = RAMIFY_SOURCE_DIR "/src/kernel/llm/tests/samples/";
    std::ifstream counts(folder + "counts");
    std::string name;
    double sum = 0;
    int64_t samples = 0, tokens = 0;
    for (; counts >> name >> tokens; ++samples) {
        std::ifstream file(folder + name);
        std::string text((std::istreambuf_iterator<char>(file)), {});
        double error = double(estimate_tokens(text)) / double(tokens) - 1;
        CAPTURE(name);
        CHECK(std::abs(error) < 0.10);
        sum += std::abs(error);
    }
    REQUIRE(samples == 16);
    CHECK(sum / double(samples) < 0.05);
}

TEST_CASE("what is not prose is counted too") {
    CHECK(estimate_tokens("") == 0);
    CHECK(estimate_tokens("a") == 1);
    CHECK(estimate_tokens(" ") == 1);
    CHECK(estimate_tokens("\n\n\n") == 1);
    CHECK(estimate_tokens("12345") == 2);
    CHECK(estimate_tokens("don't") == 2);  // 1.07, and a prompt has no parts of tokens
    CHECK(estimate_tokens("two words ") == estimate_tokens("two words") + 1);
    CHECK(estimate_tokens(std::string(200, '-')) < 15);
    CHECK(estimate_tokens(std::string(200, ' ') + "x") == 2);
    CHECK(estimate_tokens("😏😂") >= 2);
    CHECK(estimate_tokens(std::string(1000, '\xff')) > 1000);
}
