#pragma once
// Images of messages, as the API shows them and as the blocks of a message name them.
#include <string>

#include "base/fields.h"

namespace ry::chats {

DECLARE_ID(ImageId, "image");

constexpr size_t image_bytes_max = 5 << 20;            ///< the least that a provider takes
constexpr int64_t image_pixels_max = 8'000;            ///< of a side; the least that a provider takes
constexpr size_t message_images_max = 10;              ///< with 5 MiB each, what one question sends
constexpr int64_t chat_images_max = 1'000;             ///< of a chat
constexpr int64_t chat_image_bytes_max = 256LL << 20;  ///< of a chat's together

struct Image {
    ImageId id;
    std::string media_type;
    int64_t width = 0;
    int64_t height = 0;
    int64_t size_bytes = 0;
    static const Fields& fields() {
        using S = Image;
        static const Field table[] = {
            field("id", &S::id, "Which image; GET /api/v1/images/{image_id} is the file."),
            field("media_type", &S::media_type, "image/png, image/jpeg, image/webp or image/gif, by its content."),
            field("width", &S::width, "In pixels."),
            field("height", &S::height, "In pixels."),
            field("size_bytes", &S::size_bytes, "How large the file is."),
        };
        static const Fields all{"Image", table};
        return all;
    }
};

// ---- rows that only the service sees

/// An image with its file.
struct ImageFile {
    ImageId id;
    std::string media_type;
    std::string sha256;
    std::string hex;
    static const Fields& fields() {
        using S = ImageFile;
        static const Field table[] = {
            field("id", &S::id, ""), field("media_type", &S::media_type, ""), field("sha256", &S::sha256, ""), field("hex", &S::hex, ""),
        };
        static const Fields all{"ImageFile", table};
        return all;
    }
};

}  // namespace ry::chats
