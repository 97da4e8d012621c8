#include "testing/id_token_issuer.h"

#include <netinet/in.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/check.h"
#include "base/descriptor.h"
#include "base/guarded.h"
#include "base/text.h"
#include "base/time.h"

namespace ry::testing {
namespace {

using KeyPair = std::shared_ptr<EVP_PKEY>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string parameter(const KeyPair& key, const char* name, size_t size) {
    BIGNUM* number = nullptr;
    ENSURE(EVP_PKEY_get_bn_param(key.get(), name, &number) == 1);
    std::string bytes(size, '\0');
    ENSURE(BN_bn2binpad(number, bytes_of(bytes), int(size)) == int(size));
    BN_free(number);
    return bytes;
}

std::string public_pem(const KeyPair& key) {
    std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free);
    ENSURE(PEM_write_bio_PUBKEY(memory.get(), key.get()) == 1);
    char* text = nullptr;
    long size = BIO_get_mem_data(memory.get(), &text);
    return std::string(text, size_t(size));
}

std::string digest_signature(const KeyPair& key, std::string_view text) {
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    size_t size = 0;
    ENSURE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
    ENSURE(EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()) == 1);
    std::string signature(size, '\0');
    ENSURE(EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(text), text.size()) == 1);
    signature.resize(size);
    return signature;
}

/// r and s, 32 bytes each.
std::string plain_signature(const std::string& der) {
    const unsigned char* at = bytes_of(der);
    std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> pair(d2i_ECDSA_SIG(nullptr, &at, long(der.size())), ECDSA_SIG_free);
    ENSURE(pair);
    std::string plain(64, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes_of(plain), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes_of(plain) + 32, 32);
    return plain;
}

std::string hmac(std::string_view secret, std::string_view text) {
    std::string code(32, '\0');
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), int(secret.size()), bytes_of(text), text.size(), bytes_of(code), &size);
    return code;
}

struct Keys {
    KeyPair rsa{EVP_RSA_gen(2048), EVP_PKEY_free};
    KeyPair ec{EVP_EC_gen("P-256"), EVP_PKEY_free};
    int generation = 1;
};

std::string name_of_key(std::string_view algorithm, int generation) { return (algorithm == "ES256" ? "ec-" : "rsa-") + std::to_string(generation); }

std::string key_set_of(const Keys& keys) {
    std::string rsa = R"({"kty":"RSA","use":"sig","alg":"RS256","kid":")" + name_of_key("RS256", keys.generation) + R"(","n":")" +
                      base64url(parameter(keys.rsa, OSSL_PKEY_PARAM_RSA_N, 256)) + R"(","e":"AQAB"})";
    std::string ec = R"({"kty":"EC","use":"sig","alg":"ES256","crv":"P-256","kid":")" + name_of_key("ES256", keys.generation) + R"(","x":")" +
                     base64url(parameter(keys.ec, OSSL_PKEY_PARAM_EC_PUB_X, 32)) + R"(","y":")" + base64url(parameter(keys.ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32)) + R"("})";
    return R"({"keys":[)" + rsa + "," + ec + "]}";
}

}  // namespace

struct IdTokenIssuer::Inside {
    struct State {
        Keys keys;
        std::map<std::string, std::string, std::less<>> documents;
        std::map<std::string, int, std::less<>> asked;
    };
    Descriptor listener;
    int port = 0;
    Guarded<State> state;
    std::thread server;

    void serve() {
        while (true) {
            Descriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client) return;  // it was shut down
            answer(client);
        }
    }
    void answer(const Descriptor& client) {
        std::string head;
        char piece[4096];
        while (!head.contains("\r\n\r\n")) {
            ssize_t got = ::recv(client.get(), piece, sizeof piece, 0);
            if (got <= 0) return;
            head.append(piece, size_t(got));
        }
        std::string path = head.substr(4, head.find(' ', 4) - 4);  // "GET /path HTTP/1.1"
        std::string body = state.with([&](State& now) {
            ++now.asked[path];
            auto found = now.documents.find(path);
            return found == now.documents.end() ? "" : found->second;
        });
        if (body.empty()) return;
        std::string response = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        for (size_t sent = 0; sent < response.size();) {
            ssize_t went = ::send(client.get(), response.data() + sent, response.size() - sent, MSG_NOSIGNAL);
            if (went <= 0) return;
            sent += size_t(went);
        }
    }
};

