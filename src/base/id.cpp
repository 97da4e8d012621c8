#include "base/id.h"

#include <sodium.h>

#include <chrono>

#include "base/guarded.h"

namespace ry {
namespace {

constexpr char base32[] = "0123456789abcdefghjkmnpqrstvwxyz";

int base32_value(char c) {
    for (int i = 0; i < 32; ++i)
        if (base32[i] == c) return i;
    return -1;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

Uuid new_uuid() {
    using namespace std::chrono;
    Uuid uuid;
    randombytes_buf(uuid.bytes.data(), uuid.bytes.size());
    auto us = uint64_t(duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
    // Microseconds, made strictly increasing in the process: 48 bits of milliseconds, then 12 bits (rand_a) of the
    // fraction, RFC 9562 §6.2 method 3.
    static Guarded<uint64_t> last;
    uint64_t ticks = last.with([&](uint64_t& previous) {
        uint64_t fresh = (us / 1000) * 4096 + (us % 1000) * 4096 / 1000;
        return previous = fresh > previous ? fresh : previous + 1;
    });
    uint64_t ms = ticks / 4096;
    for (int i = 0; i < 6; ++i) uuid.bytes[size_t(i)] = uint8_t(ms >> (40 - 8 * i));
    uuid.bytes[6] = uint8_t(0x70 | ((ticks >> 8) & 0x0f));
    uuid.bytes[7] = uint8_t(ticks);
    uuid.bytes[8] = uint8_t(0x80 | (uuid.bytes[8] & 0x3f));
    return uuid;
}

std::string uuid_text(const Uuid& uuid) {
    constexpr char hex[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += hex[uuid.bytes[i] >> 4];
        text += hex[uuid.bytes[i] & 15];
    }
    return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
    if (text.size() != 36) return {};
    Uuid uuid;
    size_t digit = 0;
    for (size_t i = 0; i < 36; ++i) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash != (text[i] == '-')) return {};
        if (is_dash) continue;
        int value = hex_value(text[i]);
        if (value < 0) return {};
        uuid.bytes[digit / 2] = uint8_t(uuid.bytes[digit / 2] << 4 | value);
        ++digit;
    }
    return uuid;
}

std::string id_text(std::string_view prefix, const Uuid& uuid) {
    // 128 bits as 26 letters of 5 bits: the first letter holds the top 3 bits.
    unsigned __int128 bits = 0;
    for (uint8_t byte : uuid.bytes) bits = bits << 8 | byte;
    std::string text(prefix);
    text += '_';
    for (int shift = 125; shift >= 0; shift -= 5) text += base32[size_t(bits >> shift) & 31];
    return text;
}

std::optional<Uuid> parse_id(std::string_view prefix, std::string_view text) {
    if (text.size() != prefix.size() + 27 || !text.starts_with(prefix) || text[prefix.size()] != '_') return {};
    text.remove_prefix(prefix.size() + 1);
    if (base32_value(text[0]) > 7) return {};
    unsigned __int128 bits = 0;
    for (char c : text) {
        int value = base32_value(c);
        if (value < 0) return {};
        bits = bits << 5 | unsigned(value);
    }
    Uuid uuid;
    for (int i = 15; i >= 0; --i, bits >>= 8) uuid.bytes[size_t(i)] = uint8_t(bits);
    return uuid;
}

}  // namespace ry
