#include "modules/databases/postgres/psql_run.h"

#include <algorithm>
#include <memory>

#include "base/guarded.h"
#include "base/path.h"
#include "base/text.h"
#include "modules/databases/postgres/client_tool.h"
#include "modules/databases/scram/scram.h"

namespace ry::databases {
namespace {

constexpr const char* stdin_inside = "/run/stdin";
constexpr size_t errors_bytes_max = 1 << 20;  // of stderr, kept for reading the errors of it
constexpr int script_failed = 3;              // psql's own exit code for it

/// After the user's sources, in the same session: prints nothing but the marker, which we take out again, and fails
/// inside a transaction block and nowhere else.
std::vector<std::string> end_of_session(const std::string& marker) {
    return {"-c", "\\set ECHO none",
            "-c", "\\set QUIET on",
            "-c", "\\timing off",
            "-c", "\\set ON_ERROR_STOP on",
            "-c", "\\set VERBOSITY sqlstate",
            "-c", "\\warn '" + marker + "'",
            "-c", "discard all"};
}
constexpr std::string_view inside_transaction = "25001";         // active_sql_transaction
constexpr std::string_view inside_failed_transaction = "25P02";  // in_failed_sql_transaction

bool is_flag(const std::string& flag) {
    constexpr std::string_view ours[] = {"-d", "-h", "-p", "-U", "-W", "-w", "-f", "-c",
                                         "-v", "-X", "-1", "-L", "-o", "-l", "-V", "-?"};
    constexpr std::string_view ours_long[] = {
        "--dbname",   "--host",    "--port", "--username", "--password",  "--no-password",
        "--file",     "--command", "--set",  "--variable", "--no-psqlrc", "--single-transaction",
        "--log-file", "--output",  "--list", "--version",  "--help"};
    std::string name = flag.substr(0, flag.find('='));
    if (name.size() < 2 || name[0] != '-') return false;
    if (name.starts_with("--"))
        return name.size() > 2 &&
               std::ranges::none_of(ours_long, [&](std::string_view each) { return each.starts_with(name); });
    return std::ranges::find(ours, std::string_view(name).substr(0, 2)) == std::end(ours);
}

/// Where an input may lie: below the working directory, or at an absolute path that the cage does not have for itself.
bool is_place(const std::string& name) {
    if (name == ".") return true;
    if (!name.starts_with('/')) return is_app_path(name);
    constexpr std::string_view taken[] = {"bin", "dev",  "etc", "lib", "lib64", "proc",
                                          "run", "sbin", "sys", "tmp", "usr"};
    std::string_view top = std::string_view(name).substr(1, name.find('/', 1) - 1);
    return is_app_path(name.substr(1)) && std::ranges::find(taken, top) == std::end(taken);
}

Result<void> check(const PsqlRun& run) {
    if (run.sources.empty()) return invalid("/sources", "must name a file, a command or the standard input");
    if (std::ranges::count(run.sources, PsqlSource::Kind::standard_input, &PsqlSource::kind) > 1)
        return invalid("/sources", "have the standard input twice");
    if (run.inputs.size() > PsqlRun::inputs_max)
        return invalid("/inputs",
                       "are more than " + std::to_string(PsqlRun::inputs_max) + "; gather them in one directory");
    for (const PsqlInput& input : run.inputs)
        if (!is_place(input.name))
            return invalid("/inputs", "have the name " + input.name + ", which is no place for an input");
    for (const std::string& flag : run.flags)
        if (!is_flag(flag))
            return invalid("/flags", "have " + flag +
                                         ", which is not an option of psql's output; connections, sources and "
                                         "variables are given otherwise");
    for (const auto& [name, value] : run.variables)
        if (name.empty() || name.find('=') != std::string::npos)
            return invalid("/variables", "have a name that is empty or holds '='");
    return {};
}

std::vector<std::string> psql_arguments(const PsqlRun& run, const std::string& marker) {
    std::vector<std::string> arguments = {"-X", "-w", "-v", "ECHO=errors"};
    arguments.insert(arguments.end(), run.flags.begin(), run.flags.end());
    for (const auto& [name, value] : run.variables) {
        arguments.push_back("-v");
        arguments.push_back(name + "=" + value);
    }
    arguments.insert(arguments.end(), {"-v", "ON_ERROR_STOP=1"});
    if (run.single_transaction) arguments.push_back("-1");
    for (const PsqlSource& source : run.sources) {
        arguments.push_back(source.kind == PsqlSource::Kind::command ? "-c" : "-f");
        arguments.push_back(source.kind == PsqlSource::Kind::standard_input ? "-" : source.text);
    }
    if (run.single_transaction) return arguments;  // psql itself commits at the end
    auto end = end_of_session(marker);
    arguments.insert(arguments.end(), end.begin(), end.end());
    return arguments;
}

sandbox::Cage cage_of(const ClientTools& tools, const std::string& socket_dir, const PsqlRun& run,
                      const std::string& marker) {
    ClientToolRun session{.program = "psql",
                          .arguments = psql_arguments(run, marker),
                          .database = run.database,
                          .user = run.user,
                          .password = run.password,
                          .memory_mb_max = run.memory_mb_max};
    if (!run.inputs.empty()) session.working_dir = run.working_dir;
    for (const PsqlInput& input : run.inputs) {
        bool is_absolute = input.name.starts_with('/');
        session.inputs.push_back({input.host, is_absolute         ? input.name
                                              : input.name == "." ? run.working_dir
                                                                  : run.working_dir + "/" + input.name});
    }
    sandbox::Cage cage = client_cage(tools, socket_dir, session);
    for (const PsqlSource& source : run.sources) {
        if (source.kind != PsqlSource::Kind::standard_input) continue;
        // A cage's standard input is empty; the shell opens the file and becomes psql.
        cage.read_only.push_back({source.text, stdin_inside});
        cage.arguments.insert(cage.arguments.begin(),
                              {"-c", "exec \"$0\" \"$@\" <" + std::string(stdin_inside), cage.program});
        cage.program = "/bin/sh";
    }
    cage.is_held = cage.is_loaded_ahead = true;
    return cage;
}

/// Takes the output: passes it on, keeps the ends, and holds back what comes after the marker.
class Taking {
public:
    Taking(sandbox::OutputCallback output, std::string marker) : output_(std::move(output)), marker_(std::move(marker)) {}

