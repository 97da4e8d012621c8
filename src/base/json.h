#pragma once
// Writing JSON without a tree. Reading goes through fields.h; a .cpp that needs a tree includes <boost/json.hpp> itself.
#include <string>
#include <string_view>

namespace ry {

/// A JSON document that passes through unread: a column of type jsonb, a tool's arguments. `text` is valid JSON.
struct Json {
    std::string text = "null";
    bool operator==(const Json&) const = default;
};

namespace json {

/// Appends `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD, so the result is always valid JSON.
void write_string(std::string& out, std::string_view text);
/// Appends a number; NaN and infinities, which JSON does not have, become null.
void write_number(std::string& out, double number);
/// True when `text` is one JSON document, at most 64 levels deep.
bool is_valid(std::string_view text);

}  // namespace json
}  // namespace ry
