#pragma once
// Inside the part: the prompt, which is what the model is sent, fitted into its window by tokens. Pure.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/llm/llm.h"
#include "modules/chats/citation_model.h"
#include "modules/chats/image_model.h"
#include "modules/chats/prompt_model.h"

namespace ry::chats {

struct Prompt {
    std::vector<PromptPiece> pieces;        ///< one for each message
    int64_t tokens = 0;                     ///< estimated
    int64_t messages_left_out = 0;          ///< messages of the history that did not fit: the oldest that are not pinned
    std::vector<KnowledgePassage> passages = {};  ///< that templates could quote
    Citations citations = {};                      ///< what of knowledge and lore stands in it
    std::optional<Json> lore_effects = {};  ///< what an answer to it leaves to those after it
};

constexpr size_t prompt_images_max = 10;  ///< of 5 MiB each, for as long as the question is being sent

/// Tokens of the window that are kept free for the answer: a quarter, at most 16,000.
int64_t answer_tokens(int64_t context_tokens);
/// What a message of that text takes in the window.
int64_t message_tokens(std::string_view text);

/// `before` first, then as many of the newest `turns` (oldest first) as fit into the window beside the answer, then
/// `after`. Pinned turns are sent before others that are newer, as far as half of the room goes. The last turn must fit
/// whole: `invalid` says what to do when it does not. Of the images the newest prompt_images_max are sent. `messages_count`: of the whole history, of which `turns` are the
/// end, and pinned ones before it.
struct PromptParts {
    std::vector<PromptPiece> before;
    std::vector<Turn> turns;
    std::multimap<int64_t, PromptPiece, std::greater<>> within;  ///< between turns, by how many of them come after
    std::vector<PromptPiece> after;
    int64_t messages_count = 0;
};
Result<Prompt> fit_prompt(PromptParts parts, int64_t context_tokens);

bool has_images(const Prompt& prompt);
/// `images`: the files of those that the prompt sends; one that is not among them is left out.
std::vector<llm::Message> messages_of(const Prompt& prompt, const std::map<ImageId, llm::Image>& images = {});
/// The prompt as JSON, as it is kept with the run: [{"role","text"}], with "image_ids" where images are sent.
std::string prompt_json(const Prompt& prompt);

}  // namespace ry::chats
