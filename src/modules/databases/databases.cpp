// The service: what it is made of, its start and its end, and images.
#include "modules/databases/databases.h"

#include <filesystem>

#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/instance_directory.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {

Databases::Inside::Inside(store::Store& store_, stream::Hub& hub_, jobs::Jobs& jobs_, sandbox::Sandbox& sandbox_,
                          states::States& states_, secrets::Secrets& secrets_, TokenSignIn& tokens_,
                          DatabasesOptions options_)
    : store(store_),
      hub(hub_),
      jobs(jobs_),
      sandbox(sandbox_),
      states(states_),
      secrets(secrets_),
      tokens(tokens_),
      options(std::move(options_)),
      images(sandbox, options.root + "/images"),
      token_sessions(tokens_),
      directory(std::make_unique<InstanceDirectory>(*this)) {}

/// Servers are stopped cleanly, side by side as far as they will, so that they need no recovery at their next start.
Databases::Inside::~Inside() {
    states.on_shortage({});
    if (tender.joinable()) {
        tender.request_stop();
        dropped.change([](auto&) {});
        tender.join();
    }
    if (teller.joinable()) {
        teller.request_stop();
        changed.change([](auto&) {});
        teller.join();
    }
    if (warmer.joinable()) {
        warmer.request_stop();
        warmer.join();
    }
    while (end_a_warm_copy()) {}
    std::vector<std::thread> stopping;
    for (auto& [id, slot] : slots.with([](auto& all) { return std::exchange(all, {}); })) {
        auto cluster = slot->state.with([](Slot::State& state) { return std::exchange(state.cluster, nullptr); });
        if (!cluster) continue;
        stopping.emplace_back([this, cluster, slot] {
            (void)cluster->stop(background_op(slot->organization, 5'000), 5'000);
            (void)states.detach(slot->dir);
        });
    }
    for (std::thread& one : stopping) one.join();
}

Databases::Databases(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, sandbox::Sandbox& sandbox,
                     states::States& states, secrets::Secrets& secrets, TokenSignIn& tokens, DatabasesOptions options)
    : inside_(std::make_unique<Inside>(store, hub, jobs, sandbox, states, secrets, tokens, std::move(options))) {
    jobs.add<RunPrepare>(
        {.queue = "databases",
         .attempts_max = 3,
         .timeout_ms = 24 * 3'600'000LL,
         .on_given_up = [this](Op&, store::Tx& tx, const jobs::Job& job, const Json& argument) -> Result<void> {
             return inside_->give_up(tx, job, TRY(from_json<RunPrepare>(argument.text)).prepare_id);
         }},
        [this](Op& op, const RunPrepare& argument, jobs::Context& job) {
            return run_prepare(op, job, argument.prepare_id);
        });
}

Databases::~Databases() = default;

void Databases::serve_at(uint16_t port) { inside_->port = port; }
Directory& Databases::directory() { return *inside_->directory; }

Result<void> Databases::begin(const Op& op) {
    auto known = TRY(inside_->store.system_write(op, "databases.put_instances_to_sleep",
                                                 [&](store::Tx& tx) -> Result<std::vector<OwnedInstance>> {
                                                     TRY(tx.run(sql::put_instances_to_sleep, {}));
                                                     return tx.many(sql::all_instances, {});
                                                 }));
    std::error_code error;
    for (const char* folder : {"/instances", "/building", "/s"})
        std::filesystem::create_directories(inside_->options.root + folder, error);
    if (error)
        return fail(
            Code::unavailable,
            "the folder of databases cannot be made in the data directory; see that it is writable and has room",
            error.message());
    auto clusters = Clusters::open(inside_->sandbox, inside_->options.root + "/clusters");
    if (clusters)
        inside_->clusters = *std::move(clusters);
    else
        telemetry::log(telemetry::Level::warning, "databases_unavailable",
                       {{"message", clusters.error().message}, {"cause", clusters.error().cause}});
    std::set<std::string> wanted;
    for (const OwnedInstance& one : known) wanted.insert(inside_->slot_of(one.id, one.organization_id)->dir);
    for (const states::Clone& clone : TRY(inside_->states.clones())) {
        if (!clone.to.starts_with(inside_->options.root + "/")) continue;
        if (wanted.contains(clone.to))
            TRY(inside_->states.detach(clone.to));  // a server that was killed left its mount
        else
            TRY(inside_->states.remove_clone(clone.to));  // of an instance that was dropped, or of work
    }
    // Places that a crash left empty before their copy was known.
    for (auto& entry : std::filesystem::directory_iterator(inside_->options.root + "/instances", error))
        if (!wanted.contains(entry.path().string())) std::filesystem::remove(entry.path(), error);
    for (auto& entry : std::filesystem::directory_iterator(inside_->options.root + "/s", error))
        std::filesystem::remove_all(entry.path(), error);
    for (auto& entry : std::filesystem::directory_iterator(inside_->options.root + "/building", error))
        std::filesystem::remove_all(entry.path(), error);
    inside_->tender = std::jthread([this](std::stop_token stop) { inside_->tend(stop); });
    inside_->states.on_shortage([this] { return inside_->give_up_warm_copies(); });
    if (inside_->clusters && inside_->options.warm_max > 0)
        inside_->warmer = std::jthread([this](std::stop_token stop) { inside_->keep_warm(stop); });
    inside_->teller = std::jthread([this](std::stop_token stop) { inside_->tell_changes(stop); });
    return {};
}

// ---- images

namespace {

Image shown(const PostgresImage& image) {
    return {image.name, image.version, image.digest, image.is_added ? "added" : "host"};
}

}  // namespace

Result<http::Page<Image>> Databases::list_images(Op& op) {
    http::Page<Image> page;
    for (const PostgresImage& image : TRY(inside_->images.list(op))) page.items.push_back(shown(image));
    return page;
}

Result<http::Created<Image>> Databases::add_image(Op& op, AddImage body) {
    PostgresImage image = TRY(inside_->images.add(op, body.name, body.path));
    // The files are the server's; that somebody added them stands in the audit log.
    TRY(inside_->store.write(op, "databases.add_image", [](store::Tx&) { return Result<void>(); }));
    return http::Created<Image>{shown(image), "/api/v1/database_images/" + image.name};
}

Result<void> Databases::remove_image(Op& op, std::string name) {
    auto used = TRY(inside_->store.system_read(
        op, "databases.image_in_use", [&](store::Tx& tx) { return tx.one(sql::image_uses, {.image = name}); }));
    if (used > 0)
        return fail(Code::conflict, std::to_string(used) + " states or instances were made with it; remove them first");
    TRY(inside_->images.remove(op, name));
    return inside_->store.write(op, "databases.remove_image", [](store::Tx&) { return Result<void>(); });
}

}  // namespace ry::databases
