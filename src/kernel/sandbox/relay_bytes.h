#pragma once
// The relay's executable, as it lies in this program.
#include <string_view>

namespace ry::sandbox {

std::string_view relay_bytes();

}  // namespace ry::sandbox
