#pragma once
// Inside: one step on a running cluster. run() chooses by the step's kind; each kind has a file of its own,
// step_<kind>.cpp. A further kind is a row of runner_of() and such a file.
#include "base/secret.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/model.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/postgres/images.h"
#include "modules/databases/step_files.h"

namespace ry::databases {

/// What a step gets. References live as long as the run.
struct StepRun {
    const Op& op;
    sandbox::Sandbox& sandbox;
    const ClientTools& tools;
    const Cluster& cluster;
    const Secret& password;  ///< of the superuser
    const Step& step;
    const StepFiles& files;
    int64_t ms_max = 0;
    const sandbox::OutputCallback& output;
};

/// `invalid` for what no step can be: a base, arguments that its tool would not take, an input outside of what it
/// sees. (An lb step is many states: update_with_liquibase runs it, and reads its arguments.)
Result<void> check(const Step& step, const std::string& pointer);
/// Fills `failure` when the tool says that the step failed; other errors are the machine's.
Result<void> run(const StepRun& step, Failure& failure);

Result<void> run_psql_step(const StepRun& step, Failure& failure);
Result<void> run_pgbench_step(const StepRun& step, Failure& failure);
Result<void> run_dump_step(const StepRun& step, Failure& failure);

/// Code::invalid for what the step would refuse.
Result<void> check_pgbench_arguments(const std::vector<std::string>& arguments);
Result<void> check_dump_arguments(const std::vector<std::string>& arguments);

/// The end of a tool's output, for a failure.
std::string last_output(const std::string& out, const std::string& err);

/// The first error in what a client program of PostgreSQL wrote: the server's, else its own.
std::string error_of(std::string_view err, std::string_view tool);

}  // namespace ry::databases
