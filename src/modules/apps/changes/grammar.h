#pragma once
// The names, attributes and texts of the grammar; what scanner.cpp, parse.cpp and plan.cpp agree on.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/apps/changes/changes.h"

namespace ry::apps::changes::grammar {

/// Who is asked for when a name is only partly there.
enum class Match { none, partial, whole };

/// An element's name as it stands in a tag: "ramify-write" is {"ramify-", write}.
struct Name {
    std::string_view family;  ///< "ramify-", "dyad-" or "blaze-"; empty for think
    Kind kind = Kind::write;
    size_t length = 0;
};

inline constexpr size_t name_bytes_max = 22;  ///< "ramify-search-replace"

/// Is `text` (what stands after "<") the beginning of a name, or a name?
Match match_name(std::string_view text, Name* name);

/// "search-replace" for search_replace.
std::string_view written_name(Kind kind);
/// "</ramify-write>"
std::string closing_tag(const Name& name);

/// True when the element is complete in its opening tag; what stands in its body is ignored.
constexpr bool is_complete_in_tag(Kind kind) {
    return kind == Kind::rename || kind == Kind::remove || kind == Kind::copy || kind == Kind::add_dependency ||
           kind == Kind::command;
}

/// The inside of an opening tag after the name, without the ">".
struct Opening {
    std::vector<Attribute> attributes;
    bool is_self_closing = false;
    std::string problem;  ///< empty when well formed
};
Opening read_opening(std::string_view inside);

/// Null when there is no such attribute.
const std::string* value_of(const std::vector<Attribute>& attributes, std::string_view name);

/// `&lt; &gt; &quot; &apos; &amp;` and numeric references; anything else that begins with "&" stays.
std::string decode_entities(std::string_view text);

/// What the body of a file means: without a fence that only wraps all of it (except in Markdown), and decoded when it
/// was escaped as a whole, that is, when it has entities and no bare `<`, `>` or `&` (except in markup, where entities
/// are content).
std::string file_body(std::string_view body, std::string_view path);

bool is_markdown(std::string_view path);

/// One SEARCH/REPLACE pair. Lines without their ends.
struct Block {
    std::vector<std::string> search;
    std::vector<std::string> replace;
};
/// Code::unsupported when the markers are wrong.
Result<std::vector<Block>> read_blocks(std::string_view edit);

inline constexpr size_t blocks_max = 100;  ///< of one edit: each block reads the file four times at most

}  // namespace ry::apps::changes::grammar
