#include "modules/chats/lore/roll.h"

namespace ry::chats::lore {
namespace {

/// The finish of SplitMix64: each bit of the input changes half of those of the output.
uint64_t mixed(uint64_t value) {
    value += 0x9E3779B97F4A7C15;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
    return value ^ (value >> 31);
}

}  // namespace

double roll(uint64_t seed, std::initializer_list<std::string_view> purpose) {
    uint64_t state = mixed(seed);
    for (std::string_view word : purpose) {
        for (char c : word) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3;  // FNV-1a
        state = mixed(state);
    }
    return double(state >> 11) * 0x1p-53;
}

}  // namespace ry::chats::lore
