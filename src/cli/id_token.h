#pragma once
// Signing in from CI without a stored secret: the ID token that GitHub Actions or GitLab gives the job, exchanged for a token of a service
// account (docs/ci.md).
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::cli {

/// Who signs in, and with which ID token.
struct IdTokenSignIn {
    std::string service_account;  ///< its id
    std::string id_token_env;     ///< the variable that has the ID token; "": RAMIFY_ID_TOKEN, else GitHub is asked for one
    std::string ca_file;          ///< PEM; "" trusts the system's authorities
};

/// A token of the service account on the server at `url`, which is also the ID token's audience. `invalid` when there is no ID token here, or
/// the server refuses it; `unavailable` when nobody answers.
Result<std::string> exchanged_token(const std::string& url, const IdTokenSignIn& sign_in);

}  // namespace ry::cli
