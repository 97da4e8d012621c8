#include "kernel/oidc/issuers.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "base/text.h"
#include "kernel/fetch/fetch.h"
#include "kernel/oidc/key_set.h"
#include "testing/id_token_issuer.h"

using namespace ry;
using namespace ry::oidc;
using ry::testing::IdTokenIssuer;

namespace {

constexpr std::string_view discovery = "/.well-known/openid-configuration";

Op op() {
    Op op = server_op("test");
    op.deadline = Deadline::in_ms(30'000);
    return op;
}

/// An issuer, and what asks it for its keys.
struct Lab {
    explicit Lab(int64_t unknown_key_pause_ms = 60'000) : pause_ms(unknown_key_pause_ms) {}

    IdTokenIssuer issuer;
    int64_t pause_ms;
    fetch::Fetch fetch{{.allowed_private_hosts = {issuer.host_port()}}};
    Issuers issuers{fetch, {.plain_http_hosts = {issuer.host_port()}, .unknown_key_pause_ms = pause_ms, .failure_pause_ms = 0}};

    /// "good", or why not.
    std::string verdict(const std::string& text) {
        auto token = parse_id_token(text);
        if (!token) return token.error().message;
        auto verified = issuers.verify(op(), *token);
        return verified ? "good" : verified.error().message;
    }
};

bool says(const std::string& verdict, std::string_view what) { return verdict.contains(what); }

}  // namespace

TEST_CASE("what an issuer signed with RS256 or ES256 is good, and its keys are fetched once") {
    Lab lab;
    CHECK(lab.verdict(lab.issuer.token({{"aud", "\"ramify\""}})) == "good");
    CHECK(lab.verdict(lab.issuer.token({{"aud", "[\"ramify\",\"other\"]"}}, "ES256")) == "good");
    CHECK(lab.issuer.asked(discovery) == 1);
    CHECK(lab.issuer.asked("/jwks") == 1);
}

TEST_CASE("threads that need the keys at once have them fetched once") {
    Lab lab;
    std::string token = lab.issuer.token({{"aud", "\"ramify\""}});
    std::vector<std::string> verdicts(8);
    std::vector<std::thread> threads;
    for (auto& verdict : verdicts) threads.emplace_back([&lab, &token, &verdict] { verdict = lab.verdict(token); });
    for (auto& thread : threads) thread.join();
    CHECK(verdicts == std::vector<std::string>(8, "good"));
    CHECK(lab.issuer.asked("/jwks") == 1);
}

TEST_CASE("what the issuer did not sign is refused") {
    Lab lab;
    const std::string audience = R"("ramify")", claims = lab.issuer.claims({{"aud", audience}});
    const std::string kid = lab.issuer.key_id("RS256");
    auto header = [](const std::string& alg, const std::string& kid_of) { return R"({"alg":")" + alg + R"(","kid":")" + kid_of + R"("})"; };
    std::string good = lab.issuer.token({{"aud", audience}});
    std::string signature = good.substr(good.rfind('.'));

    CHECK(says(lab.verdict(lab.issuer.signed_with("none", header("none", kid), claims)), "RS256 or ES256"));
    CHECK(says(lab.verdict(lab.issuer.signed_with("HS256", header("HS256", kid), claims)), "RS256 or ES256"));
    // An algorithm of one type with the key of another.
    CHECK(says(lab.verdict(lab.issuer.signed_with("RS256", header("ES256", kid), claims)), "`kid`"));
    CHECK(says(lab.verdict(lab.issuer.signed_with("HS256", header("RS256", kid), claims)), "signature"));
    CHECK(says(lab.verdict(lab.issuer.signed_with("none", header("RS256", kid), claims)), "no signature"));
    CHECK(says(lab.verdict(lab.issuer.signed_with("RS256", header("RS256", lab.issuer.key_id("ES256")), claims)), "`kid`"));
    // The signature of other claims; a signature that was cut.
    CHECK(says(lab.verdict(base64url(header("RS256", kid)) + "." + base64url(lab.issuer.claims({{"aud", R"("else")"}})) + signature), "signature"));
    CHECK(says(lab.verdict(good.substr(0, good.size() - 8)), "signature"));
    std::string ec = lab.issuer.token({{"aud", audience}}, "ES256");
    CHECK(says(lab.verdict(ec.substr(0, ec.rfind('.') + 1) + base64url(std::string(64, '\0'))), "signature"));
    CHECK(says(lab.verdict(ec.substr(0, ec.rfind('.') + 1) + base64url(std::string(63, 'x'))), "signature"));
    CHECK(lab.verdict(good) == "good");
}

TEST_CASE("a new key is found at once, and unknown keys do not make the issuer's server busy") {
    Lab lab;
    std::string old = lab.issuer.token({{"aud", "\"ramify\""}});
    CHECK(lab.verdict(old) == "good");
    lab.issuer.rotate();
    CHECK(lab.verdict(lab.issuer.token({{"aud", "\"ramify\""}})) == "good");
    CHECK(says(lab.verdict(old), "`kid`"));  // its key was withdrawn
    for (int i = 0; i < 10; ++i) CHECK(says(lab.verdict(lab.issuer.signed_with("RS256", R"({"alg":"RS256","kid":"unknown"})", lab.issuer.claims({{"aud", "\"ramify\""}}))), "`kid`"));
    CHECK(lab.issuer.asked("/jwks") == 2);
}

TEST_CASE("keys that are known hold while the issuer is down; without them the answer is to try again") {
    Lab lab(0);
    std::string good = lab.issuer.token({{"aud", "\"ramify\""}});
    auto code = [&](const std::string& text) { return lab.issuers.verify(op(), *parse_id_token(text)).error().code; };
    std::string document = R"({"issuer":")" + lab.issuer.url() + R"(","jwks_uri":")" + lab.issuer.url() + R"(/jwks"})";

    lab.issuer.publish(std::string(discovery), "");
    CHECK(code(good) == Code::unavailable);
    lab.issuer.publish(std::string(discovery), "not json");
    CHECK(says(lab.verdict(good), "not a JSON object"));
    lab.issuer.publish(std::string(discovery), R"({"issuer":"https://another.example","jwks_uri":")" + lab.issuer.url() + R"(/jwks"})");
    CHECK(says(lab.verdict(good), "another issuer"));
    lab.issuer.publish(std::string(discovery), R"({"issuer":")" + lab.issuer.url() + R"(","jwks_uri":"http://another.example/jwks"})");
    CHECK(says(lab.verdict(good), "jwks_uri"));
    lab.issuer.publish(std::string(discovery), document);
    lab.issuer.publish("/jwks", std::string(key_set_bytes_max + 1, ' '));
    CHECK(code(good) == Code::too_large);
    lab.issuer.publish("/jwks", R"({"keys":"none"})");
    CHECK(code(good) == Code::unavailable);
    lab.issuer.publish("/jwks", lab.issuer.key_set());
    CHECK(lab.verdict(good) == "good");
    lab.issuer.publish(std::string(discovery), "");
    CHECK(lab.verdict(good) == "good");
    // A key that nobody knows needs the issuer.
    CHECK(code(lab.issuer.signed_with("RS256", R"({"alg":"RS256","kid":"new"})", lab.issuer.claims({{"aud", "\"ramify\""}}))) == Code::unavailable);
}

TEST_CASE("issuers are https addresses; http is for hosts of the configuration") {
    Lab lab;
    auto is_allowed = [&](std::string_view issuer) { return lab.issuers.check_issuer(issuer).has_value(); };
    CHECK(is_allowed("https://token.actions.githubusercontent.com"));
    CHECK(is_allowed("https://git.example.com:8443/path"));
    CHECK(is_allowed(lab.issuer.url()));
    for (std::string_view bad : {"", "https://", "https:///path", "http://gitlab.com", "http://127.0.0.1:1", "ftp://a", "gitlab.com", "https://a@b", "https://a?b", "https://a#b", "https://a b"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_allowed(bad));
    }
    CHECK_FALSE(is_allowed("https://" + std::string(issuer_bytes_max, 'a')));
}

TEST_CASE("an issuer at a private address is asked only when the configuration has it") {
    IdTokenIssuer issuer;
    fetch::Fetch fetch;
    Issuers issuers(fetch, {.plain_http_hosts = {issuer.host_port()}, .failure_pause_ms = 0});
    CHECK(issuers.verify(op(), *parse_id_token(issuer.token({{"aud", "\"ramify\""}}))).error().code == Code::forbidden);
    CHECK(issuer.asked(discovery) == 0);
}

TEST_CASE("a key set gives the keys that verify signatures, and leaves out others") {
    IdTokenIssuer issuer;
    std::string real = issuer.key_set();
    CHECK(KeySet::parse(real)->keys().size() == 2);
    auto keys_in = [](const std::string& key) { return KeySet::parse(R"({"keys":[)" + key + "]}")->keys().size(); };
    CHECK(keys_in("") == 0);
    CHECK(keys_in(R"("text",1,null,{})") == 0);
    CHECK(keys_in(R"({"kty":"oct","k":"AAAA"})") == 0);
    CHECK(keys_in(R"({"kty":"RSA","n":")" + base64url(std::string(128, '\xff')) + R"(","e":"AQAB"})") == 0);    // 1024 bits
    CHECK(keys_in(R"({"kty":"RSA","n":")" + base64url(std::string(2048, '\xff')) + R"(","e":"AQAB"})") == 0);   // 16384 bits
    CHECK(keys_in(R"({"kty":"EC","crv":"P-256","x":")" + base64url(std::string(32, '\1')) + R"(","y":")" + base64url(std::string(32, '\1')) + R"("})") == 0);  // not on the curve
    std::string encrypting = real;
    for (size_t at; (at = encrypting.find("\"sig\"")) != std::string::npos;) encrypting.replace(at, 5, "\"enc\"");
    CHECK(KeySet::parse(encrypting)->keys().empty());
    std::string many = "{}";
    for (size_t i = 0; i < keys_max; ++i) many += ",{}";
    CHECK_FALSE(KeySet::parse(R"({"keys":[)" + many + "]}"));
    CHECK_FALSE(KeySet::parse("[]"));
}

TEST_CASE("a token without a key's name is verified only when there is one key that it can mean") {
    Lab lab(0);
    std::string nameless = lab.issuer.signed_with("RS256", R"({"alg":"RS256"})", lab.issuer.claims({{"aud", "\"ramify\""}}));
    CHECK(lab.verdict(nameless) == "good");
    std::string twice = lab.issuer.key_set();
    twice = R"({"keys":[)" + twice.substr(9, twice.find("},{") - 8) + "," + twice.substr(9);
    lab.issuer.publish("/jwks", twice);
    Issuers others(lab.fetch, {.plain_http_hosts = {lab.issuer.host_port()}, .unknown_key_pause_ms = 0});
    CHECK_FALSE(others.verify(op(), *parse_id_token(nameless)));
}
