// The tender: a thread that puts instances to sleep which nobody uses, finds those that have ended, writes down which are used,
// and drops those whose time is over.
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int64_t tick_ms = 1'000;
constexpr int64_t expect_ms = 2'000;        // how long the first client of an instance is expected
constexpr int64_t touch_every_ms = 30'000;  // how often the use of an instance is written down

}  // namespace

/// Nothing expires because the clock was set. (PostgreSQL's clock is the one that expiry is told by.)
Result<void> Databases::Inside::follow_clock(ClockWatch& clock) {
    Time wall = TRY(store.system_read(server_op("databases"), "databases.clock",
                                      [](store::Tx& tx) { return tx.one(sql::clock, {}); }));
    int64_t jump_ms = clock.jump_ms(wall.us / 1000, steady_ms());
    if (jump_ms == 0) return {};
    telemetry::log(telemetry::Level::warning, "clock_jumped", {{"ms", std::to_string(jump_ms)}});
    return store.system_write(server_op("databases"), "databases.shift_instances", [&](store::Tx& tx) -> Result<void> {
        TRY(tx.run(sql::shift_instances, {.ms = jump_ms}));
        return {};
    });
}

void Databases::Inside::tend(std::stop_token stop) {
    ClockWatch clock;
    (void)follow_clock(clock);
    int64_t touched_ms = steady_ms();
    while (!stop.stop_requested()) {
        // Sooner when a fork has lost its one connection, and at the end.
        dropped.wait_until(
            std::chrono::steady_clock::now() + std::chrono::milliseconds(tick_ms),
            [&](auto& all) { return !all.empty() || stop.stop_requested(); }, [](auto&) {});
        for (const OwnedInstance& one : dropped.with([](auto& all) { return std::exchange(all, {}); }))
            if (auto gone = drop(background_op(one.organization_id, 30'000), one.id); !gone)
                warn("fork_not_dropped", one.id, gone.error());
        std::map<OrganizationId, std::vector<InstanceId>> in_use;
        for (auto& [id, slot] : slots.with([](auto& all) { return all; })) {
            auto [is_dead, is_idle, is_used] = slot->state.with([&](Slot::State& state) {
                if (!state.cluster || state.is_busy) return std::tuple(false, false, false);
                if (steady_ms() - state.used_ms > expect_ms) state.cluster->expect_nobody();
                return std::tuple(!state.cluster->is_alive(),
                                  state.connections == 0 && steady_ms() - state.used_ms > options.sleep_after_ms,
                                  state.connections > 0);
            });
            if (is_used) in_use[slot->organization].push_back(id);
            Op op = background_op(slot->organization, 30'000);
            if (!is_dead && !is_idle) continue;
            if (auto slept = put_to_sleep(op, slot); !slept && slept.error().code != Code::not_found)
                warn("instance_not_asleep", id, slept.error());
        }
        look_at_growth();
        if (steady_ms() - touched_ms < touch_every_ms) continue;
        touched_ms = steady_ms();
        if (auto followed = follow_clock(clock); !followed) {
            telemetry::log(telemetry::Level::warning, "clock_not_known", {{"cause", followed.error().message}});
            continue;  // nothing expires before it is known
        }
        for (auto& [organization, ids] : in_use) {
            auto touched = store.write(background_op(organization, 10'000), "databases.touch_instances",
                                       [&](store::Tx& tx) -> Result<void> {
                                           tx.step();
                                           TRY(tx.run(sql::touch_instances, {.ids = ids}));
                                           return {};
                                       });
            if (!touched)
                telemetry::log(telemetry::Level::warning, "instances_not_touched",
                               {{"cause", touched.error().message}});
            for (InstanceId id : ids) instance_changed(organization, id);
        }
        warn_of_expiry();
        auto expired = store.system_read(server_op("databases"), "databases.expired_instances",
                                         [&](store::Tx& tx) { return tx.many(sql::expired_instances, {}); });
        if (!expired) continue;
        for (const OwnedInstance& one : *expired)
            if (auto gone = drop(background_op(one.organization_id, 30'000), one.id); !gone)
                warn("instance_not_expired", one.id, gone.error());
    }
}

}  // namespace ry::databases
