#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "kernel/access/access.h"
#include "kernel/access/all_queries.gen.h"
#include "kernel/audit/audit.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::access;
using store::Tx;

namespace {

struct Land {
    testing::Database database{{&audit::schema, &access::schema}};
    store::Store& store = database.store();
    Access access{store};
    const Op& op = database.op();
    Place place{WorkspaceId::fresh(), ProjectId::fresh()};

    Result<Membership> grant(const Op& by, UserId user, Role role, Place at = {}) {
        return store.write(by, "test.grant", [&](Tx& tx) { return access.grant(tx, user, role, at); });
    }
    Result<void> revoke(const Op& by, MembershipId id) {
        return store.write(by, "test.revoke", [&](Tx& tx) { return access.revoke(tx, id); });
    }
    bool can(const Op& who, std::string_view permission, Place at = {}) {
        auto answer = access.can(who, permission, at);
        REQUIRE(answer);
        return *answer;
    }
};

}  // namespace

TEST_CASE("the statements and the schema fit the database") {
    Land land;
    CHECK(testing::problems_of(land.database, sql::all) == "");
    CHECK(testing::problems_of_schema(land.database) == "");
}

TEST_CASE("each role has what the one before it has, and more") {
    struct Row {
        std::string_view permission;
        const char* roles;  // viewer, developer, admin, owner
    };
    const Row rows[] = {{"apps.read", "vdao"}, {"chats.write", "-dao"}, {"models.read", "vdao"}, {"models.write", "--ao"},
                        {"audit.read", "--ao"}, {"secrets.write", "--ao"}, {"organizations.write", "---o"}, {"tokens.write", "vdao"},
                        {"no.such", "----"}};
    for (const Row& row : rows) {
        CAPTURE(row.permission);
        for (Role role : {Role::viewer, Role::developer, Role::admin, Role::owner})
            CHECK(PermissionSet::of(role).contains(row.permission) == (row.roles[int(role)] != '-'));
    }
    CHECK(PermissionSet::all().names().size() == permissions().size());
    std::set<std::string_view> names;
    for (const Permission& permission : permissions()) CHECK(names.insert(permission.name).second);
}

TEST_CASE("a set of permissions is made of known names alone") {
    std::vector<std::string> known{"chats.read", "apps.read"}, unknown{"chats.read", "chats.fly"};
    CHECK(PermissionSet::of(known)->names() == std::vector<std::string>{"apps.read", "chats.read"});
    CHECK_FALSE(PermissionSet::of(unknown));
    CHECK((PermissionSet::of(Role::viewer) & *PermissionSet::of(known)).names().size() == 2);
    CHECK((PermissionSet() | *PermissionSet::of(known)) == *PermissionSet::of(known));
}

TEST_CASE("somebody without a role may nothing, and a role counts from the moment it is given to the moment it is taken") {
    Land land;
    CHECK_FALSE(land.can(land.op, "apps.read"));
    REQUIRE(land.grant(land.op, UserId::fresh(), Role::owner));
    auto membership = land.grant(land.op, land.op.actor.user, Role::developer);
    REQUIRE(membership);
    CHECK(land.can(land.op, "apps.write"));
    CHECK_FALSE(land.can(land.op, "models.write"));
    REQUIRE(land.grant(land.op, land.op.actor.user, Role::viewer));
    CHECK_FALSE(land.can(land.op, "apps.write"));
    REQUIRE(land.revoke(land.op, membership->id));
    CHECK_FALSE(land.can(land.op, "apps.read"));
}

