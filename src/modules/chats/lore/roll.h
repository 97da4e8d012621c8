#pragma once
// Inside lore: chance that can be repeated. What is drawn depends on the seed and on what it is drawn for, never on
// what was drawn before: entries that have nothing to do with each other do not change each other's luck.
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace ry::chats::lore {

/// From 0 to below 1.
double roll(uint64_t seed, std::initializer_list<std::string_view> purpose);

}  // namespace ry::chats::lore
