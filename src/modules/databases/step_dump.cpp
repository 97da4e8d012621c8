// A step that restores a dump: psql for a script, pg_restore for the others.
#include <algorithm>

#include "base/text.h"
#include "modules/databases/postgres/client_tool.h"
#include "modules/databases/step_run.h"
#include "modules/databases/tools/dump_arguments.h"
#include "modules/databases/tools/restore_errors.h"

namespace ry::databases {
namespace {

constexpr std::string_view plain = "--format=plain";
constexpr const char* jobs = "2";  // as many as a build has processors for; each loads a table or makes an index

Failure failure_of(const ClientToolOutcome& ran) {
    tools::RestoreError error = tools::restore_error(ran.err);
    Failure failure{.message = utf8_text(error.message)};
    if (!error.statement.empty()) failure.statement = utf8_text(error.statement);
    if (!error.hint.empty()) failure.hint = utf8_text(error.hint);
    failure.output = last_output(ran.out, ran.err);
    return failure;
}

/// Parallel jobs need an archive that can be read anywhere, and a transaction each.
bool can_be_parallel(const std::vector<std::string>& arguments) {
    return arguments.front() != "--format=tar" &&
           std::ranges::find(arguments, "--single-transaction") == arguments.end();
}

}  // namespace

Result<void> check_dump_arguments(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return invalid("", "must begin with --format=plain, custom, directory or tar");
    if (arguments.front() == plain) return {};  // the rest is psql's, which reads it itself
    for (std::string_view format : {"--format=custom", "--format=directory", "--format=tar"})
        if (arguments.front() == format) {
            TRY(tools::read_dump_arguments(std::span(arguments).subspan(1)));
            return {};
        }
    return invalid("", "must begin with --format=plain, custom, directory or tar");
}

Result<void> run_dump_step(const StepRun& step, Failure& failure) {
    const std::vector<std::string>& arguments = step.step.arguments;
    TRY(check_dump_arguments(arguments));
    if (arguments.front() == plain) {
        Step script = step.step;
        script.arguments.erase(script.arguments.begin());
        StepRun session{.op = step.op,
                        .sandbox = step.sandbox,
                        .tools = step.tools,
                        .cluster = step.cluster,
                        .socket_dir = step.socket_dir,
                        .password = step.password,
                        .step = script,
                        .files = step.files,
                        .ms_max = step.ms_max,
                        .output = step.output};
        auto ran = run_psql_step(session, failure);
        if (!ran && !failure.message.empty() && !failure.hint)
            if (std::string hint = tools::restore_hint(failure.message, true); !hint.empty()) failure.hint = hint;
        return ran;
    }
    tools::DumpArguments dump = TRY(tools::read_dump_arguments(std::span(arguments).subspan(1)));
    ClientToolRun run{.program = "pg_restore",
                      .arguments = {"--dbname=postgres", "--exit-on-error", arguments.front()},
                      .inputs = step.files.binds(),
                      .working_dir = step.files.working_dir(),
                      .password = step.password,
                      .timeout_ms = step.ms_max,
                      .memory_mb_max = step_memory_mb_max,
                      .output = step.output};
    if (can_be_parallel(arguments)) run.arguments.insert(run.arguments.end(), {"--jobs", jobs});
    run.arguments.insert(run.arguments.end(), dump.options.begin(), dump.options.end());
    run.arguments.insert(run.arguments.end(), {"--", dump.file});
    ClientToolOutcome ran = TRY(run_client_tool(step.op, step.sandbox, step.tools, *step.cluster, run));
    if (ran.exit_code == 0) return {};
    failure = failure_of(ran);
    if (std::string limit = ended_by_limit("pg_restore", ran.ended); !limit.empty()) failure.message = limit;
    return fail(Code::unsupported, failure.message);
}

}  // namespace ry::databases
