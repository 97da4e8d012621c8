// SillyTavern's chats: a line of the chat, {user_name, character_name, create_date, chat_metadata}, and one for each message,
// {name, is_user, is_system, send_date, mes, extra, swipes, swipe_id, swipe_info}.
#include <boost/json.hpp>

#include "base/text.h"
#include "modules/chats/transfer/dates.h"
#include "modules/chats/transfer/formats.h"

namespace ry::chats::transfer {
namespace {

namespace bj = boost::json;

bj::string_view bjs(std::string_view text) { return {text.data(), text.size()}; }

std::vector<Variant> variants_of(const bj::object& line, std::optional<Time> at) {
    std::vector<Variant> variants;
    if (auto swipes = find(line, "swipes"); swipes && swipes->is_array())
        for (const bj::value& swipe : swipes->get_array())
            variants.push_back({.text = swipe.is_string() ? utf8_text(swipe.get_string()) : "", .created_at = at});
    return variants;
}

Message message_of(const bj::object& line, int64_t seq) {
    Message message{.seq = seq, .role = flag_in(line, "is_user") ? "user" : flag_in(line, "is_system") ? "system" : "assistant"};
    message.created_at = date_of(find(line, "send_date"));
    message.variants = variants_of(line, message.created_at);
    std::string shown = text_in(line, "mes");
    auto selected = find(line, "swipe_id");
    int64_t swipe = selected && selected->is_int64() ? selected->get_int64() : 0;
    if (message.variants.empty() || swipe < 0 || size_t(swipe) >= message.variants.size()) {
        // What is shown is none of the swipes.
        swipe = int64_t(message.variants.size());
        message.variants.push_back({.text = shown, .created_at = message.created_at});
    }
    message.variants[size_t(swipe)].text = std::move(shown);
    message.selected = swipe;
    bj::object rest;  // in the order of the file
    for (const auto& member : line)
        if (member.key() != "mes" && member.key() != "swipes" && member.key() != "swipe_id") rest[member.key()] = member.value();
    message.imported = kept_json(rest);
    return message;
}

bj::object object_of(const Json& json) {
    auto value = parse(json.text);
    return value && value->is_object() ? value->get_object() : bj::object{};
}

std::string line_of(const Message& message, const History& history) {
    bj::object line = object_of(message.imported);
    const Variant& shown = message.variants[size_t(message.selected)];
    bool is_user = message.role == "user";
    if (!line.contains("name")) line["name"] = bjs(is_user ? history.user_name : history.character_name);
    line["is_user"] = is_user;
    if (!line.contains("is_system")) line["is_system"] = message.role == "system" || message.role == "tool";
    if (!line.contains("send_date") && message.created_at) line["send_date"] = bjs(rfc3339(*message.created_at));
    line.erase("swipes");
    line.erase("swipe_id");
    line["mes"] = bjs(shown.text);
    if (message.variants.size() > 1) {
        bj::array swipes;
        for (const Variant& variant : message.variants) swipes.push_back(bjs(variant.text));
        line["swipes"] = std::move(swipes);
        line["swipe_id"] = message.selected;
    }
    return bj::serialize(line) + "\n";
}

}  // namespace

Result<Conversation> read_sillytavern(std::string_view bytes) {
    Conversation chat;
    bool has_header = false;
    size_t number = 0;
    for (std::string_view line : split(bytes, '\n')) {
        ++number;
        if (trim(line).empty()) continue;
        auto value = parse(trim(line));
        if (!value) return std::move(value).error().within("line " + std::to_string(number));
        if (!value->is_object()) return fail(Code::invalid, "line " + std::to_string(number) + " is no message of a chat");
        const bj::object& object = value->get_object();
        if (!has_header && chat.messages.empty() && !object.contains("mes")) {
            has_header = true;
            chat.title = text_in(object, "character_name");
            chat.created_at = date_of(find(object, "create_date"));
            chat.imported = kept_json(object);
            continue;
        }
        if (!object.contains("mes")) return fail(Code::invalid, "line " + std::to_string(number) + " has no message (\"mes\")");
        TRY(check_counts(1, chat.messages.size() + 1));
        chat.messages.push_back(message_of(object, int64_t(chat.messages.size()) + 1));
    }
    auto count = int64_t(chat.messages.size());
    chat.branches.push_back({.title = "main", .messages_count = count, .stretches = {{}}});
    return chat;
}

std::string write_sillytavern(const History& history) {
    bj::object header{{"user_name", bjs(history.user_name)}, {"character_name", bjs(history.character_name)}};
    for (const auto& member : object_of(history.imported))
        if (member.key() != "mes") header[member.key()] = member.value();
    if (!header.contains("create_date") && history.created_at) header["create_date"] = bjs(rfc3339(*history.created_at));
    if (!header.contains("chat_metadata")) header["chat_metadata"] = bj::object{};
    std::string out = bj::serialize(header) + "\n";
    for (const Message& message : history.messages) out += line_of(message, history);
    return out;
}

}  // namespace ry::chats::transfer
