#pragma once
// The values of access: memberships and explanations.
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/access/permission.h"
#include "kernel/op/op.h"

namespace ry::access {

DECLARE_ID(MembershipId, "member");

/// A place in the tree. A nil project: the workspace itself; a nil workspace as well: the organization.
struct Place {
    WorkspaceId workspace;
    ProjectId project;
};

struct Membership {
    MembershipId id;
    UserId user_id;
    std::optional<WorkspaceId> workspace_id;
    std::optional<ProjectId> project_id;
    Role role = Role::viewer;
    Time created_at;

    static const Fields& fields() {
        using S = Membership;
        static const Field table[] = {
            field("id", &S::id, "The membership's id."),
            field("user_id", &S::user_id, "Whose it is."),
            field("workspace_id", &S::workspace_id, "Where it holds: this workspace and below; null for the whole organization."),
            field("project_id", &S::project_id, "Where it holds: this project alone; null for more."),
            field("role", &S::role, "The role."),
            field("created_at", &S::created_at, "Since when."),
        };
        static const Fields all{"Membership", table};
        return all;
    }
};

/// Why one permission is given or not.
struct Decision {
    std::string permission;
    std::string doc;
    bool is_allowed = false;
    std::vector<std::string> because;

    static const Fields& fields() {
        using S = Decision;
        static const Field table[] = {
            field("permission", &S::permission, "The permission's name."),
            field("doc", &S::doc, "What it allows."),
            field("is_allowed", &S::is_allowed, "Whether you have it here."),
            field("because", &S::because, "The memberships that give it, or what would."),
        };
        static const Fields all{"PermissionDecision", table};
        return all;
    }
};

struct Explanation {
    std::string on;
    std::vector<std::string> roles;
    std::vector<Decision> permissions;

    static const Fields& fields() {
        using S = Explanation;
        static const Field table[] = {
            field("on", &S::on, "The organization, workspace or project that was asked about."),
            field("roles", &S::roles, "Your roles there, from anywhere above."),
            field("permissions", &S::permissions, "Every permission, and why you have it or not."),
        };
        static const Fields all{"PermissionExplanation", table};
        return all;
    }
};

}  // namespace ry::access
