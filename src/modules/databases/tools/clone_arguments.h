#pragma once
// pg_dump's options as a clone takes them: which part of the source it is. Pure.
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ry::databases::tools {

struct CloneArguments {
    std::vector<std::string> dump;     ///< canonical, of pg_dump
    std::vector<std::string> restore;  ///< of pg_restore: what pg_dump leaves to it
};

/// Code::invalid for what connects, writes or names a dump.
Result<CloneArguments> read_clone_arguments(std::span<const std::string> arguments);

}  // namespace ry::databases::tools
