// Reading and writing books: formats, round trips, what is refused.
#include "modules/chats/lore/tests/rules.h"

using namespace ry;
using namespace ry::chats::lore;

namespace {

Book read(std::string_view json) {
    auto book = read_book(json);
    REQUIRE_MESSAGE(book, (book ? "" : book.error().message));
    return *std::move(book);
}

std::string refused(std::string_view json) {
    auto book = read_book(json);
    return book ? "" : book.error().message;
}

constexpr std::string_view sillytavern = R"({"name": "World", "originalData": {"x": 1.50}, "entries": {"0": {
    "uid": 0, "key": ["a"], "keysecondary": ["b"], "comment": "Title", "content": "C", "constant": true, "vectorized": true, "selective": true, "selectiveLogic": 3,
    "addMemo": true, "order": 7, "position": 4, "disable": true, "ignoreBudget": true, "excludeRecursion": true, "preventRecursion": true, "matchPersonaDescription": true,
    "matchCharacterDescription": true, "matchCharacterPersonality": true, "matchCharacterDepthPrompt": true, "matchScenario": true, "matchCreatorNotes": true,
    "delayUntilRecursion": 2, "probability": 40, "useProbability": true, "depth": 6, "outletName": "o", "group": "g", "groupOverride": true, "groupWeight": 5, "scanDepth": 9,
    "caseSensitive": true, "matchWholeWords": false, "useGroupScoring": true, "automationId": "auto", "role": 2, "sticky": 1, "cooldown": 2, "delay": 3, "displayIndex": 0,
    "triggers": ["swipe"], "characterFilter": {"isExclude": true, "names": ["N"], "tags": ["t"]}, "someExtension": {"deep": [1, {"k": null}]}, "extensions": {"mine": "yes"}}}})";

}  // namespace

TEST_CASE("every member of SillyTavern's entries is read") {
    Book book = read(sillytavern);
    REQUIRE(book.entries.size() == 1);
    Entry expected{
        .uid = 0,
        .keys = {"a"},
        .secondary_keys = {"b"},
        .comment = "Title",
        .content = "C",
        .enabled = false,
        .constant = true,
        .selective = true,
        .selective_logic = Logic::and_all,
        .insertion_order = 7,
        .position = Position::at_depth,
        .depth = 6,
        .role = Speaker::assistant,
        .outlet_name = "o",
        .case_sensitive = true,
        .match_whole_words = false,
        .scan_depth = 9,
        .match_persona_description = true,
        .match_character_description = true,
        .match_character_personality = true,
        .match_character_depth_prompt = true,
        .match_scenario = true,
        .match_creator_notes = true,
        .exclude_recursion = true,
        .prevent_recursion = true,
        .delay_until_recursion = 2,
        .probability = 40,
        .use_probability = true,
        .group = "g",
        .group_override = true,
        .group_weight = 5,
        .use_group_scoring = true,
        .sticky = 1,
        .cooldown = 2,
        .delay = 3,
        .ignore_budget = true,
        .triggers = {"swipe"},
        .character_filter = {true, {"N"}, {"t"}},
        .extensions = {R"({"mine":"yes"})"},
        .unknown = {
            R"({"vectorized":true,"addMemo":true,"automationId":"auto","displayIndex":0,"someExtension":{"deep":[1,{"k":null}]}})"}};
    CHECK(to_json(book.entries[0]) == to_json(expected));
    CHECK(book.name == "World");
    CHECK(book.unknown.text == R"({"originalData":{"x":1.5E0}})");
}

TEST_CASE("what is read and written is the same book, in each format, with all that is unknown") {
    Book book = read(sillytavern);
    CHECK(read(write_book(book, BookFormat::sillytavern)) == book);
    Book card = read(
        R"({"name": "B", "description": "D", "scan_depth": 5, "token_budget": 6, "recursive_scanning": true, "extensions": {"a": {"b": 1}}, "more": [1], "entries": [
        {"keys": ["k"], "content": "c", "extensions": {"position": 4, "role": 1, "selectiveLogic": 2, "weight": 10, "match_whole_words": true}, "enabled": false, "insertion_order": 3,
         "case_sensitive": true, "name": "n", "priority": 4, "id": 12, "comment": "cc", "selective": true, "secondary_keys": ["s"], "constant": false, "position": "after_char"}]})");
    const Entry& entry = card.entries[0];
    CHECK(entry.uid == 12);
    CHECK(!entry.enabled);
    CHECK(entry.position == Position::at_depth);
    CHECK(entry.role == Speaker::user);
    CHECK(entry.selective_logic == Logic::not_any);
    CHECK(entry.extensions.text == R"({"weight":10})");
    CHECK(entry.unknown.text == R"({"name":"n","priority":4})");
    CHECK(card.unknown.text == R"({"more":[1]})");
    CHECK(read(write_book(card, BookFormat::character_book)) == card);
    CHECK(read(write_book(card, BookFormat::lorebook_v3)) == card);
    CHECK(write_book(card, BookFormat::lorebook_v3).starts_with(R"({"spec":"lorebook_v3","data":{)"));
    CHECK(
        read(write_book(read(write_book(book, BookFormat::character_book)), BookFormat::sillytavern)).entries[0].keys ==
        book.entries[0].keys);
}

