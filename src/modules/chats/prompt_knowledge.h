#pragma once
// Inside the part: knowledge in prompts, as `rag` of templates. Pure.
#include <span>
#include <string>

#include "modules/chats/knowledge_model.h"

namespace ry::chats {

/// The passages with their numbers and where they stand: what a model quotes.
std::string rag_text(std::span<const KnowledgePassage> passages);
/// {"text", "passages": [{"number", "text", "source", "document", "path", "heading", "position"}]}
std::string rag_json(std::span<const KnowledgePassage> passages);

}  // namespace ry::chats
