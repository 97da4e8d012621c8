#pragma once
// The text that psql sends for a statement, and where each of its bytes stands in the script. They differ: comments and
// white space before the statement, backslash commands, blank lines and inline data are not sent, "\;" becomes ";", and
// variables are replaced. Positions in the server's messages count in the sent text.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/databases/script/lexer.h"

namespace ry::databases::script {

/// The value of a variable, absent when it is not set (psql then sends ":name" itself).
using VariableValue = std::function<std::optional<std::string>(const std::string& name)>;

struct QueryText {
    Statement statement;
    std::string text;
    /// Where the script's text goes on at another place: from `text_offset` on, byte by byte, from `script_offset`.
    struct Segment {
        uint64_t text_offset, script_offset;
    };
    std::vector<Segment> segments;
    uint64_t script_offset(uint64_t text_offset) const;
};

/// Of every statement that is sent, in the order of the script. The script and all texts are in memory: for one file in
/// which something went wrong. Not longer than `script_bytes_max`.
std::vector<QueryText> query_texts(std::string_view script, const VariableValue& value = {});
inline constexpr size_t script_bytes_max = 256 << 20;

}  // namespace ry::databases::script
