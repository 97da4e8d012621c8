#pragma once
// The keys that an issuer publishes: a JSON Web Key Set (RFC 7517 §5). Inside oidc only.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/oidc/id_token.h"

struct evp_pkey_st;

namespace ry::oidc {

inline constexpr size_t key_set_bytes_max = 256 << 10;
inline constexpr size_t keys_max = 100;

/// A public key that signatures are verified with: RSA of 2048 to 8192 bits, or a point of P-256.
struct Key {
    std::string id;  ///< `kid`; "" when it has none
    Algorithm algorithm = Algorithm::RS256;
    std::shared_ptr<evp_pkey_st> key;
};

/// Immutable; shared by threads.
class KeySet {
public:
    /// Keys of other kinds and for other uses are left out. `unavailable`, with what is wrong, when it is no key set.
    static Result<KeySet> parse(std::string_view json);

    const std::vector<Key>& keys() const { return keys_; }
    /// The key that `token` names, of its algorithm; when it names none, the only one of its algorithm. Null when there is none.
    const Key* find(const IdToken& token) const;

private:
    std::vector<Key> keys_;
};

/// Whether `key` signed the token.
bool verifies(const Key& key, const IdToken& token);
/// Costs what verifies() costs, for a refusal that should take as long as others.
void verify_with_nobodys_key(const IdToken& token);

}  // namespace ry::oidc
