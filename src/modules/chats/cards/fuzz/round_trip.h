#pragma once
// Any bytes as a card: what can be read can be written in every format, and says the same when it is read again.
#include <cstdlib>
#include <string_view>

#include "modules/chats/cards/cards.h"

namespace ry::chats::cards {

inline void round_trip(std::string_view bytes) {
    auto card = read(bytes);
    (void)served_picture(bytes);
    if (!card) return;
    if (!character_of(card->v3)) std::abort();
    for (Format format : {Format::json, Format::png, Format::charx}) {
        auto file = write(*card, format, Spec::v3);
        if (!file && file.error().code == Code::too_large) continue;
        Result<Card> again = file ? read(*file) : Result<Card>(file.error());
        if (!again) std::abort();
        bool has_moved = !card->files.empty() || !card->picture.empty();  // addresses of assets follow them
        if (!has_moved && again->v3 != card->v3) std::abort();
    }
}

}  // namespace ry::chats::cards
