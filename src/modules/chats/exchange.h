#pragma once
// Inside the part: what starts a generation: the question, if one was said, and the empty answer that a model will fill.
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

/// A chat that is archived or deleted is not written on.
inline Result<void> check_active(ChatStatus status) {
    if (status == ChatStatus::archived) return fail(Code::conflict, "the chat is archived; restore it to go on");
    if (status == ChatStatus::deleted) return fail(Code::conflict, "the chat was deleted; restore it to go on");
    return {};
}

}  // namespace ry::chats
