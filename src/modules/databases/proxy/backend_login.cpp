#include "modules/databases/proxy/backend_login.h"

#include <algorithm>

namespace ry::databases {
namespace {

Error wrong_backend(std::string cause) {
    return fail(
        Code::unavailable,
        "the database's server does not let the proxy in; reset the instance, or look at its log (ramify db logs)",
        std::move(cause));
}

}  // namespace

BackendLogin::BackendLogin(const Target& target, Parameters parameters)
    : parameters_(std::move(parameters)), keys_(target.keys), has_password_(!target.password.empty()) {
    is_verified_ = !keys_ && !has_password_;
    std::erase_if(parameters_, [](const auto& one) { return one.first == "user" || one.first == "database"; });
    parameters_.emplace_back("user", target.user);
    parameters_.emplace_back("database", target.database);
    if (target.is_read_only) parameters_.emplace_back("default_transaction_read_only", "on");
}

Result<BackendLogin::Step> BackendLogin::take(const Frame& frame) {
    Step step;
    switch (frame.type()) {
        case 'R':
            if (is_authenticated_) return wrong_backend("it authenticates twice");
            return authenticate(frame.body());
        case 'E':
            return refused(frame);
        case 'N':  // a notice
            step.to_client = frame.bytes();
            return step;
        case 'S':
        case 'K':
        case 'Z':
            break;
        default:
            return wrong_backend(std::string("a message of type '") + frame.type() + "' in its start-up");
    }
    if (!is_authenticated_) return wrong_backend("it goes on without authentication");
    if (frame.type() == 'K') {
        BodyReader body(frame.body());
        CancelKey key{.process = body.integer(), .secret = {}};
        key.secret = body.rest();
        if (body.is_bad() || key.secret.empty()) return wrong_backend("a cancel key that is too short");
        step.cancel_key = std::move(key);
        return step;
    }
    step.to_client = frame.bytes();
    step.is_ready = frame.type() == 'Z';
    return step;
}

Result<BackendLogin::Step> BackendLogin::authenticate(std::string_view text) {
    Step step;
    BodyReader body(text);
    auto what = Authentication(body.integer());
    if (body.is_bad()) return wrong_backend("an authentication without a kind");
    switch (what) {
        case Authentication::ok:
            if (!is_verified_) return wrong_backend("it did not prove that it knows the password");
            is_authenticated_ = true;
            return step;
        case Authentication::sasl: {
            std::string first = scram_.first();
            step.to_backend =
                message('p', "SCRAM-SHA-256" + std::string(1, '\0') + integer_bytes(uint32_t(first.size())) + first);
            return step;
        }
        case Authentication::sasl_continue: {
            if (auto read = scram_.challenge(body.rest()); !read) return wrong_backend(read.error().message);
            if (keys_ && keys_->verifier.salt == scram_.salt() && keys_->verifier.iterations == scram_.iterations())
                step.to_backend = answer(*keys_);
            else if (has_password_)
                step.needs_keys = true;
            else
                return wrong_backend("its password is another one than the directory has the keys of");
            return step;
        }
        case Authentication::sasl_final:
            if (auto verified = scram_.verify(body.rest()); !verified) return wrong_backend(verified.error().message);
            is_verified_ = true;
            return step;
        default:
            return wrong_backend("it asks for authentication " + std::to_string(uint32_t(what)) +
                                 ", and not for SCRAM-SHA-256");
    }
}

std::string BackendLogin::answer(const ScramKeys& keys) { return message('p', scram_.final(keys)); }

/// Errors of the login itself are between the backend and us; all others (too many clients, still starting, a role's
/// settings) are the client's to read.
Result<BackendLogin::Step> BackendLogin::refused(const Frame& frame) const {
    BackendError error = parse_error(frame.body());
    if (error.sql_state.starts_with("28")) return wrong_backend(error.sql_state + " " + error.text);
    Step step{.has_refused = true};
    step.to_client = frame.bytes();
    return step;
}

}  // namespace ry::databases
