#pragma once
// The values of identity, as the API and the database show them.
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/access/permission.h"
#include "kernel/op/op.h"

namespace ry::identity {

DECLARE_ID(SessionId, "session");
DECLARE_ID(TokenId, "token");

inline constexpr size_t password_bytes_min = 8;
inline constexpr size_t password_bytes_max = 1'000;

struct User {
    UserId id;
    std::string name;
    std::string email;

    static const Fields& fields() {
        using S = User;
        static const Field table[] = {
            field("id", &S::id, "The user's id."),
            field("name", &S::name, "The name that others see."),
            field("email", &S::email, "The address to sign in with."),
        };
        static const Fields all{"User", table};
        return all;
    }
};

struct Organization {
    OrganizationId id;
    std::string name;

    static const Fields& fields() {
        using S = Organization;
        static const Field table[] = {
            field("id", &S::id, "The organization's id."),
            field("name", &S::name, "Its name."),
        };
        static const Fields all{"Organization", table};
        return all;
    }
};

struct Workspace {
    WorkspaceId id;
    std::string name;

    static const Fields& fields() {
        using S = Workspace;
        static const Field table[] = {
            field("id", &S::id, "The workspace's id."),
            field("name", &S::name, "Its name."),
        };
        static const Fields all{"Workspace", table};
        return all;
    }
};

struct Project {
    ProjectId id;
    std::string name;

    static const Fields& fields() {
        using S = Project;
        static const Field table[] = {
            field("id", &S::id, "The project's id."),
            field("name", &S::name, "Its name."),
        };
        static const Fields all{"Project", table};
        return all;
    }
};

/// Who is signed in and what they may do: GET /api/v1/session.
struct Session {
    User user;
    Organization organization;
    Workspace workspace;
    Project project;
    access::Role role = access::Role::viewer;
    std::vector<std::string> permissions;
    std::string csrf_token;
    bool is_insecure_dev = false;

    static const Fields& fields() {
        using S = Session;
        static const Field table[] = {
            field("user", &S::user, "Who is signed in."),
            field("organization", &S::organization, "Their organization."),
            field("workspace", &S::workspace, "The workspace that new things go to."),
            field("project", &S::project, "The project that new things go to."),
            field("role", &S::role, "The highest role in that project."),
            field("permissions", &S::permissions, "What this session or token may do there."),
            field("csrf_token", &S::csrf_token, "Send it as X-CSRF-Token with every change; empty when none is asked for."),
            field("is_insecure_dev", &S::is_insecure_dev, "Whether the server signs everybody in as its local user."),
        };
        static const Fields all{"Session", table};
        return all;
    }
};

/// One place where a person is signed in: GET /api/v1/sessions.
struct SessionSummary {
    SessionId id;
    Time created_at;
    Time last_seen_at;
    Time expires_at;
    std::string address;
    std::string user_agent;
    bool is_current = false;

    static const Fields& fields() {
        using S = SessionSummary;
        static const Field table[] = {
            field("id", &S::id, "The session's id."),
            field("created_at", &S::created_at, "When the person signed in."),
            field("last_seen_at", &S::last_seen_at, "When it was used last, to some minutes."),
            field("expires_at", &S::expires_at, "When it ends unless it is used."),
            field("address", &S::address, "From which IP address."),
            field("user_agent", &S::user_agent, "With which browser."),
            field("is_current", &S::is_current, "Whether it is the one that asks."),
        };
        static const Fields all{"SessionSummary", table};
        return all;
    }
};

struct Token {
    TokenId id;
    std::string name;
    std::optional<std::vector<std::string>> permissions;
    Time created_at;
    std::optional<Time> expires_at;
    std::optional<Time> last_used_at;

    static const Fields& fields() {
        using S = Token;
        static const Field table[] = {
            field("id", &S::id, "The token's id."),
            field("name", &S::name, "What it is for."),
            field("permissions", &S::permissions, "The most it may do; null: whatever its owner may."),
            field("created_at", &S::created_at, "When it was made."),
            field("expires_at", &S::expires_at, "When it stops working; null: never."),
            field("last_used_at", &S::last_used_at, "When it was used last, to a minute."),
        };
        static const Fields all{"Token", table};
        return all;
    }
};

/// A Token just made; `token` is shown this once.
struct NewToken {
    TokenId id;
    std::string name;
    std::optional<std::vector<std::string>> permissions;
    Time created_at;
    std::optional<Time> expires_at;
    std::optional<Time> last_used_at;
    std::string token;

    static const Fields& fields() {
        using S = NewToken;
        static const Field table[] = {
            field("id", &S::id, "The token's id."),
            field("name", &S::name, "What it is for."),
            field("permissions", &S::permissions, "The most it may do; null: whatever its owner may."),
            field("created_at", &S::created_at, "When it was made."),
            field("expires_at", &S::expires_at, "When it stops working; null: never."),
            field("last_used_at", &S::last_used_at, "Null: it was never used."),
            field("token", &S::token, "The token itself, rmf_…; it is not shown again."),
        };
        static const Fields all{"NewToken", table};
        return all;
    }
};

struct CreateToken {
    std::string name;
    std::optional<std::vector<std::string>> permissions;
    std::optional<Time> expires_at;

