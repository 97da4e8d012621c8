#include "modules/chats/written.h"

#include "base/text.h"

namespace ry::chats {

Json Written::blocks_json() const {
    Json json{""};
    encode(json.text, blocks);
    return json;
}

bool is_for_models(const Block& block) {
    if (block.visibility) return *block.visibility != Visibility::ui_only;
    return block.type != BlockType::reasoning;
}

Written written_of(std::string text) {
    Written written{.text = text};
    written.blocks.push_back({.type = BlockType::answer, .content = std::move(text)});
    return written;
}

void keep_images(Written& written, const Json& blocks) {
    std::vector<Block> all;
    from_text(blocks.text, all);
    for (Block& block : all)
        if (block.type == BlockType::image) written.blocks.push_back(std::move(block));
}

Result<Written> written_of(const std::optional<std::string>& text, const std::optional<std::vector<WrittenBlock>>& blocks, bool has_images) {
    if (text && blocks) return invalid("/blocks", "must be left out when text is given");
    if (!text && !blocks && has_images) return Written{};
    if (!blocks && trim(text.value_or("")).empty()) return invalid("/text", "must not be empty");
    if (!blocks) return written_of(*text);
    Written written;
    size_t bytes = 0;
    bool is_said = false;
    for (const WrittenBlock& given : *blocks) {
        Block block{.type = given.type.value_or(BlockType::answer), .content = given.content, .visibility = given.visibility};
        if (block.type != BlockType::answer && block.type != BlockType::reasoning)
            return invalid("/blocks", "may be of type answer or reasoning; images are named by image_ids, and changes of an app come from models");
        is_said = is_said || !trim(block.content).empty();
        bytes += block.content.size();
        if (is_for_models(block)) (written.text += written.text.empty() ? "" : "\n\n") += block.content;
        written.blocks.push_back(std::move(block));
    }
    if (!is_said) return invalid("/blocks", "must say something");
    if (bytes > text_bytes_max) return invalid("/blocks", "may have " + std::to_string(text_bytes_max) + " bytes together");
    return written;
}

}  // namespace ry::chats
