#include "kernel/oidc/key_set.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "base/text.h"

namespace ry::oidc {
namespace {

namespace bj = boost::json;

constexpr size_t rsa_bytes_min = 256, rsa_bytes_max = 1'024;
constexpr size_t exponent_bytes_max = 4;  // 65537 has three; more would make verifying slow
constexpr size_t coordinate_bytes = 32;
constexpr size_t key_id_bytes_max = 256;

template <auto free>
struct Free {
    template <class T>
    void operator()(T* pointer) const { free(pointer); }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Number number_of(std::string_view bytes) { return Number(BN_bin2bn(bytes_of(bytes), int(bytes.size()), nullptr)); }

/// Null when these parameters are no public key.
std::shared_ptr<EVP_PKEY> key_of(const char* type, const Builder& builder) {
    Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    KeyContext making(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    bool is_made = parameters && making && EVP_PKEY_fromdata_init(making.get()) == 1 && EVP_PKEY_fromdata(making.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
    ERR_clear_error();
    if (!is_made) return nullptr;
    std::shared_ptr<EVP_PKEY> key(made, EVP_PKEY_free);
    KeyContext checking(EVP_PKEY_CTX_new(made, nullptr));
    bool is_good = checking && EVP_PKEY_public_check_quick(checking.get()) == 1;
    ERR_clear_error();
    return is_good ? key : nullptr;
}

std::shared_ptr<EVP_PKEY> rsa_key(std::string_view modulus, std::string_view exponent) {
    while (modulus.starts_with('\0')) modulus.remove_prefix(1);
    bool is_sized = modulus.size() >= rsa_bytes_min && modulus.size() <= rsa_bytes_max && !exponent.empty() && exponent.size() <= exponent_bytes_max;
    if (!is_sized) return nullptr;
    Number n = number_of(modulus), e = number_of(exponent);
    Builder builder(OSSL_PARAM_BLD_new());
    if (!n || !e || !builder) return nullptr;
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    return key_of("RSA", builder);
}

std::shared_ptr<EVP_PKEY> p256_key(const std::string& x, const std::string& y) {
    if (x.size() != coordinate_bytes || y.size() != coordinate_bytes) return nullptr;
    std::string point = '\x04' + x + y;  // uncompressed (SEC 1 §2.3.3)
    Builder builder(OSSL_PARAM_BLD_new());
    if (!builder) return nullptr;
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return key_of("EC", builder);
}

std::string text_at(const bj::object& object, std::string_view name) {
    auto value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : "";
}
std::string bytes_at(const bj::object& object, std::string_view name) { return unbase64url(text_at(object, name)).value_or(""); }

/// Absent for a key of another kind or use.
std::optional<Key> read_key(const bj::value& value) {
    if (!value.is_object()) return {};
    const bj::object& object = value.get_object();
    std::string type = text_at(object, "kty"), use = text_at(object, "use"), algorithm = text_at(object, "alg");
    Key key{.id = text_at(object, "kid"), .algorithm = type == "EC" ? Algorithm::ES256 : Algorithm::RS256, .key = nullptr};
    bool is_for_us = (use.empty() || use == "sig") && (algorithm.empty() || algorithm == (type == "EC" ? "ES256" : "RS256")) && key.id.size() <= key_id_bytes_max;
    if (!is_for_us) return {};
    if (type == "RSA") key.key = rsa_key(bytes_at(object, "n"), bytes_at(object, "e"));
    if (type == "EC" && text_at(object, "crv") == "P-256") key.key = p256_key(bytes_at(object, "x"), bytes_at(object, "y"));
    if (!key.key) return {};
    return key;
}

/// r and s of 32 bytes each (RFC 7518 §3.4), as OpenSSL takes them; "" when they are not.
std::string der_signature(std::string_view signature) {
    if (signature.size() != 2 * coordinate_bytes) return "";
    EcdsaSignature pair(ECDSA_SIG_new());
    Number r = number_of(signature.substr(0, coordinate_bytes)), s = number_of(signature.substr(coordinate_bytes));
    if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return "";
    (void)r.release(), (void)s.release();  // the pair owns them
    unsigned char* der = nullptr;
    int size = i2d_ECDSA_SIG(pair.get(), &der);
    if (size <= 0) return "";
    std::string bytes(reinterpret_cast<char*>(der), size_t(size));
    OPENSSL_free(der);
    return bytes;
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view json) {
    if (json.size() > key_set_bytes_max) return fail(Code::unavailable, "the issuer's key set has more than " + std::to_string(key_set_bytes_max) + " bytes");
    bj::parse_options options;
    options.max_depth = 8;
    boost::system::error_code error;
    bj::value document = bj::parse(json, error, {}, options);
    auto keys = !error && document.is_object() ? document.get_object().if_contains("keys") : nullptr;
    if (!keys || !keys->is_array()) return fail(Code::unavailable, "the issuer's key set is not a JSON object with `keys`");
    if (keys->get_array().size() > keys_max) return fail(Code::unavailable, "the issuer's key set has more than " + std::to_string(keys_max) + " keys");
    KeySet set;
    for (const bj::value& one : keys->get_array())
        if (auto key = read_key(one)) set.keys_.push_back(*std::move(key));
    return set;
}

const Key* KeySet::find(const IdToken& token) const {
    auto is_meant = [&](const Key& key) { return key.algorithm == token.algorithm && (token.key_id.empty() || key.id == token.key_id); };
    auto found = std::ranges::find_if(keys_, is_meant);
    if (found == keys_.end()) return nullptr;
    bool is_ambiguous = token.key_id.empty() && std::ranges::count_if(keys_, is_meant) > 1;
    return is_ambiguous ? nullptr : &*found;
}

bool verifies(const Key& key, const IdToken& token) {
    if (key.algorithm != token.algorithm) return false;
    std::string signature = key.algorithm == Algorithm::ES256 ? der_signature(token.signature) : token.signature;
    DigestContext context(EVP_MD_CTX_new());
    bool is_good = !signature.empty() && context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) == 1 &&
                   EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(token.signed_part), token.signed_part.size()) == 1;
    ERR_clear_error();
    return is_good;
}

void verify_with_nobodys_key(const IdToken& token) {
    // The generator of P-256 is a public key (of the private key 1), and any odd number of 2048 bits serves as a modulus.
    static const Key point{"", Algorithm::ES256, p256_key(*unhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
                                                           *unhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))};
    static const Key modulus{"", Algorithm::RS256, rsa_key(std::string(rsa_bytes_min, '\xf5'), std::string("\x01\x00\x01", 3))};
    const Key& key = token.algorithm == Algorithm::ES256 ? point : modulus;
    if (!key.key) return;
    IdToken decoy = token;
    // One of another size would be refused before it is computed with.
    decoy.signature.assign(key.algorithm == Algorithm::ES256 ? 2 * coordinate_bytes : rsa_bytes_min, '\x11');
    (void)verifies(key, decoy);
}

}  // namespace ry::oidc
