#include "kernel/oidc/id_token.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace ry;
using namespace ry::oidc;

namespace {

std::string compact(const std::string& header, const std::string& claims, const std::string& signature = "c2lnbmVk") {
    return base64url(header) + "." + base64url(claims) + "." + signature;
}
std::string with_claims(const std::string& members) { return compact(R"({"alg":"RS256"})", R"({"iss":"https://a","aud":"b","iat":1000,"exp":2000)" + members + "}"); }
std::string with_header(const std::string& header) { return compact(header, R"({"iss":"https://a","aud":"b","iat":1000,"exp":2000})"); }

std::string wrong(const std::string& text) {
    auto token = parse_id_token(text);
    return token ? "" : token.error().message;
}

std::string at(int64_t seconds, const std::string& members = "") {
    auto good = check_times(*parse_id_token(with_claims(members)), Time{seconds * 1'000'000});
    return good ? "" : good.error().message;
}

}  // namespace

TEST_CASE("a token gives its times, its audiences, and the claims that can be compared") {
    std::string text = compact(R"({"typ":"JWT","alg":"ES256","kid":"k1"})",
                               R"({"iss":"https://gitlab.com","aud":["b","c"],"iat":1000.5,"exp":2000,"nbf":990,"project_id":22,"ref_protected":true,"groups":["x"],"sub":"project_path:acme/shop"})");
    auto token = parse_id_token(text);
    REQUIRE(token);
    CHECK(token->algorithm == Algorithm::ES256);
    CHECK(token->key_id == "k1");
    CHECK(token->issuer == "https://gitlab.com");
    CHECK(token->audiences == std::vector<std::string>{"b", "c"});
    CHECK(token->issued_at_s == 1000);
    CHECK(token->not_before_s == 990);
    CHECK(*token->find("project_id") == "22");
    CHECK(*token->find("ref_protected") == "true");
    CHECK(*token->find("sub") == "project_path:acme/shop");
    CHECK_FALSE(token->find("groups"));
    CHECK(token->signature == "signed");
    CHECK(token->signed_part + ".c2lnbmVk" == text);
}

TEST_CASE("what is no token is refused, and the log learns why") {
    struct Row {
        std::string text, says;
    };
    const Row rows[] = {
        {"", "three parts"},
        {"a.b", "three parts"},
        {"a.b.c.d", "three parts"},
        {"!.!.!", "base64url"},
        {compact("[]", "{}"), "header that is not a JSON object"},
        {with_header("{}"), "RS256 or ES256"},
        {with_header(R"({"alg":"none"})"), "RS256 or ES256"},
        {with_header(R"({"alg":"HS256"})"), "RS256 or ES256"},
        {with_header(R"({"alg":"rs256"})"), "RS256 or ES256"},
        {with_header(R"({"alg":["RS256"]})"), "RS256 or ES256"},
        {with_header(R"({"alg":"RS256","alg":"none"})"), "RS256 or ES256"},
        {with_header(R"({"alg":"RS256","crit":["exp"]})"), "crit"},
        {with_header(R"({"alg":"RS256","kid":")" + std::string(300, 'k') + R"("})"), "kid"},
        {compact(R"({"alg":"RS256"})", "null"), "payload that is not a JSON object"},
        {compact(R"({"alg":"RS256"})", R"({"aud":"b","iat":1,"exp":2})"), "`iss`"},
        {compact(R"({"alg":"RS256"})", R"({"iss":"a","iat":1,"exp":2})"), "`aud`"},
        {compact(R"({"alg":"RS256"})", R"({"iss":"a","aud":[],"iat":1,"exp":2})"), "`aud`"},
        {compact(R"({"alg":"RS256"})", R"({"iss":"a","aud":"b","exp":2})"), "`iat`"},
        {compact(R"({"alg":"RS256"})", R"({"iss":"a","aud":"b","iat":1})"), "`exp`"},
        {compact(R"({"alg":"RS256"})", R"({"iss":"a","aud":"b","iat":1,"exp":"2"})"), "`exp`"},
        {compact(R"({"alg":"RS256"})", R"({"iss":"a","aud":"b","iat":1,"exp":1e300})"), "`exp`"},
        {compact(R"({"alg":"RS256"})", R"({"iss":"a","aud":"b","iat":1,"exp":-5})"), "`exp`"},
        {compact(R"({"alg":"RS256"})", R"({"iss":"a","aud":"b","iat":1,"exp":2})", ""), "no signature"},
        {std::string(id_token_bytes_max + 1, 'a'), "bytes"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(wrong(row.text).contains(row.says));
    }
    std::string many;
    for (size_t i = 0; i < claims_max; ++i) many += ",\"c" + std::to_string(i) + "\":1";
    CHECK(wrong(with_claims(many)).contains("claims"));
    std::string deep = ",\"a\":" + std::string(20, '[') + std::string(20, ']');
    CHECK(wrong(with_claims(deep)).contains("JSON"));
}

TEST_CASE("a token is valid from iat and nbf to exp, give or take a minute, and lives a day at most") {
    CHECK(at(1000) == "");
    CHECK(at(1999) == "");
    CHECK(at(2059) == "");
    CHECK(at(2060).contains("`exp`"));
    CHECK(at(940) == "");
    CHECK(at(939).contains("`iat`"));
    CHECK(at(1000, ",\"nbf\":1060") == "");
    CHECK(at(1000, ",\"nbf\":1061").contains("`nbf`"));
    CHECK(at(1000, ",\"exp\":" + std::to_string(1000 + id_token_lifetime_s_max)) == "");
    CHECK(at(1000, ",\"exp\":" + std::to_string(1001 + id_token_lifetime_s_max)).contains("a day"));
}
