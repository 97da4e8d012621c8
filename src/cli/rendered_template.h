#pragma once
// `ramify templates render`: what a Liquid template prints, without a server.
#include <span>
#include <string>

#include "cli/show.h"
#include "cli/terminal.h"

namespace ry::cli {

Exit render_template(const Terminal& terminal, std::span<const std::string> words);

}  // namespace ry::cli
