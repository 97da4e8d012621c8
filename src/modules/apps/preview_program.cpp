// The program of a preview: its dependencies, its start, its log, its end.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/hash.h"
#include "base/text.h"
#include "kernel/jobs/jobs.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/apps/preview_slot.h"

namespace ry::apps {
namespace {

/// What build tools write below node_modules, which is otherwise shared and read-only.
constexpr const char* cache_dirs[] = {".vite", ".vite-temp", ".cache"};
constexpr int64_t copy_ms_max = 5'000;  // of the dev server's bundles; some 20 ms
constexpr std::string_view dependency_files[] = {"package.json", "package-lock.json"};
constexpr size_t log_tail_bytes = 2'000;  // of the log, in the error of a preview that failed

/// A manifest's command as it is run in the cage: with the port, and its program by absolute path when it lies in the
/// app.
std::vector<std::string> in_cage(std::vector<std::string> argv) {
    if (argv.front().contains('/') && !argv.front().starts_with('/')) argv.front() = "/app/" + argv.front();
    for (std::string& argument : argv)
        for (size_t at; (at = argument.find("{port}")) != std::string::npos;)
            argument.replace(at, 6, std::to_string(preview_port));
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

/// `bytes` without the password of "postgres://user:password@host/…": programs print their environment.
std::string without_password(std::string_view bytes, std::string_view url) {
    std::string text(bytes);
    size_t end = url.rfind('@'), colon = end == std::string_view::npos ? end : url.rfind(':', end);
    if (colon == std::string_view::npos || end - colon < 2) return text;
    std::string_view password = url.substr(colon + 1, end - colon - 1);
    for (size_t at; (at = text.find(password)) != std::string::npos;) text.replace(at, password.size(), "***");
    return text;
}

std::string too_fast(int64_t bytes) {
    return "\n… " + std::to_string(bytes) + " bytes of output were dropped: it came too fast\n";
}

}  // namespace

/// Puts the longest idle previews to sleep while too many run. Those that are coming up count, and are left alone.
void Previews::make_room(const Slot& wanted) {
    std::lock_guard one_at_a_time(inside_->making_room);
    auto slots = inside_->slots.with([](auto& all) { return all; });
    std::vector<std::pair<int64_t, std::shared_ptr<Slot>>> ready;
    int running = 0;
    for (auto& [id, slot] : slots) {
        if (id == wanted.id) continue;
        slot->state.with([&](Slot::State& state) {
            if (state.program || Slot::is_coming_up(state.status)) ++running;
            if (state.program && state.status == PreviewStatus::ready) ready.emplace_back(state.used_ms, slot);
        });
    }
    std::ranges::sort(ready);
    for (auto& [used_ms, slot] : ready) {
        if (running-- < options_.running_max) return;
        Op by = background_op(slot->organization, 10'000);
        if (auto slept = sleep(by, slot->id); !slept)
            telemetry::log(telemetry::Level::warning, "preview_not_asleep", {{"cause", slept.error().message}});
    }
}

/// Which node installs and runs, as the cages see it: "v20.11.1 linux x64 115", with the version of its binary
/// interface.
Result<std::string> Previews::toolchain(const Op& op) {
    std::string known = inside_->toolchain.with([](auto& text) { return text; });
    if (!known.empty()) return known;
    sandbox::Cage cage{
        .program = "node",
        .arguments = {"-p", "[process.version, process.platform, process.arch, process.versions.modules].join(' ')"}};
    for (const std::string& tools : options_.tool_dirs) cage.read_only.push_back({tools, tools});
    auto ran = TRY(sandbox_.run(op, cage));
    known = trim(ran.out);
    if (!ran.succeeded() || known.empty())
        return fail(Code::unsupported,
                    "previews of this template need Node.js, which does not run in a sandbox here; `ramify doctor` "
                    "says what to install",
                    ran.err);
    inside_->toolchain.with([&](auto& text) { text = known; });
    return known;
}

/// Names all that an installation depends on: the command, the lists of packages, node, and where packages come from.
/// An organization has installations of its own: scripts of packages run in them, and their results run in its previews
/// only.
Result<std::string> Previews::dependencies_key(const Op& op, const Slot& slot, const templates::Manifest& manifest,
                                               const std::string& commit) {
    git::Repository repository = TRY(apps_.repository(op, slot.app));
    git::Oid oid = git::Oid::parse(commit).value_or(git::Oid{});
    std::string all = "2";
    auto add = [&](std::string_view part) { (all += "\n" + std::to_string(part.size()) + "\n") += part; };
    for (const std::string& argument : manifest.install) add(argument);
    add(TRY(toolchain(op)));
    for (const auto& [name, value] : options_.install_environment) add(name), add(value);
    for (std::string_view file : dependency_files)
        if (auto content = repository.read(oid, file)) add(file), add(*content);
    return uuid_text(slot.organization.uuid) + "-" + sha256_hex(all);
}

Result<void> Previews::install(const Op& op, Slot& slot, const templates::Manifest& manifest, VersionId version,
                               jobs::Context& job) {
    git::Repository repository = TRY(apps_.repository(op, slot.app));
    std::string commit = TRY(find_commit(op, slot.app, version));
    std::string key = TRY(dependencies_key(op, slot, manifest, commit));
    std::optional<states::Pin> pin = TRY(states_.find(key));
    if (!pin) {
        job.progress(0.2, "Installing the packages");
        TRY(slot.step(PreviewStatus::installing, [](Slot::State& state) { state.log_source = "install"; }));
        TRY(set_status(op, slot.id, PreviewStatus::installing, version, {}));
        pin = TRY(states_.build(op, key, [&](const std::string& dir) -> Result<void> {
            git::Oid oid = git::Oid::parse(commit).value_or(git::Oid{});
            for (std::string_view file : dependency_files)
                if (auto content = repository.read(oid, file))
                    std::ofstream(dir + "/" + std::string(file), std::ios::binary) << *content;
            TRY(sandbox_.give(dir));
            auto done = run_install(op, slot, dir, manifest.install);
            // Packages that were added by hand or by a model are not in the lock file: then it is made anew.
            if (!done && manifest.install.size() > 1 && manifest.install[1] == "ci")
                done = run_install(op, slot, dir, {"npm", "install"});
            if (!done) return done;
            std::error_code error;  // where a preview's own caches are bound
            for (auto cache : cache_dirs) std::filesystem::create_directories(dir + "/node_modules/" + cache, error);
            return {};
        }));
    }
    bool was_installing = false;
    TRY(slot.step(PreviewStatus::starting, [&](Slot::State& state) {
        state.dependencies = std::move(pin);
        state.dependencies_key = key;
        was_installing = std::exchange(state.log_source, "server") == "install";
    }));
    if (was_installing) TRY(set_status(op, slot.id, PreviewStatus::starting, version, {}));
    return {};
}

Result<void> Previews::run_install(const Op& op, Slot& slot, const std::string& dir,
                                   const std::vector<std::string>& argv) {
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
        return fail(Code::timed_out, "the installation of packages did not end within " +
                                         std::to_string(options_.install_ms_max / 60'000) +
                                         " minutes and was stopped; see package.json for what takes so long");
    return fail(Code::unsupported,
                "the installation of packages failed (" + sandbox::describe(*outcome) + "):\n" + last);
}

Result<void> Previews::start_program(const Op& op, Slot& slot, const templates::Manifest& manifest) {
    std::vector<std::string> argv = in_cage(manifest.dev);
    std::string workspace = workspace_of(slot), cache = cache_of(slot);
    sandbox::Cage cage{.program = argv.front(), .arguments = {argv.begin() + 1, argv.end()}, .working_dir = "/app"};
    cage.environment = {
        {"NODE_ENV", "development"}, {"HOME", "/tmp"}, {"PATH", "/app/node_modules/.bin:/usr/local/bin:/usr/bin:/bin"}};
    slot.state.with([&](Slot::State& state) {
        if (!state.database_url.empty()) cage.environment.emplace_back("DATABASE_URL", state.database_url.reveal());
        if (!state.database_error.empty()) cage.environment.emplace_back("DATABASE_ERROR", state.database_error);
        if (state.database_socket) cage.sockets.push_back(*state.database_socket);
    });
    for (const std::string& tools : options_.tool_dirs) cage.read_only.push_back({tools, tools});
    cage.writable = {{workspace, "/app"}};
    std::error_code error;
    auto dependencies =
        slot.state.with([](Slot::State& state) { return state.dependencies ? state.dependencies->path() : ""; });
    if (!dependencies.empty()) {
        std::filesystem::create_directories(workspace + "/node_modules", error);
        cage.read_only.push_back({dependencies + "/node_modules", "/app/node_modules"});
        for (std::string name : cache_dirs) {
            std::filesystem::create_directories(cache + "/" + name, error);
            cage.writable.push_back({cache + "/" + name, "/app/node_modules/" + name});
        }
        TRY(sandbox_.give(cache));
        adopt_caches(op, slot, cache);
    }
    TRY(sandbox_.give(workspace));
    cage.ingress = {preview_port};
    cage.cpu_ms_max = 0;
    cage.wall_ms_max = 0;
    cage.memory_mb_max = 1024;
    cage.processes_max = 256;
    cage.files_max = 16'384;
    cage.tmp_mb_max = 256;
    std::shared_ptr<sandbox::Running> program =
        TRY(sandbox_.start(op, cage, [this, weak = slot.weak_from_this()](const sandbox::Output& output) {
            if (auto to = weak.lock()) {
                if (output.bytes_dropped > 0) log(*to, too_fast(output.bytes_dropped));
                log(*to, output.bytes);
            }
        }));
    if (auto wanted = slot.step(PreviewStatus::starting, [&](Slot::State& state) { state.program = program; });
        !wanted) {
        program->stop();
        return wanted;
    }
    int64_t until_ms = steady_ms() + options_.start_ms_max;
    auto is_wanted = [&] {
        return slot.state.with([](Slot::State& state) { return Slot::is_coming_up(state.status); });
    };
    while (!program->ended()) {
        TRY(op.still_wanted());
        auto fd = program->connect_ingress(preview_port);
        if (fd && answers(*fd, 10'000)) return {};
        if (steady_ms() > until_ms)
            return fail(Code::timed_out, "the dev command did not answer on its port within " +
                                             std::to_string(options_.start_ms_max / 1000) + " seconds:\n" +
                                             log_tail(slot));
        std::this_thread::sleep_for(std::chrono::milliseconds(fd ? 50 : 10));
    }
    if (!is_wanted()) return gone();  // put to sleep, or deleted
    return fail(Code::unsupported, "the dev command ended" + how_it_ended(slot) + ":\n" + log_tail(slot));
}

/// A preview that starts for the first time begins with what Vite bundled for another one of the app with the same
/// packages. The copy is made in a cage, because programs wrote what is copied; without it the dev server bundles
/// again.
void Previews::adopt_caches(const Op& op, Slot& slot, const std::string& cache) {
    std::error_code error;
    if (std::filesystem::exists(cache + "/.vite/deps", error)) return;
    std::string key = slot.state.with([](Slot::State& state) { return state.dependencies_key; });
    for (auto& [id, other] : inside_->slots.with([](auto& all) { return all; })) {
        bool is_like_it = other->app == slot.app && id != slot.id && other->state.with([&](Slot::State& state) {
            return state.status == PreviewStatus::ready && state.dependencies_key == key;
        });
        if (!is_like_it) continue;
        // Vite replaces `deps` as a whole, with its list of contents: one that was replaced meanwhile is not kept.
        constexpr const char* copy =
            "cd /from && seen=$(stat -c %i.%Y deps/_metadata.json) && cp -r deps /to/ && test \"$(stat -c %i.%Y "
            "deps/_metadata.json)\" = \"$seen\" || rm -rf /to/deps";
        sandbox::Cage cage{.program = "/bin/sh", .arguments = {"-c", copy}};
        cage.read_only = {{cache_of(*other) + "/.vite", "/from"}};
        cage.writable = {{cache + "/.vite", "/to"}};
        cage.wall_ms_max = copy_ms_max;
        if (auto ran = sandbox_.run(op, cage); !ran)
            telemetry::log(telemetry::Level::info, "cache_not_copied",
                           {{"preview_id", slot.id.text()}, {"cause", ran.error().message}});
        return;
    }
}

/// " (it used more memory than it may, exit code 137)", of a program that has ended.
std::string Previews::how_it_ended(Slot& slot) {
    auto program = slot.state.with([](Slot::State& state) { return state.program; });
    auto outcome = program ? program->wait(background_op(slot.organization, 1'000)) : Result<sandbox::Outcome>(gone());
    if (!outcome) return "";
    return " (" + sandbox::describe(*outcome) + ")";
}

Result<std::string> Previews::find_commit(const Op& op, AppId app, VersionId version) {
    return TRY(apps_.show_version(op, app, version)).commit;
}

// ---- logs, idleness, and programs that end by themselves

void Previews::log(Slot& slot, std::string_view output) {
    slot.state.with([&](Slot::State& state) {
        if (state.log_bytes > log_run_bytes_max) return;
        std::string bytes = without_password(output, state.database_url.reveal());
        state.log_bytes += int64_t(bytes.size());
        if (state.log_bytes > log_run_bytes_max) {
            state.log_pending += "\n… the log of this run is longer than " + std::to_string(log_run_bytes_max >> 20) +
                                 " MiB; the rest is not kept. Restart the preview to see more\n";
            return;
        }
        size_t room =
            std::min(bytes.size(), log_pending_bytes_max - std::min(log_pending_bytes_max, state.log_pending.size()));
        state.log_pending += bytes.substr(0, room);
        state.log_bytes_dropped += int64_t(bytes.size() - room);
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
    auto [source, text] = slot.state.with([](Slot::State& state) {
        if (int64_t dropped = std::exchange(state.log_bytes_dropped, 0)) state.log_pending += too_fast(dropped);
        return std::pair(state.log_source, std::exchange(state.log_pending, {}));
    });
    if (text.empty()) return;
    std::string data = "{\"source\":\"" + source + "\",\"text\":";
    json::write_string(data, text);
    data += "}";
    Op op = background_op(slot.organization, 5'000);
    auto kept = store_.write(op, "apps.preview_log",
                             [&](store::Tx& tx) { return hub_.append(tx, stream_of(slot.id), "preview.log", {data}); });
    if (!kept && kept.error().code != Code::unavailable)
        telemetry::log(telemetry::Level::warning, "preview_log_lost", {{"cause", kept.error().message}});
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
                                  is_ready && state.program && steady_ms() - state.used_ms > options_.sleep_after_ms,
                                  state.version);
            });
            Op op = background_op(slot->organization, 10'000);
            if (has_ended) {
                std::string why = "the preview's program ended" + how_it_ended(*slot) + ":\n" + log_tail(*slot);
                slot->end(PreviewStatus::failed, why);
                if (auto set = set_status(op, id, PreviewStatus::failed, version, why); !set)
                    telemetry::log(telemetry::Level::warning, "preview_status_lost", {{"cause", set.error().message}});
            } else if (is_idle) {
                if (auto slept = sleep(op, id); !slept)
                    telemetry::log(telemetry::Level::warning, "preview_not_asleep", {{"cause", slept.error().message}});
            }
        }
    }
}

}  // namespace ry::apps
