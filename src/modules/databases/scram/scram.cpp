#include "modules/databases/scram/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <optional>

#include "base/check.h"
#include "base/text.h"

namespace ry::databases {
namespace {

constexpr size_t key_bytes = 32, salt_bytes = 16, nonce_bytes = 18;
constexpr int iterations_max = 1'000'000;  // half a second of a core: a hostile backend may not ask for more
constexpr std::string_view plain_mechanism = "SCRAM-SHA-256", bound_mechanism = "SCRAM-SHA-256-PLUS";

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string random_bytes(size_t count) {
    std::string bytes(count, '\0');
    ENSURE(RAND_bytes(bytes_of(bytes), int(count)) == 1);
    return bytes;
}

std::string base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    text.resize(size_t(EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), int(bytes.size()))));
    return text;
}

/// Absent unless `text` is what base64() makes.
std::optional<std::string> unbase64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0) return {};
    std::string bytes(text.size() / 4 * 3, '\0');
    if (EVP_DecodeBlock(bytes_of(bytes), bytes_of(text), int(text.size())) < 0) return {};
    bytes.resize(bytes.size() - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0));
    if (base64(bytes) != text) return {};
    return bytes;
}

std::string hmac(std::string_view key, std::string_view text) {
    std::string out(key_bytes, '\0');
    unsigned size = 0;
    ENSURE(HMAC(EVP_sha256(), key.data(), int(key.size()), bytes_of(text), text.size(), bytes_of(out), &size));
    return out;
}

std::string sha256(std::string_view text) {
    std::string out(key_bytes, '\0');
    SHA256(bytes_of(text), text.size(), bytes_of(out));
    return out;
}

std::string exclusive_or(std::string_view a, std::string_view b) {
    std::string out(a);
    for (size_t i = 0; i < out.size(); ++i) out[i] = char(out[i] ^ b[i]);
    return out;
}

bool are_same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Error malformed(std::string what) {
    return fail(Code::invalid,
                "the SCRAM exchange is malformed (" + what + "); connect again, with another driver if it stays so");
}

/// Takes "<name>=<value>" up to the next comma off the front of `rest`.
std::optional<std::string_view> take_attribute(std::string_view& rest, char name) {
    if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return {};
    size_t comma = std::min(rest.find(','), rest.size());
    std::string_view value = rest.substr(2, comma - 2);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    return value;
}

bool is_nonce(std::string_view text) {
    for (char c : text)
        if (c < 0x21 || c > 0x7e) return false;
    return !text.empty();
}

}  // namespace

// ---- keys

std::string ScramVerifier::text() const {
    return "SCRAM-SHA-256$" + std::to_string(iterations) + ":" + base64(salt) + "$" + base64(stored_key) + ":" +
           base64(server_key);
}

Result<ScramVerifier> parse_scram_verifier(std::string_view text) {
    auto refused = [] {
        return fail(Code::invalid,
                    "this is no SCRAM verifier; it is \"SCRAM-SHA-256$ITERATIONS:SALT$STORED_KEY:SERVER_KEY\"");
    };
    auto parts = split(text, '$');
    if (parts.size() != 3 || parts[0] != "SCRAM-SHA-256") return refused();
    auto cost = split(parts[1], ':'), keys = split(parts[2], ':');
    if (cost.size() != 2 || keys.size() != 2) return refused();
    auto iterations = parse_int(cost[0]);
    auto salt = unbase64(cost[1]), stored_key = unbase64(keys[0]), server_key = unbase64(keys[1]);
    if (!iterations || *iterations < 1 || *iterations > iterations_max || !salt || !stored_key || !server_key ||
        stored_key->size() != key_bytes || server_key->size() != key_bytes)
        return refused();
    return ScramVerifier{*salt, int(*iterations), *stored_key, *server_key};
}

ScramKeys scram_keys(const Secret& password, std::string salt, int iterations) {
    std::string salted(key_bytes, '\0');
    std::string_view text = password.reveal();
    ENSURE(PKCS5_PBKDF2_HMAC(text.data(), int(text.size()), bytes_of(salt), int(salt.size()), iterations, EVP_sha256(),
                             int(key_bytes), bytes_of(salted)) == 1);
    std::string client_key = hmac(salted, "Client Key");
    ScramVerifier verifier{std::move(salt), iterations, sha256(client_key), hmac(salted, "Server Key")};
    OPENSSL_cleanse(salted.data(), salted.size());
    return {std::move(verifier), Secret(std::move(client_key))};
}

ScramKeys fresh_scram_keys(const Secret& password) {
    return scram_keys(password, random_bytes(salt_bytes), scram_iterations);
}

Secret fresh_password() { return Secret(base64url(random_bytes(24))); }
std::string scram_verifier(const Secret& password) { return fresh_scram_keys(password).verifier.text(); }

std::string scram_nonce() { return base64(random_bytes(nonce_bytes)); }

// ---- the server's side

ScramServer::ScramServer(ScramVerifier verifier, std::string channel_binding, std::string nonce)
    : verifier_(std::move(verifier)), channel_binding_(std::move(channel_binding)), nonce_(std::move(nonce)) {}

