// Organizations and the people in them: the first owner, the local user, further ones, and what they may do.
#include "base/text.h"
#include "kernel/audit/audit.h"
#include "kernel/identity/credential.h"
#include "kernel/identity/inside.h"
#include "kernel/identity/password.h"
#include "kernel/identity/queries.gen.h"
#include "kernel/store/store.h"

namespace ry::identity {
namespace {

enum class IsLocal { no, yes };

/// The transaction's organization, with one workspace and one project called `inner_name`.
void make_organization(store::Tx& tx, std::string_view name, std::string_view inner_name, IsLocal is_local) {
    WorkspaceId workspace = WorkspaceId::fresh();
    tx.queue(sql::add_organization, {.name = name, .is_local = is_local == IsLocal::yes});
    tx.queue(sql::add_workspace, {.id = workspace, .name = inner_name});
    tx.queue(sql::add_project, {.id = ProjectId::fresh(), .workspace_id = workspace, .name = inner_name});
}

/// A new user with a role in the whole organization.
Result<User> add_user(store::Tx& tx, access::Access& access, UserId id, const CreateUser& form, const std::string& password_hash) {
    audit::object(tx, "user:" + id.text());
    auto user = TRY(tx.maybe(sql::add_user, {.id = id, .name = form.name, .email = lower(trim(form.email)), .password_hash = password_hash}));
    if (!user) return fail(Code::conflict, "somebody in the organization has this email address already");
    TRY(access.grant(tx, id, form.role));
    return *std::move(user);
}

Result<void> check_email(std::string_view email) {
    std::string_view text = trim(email);
    size_t at = text.find('@');
    bool is_email = at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.find_first_of(" \t\r\n\"<>,") == std::string_view::npos;
    if (is_email) return {};
    return invalid("/email", "must be an email address, such as ada@example.org");
}

Error already_set_up() { return fail(Code::conflict, "this server has an owner already; sign in"); }
Error wrong_setup_token() { return fail(Code::forbidden, "the set-up link is wrong or old; open the one that the server printed at its last start"); }

}  // namespace

Result<SetupState> Identities::setup_state(const Op& op) {
    return inside_->store.system_read(op, "identity.setup_state", [](store::Tx& tx) -> Result<SetupState> {
        return SetupState{!TRY(tx.one(sql::has_owner, {}))};
    });
}

Result<std::optional<std::string>> Identities::setup_link(const Op& op) {
    Secret token = new_cookie();
    std::string digest = digest_of(token.reveal());
    return inside_->store.system_write(op, "identity.setup_link", [&](store::Tx& tx) -> Result<std::optional<std::string>> {
        if (TRY(tx.one(sql::has_owner, {}))) return std::optional<std::string>();
        tx.queue(sql::put_setup_token, {.token_hash = {digest}});
        return std::optional("/setup?token=" + std::string(token.reveal()));
    });
}

Result<SignedIn> Identities::set_up(const Op& op, const SetUp& form, std::string_view user_agent) {
    TRY(check_email(form.email));
    std::string digest = digest_of(form.setup_token);
    auto local = TRY(inside_->store.system_read(op, "identity.check_setup", [&](store::Tx& tx) -> Result<std::optional<Account>> {
        if (TRY(tx.one(sql::has_owner, {}))) return already_set_up();
        if (!TRY(tx.one(sql::is_setup_token, {.token_hash = {digest}}))) return wrong_setup_token();
        return tx.maybe(sql::local_account, {});
    }));
    std::string password_hash = TRY(hash_password(op, Secret(form.password)));
    CreateUser owner{form.name, form.email, {}, access::Role::owner};
    Op theirs = on_behalf(op, local ? local->organization_id : OrganizationId::fresh(), UserId::fresh());
    Secret cookie = TRY(inside_->store.write(theirs, "identity.set_up", [&](store::Tx& tx) -> Result<Secret> {
        if (TRY(tx.run(sql::use_setup_token, {.token_hash = {digest}})) == 0) return wrong_setup_token();
        if (!local) make_organization(tx, "default", "default", IsLocal::no);
        TRY(add_user(tx, inside_->access, theirs.actor.user, owner, password_hash));
        return inside_->open_session(tx, user_agent);
    }));
    Identity identity = TRY(authenticate(op, {.cookie = cookie.reveal(), .address = op.actor.address}));
    return SignedIn{session_of(identity), std::move(cookie)};
}

Result<void> Identities::ensure_local(const Op& op) {
    auto find = [&] { return inside_->store.system_read(op, "identity.find_local", [](store::Tx& tx) { return tx.maybe(sql::local_account, {}); }); };
    auto account = TRY(find());
    if (!account) {
        Op theirs = on_behalf(op, OrganizationId::fresh(), UserId::fresh());
        auto made = inside_->store.write(theirs, "identity.ensure_local", [&](store::Tx& tx) -> Result<void> {
            make_organization(tx, "local", "local", IsLocal::yes);
            CreateUser owner{"local", "local@localhost", {}, access::Role::owner};
            TRY(add_user(tx, inside_->access, theirs.actor.user, owner, ""));
            return {};
        });
        account = TRY(find());  // another server may have made it meanwhile
        if (!account) return made ? fail(Code::bug, "the local user vanished while it was made; start again") : made.error();
    }
    Identity identity = TRY(inside_->identity_of(op, {.organization_id = account->organization_id, .user_id = account->user_id}));
    identity.is_insecure_dev = true;
    inside_->local.with([&](std::optional<Identity>& local) { local = std::move(identity); });
    return {};
}

Result<User> Identities::create_user(const Op& op, const CreateUser& form) {
    TRY(check_email(form.email));
    auto own_role = TRY(inside_->access.role(op));
    if (!own_role || form.role > *own_role) return fail(Code::forbidden, "you can give nobody a higher role than your own; ask an owner");
    std::string password_hash = TRY(hash_password(op, Secret(form.password)));
    UserId id = UserId::fresh();
    return inside_->store.write(op, "identity.create_user", [&](store::Tx& tx) { return add_user(tx, inside_->access, id, form, password_hash); });
}

Result<void> Identities::set_password(const Op& op, UserId user, const Secret& password) {
    size_t size = password.reveal().size();
    if (size < password_bytes_min || size > password_bytes_max) return invalid("/password", "must have 8 to 1000 characters");
    std::string password_hash = TRY(hash_password(op, password));
    return inside_->store.write(op, "identity.set_password", [&](store::Tx& tx) -> Result<void> {
        audit::object(tx, "user:" + user.text());
        inside_->changed(tx);
        if (TRY(tx.run(sql::set_password, {.user_id = user, .password_hash = password_hash})) == 0) return fail(Code::not_found, "there is no such user");
        tx.queue(sql::remove_sessions, {.user_id = user});
        tx.queue(sql::remove_tokens, {.user_id = user});
        return {};
    });
}

Result<Identity> Identities::create_organization(const Op& op, std::string_view name, const CreateUser& owner) {
    TRY(check_email(owner.email));
    std::string password_hash = TRY(hash_password(op, Secret(owner.password)));
    Op theirs = on_behalf(op, OrganizationId::fresh(), UserId::fresh());
    TRY(inside_->store.write(theirs, "identity.create_organization", [&](store::Tx& tx) -> Result<void> {
        make_organization(tx, name, "default", IsLocal::no);
        TRY(add_user(tx, inside_->access, theirs.actor.user, owner, password_hash));
        return {};
    }));
    return inside_->identity_of(op, {.organization_id = theirs.organization, .user_id = theirs.actor.user});
}

namespace {

/// What a token may: of its user's permissions those in its scope.
void narrow(access::Explanation& explanation, const Identity& who) {
    if (who.token.is_nil()) return;
    for (access::Decision& decision : explanation.permissions) {
        if (!decision.is_allowed || who.permissions.contains(decision.permission)) continue;
        decision.is_allowed = false;
        decision.because = {"not in this token's scope"};
    }
}

}  // namespace

Result<access::Explanation> Identities::explain(const Op& op, const Identity& who, std::string_view on) {
    if (on.empty()) return explain(op, who, who.project.id.text());
    Error absent = fail(Code::not_found, "there is no such organization, workspace or project");
    auto find_place = [&](store::Tx& tx) -> Result<access::Place> {
        if (OrganizationId::parse(on) == op.organization) return access::Place{};
        if (auto workspace = WorkspaceId::parse(on)) return access::Place{TRY(tx.one(sql::find_workspace, {.workspace_id = *workspace}, absent.message)), {}};
        if (auto project = ProjectId::parse(on)) return access::Place{TRY(tx.one(sql::workspace_of, {.project_id = *project}, absent.message)), *project};
        return absent;
    };
    bool is_own = on == who.project.id.text();
    auto place = is_own ? access::Place{who.workspace.id, who.project.id} : TRY(inside_->store.read(op, "identity.place", find_place));
    access::Explanation explanation = TRY(inside_->access.explain(op, place, std::string(on)));
    narrow(explanation, who);
    return explanation;
}

Result<ProjectId> Identities::project_for(const Op& op, std::optional<ProjectId> named, std::string_view permission) {
    ProjectId project = named.value_or(op.project);
    if (project.is_nil()) return invalid("/project_id", "must be given: the server has no project of its own");
    if (project == op.project) return project;  // the route has asked for the permission there
    WorkspaceId workspace = TRY(inside_->store.read(op, "identity.project", [&](store::Tx& tx) {
        return tx.one(sql::workspace_of, {.project_id = project}, "the organization has no such project; leave project_id out for your own");
    }));
    TRY(inside_->access.require(op, permission, {workspace, project}, "project:" + project.text()));
    return project;
}

}  // namespace ry::identity
