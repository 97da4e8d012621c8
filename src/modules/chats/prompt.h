#pragma once
// The prompt: what the model is sent, fitted into its window by tokens. Pure.
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/llm/llm.h"
#include "modules/chats/model.h"

namespace ry::chats {

struct Prompt {
    std::vector<llm::Message> messages;
    int64_t tokens = 0;           ///< estimated
    int64_t turns_left_out = 0;   ///< oldest messages that did not fit
};

/// Tokens of the window that are kept free for the answer: a quarter, at most 16,000.
int64_t answer_tokens(int64_t context_tokens);

/// `system` first, then as many of the newest `turns` (oldest first) as fit into the window beside the answer. The last turn
/// must fit whole: `invalid` when it does not.
Result<Prompt> fit_prompt(std::string_view system, const std::vector<Turn>& turns, int64_t context_tokens);

/// The prompt as JSON, as it is kept with the run: [{"role","text"}].
std::string prompt_json(const Prompt& prompt);

}  // namespace ry::chats
