// Signing in and out, sessions and API tokens.
#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "kernel/audit/audit.h"
#include "kernel/identity/credential.h"
#include "kernel/identity/inside.h"
#include "kernel/identity/password.h"
#include "kernel/identity/queries.gen.h"
#include "kernel/store/store.h"

namespace ry::identity {
namespace {

/// The accounts of an address, and whose audit a refusal goes to: theirs, or the operator's for an unknown address.
struct Candidates {
    std::vector<Account> accounts;
    OrganizationId organization;
};

Result<Candidates> candidates(store::Store& store, const Op& op, const std::string& email) {
    return store.system_read(op, "identity.accounts", [&](store::Tx& tx) -> Result<Candidates> {
        Candidates found{TRY(tx.many(sql::accounts, {.email = email})), {}};
        auto operators = TRY(tx.maybe(sql::first_organization, {}));
        found.organization = found.accounts.empty() ? operators.value_or(OrganizationId{}) : found.accounts[0].organization_id;
        return found;
    });
}

/// The account whose password it is. An unknown address costs one comparison as well.
Result<std::optional<Account>> account_with(const Op& op, std::vector<Account> accounts, const Secret& password) {
    if (accounts.empty()) accounts.emplace_back();
    for (Account& account : accounts)
        if (TRY(password_matches(op, password, account.password_hash))) return std::optional(std::move(account));
    return std::optional<Account>();
}

}  // namespace

Result<SignedIn> Identities::sign_in(const Op& op, const SignIn& form, std::string_view user_agent) {
    std::string email = lower(trim(form.email));
    TRY(inside_->attempts.begin(email, op.actor.address, steady_ms()));
    Candidates found = TRY(candidates(inside_->store, op, email));
    auto account = TRY(account_with(op, std::move(found.accounts), Secret(form.password)));
    if (!account) {
        TRY(audit::denied(inside_->store, on_behalf(op, found.organization, {}), "identity.sign_in", email));
        return fail(Code::unauthenticated, "the email address or the password is wrong");
    }
    inside_->attempts.succeeded(email, op.actor.address);
    Op theirs = on_behalf(op, account->organization_id, account->user_id);
    Secret cookie = TRY(inside_->store.write(theirs, "identity.sign_in", [&](store::Tx& tx) {
        audit::object(tx, email);
        return inside_->open_session(tx, user_agent);
    }));
    Identity identity = TRY(authenticate(op, {.cookie = cookie.reveal(), .address = op.actor.address}));
    return SignedIn{session_of(identity), std::move(cookie)};
}

Result<void> Identities::sign_out(const Op& op, SessionId session) {
    if (session.is_nil()) return {};
    auto done = revoke_session(op, session);
    if (!done && done.error().code == Code::not_found) return {};
    return done;
}

Result<std::vector<SessionSummary>> Identities::sessions(const Op& op, SessionId current) {
    return inside_->store.read(op, "identity.sessions", [&](store::Tx& tx) { return tx.many(sql::sessions, {.user_id = op.actor.user, .current = current}); });
}

Result<void> Identities::revoke_session(const Op& op, SessionId session) {
    return inside_->store.write(op, "identity.revoke_session", [&](store::Tx& tx) -> Result<void> {
        audit::object(tx, "session:" + session.text());
        inside_->changed(tx);
        if (TRY(tx.run(sql::remove_session, {.user_id = op.actor.user, .id = session})) == 0) return fail(Code::not_found, "there is no such session");
        return {};
    });
}

Result<std::vector<Token>> Identities::tokens(const Op& op) {
    return inside_->store.read(op, "identity.tokens", [&](store::Tx& tx) { return tx.many(sql::tokens, {.user_id = op.actor.user}); });
}

Result<void> check_scope(const std::vector<std::string>& names, access::PermissionSet limit) {
    Error error = fail(Code::invalid, "some of the permissions cannot be given");
    for (size_t i = 0; i < names.size(); ++i) {
        if (limit.contains(names[i])) continue;
        bool exists = access::find_permission(names[i]) != nullptr;
        error.faults.push_back({"/permissions/" + std::to_string(i), exists ? "is a permission that you have not got" : "is not a permission; see /api/v1/me/permissions"});
    }
    if (error.faults.empty()) return {};
    return error;
}

Result<NewToken> Identities::create_token(const Op& op, const CreateToken& form, access::PermissionSet limit) {
    if (form.expires_at && *form.expires_at <= now()) return invalid("/expires_at", "must be in the future");
    if (form.permissions) TRY(check_scope(*form.permissions, limit));
    // Whoever makes a token with a narrower token cannot give it more.
    auto permissions = form.permissions;
    if (!permissions && op.actor.kind == ActorKind::token) permissions = limit.names();
    Secret text = new_api_token();
    std::string digest = digest_of(text.reveal());
    TokenId id = TokenId::fresh();
    auto token = TRY(inside_->store.write(op, "identity.create_token", [&](store::Tx& tx) -> Result<Token> {
        audit::object(tx, "token:" + id.text());
        auto made = TRY(tx.maybe(sql::add_token, {.id = id, .user_id = op.actor.user, .token_hash = {digest}, .name = form.name,
                                                  .permissions = permissions, .expires_at = form.expires_at, .tokens_max = tokens_max}));
        if (!made) return fail(Code::over_quota, "you have " + std::to_string(tokens_max) + " tokens already; revoke one first");
        return *std::move(made);
    }));
    return NewToken{token.id, token.name, token.permissions, token.created_at, token.expires_at, token.last_used_at, std::string(text.reveal())};
}

namespace {

/// Everything that `token` may, `limit` may too.
bool is_within(const Token& token, const Token& limit) {
    if (!limit.permissions) return true;
    return token.permissions && std::ranges::all_of(*token.permissions, [&](const std::string& name) { return std::ranges::find(*limit.permissions, name) != limit.permissions->end(); });
}

}  // namespace

Result<void> Identities::revoke_token(const Op& op, const Identity& who, TokenId token) {
    if (!who.token.is_nil()) {
        auto known = TRY(tokens(op));
        auto own = std::ranges::find(known, who.token, &Token::id), other = std::ranges::find(known, token, &Token::id);
        if (other != known.end() && own != other && (own == known.end() || !is_within(*other, *own))) {
            TRY(audit::denied(inside_->store, op, "identity.revoke_token", "token:" + token.text()));
            return fail(Code::forbidden, "a token may revoke itself and those that may no more than it; sign in to revoke this one");
        }
    }
    return inside_->store.write(op, "identity.revoke_token", [&](store::Tx& tx) -> Result<void> {
        audit::object(tx, "token:" + token.text());
        inside_->changed(tx);
        if (TRY(tx.run(sql::remove_token, {.user_id = op.actor.user, .id = token})) == 0) return fail(Code::not_found, "there is no such token");
        return {};
    });
}

}  // namespace ry::identity
