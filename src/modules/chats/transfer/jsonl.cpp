// Our own lines: {"type":"ramify_chat", …}, then its branches, its images, and its messages.
#include "base/text.h"
#include "modules/chats/transfer/formats.h"

namespace ry::chats::transfer {
namespace {

constexpr int64_t version_written = 1;

struct ChatLine {
    std::string type = std::string(chat_line);
    int64_t version = version_written;
    std::string title;
    std::vector<std::string> tags;
    bool is_archived = false;
    std::optional<Time> created_at;
    int64_t active_branch = 0;
    Json vars{"null"};
    Json imported{"null"};
    static const Fields& fields() {
        using S = ChatLine;
        static const Field table[] = {
            field("type", &S::type, ""), field("version", &S::version, ""), field("title", &S::title, ""), field("tags", &S::tags, "", defaulted()),
            field("is_archived", &S::is_archived, "", defaulted()), field("created_at", &S::created_at, ""),
            field("active_branch", &S::active_branch, "", defaulted()), field("vars", &S::vars, "", defaulted()), field("imported", &S::imported, "", defaulted()),
        };
        static const Fields all{"ChatLine", table};
        return all;
    }
};

/// `{"type":"branch",` and then the members of the object.
template <class T>
std::string line_of(std::string_view type, const T& object) {
    std::string json = to_json(object);
    return "{\"type\":\"" + std::string(type) + "\"" + (json.size() > 2 ? "," : "") + json.substr(1) + "\n";
}

/// The object of a line that begins with its type, as line_of() writes them; absent for a line of another type.
template <class T>
Result<std::optional<T>> object_of(std::string_view line, std::string_view type) {
    std::string head = "{\"type\":\"" + std::string(type) + "\",";
    if (!line.starts_with(head)) return std::optional<T>();
    return std::optional<T>(TRY(from_json<T>("{" + std::string(line.substr(head.size())))));
}

Result<void> take_line(std::string_view line, std::vector<Conversation>& conversations) {
    if (line.starts_with("{\"type\":\"" + std::string(chat_line) + "\",")) {
        auto chat = TRY(from_json<ChatLine>(line));
        if (chat.version > version_written) return fail(Code::unsupported, "the file was written by a newer Ramify; update this one first");
        conversations.push_back({.title = std::move(chat.title), .tags = std::move(chat.tags), .is_archived = chat.is_archived, .created_at = chat.created_at,
                                 .active_branch = chat.active_branch, .vars = std::move(chat.vars), .imported = std::move(chat.imported)});
        return {};
    }
    if (conversations.empty()) return fail(Code::invalid, "must begin with a chat");
    if (auto branch = TRY(object_of<Branch>(line, "branch"))) {
        conversations.back().branches.push_back(*std::move(branch));
        return {};
    }
    if (auto image = TRY(object_of<Image>(line, "image"))) {
        conversations.back().images.push_back(*std::move(image));
        return {};
    }
    if (auto message = TRY(object_of<Message>(line, "message"))) {
        conversations.back().messages.push_back(*std::move(message));
        return {};
    }
    return fail(Code::invalid, "is no chat, branch, image or message");
}

}  // namespace

Result<std::vector<Conversation>> read_jsonl(std::string_view bytes) {
    std::vector<Conversation> conversations;
    size_t number = 0, messages = 0;
    for (std::string_view line : split(bytes, '\n')) {
        ++number;
        if (trim(line).empty()) continue;
        auto taken = take_line(trim(line), conversations);
        if (!taken) return std::move(taken).error().within("line " + std::to_string(number));
        messages += trim(line).starts_with("{\"type\":\"message\"");
        TRY(check_counts(conversations.size(), messages));
    }
    return conversations;
}

std::string write_jsonl(const Conversation& chat) {
    std::string out = to_json(ChatLine{.title = chat.title, .tags = chat.tags, .is_archived = chat.is_archived, .created_at = chat.created_at,
                                       .active_branch = chat.active_branch, .vars = chat.vars, .imported = chat.imported}) +
                      "\n";
    for (const Branch& branch : chat.branches) out += line_of("branch", branch);
    for (const Image& image : chat.images) out += line_of("image", image);
    for (const Message& message : chat.messages) out += line_of("message", message);
    return out;
}

}  // namespace ry::chats::transfer
