#pragma once
// Inside the part: what of a variant people see, what of it models see, and its images: as files for people show it.
#include <string>
#include <vector>

#include "modules/chats/transfer/transfer.h"

namespace ry::chats::transfer {

/// A block of a variant, as far as files for people tell of it.
struct Part {
    enum class Type { answer, reasoning, code_change, image };
    Type type = Type::answer;
    std::string content;
    std::string kind, path;            ///< of a code change
    std::string image_id, media_type;  ///< of an image
    bool is_for_people = true;
    bool is_for_models = true;
};
/// A variant without blocks is its text.
std::vector<Part> parts_of(const Variant& variant);

/// The answers that people see, with a blank line between two.
std::string text_for_people(const std::vector<Part>& parts);
std::string reasoning_of(const std::vector<Part>& parts);
/// Whether it says something, and nothing to models.
bool is_hidden_from_models(const std::vector<Part>& parts);

/// "data:image/png;base64,…", or "" when the file of the image is not at hand.
std::string data_url(const Part& part, const std::vector<Image>& images);

}  // namespace ry::chats::transfer
