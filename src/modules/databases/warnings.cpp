// What people are told of an instance before it happens to them: that its time is nearly over, and that it has grown as
// far as it may. Each is told once on the stream of the organization's instances, and shown until it is no longer so.
#include <algorithm>

#include "base/json.h"
#include "kernel/sandbox/usage.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int64_t bytes_per_mb = 1 << 20;
constexpr int64_t expiry_told_ms_max = 10 * 60'000;  // before the end
constexpr int64_t expiry_told_parts = 12;  // of a short time to live it is the last twelfth: ten minutes of two hours
constexpr int64_t look_ms_max = 20;        // of one tick, and then 50 times what it took nothing is looked at:
constexpr int64_t look_pause_factor = 50;  // walking stays at 2 % of one core, however many instances there are

Result<void> tell(stream::Hub& hub, store::Tx& tx, const InstanceRow& row, const std::string& warning) {
    std::string data = R"({"instance_id":")" + row.id.text() + R"(","name":)";
    if (row.name)
        json::write_string(data, *row.name);
    else
        data += "null";
    data += R"(,"warning":)";
    json::write_string(data, warning);
    TRY(hub.append(tx, stream_of(row.organization_id), "instance.warned", {data + "}"}));
    return {};
}

}  // namespace

std::optional<std::string> warning_of(const InstanceRow& row, int64_t disk_mb_max) {
    std::string name = row.name.value_or(row.id.text());
    if (row.is_full)
        return "it takes more than " + std::to_string(disk_mb_max) +
               " MiB beyond its state, so its sessions begin read only; make room (set default_transaction_read_only = "
               "off, then drop or truncate), keep the data with `ramify db snapshot " +
               name + " REF`, go back with `ramify db reset " + name + "`, or raise databases_instance_disk_mb_max";
    if (row.is_expiring)
        return "its time is nearly over: it is dropped unless somebody connects before, or keeps it: `ramify db "
               "change " +
               name + " --lease-ms 86400000`";
    return {};
}

// ---- time

void Databases::Inside::warn_of_expiry() {
    Op op = server_op("databases");
    auto ending = store.system_read(op, "databases.ending_instances", [&](store::Tx& tx) {
        return tx.many(sql::ending_instances, {.ms_max = expiry_told_ms_max, .parts = expiry_told_parts});
    });
    if (!ending) return;
    for (InstanceRow& row : *ending) {
        auto told = store.write(
            background_op(row.organization_id, 10'000), "databases.warn_of_expiry", [&](store::Tx& tx) -> Result<void> {
                tx.step();
                auto now_told = TRY(tx.maybe(sql::set_warned, {.id = row.id, .expires_at = *row.expires_at}));
                if (!now_told) return {};  // used in the meantime, or told by another
                row.is_expiring = true;
                return tell(hub, tx, row, *warning_of(row, options.instance_disk_mb_max));
            });
        if (told)
            instance_changed(row.organization_id, row.id);
        else
            telemetry::log(telemetry::Level::warning, "expiry_not_told",
                           {{"instance_id", row.id.text()}, {"cause", told.error().message}});
    }
}

// ---- room

namespace {

/// What a data directory takes, but for its WAL, which has a limit of its own (settings.cpp) and comes and goes.
int64_t data_bytes(const std::string& dir) {
    return sandbox::bytes_on_disk({dir}) - sandbox::bytes_on_disk({dir + "/pg_wal"});
}

}  // namespace

int64_t Databases::Inside::full_bytes() const { return options.instance_disk_mb_max * bytes_per_mb; }

/// Beyond it nobody may connect: a quarter more than what makes an instance full, for those who make room.
int64_t Databases::Inside::closed_bytes() const { return full_bytes() / 4 * 5; }

Result<int64_t> Databases::Inside::grown_bytes(const Op& op, const SlotPtr& slot) {
    int64_t state_bytes = slot->state.with([](Slot::State& state) { return state.state_bytes; });
    if (state_bytes < 0) {
        auto row = TRY(store.read(op, "databases.show_instance",
                                  [&](store::Tx& tx) { return tx.maybe(sql::instance, {.id = slot->id}); }));
        if (!row) return 0;
        auto pin = TRY(find_tree(op, row->state_id));
        state_bytes = data_bytes(pin ? pin->path() : slot->dir);
        slot->state.change([&](Slot::State& state) { state.state_bytes = state_bytes; });
    }
    return data_bytes(slot->dir) - state_bytes;
}