    void take(const sandbox::Output& piece) {
        state_.with([&](State& now) {
            if (!piece.is_error) return pass(now, piece);
            if (now.has_ended) return keep(now.end, piece.bytes, line_bytes_max);
            now.line.append(piece.bytes);
            if (size_t at = now.line.find(marker_); at != std::string::npos) {
                take_errors(now, std::string_view(now.line).substr(0, at));
                now.end = now.line.substr(at + marker_.size());
                now.line.clear();
                now.has_ended = true;
                return;
            }
            size_t end = now.line.rfind('\n');
            if (end == std::string::npos && now.line.size() < line_bytes_max) return;
            end = end == std::string::npos ? now.line.size() - marker_.size() : end + 1;
            take_errors(now, std::string_view(now.line).substr(0, end));
            now.line.erase(0, end);
        });
    }

    /// After the end of psql.
    void finish(PsqlOutcome& outcome) {
        state_.with([&](State& now) {
            take_errors(now, std::exchange(now.line, {}));
            outcome.errors = psql_errors(now.errors);
            outcome.out = std::move(now.out);
            outcome.err = std::move(now.err);
            if (outcome.exit_code == 0 || !now.has_ended) return;
            bool is_inside = now.end.find(inside_transaction) != std::string::npos ||
                             now.end.find(inside_failed_transaction) != std::string::npos;
            outcome.ended_in_transaction = is_inside;
            outcome.exit_code = script_failed;
            outcome.errors.push_back(
                {.severity = "error",
                 .message = is_inside
                                ? "the session ended inside an open transaction, whose work is lost; end it with COMMIT"
                                : "the session could not be ended: " + std::string(trim(now.end))});
        });
    }

private:
    static constexpr size_t line_bytes_max = 64 << 10;  // a longer line of stderr is passed on in pieces
    struct State {
        std::string out, err;  // what is kept for the caller: the ends
        std::string errors;    // what the errors are read from: the end too, since psql stops at the first
        std::string line;      // of stderr, not whole yet
        std::string end;       // what came after the marker
        bool has_ended = false;
    };

    static void keep(std::string& kept, std::string_view bytes, size_t bytes_max) {
        kept.append(bytes);
        if (kept.size() > bytes_max) kept.erase(0, kept.size() - bytes_max);
    }

    void pass(State& now, const sandbox::Output& piece) {
        keep(piece.is_error ? now.err : now.out, piece.bytes, PsqlRun::kept_bytes_max);
        if (output_) output_(piece);
    }

    void take_errors(State& now, std::string_view lines) {
        if (lines.empty()) return;
        keep(now.errors, lines, errors_bytes_max);
        pass(now, {.is_error = true, .bytes = lines});
    }

    const sandbox::OutputCallback output_;
    const std::string marker_;  // and the end of its line
    Guarded<State> state_;
};

}  // namespace

struct PsqlSession::Inside {
    const int64_t timeout_ms;
    Taking taking;
    std::unique_ptr<sandbox::Running> running;  // last: its thread calls taking
};

PsqlSession::PsqlSession(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
PsqlSession::~PsqlSession() = default;

Result<std::unique_ptr<PsqlSession>> PsqlSession::open(const Op& op, sandbox::Sandbox& sandbox, const ClientTools& tools,
                                                       const std::string& socket_dir, const PsqlRun& run) {
    TRY(check(run));
    std::string marker = "end of the session " + std::string(fresh_password().reveal());  // no script can say it
    sandbox::Cage cage = cage_of(tools, socket_dir, run, marker);
    std::unique_ptr<Inside> inside(new Inside{run.timeout_ms, Taking(run.output, marker + "\n"), nullptr});
    inside->running = TRY(sandbox.start(
        op, cage, [raw = inside.get()](const sandbox::Output& piece) { raw->taking.take(piece); }));
    return std::unique_ptr<PsqlSession>(new PsqlSession(std::move(inside)));
}

Result<PsqlOutcome> PsqlSession::run(const Op& op) {
    (void)inside_->running->begin();  // of one that has ended wait() tells
    Op bounded = op;
    if (inside_->timeout_ms > 0) bounded.deadline = op.deadline.sooner(Deadline::in_ms(inside_->timeout_ms));
    auto ended = inside_->running->wait(bounded);
    if (!ended) {
        end_client(*inside_->running);
        TRY(op.still_wanted());
        return fail(Code::timed_out, "psql did not finish within " + std::to_string(inside_->timeout_ms) +
                                         " ms and was ended; give it more time (--timeout)");
    }
    PsqlOutcome outcome{.exit_code = ended->exit_code, .ended = ended->ended, .wall_ms = ended->wall_ms};
    inside_->taking.finish(outcome);
    return outcome;
}

Result<PsqlOutcome> run_psql(const Op& op, sandbox::Sandbox& sandbox, const ClientTools& tools, const Cluster& cluster,
                             const PsqlRun& run) {
    return TRY(PsqlSession::open(op, sandbox, tools, cluster.socket_dir(), run))->run(op);
}

}  // namespace ry::databases
