#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "base/text.h"
#include "kernel/audit/audit.h"
#include "kernel/identity/all_queries.gen.h"
#include "kernel/identity/credential.h"
#include "kernel/identity/identity.h"
#include "kernel/identity/queries.gen.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::identity;
using access::Role;

namespace {

struct Server {
    testing::Database database{{&audit::schema, &access::schema, &identity::schema}};
    store::Store& store = database.store();
    access::Access access{store};
    Identities identities;

    explicit Server(Mode mode = Mode::normal) : identities(store, access, mode) { store.set_before_commit(audit::before_commit); }

    /// A request before anybody is known.
    static Op request(std::string address = "192.0.2.1") {
        Op op;
        op.actor.address = std::move(address);
        op.request_id = "req";
        op.deadline = Deadline::in_ms(180'000);
        return op;
    }
    static Op as(const Identity& who) {
        Op op = request();
        op.actor = who.actor;
        op.organization = who.organization.id;
        return op;
    }
    std::string setup_token() {
        auto link = identities.setup_link(request());
        REQUIRE(link);
        REQUIRE(*link);
        return (*link)->substr(std::string("/setup?token=").size());
    }
    SignedIn set_up() {
        auto signed_in = identities.set_up(request(), {setup_token(), "Ada", "Ada@Example.org ", "correct horse"}, "Browser/1");
        REQUIRE(signed_in);
        return *std::move(signed_in);
    }
    Identity who(const Secret& cookie) {
        auto identity = identities.authenticate(request(), {.cookie = cookie.reveal()});
        REQUIRE(identity);
        return *identity;
    }
    Result<Identity> with_token(const std::string& token) { return identities.authenticate(request(), {.bearer = token}); }
    bool is_signed_in(const Secret& cookie) { return identities.authenticate(request(), {.cookie = cookie.reveal()}).has_value(); }
    Code sign_in_code(const std::string& email, const std::string& password, std::string address = "192.0.2.1") {
        auto signed_in = identities.sign_in(request(std::move(address)), {email, password});
        return signed_in ? Code::bug : signed_in.error().code;
    }
    std::vector<audit::Entry> entries(const Identity& of) { return audit::list(store, as(of), {})->items; }
};

}  // namespace

TEST_CASE("the statements and the schema fit the database") {
    Server server;
    CHECK(testing::problems_of(server.database, sql::all) == "");
    CHECK(testing::problems_of_schema(server.database) == "");
}

TEST_CASE("the set-up link makes the first owner, once") {
    Server server;
    CHECK(server.identities.setup_state(server.request())->is_needed);
    std::string old_token = server.setup_token(), token = server.setup_token();
    CHECK(server.identities.set_up(server.request(), {old_token, "Eve", "eve@example.org", "correct horse"}).error().code == Code::forbidden);
    CHECK(server.identities.set_up(server.request(), {token, "Ada", "nonsense", "correct horse"}).error().code == Code::invalid);

    auto signed_in = server.identities.set_up(server.request(), {token, "Ada", "Ada@Example.org ", "correct horse"});
    REQUIRE(signed_in);
    CHECK(signed_in->session.user.email == "ada@example.org");
    CHECK(signed_in->session.organization.name == "default");
    CHECK(signed_in->session.workspace.name == "default");
    CHECK(signed_in->session.project.name == "default");
    CHECK(signed_in->session.role == Role::owner);
    CHECK(signed_in->session.permissions.size() == access::permissions().size());
    CHECK(signed_in->session.csrf_token == csrf_token_of(signed_in->cookie.reveal()));
    CHECK_FALSE(signed_in->session.is_insecure_dev);

    Identity ada = server.who(signed_in->cookie);
    CHECK_FALSE(ada.csrf_token.empty());
    CHECK(ada.user.name == "Ada");
    CHECK_FALSE(server.identities.setup_state(server.request())->is_needed);
    CHECK_FALSE(*server.identities.setup_link(server.request()));
    CHECK(server.identities.set_up(server.request(), {token, "Eve", "eve@example.org", "correct horse"}).error().code == Code::conflict);
    auto entries = server.entries(ada);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].action == "identity.set_up");
    CHECK(entries[0].actor == "person:" + ada.user.id.text());
}