IdTokenIssuer::IdTokenIssuer() : inside_(std::make_unique<Inside>()) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    inside_->listener = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ENSURE(::bind(inside_->listener.get(), any, size) == 0 && ::listen(inside_->listener.get(), 64) == 0);
    ENSURE(::getsockname(inside_->listener.get(), any, &size) == 0);
    inside_->port = ntohs(address.sin_port);
    publish("/.well-known/openid-configuration", R"({"issuer":")" + url() + R"(","jwks_uri":")" + url() + R"(/jwks","id_token_signing_alg_values_supported":["RS256","ES256"]})");
    publish("/jwks", key_set());
    inside_->server = std::thread([this] { inside_->serve(); });
}

IdTokenIssuer::~IdTokenIssuer() {
    ::shutdown(inside_->listener.get(), SHUT_RDWR);
    inside_->server.join();
}

std::string IdTokenIssuer::host_port() const { return "127.0.0.1:" + std::to_string(inside_->port); }
std::string IdTokenIssuer::url() const { return "http://" + host_port(); }

std::string IdTokenIssuer::claims(const TokenClaims& claims) const {
    int64_t now_s = now().us / 1'000'000;
    TokenClaims all = {{"iss", '"' + url() + '"'}, {"iat", std::to_string(now_s)}, {"exp", std::to_string(now_s + 300)}};
    for (const auto& [name, value] : claims) all[name] = value;
    std::string json;
    for (const auto& [name, value] : all)
        if (!value.empty()) json += (json.empty() ? "{\"" : ",\"") + name + "\":" + value;
    return json + "}";
}

std::string IdTokenIssuer::token(const TokenClaims& with, std::string_view algorithm) const {
    return signed_with(algorithm, R"({"typ":"JWT","alg":")" + std::string(algorithm) + R"(","kid":")" + key_id(algorithm) + R"("})", claims(with));
}

std::string IdTokenIssuer::signed_with(std::string_view algorithm, const std::string& header, const std::string& claims) const {
    Keys keys = inside_->state.with([](const Inside::State& now) { return now.keys; });
    std::string text = base64url(header) + "." + base64url(claims), signature;
    if (algorithm == "RS256") signature = digest_signature(keys.rsa, text);
    if (algorithm == "ES256") signature = plain_signature(digest_signature(keys.ec, text));
    if (algorithm == "HS256") signature = hmac(public_pem(keys.rsa), text);
    return text + "." + base64url(signature);
}

std::string IdTokenIssuer::key_id(std::string_view algorithm) const {
    return name_of_key(algorithm, inside_->state.with([](const Inside::State& now) { return now.keys.generation; }));
}

std::string IdTokenIssuer::key_set() const { return inside_->state.with([](const Inside::State& now) { return key_set_of(now.keys); }); }

void IdTokenIssuer::rotate() {
    inside_->state.with([](Inside::State& now) {
        int generation = now.keys.generation + 1;
        now.keys = Keys{.generation = generation};
        now.documents["/jwks"] = key_set_of(now.keys);
    });
}

void IdTokenIssuer::publish(std::string path, std::string body) {
    inside_->state.with([&](Inside::State& now) { now.documents[std::move(path)] = std::move(body); });
}

int IdTokenIssuer::asked(std::string_view path) const {
    return inside_->state.with([&](const Inside::State& now) {
        auto found = now.asked.find(path);
        return found == now.asked.end() ? 0 : found->second;
    });
}

}  // namespace ry::testing
