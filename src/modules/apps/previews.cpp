// Previews: the rows, and the job that brings what runs in line with them.
#include "modules/apps/previews.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "kernel/jobs/jobs.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/apps/preview_site.h"
#include "modules/apps/preview_slot.h"
#include "modules/apps/queries.gen.h"

namespace ry::apps {
namespace {

constexpr std::string_view no_such_preview = "there is no such preview; `ramify previews ls` lists those there are";
/// What build tools write below node_modules, which is otherwise shared and read-only.
constexpr const char* cache_dirs[] = {".vite", ".vite-temp", ".cache"};
constexpr size_t log_tail_bytes = 2'000;  // of the log, in the error of a preview that failed

std::string sha256_hex(std::string_view bytes) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return hex({reinterpret_cast<const char*>(hash), sizeof hash});
}

/// An Op of the server, in the organization of what runs.
Op background_op(OrganizationId organization, int64_t ms) {
    Op op = server_op("preview");
    op.organization = organization;
    op.deadline = Deadline::in_ms(ms);
    return op;
}

/// A manifest's command as it is run in the cage: with the port, and its program by absolute path when it lies in the app.
std::vector<std::string> in_cage(std::vector<std::string> argv) {
    if (argv.front().contains('/') && !argv.front().starts_with('/')) argv.front() = "/app/" + argv.front();
    for (std::string& argument : argv)
        for (size_t at; (at = argument.find("{port}")) != std::string::npos;) argument.replace(at, 6, std::to_string(preview_port));
    return argv;
}

/// True when the program on `fd` answers "GET /" with anything that is not its own failure. Closes `fd`.
bool answers(int fd, int64_t wait_ms) {
    std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    bool ok = false;
    char head[16] = {};
    size_t got = 0;
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == ssize_t(request.size())) {
        int64_t until_ms = steady_ms() + wait_ms;
        while (got < 12 && steady_ms() < until_ms) {
            pollfd waiting{fd, POLLIN, 0};
            if (::poll(&waiting, 1, int(std::max<int64_t>(1, until_ms - steady_ms()))) <= 0) break;
            ssize_t read = ::recv(fd, head + got, 12 - got, 0);
            if (read <= 0) break;
            got += size_t(read);
        }
        ok = got == 12 && std::string_view(head, 7) == "HTTP/1." && head[9] != '5';
    }
    ::close(fd);
    return ok;
}

}  // namespace

Result<int> Previews::Inside::connect_static() {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(static_server->port()), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        if (fd >= 0) ::close(fd);
        return fail(Code::unavailable, "the preview cannot be reached; try again");
    }
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

std::string Previews::stream_of(PreviewId preview) { return "preview:" + uuid_text(preview.uuid); }