TEST_CASE("two who open the link at once do not both become owner") {
    Server server;
    std::string token = server.setup_token();
    std::atomic<int> owners = 0;
    std::vector<std::jthread> people;
    for (const char* email : {"ada@example.org", "bob@example.org"})
        people.emplace_back([&, email] { owners += server.identities.set_up(server.request(), {token, "X", email, "correct horse"}).has_value(); });
    people.clear();
    CHECK(owners == 1);
    CHECK(server.database.run_as_superuser("select count(*) from identity.organization") == "1");
}

TEST_CASE("signing in takes the right password, and tells nobody which addresses exist") {
    Server server;
    SignedIn first = server.set_up();
    Identity ada = server.who(first.cookie);
    auto second = server.identities.sign_in(server.request(), {" ADA@example.org", "correct horse"}, "Browser/2");
    REQUIRE(second);
    CHECK(second->cookie.reveal() != first.cookie.reveal());
    CHECK(server.who(second->cookie).user.id == ada.user.id);

    auto wrong = server.identities.sign_in(server.request(), {"ada@example.org", "correct horsf"});
    auto unknown = server.identities.sign_in(server.request(), {"eve@example.org", "correct horse"});
    REQUIRE_FALSE(wrong);
    REQUIRE_FALSE(unknown);
    CHECK(wrong.error().code == Code::unauthenticated);
    CHECK(unknown.error().code == wrong.error().code);
    CHECK(unknown.error().message == wrong.error().message);
    auto denied = audit::list(server.store, server.as(ada), {.action = "identity.sign_in", .outcome = audit::Outcome::denied});
    REQUIRE(denied->items.size() == 2);
    CHECK(denied->items[0].object == "eve@example.org");
    CHECK(denied->items[1].object == "ada@example.org");
    REQUIRE(server.identities.sign_in(server.request(), {"ada@example.org", "correct horse"}));
    CHECK(server.entries(ada)[0].action == "identity.sign_in");
    CHECK(server.entries(ada)[0].object == "ada@example.org");
    CHECK(server.database.run_as_superuser("select count(*) from identity.user where password_hash like '$argon2id$%'") == "1");
}

TEST_CASE("nothing that opens a door is in the database") {
    Server server;
    SignedIn signed_in = server.set_up();
    Identity ada = server.who(signed_in.cookie);
    auto token = server.identities.create_token(server.as(ada), {"ci"}, ada.permissions);
    REQUIRE(token);
    std::string dump = server.database.run_as_superuser("select s::text || encode(s.cookie_hash, 'escape') from identity.session s union all select t::text from identity.token t");
    CHECK(dump.find(signed_in.cookie.reveal()) == std::string::npos);
    CHECK(dump.find(token->token) == std::string::npos);
    CHECK(dump.find(hex(digest_of(token->token))) != std::string::npos);
}

TEST_CASE("guessing passwords ends with too many attempts") {
    Server server;
    server.set_up();
    Code last = Code::unauthenticated;
    int tries = 0;
    for (; last == Code::unauthenticated && tries < 100; ++tries) last = server.sign_in_code("ada@example.org", "guess-" + std::to_string(tries));
    CHECK(last == Code::over_quota);
    CHECK(tries == 21);
    CHECK(server.sign_in_code("ada@example.org", "correct horse", "198.51.100.1") == Code::over_quota);
}

TEST_CASE("sessions are listed, signed out of and revoked, at once") {
    Server server;
    SignedIn laptop = server.set_up();
    auto phone = server.identities.sign_in(server.request("198.51.100.7"), {"ada@example.org", "correct horse"}, "Phone");
    REQUIRE(phone);
    Identity on_laptop = server.who(laptop.cookie), on_phone = server.who(phone->cookie);
    Op op = server.as(on_laptop);
    auto sessions = server.identities.sessions(op, on_laptop.session);
    REQUIRE(sessions->size() == 2);
    CHECK(sessions->at(0).user_agent == "Phone");
    CHECK(sessions->at(0).address == "198.51.100.7");
    CHECK_FALSE(sessions->at(0).is_current);
    CHECK(sessions->at(1).is_current);

    REQUIRE(server.identities.revoke_session(op, on_phone.session));
    CHECK_FALSE(server.is_signed_in(phone->cookie));
    CHECK(server.is_signed_in(laptop.cookie));
    CHECK(server.identities.revoke_session(op, on_phone.session).error().code == Code::not_found);
    REQUIRE(server.identities.sign_out(op, on_laptop.session));
    CHECK_FALSE(server.is_signed_in(laptop.cookie));
    CHECK(server.identities.sign_out(op, on_laptop.session));
    CHECK(server.identities.sign_out(op, SessionId{}));
}

