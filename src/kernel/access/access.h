#pragma once
// Access: who may do what. A person's permissions at a place are those of all their roles there and above it.
//
//     TRY(access.require(op, "apps.write", {.workspace = workspace, .project = project}));
//
// What comes in over HTTP has been asked for its route's permission already, with the narrower scope of an API token
// (identity.h); the functions here ask about the person.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/access/model.h"
#include "kernel/op/op.h"

namespace ry::store {
struct Schema;
class Store;
class Tx;
}  // namespace ry::store

namespace ry::access {

extern const store::Schema schema;

/// How long memberships may be remembered. A change made through this process is seen at once, one made through another
/// when its notification arrives; this is the bound when that connection is down.
inline constexpr int64_t memory_ms = 5'000;

/// Any thread.
class Access {
public:
    /// `store` outlives it.
    explicit Access(store::Store& store);
    ~Access();
    Access(const Access&) = delete;

    /// What the Op's user may do at `place`. Usually from memory; else one round trip. The server itself may everything.
    Result<PermissionSet> permissions(const Op& op, Place place = {});
    Result<bool> can(const Op& op, std::string_view permission, Place place = {});
    /// forbidden, with an audit row, when the user has not got `permission`. `object` is for the audit row.
    Result<void> require(const Op& op, std::string_view permission, Place place = {}, std::string_view object = {});
    /// Records the refusal and returns it as an error for the person: forbidden.
    Error refused(const Op& op, std::string_view permission, std::string_view object = {});
    /// The highest role at `place`; absent when the user has none.
    Result<std::optional<Role>> role(const Op& op, Place place = {});
    /// Every permission with its reason. `on` is repeated in the answer.
    Result<Explanation> explain(const Op& op, Place place, std::string on);

    /// Gives `user` the role at the place, in place of the role they had exactly there. conflict when the organization
    /// would be left without an owner.
    Result<Membership> grant(store::Tx& tx, UserId user, Role role, Place place = {});
    /// not_found when there is none; conflict as above.
    Result<void> revoke(store::Tx& tx, MembershipId id);
    /// All that the user has, as when they go; conflict as above.
    Result<void> revoke_all(store::Tx& tx, UserId user);
    Result<std::vector<Membership>> memberships(store::Tx& tx, UserId user);
    /// Of each user the role in the whole organization; some have none.
    Result<std::vector<Membership>> organization_roles(store::Tx& tx, const std::vector<UserId>& users);

    /// Grows with every change of a membership that this process hears of: what was computed before is old. Never blocks.
    int64_t changes() const;

private:
    struct Memory;
    using Memberships = std::shared_ptr<const std::vector<Membership>>;
    Result<Memberships> memberships_of(const Op& op);
    void changed(store::Tx& tx);

    store::Store& store_;
    std::shared_ptr<Memory> memory_;
};

}  // namespace ry::access
