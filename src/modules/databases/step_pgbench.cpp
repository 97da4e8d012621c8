// A step of pgbench: its tables, made and filled.
#include "base/text.h"
#include "modules/databases/postgres/client_tool.h"
#include "modules/databases/step_run.h"
#include "modules/databases/tools/pgbench_arguments.h"

namespace ry::databases {

Result<void> check_pgbench_arguments(const std::vector<std::string>& arguments) {
    TRY(tools::read_pgbench_arguments(arguments));
    return {};
}

Result<void> run_pgbench_step(const StepRun& step, Failure& failure) {
    ClientToolRun run{.program = "pgbench",
                      .arguments = TRY(tools::read_pgbench_arguments(step.step.arguments)),
                      .password = step.password,
                      .timeout_ms = step.ms_max,
                      .output = step.output};
    run.arguments.push_back("--quiet");  // a line every 5 s
    ClientToolOutcome ran = TRY(run_client_tool(step.op, step.sandbox, step.tools, *step.cluster, run));
    if (ran.exit_code == 0) return {};
    failure.message = error_of(ran.err, "pgbench");
    failure.output = last_output(ran.out, ran.err);
    return fail(Code::unsupported, failure.message);
}

}  // namespace ry::databases
