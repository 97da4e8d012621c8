#pragma once
// SHA-256 of bytes as they come. OpenSSL's uses the processor's own instructions, twelve times as fast
// as libsodium's, and the data of a step may be gigabytes.
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"

namespace ry::databases::script {

class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
        ENSURE(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
    }
    void add(std::string_view bytes) { ENSURE(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }
    /// 64 digits. Nothing may be added afterwards.
    std::string hex() {
        unsigned char hash[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        ENSURE(EVP_DigestFinal_ex(context_.get(), hash, &size) == 1);
        return ry::hex({reinterpret_cast<const char*>(hash), size});
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace ry::databases::script
