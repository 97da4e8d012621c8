#pragma once
// `ramify lore test`: which entries of a lorebook a text activates, and why, without a server.
#include <span>
#include <string>

#include "cli/show.h"
#include "cli/terminal.h"

namespace ry::cli {

Exit test_lore(const Terminal& terminal, std::span<const std::string> words);

}  // namespace ry::cli
