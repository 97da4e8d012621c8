#include "kernel/identity/service_accounts.h"

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "kernel/audit/audit.h"
#include "kernel/identity/credential.h"
#include "kernel/identity/inside.h"
#include "kernel/identity/queries.gen.h"
#include "kernel/identity/service_account_queries.gen.h"
#include "kernel/identity/trust_rule.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::identity {
namespace {

/// Shown where people have their address; `.invalid` is nobody's (RFC 2606 §2).
std::string email_of(UserId account) { return account.text() + "@service-account.invalid"; }

Error no_such_account() { return fail(Code::not_found, "there is no such service account"); }

/// The role may be given, and the caller may all that it may.
Result<void> check_role(access::Role role, access::PermissionSet limit) {
    if (role == access::Role::owner) return invalid("/role", "must be viewer, developer or admin: the owners of an organization are people");
    auto all = access::PermissionSet::of(role);
    if ((all & limit) == all) return {};
    return fail(Code::forbidden, "a service account may do no more than you may yourself; ask an owner, or give it a lower role");
}

/// The caller may all that the account may, as it is now.
Result<void> check_reach(const ServiceAccount& account, access::PermissionSet limit) {
    if (!account.role) return {};
    return check_role(*account.role, limit);
}

std::string object_of(UserId account) { return "service_account:" + account.text(); }

/// What the audit shows of a token that was let in: what the rule asked for, as the token has it.
std::string admitted_text(const TrustRule& rule, const oidc::IdToken& token) {
    std::string text;
    for (const TrustedClaim& claim : rule.claims)
        if (const std::string* value = token.find(claim.name)) text += " " + claim.name + "=" + *value;
    return utf8_text(text);
}

std::string subject_of(const oidc::IdToken& token) {
    const std::string* subject = token.find("sub");
    return utf8_text(utf8_prefix(subject ? *subject : token.issuer, 100));
}

/// The same words whatever was wrong: who asks learns nothing about accounts and rules that it is not let in by.
Error refused() { return fail(Code::unauthenticated, "the ID token is not one that this service account trusts; the audit log and the server's log say why, and an admin can change its trust rules"); }

}  // namespace

/// What an account trusts, of one issuer.
struct ServiceAccounts::Candidates {
    OrganizationId organization;  ///< whose audit a refusal goes to: the operator's for an unknown account
    std::optional<UserId> account;
    std::vector<TrustRule> rules;
};

Result<std::vector<ServiceAccount>> ServiceAccounts::accounts(store::Tx& tx, std::optional<UserId> only) {
    auto rows = TRY(tx.many(sql::service_accounts, {.only = only}));
    auto rules = TRY(tx.many(sql::trust_rules, {.only = only}));
    std::vector<UserId> ids;
    for (const ServiceAccountRow& row : rows) ids.push_back(row.id);
    auto roles = TRY(access_.organization_roles(tx, ids));
    std::vector<ServiceAccount> all;
    for (ServiceAccountRow& row : rows) {
        ServiceAccount account{.id = row.id, .name = std::move(row.name), .role = {}, .created_at = row.created_at, .trust_rules = {}};
        for (const access::Membership& membership : roles)
            if (membership.user_id == row.id) account.role = membership.role;
        for (TrustRule& rule : rules)
            if (rule.service_account_id == row.id) account.trust_rules.push_back(std::move(rule));
        all.push_back(std::move(account));
    }
    return all;
}

Result<ServiceAccount> ServiceAccounts::account(store::Tx& tx, UserId id) {
    auto found = TRY(accounts(tx, id));
    if (found.empty()) return no_such_account();
    return std::move(found[0]);
}

Result<std::vector<ServiceAccount>> ServiceAccounts::list(const Op& op) {
    return store_.read(op, "identity.service_accounts", [&](store::Tx& tx) { return accounts(tx, {}); });
}

Result<ServiceAccount> ServiceAccounts::find(const Op& op, UserId id) {
    return store_.read(op, "identity.service_account", [&](store::Tx& tx) { return account(tx, id); });
}

