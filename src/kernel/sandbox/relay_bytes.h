#pragma once
// The relay's executable and its library, as they lie in this program.
#include <string_view>

namespace ry::sandbox {

std::string_view relay_bytes();
/// The library that holds a program which is loaded ahead.
std::string_view hold_bytes();

}  // namespace ry::sandbox
