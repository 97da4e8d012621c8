#pragma once
// An issuer of ID tokens for tests, on a real socket: its discovery document, its key set, and tokens signed with RSA and EC keys that are
// made when it starts.
//
//     IdTokenIssuer issuer;
//     std::string token = issuer.token({{"aud", "\"ramify\""}, {"repository", "\"acme/shop\""}});
//     issuer.rotate();                                        // new keys are published, the old ones are not
//     issuer.publish("/jwks", std::string(1 << 20, ' '));     // what it answers instead
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace ry::testing {

/// Values as JSON: "\"acme/shop\"", "22", "true".
using TokenClaims = std::map<std::string, std::string, std::less<>>;

class IdTokenIssuer {
public:
    IdTokenIssuer();
    ~IdTokenIssuer();
    IdTokenIssuer(const IdTokenIssuer&) = delete;

    std::string url() const;        ///< "http://127.0.0.1:PORT": also the issuer's name
    std::string host_port() const;  ///< "127.0.0.1:PORT"

    /// Signed now, for five minutes. `iss`, `iat` and `exp` are there unless `claims` has them; "" leaves one out. The header names the
    /// algorithm, "RS256" or "ES256", and its key.
    std::string token(const TokenClaims& claims, std::string_view algorithm = "RS256") const;
    /// Header and claims of one's own, as JSON, signed with the key of `algorithm`: "HS256" takes the text of the public RSA key as its
    /// secret, "none" signs nothing.
    std::string signed_with(std::string_view algorithm, const std::string& header, const std::string& claims) const;
    std::string claims(const TokenClaims& claims) const;  ///< as JSON, with what token() adds
    std::string key_id(std::string_view algorithm) const;
    std::string key_set() const;  ///< as JSON

    /// New keys; what is published is theirs.
    void rotate();
    /// Answers `path` with `body` from now on; "" closes the connection without an answer.
    void publish(std::string path, std::string body);
    /// How often `path` was asked for.
    int asked(std::string_view path) const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::testing