TEST_CASE("a role holds where it was given and below, and roles add up") {
    Land land;
    UserId user = land.op.actor.user;
    Place other_project{land.place.workspace, ProjectId::fresh()}, elsewhere{WorkspaceId::fresh(), ProjectId::fresh()};
    Place workspace{land.place.workspace, {}};
    REQUIRE(land.grant(land.op, user, Role::viewer, workspace));
    REQUIRE(land.grant(land.op, user, Role::admin, land.place));
    CHECK(land.can(land.op, "models.write", land.place));
    CHECK_FALSE(land.can(land.op, "models.write", other_project));
    CHECK(land.can(land.op, "apps.read", other_project));
    CHECK(land.can(land.op, "apps.read", workspace));
    CHECK_FALSE(land.can(land.op, "apps.read", elsewhere));
    CHECK_FALSE(land.can(land.op, "apps.read"));
}

TEST_CASE("a role in one organization is none in another") {
    Land land;
    REQUIRE(land.grant(land.op, land.op.actor.user, Role::owner));
    Op stranger = land.database.stranger();
    stranger.actor.user = land.op.actor.user;
    CHECK_FALSE(land.can(stranger, "apps.read"));
    auto memberships = land.store.read(stranger, "test.list", [&](Tx& tx) { return land.access.memberships(tx, stranger.actor.user); });
    CHECK(memberships->empty());
}

TEST_CASE("an organization keeps an owner") {
    Land land;
    auto first = land.grant(land.op, land.op.actor.user, Role::owner);
    REQUIRE(first);
    CHECK(land.revoke(land.op, first->id).error().code == Code::conflict);
    CHECK(land.grant(land.op, land.op.actor.user, Role::admin).error().code == Code::conflict);
    REQUIRE(land.grant(land.op, UserId::fresh(), Role::owner));
    CHECK(land.revoke(land.op, first->id));
    CHECK(land.revoke(land.op, first->id).error().code == Code::not_found);
    Op stranger = land.database.stranger();
    CHECK(land.revoke(stranger, first->id).error().code == Code::not_found);
}

TEST_CASE("a refusal says which permission is missing and leaves an audit row") {
    Land land;
    REQUIRE(land.grant(land.op, land.op.actor.user, Role::viewer));
    CHECK(land.access.require(land.op, "apps.read"));
    auto refused = land.access.require(land.op, "apps.write", {}, "app:app_1");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::forbidden);
    CHECK(refused.error().message.find("apps.write") != std::string::npos);
    auto page = audit::list(land.store, land.op, {.outcome = audit::Outcome::denied});
    REQUIRE(page->items.size() == 1);
    CHECK(page->items[0].object == "app:app_1");
}

TEST_CASE("another server's change is heard of") {
    Land land;
    Access other(land.store);
    REQUIRE(land.grant(land.op, UserId::fresh(), Role::owner));
    auto membership = land.grant(land.op, land.op.actor.user, Role::developer);
    CHECK(*other.can(land.op, "apps.write"));
    REQUIRE(land.revoke(land.op, membership->id));
    // The notification arrives when it arrives; without it, what is remembered ends by itself after memory_ms.
    while (*other.can(land.op, "apps.write")) REQUIRE(land.op.still_wanted());
}

TEST_CASE("the explanation gives a reason for every permission") {
    Land land;
    REQUIRE(land.grant(land.op, land.op.actor.user, Role::viewer));
    REQUIRE(land.grant(land.op, land.op.actor.user, Role::developer, land.place));
    auto explanation = land.access.explain(land.op, land.place, "proj");
    REQUIRE(explanation);
    CHECK(explanation->on == "proj");
    CHECK(explanation->roles == std::vector<std::string>{"viewer in the organization", "developer in project " + land.place.project.text()});
    CHECK(explanation->permissions.size() == permissions().size());
    auto decision = [&](std::string_view name) { return *std::ranges::find(explanation->permissions, name, &Decision::permission); };
    CHECK(decision("apps.read").because.size() == 2);
    CHECK(decision("apps.write").is_allowed);
    CHECK_FALSE(decision("models.write").is_allowed);
    CHECK(decision("models.write").because == std::vector<std::string>{"needs the role admin"});
}

TEST_CASE("the server itself may everything") {
    Land land;
    Op server = land.op;
    server.actor = {};
    CHECK(land.can(server, "organizations.write"));
}
