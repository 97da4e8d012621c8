#include <doctest/doctest.h>

#include <string>

#include "base/text.h"
#include "kernel/identity/attempts.h"
#include "kernel/identity/credential.h"
#include "kernel/identity/identity.h"
#include "kernel/identity/password.h"

using namespace ry;
using namespace ry::identity;

TEST_CASE("an API token says that it is one, and a typo is seen without asking the database") {
    Secret token = new_api_token();
    std::string text(token.reveal());
    CHECK(text.starts_with("rmf_"));
    CHECK(text.size() == 53);
    CHECK(is_api_token_shaped(text));
    for (size_t i = 0; i < text.size(); ++i) {
        std::string typo = text;
        typo[i] = typo[i] == 'a' ? 'b' : 'a';
        CAPTURE(i);
        CHECK_FALSE(is_api_token_shaped(typo));
    }
    CHECK_FALSE(is_api_token_shaped(text.substr(0, text.size() - 1)));
    CHECK_FALSE(is_api_token_shaped(text + "a"));
    CHECK_FALSE(is_api_token_shaped(""));
    CHECK(new_api_token().reveal() != text);
}

TEST_CASE("a cookie is 256 random bits, and its CSRF token is bound to it") {
    Secret one = new_cookie(), other = new_cookie();
    CHECK(is_cookie_shaped(one.reveal()));
    CHECK_FALSE(is_cookie_shaped(new_api_token().reveal()));
    CHECK_FALSE(is_cookie_shaped("x"));
    CHECK(unbase64url(one.reveal())->size() == 32);
    CHECK(one.reveal() != other.reveal());
    CHECK(csrf_token_of(one.reveal()) == csrf_token_of(one.reveal()));
    CHECK(csrf_token_of(one.reveal()) != csrf_token_of(other.reveal()));
    CHECK(digest_of("abc") == *unhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));  // FIPS 180-4
}

TEST_CASE("the cookie is for the server alone") {
    std::string plain = set_cookie(Secret("v"), false), tls = set_cookie(Secret("v"), true);
    CHECK(plain == "ramify_session=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=15552000");
    CHECK(tls == plain + "; Secure");
    CHECK(clear_cookie(false) == "ramify_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

TEST_CASE("passwords are kept by argon2id with the parameters that the header names") {
    Op op;
    auto hash = hash_password(op, Secret("correct horse"));
    REQUIRE(hash);
    CHECK(hash->starts_with("$argon2id$v=19$m=" + std::to_string(password_memory_bytes / 1024) + ",t=" + std::to_string(password_passes) + ",p=1$"));
    CHECK(*hash != *hash_password(op, Secret("correct horse")));
    CHECK(*password_matches(op, Secret("correct horse"), *hash));
    CHECK_FALSE(*password_matches(op, Secret("correct horsf"), *hash));
    CHECK_FALSE(*password_matches(op, Secret("anything"), ""));
    CHECK_FALSE(*password_matches(op, Secret(""), ""));
}

TEST_CASE("attempts are bounded by account and by address, and come back after the window") {
    Attempts attempts;
    int64_t now_ms = 1'000'000;
    for (int i = 0; i < attempts_of_account_max; ++i) CHECK(attempts.begin("ada", "192.0.2." + std::to_string(i), now_ms));
    auto refused = attempts.begin("ada", "192.0.2.250", now_ms + 60'000);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::over_quota);
    CHECK(refused.error().retry_after_ms == attempts_window_ms - 60'000);
    CHECK(attempts.begin("bob", "192.0.2.250", now_ms));
    CHECK(attempts.begin("ada", "192.0.2.250", now_ms + attempts_window_ms));

    for (int i = 0; i < attempts_of_address_max; ++i) (void)attempts.begin("user" + std::to_string(i), "192.0.2.99", now_ms);
    CHECK_FALSE(attempts.begin("fresh", "192.0.2.99", now_ms));
    CHECK(attempts.begin("fresh", "192.0.2.98", now_ms));
}

TEST_CASE("a good attempt clears the account's count") {
    Attempts attempts;
    for (int round = 0; round < 3; ++round) {
        for (int i = 1; i < attempts_of_account_max; ++i) CHECK(attempts.begin("ada", "a" + std::to_string(i), 0));
        CHECK(attempts.begin("ada", "a", 0));
        attempts.succeeded("ada", "a");
    }
}

TEST_CASE("counting many accounts needs bounded memory and keeps the newest") {
    Attempts attempts;
    for (int i = 0; i < 30'000; ++i) CHECK(attempts.begin("user" + std::to_string(i), "a" + std::to_string(i), i));
    for (int i = 0; i < attempts_of_account_max; ++i) (void)attempts.begin("ada", "b" + std::to_string(i), 30'000);
    CHECK_FALSE(attempts.begin("ada", "c", 30'000));
}