    static const Fields& fields() {
        using S = CreateToken;
        static const Field table[] = {
            field("name", &S::name, "What it is for.", length(1, 100), positional()),
            field("permissions", &S::permissions, "The most it may do, such as chats.read; without it, whatever you may.", length(1, 64)),
            field("expires_at", &S::expires_at, "When it stops working; without it, never."),
        };
        static const Fields all{"CreateToken", table};
        return all;
    }
};

struct SetupState {
    bool is_needed = false;

    static const Fields& fields() {
        using S = SetupState;
        static const Field table[] = {
            field("is_needed", &S::is_needed, "Whether the first owner is still to be made, with the link on the server's console."),
        };
        static const Fields all{"SetupState", table};
        return all;
    }
};

struct SetUp {
    std::string setup_token;
    std::string name;
    std::string email;
    std::string password;

    static const Fields& fields() {
        using S = SetUp;
        static const Field table[] = {
            field("setup_token", &S::setup_token, "From the link on the server's console.", length(1, 200), secret()),
            field("name", &S::name, "Your name.", length(1, 200)),
            field("email", &S::email, "The address to sign in with.", length(3, 254)),
            field("password", &S::password, "At least 8 characters.", length(password_bytes_min, password_bytes_max), secret()),
        };
        static const Fields all{"SetUp", table};
        return all;
    }
};

struct SignIn {
    std::string email;
    std::string password;

    static const Fields& fields() {
        using S = SignIn;
        static const Field table[] = {
            field("email", &S::email, "The address you signed up with.", length(1, 254)),
            field("password", &S::password, "The password.", length(1, password_bytes_max), secret()),
        };
        static const Fields all{"SignIn", table};
        return all;
    }
};

struct CreateUser {
    std::string name;
    std::string email;
    std::string password;
    access::Role role = access::Role::viewer;

    static const Fields& fields() {
        using S = CreateUser;
        static const Field table[] = {
            field("name", &S::name, "The person's name.", length(1, 200)),
            field("email", &S::email, "The address to sign in with.", length(3, 254)),
            field("password", &S::password, "At least 8 characters.", length(password_bytes_min, password_bytes_max), secret()),
            field("role", &S::role, "The role in the organization."),
        };
        static const Fields all{"CreateUser", table};
        return all;
    }
};

// ---- rows of queries.sql that the API does not show

/// Where a user works unless they say otherwise: the organization's first workspace and its first project.
struct Home {
    OrganizationId organization_id;
    std::string organization_name;
    WorkspaceId workspace_id;
    std::string workspace_name;
    ProjectId project_id;
    std::string project_name;
    UserId user_id;
    std::string user_name;
    std::string email;
    bool is_service_account = false;

    static const Fields& fields() {
        using S = Home;
        static const Field table[] = {
            field("organization_id", &S::organization_id, "The organization."),
            field("organization_name", &S::organization_name, "Its name."),
            field("workspace_id", &S::workspace_id, "The workspace."),
            field("workspace_name", &S::workspace_name, "Its name."),
            field("project_id", &S::project_id, "The project."),
            field("project_name", &S::project_name, "Its name."),
            field("user_id", &S::user_id, "The user."),
            field("user_name", &S::user_name, "Their name."),
            field("email", &S::email, "Their address."),
            field("is_service_account", &S::is_service_account, "Whether they are no person."),
        };
        static const Fields all{"Home", table};
        return all;
    }
};

/// Of a live session or token, found by its hash.
struct Credential {
    OrganizationId organization_id;
    UserId user_id;
    std::optional<SessionId> session_id;  ///< one of these two
    std::optional<TokenId> token_id;
    std::optional<std::vector<std::string>> permissions;
    std::optional<Time> used_at;
    std::optional<Time> expires_at;

    static const Fields& fields() {
        using S = Credential;
        static const Field table[] = {
            field("organization_id", &S::organization_id, "The organization."),
            field("user_id", &S::user_id, "The user."),
            field("session_id", &S::session_id, "The session."),
            field("token_id", &S::token_id, "The token."),
            field("permissions", &S::permissions, "The most it may do."),
            field("used_at", &S::used_at, "When its use was last recorded."),
            field("expires_at", &S::expires_at, "When it ends."),
        };
        static const Fields all{"Credential", table};
        return all;
    }
};

/// A user as signing in needs them.
struct Account {
    OrganizationId organization_id;
    UserId user_id;
    std::string password_hash;

    static const Fields& fields() {
        using S = Account;
        static const Field table[] = {
            field("organization_id", &S::organization_id, "The organization."),
            field("user_id", &S::user_id, "The user."),
            field("password_hash", &S::password_hash, "argon2id."),
        };
        static const Fields all{"Account", table};
        return all;
    }
};

}  // namespace ry::identity
