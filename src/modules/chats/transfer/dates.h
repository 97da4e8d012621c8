#pragma once
// Inside the part: times as chat programs write them.
#include <optional>
#include <string_view>

#include "base/time.h"

namespace boost::json {
class value;
}

namespace ry::chats::transfer {

/// Numbers are seconds, milliseconds, or nanoseconds since 1970, as their size tells. Texts are RFC 3339, or one of SillyTavern's:
/// "June 5, 2023 2:33pm" and "2023-6-5 @14h 33m 20s 123ms", which are taken for UTC.
std::optional<Time> date_of(const boost::json::value* value);

}  // namespace ry::chats::transfer