Result<ServiceAccount> ServiceAccounts::create(const Op& op, const CreateServiceAccount& form, access::PermissionSet limit) {
    TRY(check_role(form.role, limit));
    UserId id = UserId::fresh();
    return store_.write(op, "identity.create_service_account", [&](store::Tx& tx) -> Result<ServiceAccount> {
        audit::object(tx, object_of(id));
        if (TRY(tx.run(sql::add_service_account, {.id = id, .name = form.name, .email = email_of(id), .accounts_max = service_accounts_max})) == 0)
            return fail(Code::over_quota, "the organization has " + std::to_string(service_accounts_max) + " service accounts already; delete one first");
        TRY(access_.grant(tx, id, form.role));
        return account(tx, id);
    });
}

Result<ServiceAccount> ServiceAccounts::change(const Op& op, UserId id, const ChangeServiceAccount& form, access::PermissionSet limit) {
    if (form.role) TRY(check_role(*form.role, limit));
    return store_.write(op, "identity.change_service_account", [&](store::Tx& tx) -> Result<ServiceAccount> {
        audit::object(tx, object_of(id));
        ServiceAccount known = TRY(account(tx, id));
        TRY(check_reach(known, limit));
        if (form.name) tx.queue(sql::rename_service_account, {.id = id, .name = *form.name});
        if (form.role) TRY(access_.grant(tx, id, *form.role));
        return account(tx, id);
    });
}

Result<void> ServiceAccounts::remove(const Op& op, UserId id, access::PermissionSet limit) {
    return store_.write(op, "identity.remove_service_account", [&](store::Tx& tx) -> Result<void> {
        audit::object(tx, object_of(id));
        ServiceAccount known = TRY(account(tx, id));
        TRY(check_reach(known, limit));
        identities_.credentials_changed(tx);
        TRY(access_.revoke_all(tx, id));
        if (TRY(tx.run(sql::remove_service_account, {.id = id})) == 0) return no_such_account();
        return {};
    });
}

Result<TrustRule> ServiceAccounts::create_trust_rule(const Op& op, UserId id, const CreateTrustRule& form, access::PermissionSet limit) {
    TRY(issuers_.check_issuer(form.issuer));
    TRY(check_claims(form.issuer, form.claims));
    if (form.permissions) TRY(check_scope(*form.permissions, limit));
    TrustRuleId rule = TrustRuleId::fresh();
    return store_.write(op, "identity.create_trust_rule", [&](store::Tx& tx) -> Result<TrustRule> {
        audit::object(tx, "trust_rule:" + rule.text());
        ServiceAccount known = TRY(account(tx, id));
        TRY(check_reach(known, limit));
        auto made = TRY(tx.maybe(sql::add_trust_rule, {.id = rule, .service_account_id = id, .issuer = form.issuer, .audience = form.audience, .claims = form.claims,
                                                       .permissions = form.permissions, .token_lifetime_s = form.token_lifetime_s, .rules_max = trust_rules_max}));
        if (!made) return fail(Code::over_quota, "the service account has " + std::to_string(trust_rules_max) + " trust rules already; delete one first, or use a * in one");
        return *std::move(made);
    });
}

Result<void> ServiceAccounts::remove_trust_rule(const Op& op, UserId id, TrustRuleId rule) {
    return store_.write(op, "identity.remove_trust_rule", [&](store::Tx& tx) -> Result<void> {
        audit::object(tx, "trust_rule:" + rule.text());
        if (TRY(tx.run(sql::remove_trust_rule, {.id = rule, .service_account_id = id})) == 0) return fail(Code::not_found, "the service account has no such trust rule");
        return {};
    });
}

Result<ServiceAccounts::Candidates> ServiceAccounts::candidates(const Op& op, const ExchangeToken& form, const std::string& issuer) {
    return store_.system_read(op, "identity.trust_candidates", [&](store::Tx& tx) -> Result<Candidates> {
        UserId id = UserId::parse(form.client_id).value_or(UserId{});
        auto organization = TRY(tx.maybe(sql::organization_of_service_account, {.id = id}));
        auto operators = TRY(tx.maybe(sql::first_organization, {}));
        Candidates found{.organization = organization ? *organization : operators.value_or(OrganizationId{}), .account = {}, .rules = {}};
        if (organization) found.account = id;
        found.rules = TRY(tx.many(sql::trust_candidates, {.organization_id = found.organization, .service_account_id = id, .issuer = issuer}));
        return found;
    });
}

