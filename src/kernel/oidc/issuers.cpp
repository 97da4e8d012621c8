#include "kernel/oidc/issuers.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <optional>

#include "base/guarded.h"
#include "kernel/fetch/fetch.h"
#include "kernel/oidc/key_set.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::oidc {
namespace {

constexpr size_t discovery_bytes_max = 64 << 10;
constexpr int64_t fetch_ms_max = 10'000;
/// A key is some KB, a set of 100 at most 500 KB; only issuers that rules name are kept. When full, all are forgotten.
constexpr size_t issuers_max = 100;

using Keys = std::shared_ptr<const KeySet>;

/// Of the discovery document what is needed (OpenID Connect Discovery 1.0 §3).
struct Provider {
    std::string issuer;
    std::string jwks_uri;
};

/// "https" and "git.example.com:8443" of an address; its port is what the scheme says when it names none.
struct Place {
    std::string_view scheme;
    std::string host_port;
};
Place place_of(std::string_view url) {
    size_t colon = url.find("://");
    if (colon == std::string_view::npos) return {};
    Place place{url.substr(0, colon), std::string(url.substr(colon + 3))};
    place.host_port.resize(std::min(place.host_port.size(), place.host_port.find('/')));
    if (!place.host_port.empty() && place.host_port.find(':', place.host_port.rfind(']') + 1) == std::string::npos) place.host_port += place.scheme == "https" ? ":443" : ":80";
    return place;
}

Result<Provider> provider_of(const std::string& document) {
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(document, error);
    if (error || !value.is_object()) return fail(Code::unavailable, "the discovery document is not a JSON object");
    auto text = [&](std::string_view name) {
        auto member = value.get_object().if_contains(name);
        return member && member->is_string() ? std::string(member->get_string()) : "";
    };
    return Provider{text("issuer"), text("jwks_uri")};
}

Error unknown_key() { return fail(Code::unauthenticated, "the ID token's key (`kid`) is not one that its issuer publishes"); }

}  // namespace

struct Issuers::Inside {
    Inside(fetch::Fetch& fetch_in, IssuersConfig config_in) : fetch(fetch_in), config(std::move(config_in)) {}

    /// What is known of an issuer.
    struct Known {
        Keys keys;                         ///< null until they were fetched
        int64_t fetched_ms = 0;            ///< when; steady_ms()
        int64_t renewed_ms = -1;           ///< when last fetched for the sake of an unknown key; -1: never
        int64_t failed_ms = -1;            ///< when the last try failed; -1: it did not
        std::optional<Error> failure;      ///< how
        bool is_fetching = false;          ///< by one thread; others wait
    };
    using AllKnown = std::map<std::string, Known, std::less<>>;

    bool is_allowed(std::string_view url) const;
    Result<std::string> get(const Op& op, const std::string& url, size_t bytes_max);
    Result<Keys> fetch_keys(const Op& op, const std::string& issuer);
    void remember(const std::string& issuer, const Result<Keys>& fetched);
    std::optional<Result<Keys>> answer_of(Known& known, const Keys& unfit) const;
    Result<Keys> keys_of(const Op& op, const std::string& issuer, const Keys& unfit = nullptr);

    fetch::Fetch& fetch;
    IssuersConfig config;
    Guarded<AllKnown> known;
};

bool Issuers::Inside::is_allowed(std::string_view url) const {
    Place place = place_of(url);
    if (place.host_port.empty() || url.find_first_of("?#@ \\") != std::string_view::npos) return false;
    return place.scheme == "https" || (place.scheme == "http" && std::ranges::find(config.plain_http_hosts, place.host_port) != config.plain_http_hosts.end());
}

Result<std::string> Issuers::Inside::get(const Op& op, const std::string& url, size_t bytes_max) {
    auto response = TRY(fetch.send(op, {.url = url, .headers = {{"Accept", "application/json"}}, .total_timeout_ms = fetch_ms_max, .body_bytes_max = bytes_max}));
    if (!response.ok()) return fail(Code::unavailable, url + " answers with status " + std::to_string(response.status));
    return std::move(response.body);
}

