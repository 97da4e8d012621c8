#pragma once
// Inside the part: lore in prompts. What the books of a chat say goes to where their entries want it: into the
// template's values, or between messages of the history. Pure.
#include "modules/chats/lorebook_model.h"
#include "modules/chats/prompt.h"
#include "modules/chats/prompt_context.h"

namespace ry::chats {

/// What the books say to the newest `turns` of the history. What is drawn follows the branch and the history's length:
/// a preview draws what the answer will.
lore::Outcome resolve_lore(const LoreWork& work, const PromptValues& values, const std::vector<Turn>& turns,
                           int64_t messages_count, int64_t context_tokens);
/// What an answer to the prompt leaves to those after it, as JSON; absent when there is nothing to keep.
std::optional<Json> effects_left(const LoreWork& work, const lore::Outcome& outcome);
/// The entries that say something, to be looked for in the prompt.
std::vector<CitedEntry> entries_said(const LoreWork& work, const lore::Outcome& outcome);
/// Puts texts into the values that templates name, and those that belong between messages into `parts`.
void place_lore(const lore::Outcome& outcome, PromptValues& values, PromptParts& parts);

}  // namespace ry::chats
