#pragma once
// Inside: sessions of the port that an API token opened. They end when it opens them no longer: it was revoked or is
// over, or its person may no longer.
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/secret.h"
#include "modules/databases/databases.h"

namespace ry::databases {

/// What a token needs, to open a session and for as long as it is open.
inline constexpr std::string_view token_permission = "databases.write";

/// Any thread. Asks once a second for each token that has sessions, however many those are; usually from memory.
class TokenSessions {
public:
    explicit TokenSessions(TokenSignIn& tokens);
    ~TokenSessions();
    TokenSessions(const TokenSessions&) = delete;
    /// Target::must_end of a session that `token` has just opened. It may outlive this.
    std::function<std::string()> watch(const Secret& token);

private:
    /// Of one token, shared by its sessions.
    struct Use {
        explicit Use(const Secret& of) : token(of) {}
        const Secret token;
        Guarded<std::string> ended_because{};  ///< empty: it still opens them
    };
    using UsePtr = std::shared_ptr<Use>;

    TokenSignIn& tokens_;
    Guarded<std::vector<std::weak_ptr<Use>>> uses_;  ///< no more than sessions
    std::jthread looking_;

    static std::string why_ended(const Use& use);
    void look(std::stop_token stop);
    std::vector<UsePtr> uses_now();
    bool is_good(Use& use);
    void forget(const Use& use);
};

}  // namespace ry::databases