Previews::Previews(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, sandbox::Sandbox& sandbox, states::States& states, Apps& apps, PreviewOptions options)
    : store_(store), hub_(hub), jobs_(jobs), sandbox_(sandbox), states_(states), apps_(apps), options_(std::move(options)), inside_(std::make_unique<Inside>()) {
    jobs_.add<RunPreview>({.queue = "previews", .attempts_max = 2, .timeout_ms = options_.install_ms_max + options_.start_ms_max + 60'000},
                          [this](Op& op, const RunPreview& args, jobs::Context& job) { return run(op, job, args); });
    apps_.on_moved([this](const Moved& where) { moved(where); });
}

Previews::~Previews() {
    inside_->tender = {};
    inside_->static_server.reset();
    auto slots = inside_->slots.with([](auto& all) { return std::exchange(all, {}); });
    for (auto& [id, slot] : slots) {
        auto program = slot->state.with([](Slot::State& state) { return std::exchange(state.program, nullptr); });
        if (program) program->stop();
    }
}

void Previews::serve_at(uint16_t port) { inside_->port = port; }

Result<void> Previews::begin(const Op& op) {
    TRY(store_.system_write(op, "apps.put_previews_to_sleep", [&](store::Tx& tx) { return tx.run(sql::put_previews_to_sleep, {}); }));
    std::error_code error;
    std::filesystem::remove_all(options_.root, error);  // workspaces of the process before
    std::filesystem::create_directories(options_.root, error);
    if (error) return fail(Code::unavailable, "the folder of previews cannot be made in the data directory; see that it is writable and has room", error.message());
    inside_->static_workers = std::make_unique<http::Workers>(2, 256);
    inside_->static_site = std::make_unique<StaticSite>(*this);
    inside_->static_server = TRY(http::Server::start({}, *inside_->static_site, *inside_->static_workers));
    inside_->tender = std::jthread([this](std::stop_token stop) { tend(stop); });
    return {};
}

Preview Previews::with_url(Preview preview) const {
    preview.url = options_.scheme + "://" + host_of_preview(preview.id, options_.domain) + ":" + std::to_string(inside_->port) + "/";
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
    if (body.branch_id && body.version_id) return invalid("/version_id", "must be left out when branch_id is given: a preview follows a branch or shows one version");
    App app = TRY(apps_.show(op, body.app_id));
    std::optional<BranchId> branch = body.version_id ? std::nullopt : std::optional(body.branch_id.value_or(app.branch_id));
    VersionId version = branch ? TRY(apps_.head(op, app.id, *branch)).version_id : TRY(apps_.show_version(op, app.id, *body.version_id)).id;
    Preview made = TRY(store_.write(op, "apps.create_preview", [&](store::Tx& tx) -> Result<Preview> {
        auto known = branch ? TRY(tx.maybe(sql::preview_of_branch, {.branch_id = *branch})) : TRY(tx.maybe(sql::preview_of_version, {.version_id = version}));
        PreviewId id = known ? known->id : PreviewId::fresh();
        bool is_running = known && known->status != PreviewStatus::asleep && known->status != PreviewStatus::failed && known->status != PreviewStatus::stopped;
        if (!known) {
            std::optional<UserId> user = op.actor.user.is_nil() ? std::nullopt : std::optional(op.actor.user);
            tx.queue(sql::add_preview, {.id = id, .app_id = app.id, .branch_id = branch, .version_id = version, .created_by = user});
        }
        if (!is_running) TRY(jobs_.enqueue(tx, RunPreview{id}, {.unique_key = "preview:" + id.text(), .subject = "preview:" + id.text(), .concurrency_group = "preview:" + id.text()}));
        return *TRY(tx.maybe(sql::preview, {.id = id}));
    }));
    std::string location = "/api/v1/previews/" + made.id.text();
    return http::Created<Preview>{with_url(std::move(made)), std::move(location)};
}

Result<http::Page<Preview>> Previews::list(Op& op, ListPreviews query) {
    http::Page<Preview> page;
    for (Preview& preview : TRY(store_.read(op, "apps.list_previews", [&](store::Tx& tx) { return tx.many(sql::previews, {.app_id = query.app_id}); })))
        page.items.push_back(with_url(std::move(preview)));
    return page;
}

Result<Preview> Previews::show(Op& op, PreviewId id) {
    auto preview = TRY(store_.read(op, "apps.show_preview", [&](store::Tx& tx) { return tx.maybe(sql::preview, {.id = id}); }));
    if (!preview) return fail(Code::not_found, std::string(no_such_preview));
    return with_url(*std::move(preview));
}

Result<void> Previews::enqueue(const Op& op, PreviewId id, bool is_restart) {
    return store_.write(op, "apps.run_preview", [&](store::Tx& tx) -> Result<void> {
        TRY(jobs_.enqueue(tx, RunPreview{id, is_restart}, {.unique_key = std::string(is_restart ? "restart:" : "preview:") + id.text(),
                                                           .subject = "preview:" + id.text(), .concurrency_group = "preview:" + id.text()}));
        return {};
    });
}

Result<Preview> Previews::restart(Op& op, PreviewId id) {
    Preview preview = TRY(show(op, id));
    TRY(enqueue(op, id, true));
    slot_of(id, op.organization, preview.app_id)->state.change([](Slot::State& state) { state.status = PreviewStatus::queued; });
    return set_status(op, id, PreviewStatus::queued, preview.version_id, {});
}

Result<Preview> Previews::wake(Op& op, PreviewId id) {
    Preview preview = TRY(show(op, id));
    if (preview.status == PreviewStatus::asleep || preview.status == PreviewStatus::failed || preview.status == PreviewStatus::stopped) TRY(enqueue(op, id, false));
    return preview;
}

Result<Preview> Previews::sleep(Op& op, PreviewId id) {
    Preview preview = TRY(show(op, id));
    auto slot = slot_of(id, op.organization, preview.app_id);
    std::shared_ptr<sandbox::Running> program;
    slot->state.change([&](Slot::State& state) {
        program = std::exchange(state.program, nullptr);
        state.status = PreviewStatus::asleep;
        state.dependencies.reset();
    });
    if (program) program->stop();
    return set_status(op, id, PreviewStatus::asleep, preview.version_id, {});
}

Result<void> Previews::remove(Op& op, PreviewId id) {
    TRY(show(op, id));
    TRY(store_.write(op, "apps.delete_preview", [&](store::Tx& tx) { return tx.run(sql::delete_preview, {.id = id}); }));
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
    std::shared_ptr<sandbox::Running> program;
    slot->state.change([&](Slot::State& state) {
        program = std::exchange(state.program, nullptr);
        state.status = PreviewStatus::stopped;
    });
    if (program) program->stop();
    if (auto gone = states::remove_tree(options_.root + "/" + uuid_text(id.uuid)); !gone)
        telemetry::log(telemetry::Level::warning, "workspace_left", {{"preview_id", id.text()}, {"cause", gone.error().message}});
}

Result<Preview> Previews::set_status(const Op& op, PreviewId id, PreviewStatus status, VersionId version, std::optional<std::string> error) {
    Op by = background_op(op.organization, 10'000);
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
    auto preview = store_.read(op, "apps.preview_of_branch", [&](store::Tx& tx) { return tx.maybe(sql::preview_of_branch, {.branch_id = where.branch}); });
    if (!preview) return telemetry::log(telemetry::Level::warning, "preview_not_told", {{"branch_id", where.branch.text()}, {"cause", preview.error().message}});
    if (!where.version) {
        auto slots = inside_->slots.with([&](auto& all) { return all; });
        for (auto& [id, slot] : slots)
            if (slot->app == where.app && (!*preview || (*preview)->id == id) && (*preview || true)) {
                auto still = store_.read(op, "apps.show_preview", [&, preview_id = id](store::Tx& tx) { return tx.maybe(sql::preview, {.id = preview_id}); });
                if (still && (!*still || (*still)->branch_id == where.branch)) end_slot(id);
            }
        if (*preview) {
            auto gone = store_.write(op, "apps.delete_preview", [&](store::Tx& tx) { return tx.run(sql::delete_preview, {.id = (*preview)->id}); });
            if (!gone) telemetry::log(telemetry::Level::warning, "preview_left", {{"preview_id", (*preview)->id.text()}, {"cause", gone.error().message}});
        }
        return;
    }
    bool is_running = *preview && (*preview)->status != PreviewStatus::asleep && (*preview)->status != PreviewStatus::stopped;
    if (!is_running) return;
    if (auto told = enqueue(op, (*preview)->id, false); !told)
        telemetry::log(telemetry::Level::warning, "preview_not_told", {{"preview_id", (*preview)->id.text()}, {"cause", told.error().message}});
}

/// The branch's preview ends with it. When the app itself is gone, so are its rows, and everything that runs for it ends.
void Previews::branch_gone(const Op& op, AppId app, const std::optional<Preview>& of_branch) {
    if (of_branch) {
        auto gone = store_.write(op, "apps.delete_preview", [&](store::Tx& tx) { return tx.run(sql::delete_preview, {.id = of_branch->id}); });
        if (!gone) telemetry::log(telemetry::Level::warning, "preview_left", {{"preview_id", of_branch->id.text()}, {"cause", gone.error().message}});
        return end_slot(of_branch->id);
    }
    for (auto& [id, slot] : inside_->slots.with([](auto& all) { return all; })) {
        if (slot->app != app) continue;
        auto row = store_.read(op, "apps.show_preview", [&, preview = id](store::Tx& tx) { return tx.maybe(sql::preview, {.id = preview}); });
        if (row && !*row) end_slot(id);
    }
}

/// The job: brings what runs in line with what shall run. Runs once at a time for a preview.
Result<void> Previews::run(Op& op, jobs::Context& job, RunPreview args) {
    auto row = TRY(store_.read(op, "apps.show_preview", [&](store::Tx& tx) { return tx.maybe(sql::preview, {.id = args.preview_id}); }));
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
    bool is_running = slot->state.with([](Slot::State& state) { return state.status == PreviewStatus::ready && (state.is_static || (state.program && !state.program->ended())); });
    auto brought = is_running && !args.is_restart ? follow_version(op, *slot, version) : bring_up(op, *slot, version, job);
    if (brought) return {};
    std::string why = brought.error().message;
    if (op.stop.stop_requested()) return std::move(brought).error();
    std::shared_ptr<sandbox::Running> program;
    slot->state.change([&](Slot::State& state) {
        program = std::exchange(state.program, nullptr);
        state.status = PreviewStatus::failed;
        state.error = why;
    });
    if (program) program->stop();
    telemetry::log(telemetry::Level::info, "preview_failed", {{"preview_id", row->id.text()}, {"message", why}, {"cause", brought.error().cause}});
    TRY(set_status(op, row->id, PreviewStatus::failed, version_id, why));
    return {};
}

Result<void> Previews::bring_up(const Op& op, Slot& slot, const Version& version, jobs::Context& job) {
    std::shared_ptr<sandbox::Running> before;
    slot.state.change([&](Slot::State& state) {
        before = std::exchange(state.program, nullptr);
        state.status = PreviewStatus::starting;
        state.error.clear();
        state.log_bytes = 0;
        state.errors_reported = 0;
        state.used_ms = steady_ms();
    });
    if (before) before->stop();
    TRY(make_room(op, slot));
    App app = TRY(apps_.show(op, slot.app));
    const templates::Template* origin = templates::find(app.template_name);
    if (!origin) return fail(Code::unsupported, "the app's template \"" + app.template_name + "\" is not part of this server any more");
    git::Oid commit = git::Oid::parse(version.commit).value_or(git::Oid{});

    if (!origin->manifest.dev.empty()) {
        job.progress(0.1, "Writing the files");
        TRY(set_status(op, slot.id, PreviewStatus::starting, version.id, {}));
        std::string workspace = workspace_of(slot);
        TRY(states::remove_tree(workspace));
        std::error_code error;
        std::filesystem::create_directories(workspace, error);
        git::Repository repository = TRY(apps_.repository(op, slot.app));
        TRY(repository.export_tree(commit, workspace));
        if (!origin->manifest.install.empty()) TRY(install(op, slot, origin->manifest, version.id, job));
        job.progress(0.8, "Starting");
        TRY(start_program(op, slot, origin->manifest));
    }
    slot.state.change([&](Slot::State& state) {
        state.is_static = origin->manifest.dev.empty();
        state.commit = version.commit;
        state.version = version.id;
        state.status = PreviewStatus::ready;
        state.used_ms = steady_ms();
    });
    TRY(set_status(op, slot.id, PreviewStatus::ready, version.id, {}));
    return {};
}

std::string Previews::workspace_of(const Slot& slot) const { return options_.root + "/" + uuid_text(slot.id.uuid) + "/app"; }

/// Another version in what runs: the dev server sees the files change. New dependencies need a fresh start.
Result<void> Previews::follow_version(const Op& op, Slot& slot, const Version& version) {
    auto [shown, is_static, key] = slot.state.with([](Slot::State& state) { return std::tuple(state.commit, state.is_static, state.dependencies_key); });
    if (shown == version.commit) return {};
    if (!is_static) {
        git::Repository repository = TRY(apps_.repository(op, slot.app));
        git::Oid before = git::Oid::parse(shown).value_or(git::Oid{}), after = git::Oid::parse(version.commit).value_or(git::Oid{});
        std::string workspace = workspace_of(slot);
        TRY(repository.update_directory(workspace, before, after));
        TRY(sandbox_.give(workspace));
        if (!key.empty() && TRY(dependencies_key(op, slot, version.commit)) != key) {
            TRY(enqueue(op, slot.id, true));
            return {};
        }
    }
    slot.state.change([&](Slot::State& state) {
        state.commit = version.commit;
        state.version = version.id;
    });
    Op by = background_op(op.organization, 10'000);
    return store_.write(by, "apps.preview_version", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::set_preview_status, {.id = slot.id, .status = PreviewStatus::ready, .version_id = version.id, .error = {}});
        TRY(hub_.append(tx, stream_of(slot.id), "preview.version", {"{\"version_id\":\"" + version.id.text() + "\"}"}));
        return {};
    });
}

/// Names all that an installation depends on: the manifest's command, the lists of packages, and the machine's kind.
Result<std::string> Previews::dependencies_key(const Op& op, const Slot& slot, const std::string& commit) {
    git::Repository repository = TRY(apps_.repository(op, slot.app));
    git::Oid oid = git::Oid::parse(commit).value_or(git::Oid{});
    std::string all = "1\n";
    for (auto file : {"package.json", "package-lock.json"})
        if (auto content = repository.read(oid, file)) all += std::to_string(content->size()) + "\n" + *content;
    return sha256_hex(all);
}

Result<void> Previews::install(const Op& op, Slot& slot, const templates::Manifest& manifest, VersionId version, jobs::Context& job) {
    git::Repository repository = TRY(apps_.repository(op, slot.app));
    std::string commit = TRY(find_commit(op, slot.app, version));
    std::string key = TRY(dependencies_key(op, slot, commit));
    std::optional<states::Pin> pin = TRY(states_.find(key));
    if (!pin) {
        job.progress(0.2, "Installing the packages");
        slot.state.change([](Slot::State& state) { state.status = PreviewStatus::installing, state.log_source = "install"; });
        TRY(set_status(op, slot.id, PreviewStatus::installing, version, {}));
        pin = TRY(states_.build(op, key, [&](const std::string& dir) -> Result<void> {
            git::Oid oid = git::Oid::parse(commit).value_or(git::Oid{});
            for (auto file : {"package.json", "package-lock.json"}) {
                auto content = repository.read(oid, file);
                if (!content) continue;
                std::ofstream(dir + "/" + file, std::ios::binary) << *content;
            }
            TRY(sandbox_.give(dir));
            auto done = run_install(op, slot, dir, manifest.install);
            // Packages that were added by hand or by a model are not in the lock file: then it is made anew.
            if (!done && manifest.install.size() > 1 && manifest.install[1] == "ci") done = run_install(op, slot, dir, {"npm", "install"});
            if (!done) return done;
            std::error_code error;  // where a preview's own caches are bound
            for (auto cache : cache_dirs) std::filesystem::create_directories(dir + "/node_modules/" + cache, error);
            return {};
        }));
    }
    slot.state.change([&](Slot::State& state) {
        state.dependencies = std::move(pin);
        state.dependencies_key = key;
        state.log_source = "server";
        state.status = PreviewStatus::starting;
    });
    TRY(set_status(op, slot.id, PreviewStatus::starting, version, {}));
    return {};
}

Result<void> Previews::run_install(const Op& op, Slot& slot, const std::string& dir, const std::vector<std::string>& argv) {
    sandbox::Cage cage{.program = argv.front(), .arguments = {argv.begin() + 1, argv.end()}, .working_dir = "/app"};
    cage.environment = options_.install_environment;
    for (const std::string& tools : options_.tool_dirs) cage.read_only.push_back({tools, tools});
    cage.writable = {{dir, "/app"}};
    cage.network.allow = options_.registry_hosts;
    cage.cpu_ms_max = options_.install_ms_max;
    cage.wall_ms_max = options_.install_ms_max;
    cage.memory_mb_max = 2048;
    cage.processes_max = 512;
    cage.files_max = 16'384;
    cage.tmp_mb_max = 1024;
    log(slot, "$ " + argv.front() + " " + (argv.size() > 1 ? argv[1] : "") + "\n");
    std::string tail;
    auto program = TRY(sandbox_.start(op, cage, [&](const sandbox::Output& output) {
        tail.append(output.bytes);
        if (tail.size() > 2 * log_tail_bytes) tail.erase(0, tail.size() - log_tail_bytes);
        log(slot, output.bytes);
    }));
    auto outcome = program->wait(op);
    program->stop();
    if (!outcome) return std::move(outcome).error();
    if (outcome->succeeded()) return {};
    std::string last = tail.substr(tail.size() > log_tail_bytes ? tail.size() - log_tail_bytes : 0);
    if (outcome->ended == sandbox::Ended::by_wall_time || outcome->ended == sandbox::Ended::by_cpu)
        return fail(Code::timed_out, "the installation of packages did not end within " + std::to_string(options_.install_ms_max / 60'000) + " minutes and was stopped; see package.json for what takes so long");
    return fail(Code::unsupported, "the installation of packages failed (" + std::string(sandbox::name_of(outcome->ended)) + ", exit code " + std::to_string(outcome->exit_code) + "):\n" + last);
}

Result<void> Previews::start_program(const Op& op, Slot& slot, const templates::Manifest& manifest) {
    std::vector<std::string> argv = in_cage(manifest.dev);
    std::string workspace = workspace_of(slot), cache = options_.root + "/" + uuid_text(slot.id.uuid) + "/cache";
    sandbox::Cage cage{.program = argv.front(), .arguments = {argv.begin() + 1, argv.end()}, .working_dir = "/app"};
    cage.environment = {{"NODE_ENV", "development"}, {"HOME", "/tmp"}, {"PATH", "/app/node_modules/.bin:/usr/local/bin:/usr/bin:/bin"}};
    for (const std::string& tools : options_.tool_dirs) cage.read_only.push_back({tools, tools});
    cage.writable = {{workspace, "/app"}};
    std::error_code error;
    auto dependencies = slot.state.with([](Slot::State& state) { return state.dependencies ? state.dependencies->path() : ""; });
    if (!dependencies.empty()) {
        std::filesystem::create_directories(workspace + "/node_modules", error);
        cage.read_only.push_back({dependencies + "/node_modules", "/app/node_modules"});
        for (std::string name : cache_dirs) {
            std::filesystem::create_directories(cache + "/" + name, error);
            cage.writable.push_back({cache + "/" + name, "/app/node_modules/" + name});
        }
        TRY(sandbox_.give(cache));
    }
    TRY(sandbox_.give(workspace));
    cage.ingress = {preview_port};
    cage.cpu_ms_max = 0;
    cage.wall_ms_max = 0;
    cage.memory_mb_max = 1024;
    cage.processes_max = 256;
    cage.files_max = 16'384;
    cage.tmp_mb_max = 256;
    std::shared_ptr<sandbox::Running> program = TRY(sandbox_.start(op, cage, [this, weak = std::weak_ptr<Slot>(inside_->slots.with([&](auto& slots) { return slots[slot.id]; }))](const sandbox::Output& output) {
        if (auto to = weak.lock()) {
            if (output.bytes_dropped > 0) log(*to, "\n… " + std::to_string(output.bytes_dropped) + " bytes of output were dropped: it came too fast\n");
            log(*to, output.bytes);
        }
    }));
    slot.state.with([&](Slot::State& state) { state.program = program; });
    int64_t until_ms = steady_ms() + options_.start_ms_max;
    while (!program->ended()) {
        TRY(op.still_wanted());
        auto fd = program->connect_ingress(preview_port);
        if (fd && answers(*fd, 10'000)) return {};
        if (steady_ms() > until_ms) return fail(Code::timed_out, "the dev command did not answer on its port within " + std::to_string(options_.start_ms_max / 1000) + " seconds:\n" + log_tail(slot));
        std::this_thread::sleep_for(std::chrono::milliseconds(fd ? 50 : 10));
    }
    auto outcome = program->wait(op);
    return fail(Code::unsupported, "the dev command ended" + (outcome ? " (" + std::string(sandbox::name_of(outcome->ended)) + ", exit code " + std::to_string(outcome->exit_code) + ")" : std::string()) + ":\n" + log_tail(slot));
}

Result<std::string> Previews::find_commit(const Op& op, AppId app, VersionId version) {
    return TRY(apps_.show_version(op, app, version)).commit;
}

/// Puts the longest idle preview to sleep when too many run.
Result<void> Previews::make_room(const Op& op, const Slot& wanted) {
    auto slots = inside_->slots.with([](auto& all) { return all; });
    std::shared_ptr<Slot> idlest;
    int running = 0;
    int64_t least = INT64_MAX;
    for (auto& [id, slot] : slots) {
        auto [runs, used_ms] = slot->state.with([](Slot::State& state) { return std::pair(state.program != nullptr, state.used_ms); });
        if (!runs || id == wanted.id) continue;
        ++running;
        if (used_ms < least) least = used_ms, idlest = slot;
    }
    if (running < options_.running_max || !idlest) return {};
    Op by = background_op(idlest->organization, 10'000);
    TRY(sleep(by, idlest->id));
    (void)op;
    return {};
}

// ---- logs, idleness, and programs that end by themselves

void Previews::log(Slot& slot, std::string_view bytes) {
    slot.state.with([&](Slot::State& state) {
        if (state.log_bytes > log_run_bytes_max) return;
        state.log_bytes += int64_t(bytes.size());
        if (state.log_bytes > log_run_bytes_max) {
            state.log_pending += "\n… the log of this run is longer than " + std::to_string(log_run_bytes_max >> 20) + " MiB; the rest is not kept. Restart the preview to see more\n";
            return;
        }
        size_t room = log_pending_bytes_max - std::min(log_pending_bytes_max, state.log_pending.size());
        state.log_pending += bytes.substr(0, room);
        state.log_tail += bytes;
        if (state.log_tail.size() > 2 * log_tail_bytes) state.log_tail.erase(0, state.log_tail.size() - log_tail_bytes);
    });
}

std::string Previews::log_tail(Slot& slot) {
    std::string tail = slot.state.with([](Slot::State& state) { return state.log_tail; });
    size_t from = tail.size() > log_tail_bytes ? tail.size() - log_tail_bytes : 0;
    while (from < tail.size() && (static_cast<unsigned char>(tail[from]) & 0xC0) == 0x80) ++from;
    return tail.substr(from);
}

void Previews::flush_log(Slot& slot) {
    auto [source, text] = slot.state.with([](Slot::State& state) { return std::pair(state.log_source, std::exchange(state.log_pending, {})); });
    if (text.empty()) return;
    std::string data = "{\"source\":\"" + source + "\",\"text\":";
    json::write_string(data, text);
    data += "}";
    Op op = background_op(slot.organization, 5'000);
    auto kept = store_.write(op, "apps.preview_log", [&](store::Tx& tx) { return hub_.append(tx, stream_of(slot.id), "preview.log", {data}); });
    if (!kept && kept.error().code != Code::unavailable) telemetry::log(telemetry::Level::warning, "preview_log_lost", {{"cause", kept.error().message}});
}

void Previews::tend(std::stop_token stop) {
    while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(tick_ms));
        auto slots = inside_->slots.with([](auto& all) { return all; });
        for (auto& [id, slot] : slots) {
            flush_log(*slot);
            auto [has_ended, is_idle, version] = slot->state.with([&](Slot::State& state) {
                bool is_ready = state.status == PreviewStatus::ready;
                return std::tuple(is_ready && state.program && state.program->ended(),
                                  is_ready && state.program && steady_ms() - state.used_ms > options_.sleep_after_ms, state.version);
            });
            Op op = background_op(slot->organization, 10'000);
            if (has_ended) {
                std::string why = "the preview's program ended:\n" + log_tail(*slot);
                slot->state.change([&](Slot::State& state) { state.status = PreviewStatus::failed, state.error = why, state.program = nullptr; });
                if (auto set = set_status(op, id, PreviewStatus::failed, version, why); !set) telemetry::log(telemetry::Level::warning, "preview_status_lost", {{"cause", set.error().message}});
            } else if (is_idle) {
                if (auto slept = sleep(op, id); !slept) telemetry::log(telemetry::Level::warning, "preview_not_asleep", {{"cause", slept.error().message}});
            }
        }
    }
}

std::vector<http::Route> Previews::routes() {
    namespace route = http::route;
    return {
        route::get("/api/v1/previews", "previews.read", "previews ls", "Previews.", &Previews::list, *this),
        route::post("/api/v1/previews", "previews.write", "previews open", "Run a branch or a version of an app; the one that runs already is returned.", &Previews::create, *this),
        route::get("/api/v1/previews/{preview_id}", "previews.read", "previews show", "A preview.", &Previews::show, *this),
        route::get("/api/v1/previews/{preview_id}/events", "previews.read", "previews follow", "Status, logs and errors of a preview, live.", &Previews::events, *this),
        route::post("/api/v1/previews/{preview_id}/restart", "previews.write", "previews restart", "End it and start it anew.", &Previews::restart, *this),
        route::post("/api/v1/previews/{preview_id}/sleep", "previews.write", "previews sleep", "End its program until the next request.", &Previews::sleep, *this),
        route::post("/api/v1/previews/{preview_id}/wake", "previews.write", "previews wake", "Start its program again.", &Previews::wake, *this),
        route::del("/api/v1/previews/{preview_id}", "previews.write", "previews rm", "End it and forget it.", &Previews::remove, *this),
    };
}

}  // namespace ry::apps
