#include "modules/chats/cards/versions.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/text.h"

namespace ry::chats::cards {
namespace {

constexpr std::string_view v1_texts[] = {"name", "description", "personality", "scenario", "first_mes", "mes_example"};
constexpr std::string_view later_texts[] = {"creator_notes", "system_prompt", "post_history_instructions", "creator",
                                            "character_version"};
/// How Pygmalion's editor calls the fields of V1.
constexpr std::pair<std::string_view, std::string_view> dialect[] = {{"char_name", "name"},
                                                                     {"char_persona", "description"},
                                                                     {"world_scenario", "scenario"},
                                                                     {"char_greeting", "first_mes"},
                                                                     {"example_dialogue", "mes_example"}};

bool is_blank(const Value* value) {
    return !value || value->is_null() || (value->kind == Value::Kind::text && trim(value->said()).empty());
}
bool is_simple(const Value& value) {
    return value.kind == Value::Kind::number || (value.kind == Value::Kind::word && !value.is_null());
}

/// A text, or what stands where a text belongs.
std::string text_of(const Value* value) {
    if (!value || value->is_null()) return "";
    return value->kind == Value::Kind::text ? value->said() : value->token;
}

/// Numbers and truths where texts belong are taken as texts; what is null is left out.
Result<void> make_text(Value& object, std::string_view name, const std::string& pointer) {
    Value* value = object.find(name);
    if (!value || value->is_null())
        object.set(name, Value::text(""));
    else if (is_simple(*value))
        *value = Value::text(value->token);
    else if (value->kind != Value::Kind::text)
        return invalid(pointer + "/" + std::string(name), "must be a text");
    return {};
}

/// A list of texts; a text alone becomes a list of it.
Result<void> make_texts(Value& object, std::string_view name, const std::string& pointer) {
    Value* value = object.find(name);
    if (!value || value->is_null()) {
        object.set(name, Value::list());
        return {};
    }
    if (value->kind == Value::Kind::text) {
        Value list = Value::list();
        if (!is_blank(value)) list.items.push_back(std::move(*value));
        *value = std::move(list);
    }
    if (value->kind != Value::Kind::list) return invalid(pointer + "/" + std::string(name), "must be a list of texts");
    std::erase_if(value->items, [](const Value& item) { return item.is_null(); });
    for (size_t i = 0; i < value->items.size(); ++i) {
        Value& item = value->items[i];
        if (is_simple(item)) item = Value::text(item.token);
        if (item.kind != Value::Kind::text)
            return invalid(pointer + "/" + std::string(name) + "/" + std::to_string(i), "must be a text");
    }
    return {};
}

Result<void> make_object(Value& object, std::string_view name, const std::string& pointer) {
    Value* value = object.find(name);
    bool is_empty_list = value && value->kind == Value::Kind::list && value->items.empty();
    if (!value || value->is_null() || is_empty_list)
        object.set(name, Value::object());
    else if (value->kind != Value::Kind::object)
        return invalid(pointer + "/" + std::string(name), "must be an object");
    return {};
}

/// A truth: what it is when the entry does not say, and when it says it by a number.
Result<void> make_truth(Value& object, std::string_view name, bool otherwise, const std::string& pointer) {
    Value* value = object.find(name);
    if (!value || value->is_null()) {
        object.set(name, Value::word(otherwise ? "true" : "false"));
    } else if (value->kind == Value::Kind::number) {
        *value = Value::word(value->token == "0" ? "false" : "true");
    } else if (value->kind != Value::Kind::word) {
        return invalid(pointer + "/" + std::string(name), "must be true or false");
    }
    return {};
}

Result<void> complete_entry(Value& entry, const std::string& pointer) {
    if (entry.kind != Value::Kind::object) return invalid(pointer, "must be an object");
    TRY(make_texts(entry, "keys", pointer));
    TRY(make_text(entry, "content", pointer));
    TRY(make_object(entry, "extensions", pointer));
    TRY(make_truth(entry, "enabled", true, pointer));
    TRY(make_truth(entry, "use_regex", false, pointer));
    Value* order = entry.find("insertion_order");
    if (!order || order->is_null())
        entry.set("insertion_order", {.kind = Value::Kind::number, .token = "100", .items = {}, .members = {}});
    else if (order->kind != Value::Kind::number)
        return invalid(pointer + "/insertion_order", "must be a number");
    return {};
}

Result<void> complete_book(Value& data) {
    Value* book = data.find("character_book");
    if (!book) return {};
    if (book->is_null()) {
        data.remove("character_book");
        return {};
    }
    const std::string pointer = "/data/character_book";
    if (book->kind != Value::Kind::object) return invalid(pointer, "must be an object");
    TRY(make_object(*book, "extensions", pointer));
    Value* entries = book->find("entries");
    if (!entries || entries->is_null()) {
        book->set("entries", Value::list());
        return {};
    }
    if (entries->kind != Value::Kind::list)
        return invalid(pointer + "/entries",
                       "must be a list; if the book is world info of SillyTavern, import it as a lorebook of its own");
    for (size_t i = 0; i < entries->items.size(); ++i)
        TRY(complete_entry(entries->items[i], pointer + "/entries/" + std::to_string(i)));
    return {};
}

Result<void> complete_assets(Value& data) {
    Value* assets = data.find("assets");
    if (!assets) return {};
    if (assets->is_null()) {
        data.remove("assets");
        return {};
    }
    if (assets->kind != Value::Kind::list) return invalid("/data/assets", "must be a list");
    for (size_t i = 0; i < assets->items.size(); ++i) {
        std::string pointer = "/data/assets/" + std::to_string(i);
        if (assets->items[i].kind != Value::Kind::object) return invalid(pointer, "must be an object");
        for (std::string_view name : {"type", "uri", "name", "ext"}) TRY(make_text(assets->items[i], name, pointer));
    }
    return {};
}

/// Every field that V3 requires, with the type that it requires.
Result<void> complete(Value& data) {
    if (is_blank(data.find("name"))) return invalid("/data/name", "is missing; give the character a name");
    for (std::string_view name : v1_texts) TRY(make_text(data, name, "/data"));
    for (std::string_view name : later_texts) TRY(make_text(data, name, "/data"));
    for (std::string_view name : {"tags", "alternate_greetings", "group_only_greetings"})
        TRY(make_texts(data, name, "/data"));
    TRY(make_object(data, "extensions", "/data"));
    TRY(complete_book(data));
    return complete_assets(data);
}

/// The flat fields of V1 as `data`: later fields that tools wrote beside them are fields of `data` as well.
Value wrapped(Value flat) {
    for (auto [theirs, ours] : dialect) {
        if (!flat.find(theirs) || !is_blank(flat.find(ours))) continue;
        flat.remove(ours);
        flat.rename(theirs, ours);
    }
    if (flat.find("spec")) flat.remove("spec");
    if (flat.find("spec_version")) flat.remove("spec_version");
    Value card = Value::object();
    card.set("data", std::move(flat));
    return card;
}

bool is_flat(const Value& card) {
    size_t known = 0;
    for (std::string_view name : v1_texts) known += card.find(name) != nullptr;
    for (auto [theirs, ours] : dialect) known += card.find(theirs) != nullptr;
    return known >= 2 && (!is_blank(card.find("name")) || !is_blank(card.find("char_name")));
}

Asset asset_of(const Value& value) {
    return {text_of(value.find("type")), text_of(value.find("uri")), text_of(value.find("name")),
            text_of(value.find("ext"))};
}

}  // namespace

Result<Value> as_v3(Value card, std::vector<std::string>& warnings) {
    if (card.kind != Value::Kind::object)
        return fail(Code::invalid, "this is no character card: its JSON is no object");
    std::string spec = text_of(card.find("spec")), version = text_of(card.find("spec_version"));
    if (spec == "lorebook_v3")
        return fail(Code::invalid, "this is a lorebook, not a character card; import it as a lorebook");
    const Value* data = card.find("data");
    bool has_data = data && data->kind == Value::Kind::object;
    if (!has_data) {
        if (!is_flat(card))
            return fail(Code::invalid,
                        "this is no character card: it has neither `data` with the fields of V2 or V3, nor name, "
                        "description and first_mes as V1");
        card = wrapped(std::move(card));
    } else if (spec != "chara_card_v3" && spec != "chara_card_v2" && !spec.empty()) {
        warnings.push_back("the card calls itself \"" + std::string(utf8_prefix(utf8_text(spec), 40)) +
                           "\"; it was read as a V2 card");
    }
    TRY(complete(*card.find("data")));
    bool is_v3 = spec == "chara_card_v3" && has_data;
    double number = std::strtod(version.c_str(), nullptr);
    if (is_v3 && number > 3.0)
        warnings.push_back("the card has version " + std::string(utf8_prefix(utf8_text(version), 20)) +
                           " of the format, newer than 3.0; what that adds was kept as it is");
    // The wrapper stands first, as people expect it when they look into a file.
    Value v3 = Value::object();
    v3.set("spec", Value::text("chara_card_v3"));
    v3.set("spec_version", Value::text(is_v3 && number >= 3.0 ? version : "3.0"));
    card.remove("spec");
    card.remove("spec_version");
    std::ranges::move(card.members, std::back_inserter(v3.members));
    return v3;
}

void call(Value& card, std::string_view name) {
    if (card.kind != Value::Kind::object) return;
    const Value* data = card.find("data");
    if (!data || data->kind != Value::Kind::object) card = wrapped(std::move(card));
    card.find("data")->set("name", Value::text(name));
}

Value as_v2(Value card) {
    card.set("spec", Value::text("chara_card_v2"));
    card.set("spec_version", Value::text("2.0"));
    return card;
}

std::vector<Asset> assets_of(const Value& card) {
    std::vector<Asset> assets;
    const Value* data = card.find("data");
    const Value* list = data ? data->find("assets") : nullptr;
    for (size_t i = 0; list && i < list->items.size(); ++i) assets.push_back(asset_of(list->items[i]));
    return assets;
}

void readdress(Value& card, const std::function<std::optional<std::string>(const Asset&)>& address) {
    Value* data = card.find("data");
    Value* list = data ? data->find("assets") : nullptr;
    for (size_t i = 0; list && i < list->items.size(); ++i)
        if (auto uri = address(asset_of(list->items[i]))) list->items[i].set("uri", Value::text(*uri));
}

void add_asset(Value& card, const Asset& asset) {
    Value* data = card.find("data");
    if (!data->find("assets")) data->set("assets", Value::list());
    Value item = Value::object();
    item.set("type", Value::text(asset.type));
    item.set("uri", Value::text(asset.uri));
    item.set("name", Value::text(asset.name));
    item.set("ext", Value::text(asset.ext));
    data->find("assets")->items.push_back(std::move(item));
}

}  // namespace ry::chats::cards
