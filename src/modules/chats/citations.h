#pragma once
// Inside the part: which passages of knowledge and entries of lorebooks stand in a prompt. They are kept as places in the
// prompt, which is kept anyway: their texts are there once, and stay what they were when a source changes. Pure.
#include "modules/chats/citation_model.h"

namespace ry::chats {

/// Those whose text stands as it is in what templates, lore and pipelines say to the model, each with its place.
Citations citations_of(const std::vector<PromptPiece>& pieces, std::vector<KnowledgePassage> passages,
                       std::vector<CitedEntry> entries);
int64_t count_of(const Citations& citations);
/// As they are kept: without their texts.
Json kept_citations(Citations citations);
/// With their texts again, from the messages of the prompt.
Result<Citations> citations_from(const Json& kept, const std::vector<SentMessage>& messages);
/// The messages of a prompt from its compressed JSON.
std::vector<SentMessage> unpacked_prompt(std::string_view zstd);

}  // namespace ry::chats
