#pragma once
// What starts a generation: the question, if one was said, and the empty answer that a model will fill.
#include "modules/chats/chats.h"

namespace ry::chats {

struct Chats::Exchange {
    ChatId chat_id;
    BranchId branch_id;
    Model model;
    Trigger trigger = Trigger::user_message;
    std::optional<VersionId> base_version_id;
    bool is_alone = false;  // no other answer waits or is written on the branch
    std::optional<Message> question;
    MessageRow answer;
};

}  // namespace ry::chats
