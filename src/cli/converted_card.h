#pragma once
// `ramify cards convert`: a character card in another format, without a server.
#include <span>
#include <string>

#include "cli/show.h"
#include "cli/terminal.h"

namespace ry::cli {

Exit convert_card(const Terminal& terminal, std::span<const std::string> words);

}  // namespace ry::cli
