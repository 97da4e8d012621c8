// The stream of an organization's instances: which of them were made, changed or dropped. Changes are told in lumps, off the path
// of who makes them, so that a hand-out costs no more when somebody looks.
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"

namespace ry::databases {
namespace {

constexpr auto told_every = std::chrono::milliseconds(200);  // five events a second at most, whatever a test suite forks
constexpr size_t told_max = 1'000;                           // of one event; 30 kB

}  // namespace

std::string stream_of(OrganizationId id) { return "databases:" + uuid_text(id.uuid); }

void Databases::Inside::instance_changed(OrganizationId organization, InstanceId id) {
    changed.change([&](auto& all) { all[organization].insert(id); });
}

void Databases::Inside::tell_changes(std::stop_token stop) {
    auto is_any = [](auto& all) { return !all.empty(); };
    while (!stop.stop_requested()) {
        std::map<OrganizationId, std::set<InstanceId>> told;
        changed.wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(1), [&](auto& all) { return is_any(all) || stop.stop_requested(); }, [&](auto& all) { told = std::exchange(all, {}); });
        for (const auto& [organization, ids] : told) {
            std::string data = R"({"instance_ids":[)";
            size_t count = 0;
            for (InstanceId id : ids) {
                if (count++ == told_max) break;  // who reads it reads the list again, and sees the rest
                data += (count > 1 ? ",\"" : "\"") + id.text() + "\"";
            }
            data += "]}";
            auto kept = store.write(background_op(organization, 5'000), "databases.tell_changes", [&](store::Tx& tx) -> Result<void> {
                tx.step();
                TRY(hub.append(tx, stream_of(organization), "instances.changed", {data}));
                return {};
            });
            if (!kept) telemetry::log(telemetry::Level::warning, "changes_not_told", {{"cause", kept.error().message}});
        }
        if (!told.empty()) changed.wait_until(std::chrono::steady_clock::now() + told_every, [&](auto&) { return stop.stop_requested(); }, [](auto&) {});
    }
}

Result<http::Events> Databases::instance_events(Op& op) { return http::Events{stream_of(op.organization)}; }

}  // namespace ry::databases
