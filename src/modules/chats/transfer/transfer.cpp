#include "modules/chats/transfer/transfer.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "modules/chats/transfer/formats.h"

namespace ry::chats::transfer {

namespace bj = boost::json;

Result<void> check_counts(size_t conversations, size_t messages) {
    if (conversations > conversations_max)
        return fail(Code::too_large, "the file has more than " + std::to_string(conversations_max) + " chats, the most that are read at once; split it and import the pieces");
    if (messages > messages_max)
        return fail(Code::too_large, "the file has more than " + std::to_string(messages_max) + " messages, the most that are read at once; split it and import the pieces");
    return {};
}

Result<bj::value> parse(std::string_view json) {
    bj::error_code error;
    bj::parse_options options;
    options.max_depth = nesting_max;
    // Mended before it is read: two names that differ in broken bytes alone become one, and an object has a name once.
    std::string text = utf8_text(json);
    bj::value value = bj::parse(text, error, {}, options);
    if (error) return fail(Code::invalid, "is no JSON: " + error.message());
    return value;
}

const bj::value* find(const bj::object& object, std::string_view name) { return object.if_contains({name.data(), name.size()}); }

const bj::object* object_in(const bj::object& object, std::string_view name) {
    auto value = find(object, name);
    return value ? value->if_object() : nullptr;
}

std::string text_in(const bj::object& object, std::string_view name) {
    auto value = find(object, name);
    return value && value->is_string() ? utf8_text(std::string_view(value->get_string())) : "";
}

bool flag_in(const bj::object& object, std::string_view name) {
    auto value = find(object, name);
    return value && value->is_bool() && value->get_bool();
}

Json kept_json(const bj::value& value) {
    std::string json = utf8_text(bj::serialize(value));
    return {json.contains("\\u0000") ? std::string("null") : std::move(json)};
}

namespace {

bool is_chatgpt(const bj::object& chat) { return object_in(chat, "mapping"); }
bool is_open_webui(const bj::object& chat) {
    auto inner = object_in(chat, "chat");
    return object_in(inner ? *inner : chat, "history");
}

constexpr std::string_view what_is_read =
    "this is no chat that can be read; send chats that Ramify exported as JSONL, a SillyTavern chat (.jsonl), ChatGPT's conversations.json, or Open WebUI's export";

/// A file that is one JSON document: a list of chats, or one.
Result<void> read_document(const bj::value& document, File& file) {
    std::vector<const bj::value*> chats;
    if (auto list = document.if_array())
        for (const bj::value& one : *list) chats.push_back(&one);
    else chats.push_back(&document);
    TRY(check_counts(chats.size(), 0));
    size_t messages = 0;
    for (const bj::value* one : chats) {
        auto chat = one->if_object();
        if (!chat || (!is_chatgpt(*chat) && !is_open_webui(*chat))) return fail(Code::invalid, std::string(what_is_read));
        file.format = is_chatgpt(*chat) ? FileFormat::chatgpt : FileFormat::open_webui;
        file.conversations.push_back(TRY(is_chatgpt(*chat) ? read_chatgpt(*chat, file.warnings) : read_open_webui(*chat, file.warnings)));
        messages += file.conversations.back().messages.size();
        TRY(check_counts(file.conversations.size(), messages));
    }
    return {};
}

Result<File> read_any(std::string_view bytes) {
    File file;
    std::string_view first = trim(bytes.substr(0, bytes.find('\n')));
    if (first.starts_with("{\"type\":\"" + std::string(chat_line) + "\"")) {
        file.conversations = TRY(read_jsonl(bytes));
        return file;
    }
    if (auto line = parse(first); line && line->is_object() && (line->get_object().contains("user_name") || line->get_object().contains("mes"))) {
        file.format = FileFormat::sillytavern;
        file.conversations.push_back(TRY(read_sillytavern(bytes)));
        return file;
    }
    if (!first.starts_with('[') && !first.starts_with('{')) return fail(Code::invalid, std::string(what_is_read));
    auto document = parse(bytes);
    if (!document) return std::move(document).error().within("the file");
    TRY(read_document(*document, file));
    return file;
}

}  // namespace

Result<File> read(std::string_view bytes) {
    if (bytes.size() > file_bytes_max) return fail(Code::too_large, "the file has more than " + std::to_string(file_bytes_max >> 20) + " MiB; split it and import the pieces");
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    if (trim(bytes).empty()) return fail(Code::invalid, "the file is empty; " + std::string(what_is_read));
    File file = TRY(read_any(bytes));
    if (file.conversations.empty()) return fail(Code::invalid, "there is no chat in the file");
    for (const Conversation& conversation : file.conversations) TRY(check(conversation));
    return file;
}

}  // namespace ry::chats::transfer
