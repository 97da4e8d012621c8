#pragma once
// Inside the part: what its lists have in common.
#include "base/result.h"

namespace ry::chats {

inline constexpr int page_default = 50;
inline Error not_a_cursor() { return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning"); }

}  // namespace ry::chats
