#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <string>

#include "kernel/fetch/fetch.h"

namespace ry::fetch {
namespace {

/// The first `bits` bits of `bytes`, as a network that is not public.
struct Network {
    std::array<uint8_t, 4> bytes;
    int bits;
};

// IANA's special-purpose registry of IPv4, multicast and class E.
constexpr Network not_public_v4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},  {{192, 0, 0, 0}, 24},  {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4},
};
// Global unicast of IPv6 is 2000::/3 alone; inside it these tunnel to IPv4 (6to4, Teredo) or are special.
constexpr Network not_public_v6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x20, 0x02, 0, 0}, 16},
    {{0x3f, 0xff, 0, 0}, 20},
};

bool is_in(const uint8_t* address, const Network& network) {
    for (int bit = 0; bit < network.bits; ++bit) {
        uint8_t mask = uint8_t(0x80 >> (bit % 8));
        if ((address[bit / 8] & mask) != (network.bytes[size_t(bit / 8)] & mask)) return false;
    }
    return true;
}

}  // namespace

bool is_public_address(std::string_view address) {
    std::string text(address);
    uint8_t bytes[16];
    if (inet_pton(AF_INET, text.c_str(), bytes) == 1) {
        for (const Network& network : not_public_v4)
            if (is_in(bytes, network)) return false;
        return true;
    }
    if (inet_pton(AF_INET6, text.c_str(), bytes) != 1) return false;
    if ((bytes[0] & 0xe0) != 0x20) return false;
    for (const Network& network : not_public_v6)
        if (is_in(bytes, network)) return false;
    return true;
}

}  // namespace ry::fetch
