#include "modules/chats/image_file.h"

#include <algorithm>
#include <cmath>

namespace ry::chats {
namespace {

constexpr double side_max = 1'568;      // what is larger is made smaller first
constexpr double pixels_per_token = 750;
constexpr int64_t tokens_min = 85;

/// 0 where the bytes end.
int64_t big(std::string_view bytes, size_t at, size_t count) {
    if (at + count > bytes.size()) return 0;
    int64_t number = 0;
    for (size_t i = 0; i < count; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}
int64_t little(std::string_view bytes, size_t at, size_t count) {
    if (at + count > bytes.size()) return 0;
    int64_t number = 0;
    for (size_t i = count; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

/// The frame header (ITU-T T.81 §B.2.2) stands behind segments of other kinds.
Image read_jpeg(std::string_view bytes) {
    Image image{.media_type = "image/jpeg"};
    for (size_t at = 2; at + 4 <= bytes.size() && big(bytes, at, 1) == 0xFF;) {
        int64_t marker = big(bytes, at + 1, 1);
        if (marker == 0xFF) {  // fill bytes
            ++at;
            continue;
        }
        bool is_frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (is_frame) {
            image.height = big(bytes, at + 5, 2);
            image.width = big(bytes, at + 7, 2);
            return image;
        }
        if (marker == 0xDA) return image;
        at += 2 + size_t(std::max<int64_t>(2, big(bytes, at + 2, 2)));
    }
    return image;
}

/// developers.google.com/speed/webp/docs/riff_container
Image read_webp(std::string_view bytes) {
    Image image{.media_type = "image/webp"};
    std::string_view kind = bytes.substr(12, 4);
    if (kind == "VP8X" && bytes.size() >= 30) {
        image.width = 1 + little(bytes, 24, 3);
        image.height = 1 + little(bytes, 27, 3);
    } else if (kind == "VP8L" && bytes.size() >= 25) {
        int64_t bits = little(bytes, 21, 4);
        image.width = 1 + (bits & 0x3FFF);
        image.height = 1 + (bits >> 14 & 0x3FFF);
    } else if (kind == "VP8 ") {
        image.width = little(bytes, 26, 2) & 0x3FFF;
        image.height = little(bytes, 28, 2) & 0x3FFF;
    }
    return image;
}

}  // namespace

std::optional<Image> read_image(std::string_view bytes) {
    Image image;
    if (bytes.starts_with("\x89PNG\r\n\x1A\n") && bytes.substr(12, 4) == "IHDR")
        image = {.media_type = "image/png", .width = big(bytes, 16, 4), .height = big(bytes, 20, 4)};
    else if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a"))
        image = {.media_type = "image/gif", .width = little(bytes, 6, 2), .height = little(bytes, 8, 2)};
    else if (bytes.starts_with("\xFF\xD8\xFF"))
        image = read_jpeg(bytes);
    else if (bytes.starts_with("RIFF") && bytes.size() > 16 && bytes.substr(8, 4) == "WEBP")
        image = read_webp(bytes);
    if (image.width == 0 || image.height == 0) return {};
    image.size_bytes = int64_t(bytes.size());
    return image;
}

Result<Image> accepted_image(std::string_view bytes) {
    if (bytes.size() > image_bytes_max)
        return fail(Code::too_large, "the image may have " + std::to_string(image_bytes_max >> 20) + " MiB; make it smaller");
    auto image = read_image(bytes);
    if (!image) return fail(Code::invalid, "the file is no image that can be posted; send a PNG, a JPEG, a WebP or a GIF");
    if (std::max(image->width, image->height) > image_pixels_max)
        return fail(Code::too_large, "a side of the image may have " + std::to_string(image_pixels_max) + " pixels; make it smaller");
    return *std::move(image);
}

int64_t image_tokens(const Image& image) {
    double width = double(image.width), height = double(image.height);
    double scale = std::min(1.0, side_max / std::max({width, height, 1.0}));
    return std::max(tokens_min, int64_t(std::ceil(width * scale * height * scale / pixels_per_token)));
}

}  // namespace ry::chats
