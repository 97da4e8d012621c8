#pragma once
// Passwords at rest: argon2id in libsodium's text form, "$argon2id$v=19$m=65536,t=3,p=1$…".
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "kernel/op/op.h"

namespace ry::identity {

/// 64 MiB and 3 passes: above the 19 MiB and 2 passes that OWASP asks for, some 150 ms of one core. Two at a time are
/// 128 MiB; a third waits.
inline constexpr size_t password_memory_bytes = 64 * 1024 * 1024;
inline constexpr unsigned password_passes = 3;
inline constexpr int passwords_at_once = 2;

/// Waits for one of the two places until the Op's deadline; then unavailable.
Result<std::string> hash_password(const Op& op, const Secret& password);
/// Whether `password` is the one. An empty `hash` costs the same and is false.
Result<bool> password_matches(const Op& op, const Secret& password, const std::string& hash);

}  // namespace ry::identity
