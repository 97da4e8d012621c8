#pragma once
// Inside lore: decorators, the lines `@@name value` before an entry's content (Character Card V3, "Decorators").
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/lore/book.h"

namespace ry::chats::lore {

struct Decorators {
    bool activate = false;
    bool dont_activate = false;
    bool keep_activate_after_match = false;
    bool dont_activate_after_match = false;
    bool ignore_on_max_context = false;
    std::optional<int64_t> activate_only_after;
    std::optional<int64_t> activate_only_every;
    std::optional<int64_t> is_greeting;
    std::optional<int64_t> depth;
    std::optional<int64_t> reverse_depth;
    std::optional<int64_t> scan_depth;
    std::optional<Speaker> role;
    std::optional<Position> position;
    std::optional<std::string> is_user_icon;
    std::vector<std::string> additional_keys;
    std::vector<std::string> exclude_keys;
    std::vector<std::string> disabled_prompts;
    std::vector<std::string> ignored;  ///< lines that are unknown or have a wrong value, and no fallback that is known
    bool operator==(const Decorators&) const = default;
};

/// Reads the decorators off the front of `content`, and the line ends around them. Of several with one name the first
/// counts; `@@@name` counts when what stands before it does not.
Decorators take_decorators(std::string_view& content);

}  // namespace ry::chats::lore
