#pragma once
// Inside lore: letters of any script, without regard to case, and where words end.
#include <string>
#include <string_view>

namespace ry::chats::lore {

/// Lower case, letter by letter, with one sigma: two texts that differ in case alone become equal.
/// `text` is UTF-8; so is the result, which may have another length.
std::string folded(std::string_view text);
/// Whether `at` is not between two letters, digits or underscores.
bool is_word_begin(std::string_view text, size_t at);
bool is_word_end(std::string_view text, size_t at);

}  // namespace ry::chats::lore
