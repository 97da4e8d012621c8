#pragma once
// A small YAML document, such as a recipe, as JSON, so that Fields can read it. Of YAML only what a person writes by
// hand is taken: one document of mappings, lists and scalars; anchors, aliases and tags are refused.
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace ry::cli {

inline constexpr size_t yaml_bytes_max = 256 << 10;  // a recipe has some hundred
inline constexpr int yaml_depth_max = 16;

/// Members with true, false and null as JSON has them, when they are not quoted; every other scalar, and all in lists,
/// are texts. Code::invalid with the line and what to write instead.
Result<Json> json_of_yaml(std::string_view bytes);

}  // namespace ry::cli
