// Who a chat is with: what its first message says.
#include "modules/chats/profiles.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::chats;

TEST_CASE("a chat begins with the greetings of the card that say something, with names in place of macros") {
    cards::Character vera{.name = "Vera Long",
                          .nickname = "Vera",
                          .first_mes = "I am {{char}}, {{user}}. {{random:a,b,c,d}}{{pick:1,2,3,4}}",
                          .alternate_greetings = {" ", "Hi, {{User}}!"}};
    auto greetings = greetings_of(vera, "Ada", 7);
    REQUIRE(greetings.size() == 2);
    CHECK(greetings[0].starts_with("I am Vera, Ada. "));
    CHECK(greetings[1] == "Hi, Ada!");
    CHECK(greetings_of(vera, "Ada", 7) == greetings);
    CHECK(greetings_of({.name = "Silent"}, "Ada", 7).empty());

    cards::Character talker{
        .name = "T", .first_mes = std::string("a\0b", 3), .alternate_greetings = std::vector<std::string>(500, "x")};
    CHECK(greetings_of(talker, "Ada", 7).size() == greetings_max);
    CHECK(greetings_of(talker, "Ada", 7)[0] == "a\uFFFDb");
    talker.first_mes = std::string(text_bytes_max - 10, 'x') + "{{char}}{{user}}";
    CHECK(greetings_of(talker, std::string(100, 'A'), 7)[0].size() == text_bytes_max);
}

TEST_CASE("chance in a chat follows its id") {
    ChatId one = ChatId::fresh(), other = ChatId::fresh();
    CHECK(macro_seed(one) == macro_seed(one));
    CHECK(macro_seed(one) != macro_seed(other));
}
