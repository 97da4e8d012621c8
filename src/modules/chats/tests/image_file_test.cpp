#include "modules/chats/image_file.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::chats;

namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (int value : values) out += char(value);
    return out;
}

std::string measures(const std::string& file) {
    auto image = read_image(file);
    return image ? image->media_type + " " + std::to_string(image->width) + "x" + std::to_string(image->height) : "none";
}

}  // namespace

TEST_CASE("an image is known by its content, with its measures") {
    std::string png = "\x89PNG\r\n\x1A\n" + bytes({0, 0, 0, 13}) + "IHDR" + bytes({0, 0, 1, 0, 0, 0, 0, 32});
    std::string frame = bytes({0xFF, 0xC2, 0, 17, 8, 0, 32, 1, 0}), exif = bytes({0xFF, 0xE1, 0, 4, 0xFF, 0xC0}), tables = bytes({0xFF, 0xC4, 0, 2});
    std::string webp = "RIFF" + bytes({0, 0, 0, 0}) + "WEBP";
    struct Case {
        std::string file, told;
    };
    for (const Case& one : {
             Case{png, "image/png 256x32"},
             {png.substr(0, 20), "none"},
             {"GIF89a" + bytes({0, 1, 32, 0}), "image/gif 256x32"},
             {"GIF87a", "none"},
             {bytes({0xFF, 0xD8}) + exif + tables + bytes({0xFF}) + frame, "image/jpeg 256x32"},
             {bytes({0xFF, 0xD8}) + exif + bytes({0xFF, 0xDA, 0, 2}) + frame, "none"},
             {bytes({0xFF, 0xD8}) + exif, "none"},
             {webp + "VP8X" + bytes({10, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 31, 0, 0}), "image/webp 256x32"},
             {webp + "VP8L" + bytes({9, 0, 0, 0, 0x2F, 255, 0xC0, 7, 0}), "image/webp 256x32"},
             {webp + "VP8 " + bytes({9, 0, 0, 0, 0, 0, 0, 0x9D, 1, 0x2A, 0, 1, 32, 0}), "image/webp 256x32"},
             {webp + "VP8 ", "none"},
             {"<svg>", "none"},
             {"", "none"},
         })
        CHECK(measures(one.file) == one.told);
    CHECK(accepted_image(png));
    png[18] = 0x20;
    CHECK(accepted_image(png).error().code == Code::too_large);
    CHECK(accepted_image(std::string(image_bytes_max + 1, 'x')).error().code == Code::too_large);
    CHECK(accepted_image("hello").error().message.contains("PNG"));
}

TEST_CASE("an image takes as many tokens as what providers make of it") {
    CHECK(image_tokens({.width = 10, .height = 10}) == 85);
    CHECK(image_tokens({.width = 1'000, .height = 750}) == 1'000);
    CHECK(image_tokens({.width = 8'000, .height = 8'000}) == image_tokens({.width = 1'568, .height = 1'568}));
}