TEST_CASE("a session ends when it is not used, and not while it is") {
    Server server;
    SignedIn signed_in = server.set_up();
    std::string left = "select extract(day from expires_at - now()) from identity.session";
    server.database.run_as_superuser("update identity.session set last_seen_at = now() - interval '20 days', expires_at = now() + interval '10 days'");
    Identities fresh(server.store, server.access);  // remembers nothing
    CHECK(fresh.authenticate(server.request(), {.cookie = signed_in.cookie.reveal()}));
    CHECK(std::stoi(server.database.run_as_superuser(left)) >= 29);
    server.database.run_as_superuser("update identity.session set created_at = now() - interval '175 days', last_seen_at = now() - interval '1 day'");
    Identities later(server.store, server.access);
    CHECK(later.authenticate(server.request(), {.cookie = signed_in.cookie.reveal()}));
    CHECK(std::stoi(server.database.run_as_superuser(left)) <= 5);
    server.database.run_as_superuser("update identity.session set expires_at = now() - interval '1 second'");
    Identities last(server.store, server.access);
    CHECK(last.authenticate(server.request(), {.cookie = signed_in.cookie.reveal()}).error().code == Code::unauthenticated);
}

TEST_CASE("a known request needs no look at the database, and revocation ends that at once") {
    Server server;
    SignedIn signed_in = server.set_up();
    Credentials credentials{.cookie = signed_in.cookie.reveal(), .address = "203.0.113.5"};
    Identities other(server.store, server.access);
    CHECK_FALSE(other.remembered(credentials));
    // Again when a notification of the set-up made it forget.
    while (!other.remembered(credentials)) REQUIRE(other.authenticate(server.request(), credentials));
    auto remembered = other.remembered(credentials);
    REQUIRE(remembered);
    CHECK(remembered->actor.address == "203.0.113.5");
    CHECK(remembered->csrf_token == signed_in.session.csrf_token);
    CHECK_FALSE(other.remembered({.cookie = "x"}));
    CHECK_FALSE(other.remembered({}));

    Identity ada = server.who(signed_in.cookie);
    REQUIRE(server.identities.revoke_session(server.as(ada), ada.session));
    CHECK_FALSE(server.identities.remembered(credentials));
    // The other server hears of it when the notification arrives.
    Op patience = server.request();
    while (other.remembered(credentials)) REQUIRE(patience.still_wanted());
}

