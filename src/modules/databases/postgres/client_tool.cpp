#include "modules/databases/postgres/client_tool.h"

#include <signal.h>

#include "base/guarded.h"

namespace ry::databases {
namespace {

constexpr const char* sockets_inside = "/run/postgresql";
constexpr int64_t output_kb_a_second = 1 << 30;  // nothing is dropped: who takes the output slows the program down
constexpr int64_t cancel_grace_ms =
    400;  // from the cancel request to SIGTERM; sandbox::Running::stop needs 1.5 s at most

void keep_end(std::string& kept, std::string_view bytes) {
    kept.append(bytes);
    if (kept.size() > ClientToolRun::kept_bytes_max) kept.erase(0, kept.size() - ClientToolRun::kept_bytes_max);
}

}  // namespace

sandbox::Cage client_cage(const ClientTools& tools, const std::string& socket_dir, const ClientToolRun& run) {
    sandbox::Cage cage{.program = tools.program(run.program), .arguments = run.arguments};
    if (!run.working_dir.empty()) cage.working_dir = run.working_dir;
    cage.environment = {{"PGHOST", sockets_inside},
                        {"PGPORT", std::to_string(Cluster::port)},
                        {"PGUSER", run.user},
                        {"PGDATABASE", run.database},
                        {"PGPASSWORD", std::string(run.password.reveal())},
                        {"PGCONNECT_TIMEOUT", "30"},
                        {"PAGER", "cat"},
                        {"EDITOR", "false"},
                        {"LC_ALL", "C.UTF-8"},
                        {"TZ", "UTC"},
                        {"HOME", "/tmp"},
                        {"COLUMNS", "80"}};
    cage.read_only = tools.binds;
    cage.read_only.insert(cage.read_only.end(), run.inputs.begin(), run.inputs.end());
    cage.sockets = {{socket_dir, sockets_inside}};
    cage.cpu_ms_max = cage.wall_ms_max = 0;
    cage.memory_mb_max = run.memory_mb_max;
    cage.output_kb_max = output_kb_a_second;
    return cage;
}

void end_client(sandbox::Running& running) {
    Op op = server_op("cancelling a client program");
    op.deadline = Deadline::in_ms(cancel_grace_ms);
    if (running.signal(SIGINT) && running.wait(op)) return;
    running.stop();
}

Result<ClientToolOutcome> run_client_tool(const Op& op, sandbox::Sandbox& sandbox, const ClientTools& tools,
                                          const Cluster& cluster, const ClientToolRun& run) {
    struct Ends {
        std::string out, err;
    };
    Guarded<Ends> ends;
    auto running = TRY(sandbox.start(op, client_cage(tools, cluster.socket_dir(), run), [&](const sandbox::Output& piece) {
        ends.with([&](Ends& now) { keep_end(piece.is_error ? now.err : now.out, piece.bytes); });
        if (run.output) run.output(piece);
    }));
    Op bounded = op;
    if (run.timeout_ms > 0) bounded.deadline = op.deadline.sooner(Deadline::in_ms(run.timeout_ms));
    auto ended = running->wait(bounded);
    if (!ended) {
        end_client(*running);
        TRY(op.still_wanted());
        return fail(Code::timed_out, run.program + " did not finish within " + std::to_string(run.timeout_ms) +
                                         " ms and was ended; give it more time (--timeout)");
    }
    ClientToolOutcome outcome{.exit_code = ended->exit_code, .ended = ended->ended, .wall_ms = ended->wall_ms};
    ends.with([&](Ends& now) {
        outcome.out = std::move(now.out);
        outcome.err = std::move(now.err);
    });
    return outcome;
}

}  // namespace ry::databases
