#include "base/text.h"

#include <doctest/doctest.h>

using namespace ry;

TEST_CASE("base64url and hex have one spelling for the same bytes") {
    for (std::string bytes : {std::string(), std::string("\0", 1), std::string("\xfb\xff\xfe"), std::string("text")}) {
        CHECK(unbase64url(base64url(bytes)) == bytes);
        CHECK(unhex(hex(bytes)) == bytes);
    }
    CHECK(base64url("\xfb\xff\xfe") == "-__-");
    // "AB": bits that no byte uses must be zero
    for (std::string_view refused : {"-_\xff-", "\x80\x80\x80\x80", "+//+", "-__-=", "A", "AB", " AAA", "AAA\n"}) {
        CAPTURE(refused);
        CHECK_FALSE(unbase64url(refused));
    }
    for (std::string_view refused : {"0", "0g", "00 ", "\xff\xff"}) CHECK_FALSE(unhex(refused));
}

TEST_CASE("a prefix ends between characters") {
    CHECK(utf8_prefix("aé", 2) == "a");
    CHECK(utf8_prefix("aé", 3) == "aé");
    CHECK(utf8_prefix("😀", 3) == "");
    CHECK(utf8_prefix("", 0) == "");
}

TEST_CASE("bytes that are no text become text") {
    CHECK(utf8_text("a\xff" "b") == "a\uFFFD" "b");
    CHECK(utf8_text("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");  // a surrogate
    CHECK(utf8_text(std::string_view("\0", 1)) == "\uFFFD");
}
