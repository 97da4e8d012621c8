#pragma once
// `pgbench -i …` as a step takes it. What the initialisation makes depends on its options alone: it draws no random
// numbers.
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ry::databases::tools {

/// 1 GB of tables is about scale 65; more than this is not a database to hand out copies of.
inline constexpr int64_t scale_max = 20'000;

/// The canonical arguments, from "--initialize" on. Code::invalid for what runs a benchmark or connects.
Result<std::vector<std::string>> read_pgbench_arguments(std::span<const std::string> arguments);

}  // namespace ry::databases::tools
