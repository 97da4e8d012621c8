#include "modules/chats/prompt.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::chats;

namespace {

std::vector<Turn> turns(int count, size_t words) {
    std::vector<Turn> all;
    for (int i = 0; i < count; ++i) {
        std::string text = std::to_string(i) + ":";
        for (size_t word = 0; word < words; ++word) text += " word";
        all.push_back({i % 2 ? Role::assistant : Role::user, text});
    }
    return all;
}

}  // namespace

TEST_CASE("a prompt that fits has everything, in order, behind the system message") {
    auto prompt = fit_prompt("Be kind.", turns(5, 10), 64'000);
    REQUIRE(prompt);
    CHECK(prompt->messages.size() == 6);
    CHECK(llm::text_of(prompt->messages[0]) == "Be kind.");
    CHECK(llm::text_of(prompt->messages[1]).starts_with("0:"));
    CHECK(llm::text_of(prompt->messages[5]).starts_with("4:"));
    CHECK(prompt->turns_left_out == 0);
}

TEST_CASE("of a history that is too long the oldest turns are left out, by tokens and never by a count") {
    for (int64_t window : {2'000, 4'000, 16'000}) {
        auto prompt = fit_prompt("Be kind.", turns(200, 100), window);
        REQUIRE(prompt);
        CHECK(prompt->tokens <= window - answer_tokens(window));
        CHECK(prompt->turns_left_out > 0);
        CHECK(prompt->turns_left_out + int64_t(prompt->messages.size()) - 1 == 200);
        CHECK(llm::text_of(prompt->messages.back()).starts_with("199:"));
        // One more turn would not have fitted.
        CHECK(prompt->tokens + 110 > window - answer_tokens(window));
    }
}

TEST_CASE("a last message that does not fit is refused with what to do") {
    auto prompt = fit_prompt("", turns(1, 5'000), 2'000);
    REQUIRE_FALSE(prompt);
    CHECK(prompt.error().code == Code::invalid);
    CHECK(prompt.error().message.find("Settings → Models") != std::string::npos);
}

TEST_CASE("empty answers, of attempts that failed, are not sent") {
    auto prompt = fit_prompt("", {{Role::user, "a"}, {Role::assistant, ""}, {Role::user, "b"}}, 64'000);
    REQUIRE(prompt);
    CHECK(prompt_json(*prompt) == R"([{"role":"user","text":"a"},{"role":"user","text":"b"}])");
}
