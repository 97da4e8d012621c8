#pragma once
// Inside the part: the variables of a chat, which prompt templates and pipelines name as `vars`.
#include "base/json.h"
#include "base/result.h"

namespace ry::chats {

constexpr size_t vars_bytes_max = 16 << 10;  ///< of a chat; every prompt and every list of chats has them

/// As they are kept, or what is wrong with them.
inline Result<Json> checked_vars(const Json& vars) {
    if (!vars.text.starts_with('{')) return invalid("/vars", "must be an object: the values by their names");
    if (vars.text.size() > vars_bytes_max) return invalid("/vars", "may have " + std::to_string(vars_bytes_max >> 10) + " KiB at most");
    if (vars.text.contains("\\u0000")) return invalid("/vars", "must not have the character U+0000");
    return vars;
}

}  // namespace ry::chats
