// Instances: copies of states that people connect to. The row says what there is, the slot what runs; after a restart
// of the server every instance is asleep, and wakes by the next connection, with its name, password and data.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "kernel/secrets/secrets.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"
#include "modules/databases/scram/scram.h"

namespace ry::databases {
namespace {

constexpr int64_t start_ms_max = 60'000;  // a crash recovery may take a while
constexpr int page_default = 50;

std::string no_such_instance(const std::string& name) {
    return "there is no instance \"" + name + "\"; `ramify db ls` lists those there are";
}

/// The database of an app's branch, whose data nobody can make again. The others are copies for a while.
bool is_lasting(Origin origin) { return origin == Origin::app; }
states::Durability durability_of(Origin origin) {
    return is_lasting(origin) ? states::Durability::host : states::Durability::process;
}

Error dropped_meanwhile() { return fail(Code::not_found, "the instance was dropped in the meantime"); }

/// "instance_…" by its beginning: an id's letters after the prefix.
bool is_beginning(std::string_view text) {
    return text.starts_with(std::string(InstanceId::prefix) + "_") && text.size() >= InstanceId::prefix.size() + 1 + 8;
}

}  // namespace

Op background_op(OrganizationId organization, int64_t ms) {
    Op op = server_op("databases");
    op.organization = organization;
    op.deadline = Deadline::in_ms(ms);
    return op;
}

void warn(std::string_view what, InstanceId id, const Error& error) {
    telemetry::log(telemetry::Level::warning, what,
                   {{"instance_id", id.text()}, {"message", error.message}, {"cause", error.cause}});
}

Error no_clusters() {
    return fail(Code::unavailable,
                "databases run in sandboxes, which this machine cannot; `ramify doctor` says what to do about it");
}
std::optional<UserId> author_of(const Op& op) {
    return op.actor.user.is_nil() ? std::nullopt : std::optional(op.actor.user);
}
std::string instance_secret(InstanceId id) { return "databases/" + id.text(); }

std::string Databases::Inside::instance_dir(InstanceId id) const {
    return options.root + "/instances/" + uuid_text(id.uuid);
}
/// Its path must fit into 108 bytes, so it lies high and is short.
std::string Databases::Inside::socket_dir(InstanceId id) const {
    return options.root + "/s/" + id.text().substr(InstanceId::prefix.size() + 1);
}

SlotPtr Databases::Inside::slot_of(InstanceId id, OrganizationId organization) {
    return slots.with([&](auto& all) {
        SlotPtr& slot = all[id];
        if (!slot) slot = std::make_shared<Slot>(id, organization, instance_dir(id), socket_dir(id));
        return slot;
    });
}

Result<Busy> Databases::Inside::take(const Op& op, const SlotPtr& slot) {
    auto until = std::chrono::steady_clock::now() +
                 std::chrono::milliseconds(std::min<int64_t>(op.deadline.left_ms(), start_ms_max));
    bool is_gone = false;
    bool is_mine = slot->state.wait_until(
        until, [](Slot::State& state) { return !state.is_busy; },
        [&](Slot::State& state) {
            is_gone = state.is_gone;
            state.is_busy = !is_gone;
        });
    if (!is_mine)
        return fail(Code::timed_out, "the instance is being changed by somebody else, and that takes long; try again");
    if (is_gone) return dropped_meanwhile();
    return Busy(slot);
}

Result<InstanceRow> Databases::Inside::instance_named(store::Tx& tx, const std::string& name) {
    if (auto id = InstanceId::parse(name)) {
        auto row = TRY(tx.maybe(sql::instance, {.id = *id}));
        if (!row) return fail(Code::not_found, no_such_instance(name));
        return *std::move(row);
    }
    auto rows = TRY(tx.many(sql::instance_named, {.name = name}));
    if (!rows.empty()) return std::move(rows.front());
    auto range = is_beginning(name) ? ids_beginning<InstanceId>(name) : std::nullopt;
    if (!range) return fail(Code::not_found, no_such_instance(name));
    auto begun =
        TRY(tx.many(sql::instances_between, {.first = range->first, .last = range->second, .limit = candidates_max}));
    if (begun.empty()) return fail(Code::not_found, no_such_instance(name));
    if (begun.size() == 1) return std::move(begun.front());
    std::string candidates;
    for (const InstanceRow& row : begun) candidates += (candidates.empty() ? "" : ", ") + row.id.text();
    return fail(Code::invalid, "\"" + name + "\" begins more than one instance; give more of it: " + candidates);
}

// ---- starting and stopping

Result<void> Databases::Inside::set_status(const Op& op, InstanceId id, InstanceStatus status,
                                           std::optional<std::string> error) {
    Op by = background_op(op.organization, 10'000);
    TRY(store.write(by, "databases.instance_status", [&](store::Tx& tx) -> Result<void> {
        // What runs is found anew after a crash. But one that is `starting` is filled anew, and nobody writes to it
        // before that is over.
        if (status != InstanceStatus::ready) tx.step();
        TRY(tx.run(sql::set_instance_status,
                   {.id = id, .status = status, .error = error ? std::optional(utf8_text(*error)) : std::nullopt}));
        return {};
    }));
    instance_changed(op.organization, id);
    return {};
}

/// Puts the longest idle instance to sleep when too many run.
Result<void> Databases::Inside::make_room(const Op& op) {
    SlotPtr idlest;
    int running = int(warm.with([](auto& pool) { return pool.ready.size(); }));
    int64_t least = INT64_MAX;
    for (auto& [id, slot] : slots.with([](auto& all) { return all; })) {
        auto [runs, connections, used_ms] = slot->state.with(
            [](Slot::State& state) { return std::tuple(state.cluster != nullptr, state.connections, state.used_ms); });
        if (!runs) continue;
        ++running;
        if (connections == 0 && used_ms < least) least = used_ms, idlest = slot;
    }
    if (running < options.running_max) return {};
    if (end_a_warm_copy()) return {};
    if (!idlest)
        return fail(Code::over_quota, std::to_string(running) +
                                          " instances run and all of them are connected to, which is the most there "
                                          "may be; drop some with `ramify db rm`, or raise databases_running_max");
    return put_to_sleep(op, idlest);
}

Result<void> Databases::Inside::start(const Op& op, const SlotPtr& slot, const std::string& image, Origin origin) {
    if (!clusters) return no_clusters();
    TRY(make_room(op));
    auto attached = states.attach(slot->dir);
    if (!attached && attached.error().code == Code::conflict)
        return fail(Code::conflict,
                    "the instance has lost its data, since the state below it was damaged; begin it anew with "
                    "`ramify db reset " +
                        slot->id.text() + "`, or drop it",
                    attached.error().message);
    TRY(std::move(attached));
    std::weak_ptr<Slot> weak = slot;
    auto cluster =
        TRY(clusters->start(op, {.image = TRY(images.find(op, image)),
                                 .data_dir = slot->dir,
                                 .socket_dir = slot->socket_dir,
                                 .purpose = is_lasting(origin) ? Purpose::lasting : Purpose::instance,
                                 .disk_mb_max = 0,  // look_at_growth() sees to it
                                 .ended = [weak](const ClusterEnd& end) {
                                     auto ended = weak.lock();
                                     if (!ended) return;
                                     telemetry::log(telemetry::Level::warning, "instance_ended",
                                                    {{"instance_id", ended->id.text()}, {"message", end.message}});
                                     ended->state.change([&](Slot::State& state) {
                                         state.ended_because = end.message;
                                     });  // the tender finds it
                                 }}));
    slot->state.change([&](Slot::State& state) {
        state.cluster = std::move(cluster);
        state.used_ms = steady_ms();
        state.ended_because.clear();
    });
    return {};
}

Result<std::shared_ptr<Cluster>> Databases::Inside::wake(const Op& op, const SlotPtr& slot) {
    auto running = slot->state.with([](Slot::State& state) {
        bool is_up = state.cluster && !state.is_busy && state.cluster->is_alive();
        if (is_up) state.used_ms = steady_ms();
        return is_up ? state.cluster : nullptr;
    });
    if (running) return running;
    Busy busy = TRY(take(op, slot));
    auto cluster = busy->state.with([](Slot::State& state) { return state.cluster; });
    if (cluster && cluster->is_alive()) return cluster;
    if (cluster) {
        busy->state.change([](Slot::State& state) { state.cluster = nullptr; });
        cluster->kill();  // it has ended; another one may have its data directory from now on
    }
    auto row = TRY(store.read(op, "databases.show_instance",
                              [&](store::Tx& tx) { return tx.maybe(sql::instance, {.id = slot->id}); }));
    if (!row) return dropped_meanwhile();
    busy->state.change([&](Slot::State& state) { state.is_full = row->is_full; });
    if (row->is_full) {
        TRY(states.attach(slot->dir));
        if (auto looked = is_still_full(op, slot); !looked) {
            TRY(states.detach(slot->dir));
            return std::move(looked).error();
        }
    }
    // A server that died while it put other data into the instance left it `starting`.
    auto started =
        row->status == InstanceStatus::starting ? begin_anew(op, slot, *row) : start(op, slot, row->image, row->origin);
    if (!started) {
        TRY(states.detach(slot->dir));
        TRY(set_status(op, slot->id, InstanceStatus::failed, started.error().message));
        return std::move(started).error();
    }
    TRY(set_status(op, slot->id, InstanceStatus::ready, {}));
    return busy->state.with([](Slot::State& state) { return state.cluster; });
}

bool Databases::Inside::still_runs(const SlotPtr& slot, const std::shared_ptr<Cluster>& cluster) {
    return cluster->is_alive() &&
           slot->state.with([&](Slot::State& state) { return state.cluster == cluster && !state.is_busy; });
}

Result<void> Databases::Inside::put_to_sleep(const Op& op, const SlotPtr& slot) {
    Busy busy = TRY(take(op, slot));
    auto cluster = busy->state.with([](Slot::State& state) { return std::exchange(state.cluster, nullptr); });
    if (!cluster) return {};
    auto stopped = cluster->stop(background_op(slot->organization, 30'000));
    if (!stopped) warn("instance_stopped_hard", slot->id, stopped.error());  // it recovers at its next start
    if (auto detached = states.detach(slot->dir); !detached) warn("instance_not_detached", slot->id, detached.error());
    auto why = busy->state.with([](Slot::State& state) { return std::exchange(state.ended_because, {}); });
    return set_status(op, slot->id, InstanceStatus::asleep, why.empty() ? std::nullopt : std::optional(why));
}

// ---- making and dropping

/// What a new instance is before it has a row: nobody else knows of it, so nobody has to be kept away.
SlotPtr Databases::Inside::fresh_slot(OrganizationId organization) const {
    InstanceId id = InstanceId::fresh();
    return std::make_shared<Slot>(id, organization, instance_dir(id), socket_dir(id));
}

/// Ends and removes what `slot` has, which no row names.
void Databases::Inside::discard(const SlotPtr& slot) {
    if (auto cluster = slot->state.with([](Slot::State& state) { return std::exchange(state.cluster, nullptr); }))
        cluster->kill();
    if (auto gone = states.remove_clone(slot->dir); !gone) warn("instance_left", slot->id, gone.error());
    std::error_code ignored;
    std::filesystem::remove_all(slot->socket_dir, ignored);
}

/// The directory of a new clone of a state, as its server needs it. States are made by the account of the cages, so
/// there is nothing to change, unless the data directory came from a server with another account.
Result<void> Databases::Inside::clone(const Op& op, const states::Pin& pin, const std::string& dir, Origin origin) {
    TRY(states.clone(op, pin, dir, durability_of(origin)));
    struct stat top{};
    if (stat(dir.c_str(), &top) == 0 && top.st_uid == sandbox.uid()) return {};
    return sandbox.give(dir);
}

Result<Copy> Databases::Inside::make_copy(const Op& op, const StateRow& state, Origin origin) {
    telemetry::Laps laps("database_copy_ms", "What the parts of a new running copy of a state take.");
    auto pin = TRY(find_tree(op, state.id));
    if (!pin) return fail(Code::conflict, "the state was evicted in the meantime; prepare it again");
    Copy copy{.slot = fresh_slot(op.organization), .password = fresh_password()};
    copy.verifier = scram_verifier(copy.password);
    laps.lap("password");
    auto ready = clone(op, *pin, copy.slot->dir, origin);
    laps.lap("clone");
    if (ready) ready = start(op, copy.slot, state.image, origin);
    laps.lap("start");
    if (ready) return copy;
    discard(copy.slot);
    return std::move(ready).error();
}

/// Warm copies are not made meanwhile.
Result<Copy> Databases::Inside::make_copy_for_somebody(const Op& op, const StateRow& state, Origin origin) {
    ++copies_being_made;
    auto made = make_copy(op, state, origin);
    --copies_being_made;
    warm.change([](auto&) {});
    return made;
}

Result<InstanceRow> Databases::Inside::hand_out(const Op& op, const StateRow& state, Origin origin,
                                                std::optional<std::string> name, std::optional<int64_t> ttl_ms,
                                                std::optional<int64_t> lease_ms, const Along& along) {
    auto ready = is_lasting(origin) ? std::nullopt : take_warm(op, state);  // those are made for a while
    Copy copy = ready ? *std::move(ready) : TRY(make_copy_for_somebody(op, state, origin));
    return enter(op, copy,
                 {.state_id = state.id,
                  .image = state.image,
                  .origin = origin,
                  .name = std::move(name),
                  .ttl_ms = ttl_ms.value_or(ttl_ms_default),
                  .lease_ms = lease_ms},
                 along);
}

/// From here on the copy is an instance. When that fails, it is nothing.
Result<InstanceRow> Databases::Inside::enter(const Op& op, const Copy& copy, const Entry& entry, const Along& along) {
    InstanceId id = copy.slot->id;
    slots.with([&](auto& all) { all[id] = copy.slot; });
    auto made = store.write(op, "databases.create_instance", [&](store::Tx& tx) -> Result<InstanceRow> {
        if (entry.name && !TRY(tx.many(sql::instance_named, {.name = *entry.name})).empty())
            return fail(Code::conflict,
                        "there is an instance with this name; choose another, drop it, or switch it to the state");
        if (TRY(tx.one(sql::instance_count, {})) >= options.instances_max)
            return fail(Code::over_quota, "the organization has " + std::to_string(options.instances_max) +
                                              " instances, the most it may have; drop some with `ramify db rm`, or "
                                              "raise databases_max");
        tx.queue(sql::add_instance, {.id = id,
                                     .name = entry.name,
                                     .state_id = entry.state_id,
                                     .image = entry.image,
                                     .status = InstanceStatus::ready,
                                     .origin = entry.origin,
                                     .parent_id = entry.parent_id,
                                     .verifier = copy.verifier,
                                     .ttl_ms = entry.ttl_ms,
                                     .lease_ms = entry.lease_ms,
                                     .created_by = author_of(op)});
        if (!entry.parent_id) tx.queue(sql::use_state, {.id = entry.state_id});
        TRY(secrets.put(tx, instance_secret(id), copy.password, INT64_MAX));  // there are as many as instances
        InstanceRow row = *TRY(tx.maybe(sql::instance, {.id = id}));
        if (along) TRY(along(tx, row, copy.password));
        return row;
    });
    if (made) instance_changed(op.organization, id);
    if (made || may_have_row(op, id)) return made;
    slots.with([&](auto& all) { all.erase(id); });
    discard(copy.slot);
    return made;
}

/// Of an instance whose row could not be written, as far as one was told: when the answer to the commit was lost, the row is
/// there, and the copy is its data. What cannot be known is left to the next start of the server, which removes what no row names.
bool Databases::Inside::may_have_row(const Op& op, InstanceId id) {
    auto found = store.read(background_op(op.organization, 30'000), "databases.look_for_instance",
                            [&](store::Tx& tx) { return tx.maybe(sql::instance, {.id = id}); });
    return !found || *found;
}

Result<InstanceRow> Databases::Inside::fork(const Op& op, const InstanceRow& of, std::optional<std::string> name,
                                            std::optional<int64_t> ttl_ms, Origin origin) {
    SlotPtr from = slot_of(of.id, op.organization);
    Copy copy{.slot = fresh_slot(op.organization), .verifier = of.verifier};
    copy.password = TRY(store.read(op, "databases.instance_password",
                                   [&](store::Tx& tx) { return secrets.get(tx, instance_secret(of.id)); }));
    auto ready = [&]() -> Result<void> {
        {
            Busy held = TRY(take(op, from));  // it neither starts nor stops meanwhile
            TRY(states.attach(from->dir));
            auto copied = [&] { return states.fork(op, from->dir, copy.slot->dir, durability_of(origin)); };
            auto cluster = held->state.with([](Slot::State& state) { return state.cluster; });
            auto made = cluster && cluster->is_alive() ? cluster->while_still(op, copied) : copied();
            if (!cluster) TRY(states.detach(from->dir));
            TRY(std::move(made));
        }
        TRY(forget_run(copy.slot->dir));
        return start(op, copy.slot, of.image, origin);
    }();
    if (ready)
        return enter(op, copy,
                     {.state_id = of.state_id,
                      .image = of.image,
                      .origin = origin,
                      .name = std::move(name),
                      .parent_id = of.id,
                      .ttl_ms = ttl_ms.value_or(of.ttl_ms)});
    discard(copy.slot);
    return std::move(ready).error();
}

/// The instance becomes a copy of another state, and keeps its id, name and password.
Result<InstanceRow> Databases::Inside::replace(const Op& op, const InstanceRow& row, const StateRow& state) {
    auto pin = TRY(find_tree(op, state.id));
    if (!pin) return fail(Code::conflict, "the state was evicted in the meantime; prepare it again");
    SlotPtr slot = slot_of(row.id, op.organization);
    Busy busy = TRY(take(op, slot));
    if (auto cluster = busy->state.with([](Slot::State& s) { return std::exchange(s.cluster, nullptr); }))
        cluster->kill();
    auto changed = TRY(store.write(op, "databases.switch_instance", [&](store::Tx& tx) -> Result<InstanceRow> {
        if (!TRY(tx.maybe(sql::lock_instance, {.id = row.id}))) return dropped_meanwhile();
        tx.queue(sql::set_instance_state, {.id = row.id, .state_id = state.id, .image = state.image});
        tx.queue(sql::set_instance_status, {.id = row.id, .status = InstanceStatus::starting, .error = {}});
        tx.queue(sql::use_state, {.id = state.id});
        return *TRY(tx.maybe(sql::instance, {.id = row.id}));
    }));
    auto ready = begin_anew(op, slot, changed);
    changed.status = ready ? InstanceStatus::ready : InstanceStatus::failed;
    TRY(set_status(op, row.id, changed.status, ready ? std::nullopt : std::optional(ready.error().message)));
    if (!ready) return std::move(ready).error();
    return changed;
}

Result<void> Databases::Inside::begin_anew(const Op& op, const SlotPtr& slot, const InstanceRow& row) {
    auto pin = TRY(find_tree(op, row.state_id));
    if (!pin) return fail(Code::conflict, "the state was evicted in the meantime; prepare it again");
    slot->state.change([](Slot::State& state) {
        state.is_full = false;
        state.state_bytes = -1;
    });
    TRY(states.remove_clone(slot->dir));
    TRY(clone(op, *pin, slot->dir, row.origin));
    return start(op, slot, row.image, row.origin);
}

Result<void> Databases::Inside::drop(const Op& op, InstanceId id) {
    SlotPtr slot = slot_of(id, op.organization);
    Busy busy = TRY(take(op, slot));
    TRY(store.write(op, "databases.drop_instance", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::delete_instance, {.id = id});
        TRY(secrets.remove(tx, instance_secret(id)));
        return {};
    }));
    instance_changed(op.organization, id);
    auto cluster = busy->state.with([](Slot::State& state) {
        state.is_gone = true;
        return std::exchange(state.cluster, nullptr);
    });
    if (cluster) cluster->kill();
    slots.with([&](auto& all) { all.erase(id); });
    TRY(states.remove_clone(slot->dir));
    std::error_code ignored;
    std::filesystem::remove_all(slot->socket_dir, ignored);
    return {};
}

// ---- what is shown

Instance Databases::Inside::shown(const InstanceRow& row, const Secret* password) const {
    Instance instance{.id = row.id,
                      .name = row.name,
                      .state_id = row.state_id,
                      .image = row.image,
                      .status = row.status,
                      .error = row.error,
                      .warning = warning_of(row, options.instance_disk_mb_max),
                      .origin = row.origin,
                      .ttl_ms = row.ttl_ms,
                      .lease_until = row.lease_until,
                      .created_at = row.created_at,
                      .last_used_at = row.last_used_at,
                      .expires_at = row.expires_at,
                      .version = row.version};
    if (password)
        instance.dsn = "postgres://" + std::string(superuser) + ":" + std::string(password->reveal()) + "@" +
                       options.host + ":" + std::to_string(port) + "/" + row.id.text();
    return instance;
}

Result<Instance> Databases::Inside::shown_with_dsn(const Op& op, const InstanceRow& row) {
    Secret password = TRY(store.read(op, "databases.instance_password",
                                     [&](store::Tx& tx) { return secrets.get(tx, instance_secret(row.id)); }));
    return shown(row, &password);
}

// ---- what a person does

namespace {

Error renamed_badly() {
    return invalid("/name", "may have letters, digits and . _ - @ only, and must not begin like an id");
}

Result<void> check_name(const std::optional<std::string>& name) {
    if (!name) return {};
    bool is_plain = std::ranges::all_of(
        *name, [](unsigned char c) { return std::isalnum(c) || std::string_view("._-@").contains(char(c)); });
    if (!is_plain || name->starts_with("instance_")) return renamed_badly();
    return {};
}

}  // namespace

Result<http::Page<Instance>> Databases::list_instances(Op& op, ListInstances query) {
    std::optional<InstanceId> before;
    if (query.cursor && !(before = InstanceId::parse(*query.cursor)))
        return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning");
    int limit = query.limit.value_or(page_default);
    auto rows = TRY(inside_->store.read(op, "databases.list_instances", [&](store::Tx& tx) {
        return tx.many(sql::instances_page, {.before = before, .limit = limit + 1});
    }));
    http::Page<Instance> page;
    for (size_t i = 0; i < std::min(rows.size(), size_t(limit)); ++i)
        page.items.push_back(inside_->shown(rows[i], nullptr));
    if (rows.size() > size_t(limit)) page.next_cursor = page.items.back().id.text();
    return page;
}

Result<Instance> Databases::show_instance(Op& op, std::string name) {
    auto row = TRY(inside_->store.read(op, "databases.show_instance",
                                       [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    return inside_->shown_with_dsn(op, row);
}

Result<http::Created<Instance>> Databases::open_instance(Op& op, OpenInstance body) {
    auto found = inside_->store.read(op, "databases.show_instance",
                                     [&](store::Tx& tx) { return inside_->instance_named(tx, body.name); });
    if (!found && found.error().code != Code::not_found) return std::move(found).error();
    InstanceRow row;
    if (found) {
        row = *std::move(found);
        TRY(inside_->wake(op, inside_->slot_of(row.id, op.organization)));
        row.status = InstanceStatus::ready;
    } else {
        auto known = inside_->store.read(op, "databases.find_state",
                                         [&](store::Tx& tx) { return inside_->state_named(tx, body.name); });
        if (!known && known.error().code == Code::not_found)
            return fail(Code::not_found, "there is no instance, ref or state \"" + body.name +
                                             "\"; `ramify db ls --all` lists those there are");
        StateRow state = TRY(std::move(known));
        bool is_ref = body.name != state.id && !state.id.starts_with(body.name);
        row = TRY(inside_->hand_out(op, state, is_ref ? Origin::ref : Origin::prepare,
                                    is_ref ? std::optional(body.name) : std::nullopt, body.ttl_ms, {}));
    }
    return http::Created<Instance>{TRY(inside_->shown_with_dsn(op, row)),
                                   "/api/v1/database_instances/" + row.id.text()};
}

Result<Instance> Databases::change_instance(Op& op, std::string name, ChangeInstance body) {
    TRY(check_name(body.name));
    auto row = TRY(inside_->store.write(op, "databases.change_instance", [&](store::Tx& tx) -> Result<InstanceRow> {
        InstanceRow known = TRY(inside_->instance_named(tx, name));
        if (body.name && body.name != known.name && !TRY(tx.many(sql::instance_named, {.name = *body.name})).empty())
            return fail(Code::conflict, "there is an instance with this name; choose another");
        tx.queue(sql::change_instance,
                 {.id = known.id, .name = body.name, .ttl_ms = body.ttl_ms, .lease_ms = body.lease_ms});
        return *TRY(tx.maybe(sql::instance, {.id = known.id}));
    }));
    inside_->instance_changed(op.organization, row.id);
    return inside_->shown_with_dsn(op, row);
}

Result<void> Databases::remove_instance(Op& op, std::string name) {
    auto row = TRY(inside_->store.read(op, "databases.show_instance",
                                       [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    if (row.origin == Origin::app)
        return fail(Code::conflict,
                    "it is the database of an app's branch; delete the branch to drop it, or restore a version to "
                    "change its data");
    return inside_->drop(op, row.id);
}

Result<Instance> Databases::reset_instance(Op& op, std::string name) {
    auto [row, state] = TRY(inside_->store.read(op, "databases.show_instance",
                                                [&](store::Tx& tx) -> Result<std::pair<InstanceRow, StateRow>> {
                                                    InstanceRow known = TRY(inside_->instance_named(tx, name));
                                                    StateRow of = TRY(inside_->state_named(tx, known.state_id));
                                                    return std::pair(std::move(known), std::move(of));
                                                }));
    return inside_->shown_with_dsn(op, TRY(inside_->replace(op, row, state)));
}

Result<Instance> Databases::switch_instance(Op& op, std::string name, SwitchInstance body) {
    auto [row, state] = TRY(inside_->store.read(op, "databases.show_instance",
                                                [&](store::Tx& tx) -> Result<std::pair<InstanceRow, StateRow>> {
                                                    InstanceRow known = TRY(inside_->instance_named(tx, name));
                                                    StateRow to = TRY(inside_->state_named(tx, body.to));
                                                    return std::pair(std::move(known), std::move(to));
                                                }));
    return inside_->shown_with_dsn(op, TRY(inside_->replace(op, row, state)));
}

Result<http::Created<Instance>> Databases::fork_instance(Op& op, std::string name, ForkInstance body) {
    TRY(check_name(body.name));
    auto of = TRY(inside_->store.read(op, "databases.show_instance",
                                      [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    InstanceRow row = TRY(inside_->fork(op, of, body.name, body.ttl_ms, Origin::fork));
    return http::Created<Instance>{TRY(inside_->shown_with_dsn(op, row)),
                                   "/api/v1/database_instances/" + row.id.text()};
}

/// A fork of it, recovered and stopped, is what becomes the state: the instance stands still for the copy only.
Result<Ref> Databases::snapshot_instance(Op& op, std::string name, SnapshotInstance body) {
    InstanceRow of = TRY(inside_->store.read(op, "databases.show_instance",
                                             [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    StateRow parent = TRY(inside_->store.read(op, "databases.find_state",
                                              [&](store::Tx& tx) { return inside_->state_named(tx, of.state_id); }));
    int64_t began_ms = steady_ms();
    InstanceRow copy = TRY(inside_->fork(op, of, {}, {}, Origin::fork));
    SlotPtr slot = inside_->slot_of(copy.id, op.organization);
    auto kept = [&]() -> Result<std::string> {
        TRY(inside_->put_to_sleep(op, slot));
        TRY(inside_->states.attach(slot->dir));
        std::string id =
            blob::key_of("snapshot " + copy.id.text()).text();  // of no description: nothing makes it again
        TRY(inside_->states.snapshot(op, Inside::tree_of(op.organization, id), slot->dir, steady_ms() - began_ms));
        if (is_lasting(of.origin)) TRY(inside_->states.flush(Inside::tree_of(op.organization, id)));
        Chain chain{.image = TRY(inside_->images.find(op, of.image)), .base_id = id};
        Link link{.state_id = id, .title = "snapshot", .outline = "snapshot of " + of.name.value_or(of.id.text())};
        TRY(inside_->keep_state(op, chain, id, parent.id, link, StateKind::snapshot));
        return id;
    }();
    if (auto gone = inside_->drop(background_op(op.organization, 30'000), copy.id); !gone)
        warn("fork_not_dropped", copy.id, gone.error());
    if (!kept) return std::move(kept).error();
    // Nothing could build it again, so it is not evicted while the ref is there.
    return set_ref(op, body.ref, {.state_id = *kept, .tags = {}, .is_pinned = true, .keep_ms = {}});
}

Result<Instance> Databases::sleep_instance(Op& op, std::string name) {
    auto row = TRY(inside_->store.read(op, "databases.show_instance",
                                       [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    TRY(inside_->put_to_sleep(op, inside_->slot_of(row.id, op.organization)));
    return show_instance(op, row.id.text());
}

Result<Instance> Databases::wake_instance(Op& op, std::string name) {
    auto row = TRY(inside_->store.read(op, "databases.show_instance",
                                       [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    TRY(inside_->wake(op, inside_->slot_of(row.id, op.organization)));
    return show_instance(op, row.id.text());
}

}  // namespace ry::databases
