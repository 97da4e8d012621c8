#pragma once
// SCRAM-SHA-256 (RFC 5802, RFC 7677), both sides of it, with the channel binding tls-server-end-point (RFC 5929).
// Pure but for random nonces. Passwords are taken as their bytes: those that we generate are ASCII, which SASLprep
// leaves as it is.
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace ry::databases {

constexpr int scram_iterations = 4096;  ///< PostgreSQL's own; generated passwords need no more

/// What a server keeps of a password.
struct ScramVerifier {
    std::string salt;
    int iterations = 0;
    std::string stored_key, server_key;  ///< 32 bytes each
    bool operator==(const ScramVerifier&) const = default;
    /// As pg_authid.rolpassword has it, and CREATE ROLE … PASSWORD takes it: "SCRAM-SHA-256$4096:…$…:…".
    std::string text() const;
};
Result<ScramVerifier> parse_scram_verifier(std::string_view text);

/// What a client needs in place of the password; good for servers that keep this very verifier.
struct ScramKeys {
    ScramVerifier verifier;
    Secret client_key;
};
/// Takes 2 ms of a core at 4096 iterations: not on a loop.
ScramKeys scram_keys(const Secret& password, std::string salt, int iterations);
/// The same with a fresh salt.
ScramKeys fresh_scram_keys(const Secret& password);

/// 32 letters of [A-Za-z0-9_-], 192 random bits: safe in a URL without quoting.
Secret fresh_password();
/// What a server keeps of the password, with a fresh salt.
std::string scram_verifier(const Secret& password);

std::string scram_nonce();

/// The server's side of one exchange. After a failure it is of no more use.
class ScramServer {
public:
    /// `channel_binding`: the hash of the server's certificate; empty without TLS.
    ScramServer(ScramVerifier verifier, std::string channel_binding, std::string nonce = scram_nonce());

    /// The names to offer, best first, each ended by a zero byte.
    std::string mechanisms() const;
    /// client-first-message → server-first-message. `invalid` when it is no such message.
    Result<std::string> first(std::string_view mechanism, std::string_view client_first);
    /// client-final-message → server-final-message. `unauthenticated` when the proof is wrong, `forbidden` when
    /// somebody is between.
    Result<std::string> final(std::string_view client_final);
    /// The client's key, which its proof has told: valid after final().
    ScramKeys keys() const { return {verifier_, client_key_}; }

private:
    ScramVerifier verifier_;
    std::string channel_binding_, nonce_, gs2_header_, said_;
    Secret client_key_;
    bool is_bound_ = false;
};

/// The client's side, without channel binding: backends are behind a Unix socket.
class ScramClient {
public:
    explicit ScramClient(std::string user = {}, std::string nonce = scram_nonce());

    std::string first() const;
    /// Reads the server-first-message; then salt() and iterations() say which keys are needed.
    Result<void> challenge(std::string_view server_first);
    const std::string& salt() const { return salt_; }
    int iterations() const { return iterations_; }
    /// client-final-message.
    std::string final(const ScramKeys& keys);
    /// `unauthenticated` when the server does not know the password either.
    Result<void> verify(std::string_view server_final) const;

private:
    std::string first_bare_, nonce_, server_nonce_, salt_, server_first_, server_signature_;
    int iterations_ = 0;
};

}  // namespace ry::databases
