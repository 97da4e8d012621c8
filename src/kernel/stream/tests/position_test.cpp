#include <doctest/doctest.h>

#include <random>

#include "kernel/stream/stream.h"

using namespace ry;
using namespace ry::stream;

TEST_CASE("a position reads back as it was written") {
    std::mt19937 random(7);
    for (int i = 0; i < 2'000; ++i) {
        Position position{int64_t(random() % 1'000'000), {}};
        int64_t block = 0;
        for (size_t texts = random() % 5; texts > 0; --texts) {
            block += 1 + int64_t(random() % 100);
            if (block <= position.seq) position.texts.push_back({block, 1 + int64_t(random() % 100'000)});
        }
        CHECK(Position::parse(position.text()) == position);
    }
    CHECK(Position{12, {{5, 184}, {9, 3}}}.text() == "12~5.184~9.3");
    CHECK(Position::parse("") == Position{});
    CHECK(Position::parse("0") == Position{});
}

TEST_CASE("anything else is no position") {
    for (const char* text : {"-1", "01", "x", " 1", "1 ", "1~", "1~1", "1~1.", "1~.1", "1~1.0", "1~0.1", "5~3.1~2.1", "5~3.1~3.1", "5~6.1",
                             "1~1.1.1", "1~1.1~", "1~1.-1", "1~+1.1", "99999999999999999999", "1\n", "~1.1"}) {
        CAPTURE(text);
        CHECK_FALSE(Position::parse(text));
    }
    std::string many = "1000";
    for (int i = 1; i <= 65; ++i) many += "~" + std::to_string(i) + ".1";
    CHECK_FALSE(Position::parse(many));
}
