#pragma once
// `ramify profile add|ls|rm|use`.
#include <span>
#include <string>

#include "cli/own_commands.h"
#include "cli/show.h"
#include "cli/terminal.h"

namespace ry::cli {

/// Carries out one of them; `words` begin after the verb.
Exit run_profile(const Terminal& terminal, const OwnCommand& command, std::span<const std::string> words);

}  // namespace ry::cli
