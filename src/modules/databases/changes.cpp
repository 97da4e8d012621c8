// The stream of an organization's databases: which instances, prepares and runs were made, changed or dropped. Changes are told
// in lumps, off the path of who makes them, so that a hand-out costs no more when somebody looks.
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"

namespace ry::databases {
namespace {

constexpr auto told_every = std::chrono::milliseconds(200);  // five events a second at most, whatever a test suite forks
constexpr size_t told_max = 1'000;                           // of one event; 30 kB

/// {"instance_ids":[…]}; who reads it reads the list again, and sees those that are left out.
template <class AnyId>
std::string data_of(std::string_view name, const std::set<AnyId>& ids) {
    std::string data = "{\"" + std::string(name) + "\":[";
    size_t count = 0;
    for (const AnyId& id : ids) {
        if (count++ == told_max) break;
        data += (count > 1 ? ",\"" : "\"") + id.text() + "\"";
    }
    return data + "]}";
}

}  // namespace

std::string stream_of(OrganizationId id) { return "databases:" + uuid_text(id.uuid); }

void Databases::Inside::instance_changed(OrganizationId organization, InstanceId id) {
    changed.change([&](auto& all) { all[organization].instances.insert(id); });
}
void Databases::Inside::prepare_changed(OrganizationId organization, PrepareId id) {
    changed.change([&](auto& all) { all[organization].prepares.insert(id); });
}
void Databases::Inside::run_changed(OrganizationId organization, DatabaseRunId id) {
    changed.change([&](auto& all) { all[organization].runs.insert(id); });
}

Result<void> Databases::Inside::write_changes(store::Tx& tx, OrganizationId organization, const Changes& changes) {
    tx.step();
    std::string stream = stream_of(organization);
    if (!changes.instances.empty())
        TRY(hub.append(tx, stream, "instances.changed", {data_of("instance_ids", changes.instances)}));
    if (!changes.prepares.empty())
        TRY(hub.append(tx, stream, "prepares.changed", {data_of("prepare_ids", changes.prepares)}));
    if (!changes.runs.empty()) TRY(hub.append(tx, stream, "runs.changed", {data_of("run_ids", changes.runs)}));
    return {};
}

void Databases::Inside::tell_changes(std::stop_token stop) {
    auto is_any = [](auto& all) { return !all.empty(); };
    while (!stop.stop_requested()) {
        std::map<OrganizationId, Changes> told;
        changed.wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(1), [&](auto& all) { return is_any(all) || stop.stop_requested(); }, [&](auto& all) { told = std::exchange(all, {}); });
        for (const auto& [organization, changes] : told) {
            auto kept = store.write(background_op(organization, 5'000), "databases.tell_changes",
                                    [&](store::Tx& tx) { return write_changes(tx, organization, changes); });
            if (!kept) telemetry::log(telemetry::Level::warning, "changes_not_told", {{"cause", kept.error().message}});
        }
        if (!told.empty()) changed.wait_until(std::chrono::steady_clock::now() + told_every, [&](auto&) { return stop.stop_requested(); }, [](auto&) {});
    }
}

Result<http::Events> Databases::instance_events(Op& op) { return http::Events{stream_of(op.organization)}; }

}  // namespace ry::databases
