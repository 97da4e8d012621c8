#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>

#include "kernel/http/server.h"
#include "kernel/http/tests/client.h"
#include "kernel/http/workers.h"

using namespace ry;
using namespace ry::http;

namespace {

/// A self-signed certificate for localhost and its key, as PEM files in a directory of their own.
struct Certificate {
    std::string directory = [] {
        char made[] = "/tmp/ramify_tls_XXXXXX";
        REQUIRE(mkdtemp(made));
        return std::string(made);
    }();
    std::string certificate_file = directory + "/cert.pem", key_file = directory + "/key.pem";

    Certificate() {
        std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
        std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
        X509_NAME* name = X509_get_subject_name(certificate.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1,
                                   -1, 0);
        X509_set_issuer_name(certificate.get(), name);
        X509_set_pubkey(certificate.get(), key.get());
        X509_sign(certificate.get(), key.get(), EVP_sha256());
        FILE* file = fopen(certificate_file.c_str(), "w");
        PEM_write_X509(file, certificate.get());
        fclose(file);
        file = fopen(key_file.c_str(), "w");
        PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        fclose(file);
    }
    ~Certificate() { std::filesystem::remove_all(directory); }
};

struct Large : Handler {
    size_t body_bytes_max(const Request&) override { return 4 << 20; }
    void handle(Request request, Responder responder) override {
        responder.respond(text_response(200, "text/plain",
                                        (request.is_secure ? "secure " : "open ") +
                                            std::to_string(request.body.size()) + std::string(3'000'000, 'x')));
    }
};

}  // namespace

TEST_CASE("TLS carries requests and answers of any size") {
    Certificate certificate;
    Large handler;
    Workers workers(1, 1);
    auto server = Server::start(
        {.tls_certificate_file = certificate.certificate_file, .tls_key_file = certificate.key_file}, handler, workers);
    REQUIRE(server);
    CHECK((*server)->url().starts_with("https://"));

    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    Client wire((*server)->port());
    std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
    SSL_set_fd(tls.get(), wire.fd());
    REQUIRE(SSL_connect(tls.get()) == 1);
    for (int round = 0; round < 2; ++round) {
        std::string request =
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n" + std::string(2'000'000, 'b');
        REQUIRE(SSL_write(tls.get(), request.data(), int(request.size())) == int(request.size()));
        std::string answer;
        char buffer[65536];
        while (answer.find("secure 2000000") == answer.npos || answer.size() < 3'000'000 + answer.find("secure") + 14) {
            int count = SSL_read(tls.get(), buffer, sizeof buffer);
            REQUIRE(count > 0);
            answer.append(buffer, size_t(count));
        }
        CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
        CHECK(answer.ends_with("xxxx"));
    }
    CHECK((*server)->reload_tls());
    std::filesystem::remove(certificate.key_file);
    CHECK_FALSE((*server)->reload_tls());
    Client plain((*server)->port());
    CHECK(plain.get("/").answer().status == 0);  // no TLS, no answer
}

TEST_CASE("a certificate that cannot be used is said at start") {
    Large handler;
    Workers workers(1, 1);
    auto server = Server::start({.tls_certificate_file = "/nowhere/cert.pem", .tls_key_file = "/nowhere/key.pem"},
                                handler, workers);
    REQUIRE_FALSE(server);
    CHECK(server.error().message.find("/nowhere/cert.pem") != std::string::npos);
}
