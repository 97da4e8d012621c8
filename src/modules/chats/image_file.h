#pragma once
// Inside the part: what the bytes of an image say of it. Pure.
#include <optional>
#include <string_view>

#include "base/result.h"
#include "modules/chats/image_model.h"

namespace ry::chats {

/// Media type and measures of a PNG, JPEG, WebP or GIF; absent for everything else. What stands behind its head is not
/// looked at.
std::optional<Image> read_image(std::string_view bytes);
/// The same of a file that somebody sends: `invalid` and `too_large` say what is taken.
Result<Image> accepted_image(std::string_view bytes);

/// About as many tokens as providers count: they make it smaller first.
int64_t image_tokens(const Image& image);

}  // namespace ry::chats
