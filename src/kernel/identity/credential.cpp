#include "kernel/identity/credential.h"

#include <sodium.h>

#include "base/text.h"

namespace ry::identity {
namespace {

constexpr size_t random_bytes = 32;
constexpr size_t random_letters = 43;  // ⌈32 × 8 ÷ 6⌉
constexpr std::string_view token_prefix = "rmf_";
constexpr size_t checksum_letters = 6;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string random_text() {
    std::string bytes(random_bytes, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    std::string text = base64url(bytes);
    sodium_memzero(bytes.data(), bytes.size());
    return text;
}

bool is_random_text(std::string_view text) {
    auto bytes = text.size() == random_letters ? unbase64url(text) : std::nullopt;
    return bytes && bytes->size() == random_bytes;
}

std::string checksum_of(std::string_view text) { return base64url(digest_of(text)).substr(0, checksum_letters); }

}  // namespace

Secret new_cookie() { return Secret(random_text()); }
bool is_cookie_shaped(std::string_view text) { return is_random_text(text); }

Secret new_api_token() {
    std::string text = std::string(token_prefix) + random_text();
    text += checksum_of(text);
    return Secret(std::move(text));
}

bool is_api_token_shaped(std::string_view text) {
    if (!text.starts_with(token_prefix) || text.size() != token_prefix.size() + random_letters + checksum_letters) return false;
    std::string_view body = text.substr(0, text.size() - checksum_letters);
    return is_random_text(body.substr(token_prefix.size())) && text.substr(body.size()) == checksum_of(body);
}

std::string digest_of(std::string_view text) {
    std::string hash(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(bytes_of(hash), bytes_of(text), text.size());
    return hash;
}

std::string csrf_token_of(std::string_view cookie) {
    constexpr std::string_view purpose = "ramify csrf token";
    std::string code(crypto_auth_hmacsha256_BYTES, '\0');
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes_of(cookie), cookie.size());
    crypto_auth_hmacsha256_update(&state, bytes_of(purpose), purpose.size());
    crypto_auth_hmacsha256_final(&state, bytes_of(code));
    return base64url(code);
}

}  // namespace ry::identity
