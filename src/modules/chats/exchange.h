#pragma once
// Inside the part: what starts a generation: the question, if one was said, and the empty answer that a model will fill.
#include "modules/chats/chats.h"
#include "modules/chats/model_policies.h"
#include "modules/chats/pipeline_model.h"

namespace ry::chats {

/// A run that is repeated from a step on.
struct RepeatedRun {
    RunRow run;
    VariantId variant_id;           ///< its answer
    std::vector<std::string> kept;  ///< steps that keep what they yielded
    bool keeps_answer = false;      ///< the model is not asked again: what it said stands in the answer
};

struct Chats::Exchange {
    ChatId chat_id;
    BranchId branch_id;
    ModelChoice models;
    Trigger trigger = Trigger::user_message;
    Task task = Task::answer;
    std::optional<VariantId> continued_variant_id = {};
    std::optional<GenerationSettings> settings = {};
    std::optional<VersionId> base_version_id = {};
    bool is_alone = false;            // no other answer waits or is written on the branch
    bool is_further_variant = false;  // of a message that is there
    SegmentId segment_id = {};        // where the messages are written
    std::optional<MessageRow> question = {};
    MessageRow answer;
    std::optional<RepeatedRun> repeated = {};
};

/// A chat that is archived or deleted is not written on.
inline Result<void> check_active(ChatStatus status) {
    if (status == ChatStatus::archived) return fail(Code::conflict, "the chat is archived; restore it to go on");
    if (status == ChatStatus::deleted) return fail(Code::conflict, "the chat was deleted; restore it to go on");
    return {};
}

/// Where the next message of a branch goes. The branch is locked until the commit.
struct Chats::AnswerPlace {
    BranchEnd end;
    bool is_alone = false;  // no other answer waits or is written on it
};

/// The answer to a request that asked a model: what was recorded, and the events of it.
http::Following<Posted> following(ChatId chat, Posted posted);
std::optional<UserId> author_of(const Op& op);
bool is_unfinished(const MessageRow& row);
Error still_writing();

}  // namespace ry::chats
