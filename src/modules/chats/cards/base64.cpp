#include "modules/chats/cards/base64.h"

#include <array>
#include <cstdint>

namespace ry::chats::cards {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> make_values() {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    for (size_t i = 0; i < letters.size(); ++i) values[static_cast<unsigned char>(letters[i])] = int8_t(i);
    values['-'] = 62;
    values['_'] = 63;
    return values;
}
constexpr auto values = make_values();

}  // namespace

std::optional<std::string> unbase64(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3);
    uint32_t bits = 0;
    int count = 0;
    bool is_ended = false;
    for (char c : text) {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\0') continue;
        if (c == '=') {
            is_ended = true;
            continue;
        }
        int8_t value = values[static_cast<unsigned char>(c)];
        if (value < 0 || is_ended) return {};
        bits = bits << 6 | uint32_t(value);
        if ((count += 6) >= 8) out += char(bits >> (count -= 8) & 0xFF);
    }
    return out;
}

}  // namespace ry::chats::cards
