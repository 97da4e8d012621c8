#include "cli/endpoint.h"

#include <cstdlib>

#include "cli/id_token.h"
#include "cli/local_server.h"
#include "cli/profiles.h"
#include "cli/terminal.h"

namespace ry::cli {
namespace {

constexpr std::string_view usual_address = "http://127.0.0.1:8080";

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// A server that is named by its address: the token is that of the flag, then of the environment, then of the service account.
Result<Endpoint> named_endpoint(const std::string& server, const NamedEndpoint& named, const Surroundings& surroundings) {
    Endpoint endpoint{.url = whole_url(server), .token = named.token.empty() ? surroundings.token : named.token};
    if (endpoint.token.empty() && !surroundings.service_account.empty()) endpoint.token = TRY(exchanged_token(endpoint.url, {.service_account = surroundings.service_account}));
    return endpoint;
}

Result<Endpoint> unnamed_endpoint(const NamedEndpoint& named, const Surroundings& surroundings, Unnamed unnamed) {
    Endpoint endpoint{.url = std::string(usual_address), .token = named.token.empty() ? surroundings.token : named.token};
    if (unnamed == Unnamed::usual_address) return endpoint;
    endpoint.is_local = true;
    endpoint.url = unnamed == Unnamed::started ? TRY(local_server(local_data_dir())) : TRY(find_local_server(local_data_dir()));
    return endpoint;
}

Result<Endpoint> endpoint_of_profile(const std::string& name, const Profiles& profiles, const std::string& token) {
    const Profile* profile = profiles.find(name);
    if (!profile) {
        std::vector<std::string> names;
        for (const Profile& one : profiles.profiles) names.push_back(one.name);
        std::string near = nearest(name, names);
        return fail(Code::invalid, "there is no profile \"" + one_line(name) + "\"" + (near.empty() ? "; `ramify profile ls` lists them" : "; did you mean " + near + "?"));
    }
    return Endpoint{.url = whole_url(profile->url), .token = token.empty() ? TRY(token_of(*profile)) : token, .ca_file = profile->ca_file.value_or(""), .profile = name,
                    .token_source = token.empty() ? token_source(*profile) : ""};
}

/// The profile that is meant: of the flag, the environment or the file; "" for none.
std::string chosen_profile(const NamedEndpoint& named, const Surroundings& surroundings, const Profiles& profiles) {
    if (!named.profile.empty()) return named.profile;
    if (!surroundings.profile.empty()) return surroundings.profile;
    return surroundings.is_data_dir_given ? "" : profiles.used.value_or("");
}

}  // namespace

Surroundings surroundings_of_environment() {
    return {.server = variable("RAMIFY_SERVER"), .token = variable("RAMIFY_TOKEN"), .profile = variable("RAMIFY_PROFILE"), .service_account = variable("RAMIFY_SERVICE_ACCOUNT"), .is_data_dir_given = !variable("RAMIFY_DATA_DIR").empty()};
}

Result<Endpoint> endpoint_of(const NamedEndpoint& named, const Surroundings& surroundings, Unnamed unnamed) {
    if (!named.server.empty() && !named.profile.empty()) return fail(Code::invalid, "--server and --profile name two servers; give one of them");
    if (!named.server.empty()) return named_endpoint(named.server, named, surroundings);
    if (named.profile.empty() && !surroundings.server.empty()) {
        if (!surroundings.profile.empty()) return fail(Code::invalid, "RAMIFY_SERVER and RAMIFY_PROFILE name two servers; unset one of them");
        return named_endpoint(surroundings.server, named, surroundings);
    }
    Profiles profiles = TRY(load_profiles(profiles_path()));
    std::string profile = chosen_profile(named, surroundings, profiles);
    if (profile.empty() || profile == local_profile) return unnamed_endpoint(named, surroundings, unnamed);
    return endpoint_of_profile(profile, profiles, named.token);
}

Error unreached(const Endpoint& endpoint, const Error& error) {
    if (error.code != Code::unavailable && error.code != Code::timed_out) return error;
    std::string message = "no server answers at " + endpoint.url + " (" + error.message + ").";
    if (!endpoint.profile.empty()) message += "\nProfile " + endpoint.profile + " leads there; `ramify profile ls` shows what it says.";
    else if (!endpoint.is_local) message += "\nStart one with `ramify serve`, or name another with --server, --profile or RAMIFY_SERVER.";
    return fail(error.code, std::move(message), error.cause);
}

std::string hint_of_refusal(const Endpoint& endpoint, const fetch::Response& response) {
    std::string hint;
    if (response.status == 401) {
        if (endpoint.profile.empty()) hint = "Give an API token with --token or RAMIFY_TOKEN; settings in the web UI make one.\n";
        else if (endpoint.token.empty()) hint = "Profile " + endpoint.profile + " has no token: add it again with --token-env, --token-file, --token-command or --service-account.\n";
        else hint = "The token of profile " + endpoint.profile + " is from " + (endpoint.token_source.empty() ? "--token" : "its " + endpoint.token_source) + "; settings in the web UI of " + endpoint.url + " make a new one.\n";
    }
    auto version = response.find_header("ramify-version");
    bool is_unknown = response.status == 400 || response.status == 404 || response.status == 405 || response.status == 422 || response.status == 501;
    if (is_unknown && version && *version != RAMIFY_VERSION)
        hint += "This is ramify " RAMIFY_VERSION ", the server is ramify " + one_line(*version) + ": if it does not know what was asked for, bring both to the same version.\n";
    return hint;
}

std::string whole_url(std::string url) {
    if (url.find("://") == std::string::npos) url = "http://" + url;
    while (url.ends_with('/')) url.pop_back();
    return url;
}

UrlParts url_parts(std::string_view url) {
    UrlParts parts;
    size_t colon = url.find("://");
    if (colon == std::string_view::npos) return parts;
    parts.scheme = url.substr(0, colon);
    parts.host = url.substr(colon + 3);
    parts.host = parts.host.substr(0, parts.host.find_first_of("/?#"));
    parts.host = parts.host.starts_with('[') ? parts.host.substr(0, parts.host.find(']') + 1) : parts.host.substr(0, parts.host.find(':'));
    return parts;
}

}  // namespace ry::cli
