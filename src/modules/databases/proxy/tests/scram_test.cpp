#include "modules/databases/scram/scram.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::databases;

namespace {

const std::string salt =
    "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";  // W22ZaJ0SNY7soEsUEjb6gQ==
const ScramKeys pencil = scram_keys(Secret("pencil"), salt, 4096);

// RFC 7677, section 3
constexpr std::string_view client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view server_first =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view client_final =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr std::string_view server_final = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

ScramServer server_of_rfc(std::string channel_binding = {}) {
    return {pencil.verifier, std::move(channel_binding), std::string(server_nonce)};
}

}  // namespace

TEST_CASE("the exchange of RFC 7677, from both sides") {
    ScramServer server = server_of_rfc();
    CHECK(server.first("SCRAM-SHA-256", client_first).value() == server_first);
    CHECK(server.final(client_final).value() == server_final);
    CHECK(server.keys().client_key == pencil.client_key);

    ScramClient client("user", "rOprNGfwEbeRWgbNEkqO");
    CHECK(client.first() == client_first);
    REQUIRE(client.challenge(server_first));
    CHECK(client.salt() == salt);
    CHECK(client.iterations() == 4096);
    CHECK(client.final(pencil) == client_final);
    CHECK(client.verify(server_final));
    CHECK_FALSE(client.verify("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    CHECK_FALSE(client.verify("e=other-error"));
}

TEST_CASE("what the proof has told is enough to log in elsewhere") {
    ScramServer front(pencil.verifier, "");
    ScramClient person;
    REQUIRE(person.challenge(*front.first("SCRAM-SHA-256", person.first())));
    REQUIRE(front.final(person.final(pencil)));
    ScramServer behind(pencil.verifier, "");
    ScramClient proxy;
    REQUIRE(proxy.challenge(*behind.first("SCRAM-SHA-256", proxy.first())));
    auto answer = behind.final(proxy.final(front.keys()));
    REQUIRE(answer);
    CHECK(proxy.verify(*answer));
}

TEST_CASE("a wrong password and a changed message are refused") {
    ScramKeys other = scram_keys(Secret("pencils"), salt, 4096);
    ScramServer server = server_of_rfc();
    ScramClient client("user", "rOprNGfwEbeRWgbNEkqO");
    REQUIRE(client.challenge(*server.first("SCRAM-SHA-256", client.first())));
    auto answer = server.final(client.final(other));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::unauthenticated);

    for (size_t i = 0; i < client_final.size(); ++i) {  // every byte counts
        CAPTURE(i);
        std::string changed(client_final);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        ScramServer once = server_of_rfc();
        REQUIRE(once.first("SCRAM-SHA-256", client_first));
        CHECK_FALSE(once.final(changed));
    }
}

TEST_CASE("messages that are none are refused, however they end") {
    for (std::string_view text : {"", "n", "n,", "n,,", "n,,n=user", "n,,n=user,r=", "n,,r=abc", "n,a=x,n=user,r=abc",
                                  "n,,m=x,n=,r=abc", "p=tls-unique,,n=,r=abc", "q,,n=,r=abc", "n,,n=,r=a\x01"}) {
        CAPTURE(text);
        CHECK_FALSE(server_of_rfc().first("SCRAM-SHA-256", text));
    }
    CHECK_FALSE(server_of_rfc().first("SCRAM-SHA-1", client_first));
    for (std::string_view text :
         {"", "r=rOprNGfwEbeRWgbNEkqO", "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
          "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=rOprNGfwEbeRWgbNEkqOx,s=?,i=4096",
          "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
          "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=999999999",
          "m=x,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1"}) {
        CAPTURE(text);
        CHECK_FALSE(ScramClient("user", "rOprNGfwEbeRWgbNEkqO").challenge(text));
    }
}

TEST_CASE("over TLS the exchange is bound to the channel") {
    const std::string hash(32, 'h');
    CHECK(server_of_rfc().mechanisms() == std::string("SCRAM-SHA-256\0", 14));
    CHECK(server_of_rfc(hash).mechanisms() == std::string("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0", 33));
    CHECK(server_of_rfc(hash).first("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=abc"));
    CHECK_FALSE(server_of_rfc(hash).first("SCRAM-SHA-256-PLUS", "n,,n=,r=abc"));
    CHECK_FALSE(server_of_rfc().first("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=abc"));
    CHECK(server_of_rfc(hash).first("SCRAM-SHA-256", "n,,n=,r=abc"));
    // "y": the client could, and was told that we cannot: somebody is between
    CHECK_FALSE(server_of_rfc(hash).first("SCRAM-SHA-256", "y,,n=,r=abc"));
    CHECK(server_of_rfc().first("SCRAM-SHA-256", "y,,n=,r=abc"));
}

TEST_CASE("a verifier reads as PostgreSQL writes it") {
    std::string text = pencil.verifier.text();
    CHECK(text.starts_with("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"));
    CHECK(parse_scram_verifier(text).value() == pencil.verifier);
    for (std::string wrong : {"", "md5abc", "SCRAM-SHA-256$4096",
                              "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$AA==:AA==", "SCRAM-SHA-256$4096:x$y:z"})
        CHECK_FALSE(parse_scram_verifier(wrong));
    CHECK_FALSE(parse_scram_verifier(text.substr(0, text.size() - 1)));
    CHECK(fresh_scram_keys(Secret("a")).verifier.salt != fresh_scram_keys(Secret("a")).verifier.salt);
}
