#include "modules/chats/lore/compiled.h"

#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "modules/chats/lore/letters.h"

namespace ry::chats::lore {
namespace {

void replace_ignoring_case(std::string& text, std::string_view what, std::string_view by) {
    for (size_t at = 0; at + what.size() <= text.size();) {
        if (!equals_ignoring_case(std::string_view(text).substr(at, what.size()), what)) {
            ++at;
            continue;
        }
        text.replace(at, what.size(), by);
        at += by.size();
    }
}

class Compiler {
public:
    Compiler(CompiledBook& to, const Reading& reading) : to_(to), reading_(reading) {}

    void run() {
        to_.entries.reserve(to_.book.entries.size());
        for (size_t at = 0; at < to_.book.entries.size(); ++at) add(at);
        std::ranges::sort(to_.entries, {}, [&](const CompiledEntry& entry) {
            return std::pair(-to_.book.entries[entry.at].insertion_order, to_.book.entries[entry.at].uid);
        });
        to_.folded = Automaton(to_.folded_words);
        to_.exact = Automaton(to_.exact_words);
        list_users();
    }

private:
    void add(size_t at) {
        const Entry& entry = to_.book.entries[at];
        CompiledEntry made;
        made.at = at;
        std::string_view content = entry.content;
        made.decorators = take_decorators(content);
        made.content = content;
        bool is_exact = entry.case_sensitive.value_or(reading_.case_sensitive);
        made.keys = keys_of(entry.keys, entry.use_regex, is_exact, made);
        if (entry.selective && !entry.use_regex)
            made.secondary_keys = keys_of(entry.secondary_keys, false, is_exact, made);
        made.additional_keys = keys_of(made.decorators.additional_keys, entry.use_regex, is_exact, made);
        if (!entry.use_regex) made.exclude_keys = keys_of(made.decorators.exclude_keys, false, is_exact, made);
        for (std::string_view group : split(entry.group, ','))
            if (group = trim(group); !group.empty()) made.groups.emplace_back(group);
        bool looks[] = {entry.match_persona_description,
                        entry.match_character_description,
                        entry.match_character_personality,
                        entry.match_character_depth_prompt,
                        entry.match_scenario,
                        entry.match_creator_notes};
        for (size_t field = 0; field < std::size(looks); ++field) made.fields |= uint8_t(looks[field] << field);
        made.is_plain = is_plain(entry, made);
        made.is_faulty = !made.key_problem.empty() || !made.decorators.ignored.empty();
        to_.scan_depth_max =
            std::max({to_.scan_depth_max, entry.scan_depth.value_or(0), made.decorators.scan_depth.value_or(0)});
        to_.entries.push_back(std::move(made));
    }

    static bool is_plain(const Entry& entry, const CompiledEntry& compiled) {
        auto is_word = [](const Key& key) { return key.kind == KeyKind::folded || key.kind == KeyKind::exact; };
        return entry.enabled && !entry.constant && entry.triggers.empty() &&
               entry.character_filter == CharacterFilter() && entry.delay == 0 && entry.delay_until_recursion == 0 &&
               compiled.decorators == Decorators() && !compiled.keys.empty() &&
               std::ranges::all_of(compiled.keys, is_word);
    }

    /// Which entries each word may activate.
    void list_users() {
        std::vector<std::pair<uint32_t, uint32_t>> pairs;
        for (size_t at = 0; at < to_.entries.size(); ++at)
            for (const Key& key : to_.entries[at].keys)
                if (key.kind == KeyKind::folded || key.kind == KeyKind::exact)
                    pairs.emplace_back(key.index + (key.kind == KeyKind::exact ? to_.folded_words.size() : 0), at);
        std::ranges::sort(pairs);
        size_t words = to_.folded_words.size() + to_.exact_words.size();
        to_.users_begin.reserve(words + 1);
        for (const auto& [word, entry] : pairs) {
            while (to_.users_begin.size() <= word) to_.users_begin.push_back(uint32_t(to_.users.size()));
            to_.users.push_back(entry);
        }
        to_.users_begin.resize(words + 1, uint32_t(to_.users.size()));
    }

    std::vector<Key> keys_of(const std::vector<std::string>& texts, bool is_regex, bool is_exact,
                             CompiledEntry& entry) {
        std::vector<Key> keys;
        for (const std::string& text : texts) {
            std::string plain(trim(text));
            if (!plain.empty()) keys.push_back(key_of(text, expanded(std::move(plain)), is_regex, is_exact, entry));
        }
        return keys;
    }

    std::string expanded(std::string key) const {
        if (key.find("{{") == std::string::npos) return key;
        replace_ignoring_case(key, "{{char}}", reading_.char_name);
        replace_ignoring_case(key, "{{user}}", reading_.user_name);
        return key;
    }

    Key key_of(const std::string& text, const std::string& plain, bool is_regex, bool is_exact, CompiledEntry& entry) {
        Key key{.text = text};
        auto regex = regex_text(plain);
        if (is_regex && !regex) regex = RegexText{plain, is_exact ? "" : "i"};
        if (regex) {
            add_regex(key, *regex, entry);
        } else if (!plain.empty()) {
            key.kind = is_exact ? KeyKind::exact : KeyKind::folded;
            key.has_space = plain.find_first_of(" \t\r\n\f\v") != std::string::npos;
            key.index = is_exact ? number_of(plain, exact_numbers_, to_.exact_words)
                                 : number_of(folded(plain), folded_numbers_, to_.folded_words);
        }
        return key;
    }

    void add_regex(Key& key, RegexText text, CompiledEntry& entry) {
        std::string problem =
            "is one of more than " + std::to_string(regexes_max) + " expressions; use plain words, or several books";
        if (to_.regexes.size() < regexes_max) {
            RegexKey regex(text);
            problem = regex.problem();
            if (problem.empty()) {
                key.kind = KeyKind::regex;
                key.index = uint32_t(to_.regexes.size());
                to_.regexes.push_back(std::move(regex));
                return;
            }
        }
        if (entry.key_problem.empty())
            entry.key_problem = "the key " + std::string(utf8_prefix(key.text, 100)) + " " + problem;
    }

    using Numbers = std::unordered_map<std::string, uint32_t>;
    static uint32_t number_of(std::string word, Numbers& numbers, std::vector<std::string>& words) {
        auto [at, is_new] = numbers.emplace(std::move(word), uint32_t(words.size()));
        if (is_new) words.push_back(at->first);
        return at->second;
    }

    CompiledBook& to_;
    const Reading& reading_;
    Numbers folded_numbers_, exact_numbers_;
};

}  // namespace

std::shared_ptr<const CompiledBook> compile(Book book, const Reading& reading) {
    auto made = std::make_shared<CompiledBook>();
    made->book = std::move(book);
    Compiler(*made, reading).run();
    return made;
}

const Book& book_of(const CompiledBook& compiled) { return compiled.book; }

}  // namespace ry::chats::lore
