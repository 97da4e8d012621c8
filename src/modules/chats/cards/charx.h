#pragma once
// Inside the part: CHARX, a zip archive with card.json and the files of the card.
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/cards/cards.h"

namespace ry::chats::cards {

inline constexpr std::string_view card_path = "card.json";

bool is_zip(std::string_view bytes);
/// Whether a file of that path stays inside of the archive.
bool is_inside(std::string_view path);

/// All files, card.json among them. `invalid` when it is encrypted, damaged, or leads outside; `too_large` beyond the
/// limits.
Result<std::vector<File>> unpack(std::string_view archive);
/// Files in their order; the same files make the same bytes.
Result<std::string> pack(const std::vector<File>& files);

}  // namespace ry::chats::cards