/// The rule that lets the token in. `unauthenticated` with the reason, for the audit and the log.
Result<TrustRule> ServiceAccounts::rule_for(const Op& op, const Candidates& known, const oidc::IdToken& token) {
    if (known.rules.empty()) {
        issuers_.verify_nobody(token);
        return fail(Code::unauthenticated, known.account ? "no rule trusts the issuer " + token.issuer : "there is no such service account");
    }
    TRY(issuers_.verify(op, token));
    TRY(oidc::check_times(token, now()));
    std::string why;
    for (const TrustRule& rule : known.rules) {
        std::string misfit = misfit_of(rule, token);
        if (misfit.empty()) return rule;
        why += (why.empty() ? "" : "; ") + rule.id.text() + ": " + misfit;
    }
    return fail(Code::unauthenticated, why);
}

Result<ExchangedToken> ServiceAccounts::give_token(const Op& op, const TrustRule& rule, const oidc::IdToken& token) {
    Secret text = new_api_token();
    std::string digest = digest_of(text.reveal());
    TokenId id = TokenId::fresh();
    Time expires_at{now().us + rule.token_lifetime_s * 1'000'000};
    TRY(store_.write(op, "identity.exchange_token", [&](store::Tx& tx) -> Result<void> {
        audit::object(tx, object_of(op.actor.user) + admitted_text(rule, token));
        tx.queue(sql::remove_expired_tokens, {.user_id = op.actor.user});
        tx.queue(sql::touch_trust_rule, {.id = rule.id});
        auto made = TRY(tx.maybe(sql::add_token, {.id = id, .user_id = op.actor.user, .token_hash = {digest}, .name = subject_of(token), .permissions = rule.permissions,
                                                  .expires_at = expires_at, .tokens_max = exchanged_tokens_max}));
        if (!made) return fail(Code::over_quota, "the service account has " + std::to_string(exchanged_tokens_max) + " tokens at once already; wait until some are over, or make them live shorter (token_lifetime_s)");
        return {};
    }));
    return ExchangedToken{std::string(text.reveal()), std::string(access_token_type), "Bearer", rule.token_lifetime_s};
}

Result<ExchangedToken> ServiceAccounts::exchange_token(const Op& op, const ExchangeToken& form) {
    if (form.grant_type != token_exchange_grant) return invalid("/grant_type", "must be " + std::string(token_exchange_grant));
    if (form.subject_token_type != id_token_type && form.subject_token_type != jwt_type) return invalid("/subject_token_type", "must be " + std::string(id_token_type));
    // By the account and the address together: who fails elsewhere does not lock out the jobs of the account.
    std::string attempt = form.client_id + " from " + op.actor.address;
    TRY(attempts_.begin(attempt, op.actor.address, steady_ms()));
    auto token = oidc::parse_id_token(form.subject_token);
    Candidates known = TRY(candidates(op, form, token ? token->issuer : ""));
    auto rule = token ? rule_for(op, known, *token) : Result<TrustRule>(token.error());
    if (rule) {
        attempts_.succeeded(attempt, op.actor.address);
        return give_token(on_behalf(op, known.organization, *known.account, ActorKind::token), *rule, *token);
    }
    const Error& error = rule.error();
    std::string why = utf8_text(error.message), account = known.account ? known.account->text() : utf8_text(form.client_id);
    telemetry::log(telemetry::Level::warning, "token_exchange_refused",
                   {{"request_id", op.request_id}, {"client_id", account}, {"issuer", token ? utf8_text(token->issuer) : ""}, {"subject", token ? subject_of(*token) : ""}, {"why", why}, {"cause", error.cause}});
    if (error.code == Code::cancelled) return error;
    if (error.code != Code::unauthenticated) {
        attempts_.succeeded(attempt, op.actor.address);  // an issuer that is down is nobody's fault
        Error later = fail(Code::unavailable, "the keys of the ID token's issuer cannot be had now; try again in some seconds", error.message);
        later.retry_after_ms = 5'000;
        return later;
    }
    TRY(audit::denied(store_, on_behalf(op, known.organization, known.account.value_or(UserId{}), ActorKind::token), "identity.exchange_token", "service_account:" + account + " " + why));
    return refused();
}

}  // namespace ry::identity
