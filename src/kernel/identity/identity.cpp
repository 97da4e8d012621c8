// Who a request is.
#include "kernel/identity/identity.h"

#include <sodium.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "kernel/identity/credential.h"
#include "kernel/identity/inside.h"
#include "kernel/identity/queries.gen.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::identity {
namespace {

constexpr std::string_view channel = "identity_changed";
/// A remembered credential is under 1 KB: 10 MB. When full, all are forgotten.
constexpr size_t remembered_max = 10'000;
constexpr int64_t touch_session_us = 10 * 60 * 1'000'000LL;
constexpr int64_t touch_token_us = 60 * 1'000'000LL;
constexpr size_t user_agent_bytes_max = 300;
constexpr int sessions_max = 50;
constexpr int64_t day_s = 24 * 60 * 60;

std::string cookie_with(std::string_view value, int64_t age_s, bool is_secure) {
    return std::string(cookie_name) + "=" + std::string(value) + "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(age_s) + (is_secure ? "; Secure" : "");
}

/// A token's permissions; names that this version does not know give nothing.
access::PermissionSet scope_of(std::vector<std::string> names) {
    std::erase_if(names, [](const std::string& name) { return !access::find_permission(name); });
    return *access::PermissionSet::of(names);
}

/// A service account's tokens come by exchange and end soon: it makes none that would live on.
access::PermissionSet without_tokens(access::PermissionSet permissions) {
    auto names = permissions.names();
    std::erase(names, "tokens.write");
    return scope_of(std::move(names));
}

/// What the database knows the presented text by; absent when it cannot be a cookie or token of ours.
std::optional<std::string> presented_digest(const Credentials& credentials) {
    bool is_token = !credentials.bearer.empty();
    bool is_shaped = is_token ? is_api_token_shaped(credentials.bearer) : is_cookie_shaped(credentials.cookie);
    if (!is_shaped) return {};
    return digest_of(is_token ? credentials.bearer : credentials.cookie);
}

Identity from(Identity identity, std::string_view address) {
    identity.actor.address = address;
    return identity;
}

}  // namespace

Op on_behalf(const Op& op, OrganizationId organization, UserId user, ActorKind kind) {
    Op theirs = op;
    theirs.organization = organization;
    theirs.actor.kind = kind;
    theirs.actor.user = user;
    return theirs;
}

std::string set_cookie(const Secret& cookie, bool is_secure) { return cookie_with(cookie.reveal(), session_age_days * day_s, is_secure); }
std::string clear_cookie(bool is_secure) { return cookie_with("", 0, is_secure); }

Session session_of(const Identity& identity) {
    return {identity.user, identity.organization, identity.workspace, identity.project, identity.role,
            identity.permissions.names(), identity.csrf_token, identity.is_insecure_dev};
}

Identities::Identities(store::Store& store, access::Access& access, Mode mode) : inside_(std::make_unique<Inside>(store, access, mode)) {
    ENSURE(sodium_init() >= 0);
    store.listen(std::string(channel), [memory = inside_->memory](const store::Notification&) { Inside::forget(*memory); });
}

Identities::~Identities() = default;

void Identities::Inside::forget(Guarded<Memory>& memory) {
    memory.with([](Memory& now) {
        now.credentials.clear();
        ++now.changes;
    });
}

void Identities::Inside::changed(store::Tx& tx) {
    tx.notify(channel, {});
    tx.after_commit([known = memory] { forget(*known); });
}

void Identities::credentials_changed(store::Tx& tx) { inside_->changed(tx); }

std::optional<Identity> Identities::remembered(const Credentials& credentials) {
    auto digest = presented_digest(credentials);
    auto known = digest ? inside_->remembered(*digest) : std::nullopt;
    bool is_anybody = !digest && credentials.bearer.empty() && inside_->mode == Mode::insecure_dev;
    if (is_anybody) known = inside_->local.with([](const auto& local) { return local; });
    if (!known) return {};
    return from(*std::move(known), credentials.address);
}

Result<Identity> Identities::authenticate(const Op& op, const Credentials& credentials) {
    if (auto known = remembered(credentials)) return *std::move(known);
    if (auto digest = presented_digest(credentials)) {
        auto identity = TRY(inside_->recognise(op, credentials, *digest));
        if (identity) return from(*std::move(identity), credentials.address);
    }
    if (!credentials.bearer.empty()) return fail(Code::unauthenticated, "the API token is mistyped, revoked or over; make a new one under settings, or with `ramify tokens create NAME`");
    if (inside_->mode == Mode::normal) return fail(Code::unauthenticated, "sign in first");
    auto local = inside_->local.with([](const auto& identity) { return identity; });
    if (!local) return fail(Code::unavailable, "the server is still starting; try again in a second");
    return from(*std::move(local), credentials.address);
}

