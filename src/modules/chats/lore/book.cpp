#include "modules/chats/lore/book.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <set>

#include "base/text.h"

namespace ry::chats::lore {
namespace {

namespace bj = boost::json;
constexpr size_t nesting_max = 32;

/// A member of an entry in each format.
struct Spelling {
    std::string_view field;
    std::string_view sillytavern;
    std::string_view card;
    bool is_extension;  ///< cards keep it in `extensions`
};
constexpr Spelling spellings[] = {
    {"uid", "uid", "id", false},
    {"keys", "key", "keys", false},
    {"secondary_keys", "keysecondary", "secondary_keys", false},
    {"comment", "comment", "comment", false},
    {"content", "content", "content", false},
    {"constant", "constant", "constant", false},
    {"selective", "selective", "selective", false},
    {"insertion_order", "order", "insertion_order", false},
    {"use_regex", "use_regex", "use_regex", false},
    {"selective_logic", "selectiveLogic", "selectiveLogic", true},
    {"position", "position", "position", true},
    {"depth", "depth", "depth", true},
    {"role", "role", "role", true},
    {"outlet_name", "outletName", "outlet_name", true},
    {"case_sensitive", "caseSensitive", "case_sensitive", true},
    {"match_whole_words", "matchWholeWords", "match_whole_words", true},
    {"scan_depth", "scanDepth", "scan_depth", true},
    {"match_persona_description", "matchPersonaDescription", "match_persona_description", true},
    {"match_character_description", "matchCharacterDescription", "match_character_description", true},
    {"match_character_personality", "matchCharacterPersonality", "match_character_personality", true},
    {"match_character_depth_prompt", "matchCharacterDepthPrompt", "match_character_depth_prompt", true},
    {"match_scenario", "matchScenario", "match_scenario", true},
    {"match_creator_notes", "matchCreatorNotes", "match_creator_notes", true},
    {"exclude_recursion", "excludeRecursion", "exclude_recursion", true},
    {"prevent_recursion", "preventRecursion", "prevent_recursion", true},
    {"delay_until_recursion", "delayUntilRecursion", "delay_until_recursion", true},
    {"probability", "probability", "probability", true},
    {"use_probability", "useProbability", "useProbability", true},
    {"group", "group", "group", true},
    {"group_override", "groupOverride", "group_override", true},
    {"group_weight", "groupWeight", "group_weight", true},
    {"use_group_scoring", "useGroupScoring", "use_group_scoring", true},
    {"sticky", "sticky", "sticky", true},
    {"cooldown", "cooldown", "cooldown", true},
    {"delay", "delay", "delay", true},
    {"ignore_budget", "ignoreBudget", "ignore_budget", true},
    {"triggers", "triggers", "triggers", true},
};

std::optional<double> number_in(const bj::value& value) {
    if (value.is_int64()) return double(value.get_int64());
    if (value.is_uint64()) return double(value.get_uint64());
    if (value.is_double()) return value.get_double();
    if (value.is_bool()) return value.get_bool() ? 1 : 0;
    if (value.is_string())
        if (auto number = parse_int(trim(std::string_view(value.get_string())))) return double(*number);
    return std::nullopt;
}

std::optional<bool> flag_in(const bj::value& value) {
    if (value.is_bool()) return value.get_bool();
    if (value.is_string()) {
        std::string_view text = value.get_string();
        if (text == "true") return true;
        if (text == "false" || text.empty()) return false;
    }
    auto number = number_in(value);
    return number ? std::optional(*number != 0) : std::nullopt;
}

std::optional<std::string> text_in(const bj::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_number() || value.is_bool()) return bj::serialize(value);
    return std::nullopt;
}

/// An array of texts; one text is split at its commas.
std::optional<std::vector<std::string>> texts_in(const bj::value& value) {
    std::vector<std::string> texts;
    if (value.is_string()) {
        for (std::string_view text : split(std::string_view(value.get_string()), ','))
            if (text = trim(text); !text.empty()) texts.emplace_back(text);
        return texts;
    }
    if (!value.is_array()) return std::nullopt;
    for (const bj::value& item : value.get_array()) {
        auto text = text_in(item);
        if (!text) return std::nullopt;
        texts.push_back(*std::move(text));
    }
    return texts;
}

/// A number for an enum's value, as SillyTavern writes it, or its name.
template <class E>
bool read_enum(const bj::value& value, E& to, size_t count) {
    for (size_t at = 0; at < count && value.is_string(); ++at)
        if (std::string_view(value.get_string()) == names_of(to)[at]) return to = E(at), true;
    auto number = number_in(value);
    if (!number || *number < 0 || *number >= double(count)) return false;
    to = E(int(*number));
    return true;
}

template <class T, class Read>
bool assign(T& to, std::optional<Read> value) {
    if (value) to = *std::move(value);
    return value.has_value();
}

bool assign_integer(int64_t& to, std::optional<double> value) {
    if (value && std::isfinite(*value)) to = int64_t(std::clamp(std::round(*value), -1e9, 1e9));
    return value.has_value();
}

bool assign_integer(std::optional<int64_t>& to, std::optional<double> value) {
    return value && assign_integer(to.emplace(), value);
}

/// Reads a member by its field; false when the value is not one that it can have.
bool read_member(std::string_view field, const bj::value& value, Entry& to) {
    if (field == "position") return read_enum(value, to.position, 8);
    if (field == "selective_logic") return read_enum(value, to.selective_logic, 4);
    if (field == "role") return read_enum(value, to.role, 3);
    const Field& described = *Entry::fields().find(field);
    void* member = described.of(&to);
    std::string_view kind = described.ops->kind;
    if (kind == "array") return assign(*static_cast<std::vector<std::string>*>(member), texts_in(value));
    if (kind == "string") return assign(*static_cast<std::string*>(member), text_in(value));
    if (kind == "number") return assign(*static_cast<double*>(member), number_in(value));
    bool is_optional = described.ops->is_optional;
    if (kind == "boolean" && is_optional) return assign(*static_cast<std::optional<bool>*>(member), flag_in(value));
    if (kind == "boolean") return assign(*static_cast<bool*>(member), flag_in(value));
    if (is_optional) return assign_integer(*static_cast<std::optional<int64_t>*>(member), number_in(value));
    return assign_integer(*static_cast<int64_t*>(member), number_in(value));
}

bool read_filter(const bj::value& value, CharacterFilter& to) {
    const bj::object* object = value.if_object();
    if (!object) return false;
    for (const auto& [key, member] : *object) {
        if (key == "isExclude")
            assign(to.is_exclude, flag_in(member));
        else if (key == "names")
            assign(to.names, texts_in(member));
        else if (key == "tags")
            assign(to.tags, texts_in(member));
    }
    return true;
}

const Spelling* spelling_of(std::string_view key, bool is_card, bool is_extension) {
    for (const Spelling& spelling : spellings) {
        if (!is_card && spelling.sillytavern == key) return &spelling;
        if (is_card && spelling.card == key && spelling.is_extension == is_extension) return &spelling;
    }
    return nullptr;
}

/// Reads the members that it knows; returns the others.
bj::object read_members(const bj::object& object, bool is_card, bool is_extension, Entry& to) {
    bj::object others;
    for (const auto& [key, value] : object) {
        std::string_view name = key;
        const Spelling* spelling = spelling_of(name, is_card, is_extension);
        bool is_read = false;
        if (spelling)
            is_read = value.is_null() || read_member(spelling->field, value, to);
        else if (name == (is_card ? "enabled" : "disable") && flag_in(value))
            is_read = assign(to.enabled, std::optional(*flag_in(value) == is_card));
        else if (name == (is_card ? "character_filter" : "characterFilter") && is_card == is_extension)
            is_read = read_filter(value, to.character_filter);
        else if (is_card && !is_extension && name == "case_sensitive")
            is_read = value.is_null() || assign(to.case_sensitive, flag_in(value));
        else if (is_card && !is_extension && name == "position")
            is_read = value == "before_char" || value == "after_char";
        if (!is_read && name != "extensions") others[key] = value;
    }
    return others;
}

Entry entry_in(const bj::object& object, bool is_card) {
    Entry entry;
    if (is_card) entry.selective = false;  // what SillyTavern sets, cards leave out
    if (const bj::value* position = object.if_contains("position"); is_card && position && *position == "after_char")
        entry.position = Position::after;
    entry.unknown.text = bj::serialize(read_members(object, is_card, false, entry));
    if (const bj::value* extensions = object.if_contains("extensions"); extensions && extensions->is_object())
        entry.extensions.text = bj::serialize(is_card ? read_members(extensions->get_object(), true, true, entry)
                                                      : extensions->get_object());
    entry.probability = std::clamp(entry.probability, 0.0, 100.0);
    for (int64_t* count : {&entry.depth, &entry.delay_until_recursion, &entry.group_weight, &entry.sticky,
                           &entry.cooldown, &entry.delay})
        *count = std::max<int64_t>(*count, 0);
    return entry;
}

/// Uids that are missing or there already become the next free ones.
void number(std::vector<Entry>& entries, const std::vector<bool>& has_uid) {
    std::set<int64_t> taken;
    std::vector<size_t> unnumbered;
    for (size_t at = 0; at < entries.size(); ++at)
        if (!has_uid[at] || !taken.insert(entries[at].uid).second) unnumbered.push_back(at);
    int64_t next = 0;
    for (size_t at : unnumbered) {
        while (taken.contains(next)) ++next;
        entries[at].uid = next;
        taken.insert(next);
    }
}

Result<void> read_entries(const bj::value& list, bool is_card, Book& book) {
    std::vector<bool> has_uid;
    auto add = [&](const bj::value& value) -> Result<void> {
        if (book.entries.size() == entries_max)
            return fail(Code::too_large,
                        "the book has more than " + std::to_string(entries_max) + " entries; split it into several");
        if (!value.is_object()) return invalid("/entries/" + std::to_string(book.entries.size()), "must be an object");
        const bj::value* uid = value.get_object().if_contains(is_card ? "id" : "uid");
        has_uid.push_back(uid && number_in(*uid));
        book.entries.push_back(entry_in(value.get_object(), is_card));
        auto checked = check_entry(book.entries.back());
        if (!checked) return std::move(checked).within("entry " + std::to_string(book.entries.size()));
        return {};
    };
    if (const bj::array* array = list.if_array()) {
        for (const bj::value& value : *array) TRY(add(value));
    } else {
        for (const auto& [key, value] : list.get_object()) TRY(add(value));
    }
    number(book.entries, has_uid);
    return {};
}

/// The object that has the entries: the document, a lorebook_v3's data, or the book of a card.
const bj::object* book_in(const bj::value& document) {
    const bj::object* object = document.if_object();
    for (int depth = 0; object && depth < 3; ++depth) {
        if (object->if_contains("entries")) return object;
        const bj::value* inner = object->if_contains("character_book");
        if (!inner) inner = object->if_contains("data");
        object = inner ? inner->if_object() : nullptr;
    }
    return nullptr;
}

/// Entries of cards have `keys`, those of SillyTavern `key`; the first one tells.
bool is_card_book(const bj::value& entries) {
    const bj::value* first = nullptr;
    if (const bj::array* array = entries.if_array())
        first = array->empty() ? nullptr : &array->front();
    else if (const bj::object* object = entries.if_object())
        first = object->empty() ? nullptr : &object->begin()->value();
    const bj::object* entry = first ? first->if_object() : nullptr;
    if (!entry) return true;
    auto has = [&](std::initializer_list<std::string_view> names) {
        return std::ranges::any_of(names, [&](std::string_view name) { return entry->contains(name); });
    };
    return has({"keys", "insertion_order", "enabled"}) ||
           (entries.is_array() && !has({"key", "uid", "order", "disable"}));
}

bool read_book_member(std::string_view key, const bj::value& value, Book& to) {
    if (key == "name") return assign(to.name, text_in(value));
    if (key == "description") return assign(to.description, text_in(value));
    if (key == "scan_depth") return value.is_null() || assign_integer(to.scan_depth, number_in(value));
    if (key == "token_budget") return value.is_null() || assign_integer(to.token_budget, number_in(value));
    if (key == "recursive_scanning") return value.is_null() || assign(to.recursive_scanning, flag_in(value));
    if (key == "extensions" && value.is_object()) {
        to.extensions.text = bj::serialize(value);
        return true;
    }
    return false;
}

// ---- writing

bj::value parsed(const std::string& json) {
    boost::system::error_code error;
    bj::value value = bj::parse(json, error);
    return error ? bj::object() : value;
}

bj::object object_in(const Json& json) {
    bj::value value = parsed(json.text);
    return value.is_object() ? value.get_object() : bj::object();
}

bj::value member_value(const Entry& entry, std::string_view field) {
    if (field == "position") return int64_t(std::min(entry.position, Position::outlet));
    if (field == "selective_logic") return int64_t(entry.selective_logic);
    if (field == "role") return int64_t(entry.role);
    const Field& described = *Entry::fields().find(field);
    std::string json;
    described.ops->encode(json, described.of(&entry));
    return parsed("[" + json + "]").as_array().front();
}

bj::object filter_value(const CharacterFilter& filter) {
    return {{"isExclude", filter.is_exclude},
            {"names", bj::value_from(filter.names)},
            {"tags", bj::value_from(filter.tags)}};
}

bj::object sillytavern_entry(const Entry& entry) {
    bj::object object = object_in(entry.unknown);
    for (const Spelling& spelling : spellings)
        if (spelling.field != "use_regex" || entry.use_regex)
            object[spelling.sillytavern] = member_value(entry, spelling.field);
    object["disable"] = !entry.enabled;
    if (entry.character_filter != CharacterFilter()) object["characterFilter"] = filter_value(entry.character_filter);
    if (entry.extensions.text != "{}") object["extensions"] = object_in(entry.extensions);
    return object;
}

bj::object card_entry(const Entry& entry) {
    bj::object object = object_in(entry.unknown), extensions = object_in(entry.extensions);
    for (const Spelling& spelling : spellings)
        (spelling.is_extension ? extensions : object)[spelling.card] = member_value(entry, spelling.field);
    object["enabled"] = entry.enabled;
    object["position"] = entry.position == Position::before ? "before_char" : "after_char";
    if (entry.case_sensitive) object["case_sensitive"] = *entry.case_sensitive;
    if (entry.character_filter != CharacterFilter())
        extensions["character_filter"] = filter_value(entry.character_filter);
    object["extensions"] = std::move(extensions);
    return object;
}

bj::object book_members(const Book& book) {
    bj::object object = object_in(book.unknown);
    if (!book.name.empty()) object["name"] = book.name;
    if (!book.description.empty()) object["description"] = book.description;
    if (book.scan_depth) object["scan_depth"] = *book.scan_depth;
    if (book.token_budget) object["token_budget"] = *book.token_budget;
    if (book.recursive_scanning) object["recursive_scanning"] = *book.recursive_scanning;
    return object;
}

}  // namespace

