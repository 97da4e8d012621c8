#pragma once
// Inside the part: what a person writes, as a variant keeps it. Pure.
#include "modules/chats/block_model.h"

namespace ry::chats {

struct Written {
    std::string text;           ///< that models see
    std::vector<Block> blocks;  ///< that it consists of
    Json blocks_json() const;
};

/// Of a text or of blocks, one of which is given. `invalid` when nothing is said, unless images say it.
Result<Written> written_of(const std::optional<std::string>& text, const std::optional<std::vector<WrittenBlock>>& blocks,
                           bool has_images = false);
/// A text that everybody sees.
Written written_of(std::string text);

/// The images that are among the blocks, behind what was written anew.
void keep_images(Written& written, const Json& blocks);

/// Whether models see the block.
bool is_for_models(const Block& block);

}  // namespace ry::chats
