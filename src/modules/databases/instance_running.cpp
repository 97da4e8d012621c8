// What runs of an instance: the server of its cluster is started, found, and put to sleep. Of one instance, one at a time.
#include <algorithm>

#include "base/text.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int64_t start_ms_max = 60'000;  // a crash recovery may take a while

}  // namespace

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
                                 .cpu_percent_max = options.instance_cpu_percent_max,
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

}  // namespace ry::databases
