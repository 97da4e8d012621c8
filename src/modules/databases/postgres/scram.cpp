#include "modules/databases/postgres/scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <array>

#include "base/check.h"
#include "base/text.h"

namespace ry::databases {
namespace {

using Digest = std::array<unsigned char, 32>;

std::string base64(const unsigned char* bytes, size_t size) {
    std::string text(sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes, size, sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the closing zero
    return text;
}

Digest hmac(const Digest& key, std::string_view text) {
    Digest digest;
    unsigned size = digest.size();
    ENSURE(HMAC(EVP_sha256(), key.data(), key.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                digest.data(), &size));
    return digest;
}

}  // namespace

Secret fresh_password() {
    std::string bytes(24, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    Secret password(base64url(bytes));
    sodium_memzero(bytes.data(), bytes.size());
    return password;
}

/// RFC 5802 §3: SaltedPassword := Hi(password, salt, i); StoredKey := H(HMAC(SaltedPassword, "Client Key")); ServerKey
/// := HMAC(SaltedPassword, "Server Key")
std::string scram_verifier(const Secret& password, int iterations) {
    std::array<unsigned char, 16> salt;
    randombytes_buf(salt.data(), salt.size());
    Digest salted, stored;
    std::string_view text = password.reveal();
    ENSURE(PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), salt.data(), salt.size(), iterations,
                             EVP_sha256(), salted.size(), salted.data()) == 1);
    Digest client_key = hmac(salted, "Client Key"), server_key = hmac(salted, "Server Key");
    crypto_hash_sha256(stored.data(), client_key.data(), client_key.size());
    sodium_memzero(salted.data(), salted.size());
    sodium_memzero(client_key.data(), client_key.size());
    return "SCRAM-SHA-256$" + std::to_string(iterations) + ":" + base64(salt.data(), salt.size()) + "$" +
           base64(stored.data(), stored.size()) + ":" + base64(server_key.data(), server_key.size());
}

}  // namespace ry::databases
