// ChatGPT's conversations.json ({title, create_time, mapping: {id: {message, parent}}, current_node}) and Open WebUI's export
// ({title, chat: {history: {messages: {id: {parentId, role, content}}, currentId}}, meta: {tags}}).
#include <boost/json.hpp>

#include "base/text.h"
#include "modules/chats/transfer/dates.h"
#include "modules/chats/transfer/formats.h"
#include "modules/chats/transfer/message_tree.h"

namespace ry::chats::transfer {
namespace {

namespace bj = boost::json;

std::string known_role(std::string role) {
    if (role == "assistant" || role == "system" || role == "tool") return role;
    return "user";
}

/// What a content says: its text, or its parts; what is no text stands as its kind in brackets.
std::string text_of_content(const bj::object& content) {
    auto parts = find(content, "parts");
    if (!parts || !parts->is_array()) {
        std::string text = text_in(content, "text");
        return text.empty() ? text_in(content, "result") : text;
    }
    std::string text;
    for (const bj::value& part : parts->get_array()) {
        std::string said;
        if (part.is_string()) said = utf8_text(part.get_string());
        if (part.is_object()) {
            said = text_in(part.get_object(), "text");
            if (said.empty()) said = "[" + text_in(part.get_object(), "content_type") + "]";
        }
        if (!said.empty()) text += (text.empty() ? "" : "\n\n") + said;
    }
    return text;
}

Node chatgpt_node(std::string_view id, const bj::object& entry) {
    Node node{.id = std::string(id), .parent_id = text_in(entry, "parent"), .is_said = false};
    auto message = object_in(entry, "message");
    if (!message) return node;
    if (auto author = object_in(*message, "author")) node.role = known_role(text_in(*author, "role"));
    if (auto content = object_in(*message, "content")) node.variant.text = text_of_content(*content);
    node.variant.created_at = date_of(find(*message, "create_time"));
    bool is_hidden = false;
    if (auto metadata = object_in(*message, "metadata")) {
        is_hidden = flag_in(*metadata, "is_visually_hidden_from_conversation");
        if (std::string model = text_in(*metadata, "model_slug"); !model.empty()) node.variant.model = std::move(model);
    }
    node.is_said = !is_hidden && !node.variant.text.empty() && !node.role.empty();
    return node;
}

Node open_webui_node(std::string_view id, const bj::object& entry) {
    Node node{.id = std::string(id), .parent_id = text_in(entry, "parentId"), .role = known_role(text_in(entry, "role"))};
    node.variant.text = text_in(entry, "content");
    node.variant.created_at = date_of(find(entry, "timestamp"));
    if (std::string model = text_in(entry, "model"); !model.empty()) node.variant.model = std::move(model);
    node.is_said = !node.variant.text.empty();
    return node;
}

void warn_of_circles(size_t count, const Conversation& chat, std::vector<std::string>& warnings) {
    if (count > 0) warnings.push_back("\"" + chat.title + "\": " + std::to_string(count) + " messages come from each other and from no beginning; they were left out");
}

void take_tags(const bj::value* tags, Conversation& chat) {
    if (!tags || !tags->is_array()) return;
    for (const bj::value& tag : tags->get_array())
        if (tag.is_string()) chat.tags.push_back(utf8_text(tag.get_string()));
}

}  // namespace

Result<Conversation> read_chatgpt(const bj::object& source, std::vector<std::string>& warnings) {
    Conversation chat{.title = text_in(source, "title"), .is_archived = flag_in(source, "is_archived"), .created_at = date_of(find(source, "create_time"))};
    std::vector<Node> nodes;
    if (auto mapping = object_in(source, "mapping"))
        for (const auto& [id, entry] : *mapping)
            if (entry.is_object()) nodes.push_back(chatgpt_node(id, entry.get_object()));
    warn_of_circles(TRY(place_nodes(std::move(nodes), text_in(source, "current_node"), chat)), chat, warnings);
    return chat;
}

Result<Conversation> read_open_webui(const bj::object& source, std::vector<std::string>& warnings) {
    const bj::object& inner = object_in(source, "chat") ? *object_in(source, "chat") : source;
    Conversation chat{.title = text_in(source, "title"), .is_archived = flag_in(source, "archived"), .created_at = date_of(find(source, "created_at"))};
    if (chat.title.empty()) chat.title = text_in(inner, "title");
    if (auto meta = object_in(source, "meta")) take_tags(find(*meta, "tags"), chat);
    std::vector<Node> nodes;
    std::string current;
    if (auto history = object_in(inner, "history")) {
        current = text_in(*history, "currentId");
        if (auto messages = object_in(*history, "messages"))
            for (const auto& [id, entry] : *messages)
                if (entry.is_object()) nodes.push_back(open_webui_node(id, entry.get_object()));
    }
    warn_of_circles(TRY(place_nodes(std::move(nodes), current, chat)), chat, warnings);
    return chat;
}

}  // namespace ry::chats::transfer
