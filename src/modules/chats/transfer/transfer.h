#pragma once
// The face of the part: files of chats, and the conversations in them. Any thread; nothing is kept.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/transfer/conversation.h"

namespace ry::chats::transfer {

/// A file is in memory while it is read, and its conversations, which are about as large.
constexpr size_t file_bytes_max = 64 << 20;
constexpr size_t conversations_max = 1'000;
constexpr size_t messages_max = 100'000;     ///< of a file
constexpr size_t branches_max = 10'000;      ///< of a conversation, as of any chat
constexpr size_t stretches_max = 100'000;    ///< of a conversation: branches of branches of branches
constexpr size_t variants_max = 1'000;       ///< of a message, as of any message
constexpr size_t text_bytes_max = 1'000'000; ///< of a variant, as of any message
constexpr size_t nesting_max = 24;           ///< of JSON: what is kept of it stands in our own lines, which may be 32 deep

enum class FileFormat { jsonl, sillytavern, open_webui, chatgpt };
constexpr std::array<std::string_view, 4> names_of(FileFormat) { return {"jsonl", "sillytavern", "open_webui", "chatgpt"}; }

struct File {
    FileFormat format = FileFormat::jsonl;
    std::vector<Conversation> conversations;
    std::vector<std::string> warnings;  ///< what was left out, and why
};

/// Its content tells of which format it is. Every conversation in it is sound. `invalid` and `too_large` say what to do.
Result<File> read(std::string_view bytes);

/// Our own lines: the chat's, one for each branch, one for each message.
std::string write_jsonl(const Conversation& conversation);

/// A history as one branch shows it.
struct History {
    std::string title;
    std::string user_name = "User", character_name = "Assistant";
    std::optional<Time> created_at;
    Json imported{"null"};
    std::vector<Message> messages;  ///< `selected` is the variant that is shown
    std::vector<Image> images = {};  ///< as many of those that are shown as fit into a file
};
std::string write_sillytavern(const History& history);
std::string write_markdown(const History& history);

}  // namespace ry::chats::transfer
