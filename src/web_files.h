#pragma once
// The web UI, embedded in the program.
#include <span>

#include "kernel/http/static_files.h"

namespace ry {

/// Constant; lives as long as the process.
std::span<const http::StaticFile> web_files();

}  // namespace ry
