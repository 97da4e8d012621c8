#include "modules/chats/citations.h"

#include <zstd.h>

#include "base/check.h"
#include "base/text.h"

namespace ry::chats {
namespace {

/// What people and models said is no quotation, whatever it has in common with one.
bool may_cite(const PromptPiece& piece) {
    switch (piece.source) {
        case PromptSource::prompt_template:
        case PromptSource::lore:
        case PromptSource::pipeline:
            return true;
        default:
            return false;
    }
}

std::optional<PromptPlace> place_of(const std::vector<PromptPiece>& pieces, std::string_view text) {
    if (text.empty()) return {};
    for (size_t i = 0; i < pieces.size(); ++i) {
        if (!may_cite(pieces[i])) continue;
        size_t at = pieces[i].text.find(text);
        if (at != std::string::npos)
            return PromptPlace{
                .message = int64_t(i), .from_byte = int64_t(at), .to_byte = int64_t(at + text.size())};
    }
    return {};
}

std::string text_at(const PromptPlace& place, const std::vector<SentMessage>& messages) {
    if (place.message < 0 || size_t(place.message) >= messages.size()) return {};
    std::string_view text = messages[size_t(place.message)].text;
    if (place.from_byte < 0 || size_t(place.from_byte) > text.size()) return {};
    return std::string(text.substr(size_t(place.from_byte), size_t(place.to_byte - place.from_byte)));
}

}  // namespace

Citations citations_of(const std::vector<PromptPiece>& pieces, std::vector<KnowledgePassage> passages,
                       std::vector<CitedEntry> entries) {
    Citations found;
    for (size_t i = 0; i < passages.size(); ++i) {
        std::string text(trim(passages[i].text));
        auto place = place_of(pieces, text);
        if (!place) continue;
        CitedPassage cited{{std::move(passages[i])}, int64_t(i) + 1, *place};
        cited.text = std::move(text);
        found.passages.push_back(std::move(cited));
    }
    for (CitedEntry& entry : entries) {
        entry.text = trim(entry.text);
        auto place = place_of(pieces, entry.text);
        if (!place) continue;
        entry.place = *place;
        found.entries.push_back(std::move(entry));
    }
    return found;
}

int64_t count_of(const Citations& citations) { return int64_t(citations.passages.size() + citations.entries.size()); }

Json kept_citations(Citations citations) {
    for (CitedPassage& passage : citations.passages) passage.text.clear();
    for (CitedEntry& entry : citations.entries) entry.text.clear();
    return {to_json(citations)};
}

Result<Citations> citations_from(const Json& kept, const std::vector<SentMessage>& messages) {
    auto citations = TRY(from_json<Citations>(kept.text));
    for (CitedPassage& passage : citations.passages) passage.text = text_at(passage.place, messages);
    for (CitedEntry& entry : citations.entries) entry.text = text_at(entry.place, messages);
    return citations;
}

std::vector<SentMessage> unpacked_prompt(std::string_view zstd) {
    unsigned long long size = ZSTD_getFrameContentSize(zstd.data(), zstd.size());
    ENSURE(size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR);
    std::string json(size, '\0');
    size_t got = ZSTD_decompress(json.data(), json.size(), zstd.data(), zstd.size());
    ENSURE(!ZSTD_isError(got) && got == json.size());
    std::vector<SentMessage> messages;
    ENSURE(from_text(json, messages));
    return messages;
}

}  // namespace ry::chats
