// What people see of a card: its picture without the texts in which cards, prompts and places hide.
#include <algorithm>

#include "modules/chats/cards/cards.h"
#include "modules/chats/cards/png.h"

namespace ry::chats::cards {
namespace {

uint8_t byte_at(std::string_view bytes, size_t at) { return static_cast<unsigned char>(bytes[at]); }

/// Texts, EXIF and what no standard names go; what draws the picture stays.
std::string bare_png(std::string_view bytes) {
    auto png = read_png(bytes);
    if (!png) return "";
    constexpr std::string_view drawn[] = {"IHDR", "PLTE", "IDAT", "tRNS", "gAMA", "cHRM", "sRGB",
                                          "iCCP", "sBIT", "bKGD", "pHYs", "acTL", "fcTL", "fdAT"};
    std::erase_if(png->chunks,
                  [&](const Chunk& chunk) { return std::ranges::find(drawn, chunk.type) == std::end(drawn); });
    return write_png(png->chunks);
}

/// Segments before the scan: APP1 and above, but for colours (APP2, APP14), and comments go (ITU-T T.81 §B.1.1.3).
std::string bare_jpeg(std::string_view bytes) {
    std::string out(bytes.substr(0, 2));
    size_t at = 2;
    while (at + 4 <= bytes.size() && byte_at(bytes, at) == 0xFF) {
        uint8_t marker = byte_at(bytes, at + 1);
        size_t length = 2 + (size_t(byte_at(bytes, at + 2)) << 8 | byte_at(bytes, at + 3));
        if (marker == 0xDA || length < 4 || length > bytes.size() - at) break;
        bool is_said = (marker >= 0xE1 && marker <= 0xEF && marker != 0xE2 && marker != 0xEE) || marker == 0xFE;
        if (!is_said) out += bytes.substr(at, length);
        at += length;
    }
    size_t end = bytes.rfind("\xFF\xD9");
    if (end == std::string_view::npos || end < at) return out + std::string(bytes.substr(at));
    return out + std::string(bytes.substr(at, end + 2 - at));
}

/// EXIF, XMP and unknown chunks go (developers.google.com/speed/webp/docs/riff_container).
std::string bare_webp(std::string_view bytes) {
    constexpr std::string_view drawn[] = {"VP8 ", "VP8L", "VP8X", "ANIM", "ANMF", "ALPH", "ICCP"};
    std::string body = "WEBP";
    size_t at = 12;
    while (at + 8 <= bytes.size()) {
        size_t length = byte_at(bytes, at + 4) | size_t(byte_at(bytes, at + 5)) << 8 |
                        size_t(byte_at(bytes, at + 6)) << 16 | size_t(byte_at(bytes, at + 7)) << 24;
        std::string_view chunk = bytes.substr(at, 8 + length + (length & 1));
        at += 8 + length + (length & 1);
        if (std::ranges::find(drawn, chunk.substr(0, 4)) == std::end(drawn)) continue;
        body += chunk;
        if (chunk.starts_with("VP8X") && chunk.size() > 8)
            body[body.size() - chunk.size() + 8] &= char(~0x0C);  // its flags of EXIF and XMP
    }
    std::string out = "RIFF";
    for (size_t i = 0; i < 4; ++i) out += char(body.size() >> (8 * i) & 0xFF);
    return out + body;
}

}  // namespace

Picture served_picture(std::string_view picture) {
    if (is_png(picture)) return {"image/png", bare_png(picture)};
    if (picture.starts_with("\xFF\xD8\xFF")) return {"image/jpeg", bare_jpeg(picture)};
    if (picture.starts_with("RIFF") && picture.size() > 12 && picture.substr(8, 4) == "WEBP")
        return {"image/webp", bare_webp(picture)};
    return {};
}

}  // namespace ry::chats::cards
