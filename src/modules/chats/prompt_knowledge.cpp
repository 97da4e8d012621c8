#include "modules/chats/prompt_knowledge.h"

#include "base/json.h"
#include "base/text.h"

namespace ry::chats {
namespace {

/// "Depot rules, Opening hours": the document, when it is called otherwise the source before it, and the heading.
std::string place_of(const KnowledgePassage& passage) {
    std::string place = passage.source_name;
    for (const std::string& part : {passage.document_title, passage.heading})
        if (!part.empty() && !place.ends_with(part)) place += ", " + part;
    return place;
}

void member(std::string& out, std::string_view name, std::string_view value) {
    ((out += ",\"") += name) += "\":";
    json::write_string(out, value);
}

}  // namespace

std::string rag_text(std::span<const KnowledgePassage> passages) {
    std::string out;
    for (size_t i = 0; i < passages.size(); ++i) {
        if (i > 0) out += "\n\n";
        out += "[" + std::to_string(i + 1) + "] " + place_of(passages[i]) + "\n";
        out += trim(passages[i].text);
    }
    return out;
}

std::string rag_json(std::span<const KnowledgePassage> passages) {
    std::string out = "{\"text\":";
    json::write_string(out, rag_text(passages));
    out += ",\"passages\":[";
    for (size_t i = 0; i < passages.size(); ++i) {
        const KnowledgePassage& passage = passages[i];
        out += (i > 0 ? ",{\"number\":" : "{\"number\":") + std::to_string(i + 1);
        member(out, "text", passage.text);
        member(out, "source", passage.source_name);
        member(out, "document", passage.document_title);
        member(out, "path", passage.document_path);
        member(out, "heading", passage.heading);
        out += ",\"position\":" + std::to_string(passage.position) + "}";
    }
    return out += "]}";
}

}  // namespace ry::chats