TEST_CASE("an API token acts for its owner within its scope, until it is revoked or over") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    Op op = server.as(ada);
    auto full = server.identities.create_token(op, {"everything"}, ada.permissions);
    auto narrow = server.identities.create_token(op, {"reader", std::vector<std::string>{"chats.read", "tokens.write"}, Time{now().us + 3'600'000'000}}, ada.permissions);
    REQUIRE(full);
    REQUIRE(narrow);
    auto as_full = server.with_token(full->token), as_narrow = server.with_token(narrow->token);
    REQUIRE(as_full);
    REQUIRE(as_narrow);
    CHECK(as_full->actor.kind == ActorKind::token);
    CHECK(as_full->user.id == ada.user.id);
    CHECK(as_full->token == full->id);
    CHECK(as_full->csrf_token.empty());
    CHECK(as_full->permissions == ada.permissions);
    CHECK(as_narrow->permissions.names() == std::vector<std::string>{"chats.read", "tokens.write"});

    auto inherited = server.identities.create_token(server.as(*as_narrow), {"child"}, as_narrow->permissions);
    REQUIRE(inherited);
    CHECK(server.with_token(inherited->token)->permissions == as_narrow->permissions);

    auto tokens = server.identities.tokens(op);
    REQUIRE(tokens->size() == 3);
    CHECK(std::ranges::find(*tokens, full->id, &Token::id)->last_used_at);
    REQUIRE(server.identities.revoke_token(op, ada, full->id));
    CHECK(server.with_token(full->token).error().code == Code::unauthenticated);
    CHECK(server.identities.revoke_token(op, ada, full->id).error().code == Code::not_found);

    server.database.run_as_superuser("update identity.token set expires_at = now() - interval '1 second' where name = 'reader'");
    Identities fresh(server.store, server.access);
    CHECK_FALSE(fresh.authenticate(server.request(), {.bearer = narrow->token}));
    CHECK(server.with_token("rmf_nonsense").error().code == Code::unauthenticated);
}

TEST_CASE("a token sees its own scope, and revokes itself and what may no more than it") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    auto make = [&](std::optional<std::vector<std::string>> permissions) { return *server.identities.create_token(server.as(ada), {"x", std::move(permissions)}, ada.permissions); };
    NewToken full = make({}), keeper = make({{"tokens.write", "chats.read"}}), reader = make({{"chats.read"}}), writer = make({{"chats.write"}});
    Identity by_keeper = *server.with_token(keeper.token);
    Op op = server.as(by_keeper);
    for (const std::string& on : {std::string(), ada.organization.id.text()}) {
        auto explanation = server.identities.explain(op, by_keeper, on);
        REQUIRE(explanation);
        for (const access::Decision& decision : explanation->permissions) {
            bool is_in_scope = decision.permission == "tokens.write" || decision.permission == "chats.read";
            CHECK(decision.is_allowed == is_in_scope);
            CHECK((decision.because == std::vector<std::string>{"not in this token's scope"}) == !is_in_scope);
        }
    }

    for (const NewToken& other : {full, writer}) {
        CHECK(server.identities.revoke_token(op, by_keeper, other.id).error().code == Code::forbidden);
        CHECK(server.entries(ada)[0].outcome == audit::Outcome::denied);
        CHECK(server.entries(ada)[0].object == "token:" + other.id.text());
        CHECK(server.with_token(other.token));
    }
    CHECK(server.identities.revoke_token(op, by_keeper, TokenId::fresh()).error().code == Code::not_found);
    CHECK(server.identities.revoke_token(op, by_keeper, reader.id));
    CHECK(server.identities.revoke_token(op, by_keeper, keeper.id));
    Identity by_full = *server.with_token(full.token);
    CHECK(server.identities.revoke_token(server.as(by_full), by_full, writer.id));
}

TEST_CASE("a token cannot be given what its maker has not got") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    auto viewer = access::PermissionSet::of(Role::viewer);
    auto refused = server.identities.create_token(server.as(ada), {"x", std::vector<std::string>{"chats.read", "chats.write", "chats.fly"}}, viewer);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().faults.size() == 2);
    CHECK(refused.error().faults[0].pointer == "/permissions/1");
    CHECK(refused.error().faults[1].pointer == "/permissions/2");
    CHECK(server.identities.create_token(server.as(ada), {"x", {}, Time{1}}, viewer).error().code == Code::invalid);
}

TEST_CASE("a role taken away is missing in the next request of a session that is remembered") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    auto bob = server.identities.create_user(server.as(ada), {"Bob", "bob@example.org", "correct horse", Role::developer});
    REQUIRE(bob);
    auto signed_in = server.identities.sign_in(server.request(), {"bob@example.org", "correct horse"});
    REQUIRE(signed_in);
    CHECK(server.who(signed_in->cookie).permissions.contains("chats.write"));
    CHECK_FALSE(server.who(signed_in->cookie).permissions.contains("models.write"));
    REQUIRE(server.store.write(server.as(ada), "test.grant", [&](store::Tx& tx) { return server.access.grant(tx, bob->id, Role::viewer); }));
    CHECK_FALSE(server.who(signed_in->cookie).permissions.contains("chats.write"));
}

