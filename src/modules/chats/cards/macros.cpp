#include "modules/chats/cards/macros.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"

namespace ry::chats::cards {
namespace {

/// splitmix64: one step of it is a good hash, too.
uint64_t mixed(uint64_t x) {
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

/// The end of the macro that begins at `text`, after its braces; absent when it has none.
std::optional<size_t> end_of_macro(std::string_view text) {
    size_t depth = 0;
    for (size_t i = 0; i + 1 < text.size();) {
        if (text.substr(i, 2) == "{{") {
            if (++depth > macro_depth_max) return {};
            i += 2;
        } else if (text.substr(i, 2) == "}}") {
            i += 2;
            if (--depth == 0) return i;
        } else {
            ++i;
        }
    }
    return {};
}

/// The choices of {{random}} and {{pick}}: between `::` when there is one, else between commas; not inside of inner
/// macros.
std::vector<std::string> choices_of(std::string_view arguments) {
    bool is_colons = arguments.starts_with(':');
    if (is_colons) arguments.remove_prefix(1);
    std::vector<std::string> choices(1);
    size_t depth = 0;
    for (size_t i = 0; i < arguments.size(); ++i) {
        std::string_view pair = arguments.substr(i, 2);
        if (pair == "{{" || pair == "}}") {
            depth = pair == "{{" ? depth + 1 : depth - std::min<size_t>(depth, 1);
            choices.back() += pair;
            ++i;
        } else if (pair == "\\,") {
            choices.back() += ',';
            ++i;
        } else if (depth == 0 && is_colons && pair == "::") {
            choices.emplace_back();
            ++i;
        } else if (depth == 0 && !is_colons && arguments[i] == ',') {
            choices.emplace_back();
        } else {
            choices.back() += arguments[i];
        }
    }
    for (std::string& choice : choices) choice = std::string(trim(choice));
    return choices;
}

/// N, dN or MdN+K.
struct Dice {
    int64_t count = 1, sides = 0, plus = 0;
};
std::optional<Dice> dice_of(std::string_view text) {
    Dice dice;
    std::string said = lower(trim(text));
    std::string_view rest = said;
    if (size_t sign = rest.find_first_of("+-", 1); sign != std::string_view::npos) {
        auto plus = parse_int(trim(rest.substr(sign + 1)));
        if (!plus || *plus > 1'000'000'000) return {};
        dice.plus = rest[sign] == '-' ? -*plus : *plus;
        rest = trim(rest.substr(0, sign));
    }
    if (size_t d = rest.find('d'); d != std::string_view::npos) {
        if (d > 0) {
            auto count = parse_int(rest.substr(0, d));
            if (!count) return {};
            dice.count = *count;
        }
        rest.remove_prefix(d + 1);
    }
    auto sides = parse_int(rest);
    if (!sides || *sides < 1 || *sides > 1'000'000'000 || dice.count < 1 || dice.count > 100) return {};
    dice.sides = *sides;
    return dice;
}

std::string reversed(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::vector<std::string_view> letters;
    while (!text.empty()) {
        size_t length = std::max<size_t>(utf8_length(text), 1);
        letters.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    for (auto letter = letters.rbegin(); letter != letters.rend(); ++letter) out += *letter;
    return out;
}

class Expander {
public:
    explicit Expander(const MacroContext& context) : context_(context), state_(mixed(context.seed)) {}

    void expand(std::string_view text, std::string& out, size_t place, size_t depth = 0) {
        for (size_t i = 0; i < text.size() && out.size() <= expanded_bytes_max;) {
            std::string_view rest = text.substr(i);
            if (rest.starts_with("{{")) {
                auto end = end_of_macro(rest);
                if (end && depth < macro_depth_max && macro(rest.substr(2, *end - 4), out, place + i, depth)) {
                    i += *end;
                    continue;
                }
            } else if (auto tag = tag_at(rest)) {
                out += tag->second;
                i += tag->first;
                continue;
            }
            out += text[i++];
        }
    }

private:
    /// <USER>, <BOT> and <CHAR> of old cards: how long it is, and what it becomes.
    std::optional<std::pair<size_t, std::string_view>> tag_at(std::string_view rest) const {
        if (rest[0] != '<') return {};
        for (std::string_view tag : {"<user>", "<bot>", "<char>"})
            if (equals_ignoring_case(rest.substr(0, tag.size()), tag))
                return std::pair(tag.size(), tag == "<user>" ? context_.user : context_.character);
        return {};
    }

    /// False when `inside` is none of the macros.
    bool macro(std::string_view inside, std::string& out, size_t place, size_t depth) {
        std::string_view said = trim(inside);
        if (said.starts_with("//")) return true;
        size_t colon = said.find(':');
        std::string name = lower(trim(said.substr(0, colon)));
        if (colon == std::string_view::npos) {
            if (name != "char" && name != "user") return false;
            out += name == "char" ? context_.character : context_.user;
            return true;
        }
        std::string_view arguments = said.substr(colon + 1);
        if (name == "comment" || name == "hidden_key") return true;
        if (name == "random" || name == "pick") {
            std::vector<std::string> choices = choices_of(arguments);
            uint64_t number = name == "pick" ? mixed(context_.seed ^ mixed(place)) : draw();
            expand(choices[number % choices.size()], out, place, depth + 1);
            return true;
        }
        if (name == "reverse") {
            std::string forwards;
            expand(arguments, forwards, place, depth + 1);
            out += reversed(forwards);
            return true;
        }
        return name == "roll" && roll(arguments, out);
    }

    bool roll(std::string_view arguments, std::string& out) {
        if (arguments.starts_with(':')) arguments.remove_prefix(1);
        auto dice = dice_of(arguments);
        if (!dice) return false;
        int64_t sum = dice->plus;
        for (int64_t i = 0; i < dice->count; ++i) sum += 1 + int64_t(draw() % uint64_t(dice->sides));
        out += std::to_string(sum);
        return true;
    }

    uint64_t draw() { return mixed(state_++); }

    const MacroContext& context_;
    uint64_t state_;
};

}  // namespace

Result<std::string> expand_macros(std::string_view text, const MacroContext& context) {
    std::string out;
    Expander(context).expand(text, out, 0);
    if (out.size() > expanded_bytes_max)
        return fail(Code::too_large, "with its macros the text has more than " + std::to_string(expanded_bytes_max) +
                                         " bytes; shorten it");
    return out;
}

}  // namespace ry::chats::cards
