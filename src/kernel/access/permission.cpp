#include "kernel/access/permission.h"

#include <algorithm>

namespace ry::access {
namespace {

constexpr Permission table[] = {
    {"apps.read", "See apps, their files and versions.", Role::viewer},
    {"apps.write", "Create, change and delete apps, their files and versions.", Role::developer},
    {"audit.read", "Read the audit and verify it.", Role::admin},
    {"chats.read", "Read chats.", Role::viewer},
    {"chats.write", "Create, change and delete chats, post messages, branch, and stop answers.", Role::developer},
    {"databases.manage", "Add and remove PostgreSQL distributions from the server's machine.", Role::owner},
    {"databases.read", "See databases, their states and their prepares.", Role::viewer},
    {"databases.write", "Prepare, connect to, fork and drop databases.", Role::developer},
    {"jobs.read", "See jobs and their logs.", Role::viewer},
    {"jobs.write", "Cancel and retry jobs.", Role::developer},
    {"members.read", "See people and their roles.", Role::viewer},
    {"members.write", "Add people, and give and take roles.", Role::admin},
    {"models.read", "See which models there are.", Role::viewer},
    {"models.write", "Add, change, test and delete models and their keys.", Role::admin},
    {"organizations.write", "Change and delete the organization.", Role::owner},
    {"previews.read", "See previews, their address and their logs.", Role::viewer},
    {"previews.write", "Start, restart and stop previews.", Role::developer},
    {"projects.read", "See workspaces and projects.", Role::viewer},
    {"projects.write", "Create, change and delete workspaces and projects.", Role::admin},
    {"secrets.read", "See which secrets there are; never their values.", Role::admin},
    {"secrets.write", "Set and delete secrets.", Role::admin},
    {"sessions.read", "See where you are signed in.", Role::viewer},
    {"sessions.write", "End your own sessions.", Role::viewer},
    {"templates.read", "See which templates there are.", Role::viewer},
    {"tokens.read", "See your own API tokens.", Role::viewer},
    {"tokens.write", "Make and revoke your own API tokens.", Role::viewer},
};
static_assert(std::size(table) <= 64, "a PermissionSet has 64 bits");
static_assert(std::ranges::is_sorted(table, {}, &Permission::name), "looked up by bisection");

uint64_t bit(const Permission& permission) { return uint64_t(1) << (&permission - table); }

}  // namespace

std::span<const Permission> permissions() { return table; }

const Permission* find_permission(std::string_view name) {
    auto found = std::ranges::lower_bound(table, name, {}, &Permission::name);
    return found != std::end(table) && found->name == name ? found : nullptr;
}

PermissionSet PermissionSet::of(Role role) {
    uint64_t bits = 0;
    for (const Permission& permission : table)
        if (permission.least_role <= role) bits |= bit(permission);
    return PermissionSet(bits);
}

std::optional<PermissionSet> PermissionSet::of(std::span<const std::string> names) {
    uint64_t bits = 0;
    for (const std::string& name : names) {
        const Permission* permission = find_permission(name);
        if (!permission) return {};
        bits |= bit(*permission);
    }
    return PermissionSet(bits);
}

bool PermissionSet::contains(std::string_view name) const {
    const Permission* permission = find_permission(name);
    return permission && (bits_ & bit(*permission));
}

std::vector<std::string> PermissionSet::names() const {
    std::vector<std::string> all;
    for (const Permission& permission : table)
        if (bits_ & bit(permission)) all.emplace_back(permission.name);
    return all;
}

}  // namespace ry::access
