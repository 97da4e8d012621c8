#include "modules/databases/script/sha256.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "base/text.h"

namespace ry::databases::script {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    ENSURE(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view bytes) { ENSURE(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }

std::string Sha256::hex() {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    ENSURE(EVP_DigestFinal_ex(context_.get(), hash, &size) == 1);
    return ry::hex({reinterpret_cast<const char*>(hash), size});
}

}  // namespace ry::databases::script
