#pragma once
// Inside the part: what a person writes, as a variant keeps it. Pure.
#include "modules/chats/model.h"

namespace ry::chats {

struct Written {
    std::string text;           ///< that models see
    std::vector<Block> blocks;  ///< that it consists of
    Json blocks_json() const;
};

/// Of a text or of blocks, one of which is given. `invalid` when nothing is said.
Result<Written> written_of(const std::optional<std::string>& text, const std::optional<std::vector<WrittenBlock>>& blocks);
/// A text that everybody sees.
Written written_of(std::string text);

/// Whether models see the block.
bool is_for_models(const Block& block);

}  // namespace ry::chats
