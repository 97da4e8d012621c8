#pragma once
// Inside the part: how generations end. Chats::settle, for one without an answer that can be used, is in
// generations.cpp.
#include "kernel/stream/stream.h"
#include "modules/chats/generation_model.h"
#include "modules/chats/message_model.h"

namespace ry::store {
class Tx;
}

namespace ry::chats {

inline constexpr std::string_view interrupted_message =
    "the answer was interrupted when the server stopped; what had arrived is kept. Regenerate it to get the rest";

/// The last event of a generation. Its blocks were told as they came, and are not told again.
stream::Entry ending_of(MessageRow row);
/// Counts how it ended and when its first token came, once that is committed.
void measure(store::Tx& tx, const Generation& ended);

}  // namespace ry::chats
