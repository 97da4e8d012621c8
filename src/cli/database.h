#pragma once
// `ramify db …`: what of databases is more than one call of the API. Preparing sends the files that the steps read, shows the
// steps as they go, and prints how to connect; running gives a program the connection in its environment.
#include <span>
#include <string>

#include "cli/call.h"
#include "cli/show.h"
#include "cli/terminal.h"

namespace ry::cli {

/// `words` begin after the verb. Each prints its own usage when it is asked for, or misunderstood.
Exit database_prepare(const Terminal& terminal, std::span<const std::string> words, const Surroundings& surroundings);
Exit database_plan(const Terminal& terminal, std::span<const std::string> words, const Surroundings& surroundings);
/// The exit code is that of the program that was run.
int database_run(const Terminal& terminal, std::span<const std::string> words, const Surroundings& surroundings);
Exit database_compare(const Terminal& terminal, std::span<const std::string> words, const Surroundings& surroundings);
Exit database_dsn(const Terminal& terminal, std::span<const std::string> words, const Surroundings& surroundings);
int database_psql(const Terminal& terminal, std::span<const std::string> words, const Surroundings& surroundings);
Exit database_rm(const Terminal& terminal, std::span<const std::string> words, const Surroundings& surroundings);
Exit database_stop(const Terminal& terminal, std::span<const std::string> words);

/// The server that `db` commands speak to: the one that was named, else the one of the local data directory, which is started when
/// it does not run.
Result<std::string> database_server(const Surroundings& surroundings, const std::string& named);

}  // namespace ry::cli
