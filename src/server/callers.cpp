#include "server/callers.h"

#include "base/text.h"
#include "kernel/audit/audit.h"
#include "kernel/store/store.h"

namespace ry::server {
namespace {

/// The value of the session cookie, or "".
std::string_view cookie_of(const http::Request& request) {
    for (const http::Header& header : request.headers) {
        if (!equals_ignoring_case(header.name, "Cookie")) continue;
        for (std::string_view pair : split(header.value, ';')) {
            pair = trim(pair);
            size_t equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == identity::cookie_name) return pair.substr(equals + 1);
        }
    }
    return "";
}

std::string_view bearer_of(const http::Request& request) {
    std::string_view value = request.headers.get("Authorization");
    constexpr std::string_view scheme = "bearer ";
    if (value.size() < scheme.size() || !equals_ignoring_case(value.substr(0, scheme.size()), scheme)) return "";
    return trim(value.substr(scheme.size()));
}

identity::Credentials credentials_of(const http::Request& request) {
    return {.cookie = cookie_of(request), .bearer = bearer_of(request), .address = request.address};
}

http::CallerPtr caller_of(identity::Identity identity) {
    auto caller = std::make_shared<Caller>();
    caller->actor = identity.actor;
    caller->organization = identity.organization.id;
    caller->project = identity.project.id;
    if (!identity.session.is_nil()) caller->session = identity.session.text();
    caller->csrf_token = identity.csrf_token;
    caller->identity = std::move(identity);
    return caller;
}

const identity::Identity& identity_of(const http::RequestInfo& request) { return static_cast<const Caller&>(*request.caller).identity; }

std::string_view user_agent(const http::RequestInfo& request) { return request.request.headers.get("User-Agent"); }

/// The session, and the cookie that proves it.
http::Answer<identity::Session> with_cookie(identity::SignedIn signed_in, const http::Request& request) {
    http::Answer<identity::Session> answer{.value = std::move(signed_in.session), .headers = {}};
    answer.headers.add("Set-Cookie", identity::set_cookie(signed_in.cookie, request.is_secure));
    return answer;
}

}  // namespace

http::CallerPtr Callers::remembered(const http::Request& request) {
    auto identity = identities_.remembered(credentials_of(request));
    return identity ? caller_of(*std::move(identity)) : nullptr;
}

Result<http::CallerPtr> Callers::identify(const Op& op, const http::Request& request) { return caller_of(TRY(identities_.authenticate(op, credentials_of(request)))); }

Error Callers::refused(const Op& op, const http::Caller&, std::string_view permission) { return access_.refused(op, permission, op.object); }

Result<void> Callers::denied(const Op& op, std::string_view check) { return audit::denied(store_, op, check, op.object); }

Result<Op> Callers::sign_in(const Op& op, const Secret& token, std::string_view permission) {
    if (token.reveal().empty())
        return fail(Code::unauthenticated,
                    "the password is empty; give an API token, which `ramify tokens create NAME` makes");
    auto identity = TRY(identities_.authenticate(op, {.bearer = token.reveal(), .address = op.actor.address}));
    Op theirs = op;
    theirs.actor = identity.actor;
    theirs.organization = identity.organization.id;
    theirs.project = identity.project.id;
    if (identity.permissions.contains(permission)) return theirs;
    TRY(audit::denied(store_, theirs, permission, theirs.object));
    return fail(Code::forbidden,
                "the API token has not got the permission " + std::string(permission) +
                    "; make one that has, or ask an owner or admin of the organization for a role that has it");
}

Result<identity::SetupState> Accounts::setup_state(Op& op) { return identities_.setup_state(op); }

Result<http::Answer<identity::Session>> Accounts::set_up(Op& op, identity::SetUp form, Request request) {
    return with_cookie(TRY(identities_.set_up(op, form, user_agent(request))), request.request);
}

