#pragma once
// SHA-256, as the hexadecimal name of what was hashed.
#include <string>
#include <string_view>

namespace ry {

/// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace ry
