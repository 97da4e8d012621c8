#pragma once
// Permissions and the roles that carry them. The table in permission.cpp is the one place where they are named.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ry::access {

/// Each role has everything that the one before it has.
enum class Role { viewer, developer, admin, owner };
constexpr std::array<std::string_view, 4> names_of(Role) { return {"viewer", "developer", "admin", "owner"}; }

/// One row of the table: "<resource>.<verb>", what it allows, and the least role that has it.
struct Permission {
    std::string_view name;
    std::string_view doc;
    Role least_role;
};

/// All permissions, by name.
std::span<const Permission> permissions();
/// Null when no permission has this name. The route table is held against it at start.
const Permission* find_permission(std::string_view name);

/// A set of permissions. A value.
class PermissionSet {
public:
    PermissionSet() = default;
    static PermissionSet of(Role role);
    static PermissionSet all() { return of(Role::owner); }
    /// Absent when one of the names is unknown.
    static std::optional<PermissionSet> of(std::span<const std::string> names);

    bool contains(std::string_view permission) const;
    std::vector<std::string> names() const;
    PermissionSet operator|(PermissionSet other) const { return PermissionSet(bits_ | other.bits_); }
    PermissionSet operator&(PermissionSet other) const { return PermissionSet(bits_ & other.bits_); }
    bool operator==(const PermissionSet&) const = default;

private:
    explicit PermissionSet(uint64_t bits) : bits_(bits) {}
    uint64_t bits_ = 0;  // bit i: row i of the table
};

}  // namespace ry::access