Result<http::Answer<identity::Session>> Accounts::sign_in(Op& op, identity::SignIn form, Request request) {
    return with_cookie(TRY(identities_.sign_in(op, form, user_agent(request))), request.request);
}

Result<http::Response> Accounts::sign_out(Op& op, Request request) {
    TRY(identities_.sign_out(op, identity_of(request).session));
    http::Response response{.status = 204};
    response.headers.add("Set-Cookie", identity::clear_cookie(request.request.is_secure));
    return response;
}

Result<identity::Session> Accounts::session(Op&, Request request) { return identity::session_of(identity_of(request)); }

Result<http::Page<identity::SessionSummary>> Accounts::sessions(Op& op, Request request) {
    return http::Page<identity::SessionSummary>{TRY(identities_.sessions(op, identity_of(request).session)), {}};
}

Result<void> Accounts::revoke_session(Op& op, identity::SessionId id) { return identities_.revoke_session(op, id); }

Result<http::Page<identity::Token>> Accounts::tokens(Op& op) { return http::Page<identity::Token>{TRY(identities_.tokens(op)), {}}; }

Result<http::Created<identity::NewToken>> Accounts::create_token(Op& op, identity::CreateToken form, Request request) {
    auto made = TRY(identities_.create_token(op, form, identity_of(request).permissions));
    std::string location = "/api/v1/tokens/" + made.id.text();
    return http::Created<identity::NewToken>{std::move(made), std::move(location)};
}

Result<void> Accounts::revoke_token(Op& op, identity::TokenId id, Request request) { return identities_.revoke_token(op, identity_of(request), id); }

Result<access::Explanation> Accounts::explain(Op& op, ExplainPermissions query, Request request) {
    return identities_.explain(op, identity_of(request), query.on.value_or(""));
}

Result<http::Page<audit::Entry>> Accounts::audit_entries(Op& op, audit::ListEntries query) {
    auto page = TRY(audit::list(store_, op, query));
    return http::Page<audit::Entry>{std::move(page.items), std::move(page.next_cursor)};
}

Result<audit::Verification> Accounts::verify_audit(Op& op) { return audit::verify(store_, op); }

