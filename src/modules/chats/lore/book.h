#pragma once
// Lorebooks as values. Three formats are read and written: SillyTavern's world info, the character_book of V2 and V3
// cards, and V3's standalone lorebook_v3. docs/lore.md says what each member means.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace ry::chats::lore {

constexpr size_t book_bytes_max = 16 << 20;    ///< the JSON of 10,000 entries with 1,500 letters each
constexpr size_t entries_max = 10'000;         ///< of one book
constexpr size_t keys_max = 1'000;             ///< of one entry: primary and secondary ones each
constexpr size_t key_bytes_max = 1'000;        ///< of one key; how far matching looks back at each position
constexpr size_t content_bytes_max = 200'000;  ///< of one entry: more than any model's share for lore
constexpr size_t name_bytes_max = 1'000;       ///< of a book's name, a group's, an outlet's

enum class Logic { and_any, not_all, not_any, and_all };
constexpr std::array<std::string_view, 4> names_of(Logic) { return {"and_any", "not_all", "not_any", "and_all"}; }
/// The first eight have SillyTavern's numbers 0 to 7; the last two come from decorators alone.
enum class Position { before, after, an_top, an_bottom, at_depth, em_top, em_bottom, outlet, personality, scenario };
constexpr std::array<std::string_view, 10> names_of(Position) {
    return {"before", "after",     "an_top", "an_bottom",   "at_depth",
            "em_top", "em_bottom", "outlet", "personality", "scenario"};
}
enum class Speaker { system, user, assistant };
constexpr std::array<std::string_view, 3> names_of(Speaker) { return {"system", "user", "assistant"}; }

struct CharacterFilter {
    bool is_exclude = false;
    std::vector<std::string> names;
    std::vector<std::string> tags;
    bool operator==(const CharacterFilter&) const = default;
    static const Fields& fields() {
        using S = CharacterFilter;
        static const Field table[] = {
            field("is_exclude", &S::is_exclude,
                  "Whether these characters are left out, instead of being the only ones.", defaulted()),
            field("names", &S::names, "Names of characters.", defaulted(), length(0, keys_max)),
            field("tags", &S::tags, "Tags of characters.", defaulted(), length(0, keys_max)),
        };
        static const Fields all{"CharacterFilter", table};
        return all;
    }
};

