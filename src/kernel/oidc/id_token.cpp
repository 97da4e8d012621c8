#include "kernel/oidc/id_token.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"

namespace ry::oidc {
namespace {

namespace bj = boost::json;

constexpr std::array<std::string_view, 2> algorithms = {"RS256", "ES256"};
constexpr size_t key_id_bytes_max = 256;
constexpr size_t audiences_max = 20;
/// Year 9999: what is later is no time, and could not be added to.
constexpr int64_t time_s_max = 253'402'300'799;

Error wrong(std::string what) { return fail(Code::unauthenticated, "the ID token " + what); }

Result<bj::object> object_of(std::string_view part, const char* name) {
    auto text = unbase64url(part);
    if (!text) return wrong(std::string("has a ") + name + " that is not base64url");
    bj::parse_options options;
    options.max_depth = 8;
    boost::system::error_code error;
    bj::value value = bj::parse(*text, error, {}, options);
    if (error || !value.is_object()) return wrong(std::string("has a ") + name + " that is not a JSON object");
    return std::move(value.get_object());
}

std::string text_at(const bj::object& object, std::string_view name) {
    auto value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : "";
}

Result<std::optional<int64_t>> time_at(const bj::object& object, std::string_view name) {
    auto value = object.if_contains(name);
    if (!value) return std::optional<int64_t>();
    // RFC 7519 §2 allows fractions of seconds.
    double seconds = value->is_int64() ? double(value->get_int64()) : value->is_double() ? value->get_double() : -1;
    if (!(seconds >= 0 && seconds <= double(time_s_max))) return wrong("has no time in `" + std::string(name) + "`");
    return std::optional(int64_t(seconds));
}

Result<int64_t> needed_time(const bj::object& object, std::string_view name) {
    auto time = TRY(time_at(object, name));
    if (!time) return wrong("has no `" + std::string(name) + "`");
    return *time;
}

Result<std::vector<std::string>> audiences_of(const bj::object& claims) {
    std::vector<std::string> audiences;
    auto value = claims.if_contains("aud");
    if (value && value->is_string()) audiences.emplace_back(value->get_string());
    if (value && value->is_array())
        for (const bj::value& one : value->get_array())
            if (one.is_string()) audiences.emplace_back(one.get_string());
    if (audiences.empty()) return wrong("has no `aud`");
    if (audiences.size() > audiences_max) return wrong("has more than " + std::to_string(audiences_max) + " audiences");
    return audiences;
}

std::optional<std::string> comparable(const bj::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_bool()) return value.get_bool() ? "true" : "false";
    if (value.is_int64()) return std::to_string(value.get_int64());
    return {};
}

Result<void> read_header(std::string_view part, IdToken& token) {
    bj::object header = TRY(object_of(part, "header"));
    auto algorithm = std::ranges::find(algorithms, text_at(header, "alg"));
    if (algorithm == algorithms.end()) return wrong("is not signed with RS256 or ES256");
    // An extension that must be understood, and none is (RFC 7515 §4.1.11).
    if (header.contains("crit")) return wrong("names extensions (`crit`)");
    token.algorithm = Algorithm(algorithm - algorithms.begin());
    token.key_id = text_at(header, "kid");
    if (token.key_id.size() > key_id_bytes_max) return wrong("has a `kid` of more than " + std::to_string(key_id_bytes_max) + " bytes");
    return {};
}

Result<void> read_claims(std::string_view part, IdToken& token) {
    bj::object claims = TRY(object_of(part, "payload"));
    if (claims.size() > claims_max) return wrong("has more than " + std::to_string(claims_max) + " claims");
    token.issuer = text_at(claims, "iss");
    if (token.issuer.empty()) return wrong("has no `iss`");
    token.audiences = TRY(audiences_of(claims));
    token.issued_at_s = TRY(needed_time(claims, "iat"));
    token.expires_at_s = TRY(needed_time(claims, "exp"));
    token.not_before_s = TRY(time_at(claims, "nbf"));
    for (const auto& [name, value] : claims)
        if (auto text = comparable(value)) token.claims.push_back({std::string(name), *std::move(text)});
    return {};
}

}  // namespace

const std::string* IdToken::find(std::string_view claim) const {
    auto found = std::ranges::find(claims, claim, &Claim::name);
    return found == claims.end() ? nullptr : &found->value;
}

Result<IdToken> parse_id_token(std::string_view text) {
    if (text.size() > id_token_bytes_max) return wrong("has more than " + std::to_string(id_token_bytes_max) + " bytes");
    auto parts = split(text, '.');
    if (parts.size() != 3) return wrong("is not three parts with points between them");
    IdToken token;
    TRY(read_header(parts[0], token));
    TRY(read_claims(parts[1], token));
    auto signature = unbase64url(parts[2]);
    if (!signature || signature->empty()) return wrong("has no signature");
    token.signed_part = text.substr(0, parts[0].size() + 1 + parts[1].size());
    token.signature = *std::move(signature);
    return token;
}

Result<void> check_times(const IdToken& token, Time at) {
    int64_t now_s = at.us / 1'000'000;
    if (token.expires_at_s + clock_skew_s <= now_s) return wrong("is over (`exp`)");
    if (token.not_before_s && *token.not_before_s > now_s + clock_skew_s) return wrong("is not valid yet (`nbf`)");
    if (token.issued_at_s > now_s + clock_skew_s) return wrong("is of the future (`iat`); compare the clocks of this server and the issuer");
    if (token.expires_at_s - token.issued_at_s > id_token_lifetime_s_max) return wrong("lives longer than a day (`exp` and `iat`)");
    return {};
}

}  // namespace ry::oidc
