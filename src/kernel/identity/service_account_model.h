#pragma once
// The values of service accounts, as the API and the database show them.
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/access/permission.h"
#include "kernel/op/op.h"

namespace ry::identity {

DECLARE_ID(TrustRuleId, "trust");

inline constexpr int64_t token_lifetime_s_usual = 60 * 60;

/// What a claim of an ID token must be.
struct TrustedClaim {
    std::string name;
    std::string pattern;

    static const Fields& fields() {
        using S = TrustedClaim;
        static const Field table[] = {
            field("name", &S::name, "The claim's name, such as repository or sub.", length(1, 100)),
            field("pattern", &S::pattern, "Its value; * stands for any text, also with slashes in it.", length(1, 500)),
        };
        static const Fields all{"TrustedClaim", table};
        return all;
    }
};

/// Whose ID tokens may be exchanged for the account's, and what they must say.
struct TrustRule {
    TrustRuleId id;
    UserId service_account_id;
    std::string issuer;
    std::string audience;
    std::vector<TrustedClaim> claims;
    std::optional<std::vector<std::string>> permissions;
    int64_t token_lifetime_s = token_lifetime_s_usual;
    Time created_at;
    std::optional<Time> last_used_at;

    static const Fields& fields() {
        using S = TrustRule;
        static const Field table[] = {
            field("id", &S::id, "The rule's id."),
            field("service_account_id", &S::service_account_id, "Whose it is."),
            field("issuer", &S::issuer, "Who signs the ID tokens: their claim iss."),
            field("audience", &S::audience, "Who they must be for: their claim aud."),
            field("claims", &S::claims, "What else they must say; all of it."),
            field("permissions", &S::permissions, "The most that tokens got by this rule may do; null: whatever the account may."),
            field("token_lifetime_s", &S::token_lifetime_s, "How long such tokens live, in seconds."),
            field("created_at", &S::created_at, "When it was made."),
            field("last_used_at", &S::last_used_at, "When a token was last got by it."),
        };
        static const Fields all{"TrustRule", table};
        return all;
    }
};

struct CreateTrustRule {
    std::string issuer;
    std::string audience;
    std::vector<TrustedClaim> claims;
    std::optional<std::vector<std::string>> permissions;
    int64_t token_lifetime_s = token_lifetime_s_usual;

    static const Fields& fields() {
        using S = CreateTrustRule;
        static const Field table[] = {
            field("issuer", &S::issuer, "Who signs the ID tokens, such as https://token.actions.githubusercontent.com or https://gitlab.com.", length(1, 500)),
            field("audience", &S::audience, "Who they must be for: the address of this server, unless the CI says otherwise.", length(1, 500)),
            field("claims", &S::claims, "What else they must say, such as repository: acme/shop; all of it, and one at least.", length(1, 20)),
            field("permissions", &S::permissions, "The most that tokens got by this rule may do; without it, whatever the account may.", length(1, 64)),
            field("token_lifetime_s", &S::token_lifetime_s, "How long such tokens live, in seconds.", range(300, 86'400), defaulted()),
        };
        static const Fields all{"CreateTrustRule", table};
        return all;
    }
};

/// An account of the organization that is no person.
struct ServiceAccount {
    UserId id;
    std::string name;
    std::optional<access::Role> role;
    Time created_at;
    std::vector<TrustRule> trust_rules;

    static const Fields& fields() {
        using S = ServiceAccount;
        static const Field table[] = {
            field("id", &S::id, "The account's id: the client_id of a token exchange."),
            field("name", &S::name, "What it is for."),
            field("role", &S::role, "Its role in the organization; null: none."),
            field("created_at", &S::created_at, "When it was made."),
            field("trust_rules", &S::trust_rules, "Whose ID tokens may be exchanged for its tokens."),
        };
        static const Fields all{"ServiceAccount", table};
        return all;
    }
};

struct CreateServiceAccount {
    std::string name;
    access::Role role = access::Role::developer;

    static const Fields& fields() {
        using S = CreateServiceAccount;
        static const Field table[] = {
            field("name", &S::name, "What it is for, such as ci.", length(1, 200), positional()),
            field("role", &S::role, "Its role in the organization: viewer, developer or admin.", defaulted()),
        };
        static const Fields all{"CreateServiceAccount", table};
        return all;
    }
};

struct ChangeServiceAccount {
    std::optional<std::string> name;
    std::optional<access::Role> role;

    static const Fields& fields() {
        using S = ChangeServiceAccount;
        static const Field table[] = {
            field("name", &S::name, "What it is for.", length(1, 200)),
            field("role", &S::role, "Its role in the organization: viewer, developer or admin."),
        };
        static const Fields all{"ChangeServiceAccount", table};
        return all;
    }
};

inline constexpr std::string_view token_exchange_grant = "urn:ietf:params:oauth:grant-type:token-exchange";
inline constexpr std::string_view id_token_type = "urn:ietf:params:oauth:token-type:id_token";
inline constexpr std::string_view jwt_type = "urn:ietf:params:oauth:token-type:jwt";
inline constexpr std::string_view access_token_type = "urn:ietf:params:oauth:token-type:access_token";

/// A token exchange (RFC 8693 §2.1).
struct ExchangeToken {
    std::string grant_type;
    std::string subject_token;
    std::string subject_token_type;
    std::string client_id;

    static const Fields& fields() {
        using S = ExchangeToken;
        static const Field table[] = {
            field("grant_type", &S::grant_type, "urn:ietf:params:oauth:grant-type:token-exchange.", length(1, 100)),
            field("subject_token", &S::subject_token, "The ID token that the CI signed for the job.", length(1, 16 << 10), secret()),
            field("subject_token_type", &S::subject_token_type, "urn:ietf:params:oauth:token-type:id_token, or …:jwt.", length(1, 100)),
            field("client_id", &S::client_id, "The id of the service account.", length(1, 100)),
        };
        static const Fields all{"ExchangeToken", table};
        return all;
    }
};

/// RFC 8693 §2.2.1.
struct ExchangedToken {
    std::string access_token;
    std::string issued_token_type;
    std::string token_type;
    int64_t expires_in = 0;

    static const Fields& fields() {
        using S = ExchangedToken;
        static const Field table[] = {
            field("access_token", &S::access_token, "A token of the service account, rmf_…"),
            field("issued_token_type", &S::issued_token_type, "urn:ietf:params:oauth:token-type:access_token."),
            field("token_type", &S::token_type, "Bearer: send it as Authorization: Bearer …"),
            field("expires_in", &S::expires_in, "How long it lives, in seconds."),
        };
        static const Fields all{"ExchangedToken", table};
        return all;
    }
};

// ---- rows of queries.sql that the API does not show

struct ServiceAccountRow {
    UserId id;
    std::string name;
    Time created_at;

    static const Fields& fields() {
        using S = ServiceAccountRow;
        static const Field table[] = {
            field("id", &S::id, "The account's id."),
            field("name", &S::name, "What it is for."),
            field("created_at", &S::created_at, "When it was made."),
        };
        static const Fields all{"ServiceAccountRow", table};
        return all;
    }
};

}  // namespace ry::identity
