#include "modules/chats/transfer/parts.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "modules/chats/transfer/formats.h"

namespace ry::chats::transfer {
namespace {

namespace bj = boost::json;

Part part_of(const bj::object& block) {
    constexpr std::string_view types[] = {"answer", "reasoning", "code_change", "image"};
    auto type = std::ranges::find(types, text_in(block, "type")) - types;
    Part part{.type = type < 4 ? Part::Type(type) : Part::Type::answer,
              .content = text_in(block, "content"),
              .kind = text_in(block, "kind"),
              .path = text_in(block, "path")};
    if (auto image = object_in(block, "image")) {
        part.image_id = text_in(*image, "id");
        part.media_type = text_in(*image, "media_type");
    }
    std::string visibility = text_in(block, "visibility");
    part.is_for_people = visibility != "prompt_only";
    part.is_for_models = visibility.empty() ? part.type != Part::Type::reasoning : visibility != "ui_only";
    return part;
}

std::string joined(const std::vector<Part>& parts, Part::Type type) {
    std::string text;
    for (const Part& part : parts)
        if (part.type == type && part.is_for_people && !part.content.empty()) (text += text.empty() ? "" : "\n\n") += part.content;
    return text;
}

}  // namespace

std::vector<Part> parts_of(const Variant& variant) {
    std::vector<Part> parts;
    auto blocks = parse(variant.blocks.text);
    if (!blocks || !blocks->is_array()) return {{.content = variant.text}};
    for (const bj::value& block : blocks->get_array())
        if (block.is_object()) parts.push_back(part_of(block.get_object()));
    return parts;
}

std::string text_for_people(const std::vector<Part>& parts) { return joined(parts, Part::Type::answer); }
std::string reasoning_of(const std::vector<Part>& parts) { return joined(parts, Part::Type::reasoning); }

bool is_hidden_from_models(const std::vector<Part>& parts) {
    return !text_for_people(parts).empty() && std::ranges::none_of(parts, &Part::is_for_models);
}

std::string data_url(const Part& part, const std::vector<Image>& images) {
    auto image = std::ranges::find(images, part.image_id, &Image::id);
    if (image == images.end()) return {};
    auto bytes = unbase64url(image->data);
    return bytes ? "data:" + part.media_type + ";base64," + base64(*bytes) : "";
}

}  // namespace ry::chats::transfer
