#pragma once
// Where the requests of a command go, and who asks: what flags say, then the environment, then the profile in use, then the server of the
// data directory.
#include <string>
#include <string_view>

#include "base/result.h"
#include "kernel/fetch/fetch.h"

namespace ry::cli {

struct Endpoint {
    std::string url;           ///< "" when none runs and none was to be started
    std::string token;         ///< "" for none
    std::string ca_file;       ///< PEM; "" trusts the system's authorities
    std::string profile;       ///< whose all this is; "" when it is no profile's
    std::string token_source;  ///< of the profile: "variable TEAM_TOKEN"
    bool is_local = false;     ///< the server of the data directory
};

/// What the environment says; flags override it.
struct Surroundings {
    std::string server;   ///< RAMIFY_SERVER
    std::string token;    ///< RAMIFY_TOKEN
    std::string profile;  ///< RAMIFY_PROFILE
    std::string service_account = {};  ///< RAMIFY_SERVICE_ACCOUNT: signs in at RAMIFY_SERVER when there is no token
    bool is_data_dir_given = false;
};
Surroundings surroundings_of_environment();

/// What the flags say; "" for one that is not given.
struct NamedEndpoint {
    std::string server, profile, token;
};

/// What is meant when nobody names a server.
enum class Unnamed {
    usual_address,  ///< http://127.0.0.1:8080
    started,        ///< the server of the data directory, started now when none runs
    found,          ///< the same, if it runs
};

/// `invalid` when two servers are named, when there is no such profile, or when it has no token.
Result<Endpoint> endpoint_of(const NamedEndpoint& named, const Surroundings& surroundings, Unnamed unnamed);

/// Why nobody answered at the endpoint, and what to do.
Error unreached(const Endpoint& endpoint, const Error& error);
/// What besides the problem's own words is worth knowing of an answer that is not ok: whose token it was, and that the server has another
/// version. "" or lines.
std::string hint_of_refusal(const Endpoint& endpoint, const fetch::Response& response);

/// An address as it may be written, as it is used: "db.example.com:8080", with a slash at its end.
std::string whole_url(std::string url);

struct UrlParts {
    std::string_view scheme, host;  ///< of "https://[::1]:8443/x": "https", "[::1]"; "" for what is not there
};
UrlParts url_parts(std::string_view url);

}  // namespace ry::cli
