#pragma once
// Inside liquid: strings and numbers as JSON.stringify writes them.
#include <string>
#include <string_view>

namespace ry::chats::liquid {

/// With quotes; halves of surrogate pairs as \udxxx.
void append_json(std::string& out, std::string_view text);

}  // namespace ry::chats::liquid