TEST_CASE("positions of cards: the word, unless the extension has the number") {
    auto position = [](std::string_view members) {
        return read(R"({"entries": [{"keys": [], "content": "", )" + std::string(members) + "}]}").entries[0].position;
    };
    CHECK(position(R"("position": "before_char")") == Position::before);
    CHECK(position(R"("position": "after_char")") == Position::after);
    CHECK(position(R"("position": "after_char", "extensions": {"position": 0})") == Position::before);
    CHECK(position(R"("position": "after_char", "extensions": {"position": 99})") == Position::after);
}

TEST_CASE("a book is found in a card, in a lorebook_v3, and as it is") {
    constexpr std::string_view entries = R"({"entries": [{"keys": ["k"], "content": "c"}]})";
    CHECK(read(entries).entries.size() == 1);
    CHECK(read(R"({"spec": "lorebook_v3", "data": )" + std::string(entries) + "}").entries.size() == 1);
    CHECK(read(R"({"spec": "chara_card_v2", "data": {"name": "x", "character_book": )" + std::string(entries) + "}}")
              .entries.size() == 1);
    CHECK(read(R"({"entries": {}})").entries.empty());
    CHECK(read("\xEF\xBB\xBF{\"entries\": []}").entries.empty());
}

TEST_CASE("values of a wrong type are read as what they mean, or kept") {
    Entry entry =
        read(
            R"({"entries": {"5": {"uid": "5", "key": "a, b", "order": "12", "depth": null, "probability": 250, "sticky": null, "delayUntilRecursion": true, "disable": 1,
        "role": null, "position": "3", "group": 5, "scanDepth": 3.0, "cooldown": -4, "selectiveLogic": "odd"}}})")
            .entries[0];
    CHECK(entry.uid == 5);
    CHECK(entry.keys == std::vector<std::string>{"a", "b"});
    CHECK(entry.insertion_order == 12);
    CHECK(entry.depth == 4);
    CHECK(entry.probability == 100);
    CHECK(entry.delay_until_recursion == 1);
    CHECK(!entry.enabled);
    CHECK(entry.position == Position::an_bottom);
    CHECK(entry.group == "5");
    CHECK(entry.scan_depth == 3);
    CHECK(entry.cooldown == 0);
    CHECK(entry.unknown.text == R"({"selectiveLogic":"odd"})");
}

TEST_CASE("uids are unique: who has none, or one that is taken, gets the next free one") {
    Book book = read(
        R"({"entries": [{"keys": [], "content": "", "id": 1}, {"keys": [], "content": ""}, {"keys": [], "content": "", "id": 1}, {"keys": [], "content": "", "id": "text"}, {"keys": [], "content": "", "id": 0}]})");
    std::vector<int64_t> uids;
    for (const Entry& entry : book.entries) uids.push_back(entry.uid);
    CHECK(uids == std::vector<int64_t>{1, 2, 3, 4, 0});
}

TEST_CASE("what is no book, or too much of one, is refused with what to do") {
    CHECK(refused("{").starts_with("the lorebook is not valid JSON"));
    CHECK(refused("[]").starts_with("there is no lorebook in it"));
    CHECK(refused(R"({"name": "x"})").starts_with("there is no lorebook in it"));
    CHECK(refused(R"({"entries": 5})") == "/entries must be an object or an array of entries");
    CHECK(refused(R"({"entries": [5]})") == "/entries/0 must be an object");
    CHECK(refused(std::string(40, '[')) == "the JSON is nested deeper than 32 levels");
    std::string many;
    for (size_t at = 0; at <= entries_max; ++at) many += many.empty() ? "{}" : ",{}";
    CHECK(refused(R"({"entries": [)" + many + "]}") == "the book has more than 10000 entries; split it into several");
    CHECK(refused(R"({"entries": [{"key": [")" + std::string(key_bytes_max + 1, 'k') + R"("]}]})") ==
          "entry 1: a key has more than 1000 bytes; shorten it");
    CHECK(refused(R"({"entries": [{"key": [], "content": ")" + std::string(content_bytes_max + 1, 'k') + R"("}]})") ==
          "entry 1: content has more than 200000 bytes; shorten it");
    CHECK(refused(std::string(book_bytes_max + 1, ' ')) == "the book has more than 16 MiB; split it into several");
}
