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

/// False for what no step can be: a base, a snapshot.
bool has_runner(StateKind kind);
/// Fills `failure` when the tool says that the step failed; other errors are the machine's.
Result<void> run(const StepRun& step, Failure& failure);

Result<void> run_psql_step(const StepRun& step, Failure& failure);

/// The end of a tool's output, for a failure.
std::string last_output(const std::string& out, const std::string& err);

}  // namespace ry::databases
