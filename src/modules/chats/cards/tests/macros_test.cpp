#include "modules/chats/cards/macros.h"

#include <doctest/doctest.h>

#include <set>

namespace ry::chats::cards {
namespace {

std::string expanded(std::string_view text, uint64_t seed = 1) {
    return *expand_macros(text, {.character = "Vera", .user = "Ada, {{char}}", .seed = seed});
}

}  // namespace

TEST_CASE("macros of cards become what they mean, once, and everything else stays") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"{{char}} and {{ USER }}", "Vera and Ada, {{char}}"},
        {"<BOT>, <char>, <User>, <b>", "Vera, Vera, Ada, {{char}}, <b>"},
        {"a{{// note {{char}} }}b{{comment: x}}{{hidden_key:k}}c", "abc"},
        {"{{reverse:añb}} {{reverse:{{char}}}}", "bña areV"},
        {"{{random:only}} {{pick::only}} {{random:a\\,b}}", "only only a,b"},
        {"{{random:{{user}}}}", "Ada, {{char}}"},
        {"{{roll:1}} {{roll:d1}} {{roll:3d1+4}} {{roll::2d1-1}}", "1 1 7 1"},
        {"{{roll:x}} {{roll:0}} {{roll:101d6}} {{roll:d9999999999}}",
         "{{roll:x}} {{roll:0}} {{roll:101d6}} {{roll:d9999999999}}"},
        {"{{time}} {{original}} {{getvar::x}} {{ {{char}} }}", "{{time}} {{original}} {{getvar::x}} {{ Vera }}"},
        {"{{char {{user}} }} }}{{", "{{char Ada, {{char}} }} }}{{"},
        {"", ""},
    };
    for (auto [text, meant] : cases) CHECK(expanded(text) == meant);
}

TEST_CASE("chance follows the seed: the same seed says the same, others say others") {
    constexpr std::string_view text = "{{random:a,b,c,d}}{{random:a,b,c,d}}{{pick:a,b,c,d}}{{pick:a,b,c,d}}{{roll:6}}";
    std::set<std::string> said;
    for (uint64_t seed = 0; seed < 200; ++seed) {
        CHECK(expanded(text, seed) == expanded(text, seed));
        said.insert(expanded(text, seed));
        // What is drawn before a pick does not change it.
        CHECK(expanded("{{random:a,b}}{{random:a,b}}{{pick:1,2,3}}", seed).back() ==
              expanded("{{random:a,b}}{{roll:10000}}{{pick:1,2,3}}", seed).back());
    }
    CHECK(said.size() > 100);
}

TEST_CASE("what macros make is bounded") {
    std::string long_name(10'000, 'n'), many;
    for (int i = 0; i < 200; ++i) many += "{{char}}";
    CHECK(expand_macros(many, {.character = long_name, .user = ""}).error().code == Code::too_large);
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += "{{random:";
    CHECK(expanded(deep) == deep);
}

}  // namespace ry::chats::cards
