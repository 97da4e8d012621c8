#pragma once
// Lore: which entries of lorebooks a conversation activates, where their texts go, and why. docs/lore.md is the
// contract, with SillyTavern's rules and what differs. Pure: the same books, scene and seed give the same outcome.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "modules/chats/lore/book.h"

namespace ry::chats::lore {

constexpr size_t messages_max = 1'000;               ///< that are looked at, the newest
constexpr size_t scanned_bytes_max = 8 << 20;        ///< of messages, fields and activated texts together
constexpr size_t rounds_max = 200;                   ///< of recursion and of looking further back
constexpr uint64_t regex_steps_max = 2'000'000'000;  ///< letters × states of all expressions: a few seconds at worst

enum class InsertionStrategy { evenly, character_first, global_first };
constexpr std::array<std::string_view, 3> names_of(InsertionStrategy) {
    return {"evenly", "character_first", "global_first"};
}

struct Settings {
    int64_t scan_depth = 2;
    int64_t min_activations = 0;
    int64_t min_activations_depth_max = 0;
    double budget_percent = 25;
    int64_t budget_cap = 0;
    int64_t context_tokens = 8192;
    bool include_names = true;
    bool recursive = true;
    int64_t max_recursion_steps = 0;
    bool case_sensitive = false;
    bool match_whole_words = false;
    bool use_group_scoring = false;
    InsertionStrategy insertion_strategy = InsertionStrategy::character_first;
    static const Fields& fields() {
        using S = Settings;
        static const Field table[] = {
            field("scan_depth", &S::scan_depth, "How many of the newest messages are looked at.", defaulted(),
                  range(0, messages_max)),
            field("min_activations", &S::min_activations,
                  "Looks further back until so many entries are active; 0 for not.", defaulted(), range(0, 10'000)),
            field("min_activations_depth_max", &S::min_activations_depth_max,
                  "How far back that may go; 0 for all messages.", defaulted(), range(0, messages_max)),
            field("budget_percent", &S::budget_percent, "How much of the model's window lore may take.", defaulted(),
                  range(0, 100)),
            field("budget_cap", &S::budget_cap, "How many tokens it may take at most; 0 for no such limit.",
                  defaulted(), range(0, 1e9)),
            field("context_tokens", &S::context_tokens, "The model's window.", defaulted(), range(1, 1e9)),
            field("include_names", &S::include_names, "Whether the names of those who speak are looked at, too.",
                  defaulted()),
            field("recursive", &S::recursive, "Whether activated texts activate others; a book may say so itself.",
                  defaulted()),
            field("max_recursion_steps", &S::max_recursion_steps,
                  "How many times all is looked at; 0 for as often as needed. Above 0, min_activations does not count.",
                  defaulted(), range(0, rounds_max)),
            field("case_sensitive", &S::case_sensitive, "Whether keys are, unless their entry says.", defaulted()),
            field("match_whole_words", &S::match_whole_words, "Whether keys are whole words, unless their entry says.",
                  defaulted()),
            field("use_group_scoring", &S::use_group_scoring,
                  "Whether the most matched keys win a group, unless its entries say.", defaulted()),
            field("insertion_strategy", &S::insertion_strategy, "Which books are considered first.", defaulted()),
        };
        static const Fields all{"LoreSettings", table};
        return all;
    }
};

struct Line {
    std::string name;  ///< of who speaks; may be empty
    std::string text;
};

enum class TimedEffectKind { sticky, cooldown };
constexpr std::array<std::string_view, 2> names_of(TimedEffectKind) { return {"sticky", "cooldown"}; }
/// An entry stays active, or rests, while the chat has more than `from` and fewer than `to` messages.
struct TimedEffect {
    std::string book;
    int64_t uid = 0;
    TimedEffectKind kind = TimedEffectKind::sticky;
    int64_t from = 0;
    int64_t to = 0;
    bool is_protected = false;  ///< it stays when the chat is cut back to `from`
    bool operator==(const TimedEffect&) const = default;
    static const Fields& fields() {
        using S = TimedEffect;
        static const Field table[] = {
            field("book", &S::book, "The id of the book."),
            field("uid", &S::uid, "The entry's number in it."),
            field("kind", &S::kind, "Whether the entry stays active, or rests."),
            field("from", &S::from, "How many messages the chat had when it began."),
            field("to", &S::to, "How many it has when it ends."),
            field("is_protected", &S::is_protected, "Whether it stays when the chat is cut back to where it began."),
        };
        static const Fields all{"LoreTimedEffect", table};
        return all;
    }
};

/// What lore is looked for in, and what its conditions ask.
struct Scene {
    std::vector<Line> lines;     ///< the history, oldest first; its end is enough
    int64_t messages_count = 0;  ///< of the whole history; fewer than lines means as many as lines
    int64_t assistant_messages_count = 0;
    std::string persona_description, character_description, character_personality, character_depth_prompt, scenario,
        creator_notes;
    std::string character_name;
    std::vector<std::string> character_tags;
    std::string trigger = "normal";
    std::optional<int64_t> greeting;       ///< which one the chat began with, from 0; absent when that is not known
    std::optional<std::string> user_icon;  ///< absent when there are none
    bool is_context_full = false;
    std::vector<TimedEffect> effects;
    uint64_t seed = 0;
    /// Tokens of a text; without it a quarter of its letters.
    std::function<int64_t(std::string_view)> count_tokens = {};
    /// A content with its macros replaced; without it as it is.
    std::function<std::string(std::string_view)> expand = {};
};

/// What of the scene and the settings keys are read with.
struct Reading {
    bool case_sensitive = false;
    std::string char_name;  ///< for {{char}} in keys
    std::string user_name;  ///< for {{user}}
    bool operator==(const Reading&) const = default;
};

struct CompiledBook;
/// Makes a book ready: once for each version of it and each reading. Takes some 10 ms for 10,000 entries; never fails,
/// what is wrong with a key is said where its entry is.
std::shared_ptr<const CompiledBook> compile(Book book, const Reading& reading = {});
const Book& book_of(const CompiledBook& compiled);

enum class Scope { global, entity_profile, persona, chat };
constexpr std::array<std::string_view, 4> names_of(Scope) { return {"global", "entity_profile", "persona", "chat"}; }
struct BookInUse {
    std::string id;  ///< names it in verdicts; two with one id are one
    Scope scope = Scope::global;
    std::shared_ptr<const CompiledBook> compiled;
};

/// Why an entry activated, or why not: the first four are reasons to.
enum class Reason {
    constant,
    keys,
    sticky,
    decorator,
    disabled,
    trigger,
    character_filter,
    delay,
    cooldown,
    waits_for_recursion,
    recursion_off,
    excluded_from_recursion,
    dont_activate,
    only_after,
    only_every,
    greeting,
    user_icon,
    context_full,
    additional_keys,
    exclude_keys,
    no_keys,
    no_match,
    secondary_keys,
    unusable_key,
    group,
    probability,
    budget,
};
constexpr std::array<std::string_view, 27> names_of(Reason) {
    return {"constant",
            "keys",
            "sticky",
            "decorator",
            "disabled",
            "trigger",
            "character_filter",
            "delay",
            "cooldown",
            "waits_for_recursion",
            "recursion_off",
            "excluded_from_recursion",
            "dont_activate",
            "only_after",
            "only_every",
            "greeting",
            "user_icon",
            "context_full",
            "additional_keys",
            "exclude_keys",
            "no_keys",
            "no_match",
            "secondary_keys",
            "unusable_key",
            "group",
            "probability",
            "budget"};
}

struct Verdict {
    std::string book;
    int64_t uid = 0;
    std::string comment;
    bool activated = false;
    Reason reason = Reason::no_match;
    std::string detail;  ///< the reason in words, where there is more to say
    std::vector<std::string> matched_keys;
    static const Fields& fields() {
        using S = Verdict;
        static const Field table[] = {
            field("book", &S::book, "The id of the book."),
            field("uid", &S::uid, "The entry's number in it."),
            field("comment", &S::comment, "The entry's title."),
            field("activated", &S::activated, "Whether it is part of the prompt."),
            field("reason", &S::reason, "Why, or why not."),
            field("detail", &S::detail, "The reason in words, where there is more to say."),
            field("matched_keys", &S::matched_keys, "Its keys that were found."),
        };
        static const Fields all{"LoreVerdict", table};
        return all;
    }
};

/// An activated text and its place.
struct Piece {
    std::string book;
    int64_t uid = 0;
    Position position = Position::before;
    int64_t depth = 0;
    Speaker role = Speaker::system;
    std::string outlet_name;
    std::string text;
    int64_t tokens = 0;
    static const Fields& fields() {
        using S = Piece;
        static const Field table[] = {
            field("book", &S::book, "The id of the book."),
            field("uid", &S::uid, "The entry's number in it."),
            field("position", &S::position, "Where the text goes."),
            field("depth", &S::depth, "At position at_depth: how many messages come after it."),
            field("role", &S::role, "At position at_depth: who says it."),
            field("outlet_name", &S::outlet_name, "At position outlet: which one."),
            field("text", &S::text, "What the model is told."),
            field("tokens", &S::tokens, "How many tokens that takes."),
        };
        static const Fields all{"LorePiece", table};
        return all;
    }
};

struct Outcome {
    std::vector<Piece> pieces;                  ///< in the order in which each position has them
    std::vector<Verdict> verdicts;              ///< one for each entry, in the order of the books
    std::vector<TimedEffect> effects;           ///< instead of the scene's, when the turn is kept
    std::vector<std::string> disabled_prompts;  ///< `post_history_instructions`, `system_prompt`: as decorators ask
    int64_t budget = 0;
    int64_t tokens = 0;
    bool is_overflowed = false;
    std::vector<std::string> warnings;
};

/// Thread-safe. Bounded by the limits above; what they cut off is a warning.
Outcome resolve(const std::vector<BookInUse>& books, const Settings& settings, const Scene& scene);
/// The texts of a position, joined by line ends.
std::string text_at(const Outcome& outcome, Position position);

}  // namespace ry::chats::lore
