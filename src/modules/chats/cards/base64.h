#pragma once
// Inside the part: base64 (RFC 4648) as tools write it into pictures.
#include <optional>
#include <string>
#include <string_view>

namespace ry::chats::cards {

/// Takes what tools write: white space, no padding, the letters of §5. Absent for everything else.
std::optional<std::string> unbase64(std::string_view text);

}  // namespace ry::chats::cards
