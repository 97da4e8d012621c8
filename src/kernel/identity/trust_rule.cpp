// Inside identity.
#include "kernel/identity/trust_rule.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace ry::identity {
namespace {

/// Claims that are checked for every token, or that say nothing about whose it is.
constexpr std::array<std::string_view, 6> claims_of_every_token = {"iss", "aud", "exp", "iat", "nbf", "jti"};

/// A claim that says whose repository a job is of. A pattern's * may stand after `until` alone, so that it cannot be another owner's name.
struct OwnersClaim {
    std::string_view name;
    char until = '\0';  ///< none: no * at all
};
/// Issuers where everybody may have repositories.
struct SharedIssuer {
    std::string_view issuer;
    std::array<OwnersClaim, 5> claims;
};
constexpr SharedIssuer shared_issuers[] = {
    {"https://token.actions.githubusercontent.com", {{{"sub", '/'}, {"repository", '/'}, {"repository_id"}, {"repository_owner"}, {"repository_owner_id"}}}},
    {"https://gitlab.com", {{{"sub", '/'}, {"project_path", '/'}, {"project_id"}, {"namespace_path", '/'}, {"namespace_id"}}}},
};

bool names_owner(const TrustedClaim& claim, const OwnersClaim& owners) {
    size_t star = claim.pattern.find('*');
    if (claim.name != owners.name) return false;
    return star == std::string::npos || (owners.until && claim.pattern.find(owners.until) < star);
}

bool names_owner(std::span<const TrustedClaim> claims, const SharedIssuer& shared) {
    return std::ranges::any_of(claims, [&](const TrustedClaim& claim) { return std::ranges::any_of(shared.claims, [&](const OwnersClaim& owners) { return names_owner(claim, owners); }); });
}

std::string shown(std::string_view text) { return "\"" + utf8_text(utf8_prefix(text, 100)) + "\""; }

}  // namespace

bool fits(std::string_view pattern, std::string_view text) {
    size_t at = 0, in_text = 0;
    std::optional<size_t> star;  // the last one met, and how far the text was then
    size_t text_at_star = 0;
    while (in_text < text.size()) {
        if (at < pattern.size() && pattern[at] == '*') star = at++, text_at_star = in_text;
        else if (at < pattern.size() && pattern[at] == text[in_text]) ++at, ++in_text;
        else if (star) at = *star + 1, in_text = ++text_at_star;
        else return false;
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

Result<void> check_claims(std::string_view issuer, std::span<const TrustedClaim> claims) {
    for (size_t i = 0; i < claims.size(); ++i) {
        std::string pointer = "/claims/" + std::to_string(i);
        if (std::ranges::find(claims_of_every_token, claims[i].name) != claims_of_every_token.end())
            return invalid(pointer + "/name", "is checked for every token, or says nothing about whose it is; name a claim such as repository, project_path or sub");
        if (claims[i].pattern.find_first_not_of('*') == std::string::npos) return invalid(pointer + "/pattern", "would be any text; leave the claim out, or say what it must be");
    }
    if (claims.empty()) return invalid("/claims", "must name one claim at least, such as repository: acme/shop; without one every job of that issuer could come");
    auto shared = std::ranges::find(shared_issuers, issuer.substr(0, issuer.find_last_not_of('/') + 1), &SharedIssuer::issuer);
    if (shared == std::end(shared_issuers) || names_owner(claims, *shared)) return {};
    std::string names;
    for (const OwnersClaim& owners : shared->claims) names += (names.empty() ? "" : ", ") + std::string(owners.name);
    return invalid("/claims", "must say whose jobs may come, since everybody can have some at " + std::string(issuer) + ": one of " + names + ", with * only after the owner's name and a slash, such as acme/*");
}

std::string misfit_of(const TrustRule& rule, const oidc::IdToken& token) {
    if (std::ranges::find(token.audiences, rule.audience) == token.audiences.end()) return "aud is " + shown(token.audiences[0]) + ", not " + shown(rule.audience);
    for (const TrustedClaim& claim : rule.claims) {
        const std::string* value = token.find(claim.name);
        if (!value) return "there is no " + claim.name;
        if (!fits(claim.pattern, *value)) return claim.name + " is " + shown(*value) + ", not " + shown(claim.pattern);
    }
    return "";
}

}  // namespace ry::identity
