#pragma once
// Inside lore: where keys are found. Every text is looked through once, by all words of a book at a time; what was
// found is kept by where it was (which message, which field, activated texts), so that entries of any depth ask for
// free.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/lore/compiled.h"

namespace ry::chats::lore {

constexpr size_t scene_fields = 6;  ///< persona, description, personality, note, scenario, creator's notes

/// What of the scene a key may be found in.
struct Reach {
    int64_t depth = 0;       ///< how many of the newest messages
    uint8_t fields = 0;      ///< bit n: the n-th field
    bool activated = false;  ///< what entries say that activated before
    bool operator==(const Reach&) const = default;
};

class Matcher {
public:
    /// The books and the scene outlive it.
    Matcher(const std::vector<BookInUse>& books, const Scene& scene, bool include_names);

    /// Looks at so many of the newest messages, if it has not yet.
    void look_back(int64_t depth);
    /// Looks at what entries say that activated.
    void look_at_activated(std::string_view text);
    bool has_activated() const { return !activated_.empty(); }
    /// Whether the key of an entry is in reach. Words are whole when `is_whole`.
    bool is_found(size_t book, const Key& key, const Reach& reach, bool is_whole);

    /// Whether a word of the entry was found anywhere; when none was, is_found() is false for all its words.
    bool has_word(size_t book, size_t entry) const { return places_[book].has_word[entry]; }

    bool is_cut() const { return is_cut_; }  ///< there was more text than the limit
    bool is_regex_cut() const { return regex_steps_ >= regex_steps_max; }

private:
    /// Where a word was found.
    struct Places {
        int64_t newest = std::numeric_limits<int64_t>::max();  ///< the newest message that has it, from 0
        uint8_t fields = 0;
        bool activated = false;
    };
    /// A text that expressions are matched with.
    struct TextId {
        Reach reach;
        size_t activated_bytes = 0;
        bool operator==(const TextId&) const = default;
    };
    struct RegexResult {
        TextId text;
        bool is_known = false;
        bool is_found = false;
    };
    struct BookPlaces {
        std::vector<Places> anywhere, whole;  ///< by word: the folded ones, then the exact ones
        std::vector<uint32_t> seen;           ///< by word: the last text that has it
        std::vector<uint8_t> has_word;        ///< by entry
        std::vector<RegexResult> regexes;     ///< by expression: the last result
    };

    template <class Mark>
    void look(std::string_view text, Mark mark);
    bool is_within(const Places& places, const Reach& reach) const;
    bool is_matched(const RegexKey& regex, RegexResult& result, const Reach& reach);
    const std::string& text_of(const TextId& id);

    const std::vector<BookInUse>& books_;
    std::vector<std::string> lines_;  ///< newest first
    std::string fields_[scene_fields];
    std::string messages_;              ///< those that were looked at, newest first, each after a U+0001
    std::vector<size_t> message_ends_;  ///< in messages_
    std::string activated_;
    std::vector<BookPlaces> places_;
    TextId text_id_;  ///< of text_
    std::string text_;
    uint32_t texts_ = 0;
    size_t scanned_bytes_ = 0;
    uint64_t regex_steps_ = 0;
    bool is_cut_ = false;
};

}  // namespace ry::chats::lore
