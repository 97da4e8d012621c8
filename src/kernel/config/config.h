#pragma once
// Configuration of described structs: defaults, then one TOML file, then environment variables, then flags; each overrides
// the one before. Unknown keys are errors with a suggestion.
//
//     key in the file: data_dir = "/srv/ramify"     environment: RAMIFY_DATA_DIR     flag: --data-dir
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace ry::config {

/// Where each effective value came from: "default", "file", "environment", "flag".
using Origins = std::map<std::string, std::string, std::less<>>;

/// Reads flags `--name value`, `--name=value` and, for booleans, `--name`; what is no flag stays in `rest`.
Result<Origins> load(const Fields& fields, void* config, const std::string& file, std::span<const std::string> arguments, std::vector<std::string>& rest);

/// The settings with default, environment variable and meaning, as Markdown (./dev gen writes api/config.md).
std::string manual(const Fields& fields, const void* defaults);

/// "data_dir" → "--data-dir".
std::string flag_of(std::string_view name);
/// "data_dir" → "RAMIFY_DATA_DIR".
std::string variable_of(std::string_view name);

}  // namespace ry::config
