#pragma once
// Issuers: whether an ID token was signed by who it says issued it. Finds the issuer's keys by discovery (OpenID Connect Discovery 1.0 §4)
// and keeps them.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/oidc/id_token.h"
#include "kernel/op/op.h"

namespace ry::fetch {
class Fetch;
}

namespace ry::oidc {

inline constexpr size_t issuer_bytes_max = 500;
/// Keys are asked for again when they are so old; when the issuer is down then, the old ones hold for a day more.
inline constexpr int64_t keys_fresh_ms = 60 * 60'000;
inline constexpr int64_t keys_kept_ms = 25 * 60 * 60'000;

struct IssuersConfig {
    /// "host:port" of one's own network, where an issuer may be at http:// too. Fetch must allow them.
    std::vector<std::string> plain_http_hosts = {};
    /// An unknown key has the set fetched again, but not more often.
    int64_t unknown_key_pause_ms = 60'000;
    /// What cannot be fetched is not asked for again so soon.
    int64_t failure_pause_ms = 5'000;
};

/// Any thread.
class Issuers {
public:
    /// `fetch` outlives it.
    explicit Issuers(fetch::Fetch& fetch, IssuersConfig config = {});
    ~Issuers();
    Issuers(const Issuers&) = delete;

    /// Whether rules may name it: https:// (http:// for hosts of the configuration), without user, query and fragment.
    Result<void> check_issuer(std::string_view issuer) const;

    /// Whether the token's issuer signed it. The caller trusts that issuer: it is asked for its keys, unless they are known.
    /// `unauthenticated`, with what is wrong for the log, when it did not; `unavailable` when its keys cannot be had. One
    /// thread fetches; others wait for it, as long as `op` allows.
    Result<void> verify(const Op& op, const IdToken& token);
    /// For a token whose issuer nobody trusts: takes as long as verify() does with known keys, and asks nobody.
    void verify_nobody(const IdToken& token) const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::oidc
