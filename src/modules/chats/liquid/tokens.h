#pragma once
// Inside liquid: a source cut into text, outputs and tags, with what white space control takes away.
#include <string_view>
#include <vector>

#include "modules/chats/liquid/syntax.h"

namespace ry::chats::liquid {

struct Token {
    enum class Kind : uint8_t { text, output, tag };
    Kind kind = Kind::text;
    bool trims_left = false;
    bool trims_right = false;
    size_t begin = 0, end = 0;
    /// Of outputs and tags: what stands between the delimiters. Of text: what is left of it. `inner_begin` may be
    /// behind `inner_end`.
    size_t inner_begin = 0, inner_end = 0;
    std::string_view name = {};  ///< of a tag
    size_t arguments_begin = 0;  ///< of a tag

    bool is_tag(std::string_view wanted) const { return kind == Kind::tag && name == wanted; }
};

std::vector<Token> tokens_of(std::string_view source, Failure& failure);
/// The lines of a `liquid` tag, each a tag.
std::vector<Token> tokens_of_lines(std::string_view source, size_t begin, size_t end, Failure& failure);

}  // namespace ry::chats::liquid
