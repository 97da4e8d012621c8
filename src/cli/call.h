#pragma once
// Calling the server: sends what a command line asks for and prints the answer, or what happens, as it comes.
#include <string>

#include "cli/command.h"
#include "cli/endpoint.h"
#include "cli/show.h"
#include "cli/terminal.h"

namespace ry::cli {

/// Blocks until the answer was printed; a followed stream, until it is over or Ctrl-C. Events are taken up again where
/// they were when the connection is lost, for as long as the server comes back within `reconnect_ms_max`.
Exit call(const Terminal& terminal, const Invocation& invocation, const Endpoint& endpoint);

inline constexpr int64_t reconnect_ms_max = 30'000;  ///< a restart of the server, with its drain of 10 s, fits

/// All of standard input. too_large beyond 64 MiB.
Result<std::string> read_standard_input();
/// All of a file, or of standard input for "-".
Result<std::string> read_file(const std::string& path);

}  // namespace ry::cli
