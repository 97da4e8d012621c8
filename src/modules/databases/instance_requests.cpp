// What a person does with instances, and sees of them.
#include <algorithm>

#include "kernel/secrets/secrets.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int page_default = 50;

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

Result<Limits> Databases::show_limits(Op& op) {
    const ClusterOptions of_each;
    return Limits{.memory_mb_max = of_each.memory_mb_max,
                  .processes_max = of_each.processes_max,
                  .connections_max = of_each.connections_max,
                  .disk_mb_max = inside_->options.instance_disk_mb_max,
                  .cpu_percent_max = inside_->options.instance_cpu_percent_max,
                  .running = inside_->running_count(),
                  .running_max = inside_->options.running_max,
                  .instances = TRY(inside_->store.read(op, "databases.count_instances", [](store::Tx& tx) { return tx.one(sql::instance_count, {}); })),
                  .instances_max = inside_->options.instances_max};
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
