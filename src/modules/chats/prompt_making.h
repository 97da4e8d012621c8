#pragma once
// Inside the part: how a prompt comes about. What it is made of is read in one transaction; then the subject says what
// it has to say, the template is rendered, and the history is fitted into the window. The job that answers and the
// preview do the same by these functions, so that what is shown is what is sent.
#include "modules/chats/chats.h"
#include "modules/chats/knowledge_sources.h"
#include "modules/chats/lorebook_model.h"
#include "modules/chats/prompt.h"
#include "modules/chats/prompt_context.h"

namespace ry::chats {

/// What a prompt is made of.
struct Chats::PromptWork {
    ChatId chat_id;
    BranchId branch_id;
    int64_t messages_count = 0;  ///< of the history
    std::optional<AppId> app_id;
    std::optional<VersionId> base_version_id;
    std::string model;
    int64_t context_tokens = 0;
    bool takes_images = true;  ///< the model
    PromptSetting setting;
    std::optional<PromptCharacter> character;  ///< whom the chat is with
    LoreWork lore;
    std::optional<std::string> text;  ///< what would be said next
    KnowledgeLookup knowledge;  ///< what belongs to the newest message; `passages` are what the template may quote
    std::vector<pipelines::Effect> effects;  ///< of the steps before it, in their order
    Task task = Task::answer;
    std::vector<Turn> pinned;  ///< messages before `turns` that are pinned
    std::vector<Turn> turns;  ///< the end of the history, oldest first: as many as may fit into the window
};

/// What lore did to a prompt.
struct Chats::PrintedLore {
    std::optional<Json> effects;  ///< that the answer leaves to those after it
    std::vector<CitedEntry> entries;
};

}  // namespace ry::chats
