#include "base/hash.h"

#include <sodium.h>

#include "base/text.h"

namespace ry {

std::string sha256_hex(std::string_view bytes) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return hex({reinterpret_cast<const char*>(hash), sizeof hash});
}

}  // namespace ry
