#pragma once
// `ramify changes parse`: what a model's answer would do, without doing it.
#include <span>
#include <string>

#include "cli/show.h"
#include "cli/terminal.h"

namespace ry::cli {

Exit parse_changes(const Terminal& terminal, std::span<const std::string> words);

}  // namespace ry::cli