/// One piece of lore. Members are named as cards name them, in `extensions` too.
struct Entry {
    int64_t uid = 0;
    std::vector<std::string> keys;
    std::vector<std::string> secondary_keys;
    std::string comment;
    std::string content;
    bool enabled = true;
    bool constant = false;
    bool selective = true;
    Logic selective_logic = Logic::and_any;
    bool use_regex = false;
    int64_t insertion_order = 100;
    Position position = Position::before;
    int64_t depth = 4;
    Speaker role = Speaker::system;
    std::string outlet_name;
    std::optional<bool> case_sensitive;
    std::optional<bool> match_whole_words;
    std::optional<int64_t> scan_depth;
    bool match_persona_description = false;
    bool match_character_description = false;
    bool match_character_personality = false;
    bool match_character_depth_prompt = false;
    bool match_scenario = false;
    bool match_creator_notes = false;
    bool exclude_recursion = false;
    bool prevent_recursion = false;
    int64_t delay_until_recursion = 0;
    double probability = 100;
    bool use_probability = true;
    std::string group;
    bool group_override = false;
    int64_t group_weight = 100;
    std::optional<bool> use_group_scoring;
    int64_t sticky = 0;
    int64_t cooldown = 0;
    int64_t delay = 0;
    bool ignore_budget = false;
    std::vector<std::string> triggers;
    CharacterFilter character_filter;
    Json extensions{"{}"};
    Json unknown{"{}"};
    bool operator==(const Entry&) const = default;
    static const Fields& fields() {
        using S = Entry;
        static const Field table[] = {
            field("uid", &S::uid, "Its number within the book."),
            field("keys", &S::keys, "Words that activate it, or regular expressions as /…/flags.", defaulted(),
                  length(0, keys_max)),
            field("secondary_keys", &S::secondary_keys, "Further words, joined by selective_logic.", defaulted(),
                  length(0, keys_max)),
            field("comment", &S::comment, "Its title; no model sees it.", defaulted(), length(0, content_bytes_max)),
            field("content", &S::content, "What the model is told; decorators (@@…) may stand before it.", defaulted(),
                  length(0, content_bytes_max)),
            field("enabled", &S::enabled, "Whether it may activate at all.", defaulted()),
            field("constant", &S::constant, "Activates without a key.", defaulted()),
            field("selective", &S::selective, "Whether secondary_keys count.", defaulted()),
            field("selective_logic", &S::selective_logic, "How secondary_keys are joined.", defaulted()),
            field("use_regex", &S::use_regex, "Whether every key is a regular expression.", defaulted()),
            field("insertion_order", &S::insertion_order, "Higher: considered earlier, and placed nearer to the end.",
                  defaulted()),
            field("position", &S::position, "Where its content goes.", defaulted()),
            field("depth", &S::depth, "At position at_depth: how many messages come after it.", defaulted()),
            field("role", &S::role, "At position at_depth: who says it.", defaulted()),
            field("outlet_name", &S::outlet_name, "At position outlet: which one.", defaulted(),
                  length(0, name_bytes_max)),
            field("case_sensitive", &S::case_sensitive, "Instead of the setting."),
            field("match_whole_words", &S::match_whole_words, "Instead of the setting."),
            field("scan_depth", &S::scan_depth, "How many messages are looked at, instead of the setting."),
            field("match_persona_description", &S::match_persona_description,
                  "Looks into the persona's description, too.", defaulted()),
            field("match_character_description", &S::match_character_description,
                  "Looks into the character's description, too.", defaulted()),
            field("match_character_personality", &S::match_character_personality,
                  "Looks into the character's personality, too.", defaulted()),
            field("match_character_depth_prompt", &S::match_character_depth_prompt,
                  "Looks into the character's note, too.", defaulted()),
            field("match_scenario", &S::match_scenario, "Looks into the scenario, too.", defaulted()),
            field("match_creator_notes", &S::match_creator_notes, "Looks into the creator's notes, too.", defaulted()),
            field("exclude_recursion", &S::exclude_recursion, "What other entries say does not activate it.",
                  defaulted()),
            field("prevent_recursion", &S::prevent_recursion, "What it says activates no others.", defaulted()),
            field("delay_until_recursion", &S::delay_until_recursion,
                  "From which level of recursion on it may activate; 0 means at once.", defaulted()),
            field("probability", &S::probability, "In how many of 100 cases it activates.", defaulted(), range(0, 100)),
            field("use_probability", &S::use_probability, "Whether probability counts.", defaulted()),
            field("group", &S::group,
                  "Of entries that share a group one activates; several groups are separated by commas.", defaulted(),
                  length(0, name_bytes_max)),
            field("group_override", &S::group_override, "Wins its group without a draw.", defaulted()),
            field("group_weight", &S::group_weight, "Its weight when the group draws.", defaulted(), range(0, 1e9)),
            field("use_group_scoring", &S::use_group_scoring,
                  "Whether fewer matched keys lose the group; instead of the setting."),
            field("sticky", &S::sticky, "For how many messages it stays active.", defaulted(), range(0, 1e9)),
            field("cooldown", &S::cooldown, "For how many messages it then rests.", defaulted(), range(0, 1e9)),
            field("delay", &S::delay, "How many messages the chat must have first.", defaulted(), range(0, 1e9)),
            field("ignore_budget", &S::ignore_budget, "Activates even when the budget is used up.", defaulted()),
            field("triggers", &S::triggers,
                  "Kinds of generation that it is for: normal, continue, impersonate, swipe, regenerate, quiet; empty "
                  "for all.",
                  defaulted(), length(0, 100)),
            field("character_filter", &S::character_filter, "For which characters it is.", defaulted()),
            field("extensions", &S::extensions, "What other programs keep in its extensions.", defaulted()),
            field("unknown", &S::unknown, "What else stood in its file; exported as it was.", defaulted()),
        };
        static const Fields all{"LoreEntry", table};
        return all;
    }
};

struct Book {
    std::string name;
    std::string description;
    std::optional<int64_t> scan_depth;
    std::optional<int64_t> token_budget;
    std::optional<bool> recursive_scanning;
    Json extensions{"{}"};
    Json unknown{"{}"};  ///< members of the file that are none of these
    std::vector<Entry> entries;
    bool operator==(const Book&) const = default;
};

enum class BookFormat { sillytavern, character_book, lorebook_v3 };
constexpr std::array<std::string_view, 3> names_of(BookFormat) {
    return {"sillytavern", "character_book", "lorebook_v3"};
}

/// Reads a book in any of the formats, also out of a whole card. Values of a wrong type are read as what they mean
/// ("4" is 4, null is the default), or kept as unknown. Uids become unique. An error says what the file lacks or
/// exceeds.
Result<Book> read_book(std::string_view json);
/// The book in a format. What the format has no member for stands in `extensions`.
std::string write_book(const Book& book, BookFormat format);
/// Whether an entry keeps the limits above.
Result<void> check_entry(const Entry& entry);

}  // namespace ry::chats::lore
