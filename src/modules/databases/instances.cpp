// Instances: copies of states that people connect to. The row says what there is, the slot what runs; after a restart
// of the server every instance is asleep, and wakes by the next connection, with its name, password and data. Here they
// are found, made, changed and dropped; instance_running.cpp has what runs, instance_requests.cpp what people ask for.
#include <sys/stat.h>

#include <filesystem>
#include <future>

#include "kernel/secrets/secrets.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"
#include "modules/databases/scram/scram.h"

namespace ry::databases {
namespace {

std::string no_such_instance(const std::string& name) {
    return "there is no instance \"" + name + "\"; `ramify db ls` lists those there are";
}

states::Durability durability_of(Origin origin) {
    return is_lasting(origin) ? states::Durability::host : states::Durability::process;
}

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
Error dropped_meanwhile() { return fail(Code::not_found, "the instance was dropped in the meantime"); }

bool is_lasting(Origin origin) { return origin == Origin::app; }

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
    auto verifier = std::async([&] { return scram_verifier(copy.password); });  // a millisecond of hashing, meanwhile
    auto ready = clone(op, *pin, copy.slot->dir, origin);
    laps.lap("clone");
    if (ready) ready = start(op, copy.slot, state.image, origin);
    laps.lap("start");
    copy.verifier = verifier.get();
    laps.lap("password");
    if (ready) return copy;
    discard(copy.slot);
    return std::move(ready).error();
}

/// Clients of one organization mostly begin alike: the same driver, user and settings. The first session of a server is
/// the dearest, so it begins before its client comes.
void Databases::Inside::note_start_up(OrganizationId organization, const std::string& start_up) {
    constexpr size_t organizations_max = 1'000;  // with 10 kB each at most: 10 MB
    usual_start_up.with([&](auto& all) {
        if (all.size() >= organizations_max && !all.contains(organization)) all.clear();
        all[organization] = start_up;
    });
}

void Databases::Inside::expect_client(const SlotPtr& slot) {
    std::string start_up = usual_start_up.with([&](auto& all) {
        auto known = all.find(slot->organization);
        return known == all.end() ? std::string() : known->second;
    });
    auto cluster = slot->state.with([](Slot::State& state) { return state.cluster; });
    if (!start_up.empty() && cluster) cluster->expect_client(std::move(start_up));
}

/// Warm copies are not made meanwhile.
Result<Copy> Databases::Inside::make_copy_for_somebody(const Op& op, const StateRow& state, Origin origin) {
    ++copies_being_made;
    auto made = make_copy(op, state, origin);
    --copies_being_made;
    if (made) expect_client(made->slot);
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
    if (made || has_row(op, id).value_or(true)) return made;
    slots.with([&](auto& all) { all.erase(id); });
    discard(copy.slot);
    return made;
}

/// Of an instance whose row could not be written, as far as one was told: when the answer to the commit was lost, the row is
/// there, and the copy is its data. What cannot be known is left to the next start of the server, which removes what no row names.
Result<bool> Databases::Inside::has_row(const Op& op, InstanceId id) {
    return TRY(store.read(background_op(op.organization, 30'000), "databases.look_for_instance",
                          [&](store::Tx& tx) { return tx.maybe(sql::instance, {.id = id}); }))
        .has_value();
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
        return start(op, copy.slot, of.image, origin);
    }();
    if (ready) {
        expect_client(copy.slot);
        return enter(op, copy,
                     {.state_id = of.state_id,
                      .image = of.image,
                      .origin = origin,
                      .name = std::move(name),
                      .parent_id = of.id,
                      .ttl_ms = ttl_ms.value_or(of.ttl_ms)});
    }
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
    auto deleted = store.write(op, "databases.drop_instance", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::delete_instance, {.id = id});
        TRY(secrets.remove(tx, instance_secret(id)));
        return {};
    });
    if (!deleted) {  // when the answer to the commit was lost, the row has gone, and what runs of it must go too
        auto is_there = has_row(op, id);
        if (!is_there) dropped.change([&](auto& all) { all.push_back({id, op.organization}); });  // the tender asks again
        if (is_there.value_or(true)) return deleted;
    }
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

}  // namespace ry::databases
