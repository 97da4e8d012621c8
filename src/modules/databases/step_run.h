#pragma once
// Inside: one step on a running cluster. run() chooses by the step's kind; each kind has a file of its own,
// step_<kind>.cpp. A further kind is a row of runner_of() and such a file.
#include "base/secret.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/postgres/images.h"
#include "modules/databases/postgres/psql_run.h"
#include "modules/databases/step_files.h"
#include "modules/databases/step_model.h"

namespace ry::databases {

inline constexpr int64_t step_memory_mb_max = 2048;          ///< of a step's server, and again of its tool
inline constexpr int64_t step_disk_mb_max = 256 << 10;  ///< of a cluster while it is built: the largest dump, unpacked

/// What a step gets. References live as long as the run.
struct StepRun {
    const Op& op;
    sandbox::Sandbox& sandbox;
    const ClientTools& tools;
    const Cluster* cluster;         ///< only make_psql_ready() takes none
    const std::string& socket_dir;  ///< of the cluster, on the host; it exists
    const Secret& password;         ///< of the superuser
    const Step& step;
    const StepFiles& files;
    int64_t ms_max = 0;
    const sandbox::OutputCallback& output;
    PsqlSession* psql = nullptr;  ///< of a step of psql that was made ready
};

/// `invalid` for what no step can be: a base, arguments that its tool would not take, an input outside of what it
/// sees. (An lb step is many states: update_with_liquibase runs it, and reads its arguments.)
Result<void> check(const Step& step, const std::string& pointer);
/// Fills `failure` when the step failed: by its tool's words, or because a limit ended the tool or the server. Other errors are the
/// machine's.
Result<void> run(const StepRun& step, Failure& failure);

/// psql for a step whose server need not be there yet. What `step` refers to, but for the Op, lives as long as it.
Result<std::unique_ptr<PsqlSession>> make_psql_ready(const StepRun& step);
/// Its steps are sessions of psql, which can be made ready.
bool is_psql(StateKind kind);

Result<void> run_psql_step(const StepRun& step, Failure& failure);
Result<void> run_pgbench_step(const StepRun& step, Failure& failure);
Result<void> run_dump_step(const StepRun& step, Failure& failure);

/// Code::invalid for what the step would refuse.
Result<void> check_pgbench_arguments(const std::vector<std::string>& arguments);
Result<void> check_dump_arguments(const std::vector<std::string>& arguments);

/// How a failure begins of which no more is known than that the server went away.
inline constexpr std::string_view server_is_gone = "PostgreSQL ended while the step ran";

/// Why a tool that a limit ended did not finish. Empty when none did.
std::string ended_by_limit(std::string_view tool, sandbox::Ended ended);

/// The end of a tool's output, for a failure.
std::string last_output(const std::string& out, const std::string& err);

/// The first error in what a client program of PostgreSQL wrote: the server's, else its own.
std::string error_of(std::string_view err, std::string_view tool);

}  // namespace ry::databases
