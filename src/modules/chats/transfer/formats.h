#pragma once
// Inside the part: the readers of each format, and what they have in common.
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/transfer/transfer.h"

namespace boost::json {
class object;
class value;
}  // namespace boost::json

namespace ry::chats::transfer {

inline constexpr std::string_view chat_line = "ramify_chat";

Result<std::vector<Conversation>> read_jsonl(std::string_view bytes);
Result<Conversation> read_sillytavern(std::string_view bytes);
/// One conversation of ChatGPT's conversations.json, or one chat of Open WebUI's export.
Result<Conversation> read_chatgpt(const boost::json::object& chat, std::vector<std::string>& warnings);
Result<Conversation> read_open_webui(const boost::json::object& chat, std::vector<std::string>& warnings);

/// `too_large` beyond the limits of a file.
Result<void> check_counts(size_t conversations, size_t messages);

// ---- JSON as other programs write it: a member that is not there, or is of another type, is as if it were empty

/// `invalid` when it is no JSON.
Result<boost::json::value> parse(std::string_view json);
const boost::json::value* find(const boost::json::object& object, std::string_view name);
const boost::json::object* object_in(const boost::json::object& object, std::string_view name);
std::string text_in(const boost::json::object& object, std::string_view name);
bool flag_in(const boost::json::object& object, std::string_view name);
/// Without U+0000, which the database keeps in no JSON.
Json kept_json(const boost::json::value& value);

}  // namespace ry::chats::transfer
