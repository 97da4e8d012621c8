#pragma once
// An ID token (OpenID Connect Core 1.0 §2) as a JSON Web Token (RFC 7519) in JWS compact serialization (RFC 7515 §7.1). Pure.
//
// What is parsed here is what somebody says; Issuers::verify (issuers.h) tells whether the issuer said it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ry::oidc {

/// GitHub's have 2 KB, GitLab's 3 KB.
inline constexpr size_t id_token_bytes_max = 16 << 10;
inline constexpr size_t claims_max = 100;
/// How far the issuer's clock and ours may be apart.
inline constexpr int64_t clock_skew_s = 60;
/// From `iat` to `exp`. GitHub's live five minutes, GitLab's as long as their job.
inline constexpr int64_t id_token_lifetime_s_max = 24 * 60 * 60;

/// How a token is signed (RFC 7518 §3.1). There are no others.
enum class Algorithm { RS256, ES256 };

/// A member of the token that is a text, a whole number ("22") or a truth ("true"). Lists and objects are not kept.
struct Claim {
    std::string name;
    std::string value;
};

struct IdToken {
    Algorithm algorithm = Algorithm::RS256;
    std::string key_id;  ///< `kid`; "" when the header has none
    std::string issuer;  ///< `iss`
    std::vector<std::string> audiences;  ///< `aud`, a text or a list
    int64_t issued_at_s = 0;             ///< `iat`, seconds since 1970
    int64_t expires_at_s = 0;            ///< `exp`
    std::optional<int64_t> not_before_s;  ///< `nbf`
    std::vector<Claim> claims;            ///< all that can be compared, in the order of the token

    std::string signed_part;  ///< header and claims as they were signed
    std::string signature;    ///< its bytes

    /// Null when there is no such claim, or when it is a list or an object.
    const std::string* find(std::string_view claim) const;
};

/// `unauthenticated` with what is wrong, for the log.
Result<IdToken> parse_id_token(std::string_view text);

/// Whether the token is valid at `at`, as it says itself. `unauthenticated` with what is wrong, for the log.
Result<void> check_times(const IdToken& token, Time at);

}  // namespace ry::oidc