Result<Keys> Issuers::Inside::fetch_keys(const Op& op, const std::string& issuer) {
    std::string_view base = issuer;
    if (base.ends_with('/')) base.remove_suffix(1);
    std::string document = TRY(get(op, std::string(base) + "/.well-known/openid-configuration", discovery_bytes_max));
    Provider provider = TRY(provider_of(document));
    if (provider.issuer != issuer) return fail(Code::unavailable, "the discovery document of " + issuer + " is that of another issuer");
    if (!is_allowed(provider.jwks_uri)) return fail(Code::unavailable, "the discovery document of " + issuer + " has no `jwks_uri` with https://");
    std::string keys = TRY(get(op, provider.jwks_uri, key_set_bytes_max));
    auto set = TRY(KeySet::parse(keys));
    return std::make_shared<const KeySet>(std::move(set));
}

void Issuers::Inside::remember(const std::string& issuer, const Result<Keys>& fetched) {
    if (!fetched) telemetry::log(telemetry::Level::warning, "issuer_keys_failed", {{"issuer", issuer}, {"cause", fetched.error().message + " " + fetched.error().cause}});
    known.change([&](AllKnown& all) {
        Known& one = all[issuer];
        one.is_fetching = false;
        one.failure.reset();
        if (fetched) one.keys = *fetched, one.fetched_ms = steady_ms(), one.failed_ms = -1;
        else one.failure = fetched.error(), one.failed_ms = steady_ms();
    });
}

/// What to give without asking the issuer; absent when it is to be asked, which is noted. `unfit`: keys that do not have the one that is sought.
std::optional<Result<Keys>> Issuers::Inside::answer_of(Known& one, const Keys& unfit) const {
    int64_t now_ms = steady_ms(), age_ms = now_ms - one.fetched_ms;
    bool is_fit = one.keys && one.keys != unfit;
    if (is_fit && age_ms < keys_fresh_ms) return one.keys;
    bool has_just_failed = one.failure && now_ms - one.failed_ms < config.failure_pause_ms;
    if (has_just_failed) return is_fit && age_ms < keys_kept_ms ? Result<Keys>(one.keys) : *one.failure;
    bool is_renewal = unfit && one.keys == unfit;
    if (is_renewal && one.renewed_ms >= 0 && now_ms - one.renewed_ms < config.unknown_key_pause_ms) return unknown_key();
    if (is_renewal) one.renewed_ms = now_ms;
    one.is_fetching = true;
    return {};
}

Result<Keys> Issuers::Inside::keys_of(const Op& op, const std::string& issuer, const Keys& unfit) {
    std::optional<Result<Keys>> answer;
    auto is_ready = [&](AllKnown& all) { return !all[issuer].is_fetching; };
    auto look = [&](AllKnown& all) { answer = answer_of(all[issuer], unfit); };
    known.with([&](AllKnown& all) {
        if (all.size() >= issuers_max && !all.contains(issuer)) std::erase_if(all, [](const auto& one) { return !one.second.is_fetching; });
    });
    auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::min<int64_t>(op.deadline.left_ms(), 2 * fetch_ms_max));
    if (!known.wait_until(until, is_ready, look)) return fail(Code::unavailable, "the issuer does not answer in time");
    if (answer) return *std::move(answer);
    auto fetched = fetch_keys(op, issuer);
    remember(issuer, fetched);
    if (fetched || unfit) return fetched;
    // The issuer is down: what was known of it holds for a while.
    return known.with([&](AllKnown& all) {
        Known& one = all[issuer];
        return one.keys && steady_ms() - one.fetched_ms < keys_kept_ms ? Result<Keys>(one.keys) : fetched;
    });
}

Issuers::Issuers(fetch::Fetch& fetch, IssuersConfig config) : inside_(std::make_unique<Inside>(fetch, std::move(config))) {}
Issuers::~Issuers() = default;

Result<void> Issuers::check_issuer(std::string_view issuer) const {
    if (inside_->is_allowed(issuer) && issuer.size() <= issuer_bytes_max) return {};
    return invalid("/issuer", "must be the issuer's address as its tokens have it in `iss`, such as https://token.actions.githubusercontent.com or https://gitlab.com; http:// is for hosts of fetch_private_hosts alone");
}

Result<void> Issuers::verify(const Op& op, const IdToken& token) {
    Keys keys = TRY(inside_->keys_of(op, token.issuer));
    const Key* key = keys->find(token);
    if (!key) {
        keys = TRY(inside_->keys_of(op, token.issuer, keys));
        key = keys->find(token);
    }
    if (!key) return unknown_key();
    if (!verifies(*key, token)) return fail(Code::unauthenticated, "the ID token's signature is not its issuer's");
    return {};
}

void Issuers::verify_nobody(const IdToken& token) const { verify_with_nobodys_key(token); }

}  // namespace ry::oidc