Result<void> Databases::Inside::note_growth(const Op& op, const SlotPtr& slot, int64_t bytes) {
    bool is_full = bytes > full_bytes();
    if (slot->state.with([](Slot::State& state) { return state.is_full; }) == is_full) return {};
    TRY(store.write(background_op(op.organization, 10'000), "databases.note_growth",
                    [&](store::Tx& tx) -> Result<void> {
                        tx.step();
                        TRY(tx.run(sql::set_full, {.id = slot->id, .is_full = is_full}));
                        auto row = TRY(tx.maybe(sql::instance, {.id = slot->id}));
                        if (!row || !is_full) return {};
                        return tell(hub, tx, *row, *warning_of(*row, options.instance_disk_mb_max));
                    }));
    slot->state.change([&](Slot::State& state) { state.is_full = is_full; });
    telemetry::log(telemetry::Level::info, is_full ? "instance_full" : "instance_has_room_again",
                   {{"instance_id", slot->id.text()}, {"grown_bytes", std::to_string(bytes)}});
    instance_changed(op.organization, slot->id);
    return {};
}

Result<bool> Databases::Inside::is_still_full(const Op& op, const SlotPtr& slot) {
    if (!slot->state.with([](Slot::State& state) { return state.is_full; })) return false;
    int64_t bytes = TRY(grown_bytes(op, slot));
    TRY(note_growth(op, slot, bytes));
    if (bytes <= closed_bytes()) return bytes > full_bytes();
    return fail(Code::over_quota,
                "the instance takes " + std::to_string(bytes / bytes_per_mb) +
                    " MiB more than its state, and may take " + std::to_string(options.instance_disk_mb_max) +
                    "; go back to its state with `ramify db reset`, drop it with `ramify db rm`, or raise "
                    "databases_instance_disk_mb_max",
                std::string(sql_state_disk_full));
}

/// Its sessions end, with what they were writing, and PostgreSQL stops as always: nothing is torn. The next ones begin
/// read only.
Result<void> Databases::Inside::look_at_growth(const SlotPtr& slot, const std::shared_ptr<Cluster>& cluster) {
    Op op = background_op(slot->organization, 30'000);
    bool was_full = slot->state.with([](Slot::State& state) { return state.is_full; });
    int64_t bytes = TRY(grown_bytes(op, slot));
    if (!still_runs(slot, cluster)) return {};  // its directory became another while it was walked
    TRY(note_growth(op, slot, bytes));
    bool ends = bytes > closed_bytes() || (bytes > full_bytes() && !was_full);
    return ends ? put_to_sleep(op, slot) : Result<void>();
}

void Databases::Inside::look_at_growth() {
    int64_t began_ms = steady_ms();
    if (began_ms < growth_from_ms) return;
    struct Due {
        int64_t measured_ms;
        SlotPtr slot;
        std::shared_ptr<Cluster> cluster;
    };
    std::vector<Due> due;
    for (auto& [id, slot] : slots.with([](auto& all) { return all; }))
        slot->state.with([&](Slot::State& state) {
            bool is_due =
                state.cluster && !state.is_busy && (state.connections > 0 || state.used_ms > state.measured_ms);
            if (is_due) due.push_back({state.measured_ms, slot, state.cluster});
        });
    std::ranges::sort(due, {}, &Due::measured_ms);
    for (const Due& one : due) {
        if (steady_ms() - began_ms > look_ms_max) break;
        one.slot->state.with([](Slot::State& state) { state.measured_ms = steady_ms(); });
        if (auto looked = look_at_growth(one.slot, one.cluster); !looked && looked.error().code != Code::not_found)
            telemetry::log(telemetry::Level::warning, "instance_not_measured",
                           {{"instance_id", one.slot->id.text()}, {"message", looked.error().message}});
    }
    growth_from_ms = steady_ms() + (steady_ms() - began_ms) * look_pause_factor;
}

}  // namespace ry::databases
