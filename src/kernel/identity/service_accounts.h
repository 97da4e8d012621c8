#pragma once
// Service accounts: users of an organization that are no persons, and how a job of CI becomes one: by the ID token that its issuer signs
// (GitHub Actions, GitLab), exchanged for a token of the account that lives an hour (RFC 8693). So CI keeps no secret.
//
//     auto token = TRY(service_accounts.exchange_token(op, {grant_type, subject_token, subject_token_type, client_id}));
//
// An account has a role as people have, up to admin. It has no password, makes no tokens, and is gone with its tokens when it is deleted.
#include <vector>

#include "base/result.h"
#include "kernel/access/access.h"
#include "kernel/identity/attempts.h"
#include "kernel/identity/service_account_model.h"
#include "kernel/oidc/issuers.h"
#include "kernel/op/op.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store

namespace ry::identity {

class Identities;

inline constexpr int64_t service_accounts_max = 100;  ///< of one organization
inline constexpr int64_t trust_rules_max = 20;        ///< of one account
/// Of one account, at once: 1,000 jobs an hour with five commands each.
inline constexpr int64_t exchanged_tokens_max = 5'000;

/// Any thread.
class ServiceAccounts {
public:
    /// All outlive it.
    ServiceAccounts(store::Store& store, access::Access& access, Identities& identities, oidc::Issuers& issuers)
        : store_(store), access_(access), identities_(identities), issuers_(issuers) {}

    /// Those of the Op's organization, by name.
    Result<std::vector<ServiceAccount>> list(const Op& op);
    Result<ServiceAccount> find(const Op& op, UserId account);

    // What follows takes what the caller may (`limit`): nobody makes, changes or lets in an account that may more: forbidden.
    Result<ServiceAccount> create(const Op& op, const CreateServiceAccount& form, access::PermissionSet limit);
    Result<ServiceAccount> change(const Op& op, UserId account, const ChangeServiceAccount& form, access::PermissionSet limit);
    /// Its tokens end with it, at once.
    Result<void> remove(const Op& op, UserId account, access::PermissionSet limit);
    Result<TrustRule> create_trust_rule(const Op& op, UserId account, const CreateTrustRule& form, access::PermissionSet limit);
    /// Tokens that were got by it live on until they are over.
    Result<void> remove_trust_rule(const Op& op, UserId account, TrustRuleId rule);

    /// A short-lived token of the account `client_id`, for an ID token that one of its rules fits. unauthenticated, in the same words for
    /// an unknown account, an unknown issuer, a wrong signature and claims that do not fit: the audit and the log say which. unavailable
    /// when the issuer's keys cannot be had; over_quota after too many refusals.
    Result<ExchangedToken> exchange_token(const Op& op, const ExchangeToken& form);

private:
    struct Candidates;
    Result<std::vector<ServiceAccount>> accounts(store::Tx& tx, std::optional<UserId> only);
    Result<ServiceAccount> account(store::Tx& tx, UserId id);
    Result<Candidates> candidates(const Op& op, const ExchangeToken& form, const std::string& issuer);
    Result<TrustRule> rule_for(const Op& op, const Candidates& known, const oidc::IdToken& token);
    Result<ExchangedToken> give_token(const Op& op, const TrustRule& rule, const oidc::IdToken& token);

    store::Store& store_;
    access::Access& access_;
    Identities& identities_;
    oidc::Issuers& issuers_;
    Attempts attempts_;
};

}  // namespace ry::identity