std::optional<Identity> Identities::Inside::remembered(const std::string& digest) {
    int64_t access_changes = access.changes();
    return memory->with([&](const Memory& now) -> std::optional<Identity> {
        auto found = now.credentials.find(digest);
        bool is_good = found != now.credentials.end() && found->second.until_ms > steady_ms() && found->second.access_changes == access_changes;
        if (!is_good) return {};
        return found->second.identity;
    });
}

Result<std::optional<Identity>> Identities::Inside::recognise(const Op& op, const Credentials& credentials, const std::string& digest) {
    bool is_token = !credentials.bearer.empty();
    int64_t access_changes = access.changes();
    int64_t changes = memory->with([](const Memory& now) { return now.changes; });
    auto credential = TRY(store.system_read(op, "identity.credential", [&](store::Tx& tx) {
        return is_token ? tx.maybe(sql::token_by_hash, {.token_hash = {digest}}) : tx.maybe(sql::session_by_cookie, {.cookie_hash = {digest}});
    }));
    if (!credential) return std::optional<Identity>();
    touch(op, *credential);
    Identity identity = TRY(identity_of(op, *credential));
    if (!is_token) identity.csrf_token = csrf_token_of(credentials.cookie);
    int64_t left_ms = credential->expires_at ? (credential->expires_at->us - now().us) / 1000 : memory_ms;
    memory->with([&](Memory& now) {
        if (now.changes != changes) return;
        if (now.credentials.size() >= remembered_max) now.credentials.clear();
        now.credentials[digest] = {identity, steady_ms() + std::min(memory_ms, left_ms), access_changes};
    });
    return std::optional(std::move(identity));
}

Result<Identity> Identities::Inside::identity_of(const Op& op, const Credential& credential) {
    Op theirs = on_behalf(op, credential.organization_id, credential.user_id, credential.token_id ? ActorKind::token : ActorKind::person);
    Home home = TRY(home_of(theirs, credential.user_id));
    access::Place place{home.workspace_id, home.project_id};
    Identity identity{.actor = theirs.actor,
                      .user = {home.user_id, home.user_name, home.email},
                      .organization = {home.organization_id, home.organization_name},
                      .workspace = {home.workspace_id, home.workspace_name},
                      .project = {home.project_id, home.project_name},
                      .role = TRY(access.role(theirs, place)).value_or(access::Role::viewer),
                      .permissions = TRY(access.permissions(theirs, place)),
                      .session = credential.session_id.value_or(SessionId{}),
                      .token = credential.token_id.value_or(TokenId{})};
    if (credential.permissions) identity.permissions = identity.permissions & scope_of(*credential.permissions);
    if (home.is_service_account) identity.permissions = without_tokens(identity.permissions);
    return identity;
}

Result<Home> Identities::Inside::home_of(const Op& op, UserId user) {
    return store.read(op, "identity.home", [&](store::Tx& tx) -> Result<Home> {
        auto home = TRY(tx.maybe(sql::home, {.user_id = user}));
        if (!home) return fail(Code::forbidden, "your organization has no project; ask its owner to make one");
        return *std::move(home);
    });
}

void Identities::Inside::touch(const Op& op, const Credential& credential) {
    int64_t unused_us = now().us - credential.used_at.value_or(Time{0}).us;
    if (unused_us < (credential.session_id ? touch_session_us : touch_token_us)) return;
    auto done = store.system_write(op, "identity.touch", [&](store::Tx& tx) -> Result<void> {
        OrganizationId organization = credential.organization_id;
        if (credential.session_id)
            tx.queue(sql::touch_session, {.organization_id = organization, .id = *credential.session_id, .idle_days = session_idle_days, .age_days = session_age_days});
        else if (credential.token_id)
            tx.queue(sql::touch_token, {.organization_id = organization, .id = *credential.token_id});
        return {};
    });
    if (!done) telemetry::log(telemetry::Level::warning, "identity_touch_failed", {{"cause", done.error().message + " " + done.error().cause}});
}

Result<Secret> Identities::Inside::open_session(store::Tx& tx, std::string_view user_agent) {
    Secret cookie = new_cookie();
    const Actor& actor = tx.op().actor;
    std::string digest = digest_of(cookie.reveal());
    tx.queue(sql::add_session, {.id = SessionId::fresh(), .user_id = actor.user, .cookie_hash = {digest}, .address = actor.address,
                                .user_agent = utf8_prefix(user_agent, user_agent_bytes_max), .idle_days = session_idle_days});
    tx.queue(sql::trim_sessions, {.user_id = actor.user, .sessions_max = sessions_max});
    return cookie;
}

}  // namespace ry::identity
