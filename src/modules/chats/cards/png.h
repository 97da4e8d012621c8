#pragma once
// Inside the part: the chunks of a PNG or APNG (www.w3.org/TR/png-3 §5), and the cards in its texts.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ry::chats::cards {

bool is_png(std::string_view bytes);

struct Chunk {
    std::string_view type;  ///< four letters
    std::string_view data;
    bool is_sound = true;  ///< whether its CRC is right
};

struct Png {
    std::vector<Chunk> chunks;  ///< up to IEND, which is not among them; they look into the file
    bool is_cut_off = false;    ///< the file ends before IEND
};
/// `too_large` beyond the limits of cards.h. `bytes` is a PNG and lives as long as what is returned.
Result<Png> read_png(std::string_view bytes);
/// With right CRCs and IEND.
std::string write_png(const std::vector<Chunk>& chunks);

/// A tEXt, zTXt or iTXt chunk.
struct TextChunk {
    std::string_view keyword;
    std::string_view content;  ///< compressed when is_deflated
    bool is_deflated = false;
};
/// An empty keyword when it is none of them, or broken.
TextChunk text_of(const Chunk& chunk);
/// The text. `invalid` when it is broken, `too_large` beyond the limits.
Result<std::string> inflated(const TextChunk& text);

/// A small picture, for cards that have none.
std::string plain_png();

}  // namespace ry::chats::cards
