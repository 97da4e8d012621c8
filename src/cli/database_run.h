#pragma once
// Inside: a program with a database in its environment, written down as a run.
#include "cli/child_program.h"
#include "cli/database_call.h"
#include "cli/database_ref.h"
#include "modules/databases/run_model.h"

namespace ry::cli {

constexpr size_t compared_bytes_max = 8 << 20;  ///< of each output that is held against the other

struct RunAsked {
    databases::StartRun start;
    ProgramLimits limits;
    std::string database = {};  ///< of the instance's cluster; empty: postgres
    InputPlace place;           ///< where the program is started: here, or in the files of --ref
};

/// The kind, the command and its limits, as they stand after `run`; which database is for the caller to say. `invalid` says what is
/// missing.
Result<RunAsked> read_run(const Words& words);

struct RunEnd {
    std::string run_id;
    ProgramEnd program;
};
/// Runs it to its end, and writes it down. With `is_shown` the program's output is passed on as it comes; otherwise it is only kept.
Result<RunEnd> recorded_run(const Terminal& terminal, const HeldSignals& signals, ApiClient& api, const RunAsked& asked, bool is_shown);

/// The same with its output passed on and --provenance told; the program's exit code.
int shown_run(const DatabaseCall& call, const HeldSignals& signals, ApiClient& api, const RunAsked& asked);
/// Prepares what `words` (those of `db prepare`) say, runs the program on it, and drops it.
int prepare_and_run(const DatabaseCall& call, const Words& words, RunAsked run);

}  // namespace ry::cli
