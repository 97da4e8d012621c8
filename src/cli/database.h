#pragma once
// `ramify db …`: what of databases is more than one call of the API. Preparing sends the files that the steps read,
// shows the steps as they go, and prints how to connect; running gives a program the connection in its environment.
#include <span>
#include <string>

#include "cli/call.h"
#include "cli/own_commands.h"
#include "cli/terminal.h"

namespace ry::cli {

struct DatabaseCall;

/// Carries out a `db` command; `words` begin after the verb. The exit code: 0 done, 1 failed, 2 wrong or ambiguous
/// words, 3 a failure inside the server, 4 a safety rule; of `run`, `psql` and `prepare … run`, that of the program.
int run_database(const Terminal& terminal, const OwnCommand& command, std::span<const std::string> words,
                 const Surroundings& surroundings);

// One function for each command.
int database_prepare(const DatabaseCall& call);
int database_plan(const DatabaseCall& call);
int database_watch(const DatabaseCall& call);
int database_run(const DatabaseCall& call);
int database_compare(const DatabaseCall& call);
int database_diff(const DatabaseCall& call);
int database_discover(const DatabaseCall& call);
int database_dsn(const DatabaseCall& call);
int database_psql(const DatabaseCall& call);
int database_rm(const DatabaseCall& call);
int database_gc(const DatabaseCall& call);
int database_ls(const DatabaseCall& call);
int database_status(const DatabaseCall& call);
int database_init(const DatabaseCall& call);
int database_stop(const DatabaseCall& call);

}  // namespace ry::cli