TEST_CASE("people are added with a role no higher than the caller's") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    REQUIRE(server.identities.create_user(server.as(ada), {"Bob", "bob@example.org", "correct horse", Role::admin}));
    CHECK(server.identities.create_user(server.as(ada), {"Bob", "BOB@example.org", "correct horse"}).error().code == Code::conflict);
    Identity bob = server.who(server.identities.sign_in(server.request(), {"bob@example.org", "correct horse"})->cookie);
    CHECK(server.identities.create_user(server.as(bob), {"Eve", "eve@example.org", "correct horse", Role::owner}).error().code == Code::forbidden);
    CHECK(server.identities.create_user(server.as(bob), {"Eve", "eve@example.org", "correct horse", Role::admin}));
}

TEST_CASE("a new password ends every session and token") {
    Server server;
    SignedIn signed_in = server.set_up();
    Identity ada = server.who(signed_in.cookie);
    auto token = server.identities.create_token(server.as(ada), {"ci"}, ada.permissions);
    CHECK(server.identities.set_password(server.as(ada), ada.user.id, Secret("short")).error().code == Code::invalid);
    REQUIRE(server.identities.set_password(server.as(ada), ada.user.id, Secret("battery staple")));
    CHECK_FALSE(server.is_signed_in(signed_in.cookie));
    CHECK_FALSE(server.with_token(token->token));
    CHECK(server.sign_in_code("ada@example.org", "correct horse") == Code::unauthenticated);
    CHECK(server.identities.sign_in(server.request(), {"ada@example.org", "battery staple"}));
}

TEST_CASE("what belongs to another organization does not exist") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    auto eve = server.identities.create_organization(server.request(), "Eve's", {"Eve", "eve@example.org", "correct horse", Role::owner});
    REQUIRE(eve);
    Op as_ada = server.as(ada), as_eve = server.as(*eve);
    auto token = server.identities.create_token(as_ada, {"ci"}, ada.permissions);
    REQUIRE(token);
    Op eve_as_ada = as_eve;
    eve_as_ada.actor.user = ada.user.id;
    for (const Op& op : {as_eve, eve_as_ada}) {
        CHECK(server.identities.revoke_session(op, ada.session).error().code == Code::not_found);
        CHECK(server.identities.revoke_token(op, *eve, token->id).error().code == Code::not_found);
        CHECK(server.identities.sessions(op, {})->empty());
        CHECK(server.identities.tokens(op)->empty());
        CHECK(server.identities.set_password(op, ada.user.id, Secret("battery staple")).error().code == Code::not_found);
    }
    for (const std::string& on : {ada.organization.id.text(), ada.workspace.id.text(), ada.project.id.text(), ProjectId::fresh().text(), std::string("proj_x")})
        CHECK(server.identities.explain(as_eve, *eve, on).error().code == Code::not_found);
    CHECK(server.with_token(token->token));
    CHECK(server.who(server.identities.sign_in(server.request(), {"eve@example.org", "correct horse"})->cookie).organization.name == "Eve's");
    CHECK(audit::list(server.store, as_eve, {.object = "token:" + token->id.text()})->items.empty());
}

TEST_CASE("permissions are explained on the organization, a workspace and a project") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    for (const std::string& on : {std::string(), ada.organization.id.text(), ada.workspace.id.text(), ada.project.id.text()}) {
        auto explanation = server.identities.explain(server.as(ada), ada, on);
        REQUIRE(explanation);
        CHECK(explanation->on == (on.empty() ? ada.project.id.text() : on));
        CHECK(explanation->roles == std::vector<std::string>{"owner in the organization"});
    }
}

