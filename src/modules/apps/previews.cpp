// Previews: the rows, and the job that brings what runs in line with them.
#include "modules/apps/previews.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.h"
#include "kernel/jobs/jobs.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/apps/branch_databases.h"
#include "modules/apps/preview_site.h"
#include "modules/apps/preview_slot.h"
#include "modules/apps/queries.gen.h"

namespace ry::apps {
namespace {

constexpr std::string_view no_such_preview = "there is no such preview; `ramify previews ls` lists those there are";
constexpr int page_default = 50;

}  // namespace

Error gone() { return fail(Code::not_found, "the preview was deleted in the meantime"); }

/// An Op of the server, in the organization of what runs.
Op background_op(OrganizationId organization, int64_t ms) {
    Op op = server_op("preview");
    op.organization = organization;
    op.deadline = Deadline::in_ms(ms);
    return op;
}

Result<int> Previews::Inside::connect_static() {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = htons(static_server->port()), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        if (fd >= 0) ::close(fd);
        return fail(Code::unavailable, "the preview cannot be reached; try again");
    }
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

std::string Previews::stream_of(PreviewId preview) { return "preview:" + uuid_text(preview.uuid); }

Previews::Previews(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, sandbox::Sandbox& sandbox,
                   states::States& states, Apps& apps, BranchDatabases& databases, PreviewOptions options)
    : store_(store),
      hub_(hub),
      jobs_(jobs),
      sandbox_(sandbox),
      states_(states),
      apps_(apps),
      databases_(databases),
      options_(std::move(options)),
      inside_(std::make_unique<Inside>()) {
    jobs_.add<RunPreview>({.queue = "previews",
                           .attempts_max = 2,
                           .timeout_ms = options_.install_ms_max + options_.start_ms_max + 60'000},
                          [this](Op& op, const RunPreview& args, jobs::Context& job) { return run(op, job, args); });
    apps_.on_moved([this](const Moved& where) { moved(where); });
}

Previews::~Previews() {
    inside_->tender = {};
    inside_->static_server.reset();
    auto slots = inside_->slots.with([](auto& all) { return std::exchange(all, {}); });
    for (auto& [id, slot] : slots) slot->end(PreviewStatus::stopped);
}

void Previews::Slot::end(PreviewStatus status, std::string error) {
    std::shared_ptr<sandbox::Running> program;
    std::optional<states::Pin> dependencies;  // kept until the program has ended
    state.change([&](State& now) {
        program = std::exchange(now.program, nullptr);
        dependencies = std::exchange(now.dependencies, std::nullopt);
        if (now.status == PreviewStatus::stopped) return;
        now.status = status;
        now.error = std::move(error);
    });
    if (program) program->stop();
}

void Previews::serve_at(uint16_t port) { inside_->port = port; }

Result<void> Previews::begin(const Op& op) {
    TRY(store_.system_write(op, "apps.put_previews_to_sleep",
                            [&](store::Tx& tx) { return tx.run(sql::put_previews_to_sleep, {}); }));
    std::error_code error;
    std::filesystem::remove_all(options_.root, error);  // workspaces of the process before
    std::filesystem::create_directories(options_.root, error);
    if (error)
        return fail(Code::unavailable,
                    "the folder of previews cannot be made in the data directory; see that it is writable and has room",
                    error.message());
    inside_->static_workers = std::make_unique<http::Workers>(2, 256);
    inside_->static_site = std::make_unique<StaticSite>(*this);
    inside_->static_server = TRY(http::Server::start({}, *inside_->static_site, *inside_->static_workers));
    inside_->tender = std::jthread([this](std::stop_token stop) { tend(stop); });
    return {};
}

Preview Previews::with_url(Preview preview) const {
    preview.url = options_.scheme + "://" + host_of_preview(preview.id, options_.domain) + ":" +
                  std::to_string(inside_->port) + "/";
    return preview;
}

std::shared_ptr<Previews::Slot> Previews::slot_of(PreviewId id, OrganizationId organization, AppId app) {
    return inside_->slots.with([&](auto& slots) {
        auto& slot = slots[id];
        if (!slot) slot = std::make_shared<Slot>(id, organization, app);
        return slot;
    });
}

// ---- what a person does

Result<http::Created<Preview>> Previews::create(Op& op, CreatePreview body) {
    if (body.branch_id && body.version_id)
        return invalid("/version_id",
                       "must be left out when branch_id is given: a preview follows a branch or shows one version");
    App app = TRY(apps_.show(op, body.app_id));
    std::optional<BranchId> branch =
        body.version_id ? std::nullopt : std::optional(body.branch_id.value_or(app.branch_id));
    VersionId version = branch ? TRY(apps_.head(op, app.id, *branch)).version_id
                               : TRY(apps_.show_version(op, app.id, *body.version_id)).id;
    Preview made = TRY(store_.write(op, "apps.create_preview", [&](store::Tx& tx) -> Result<Preview> {
        auto known = branch ? TRY(tx.maybe(sql::preview_of_branch, {.branch_id = *branch}))
                            : TRY(tx.maybe(sql::preview_of_version, {.version_id = version}));
        PreviewId id = known ? known->id : PreviewId::fresh();
        bool is_running = known && is_up(known->status);
        if (!known) {
            std::optional<UserId> user = op.actor.user.is_nil() ? std::nullopt : std::optional(op.actor.user);
            tx.queue(sql::add_preview,
                     {.id = id, .app_id = app.id, .branch_id = branch, .version_id = version, .created_by = user});
        }
        if (!is_running)
            TRY(jobs_.enqueue(tx, RunPreview{id},
                              {.unique_key = "preview:" + id.text() + ":wake",
                               .subject = "preview:" + id.text(),
                               .concurrency_group = "preview:" + id.text()}));
        return *TRY(tx.maybe(sql::preview, {.id = id}));
    }));
    std::string location = "/api/v1/previews/" + made.id.text();
    return http::Created<Preview>{with_url(std::move(made)), std::move(location)};
}

Result<http::Page<Preview>> Previews::list(Op& op, ListPreviews query) {
    int limit = query.limit.value_or(page_default);
    std::optional<PreviewId> before;
    if (query.cursor && !(before = PreviewId::parse(*query.cursor)))
        return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning");
    auto previews = TRY(store_.read(op, "apps.list_previews", [&](store::Tx& tx) {
        return tx.many(sql::previews, {.app_id = query.app_id, .before = before, .limit = limit + 1});
    }));
    http::Page<Preview> page;
    if (int(previews.size()) > limit) {
        previews.pop_back();
        page.next_cursor = previews.back().id.text();
    }
    for (Preview& preview : previews) page.items.push_back(with_url(std::move(preview)));
    return page;
}

Result<Preview> Previews::show(Op& op, PreviewId id) {
    auto preview =
        TRY(store_.read(op, "apps.show_preview", [&](store::Tx& tx) { return tx.maybe(sql::preview, {.id = id}); }));
    if (!preview) return fail(Code::not_found, std::string(no_such_preview));
    return with_url(*std::move(preview));
}

/// A job that waits or runs for the same reason is enough; `why` tells reasons apart.
Result<void> Previews::enqueue(const Op& op, PreviewId id, std::string_view why, bool is_restart) {
    return store_.write(op, "apps.run_preview", [&](store::Tx& tx) -> Result<void> {
        TRY(jobs_.enqueue(tx, RunPreview{id, is_restart},
                          {.unique_key = "preview:" + id.text() + ":" + std::string(why),
                           .subject = "preview:" + id.text(),
                           .concurrency_group = "preview:" + id.text()}));
        return {};
    });
}

Result<Preview> Previews::restart(Op& op, PreviewId id) {
    Preview preview = TRY(show(op, id));
    TRY(enqueue(op, id, "restart", true));
    slot_of(id, op.organization, preview.app_id)->state.change([](Slot::State& state) {
        if (!Slot::is_coming_up(state.status)) state.status = PreviewStatus::queued;
    });
    return set_status(op, id, PreviewStatus::queued, preview.version_id, {});
}

Result<Preview> Previews::wake(Op& op, PreviewId id) {
    Preview preview = TRY(show(op, id));
    if (!is_up(preview.status)) TRY(enqueue(op, id, "wake", false));
    return preview;
}

Result<Preview> Previews::sleep(Op& op, PreviewId id) {
    Preview preview = TRY(show(op, id));
    slot_of(id, op.organization, preview.app_id)->end(PreviewStatus::asleep);
    return set_status(op, id, PreviewStatus::asleep, preview.version_id, {});
}

Result<void> Previews::remove(Op& op, PreviewId id) {
    TRY(show(op, id));
    TRY(store_.write(op, "apps.delete_preview", [&](store::Tx& tx) -> Result<void> {
        TRY(tx.run(sql::delete_preview, {.id = id}));
        return hub_.remove(tx, stream_of(id));
    }));
    end_slot(id);
    return {};
}

Result<http::Events> Previews::events(Op& op, PreviewId id) {
    TRY(show(op, id));
    return http::Events{stream_of(id)};
}

// ---- what runs

void Previews::end_slot(PreviewId id) {
    auto slot = inside_->slots.with([&](auto& slots) {
        auto found = slots.find(id);
        if (found == slots.end()) return std::shared_ptr<Slot>();
        auto gone = found->second;
        slots.erase(found);
        return gone;
    });
    if (!slot) return;
    slot->end(PreviewStatus::stopped);
    if (auto gone = states::remove_tree(options_.root + "/" + uuid_text(id.uuid)); !gone)
        telemetry::log(telemetry::Level::warning, "workspace_left",
                       {{"preview_id", id.text()}, {"cause", gone.error().message}});
}

Result<Preview> Previews::set_status(const Op& op, PreviewId id, PreviewStatus status, VersionId version,
                                     std::optional<std::string> error) {
    // What a job brings about is the server's doing; what a person asks for stands in the audit log under their name.
    Op by = op.actor.kind == ActorKind::job ? background_op(op.organization, 10'000) : op;
    by.deadline = Deadline::in_ms(10'000);
    by.stop = {};
    if (error) error = utf8_text(*error);  // it may end with what a program wrote
    return store_.write(by, "apps.preview_status", [&](store::Tx& tx) -> Result<Preview> {
        tx.queue(sql::set_preview_status, {.id = id, .status = status, .version_id = version, .error = error});
        auto preview = TRY(tx.maybe(sql::preview, {.id = id}));
        if (!preview) return fail(Code::not_found, std::string(no_such_preview));
        Preview shown = with_url(*std::move(preview));
        TRY(hub_.append(tx, stream_of(id), "preview.status", {"{\"preview\":" + to_json(shown) + "}"}));
        return shown;
    });
}

void Previews::moved(const Moved& where) {
    Op op = background_op(where.organization, 10'000);
    if (!where.version) return end_lost(op, where.app);
    auto preview = store_.read(op, "apps.preview_of_branch", [&](store::Tx& tx) {
        return tx.maybe(sql::preview_of_branch, {.branch_id = where.branch});
    });
    if (!preview)
        return telemetry::log(telemetry::Level::warning, "preview_not_told",
                              {{"branch_id", where.branch.text()}, {"cause", preview.error().message}});
    bool is_followed = *preview && ((*preview)->status == PreviewStatus::failed || is_up((*preview)->status));
    if (!is_followed) return;
    auto told = where.is_restart ? enqueue(op, (*preview)->id, "restart", true)
                                 : enqueue(op, (*preview)->id, where.version->text(), false);
    if (!told)
        telemetry::log(telemetry::Level::warning, "preview_not_told",
                       {{"preview_id", (*preview)->id.text()}, {"cause", told.error().message}});
}

/// Ends what runs for previews of the app whose rows went with their branch, or with the app.
void Previews::end_lost(const Op& op, AppId app) {
    for (auto& [id, slot] : inside_->slots.with([](auto& all) { return all; })) {
        if (slot->app != app) continue;
        auto row = store_.read(op, "apps.show_preview",
                               [&, preview = id](store::Tx& tx) { return tx.maybe(sql::preview, {.id = preview}); });
        if (row && !*row) end_slot(id);
    }
}

/// The job: brings what runs in line with what shall run. Runs once at a time for a preview.
Result<void> Previews::run(Op& op, jobs::Context& job, RunPreview args) {
    auto row = TRY(store_.read(op, "apps.show_preview",
                               [&](store::Tx& tx) { return tx.maybe(sql::preview, {.id = args.preview_id}); }));
    if (!row) {
        end_slot(args.preview_id);
        return {};
    }
    auto slot = slot_of(row->id, op.organization, row->app_id);
    VersionId version_id = row->version_id;
    if (row->branch_id) {
        auto head = apps_.head(op, row->app_id, *row->branch_id);
        if (!head) return end_slot(row->id), Result<void>();
        version_id = head->version_id;
    }
    Version version = TRY(apps_.show_version(op, row->app_id, version_id));
    bool is_running = slot->state.with([](Slot::State& state) {
        return state.status == PreviewStatus::ready && (state.is_static || (state.program && !state.program->ended()));
    });
    auto brought = is_running && !args.is_restart ? follow_version(op, *slot, *row, version)
                                                  : bring_up(op, *slot, *row, version, job);
    if (brought) return {};
    if (brought.error().code == Code::not_found) {  // put to sleep, or deleted, while it started
        bool is_asleep = slot->state.with([](Slot::State& state) { return state.status == PreviewStatus::asleep; });
        if (auto set =
                is_asleep ? set_status(op, row->id, PreviewStatus::asleep, version_id, {}) : Result<Preview>(gone());
            !set && set.error().code != Code::not_found)
            return std::move(set).error();
        return {};
    }
    std::string why = brought.error().message;
    if (op.stop.stop_requested()) return std::move(brought).error();
    slot->end(PreviewStatus::failed, why);
    telemetry::log(telemetry::Level::info, "preview_failed",
                   {{"preview_id", row->id.text()}, {"message", why}, {"cause", brought.error().cause}});
    auto set = set_status(op, row->id, PreviewStatus::failed, version_id, why);
    if (!set && set.error().code != Code::not_found) return std::move(set).error();
    return {};
}

Result<void> Previews::bring_up(const Op& op, Slot& slot, const Preview& row, const Version& version,
                                jobs::Context& job) {
    int64_t began_ms = steady_ms();
    slot.end(PreviewStatus::starting);
    bool is_gone = slot.state.with([](Slot::State& state) {
        state.log_bytes = 0;
        state.errors_reported = 0;
        state.used_ms = steady_ms();
        return state.status == PreviewStatus::stopped;
    });
    if (is_gone) return gone();
    App app = TRY(apps_.show(op, slot.app));
    const templates::Template* origin = templates::find(app.template_name);
    if (!origin)
        return fail(Code::unsupported,
                    "the app's template \"" + app.template_name + "\" is not part of this server any more");
    git::Oid commit = git::Oid::parse(version.commit).value_or(git::Oid{});

    if (!origin->manifest.dev.empty()) {
        make_room(slot);
        job.progress(0.1, "Writing the files");
        TRY(set_status(op, slot.id, PreviewStatus::starting, version.id, {}));
        std::string workspace = workspace_of(slot);
        TRY(states::remove_tree(workspace));
        std::error_code error;
        std::filesystem::create_directories(workspace, error);
        git::Repository repository = TRY(apps_.repository(op, slot.app));
        TRY(repository.export_tree(commit, workspace));
        if (!origin->manifest.install.empty()) TRY(install(op, slot, origin->manifest, version.id, job));
        job.progress(0.7, "Bringing the database to the version");
        TRY(give_database(op, slot, row, app, version));
        job.progress(0.8, "Starting");
        TRY(start_program(op, slot, origin->manifest));
    }
    TRY(slot.step(PreviewStatus::ready, [&](Slot::State& state) {
        state.is_static = origin->manifest.dev.empty();
        state.origin = origin;
        state.commit = version.commit;
        state.version = version.id;
        state.used_ms = steady_ms();
    }));
    TRY(set_status(op, slot.id, PreviewStatus::ready, version.id, {}));
    telemetry::histogram_ms("apps_preview_ready_ms", "From the beginning of a preview's start to ready.", "template",
                            app.template_name)
        .observe(double(steady_ms() - began_ms));
    if (!origin->manifest.dev.empty()) make_room(slot);  // others may have come up at the same time
    return {};
}

/// The database of what it shows. Migrations that do not run are a failure of the preview; where there is no database
/// to be had now, the program starts without one and is told why.
Result<void> Previews::give_database(const Op& op, Slot& slot, const Preview& row, const App& app,
                                     const Version& version) {
    auto access = databases_.access(op, app, row.branch_id, version, slot.id);
    if (!access && (access.error().code == Code::invalid || op.stop.stop_requested())) return std::move(access).error();
    slot.state.change([&](Slot::State& state) {
        state.database_url = access && *access ? (*access)->url : Secret();
        state.database_socket = access && *access ? std::optional((*access)->socket) : std::nullopt;
        state.database_error = access ? "" : access.error().message;
    });
    return {};
}

std::string Previews::workspace_of(const Slot& slot) const {
    return options_.root + "/" + uuid_text(slot.id.uuid) + "/app";
}

std::string Previews::cache_of(const Slot& slot) const {
    return options_.root + "/" + uuid_text(slot.id.uuid) + "/cache";
}

/// Another version in what runs: the dev server sees the files change. New dependencies need a fresh start.
Result<void> Previews::follow_version(const Op& op, Slot& slot, const Preview& row, const Version& version) {
    auto [shown, is_static, key, origin] = slot.state.with([](Slot::State& state) {
        return std::tuple(state.commit, state.is_static, state.dependencies_key, state.origin);
    });
    if (shown == version.commit) return {};
    if (!is_static) {
        std::string url = slot.state.with([](Slot::State& state) { return std::string(state.database_url.reveal()); });
        TRY(give_database(op, slot, row, TRY(apps_.show(op, slot.app)), version));
        if (slot.state.with([&](Slot::State& state) { return state.database_url.reveal() != url; })) {
            TRY(enqueue(op, slot.id, "restart:" + version.id.text(),
                        true));  // it was given the other one when it started
            return {};
        }
        git::Repository repository = TRY(apps_.repository(op, slot.app));
        git::Oid before = git::Oid::parse(shown).value_or(git::Oid{}),
                 after = git::Oid::parse(version.commit).value_or(git::Oid{});
        std::string workspace = workspace_of(slot);
        TRY(repository.update_directory(workspace, before, after));
        TRY(sandbox_.give(workspace));
        if (!key.empty() && TRY(dependencies_key(op, slot, origin->manifest, version.commit)) != key) {
            TRY(enqueue(op, slot.id, "restart:" + version.id.text(), true));
            return {};
        }
    }
    slot.state.change([&](Slot::State& state) {
        state.commit = version.commit;
        state.version = version.id;
    });
    Op by = background_op(op.organization, 10'000);
    return store_.write(by, "apps.preview_version", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::set_preview_status,
                 {.id = slot.id, .status = PreviewStatus::ready, .version_id = version.id, .error = {}});
        TRY(hub_.append(tx, stream_of(slot.id), "preview.version", {"{\"version_id\":\"" + version.id.text() + "\"}"}));
        return {};
    });
}

std::vector<http::Route> Previews::routes() {
    namespace route = http::route;
    return {
        route::get("/api/v1/previews", "previews.read", "previews ls", "Previews, newest first.", &Previews::list,
                   *this),
        route::post("/api/v1/previews", "previews.write", "previews open",
                    "Run a branch or a version of an app; the one that runs already is returned.", &Previews::create,
                    *this),
        route::get("/api/v1/previews/{preview_id}", "previews.read", "previews show", "A preview.", &Previews::show,
                   *this),
        route::get("/api/v1/previews/{preview_id}/events", "previews.read", "previews follow",
                   "Status, logs and errors of a preview, live.", &Previews::events, *this),
        route::post("/api/v1/previews/{preview_id}/restart", "previews.write", "previews restart",
                    "End it and start it anew.", &Previews::restart, *this),
        route::post("/api/v1/previews/{preview_id}/sleep", "previews.write", "previews sleep",
                    "End its program until the next request.", &Previews::sleep, *this),
        route::post("/api/v1/previews/{preview_id}/wake", "previews.write", "previews wake", "Start its program again.",
                    &Previews::wake, *this),
        route::del("/api/v1/previews/{preview_id}", "previews.write", "previews rm", "End it and forget it.",
                   &Previews::remove, *this),
    };
}

}  // namespace ry::apps
