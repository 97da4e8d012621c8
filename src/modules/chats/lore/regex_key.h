#pragma once
// Inside lore: keys that are regular expressions, /pattern/flags as JavaScript writes them, matched by RE2 in time
// linear in the text. What RE2 cannot do (looking around, back references) makes a key unusable, and is said.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace ry::chats::lore {

constexpr size_t regex_states_max = 2'000;  ///< of one key: bounds what a letter of text costs at worst, 2 µs
constexpr size_t regexes_max = 2'000;       ///< of one book: 20 KB each at most

struct RegexText {
    std::string_view pattern;
    std::string_view flags;
};
/// The parts of "/pattern/flags"; absent when the key is a plain word.
std::optional<RegexText> regex_text(std::string_view key);

class RegexKey {
public:
    explicit RegexKey(RegexText text);
    /// Why it cannot match anything; empty when it can.
    const std::string& problem() const { return problem_; }
    size_t states() const { return states_; }
    bool matches(std::string_view text) const;

private:
    std::shared_ptr<const re2::RE2> regex_;
    std::string problem_;
    size_t states_ = 0;
};

}  // namespace ry::chats::lore
