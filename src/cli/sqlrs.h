#pragma once
// The spellings of sqlrs, so that its scripts keep working: a table that says what each word is called here. Pure.
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ry::cli {

/// A command line of sqlrs, without the program's name, as one of ramify. Code::invalid for what there is no equal of; the message says
/// what to use.
Result<std::vector<std::string>> from_sqlrs(std::span<const std::string> words);

}  // namespace ry::cli
