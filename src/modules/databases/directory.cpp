// Where the proxy finds databases: by instance, by ref, and as a fork of either, made when first asked for.
#include "kernel/secrets/secrets.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/instance_directory.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int64_t fork_ttl_ms = 30 * 60'000;  // of forks that connection strings make

/// Counts a connection while it is there. A fork for one connection goes with it.
class Connected final : public Lease {
public:
    Connected(SlotPtr slot, std::function<void()> last)
        : in_use_(std::in_place, std::move(slot)), last_(std::move(last)) {}
    ~Connected() override {
        in_use_.reset();
        if (last_) last_();
    }

private:
    std::optional<InUse> in_use_;
    std::function<void()> last_;
};

Error no_such_database(const Wanted& wanted) {
    return fail(Code::not_found, "there is no instance or ref \"" + wanted.database.text() +
                                     "\"; `ramify db ls` lists instances, `ramify db refs` the refs");
}

std::string base_name(const DatabaseName& name) { return name.ref.empty() ? name.name : name.name + "@" + name.ref; }

Op acting_in(const Op& op, OrganizationId organization) {
    Op own = op;
    own.organization = organization;
    return own;
}

/// Reads in the Op's organization or, before anybody has proved a password, in all of them.
template <class Read>
auto read_where(store::Store& store, const Op& op, std::string_view what, Read&& read) {
    return op.organization.is_nil() ? store.system_read(op, what, read) : store.read(op, what, read);
}

}  // namespace

InstanceDirectory::InstanceDirectory(Databases::Inside& inside) : inside_(inside) {}

/// The instance that a name means, without its fork. Names are unique within an organization, so one that two
/// organizations use works by id only, or with a token, which says which organization is meant.
Result<InstanceRow> InstanceDirectory::find(const Op& op, const Wanted& wanted) {
    std::string name = base_name(wanted.database);
    auto rows = TRY(read_where(inside_.store, op, "databases.find_instance",
                               [&](store::Tx& tx) -> Result<std::vector<InstanceRow>> {
                                   auto id = InstanceId::parse(name);
                                   if (!id) return tx.many(sql::instance_named, {.name = name});
                                   auto row = TRY(tx.maybe(sql::instance, {.id = *id}));
                                   return row ? std::vector{*std::move(row)} : std::vector<InstanceRow>{};
                               }));
    if (rows.size() > 1)
        return fail(
            Code::not_found,
            "\"" + name +
                "\" is an instance of more than one organization; connect by the instance's id, which `ramify db dsn " +
                name + "` prints");
    if (!rows.empty()) return std::move(rows.front());
    // A ref that nobody has connected to yet: its instance is made now. Its password is what `ramify db dsn` prints.
    auto refs = TRY(read_where(inside_.store, op, "databases.find_ref",
                               [&](store::Tx& tx) { return tx.many(sql::refs_named, {.name = name}); }));
    if (refs.size() != 1) return no_such_database(wanted);
    Op own = acting_in(op, refs.front().organization_id);
    StateRow state = TRY(inside_.store.read(
        own, "databases.find_state", [&](store::Tx& tx) { return inside_.state_named(tx, refs.front().state_id); }));
    auto made = inside_.hand_out(own, state, Origin::ref, name, {}, {});
    if (made || made.error().code != Code::conflict) return made;
    return inside_.store.read(own, "databases.find_instance", [&](store::Tx& tx) {
        return inside_.instance_named(tx, name);
    });  // another connection was faster
}

Result<Login> InstanceDirectory::login(const Op& op, const Wanted& wanted) {
    if (wanted.user == token_user) return Login{};
    InstanceRow row = TRY(find(op, wanted));
    return Login{TRY(parse_scram_verifier(row.verifier))};
}

Result<Target> InstanceDirectory::open(const Op& op, const Wanted& wanted, const Proof& proof) {
    const Secret* token = std::get_if<Secret>(&proof);
    Op own = token ? TRY(inside_.tokens.sign_in(op, *token, token_permission)) : op;
    InstanceRow row = TRY(find(own, wanted));
    if (!token) own = acting_in(op, row.organization_id);
    std::function<void()> last;
    if (wanted.database.fork == Fork::named) row = TRY(named_fork(own, row, wanted));
    if (wanted.database.fork == Fork::fresh) {
        row = TRY(inside_.fork(own, row, {}, fork_ttl_ms, Origin::fork));
        last = [this, id = row.id, organization = row.organization_id] { drop_later(id, organization); };
    }
    SlotPtr slot = inside_.slot_of(row.id, row.organization_id);
    auto lease =
        std::make_unique<Connected>(slot, std::move(last));  // before it wakes, so that it does not fall asleep again
    auto cluster = TRY(inside_.wake(own, slot));
    bool is_full = TRY(inside_.is_still_full(own, slot));
    // The client has proved the password here; the instance has none, and lets in who comes by its cage's own loopback.
    auto dial = [this, running = std::weak_ptr(cluster), organization = row.organization_id,
                 is_full](const std::string& start_up) -> Result<Dialed> {
        if (!start_up.empty() && !is_full) inside_.note_start_up(organization, start_up);
        auto there = running.lock();
        if (!there) return fail(Code::unavailable, "the instance was put to sleep meanwhile; connect again");
        auto [socket, has_begun] = TRY(there->meet_client(start_up));
        return Dialed{std::move(socket), has_begun};
    };
    Target target{.address = DialedAddress{std::move(dial)},
                  .database = wanted.database.database.empty() ? "postgres" : wanted.database.database,
                  .user = token ? superuser : wanted.user};
    target.organization = row.organization_id;
    row.is_full = target.is_read_only = is_full;
    if (is_full)
        target.warning = "the database \"" + wanted.database.text() +
                         "\" is full: " + *warning_of(row, inside_.options.instance_disk_mb_max);
    target.lease = std::move(lease);
    if (token) target.must_end = inside_.token_sessions.watch(*token);
    return target;
}

Result<InstanceRow> InstanceDirectory::named_fork(const Op& op, const InstanceRow& of, const Wanted& wanted) {
    std::string name = base_name(wanted.database) + "+" + wanted.database.fork_name;
    auto known = [&] {
        return inside_.store.read(op, "databases.find_instance",
                                  [&](store::Tx& tx) { return tx.many(sql::instance_named, {.name = name}); });
    };
    if (auto rows = TRY(known()); !rows.empty()) return std::move(rows.front());
    auto made = inside_.fork(op, of, name, fork_ttl_ms, Origin::fork);
    if (made || made.error().code != Code::conflict) return made;
    auto rows = TRY(known());  // another connection of the same pool was faster
    if (rows.empty()) return std::move(made).error();
    return std::move(rows.front());
}

/// The lease ends on a loop, which must not wait.
void InstanceDirectory::drop_later(InstanceId id, OrganizationId organization) {
    inside_.dropped.change([&](auto& all) { all.push_back({id, organization}); });
}

}  // namespace ry::databases