std::vector<http::Route> Accounts::routes() {
    namespace route = http::route;
    using http::anyone, http::signed_in;
    return {
        route::get("/api/v1/setup", anyone, "", "Whether the server still waits for its first owner.", &Accounts::setup_state, *this),
        route::post("/api/v1/setup", anyone, "", "Become the first owner, with the token of the set-up link.", &Accounts::set_up, *this).with_secret_answer(),
        route::get("/api/v1/session", signed_in, "session show", "Who is signed in, and what they may do.", &Accounts::session, *this),
        route::post("/api/v1/session", anyone, "", "Sign in with a password.", &Accounts::sign_in, *this).with_secret_answer(),
        route::del("/api/v1/session", signed_in, "", "Sign out.", &Accounts::sign_out, *this),
        route::get("/api/v1/sessions", "sessions.read", "sessions ls", "Where you are signed in.", &Accounts::sessions, *this),
        route::del("/api/v1/sessions/{session_id}", "sessions.write", "sessions rm", "Sign out elsewhere.", &Accounts::revoke_session, *this),
        route::get("/api/v1/tokens", "tokens.read", "tokens ls", "Your API tokens.", &Accounts::tokens, *this),
        route::post("/api/v1/tokens", "tokens.write", "tokens create", "Make an API token; it is shown once.", &Accounts::create_token, *this).with_secret_answer(),
        route::del("/api/v1/tokens/{token_id}", "tokens.write", "tokens rm", "Revoke an API token.", &Accounts::revoke_token, *this),
        route::get("/api/v1/me/permissions", signed_in, "me permissions", "What you may do, and why.", &Accounts::explain, *this),
        route::get("/api/v1/audit_entries", "audit.read", "audit ls", "Who did what, newest first.", &Accounts::audit_entries, *this),
        route::get("/api/v1/audit_entries/verify", "audit.read", "audit verify", "Prove that no entry of the audit log was changed or removed.", &Accounts::verify_audit, *this).with({.deadline_ms = 300'000}),
    };
}

Result<http::Page<identity::ServiceAccount>> ServiceAccountRoutes::list(Op& op) { return http::Page<identity::ServiceAccount>{TRY(accounts_.list(op)), {}}; }

Result<identity::ServiceAccount> ServiceAccountRoutes::find(Op& op, UserId account) { return accounts_.find(op, account); }

Result<http::Created<identity::ServiceAccount>> ServiceAccountRoutes::create(Op& op, identity::CreateServiceAccount form, Request request) {
    auto made = TRY(accounts_.create(op, form, identity_of(request).permissions));
    std::string location = "/api/v1/service_accounts/" + made.id.text();
    return http::Created<identity::ServiceAccount>{std::move(made), std::move(location)};
}

Result<identity::ServiceAccount> ServiceAccountRoutes::change(Op& op, UserId account, identity::ChangeServiceAccount form, Request request) {
    return accounts_.change(op, account, form, identity_of(request).permissions);
}

Result<void> ServiceAccountRoutes::remove(Op& op, UserId account, Request request) { return accounts_.remove(op, account, identity_of(request).permissions); }

Result<http::Created<identity::TrustRule>> ServiceAccountRoutes::create_trust_rule(Op& op, UserId account, identity::CreateTrustRule form, Request request) {
    auto made = TRY(accounts_.create_trust_rule(op, account, form, identity_of(request).permissions));
    std::string location = "/api/v1/service_accounts/" + account.text();
    return http::Created<identity::TrustRule>{std::move(made), std::move(location)};
}

Result<void> ServiceAccountRoutes::remove_trust_rule(Op& op, UserId account, identity::TrustRuleId rule) { return accounts_.remove_trust_rule(op, account, rule); }

Result<http::Answer<identity::ExchangedToken>> ServiceAccountRoutes::exchange_token(Op& op, identity::ExchangeToken form) {
    http::Answer<identity::ExchangedToken> answer{.value = TRY(accounts_.exchange_token(op, form)), .headers = {}};
    answer.headers.add("Cache-Control", "no-store");  // RFC 6749 §5.1
    return answer;
}

std::vector<http::Route> ServiceAccountRoutes::routes() {
    namespace route = http::route;
    using Routes = ServiceAccountRoutes;
    return {
        route::get("/api/v1/service_accounts", "members.read", "service-accounts ls", "Accounts that are no persons, and whose jobs may act as them.", &Routes::list, *this),
        route::post("/api/v1/service_accounts", "members.write", "service-accounts create", "Make an account for CI.", &Routes::create, *this),
        route::get("/api/v1/service_accounts/{service_account_id}", "members.read", "service-accounts show", "A service account with its trust rules.", &Routes::find, *this),
        route::patch("/api/v1/service_accounts/{service_account_id}", "members.write", "service-accounts change", "Give it another name or role.", &Routes::change, *this),
        route::del("/api/v1/service_accounts/{service_account_id}", "members.write", "service-accounts rm", "Delete it; its tokens end at once.", &Routes::remove, *this),
        route::post("/api/v1/service_accounts/{service_account_id}/trust_rules", "members.write", "service-accounts trust", "Trust ID tokens of an issuer that say what you name.", &Routes::create_trust_rule, *this),
        route::del("/api/v1/service_accounts/{service_account_id}/trust_rules/{trust_rule_id}", "members.write", "service-accounts distrust", "Delete a trust rule.", &Routes::remove_trust_rule, *this),
        route::post("/api/v1/oauth/token", http::anyone, "", "Exchange the ID token of a job for a token of a service account (RFC 8693, as JSON).", &Routes::exchange_token, *this).with_secret_answer(),
    };
}

}  // namespace ry::server
