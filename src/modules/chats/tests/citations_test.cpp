// What of knowledge and lore stands in a prompt, and how that is kept.
#include "modules/chats/citations.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::chats;

namespace {

PromptPiece piece(PromptSource source, std::string text) { return {.source = source, .text = std::move(text)}; }

KnowledgePassage passage(std::string text) {
    KnowledgePassage passage{.source_name = "Rules"};
    passage.text = std::move(text);
    return passage;
}

std::vector<SentMessage> sent(const std::vector<PromptPiece>& pieces) {
    std::vector<SentMessage> messages;
    for (const PromptPiece& each : pieces) messages.push_back({.text = each.text});
    return messages;
}

}  // namespace

TEST_CASE("what stands in the prompt as it is is cited, with its number and its place; what people said is not") {
    std::vector<PromptPiece> pieces{piece(PromptSource::prompt_template, "You know: [1] Rules\nTwo. [3] Rules\nNo dogs.\nGold."),
                                    piece(PromptSource::history, "One, he said."), piece(PromptSource::lore, "Fire.")};
    std::vector<CitedEntry> entries(3);
    entries[0] = {.uid = 7, .text = " Gold.\n"};
    entries[1] = {.uid = 8, .text = "Fire."};
    entries[2] = {.uid = 9, .text = "Smoke."};
    Citations found = citations_of(pieces, {passage("Two."), passage("One"), passage("\nNo dogs. ")}, entries);
    REQUIRE(found.passages.size() == 2);
    CHECK(found.passages[0].number == 1);
    CHECK(found.passages[1].number == 3);
    CHECK(found.passages[1].text == "No dogs.");
    CHECK(found.passages[1].source_name == "Rules");
    REQUIRE(found.entries.size() == 2);
    CHECK(found.entries[0].uid == 7);
    CHECK(found.entries[1].place.message == 2);
    CHECK(count_of(found) == 4);
    CHECK(citations_of(pieces, {passage(" \n")}, {}).passages.empty());

    Json kept = kept_citations(found);
    CHECK_FALSE(kept.text.contains("No dogs."));
    auto again = citations_from(kept, sent(pieces));
    REQUIRE(again);
    CHECK(to_json(*again) == to_json(found));
}

TEST_CASE("citations that point nowhere have no text") {
    Citations citations;
    for (PromptPlace place : {PromptPlace{5, 0, 2}, PromptPlace{-1, 0, 2}, PromptPlace{0, 90, 99}, PromptPlace{0, -3, 2}}) {
        CitedEntry entry;
        entry.place = place;
        citations.entries.push_back(entry);
    }
    auto read = citations_from(kept_citations(citations), {{.text = "short"}});
    REQUIRE(read);
    for (const CitedEntry& entry : read->entries) CHECK(entry.text.empty());
}
