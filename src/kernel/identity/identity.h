#pragma once
// Identity: organizations, workspaces, projects, users, sessions and API tokens; and who a request is.
//
//     Identity who = TRY(identities.authenticate(op, {.cookie = cookie, .bearer = bearer, .address = address}));
//     op.actor = who.actor, op.organization = who.organization.id;
//     if (is_change && header != who.csrf_token) return fail(Code::forbidden, …);      // X-CSRF-Token, in constant time
//     if (!who.permissions.contains(route.permission)) return access.refused(op, route.permission, object);
//
// Passwords: argon2id (password.h). Session cookies, API tokens and the set-up token are 256 random bits, of which the
// database keeps the SHA-256.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "kernel/access/access.h"
#include "kernel/identity/model.h"
#include "kernel/op/op.h"

namespace ry::store {
struct Schema;
class Store;
class Tx;
}  // namespace ry::store

namespace ry::identity {

extern const store::Schema schema;

/// How long credentials may be remembered without a look at the database. Revocation through this process is seen at
/// once, through another when its notification arrives.
inline constexpr int64_t memory_ms = 5'000;
inline constexpr int session_idle_days = 30;   ///< a session unused for so long is over
inline constexpr int session_age_days = 180;   ///< and every session is after so long
inline constexpr int64_t tokens_max = 100;     ///< of one user

/// The session cookie's name and the values of Set-Cookie. `is_secure`: the client speaks TLS.
inline constexpr std::string_view cookie_name = "ramify_session";
std::string set_cookie(const Secret& cookie, bool is_secure);
std::string clear_cookie(bool is_secure);

/// What a request brings. Empty: it does not.
struct Credentials {
    std::string_view cookie;   ///< the value of the cookie `cookie_name`
    std::string_view bearer;   ///< of "Authorization: Bearer …"
    std::string_view address;  ///< the client's IP address
};

/// Who a request is and what it may do. A value.
struct Identity {
    Actor actor;
    User user;
    Organization organization;
    Workspace workspace;
    Project project;
    access::Role role = access::Role::viewer;
    access::PermissionSet permissions;  ///< in `project`; of a token: no more than its scope
    SessionId session;                  ///< nil when there is none
    TokenId token;                      ///< nil when there is none
    std::string csrf_token;             ///< what changes must bring as X-CSRF-Token; "" unless signed in by cookie
    bool is_insecure_dev = false;
};

/// As the API shows it.
Session session_of(const Identity& identity);

/// A new session: what to show, and what to set as the cookie.
struct SignedIn {
    Session session;
    Secret cookie;
};

enum class Mode { normal, insecure_dev };

/// Any thread.
class Identities {
public:
    /// `store` and `access` outlive it. insecure_dev: a request without credentials is the local user; only for servers
    /// that listen on loopback and check Host and Origin.
    Identities(store::Store& store, access::Access& access, Mode mode = Mode::normal);
    ~Identities();
    Identities(const Identities&) = delete;

    /// unauthenticated when the request brings no credential, or one that is unknown, revoked or over. A bearer token goes
    /// before a cookie. Usually from memory; else three round trips. `op` gives deadline and request id.
    Result<Identity> authenticate(const Op& op, const Credentials& credentials);
    /// The same from memory alone, without blocking; absent when the database must be asked.
    std::optional<Identity> remembered(const Credentials& credentials);

    // ---- the first owner
    /// For the console: "/setup?token=…", a new one at each start; absent when an owner exists.
    Result<std::optional<std::string>> setup_link(const Op& op);
    Result<SetupState> setup_state(const Op& op);
    /// Makes the first owner, in the local organization if there is one, else in a new organization with workspace and
    /// project `default`, and signs them in. forbidden with a wrong token, conflict when an owner exists.
    Result<SignedIn> set_up(const Op& op, const SetUp& form, std::string_view user_agent = {});
    /// The local user, owner of organization, workspace and project `local`; made when missing. Call once at start.
    Result<void> ensure_local(const Op& op);

    // ---- sessions
    /// unauthenticated, the same for an unknown address and a wrong password; over_quota after too many attempts.
    /// Takes some 150 ms of one core; at most two run at a time.
    Result<SignedIn> sign_in(const Op& op, const SignIn& form, std::string_view user_agent = {});
    /// Ends the session. Nothing happens when it is nil.
    Result<void> sign_out(const Op& op, SessionId session);
    /// The Op's user's sessions, last used first.
    Result<std::vector<SessionSummary>> sessions(const Op& op, SessionId current);
    Result<void> revoke_session(const Op& op, SessionId session);

    // ---- API tokens of the Op's user
    Result<std::vector<Token>> tokens(const Op& op);
    /// `limit`: what the caller may do; a token can not be given more.
    Result<NewToken> create_token(const Op& op, const CreateToken& form, access::PermissionSet limit);
    /// forbidden when `who` came with a token that may less than the one to revoke; every token may revoke itself.
    Result<void> revoke_token(const Op& op, const Identity& who, TokenId token);

    // ---- people and permissions
    /// forbidden when the role is higher than the caller's own; conflict when the address is taken in the organization.
    Result<User> create_user(const Op& op, const CreateUser& form);
    /// Gives the user a new password and ends all their sessions and tokens.
    Result<void> set_password(const Op& op, UserId user, const Secret& password);
    /// GET /me/permissions: `on` is the id of an organization, workspace or project ("proj_…"), "" for the caller's project.
    /// A token has what is in its scope, and no more.
    Result<access::Explanation> explain(const Op& op, const Identity& who, std::string_view on);
    /// The project of something new: `named`, or the Op's own when none is named. not_found when the organization has no such
    /// project, forbidden (with an audit row) when the Op's user has not got `permission` there.
    Result<ProjectId> project_for(const Op& op, std::optional<ProjectId> named, std::string_view permission);

    /// To be called by whatever makes a credential invalid, in its transaction: every server forgets what it remembers.
    void credentials_changed(store::Tx& tx);

    /// A further organization with its first owner, workspace and project; returns its owner's identity.
    Result<Identity> create_organization(const Op& op, std::string_view name, const CreateUser& owner);

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::identity