Result<void> check_entry(const Entry& entry) {
    auto too_long = [](std::string_view what, size_t most) {
        return fail(Code::too_large,
                    std::string(what) + " has more than " + std::to_string(most) + " bytes; shorten it");
    };
    if (entry.content.size() > content_bytes_max) return too_long("content", content_bytes_max);
    if (entry.comment.size() > content_bytes_max) return too_long("comment", content_bytes_max);
    if (entry.group.size() > name_bytes_max) return too_long("group", name_bytes_max);
    if (entry.outlet_name.size() > name_bytes_max) return too_long("outlet_name", name_bytes_max);
    for (const std::vector<std::string>* keys : {&entry.keys, &entry.secondary_keys, &entry.triggers,
                                                 &entry.character_filter.names, &entry.character_filter.tags}) {
        if (keys->size() > keys_max)
            return fail(Code::too_large,
                        "there are more than " + std::to_string(keys_max) + " keys; split the entry into several");
        for (const std::string& key : *keys)
            if (key.size() > key_bytes_max) return too_long("a key", key_bytes_max);
    }
    return {};
}

Result<Book> read_book(std::string_view json) {
    if (json.size() > book_bytes_max)
        return fail(Code::too_large,
                    "the book has more than " + std::to_string(book_bytes_max >> 20) + " MiB; split it into several");
    if (json.starts_with("\xEF\xBB\xBF")) json.remove_prefix(3);
    bj::parse_options options;
    options.max_depth = nesting_max;
    boost::system::error_code error;
    bj::value document = bj::parse({json.data(), json.size()}, error, {}, options);
    if (error == bj::error::too_deep)
        return invalid("", "the JSON is nested deeper than " + std::to_string(nesting_max) + " levels");
    if (error) return invalid("", "the lorebook is not valid JSON (" + error.message() + ")");
    const bj::object* object = book_in(document);
    if (!object)
        return invalid("",
                       "there is no lorebook in it: an object with `entries`, as SillyTavern exports world info, or a "
                       "card with a character_book");
    const bj::value& entries = object->at("entries");
    if (!entries.is_array() && !entries.is_object())
        return invalid("/entries", "must be an object or an array of entries");
    Book book;
    bj::object unknown;
    for (const auto& [key, value] : *object)
        if (std::string_view(key) != "entries" && !read_book_member(key, value, book)) unknown[key] = value;
    book.unknown.text = bj::serialize(unknown);
    if (book.name.size() > name_bytes_max)
        return fail(Code::too_large,
                    "the book's name has more than " + std::to_string(name_bytes_max) + " bytes; shorten it");
    TRY(read_entries(entries, is_card_book(entries), book));
    return book;
}

std::string write_book(const Book& book, BookFormat format) {
    bj::object object = book_members(book);
    if (format == BookFormat::sillytavern) {
        bj::object entries;
        for (const Entry& entry : book.entries) entries[std::to_string(entry.uid)] = sillytavern_entry(entry);
        object["entries"] = std::move(entries);
        if (book.extensions.text != "{}") object["extensions"] = object_in(book.extensions);
        return bj::serialize(object);
    }
    bj::array entries;
    for (const Entry& entry : book.entries) entries.push_back(card_entry(entry));
    object["entries"] = std::move(entries);
    object["extensions"] = object_in(book.extensions);
    if (format == BookFormat::character_book) return bj::serialize(object);
    return bj::serialize(bj::object{{"spec", "lorebook_v3"}, {"data", std::move(object)}});
}

}  // namespace ry::chats::lore
