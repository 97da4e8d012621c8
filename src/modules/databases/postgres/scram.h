#pragma once
// Passwords of database roles: made here, stored in the cluster only as SCRAM-SHA-256 verifiers (RFC 5802, RFC 7677),
// in the text form that PostgreSQL takes for one that is already computed:
// "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>".
#include <string>

#include "base/secret.h"

namespace ry::databases {

/// What RFC 7677 asks for at least; JDBC refuses less. 1 ms of CPU for the one who proves that he has the password,
/// none for PostgreSQL.
inline constexpr int scram_iterations = 4096;

/// 32 letters of [A-Za-z0-9_-], 192 random bits: safe in a URL without quoting.
Secret fresh_password();

/// With a salt of its own. Pure ASCII passwords only (SASLprep leaves them as they are).
std::string scram_verifier(const Secret& password, int iterations = scram_iterations);

}  // namespace ry::databases
