#pragma once
// Inside lore: a book made ready for matching. Immutable: threads may share it.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/lore/automaton.h"
#include "modules/chats/lore/decorators.h"
#include "modules/chats/lore/lore.h"
#include "modules/chats/lore/regex_key.h"

namespace ry::chats::lore {

enum class KeyKind : uint8_t { folded, exact, regex, unusable };

struct Key {
    KeyKind kind = KeyKind::unusable;
    bool has_space = false;  ///< several words: they are looked for without regard to where words end
    uint32_t index = 0;      ///< of the word in its automaton, or of the expression
    std::string text;        ///< as the book has it
};

struct CompiledEntry {
    size_t at = 0;  ///< in the book
    bool is_plain =
        false;  ///< nothing but a word of its own can activate it: while none is found it needs no further look
    bool is_faulty = false;  ///< there is something to warn of: a key or a decorator that is unusable
    std::string content;  ///< without its decorators
    Decorators decorators;
    std::vector<Key> keys, secondary_keys, additional_keys, exclude_keys;
    std::vector<std::string> groups;
    uint8_t fields = 0;       ///< bit n: looks into the n-th field of the scene
    std::string key_problem;  ///< what is wrong with the first key that is unusable
};

struct CompiledBook {
    Book book;
    std::vector<CompiledEntry> entries;  ///< in the order in which they are considered: higher insertion_order first
    std::vector<std::string> folded_words, exact_words;
    Automaton folded, exact;
    std::vector<uint32_t> users_begin,
        users;  ///< by word, the folded ones first: the places in `entries` of those that have it as a key
    std::vector<RegexKey> regexes;
    int64_t scan_depth_max = 0;  ///< of the entries that have a depth of their own
};

}  // namespace ry::chats::lore
