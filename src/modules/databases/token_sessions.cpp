#include "modules/databases/token_sessions.h"

#include <chrono>

#include "modules/databases/inside.h"

namespace ry::databases {
namespace {

constexpr auto look_every = std::chrono::seconds(1);
constexpr int64_t look_ms_max = 5'000;

}  // namespace

TokenSessions::TokenSessions(TokenSignIn& tokens)
    : tokens_(tokens), looking_([this](std::stop_token stop) { look(std::move(stop)); }) {}

TokenSessions::~TokenSessions() {
    looking_.request_stop();
    uses_.change([](auto&) {});
}

std::function<std::string()> TokenSessions::watch(const Secret& token) {
    UsePtr use = uses_.change([&](auto& uses) {
        for (const auto& known : uses)
            if (UsePtr shared = known.lock(); shared && shared->token == token && why_ended(*shared).empty()) return shared;
        UsePtr fresh = std::make_shared<Use>(token);
        uses.push_back(fresh);
        return fresh;
    });
    return [use] { return why_ended(*use); };
}

std::string TokenSessions::why_ended(const Use& use) {
    return use.ended_because.with([](const std::string& why) { return why; });
}

void TokenSessions::look(std::stop_token stop) {
    auto is_stopping = [&](auto&) { return stop.stop_requested(); };
    while (!stop.stop_requested()) {
        uses_.wait_until(
            std::chrono::steady_clock::time_point::max(),
            [&](auto& uses) { return stop.stop_requested() || !uses.empty(); }, [](auto&) {});
        for (const UsePtr& use : uses_now()) {
            if (stop.stop_requested()) return;
            if (!is_good(*use)) forget(*use);
        }
        uses_.wait_until(std::chrono::steady_clock::now() + look_every, is_stopping, [](auto&) {});
    }
}

/// Those that have sessions.
std::vector<TokenSessions::UsePtr> TokenSessions::uses_now() {
    std::vector<UsePtr> now;
    uses_.with([&](auto& uses) {
        std::erase_if(uses, [](const auto& use) { return use.expired(); });
        for (const auto& use : uses)
            if (UsePtr shared = use.lock()) now.push_back(std::move(shared));
    });
    return now;
}

/// What cannot be known, as while the server's own database restarts, ends nothing.
bool TokenSessions::is_good(Use& use) {
    auto signed_in = tokens_.sign_in(background_op({}, look_ms_max), use.token, token_permission);
    if (signed_in) return true;
    Code code = signed_in.error().code;
    if (code != Code::unauthenticated && code != Code::forbidden) return true;
    std::string why = "this session was opened with an API token that opens it no longer: " + signed_in.error().message;
    use.ended_because.with([&](std::string& because) { because = std::move(why); });
    return false;
}

/// Should the token open sessions again, as when a role is given back, those are others.
void TokenSessions::forget(const Use& use) {
    uses_.with([&](auto& uses) { std::erase_if(uses, [&](const auto& known) { return known.lock().get() == &use; }); });
}

}  // namespace ry::databases
