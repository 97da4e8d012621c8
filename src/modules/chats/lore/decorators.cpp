#include "modules/chats/lore/decorators.h"

#include <algorithm>

#include "base/text.h"

namespace ry::chats::lore {
namespace {

constexpr size_t decorators_max = 100;  // of one entry; further lines are content

bool read_number(std::string_view value, std::optional<int64_t>& number) {
    number = parse_int(value);
    return number && *number >= 0;
}

bool read_words(std::string_view value, std::vector<std::string>& words) {
    for (std::string_view word : split(value, ','))
        if (word = trim(word); !word.empty()) words.emplace_back(word);
    return !words.empty();
}

bool read_role(std::string_view value, Decorators& to) {
    for (Speaker role : {Speaker::system, Speaker::user, Speaker::assistant})
        if (value == names_of(role)[size_t(role)]) to.role = role;
    return to.role.has_value();
}

bool read_position(std::string_view value, Decorators& to) {
    if (value == "before_desc") to.position = Position::before;
    if (value == "after_desc") to.position = Position::after;
    if (value == "personality") to.position = Position::personality;
    if (value == "scenario") to.position = Position::scenario;
    return to.position.has_value();
}

bool set(bool& flag) { return flag = true; }

/// False when the name is unknown or the value is not one of its.
bool apply(std::string_view name, std::string_view value, Decorators& to) {
    if (name == "activate") return set(to.activate);
    if (name == "dont_activate") return set(to.dont_activate);
    if (name == "keep_activate_after_match") return set(to.keep_activate_after_match);
    if (name == "dont_activate_after_match") return set(to.dont_activate_after_match);
    if (name == "ignore_on_max_context") return set(to.ignore_on_max_context);
    if (name == "activate_only_after") return read_number(value, to.activate_only_after);
    if (name == "activate_only_every") return read_number(value, to.activate_only_every) && *to.activate_only_every > 0;
    if (name == "is_greeting") return read_number(value, to.is_greeting);
    if (name == "depth") return read_number(value, to.depth);
    if (name == "reverse_depth") return read_number(value, to.reverse_depth);
    if (name == "scan_depth") return read_number(value, to.scan_depth);
    if (name == "role") return read_role(value, to);
    if (name == "position") return read_position(value, to);
    if (name == "is_user_icon") return !value.empty() && (to.is_user_icon = std::string(value));
    if (name == "additional_keys") return read_words(value, to.additional_keys);
    if (name == "exclude_keys") return read_words(value, to.exclude_keys);
    if (name == "disable_ui_prompt") {
        if (value != "post_history_instructions" && value != "system_prompt") return false;
        to.disabled_prompts.emplace_back(value);
        return true;
    }
    return false;
}

}  // namespace

Decorators take_decorators(std::string_view& content) {
    Decorators found;
    std::vector<std::string_view> seen;
    bool is_chain_done = true;  // of a decorator and its fallbacks one counts
    std::string_view rest = content.substr(std::min(content.find_first_not_of("\r\n"), content.size()));
    size_t count = 0;
    for (; rest.starts_with("@@") && count < decorators_max; ++count) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        bool is_fallback = line.starts_with("@@@");
        std::string_view words = trim(line.substr(is_fallback ? 3 : 2));
        std::string_view name = words.substr(0, words.find_first_of(" \t"));
        std::string_view value = trim(words.substr(name.size()));
        if (!is_fallback) is_chain_done = false;
        if (is_chain_done) continue;
        if (std::ranges::find(seen, name) != seen.end()) {
            is_chain_done = true;
            continue;
        }
        Decorators with = found;
        if (apply(name, value, with)) {
            found = std::move(with);
            seen.push_back(name);
            is_chain_done = true;
        } else if (found.ignored.size() < decorators_max) {
            found.ignored.emplace_back(utf8_prefix(line, 100));
        }
    }
    if (count > 0) content = rest.substr(std::min(rest.find_first_not_of("\r\n"), rest.size()));
    return found;
}

}  // namespace ry::chats::lore
