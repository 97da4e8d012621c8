#pragma once
// The macros of card fields: {{char}}, {{user}}, {{random:…}} and their like. One pass: what is put in is not read
// again. Pure.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::chats::cards {

inline constexpr size_t macro_depth_max = 16;            ///< macros in macros
inline constexpr size_t expanded_bytes_max = 1'000'000;  ///< as a message of a chat

struct MacroContext {
    std::string_view character;  ///< {{char}}
    std::string_view user;       ///< {{user}}
    uint64_t seed = 0;           ///< the same seed makes the same choices
};

/// | macro                                | becomes |
/// | {{char}} {{user}} <BOT> <CHAR> <USER> | the name |
/// | {{random:A,B}} {{random::A::B}}      | one of them, by the seed and how many were drawn before; `\,` is a comma |
/// | {{pick:A,B}}                         | one of them, by the seed and its place in the text: always the same one |
/// | {{roll:6}} {{roll:d6}} {{roll:2d6+1}} | a number |
/// | {{reverse:x}}                        | x backwards |
/// | {{// x}} {{comment: x}} {{hidden_key:x}} | nothing |
/// Letters' case does not matter. Every other thing in braces stays as it is. too_large beyond expanded_bytes_max.
Result<std::string> expand_macros(std::string_view text, const MacroContext& context);

}  // namespace ry::chats::cards