std::string ScramServer::mechanisms() const {
    std::string names;
    if (!channel_binding_.empty()) names += std::string(bound_mechanism) + '\0';
    return names + std::string(plain_mechanism) + '\0';
}

Result<std::string> ScramServer::first(std::string_view mechanism, std::string_view client_first) {
    is_bound_ = mechanism == bound_mechanism && !channel_binding_.empty();
    if (!is_bound_ && mechanism != plain_mechanism)
        return fail(Code::invalid,
                    "the authentication method is not one of those offered; use a driver that knows SCRAM-SHA-256");
    // gs2-header: how the client binds to the channel, and an authorization identity, which PostgreSQL has no use for
    size_t comma = client_first.find(','), header_end = client_first.find(',', comma + 1);
    if (comma == client_first.npos || header_end == client_first.npos) return malformed("no header");
    std::string_view binding = client_first.substr(0, comma);
    if (header_end != comma + 1) return malformed("an authorization identity");
    if (is_bound_ ? binding != "p=tls-server-end-point" : binding != "n" && binding != "y")
        return malformed("a channel binding that was not asked for");
    if (binding == "y" && !channel_binding_.empty())  // the client can bind, and was told by somebody that we cannot
        return fail(Code::forbidden,
                    "the offer of channel binding did not reach the client: somebody may be between; check the "
                    "network, or connect with channel_binding=disable");
    gs2_header_ = client_first.substr(0, header_end + 1);

    std::string_view rest = client_first.substr(header_end + 1);
    said_ = rest;
    if (rest.starts_with("m=")) return malformed("an extension that is required");
    auto user = take_attribute(rest, 'n');  // PostgreSQL takes the user of the start-up packet
    auto nonce = take_attribute(rest, 'r');
    if (!user || !nonce || !is_nonce(*nonce)) return malformed("no nonce");
    nonce_ = std::string(*nonce) + nonce_;
    std::string answer = "r=" + nonce_ + ",s=" + base64(verifier_.salt) + ",i=" + std::to_string(verifier_.iterations);
    said_ += "," + answer;
    return answer;
}

Result<std::string> ScramServer::final(std::string_view client_final) {
    size_t proof_at = client_final.rfind(",p=");
    if (proof_at == client_final.npos) return malformed("no proof");
    auto proof = unbase64(client_final.substr(proof_at + 3));
    if (!proof || proof->size() != key_bytes) return malformed("a proof of another length");
    std::string_view rest = client_final.substr(0, proof_at);
    said_ += "," + std::string(rest);
    auto binding = take_attribute(rest, 'c'), nonce = take_attribute(rest, 'r');
    if (!binding || !nonce) return malformed("no nonce");
    if (*binding != base64(gs2_header_ + (is_bound_ ? channel_binding_ : "")))
        return fail(
            Code::forbidden,
            "the TLS channel of the client is not the one of this server: somebody is between; check the network");
    if (*nonce != nonce_) return malformed("another nonce");
    std::string client_key = exclusive_or(*proof, hmac(verifier_.stored_key, said_));
    if (!are_same(sha256(client_key), verifier_.stored_key))
        return fail(Code::unauthenticated, "the password is wrong");
    client_key_ = Secret(std::move(client_key));
    return "v=" + base64(hmac(verifier_.server_key, said_));
}

// ---- the client's side

ScramClient::ScramClient(std::string user, std::string nonce)
    : first_bare_("n=" + std::move(user) + ",r=" + nonce), nonce_(std::move(nonce)) {}

std::string ScramClient::first() const { return "n,," + first_bare_; }

Result<void> ScramClient::challenge(std::string_view server_first) {
    server_first_ = server_first;
    std::string_view rest = server_first;
    auto nonce = take_attribute(rest, 'r'), salt = take_attribute(rest, 's'), iterations = take_attribute(rest, 'i');
    if (!nonce || !salt || !iterations) return malformed("the backend's challenge");
    auto salt_read = unbase64(*salt);
    auto count = parse_int(*iterations);
    if (!salt_read || !count || *count < 1 || *count > iterations_max || !is_nonce(*nonce) ||
        !nonce->starts_with(nonce_) || nonce->size() == nonce_.size())
        return malformed("the backend's challenge");
    server_nonce_ = *nonce;
    salt_ = *salt_read;
    iterations_ = int(*count);
    return {};
}

std::string ScramClient::final(const ScramKeys& keys) {
    std::string without_proof = "c=biws,r=" + server_nonce_;  // base64 of "n,,"
    std::string said = first_bare_ + "," + server_first_ + "," + without_proof;
    std::string proof = exclusive_or(keys.client_key.reveal(), hmac(keys.verifier.stored_key, said));
    server_signature_ = hmac(keys.verifier.server_key, said);
    return without_proof + ",p=" + base64(proof);
}

Result<void> ScramClient::verify(std::string_view server_final) const {
    if (server_signature_.empty() || !are_same(server_final, "v=" + base64(server_signature_)))
        return fail(Code::unauthenticated, "the backend does not know the password of its own user");
    return {};
}

}  // namespace ry::databases
