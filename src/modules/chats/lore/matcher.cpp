#include "modules/chats/lore/matcher.h"

#include <algorithm>

#include "base/text.h"
#include "modules/chats/lore/letters.h"

namespace ry::chats::lore {
namespace {

/// Before each text, as SillyTavern has it, so that an expression can stay within one: [^\x01].
constexpr std::string_view mark = "\x01";

}  // namespace

Matcher::Matcher(const std::vector<BookInUse>& books, const Scene& scene, bool include_names)
    : books_(books), places_(books.size()) {
    for (auto line = scene.lines.rbegin(); line != scene.lines.rend() && lines_.size() < messages_max; ++line) {
        std::string text(trim(line->text));
        lines_.push_back(include_names && !line->name.empty() ? line->name + ": " + text : std::move(text));
    }
    for (size_t at = 0; at < books.size(); ++at) {
        size_t words = books[at].compiled->folded.size() + books[at].compiled->exact.size();
        places_[at].anywhere.resize(words);
        places_[at].whole.resize(words);
        places_[at].seen.resize(words);
        places_[at].has_word.resize(books[at].compiled->entries.size());
        places_[at].regexes.resize(books[at].compiled->regexes.size());
    }
    const std::string* texts[scene_fields] = {&scene.persona_description,
                                              &scene.character_description,
                                              &scene.character_personality,
                                              &scene.character_depth_prompt,
                                              &scene.scenario,
                                              &scene.creator_notes};
    uint8_t wanted = 0;
    for (const BookInUse& book : books)
        for (const CompiledEntry& entry : book.compiled->entries) wanted |= entry.fields;
    for (size_t field = 0; field < scene_fields; ++field) {
        if (!(wanted >> field & 1)) continue;
        fields_[field] = *texts[field];
        look(fields_[field], [field](Places& places) { places.fields |= uint8_t(1 << field); });
    }
}

template <class Mark>
void Matcher::look(std::string_view text, Mark found_in) {
    if (text.size() > scanned_bytes_max - scanned_bytes_) {
        text = utf8_prefix(text, scanned_bytes_max - scanned_bytes_);
        is_cut_ = true;
    }
    scanned_bytes_ += text.size();
    ++texts_;
    std::string lower = folded(text);
    for (size_t at = 0; at < books_.size(); ++at) {
        const CompiledBook& book = *books_[at].compiled;
        BookPlaces& places = places_[at];
        auto scan = [&](const Automaton& automaton, const std::vector<std::string>& words, size_t first,
                        std::string_view in) {
            automaton.scan(in, [&](uint32_t longest, size_t end) {
                bool ends_word = is_word_end(in, end);
                for (uint32_t word = longest; word != Automaton::none; word = automaton.shorter(word)) {
                    size_t index = first + word;
                    // Whoever was here before went through all shorter ones, too.
                    if (places.seen[index] == texts_ && !ends_word) return;
                    if (places.seen[index] == 0)
                        for (uint32_t user = book.users_begin[index]; user < book.users_begin[index + 1]; ++user)
                            places.has_word[book.users[user]] = 1;
                    if (places.seen[index] != texts_) found_in(places.anywhere[index]);
                    places.seen[index] = texts_;
                    if (ends_word && is_word_begin(in, end - words[word].size())) found_in(places.whole[index]);
                }
            });
        };
        if (book.folded.size() > 0) scan(book.folded, book.folded_words, 0, lower);
        if (book.exact.size() > 0) scan(book.exact, book.exact_words, book.folded.size(), text);
    }
}

void Matcher::look_back(int64_t depth) {
    while (int64_t(message_ends_.size()) < std::min(depth, int64_t(lines_.size()))) {
        auto at = int64_t(message_ends_.size());
        const std::string& line = lines_[size_t(at)];
        look(line, [at](Places& places) { places.newest = std::min(places.newest, at); });
        ((messages_ += messages_.empty() ? "" : "\n") += mark) += line;
        message_ends_.push_back(messages_.size());
    }
}

void Matcher::look_at_activated(std::string_view text) {
    look(text, [](Places& places) { places.activated = true; });
    if (activated_.size() + text.size() > scanned_bytes_max) return;
    ((activated_ += "\n") += mark) += text;
}

bool Matcher::is_within(const Places& places, const Reach& reach) const {
    return places.newest < reach.depth || (places.fields & reach.fields) || (places.activated && reach.activated);
}

const std::string& Matcher::text_of(const TextId& id) {
    if (!text_.empty() && text_id_ == id) return text_;
    text_id_ = id;
    size_t depth = std::min(size_t(std::max<int64_t>(id.reach.depth, 0)), message_ends_.size());
    text_ = depth > 0 ? messages_.substr(0, message_ends_[depth - 1]) : std::string(mark);
    for (size_t field = 0; field < scene_fields; ++field)
        if ((id.reach.fields >> field & 1) && !fields_[field].empty()) ((text_ += "\n") += mark) += fields_[field];
    if (id.reach.activated) text_ += activated_;
    regex_steps_ += text_.size();
    return text_;
}

bool Matcher::is_matched(const RegexKey& regex, RegexResult& result, const Reach& reach) {
    TextId id{reach, reach.activated ? activated_.size() : 0};
    if (result.is_known && result.text == id) return result.is_found;
    if (is_regex_cut()) return false;
    const std::string& text = text_of(id);
    regex_steps_ += text.size() * regex.states();
    result = {id, true, regex.matches(text)};
    return result.is_found;
}

bool Matcher::is_found(size_t book, const Key& key, const Reach& reach, bool is_whole) {
    const CompiledBook& compiled = *books_[book].compiled;
    if (key.kind == KeyKind::unusable) return false;
    if (key.kind == KeyKind::regex)
        return is_matched(compiled.regexes[key.index], places_[book].regexes[key.index], reach);
    size_t index = key.index + (key.kind == KeyKind::exact ? compiled.folded.size() : 0);
    const BookPlaces& places = places_[book];
    return is_within(is_whole && !key.has_space ? places.whole[index] : places.anywhere[index], reach);
}

}  // namespace ry::chats::lore
