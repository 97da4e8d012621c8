#include "cli/id_token.h"

#include <boost/json.hpp>
#include <cstdlib>

#include "base/json.h"
#include "kernel/fetch/fetch.h"
#include "kernel/http/message.h"
#include "kernel/identity/service_account_model.h"

namespace ry::cli {
namespace {

constexpr size_t answer_bytes_max = 64 << 10;
constexpr int64_t answer_ms_max = 60'000;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// A text member of a JSON object; "" when there is none.
std::string member_of(const std::string& json, std::string_view name) {
    boost::system::error_code error;
    auto value = boost::json::parse(json, error);
    const auto* member = !error && value.is_object() ? value.as_object().if_contains(name) : nullptr;
    return member && member->is_string() ? std::string(member->as_string()) : "";
}

Result<fetch::Response> ask(fetch::Request request, const std::string& ca_file) {
    request.addresses = fetch::Addresses::any;
    request.total_timeout_ms = answer_ms_max;
    request.body_bytes_max = answer_bytes_max;
    fetch::Fetch fetch({.ca_file = ca_file});
    return fetch.send(server_op("command line"), std::move(request));
}

/// GitHub signs one for each asking, for the audience that is named.
Result<std::string> github_id_token(const std::string& audience) {
    std::string url = variable("ACTIONS_ID_TOKEN_REQUEST_URL") + "&audience=" + http::percent_encoded(audience);
    auto response = TRY(ask({.url = url, .headers = {{"Authorization", "Bearer " + variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")}}}, "").within("asking GitHub for an ID token"));
    std::string token = member_of(response.body, "value");
    if (!response.ok() || token.empty()) return fail(Code::unavailable, "GitHub gave no ID token: its answer has status " + std::to_string(response.status) + "; run the job again");
    return token;
}

Result<std::string> id_token(const std::string& audience, const std::string& named) {
    std::string token = variable(named.empty() ? "RAMIFY_ID_TOKEN" : named.c_str());
    if (!token.empty()) return token;
    if (!named.empty()) return fail(Code::invalid, "the variable " + named + " has no ID token; see `id_tokens:` of the job");
    if (!variable("ACTIONS_ID_TOKEN_REQUEST_URL").empty()) return github_id_token(audience);
    return fail(Code::invalid, "this job has no ID token to sign in with: on GitHub it needs `permissions: id-token: write`, on GitLab `id_tokens:` with RAMIFY_ID_TOKEN and `aud: " + audience + "`; elsewhere set RAMIFY_ID_TOKEN");
}

std::string exchange_body(const std::string& id_token, const std::string& service_account) {
    std::string body = "{\"grant_type\":";
    json::write_string(body, identity::token_exchange_grant);
    json::write_string(body += ",\"subject_token_type\":", identity::id_token_type);
    json::write_string(body += ",\"subject_token\":", id_token);
    json::write_string(body += ",\"client_id\":", service_account);
    return body + "}";
}

}  // namespace

Result<std::string> exchanged_token(const std::string& url, const IdTokenSignIn& sign_in) {
    std::string body = exchange_body(TRY(id_token(url, sign_in.id_token_env)), sign_in.service_account);
    fetch::Request request{.method = "POST", .url = url + "/api/v1/oauth/token", .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
    auto response = TRY(ask(std::move(request), sign_in.ca_file).within("signing in at " + url));
    std::string token = member_of(response.body, "access_token"), detail = member_of(response.body, "detail");
    if (response.ok() && !token.empty()) return token;
    if (detail.empty()) detail = "the server answered with status " + std::to_string(response.status) + " and no explanation; is it a Ramify server?";
    return fail(response.status >= 500 ? Code::unavailable : Code::invalid, "service account " + sign_in.service_account + " is not signed in at " + url + ": " + detail);
}

}  // namespace ry::cli
