#pragma once
// The command line: what `ramify …` does. Commands of its own, and one for each row of the route table, called over
// HTTP.
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cli/call.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "kernel/http/route.h"

namespace ry::cli {

/// Carries out one command line, without the program's name. `routes` is called at most once, and only when the table
/// is needed.
Exit run(const Terminal& terminal, std::span<const std::string> words,
         const std::function<std::vector<http::Route>()>& routes, const Surroundings& surroundings);

}  // namespace ry::cli
