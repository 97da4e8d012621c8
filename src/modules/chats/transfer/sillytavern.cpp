// SillyTavern's chats: a line of the chat, {user_name, character_name, create_date, chat_metadata}, and one for each message,
// {name, is_user, is_system, send_date, mes, extra, swipes, swipe_id, swipe_info}.
//
// What is_system there means is that no model is sent the message: here its blocks are for people. What a model is told by
// the system has the `extra.type` "narrator". Of `extra` there are also `reasoning`; `display_text`, which people see in
// the place of `mes`; and `image`, with `image_swipes` when there are several. Images of others stay in `extra`.
#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "modules/chats/transfer/dates.h"
#include "modules/chats/transfer/formats.h"
#include "modules/chats/transfer/parts.h"

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

/// "narrator" and "comment" are said by nobody in the chat. Nor is what is hidden under a name that is not the character's.
std::string role_of(const bj::object& line, const bj::object& extra, std::string_view character_name) {
    if (flag_in(line, "is_user")) return "user";
    std::string type = text_in(extra, "type");
    bool is_aside = type == "narrator" || type == "comment" || (flag_in(line, "is_system") && text_in(line, "name") != character_name);
    return is_aside ? "system" : "assistant";
}

bj::object block(std::string_view type, std::string_view content, std::string_view visibility = "") {
    bj::object block{{"type", bjs(type)}, {"content", bjs(content)}};
    if (!visibility.empty()) block["visibility"] = bjs(visibility);
    return block;
}

/// Gives the variant blocks where its text alone would not tell who sees it.
void set_blocks(Variant& variant, bool is_hidden, std::string_view reasoning, std::string_view display_text) {
    if (!is_hidden && reasoning.empty() && display_text.empty()) return;
    bj::array blocks;
    if (!reasoning.empty()) blocks.push_back(block("reasoning", reasoning));
    bool is_for_models_alone = !display_text.empty() && !is_hidden;
    if (is_for_models_alone) blocks.push_back(block("answer", display_text, "ui_only"));
    blocks.push_back(block("answer", variant.text, is_hidden ? "ui_only" : is_for_models_alone ? "prompt_only" : ""));
    if (is_hidden) variant.text.clear();
    variant.blocks = {bj::serialize(blocks)};
}

Message message_of(const bj::object& line, int64_t seq, std::string_view character_name) {
    const bj::object* given = object_in(line, "extra");
    const bj::object extra = given ? *given : bj::object{};
    Message message{.seq = seq, .role = role_of(line, extra, character_name)};
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
    for (size_t i = 0; i < message.variants.size(); ++i) {
        bool is_shown = int64_t(i) == swipe;
        set_blocks(message.variants[i], flag_in(line, "is_system"), is_shown ? text_in(extra, "reasoning") : "", is_shown ? text_in(extra, "display_text") : "");
    }
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

void set_or_erase(bj::object& object, std::string_view name, std::string_view text) {
    if (text.empty()) object.erase(bjs(name));
    else object[bjs(name)] = bjs(text);
}

/// What SillyTavern reads of `extra`, in the place of what was kept of it.
void set_extra(bj::object& extra, const Message& message, const std::vector<Part>& parts, std::string_view mes, const History& history) {
    bool is_aside = message.role == "system" || message.role == "tool";
    if (is_aside && !is_hidden_from_models(parts) && text_in(extra, "type").empty()) extra["type"] = "narrator";
    std::string for_people = text_for_people(parts);
    set_or_erase(extra, "reasoning", reasoning_of(parts));
    set_or_erase(extra, "display_text", trim(for_people) == trim(mes) ? "" : for_people);
    bj::array images;
    for (const Part& part : parts)
        if (std::string url = part.type == Part::Type::image ? data_url(part, history.images) : ""; !url.empty()) images.push_back(bjs(url));
    if (images.empty()) return;
    extra["image"] = images.front();
    extra["inline_image"] = true;
    extra.erase("image_swipes");
    if (images.size() > 1) extra["image_swipes"] = std::move(images);
}

/// What models see of a variant; of one that they do not, what people see.
std::string mes_of(const Variant& variant) {
    auto parts = parts_of(variant);
    return is_hidden_from_models(parts) ? text_for_people(parts) : variant.text;
}

std::string line_of(const Message& message, const History& history) {
    bj::object line = object_of(message.imported);
    const Variant& shown = message.variants[size_t(message.selected)];
    const std::vector<Part> parts = parts_of(shown);
    const std::string mes = mes_of(shown);
    bool is_user = message.role == "user";
    if (!line.contains("name")) line["name"] = bjs(is_user ? history.user_name : history.character_name);
    line["is_user"] = is_user;
    line["is_system"] = is_hidden_from_models(parts);
    if (!line.contains("send_date") && message.created_at) line["send_date"] = bjs(rfc3339(*message.created_at));
    line.erase("swipes");
    line.erase("swipe_id");
    const bj::object* kept = object_in(line, "extra");
    bj::object extra = kept ? *kept : bj::object{};
    set_extra(extra, message, parts, mes, history);
    if (kept || !extra.empty()) line["extra"] = std::move(extra);
    line["mes"] = bjs(mes);
    if (message.variants.size() > 1) {
        bj::array swipes;
        for (const Variant& variant : message.variants) swipes.push_back(bjs(mes_of(variant)));
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
        chat.messages.push_back(message_of(object, int64_t(chat.messages.size()) + 1, chat.title));
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