TEST_CASE("what is new belongs to a project of the organization in which its maker may make it") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    Op op = server.as(ada);
    op.project = ada.project.id;
    CHECK(server.identities.project_for(op, {}, "apps.write") == ada.project.id);
    CHECK(server.identities.project_for(op, ada.project.id, "apps.write") == ada.project.id);
    CHECK(server.identities.project_for(server.as(ada), {}, "apps.write").error().code == Code::invalid);

    ProjectId second = ProjectId::fresh();
    REQUIRE(server.store.write(op, "test.project", [&](store::Tx& tx) { return tx.run(sql::add_project, {.id = second, .workspace_id = ada.workspace.id, .name = "second"}); }));
    CHECK(server.identities.project_for(op, second, "apps.write") == second);  // as owner of the organization
    auto eve = server.identities.create_organization(server.request(), "Eve's", {.name = "Eve", .email = "eve@example.org", .password = "correct horse", .role = Role::owner});
    REQUIRE(eve);
    for (ProjectId foreign : {eve->project.id, ProjectId::fresh()}) CHECK(server.identities.project_for(op, foreign, "apps.write").error().code == Code::not_found);
    CHECK(server.identities.project_for(server.as(*eve), second, "apps.write").error().code == Code::not_found);

    // Somebody whose only role is in the first project.
    auto bob = server.identities.create_user(op, {.name = "Bob", .email = "bob@example.org", .password = "correct horse", .role = Role::viewer});
    REQUIRE(bob);
    REQUIRE(server.store.write(op, "test.role", [&](store::Tx& tx) -> Result<void> {
        for (const access::Membership& membership : TRY(server.access.memberships(tx, bob->id))) TRY(server.access.revoke(tx, membership.id));
        TRY(server.access.grant(tx, bob->id, Role::developer, {ada.workspace.id, ada.project.id}));
        return {};
    }));
    Op as_bob = op;
    as_bob.actor.user = bob->id;
    CHECK(server.identities.project_for(as_bob, {}, "apps.write") == ada.project.id);
    CHECK(server.identities.project_for(as_bob, second, "apps.write").error().code == Code::forbidden);
    CHECK(server.entries(ada)[0].object == "project:" + second.text());
}

TEST_CASE("insecure dev signs everybody in as the local owner, the same one at each start") {
    Server server(Mode::insecure_dev);
    CHECK(server.identities.authenticate(server.request(), {}).error().code == Code::unavailable);
    REQUIRE(server.identities.ensure_local(server.request()));
    REQUIRE(server.identities.ensure_local(server.request()));
    auto local = server.identities.authenticate(server.request(), {.address = "127.0.0.1"});
    REQUIRE(local);
    CHECK(local->organization.name == "local");
    CHECK(local->workspace.name == "local");
    CHECK(local->project.name == "local");
    CHECK(local->role == Role::owner);
    CHECK(local->is_insecure_dev);
    CHECK(local->csrf_token.empty());
    CHECK(server.identities.remembered({.address = "127.0.0.1"}));
    CHECK(server.database.run_as_superuser("select count(*) from identity.organization") == "1");
    // A wrong token is a mistake of the caller's, not a wish to be the local user.
    CHECK(server.with_token("rmf_x").error().code == Code::unauthenticated);

    auto token = server.identities.create_token(server.as(*local), {"cli"}, local->permissions);
    REQUIRE(token);
    CHECK_FALSE(server.with_token(token->token)->is_insecure_dev);

    Identities normal(server.store, server.access);
    CHECK(normal.authenticate(server.request(), {}).error().code == Code::unauthenticated);
    CHECK(server.sign_in_code("local@localhost", "") == Code::unauthenticated);
}

TEST_CASE("who sets the server up after insecure dev keeps the local organization") {
    Server server(Mode::insecure_dev);
    REQUIRE(server.identities.ensure_local(server.request()));
    CHECK(server.identities.setup_state(server.request())->is_needed);
    Identity ada = server.who(server.set_up().cookie);
    CHECK(ada.organization.name == "local");
    CHECK(ada.role == Role::owner);
    CHECK(server.database.run_as_superuser("select count(*) from identity.organization") == "1");
}

TEST_CASE("the whole story is one valid chain") {
    Server server;
    Identity ada = server.who(server.set_up().cookie);
    REQUIRE(server.identities.create_token(server.as(ada), {"ci"}, ada.permissions));
    REQUIRE(server.identities.sign_out(server.as(ada), ada.session));
    auto entries = server.entries(ada);
    REQUIRE(entries.size() == 3);
    CHECK(entries[2].action == "identity.set_up");
    CHECK(entries[1].action == "identity.create_token");
    CHECK(entries[0].action == "identity.revoke_session");
    CHECK(entries[0].object == "session:" + ada.session.text());
    auto verification = audit::verify(server.store, server.as(ada));
    CHECK(verification->is_valid);
    CHECK(verification->entries == 3);
}
