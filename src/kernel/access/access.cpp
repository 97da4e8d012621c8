#include "kernel/access/access.h"

#include <algorithm>
#include <functional>
#include <map>

#include "base/guarded.h"
#include "kernel/access/queries.gen.h"
#include "kernel/audit/audit.h"
#include "kernel/store/store.h"

namespace ry::access {
namespace {

constexpr std::string_view channel = "access_changed";
/// A user's memberships are a few hundred bytes: 10,000 users are some MB. When full, all are forgotten.
constexpr size_t remembered_max = 10'000;

using Person = std::pair<OrganizationId, UserId>;

bool holds_at(const Membership& membership, Place place) {
    if (!membership.workspace_id) return true;
    if (*membership.workspace_id != place.workspace) return false;
    return !membership.project_id || *membership.project_id == place.project;
}

template <class I>
std::optional<I> unless_nil(I id) {
    return id.is_nil() ? std::optional<I>() : std::optional<I>(id);
}

std::string where(const Membership& membership) {
    if (membership.project_id) return "in project " + membership.project_id->text();
    if (membership.workspace_id) return "in workspace " + membership.workspace_id->text();
    return "in the organization";
}

std::string text_of(Role role) { return std::string(names_of(role)[size_t(role)]); }

/// conflict when no owner of the organization stays one.
Result<void> keep_an_owner(store::Tx& tx, const std::function<bool(const Membership&)>& stays) {
    auto owners = TRY(tx.many(sql::lock_owners, {}));
    if (owners.empty() || std::ranges::any_of(owners, stays)) return {};
    return fail(Code::conflict, "this is the organization's last owner; make somebody else owner first");
}

Decision decide(const Permission& permission, const std::vector<Membership>& holding) {
    Decision decision{std::string(permission.name), std::string(permission.doc), false, {}};
    for (const Membership& membership : holding)
        if (permission.least_role <= membership.role) decision.because.push_back(text_of(membership.role) + " " + where(membership));
    decision.is_allowed = !decision.because.empty();
    if (!decision.is_allowed) decision.because.push_back("needs the role " + text_of(permission.least_role));
    return decision;
}

}  // namespace

/// What was read, until it is too old or something changed. `changes` tells a reader whether what it read may be kept.
struct Access::Memory {
    struct Remembered {
        Memberships memberships;
        int64_t until_ms;
    };
    struct State {
        std::map<Person, Remembered> people;
        int64_t changes = 0;
    };
    Guarded<State> state;

    void forget() {
        state.with([](State& now) {
            now.people.clear();
            ++now.changes;
        });
    }
};

Access::Access(store::Store& store) : store_(store), memory_(std::make_shared<Memory>()) {
    store_.listen(std::string(channel), [memory = memory_](const store::Notification&) { memory->forget(); });
}

Access::~Access() = default;

Result<Access::Memberships> Access::memberships_of(const Op& op) {
    Person person{op.organization, op.actor.user};
    int64_t changes = 0;
    Memberships known = memory_->state.with([&](Memory::State& state) {
        changes = state.changes;
        auto found = state.people.find(person);
        return found != state.people.end() && found->second.until_ms > steady_ms() ? found->second.memberships : nullptr;
    });
    if (known) return known;
    auto rows = TRY(store_.read(op, "access.memberships", [&](store::Tx& tx) { return memberships(tx, op.actor.user); }));
    known = std::make_shared<const std::vector<Membership>>(std::move(rows));
    memory_->state.with([&](Memory::State& state) {
        if (state.changes != changes) return;
        if (state.people.size() >= remembered_max) state.people.clear();
        state.people[person] = {known, steady_ms() + memory_ms};
    });
    return known;
}

Result<std::optional<Role>> Access::role(const Op& op, Place place) {
    if (op.actor.kind == ActorKind::server) return std::optional(Role::owner);
    std::optional<Role> highest;
    auto all = TRY(memberships_of(op));
    for (const Membership& membership : *all)
        if (holds_at(membership, place)) highest = std::max(highest.value_or(Role::viewer), membership.role);
    return highest;
}

Result<PermissionSet> Access::permissions(const Op& op, Place place) {
    auto highest = TRY(role(op, place));
    return highest ? PermissionSet::of(*highest) : PermissionSet();
}

Result<bool> Access::can(const Op& op, std::string_view permission, Place place) { return TRY(permissions(op, place)).contains(permission); }

Result<void> Access::require(const Op& op, std::string_view permission, Place place, std::string_view object) {
    if (TRY(can(op, permission, place))) return {};
    return refused(op, permission, object);
}

Error Access::refused(const Op& op, std::string_view permission, std::string_view object) {
    if (auto recorded = audit::denied(store_, op, permission, object); !recorded) return std::move(recorded).error();
    return fail(Code::forbidden, "this needs the permission " + std::string(permission) + "; ask an owner or admin of the organization for a role that has it");
}

Result<Explanation> Access::explain(const Op& op, Place place, std::string on) {
    Explanation explanation{std::move(on), {}, {}};
    std::vector<Membership> holding = *TRY(memberships_of(op));
    std::erase_if(holding, [&](const Membership& membership) { return !holds_at(membership, place); });
    for (const Membership& membership : holding) explanation.roles.push_back(text_of(membership.role) + " " + where(membership));
    for (const Permission& permission : access::permissions()) explanation.permissions.push_back(decide(permission, holding));
    return explanation;
}

int64_t Access::changes() const {
    return memory_->state.with([](const Memory::State& state) { return state.changes; });
}

void Access::changed(store::Tx& tx) {
    tx.notify(channel, {});
    tx.after_commit([memory = memory_] { memory->forget(); });
}

Result<Membership> Access::grant(store::Tx& tx, UserId user, Role role, Place place) {
    bool is_below_owner = role != Role::owner && place.workspace.is_nil();
    if (is_below_owner) TRY(keep_an_owner(tx, [&](const Membership& owner) { return owner.user_id != user; }));
    changed(tx);
    return tx.one(sql::grant_role, {.id = MembershipId::fresh(), .user_id = user, .workspace_id = unless_nil(place.workspace),
                                    .project_id = unless_nil(place.project), .role = role});
}

Result<void> Access::revoke(store::Tx& tx, MembershipId id) {
    TRY(keep_an_owner(tx, [&](const Membership& owner) { return owner.id != id; }));
    changed(tx);
    if (TRY(tx.run(sql::revoke_role, {.id = id})) == 0) return fail(Code::not_found, "there is no such membership");
    return {};
}

Result<void> Access::revoke_all(store::Tx& tx, UserId user) {
    TRY(keep_an_owner(tx, [&](const Membership& owner) { return owner.user_id != user; }));
    changed(tx);
    tx.queue(sql::revoke_roles, {.user_id = user});
    return {};
}

Result<std::vector<Membership>> Access::organization_roles(store::Tx& tx, const std::vector<UserId>& users) { return tx.many(sql::organization_roles, {.user_ids = users}); }

Result<std::vector<Membership>> Access::memberships(store::Tx& tx, UserId user) { return tx.many(sql::memberships, {.user_id = user}); }

}  // namespace ry::access
