#pragma once
// A text in chunks: stretches that are small enough to be quoted in a prompt. Pure; the same text gives the same
// chunks.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ry::chats::knowledge {

constexpr size_t chunk_bytes_max = 2'000;  ///< some 500 tokens of English, 350 of Russian
constexpr size_t overlap_bytes_max = 250;  ///< a sentence or two
constexpr size_t heading_bytes_max = 200;

struct Chunk {
    size_t from = 0;  ///< bytes of the text
    size_t to = 0;
    std::string heading;  ///< the last line `# …` that began at `from` or before; "" when there is none
};

/// Each chunk ends at a heading, a paragraph, a sentence or a space, whichever is the best there is in its second half,
/// and never within a character of UTF-8. The next one begins where it ends, or with the last sentences of it. Together
/// they cover the text.
std::vector<Chunk> chunks_of(std::string_view text);

}  // namespace ry::chats::knowledge
