// The program of a preview: its dependencies, its start, its log, its end.
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
#include "modules/apps/preview_slot.h"

namespace ry::apps {
namespace {

/// What build tools write below node_modules, which is otherwise shared and read-only.
constexpr const char* cache_dirs[] = {".vite", ".vite-temp", ".cache"};
constexpr size_t log_tail_bytes = 2'000;  // of the log, in the error of a preview that failed

std::string sha256_hex(std::string_view bytes) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return hex({reinterpret_cast<const char*>(hash), sizeof hash});
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

/// Puts the longest idle preview to sleep when too many run.
Result<void> Previews::make_room(const Slot& wanted) {
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
    return {};
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
    std::shared_ptr<sandbox::Running> program = TRY(sandbox_.start(op, cage, [this, weak = slot.weak_from_this()](const sandbox::Output& output) {
        if (auto to = weak.lock()) {
            if (output.bytes_dropped > 0) log(*to, "\n… " + std::to_string(output.bytes_dropped) + " bytes of output were dropped: it came too fast\n");
            log(*to, output.bytes);
        }
    }));
    bool is_wanted = slot.state.with([&](Slot::State& state) {
        if (state.status == PreviewStatus::stopped) return false;
        state.program = program;
        return true;
    });
    if (!is_wanted) {
        program->stop();
        return gone();
    }
    int64_t until_ms = steady_ms() + options_.start_ms_max;
    while (!program->ended()) {
        TRY(op.still_wanted());
        auto fd = program->connect_ingress(preview_port);
        if (fd && answers(*fd, 10'000)) return {};
        if (steady_ms() > until_ms) return fail(Code::timed_out, "the dev command did not answer on its port within " + std::to_string(options_.start_ms_max / 1000) + " seconds:\n" + log_tail(slot));
        std::this_thread::sleep_for(std::chrono::milliseconds(fd ? 50 : 10));
    }
    return fail(Code::unsupported, "the dev command ended" + how_it_ended(slot) + ":\n" + log_tail(slot));
}

/// " (by_memory, exit code 137)", of a program that has ended.
std::string Previews::how_it_ended(Slot& slot) {
    auto program = slot.state.with([](Slot::State& state) { return state.program; });
    auto outcome = program ? program->wait(background_op(slot.organization, 1'000)) : Result<sandbox::Outcome>(gone());
    if (!outcome) return "";
    return " (" + std::string(sandbox::name_of(outcome->ended)) + ", exit code " + std::to_string(outcome->exit_code) + ")";
}

Result<std::string> Previews::find_commit(const Op& op, AppId app, VersionId version) {
    return TRY(apps_.show_version(op, app, version)).commit;
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
                std::string why = "the preview's program ended" + how_it_ended(*slot) + ":\n" + log_tail(*slot);
                slot->state.change([&](Slot::State& state) { state.status = PreviewStatus::failed, state.error = why, state.program = nullptr; });
                if (auto set = set_status(op, id, PreviewStatus::failed, version, why); !set) telemetry::log(telemetry::Level::warning, "preview_status_lost", {{"cause", set.error().message}});
            } else if (is_idle) {
                if (auto slept = sleep(op, id); !slept) telemetry::log(telemetry::Level::warning, "preview_not_asleep", {{"cause", slept.error().message}});
            }
        }
    }
}

}  // namespace ry::apps
