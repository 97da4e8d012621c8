#include "kernel/identity/trust_rule.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::identity;

TEST_CASE("a pattern fits a text, each * any piece of it") {
    struct Row {
        std::string_view pattern, text;
        bool fits;
    };
    const Row rows[] = {
        {"acme/shop", "acme/shop", true},
        {"acme/shop", "acme/shops", false},
        {"acme/shop", "acme/sho", false},
        {"acme/shop", "Acme/shop", false},
        {"refs/heads/*", "refs/heads/main", true},
        {"refs/heads/*", "refs/heads/feature/x", true},
        {"refs/heads/*", "refs/heads/", true},
        {"refs/heads/*", "refs/tags/v1", false},
        {"*/main", "refs/heads/main", true},
        {"*/main", "refs/heads/main/x", false},
        {"a*b*c", "abc", true},
        {"a*b*c", "axxbxxbyyc", true},
        {"a*b*c", "acb", false},
        {"a**c", "abc", true},
        {"*a*a*a*a*a*a*a*a*b", std::string_view("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false},
        {"", "", true},
        {"", "a", false},
        {"a?c", "abc", false},
        {"a.c", "abc", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.text);
        CHECK(fits(row.pattern, row.text) == row.fits);
    }
}

TEST_CASE("claims say whose jobs may come, or the rule is refused") {
    constexpr std::string_view github = "https://token.actions.githubusercontent.com", gitlab = "https://gitlab.com", own = "https://git.example.com";
    struct Row {
        std::string_view issuer;
        std::vector<TrustedClaim> claims;
        std::string_view says;  // "" when the rule is good
    };
    const Row rows[] = {
        {github, {{"repository", "acme/shop"}}, ""},
        {github, {{"repository", "acme/shop"}, {"ref", "refs/heads/*"}}, ""},
        {github, {{"repository", "acme/*"}}, ""},
        {github, {{"repository_owner_id", "12"}}, ""},
        {github, {{"sub", "repo:acme/shop:*"}}, ""},
        {github, {}, "must name one claim at least"},
        {github, {{"ref", "refs/heads/main"}}, "whose jobs may come"},
        {github, {{"repository", "acme*"}}, "whose jobs may come"},
        {github, {{"repository", "*/shop"}}, "whose jobs may come"},
        {github, {{"repository_owner", "acme*"}}, "whose jobs may come"},
        {github, {{"repository_id", "12*"}}, "whose jobs may come"},
        {github, {{"sub", "repo:*"}}, "whose jobs may come"},
        {github, {{"repository", "*"}}, "any text"},
        {github, {{"repository", "acme/shop"}, {"ref", "**"}}, "any text"},
        {github, {{"aud", "x"}}, "checked for every token"},
        {github, {{"repository", "acme/shop"}, {"jti", "x"}}, "checked for every token"},
        {"https://token.actions.githubusercontent.com/", {{"ref", "refs/heads/main"}}, "whose jobs may come"},
        {gitlab, {{"project_path", "acme/shop"}, {"ref_protected", "true"}}, ""},
        {gitlab, {{"namespace_path", "acme"}}, ""},
        {gitlab, {{"project_path", "*"}}, "any text"},
        {gitlab, {{"ref_protected", "true"}}, "whose jobs may come"},
        {own, {{"ref_protected", "true"}}, ""},
        {own, {}, "must name one claim at least"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.issuer);
        CAPTURE((row.claims.empty() ? "" : row.claims[0].name + ": " + row.claims[0].pattern));
        auto checked = check_claims(row.issuer, row.claims);
        CHECK(checked.has_value() == row.says.empty());
        if (!checked) CHECK(checked.error().message.contains(row.says));
    }
}
