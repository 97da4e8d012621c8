#pragma once
// Inside the part: messages that each name the one before them, as ChatGPT and Open WebUI keep them.
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/transfer/conversation.h"

namespace ry::chats::transfer {

struct Node {
    std::string id;
    std::string parent_id;      ///< "" or unknown: it begins a history
    bool is_said = true;        ///< false: nothing that was said; its children follow its parent
    std::string role;
    Variant variant;
    Json imported{"null"};
};

/// Puts branches and messages into the conversation. `current_id`: the end of the history that is shown; the last node when it is
/// not there. How many nodes are part of no history, for they come from each other, is returned.
Result<size_t> place_nodes(std::vector<Node> nodes, const std::string& current_id, Conversation& conversation);

}  // namespace ry::chats::transfer
