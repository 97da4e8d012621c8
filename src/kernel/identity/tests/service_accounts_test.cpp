#include "kernel/identity/service_accounts.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/text.h"
#include "kernel/audit/audit.h"
#include "kernel/fetch/fetch.h"
#include "kernel/identity/identity.h"
#include "testing/database.h"
#include "testing/id_token_issuer.h"

using namespace ry;
using namespace ry::identity;
using access::PermissionSet;
using access::Role;
using ry::testing::IdTokenIssuer;
using ry::testing::TokenClaims;

namespace {

Op request(std::string address = "192.0.2.1") {
    Op op;
    op.actor.address = std::move(address);
    op.request_id = "req";
    op.deadline = Deadline::in_ms(30'000);
    return op;
}

Op as(const Identity& who) {
    Op op = request();
    op.actor = who.actor;
    op.organization = who.organization.id;
    return op;
}

/// A server with an owner, an issuer, and the account `ci` that trusts jobs of acme/shop on its branches.
struct Lab {
    IdTokenIssuer issuer;
    testing::Database database{{&audit::schema, &access::schema, &identity::schema}};
    store::Store& store = database.store();
    access::Access access{store};
    Identities identities{store, access};
    fetch::Fetch fetch{{.allowed_private_hosts = {issuer.host_port()}}};
    oidc::Issuers issuers{fetch, {.plain_http_hosts = {issuer.host_port()}, .failure_pause_ms = 0}};
    ServiceAccounts accounts{store, access, identities, issuers};
    Identity owner = organization("ada@example.org");
    ServiceAccount ci;
    TrustRule rule;

    Lab() {
        store.set_before_commit(audit::before_commit);
        auto made = accounts.create(as(owner), {.name = "ci"}, PermissionSet::all());
        REQUIRE(made);
        ci = *made;
        auto trusted = trust({{"repository", "acme/shop"}, {"ref", "refs/heads/*"}}, {{"databases.read", "databases.write"}});
        REQUIRE(trusted);
        rule = *trusted;
    }
    Identity organization(const std::string& email) {
        auto made = identities.create_organization(request(), "Acme", {.name = "Ada", .email = email, .password = "correct horse", .role = Role::owner});
        REQUIRE(made);
        return *made;
    }
    Result<TrustRule> trust(std::vector<TrustedClaim> claims, std::optional<std::vector<std::string>> permissions = {}) {
        return accounts.create_trust_rule(as(owner), ci.id, {.issuer = issuer.url(), .audience = "https://ramify.example.com", .claims = std::move(claims), .permissions = std::move(permissions)}, PermissionSet::all());
    }
    /// Claims as GitHub Actions signs them, with changes.
    static TokenClaims github(const TokenClaims& with = {}) {
        TokenClaims claims = {{"aud", "\"https://ramify.example.com\""}, {"sub", "\"repo:acme/shop:ref:refs/heads/main\""}, {"repository", "\"acme/shop\""},
                              {"ref", "\"refs/heads/main\""}, {"repository_id", "\"22\""}, {"jti", "\"one\""}};
        for (const auto& [name, value] : with) claims[name] = value;
        return claims;
    }
    Result<ExchangedToken> exchange(const std::string& id_token, std::string client_id = {}, std::string address = "192.0.2.1") {
        if (client_id.empty()) client_id = ci.id.text();
        return accounts.exchange_token(request(std::move(address)), {std::string(token_exchange_grant), id_token, std::string(id_token_type), client_id});
    }
    Result<Identity> who(const ExchangedToken& token) { return identities.authenticate(request(), {.bearer = token.access_token}); }
    audit::Entry last_entry() { return audit::list(store, as(owner), {})->items.at(0); }
};

}  // namespace

TEST_CASE("a job's ID token becomes a token of the service account, with the rights of its rule, for an hour") {
    Lab lab;
    for (std::string_view algorithm : {"RS256", "ES256"}) {
        auto token = lab.exchange(lab.issuer.token(lab.github(), algorithm));
        REQUIRE_MESSAGE(token, token.error().message);
        CHECK(token->access_token.starts_with("rmf_"));
        CHECK(token->issued_token_type == access_token_type);
        CHECK(token->token_type == "Bearer");
        CHECK(token->expires_in == 3'600);
        auto who = lab.who(*token);
        REQUIRE(who);
        CHECK(who->user.id == lab.ci.id);
        CHECK(who->user.name == "ci");
        CHECK(who->organization.id == lab.owner.organization.id);
        CHECK(who->permissions.names() == std::vector<std::string>{"databases.read", "databases.write"});
    }
    // The audit says who came, and the list of tokens whose they are.
    auto entry = lab.last_entry();
    CHECK(entry.action == "identity.exchange_token");
    CHECK(entry.object == "service_account:" + lab.ci.id.text() + " repository=acme/shop ref=refs/heads/main");
    Op theirs = as(lab.owner);
    theirs.actor.user = lab.ci.id;
    auto tokens = lab.identities.tokens(theirs);
    REQUIRE(tokens->size() == 2);
    CHECK(tokens->at(0).name == "repo:acme/shop:ref:refs/heads/main");
    CHECK(tokens->at(0).expires_at);
    CHECK(lab.accounts.find(as(lab.owner), lab.ci.id)->trust_rules.at(0).last_used_at);
}

TEST_CASE("a GitLab job is let in by its project") {
    Lab lab;
    REQUIRE(lab.trust({{"project_path", "acme/*"}, {"ref_protected", "true"}, {"project_id", "22"}}));
    TokenClaims gitlab = {{"aud", "[\"https://ramify.example.com\"]"}, {"sub", "\"project_path:acme/shop:ref_type:branch:ref:main\""}, {"project_path", "\"acme/shop\""}, {"project_id", "22"}, {"ref_protected", "true"}};
    auto token = lab.exchange(lab.issuer.token(gitlab));
    REQUIRE_MESSAGE(token, token.error().message);
    CHECK(lab.who(*token)->permissions == lab.identities.authenticate(request(), {.bearer = token->access_token})->permissions);
    CHECK(lab.who(*token)->permissions.contains("databases.write"));
    CHECK(lab.who(*token)->permissions.contains("apps.write"));  // the rule has no limit: what a developer may
    gitlab["ref_protected"] = "false";
    CHECK(lab.exchange(lab.issuer.token(gitlab)).error().code == Code::unauthenticated);
}

TEST_CASE("whatever is wrong with an ID token, who brings it learns the same, and the audit says which") {
    Lab lab;
    IdTokenIssuer other;
    std::string now_s = std::to_string(now().us / 1'000'000), past_s = std::to_string(now().us / 1'000'000 - 3'600), future_s = std::to_string(now().us / 1'000'000 + 3'600);
    struct Row {
        std::string token, client_id, why;
    };
    const std::string ci = lab.ci.id.text();
    std::string header = R"({"alg":"none","kid":")" + lab.issuer.key_id("RS256") + R"("})", confused = R"({"alg":"HS256","kid":")" + lab.issuer.key_id("RS256") + R"("})";
    std::string good = lab.issuer.token(lab.github());
    const Row rows[] = {
        {lab.issuer.token(lab.github({{"ref", "\"refs/pull/1/merge\""}})), ci, "ref is \"refs/pull/1/merge\", not \"refs/heads/*\""},
        {lab.issuer.token(lab.github({{"repository", "\"evil/shop\""}})), ci, "repository is \"evil/shop\""},
        {lab.issuer.token(lab.github({{"repository", ""}})), ci, "there is no repository"},
        {lab.issuer.token(lab.github({{"repository", "[\"acme/shop\"]"}})), ci, "there is no repository"},
        {lab.issuer.token(lab.github({{"aud", "\"https://other.example.com\""}})), ci, "aud is"},
        {lab.issuer.token(lab.github({{"iat", past_s}, {"exp", past_s}})), ci, "`exp`"},
        {lab.issuer.token(lab.github({{"nbf", future_s}})), ci, "`nbf`"},
        {lab.issuer.token(lab.github({{"iat", future_s}, {"exp", future_s}})), ci, "`iat`"},
        {good.substr(0, good.rfind('.')) + "." + base64url(std::string(256, 's')), ci, "signature"},
        {lab.issuer.signed_with("none", header, lab.issuer.claims(lab.github())), ci, "RS256 or ES256"},
        {lab.issuer.signed_with("HS256", confused, lab.issuer.claims(lab.github())), ci, "RS256 or ES256"},
        {other.token(lab.github()), ci, "no rule trusts the issuer"},
        {other.token(lab.github({{"iss", '"' + lab.issuer.url() + '"'}})), ci, "signature"},
        {"nonsense", ci, "three parts"},
        {good, UserId::fresh().text(), "no such service account"},
        {good, lab.owner.user.id.text(), "no such service account"},  // a person
        {good, "nonsense", "no such service account"},
    };
    std::string words;
    for (const Row& row : rows) {
        CAPTURE(row.why);
        auto refused = lab.exchange(row.token, row.client_id, "192.0.2." + std::to_string(10 + (&row - rows)));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Code::unauthenticated);
        if (words.empty()) words = refused.error().message;
        CHECK(refused.error().message == words);
        CHECK(refused.error().faults.empty());
        auto entry = lab.last_entry();
        CHECK(entry.action == "identity.exchange_token");
        CHECK(entry.object.contains(row.why));
    }
    CHECK(other.asked("/jwks") == 0);  // nobody trusts it
    CHECK(lab.exchange(good));
    CHECK(lab.accounts.exchange_token(request(), {"password", good, std::string(id_token_type), ci}).error().code == Code::invalid);
    CHECK(lab.accounts.exchange_token(request(), {std::string(token_exchange_grant), good, "access_token", ci}).error().code == Code::invalid);
}

TEST_CASE("after many refusals an address waits, and the account's jobs elsewhere do not") {
    Lab lab;
    std::string good = lab.issuer.token(lab.github());
    for (int i = 0; i < attempts_of_account_max; ++i) CHECK(lab.exchange("nonsense").error().code == Code::unauthenticated);
    auto refused = lab.exchange(good);
    CHECK(refused.error().code == Code::over_quota);
    CHECK(refused.error().retry_after_ms > 0);
    CHECK(lab.exchange(good, {}, "192.0.2.2"));
}

TEST_CASE("a service account that is deleted, or loses its role, may nothing from then on") {
    Lab lab;
    auto token = lab.exchange(lab.issuer.token(lab.github()));
    REQUIRE(token);
    CHECK(lab.who(*token)->permissions.contains("databases.write"));
    REQUIRE(lab.accounts.change(as(lab.owner), lab.ci.id, {.name = "build", .role = Role::viewer}, PermissionSet::all()));
    CHECK_FALSE(lab.who(*token)->permissions.contains("databases.write"));
    CHECK(lab.who(*token)->permissions.contains("databases.read"));
    REQUIRE(lab.store.write(as(lab.owner), "test.revoke_all", [&](store::Tx& tx) { return lab.access.revoke_all(tx, lab.ci.id); }));
    CHECK(lab.who(*token)->permissions.names().empty());
    REQUIRE(lab.accounts.remove(as(lab.owner), lab.ci.id, PermissionSet::all()));
    CHECK(lab.who(*token).error().code == Code::unauthenticated);
    CHECK(lab.exchange(lab.issuer.token(lab.github())).error().code == Code::unauthenticated);
    CHECK(lab.accounts.find(as(lab.owner), lab.ci.id).error().code == Code::not_found);
    CHECK(lab.accounts.list(as(lab.owner))->empty());
}

TEST_CASE("a rule that is deleted lets nobody in, and an issuer that is down is worth another try") {
    Lab lab;
    std::string good = lab.issuer.token(lab.github());
    lab.issuer.publish("/jwks", "");
    auto later = lab.exchange(good);
    CHECK(later.error().code == Code::unavailable);
    CHECK(later.error().retry_after_ms > 0);
    lab.issuer.publish("/jwks", lab.issuer.key_set());
    CHECK(lab.exchange(good));
    REQUIRE(lab.accounts.remove_trust_rule(as(lab.owner), lab.ci.id, lab.rule.id));
    CHECK(lab.exchange(good).error().code == Code::unauthenticated);
    CHECK(lab.accounts.remove_trust_rule(as(lab.owner), lab.ci.id, lab.rule.id).error().code == Code::not_found);
}

TEST_CASE("a service account is no person: it has no password, makes no tokens, and owns no organization") {
    Lab lab;
    CHECK(lab.identities.set_password(as(lab.owner), lab.ci.id, Secret("correct horse")).error().code == Code::not_found);
    auto token = lab.exchange(lab.issuer.token(lab.github()));
    REQUIRE(lab.trust({{"repository", "acme/admin"}}));
    auto all = lab.exchange(lab.issuer.token(lab.github({{"repository", "\"acme/admin\""}})));
    REQUIRE(all);
    auto who = *lab.who(*all);
    CHECK_FALSE(who.permissions.contains("tokens.write"));
    std::string email = who.user.email;
    CHECK(lab.identities.sign_in(request(), {email, "correct horse"}).error().code == Code::unauthenticated);
    CHECK(lab.accounts.create(as(lab.owner), {.name = "boss", .role = Role::owner}, PermissionSet::all()).error().code == Code::invalid);
    CHECK(lab.accounts.change(as(lab.owner), lab.ci.id, {.role = Role::owner}, PermissionSet::all()).error().code == Code::invalid);
}

TEST_CASE("nobody makes or lets in an account that may more than they") {
    Lab lab;
    auto few = *PermissionSet::of(std::vector<std::string>{"members.read", "members.write", "databases.write"});
    CHECK(lab.accounts.create(as(lab.owner), {.name = "more"}, few).error().code == Code::forbidden);
    CHECK(lab.accounts.change(as(lab.owner), lab.ci.id, {.name = "more"}, few).error().code == Code::forbidden);
    CHECK(lab.accounts.remove(as(lab.owner), lab.ci.id, few).error().code == Code::forbidden);
    CreateTrustRule form{.issuer = lab.issuer.url(), .audience = "a", .claims = {{"repository", "acme/shop"}}};
    CHECK(lab.accounts.create_trust_rule(as(lab.owner), lab.ci.id, form, few).error().code == Code::forbidden);
    form.permissions = {{"no.such"}};
    CHECK(lab.accounts.create_trust_rule(as(lab.owner), lab.ci.id, form, PermissionSet::all()).error().code == Code::invalid);
    form.permissions.reset();
    form.issuer = "http://token.example.com";
    CHECK(lab.accounts.create_trust_rule(as(lab.owner), lab.ci.id, form, PermissionSet::all()).error().code == Code::invalid);
}

TEST_CASE("another organization sees no service account and changes none") {
    Lab lab;
    Op theirs = as(lab.organization("eve@example.org"));
    CHECK(lab.accounts.list(theirs)->empty());
    CHECK(lab.accounts.find(theirs, lab.ci.id).error().code == Code::not_found);
    CHECK(lab.accounts.change(theirs, lab.ci.id, {.name = "mine"}, PermissionSet::all()).error().code == Code::not_found);
    CHECK(lab.accounts.remove(theirs, lab.ci.id, PermissionSet::all()).error().code == Code::not_found);
    CHECK(lab.accounts.remove_trust_rule(theirs, lab.ci.id, lab.rule.id).error().code == Code::not_found);
    CHECK(lab.accounts.create_trust_rule(theirs, lab.ci.id, {.issuer = lab.issuer.url(), .audience = "a", .claims = {{"repository", "acme/shop"}}}, PermissionSet::all()).error().code == Code::not_found);
    CHECK(lab.exchange(lab.issuer.token(lab.github())));
}
