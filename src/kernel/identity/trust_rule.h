#pragma once
// What a trust rule asks of an ID token. Pure. Inside identity only.
#include <span>
#include <string>
#include <string_view>

#include "kernel/identity/service_account_model.h"
#include "kernel/oidc/id_token.h"

namespace ry::identity {

/// Whether `text` is what `pattern` says; each * stands for any text, the empty one too.
bool fits(std::string_view pattern, std::string_view text);

/// `invalid` unless the claims say who may come: none that every token has, none that is any text; for issuers that everybody has an
/// account at (GitHub, gitlab.com), the repository or its owner among them.
Result<void> check_claims(std::string_view issuer, std::span<const TrustedClaim> claims);

/// "" when the token fits the rule; else what of it does not. Its issuer and signature are the caller's matter.
std::string misfit_of(const TrustRule& rule, const oidc::IdToken& token);

}  // namespace ry::identity
