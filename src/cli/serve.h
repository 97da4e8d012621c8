#pragma once
// The commands that need no server: they are one, prepare one, or look at files. Each returns the process's exit code.
#include <span>
#include <string>

#include "cli/show.h"
#include "cli/terminal.h"
#include "kernel/config/config.h"
#include "server/settings.h"

namespace ry::cli {

/// Settings from defaults, --config FILE (or RAMIFY_CONFIG), the environment and flags, and where each came from.
struct Loaded {
    server::Settings settings;
    config::Origins origins;
    std::vector<std::string> rest;  ///< words that are no settings
};
Result<Loaded> load_settings(std::span<const std::string> words);

/// Serves until SIGTERM or SIGINT, then drains; the second one ends the process at once. Standard output gets one line,
/// "ready http://127.0.0.1:PORT".
Exit serve(const Terminal& terminal, const server::Settings& settings);
/// Brings the database up to date without serving.
Exit migrate(const Terminal& terminal, const server::Settings& settings);

}  // namespace ry::cli
