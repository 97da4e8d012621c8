#pragma once
// Inside script: SHA-256 of bytes as they come.
#include <sodium/crypto_hash_sha256.h>

#include <string>
#include <string_view>

#include "base/text.h"

namespace ry::databases::script {

class Sha256 {
public:
    Sha256() { crypto_hash_sha256_init(&state_); }
    void add(std::string_view bytes) {
        crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    }
    /// 64 digits. Nothing may be added afterwards.
    std::string hex() {
        unsigned char hash[crypto_hash_sha256_BYTES];
        crypto_hash_sha256_final(&state_, hash);
        return ry::hex({reinterpret_cast<const char*>(hash), sizeof hash});
    }

private:
    crypto_hash_sha256_state state_;
};

}  // namespace ry::databases::script
