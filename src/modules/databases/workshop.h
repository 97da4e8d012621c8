#pragma once
// Inside: where a chain is built: a clone with a server on it, which states are being made, and what steps say
// meanwhile.
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <utility>

#include "base/text.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/scram/scram.h"
#include "modules/databases/step_run.h"

namespace ry::databases {

/// Holds the right to make one tree; others wait for it and then find the tree.
class Making {
public:
    Making(Guarded<std::set<std::string>>& all, std::string key) : all_(all), key_(std::move(key)) {}
    ~Making() {
        all_.change([&](auto& keys) { keys.erase(key_); });
    }

private:
    Guarded<std::set<std::string>>& all_;
    std::string key_;
};

inline Result<std::unique_ptr<Making>> make_alone(const Op& op, Guarded<std::set<std::string>>& all,
                                                  const std::string& key) {
    while (true) {
        TRY(op.still_wanted());
        auto until = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(200);  // then it is seen whether somebody still wants it
        if (all.wait_until(
                until, [&](auto& keys) { return !keys.contains(key); }, [&](auto& keys) { keys.insert(key); }))
            return std::make_unique<Making>(all, key);
    }
}

/// A clone of a state, and the server that runs on it. Both go with it.
struct Databases::Inside::Workshop {
    Inside& inside;
    const std::string dir, sockets;
    const Secret password = fresh_password();
    std::unique_ptr<Cluster> cluster = {};

    Workshop(Inside& of, std::string at, std::string socket_dir)
        : inside(of), dir(std::move(at)), sockets(std::move(socket_dir)) {
        mkdir(sockets.c_str(), 0711);  // cages are made before the server is there; start() tells when it cannot be made
    }
    ~Workshop() {
        if (auto gone = leave(); !gone)
            telemetry::log(telemetry::Level::warning, "work_left", {{"dir", dir}, {"cause", gone.error().message}});
        std::error_code ignored;
        std::filesystem::remove_all(sockets, ignored);
    }

    /// Throws away what there is.
    Result<void> leave() {
        if (cluster) cluster->kill();
        cluster.reset();
        return inside.states.remove_clone(dir);
    }
    /// A server on a copy of the state; the one that runs already, if there is one.
    Result<void> enter(const Op& op, const PostgresImage& image, const std::string& state_id) {
        if (cluster) return {};
        auto from = TRY(inside.find_tree(op, state_id));
        if (!from)
            return fail(Code::conflict,
                        "the state that the step begins with was evicted in the meantime; prepare it again");
        TRY(inside.states.remove_clone(dir));
        TRY(inside.states.clone(op, *from, dir));
        TRY(inside.sandbox.give(dir));
        return start(op, image, scram_verifier(password));
    }
    /// Again on what is there.
    Result<void> start(const Op& op, const PostgresImage& image, std::string verifier = {}) {
        cluster = TRY(inside.clusters->start(op, {.image = image,
                                                  .data_dir = dir,
                                                  .socket_dir = sockets,
                                                  .purpose = Purpose::build,
                                                  .verifier = std::move(verifier),
                                                  .memory_mb_max = step_memory_mb_max,
                                                  .disk_mb_max = step_disk_mb_max}));
        return {};
    }
    /// The data directory is whole afterwards.
    Result<void> close(const Op& op) {
        TRY(cluster->stop(op));
        cluster.reset();
        return {};
    }
};

/// What a step says while it runs, as events, in lumps.
class Databases::Inside::StepLog {
public:
    static constexpr size_t log_bytes_max = 64 << 10;  // of a step
    StepLog(Inside& inside, OrganizationId organization, PrepareId prepare, int64_t step)
        : inside_(inside), organization_(organization), prepare_(prepare), step_(step) {}
    ~StepLog() { flush(); }
    void add(std::string_view bytes) {
        bool is_due = pending_.with([&](Pending& pending) {
            if (pending.bytes > int64_t(log_bytes_max)) return false;
            pending.text += bytes;
            pending.bytes += int64_t(bytes.size());
            if (pending.bytes > int64_t(log_bytes_max)) pending.text += "\n… the rest of the output is not kept\n";
            return steady_ms() - pending.flushed_ms > 250;
        });
        if (is_due) flush();
    }
    void flush() {
        std::string text = pending_.with([](Pending& pending) {
            pending.flushed_ms = steady_ms();
            return std::exchange(pending.text, {});
        });
        if (text.empty()) return;
        std::string data = "{\"step\":" + std::to_string(step_) + ",\"text\":";
        json::write_string(data, utf8_text(text));
        data += "}";
        auto kept = inside_.store.write(background_op(organization_, 5'000), "databases.prepare_log",
                                        [&](store::Tx& tx) -> Result<void> {
                                            tx.step();
                                            TRY(inside_.hub.append(tx, stream_of(prepare_), "prepare.log", {data}));
                                            return {};
                                        });
        if (!kept) telemetry::log(telemetry::Level::warning, "prepare_log_lost", {{"cause", kept.error().message}});
    }

private:
    struct Pending {
        std::string text;
        int64_t bytes = 0;
        int64_t flushed_ms = 0;
    };
    Inside& inside_;
    OrganizationId organization_;
    PrepareId prepare_;
    int64_t step_;
    Guarded<Pending> pending_;
};

/// A step, with its files, and with its tool as far as that can be made while its server is not there yet.
class Databases::Inside::ReadyStep {
public:
    /// All references live as long as this. `socket_dir` exists.
    ReadyStep(Inside& inside, const Op& op, const Step& step, std::string scratch_dir, const std::string& socket_dir,
              const Secret& password, sandbox::OutputCallback output)
        : inside_(inside),
          op_(op),
          step_(step),
          socket_dir_(socket_dir),
          password_(password),
          output_(std::move(output)),
          files_(std::move(scratch_dir)),
          psql_(std::async([this] { return make_ready(); })) {}

    /// Once. Fills `failure` when the step fails.
    Result<void> run(const Cluster& cluster, Failure& failure) {
        auto psql = TRY(psql_.get());
        StepRun step = on(&cluster);
        step.psql = psql.get();
        return databases::run(step, failure);
    }

private:
    StepRun on(const Cluster* cluster) const {
        return {.op = op_,
                .sandbox = inside_.sandbox,
                .tools = tools_,
                .cluster = cluster,
                .socket_dir = socket_dir_,
                .password = password_,
                .step = step_,
                .files = files_,
                .ms_max = inside_.options.step_ms_max,
                .output = output_};
    }

    Result<std::unique_ptr<PsqlSession>> make_ready() {
        TRY(files_.write(TRY(inside_.blobs(op_.organization)), step_));
        tools_ = TRY(inside_.images.client_tools(op_));
        if (!is_psql(step_.kind)) return nullptr;
        return make_psql_ready(on(nullptr));
    }

    Inside& inside_;
    const Op& op_;
    const Step& step_;
    const std::string& socket_dir_;
    const Secret& password_;
    const sandbox::OutputCallback output_;
    StepFiles files_;
    ClientTools tools_;
    std::future<Result<std::unique_ptr<PsqlSession>>> psql_;  // last: its thread uses the others
};

}  // namespace ry::databases
