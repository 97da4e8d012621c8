#include "modules/chats/cards/cards.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "modules/chats/cards/base64.h"
#include "modules/chats/cards/charx.h"
#include "modules/chats/cards/png.h"
#include "modules/chats/cards/versions.h"

namespace ry::chats::cards {
namespace {

constexpr std::string_view embedded = "embeded://";         // spelled so in the format
constexpr std::string_view embedded_in_png = "__asset:";    // the same in a PNG
constexpr std::string_view default_picture = "ccdefault:";  // the picture that the card came in
constexpr std::string_view file_keyword =
    "chara-ext-asset_";  // of a PNG's texts with files; a colon and the path follow
constexpr std::string_view book_name = "character_book";
constexpr std::string_view picture_path = "assets/icon/images/main.";  // of an archive; the extension follows

bool is_main_icon(const Asset& asset) { return asset.type == "icon" && (asset.name == "main" || asset.name.empty()); }

/// The path of `uri` when it begins with `scheme`.
std::optional<std::string_view> path_in(std::string_view uri, std::string_view scheme) {
    if (!uri.starts_with(scheme)) return {};
    return uri.substr(scheme.size());
}

const File* find_file(const std::vector<File>& files, std::string_view path) {
    auto found = std::ranges::find(files, path, &File::path);
    return found == files.end() ? nullptr : &*found;
}

/// The bytes of a `data:` address in base64.
std::optional<std::string> data_of(std::string_view uri) {
    size_t comma = uri.find(',');
    if (!uri.starts_with("data:") || comma == std::string_view::npos || !uri.substr(0, comma).ends_with(";base64"))
        return {};
    return unbase64(uri.substr(comma + 1));
}

/// Cards hide in pictures, too: a PNG without them; "" for what is no picture that people are shown.
std::string without_cards(std::string_view picture) {
    if (!is_png(picture)) return served_picture(picture).content_type.empty() ? "" : std::string(picture);
    auto png = read_png(picture);
    if (!png) return "";
    std::erase_if(png->chunks, [](const Chunk& chunk) {
        std::string keyword = lower(text_of(chunk).keyword);
        return keyword == "chara" || keyword == "ccv3" || keyword.starts_with(file_keyword);
    });
    return write_png(png->chunks);
}

/// The main icon, from a file or an address that holds it; "" when it is somewhere else.
std::string picture_of(const Value& card, const std::vector<File>& files) {
    for (const Asset& asset : assets_of(card)) {
        if (!is_main_icon(asset)) continue;
        if (auto path = path_in(asset.uri, embedded)) {
            if (const File* file = find_file(files, *path)) return without_cards(file->bytes);
        } else if (auto bytes = data_of(asset.uri)) {
            return without_cards(*bytes);
        }
    }
    for (const File& file : files)
        if (file.path.starts_with(picture_path)) return without_cards(file.bytes);
    return "";
}

/// What is added to complete a card counts towards the limits, so that it can be read again.
Result<Value> tree_of(std::string_view json, Card& card, std::string_view name = {}) {
    Value parsed = TRY(parse_tree(json));
    if (!name.empty()) call(parsed, name);
    Value tree = TRY(as_v3(std::move(parsed), card.warnings));
    return parse_tree(tree.json());
}

// ---- PNG

/// A chunk's text as JSON: base64, or plain as some tools write it.
Result<Value> card_in(const TextChunk& chunk, Card& card) {
    std::string text = TRY(inflated(chunk));
    if (trim(text).starts_with('{')) return tree_of(text, card);
    auto json = unbase64(text);
    if (!json) return fail(Code::invalid, "the card in the picture is damaged: it is no base64");
    return tree_of(*json, card);
}

/// Of the chunks that may be cards the first good one: V3's before V2's.
Result<Value> card_among(const Png& png, Card& card) {
    std::vector<TextChunk> candidates;
    for (std::string_view wanted : {"ccv3", "chara"}) {
        size_t count = 0;
        for (const Chunk& chunk : png.chunks) {
            TextChunk text = text_of(chunk);
            if (lower(text.keyword) != wanted) continue;
            ++count;
            if (!chunk.is_sound)
                card.warnings.push_back("the chunk `" + std::string(wanted) +
                                        "` of the picture has a wrong checksum; it was read all the same");
            if (candidates.size() < limit::candidates_max) candidates.push_back(text);
            if (count == limit::candidates_max) break;
        }
        if (count > 1)
            card.warnings.push_back("the picture has " + std::to_string(count) + " chunks `" + std::string(wanted) +
                                    "`; the first that could be read was taken");
    }
    if (candidates.empty()) {
        std::string message =
            png.is_cut_off
                ? "the picture is cut off, and the part that there is has no character card; download it again"
                : "the picture has no character card inside; programs that compress pictures take it away, so ask for "
                  "the original file";
        return fail(Code::invalid, message);
    }
    std::optional<Error> first;
    for (const TextChunk& candidate : candidates) {
        Card seen;
        auto read = card_in(candidate, seen);
        if (read) {
            std::ranges::move(seen.warnings, std::back_inserter(card.warnings));
            if (first) card.warnings.push_back("a chunk before it could not be read: " + first->message);
            return read;
        }
        if (!first) first = std::move(read).error();
    }
    return *std::move(first);
}

/// Files stand in texts of their own; tools write the keyword with a colon or without.
Result<void> read_files(const Png& png, Card& card) {
    std::set<std::string, std::less<>> paths;
    for (const Chunk& chunk : png.chunks) {
        TextChunk text = text_of(chunk);
        if (!lower(text.keyword).starts_with(file_keyword)) continue;
        std::string_view path = text.keyword.substr(file_keyword.size());
        if (path.starts_with(':')) path.remove_prefix(1);
        if (!is_inside(path))
            return fail(Code::invalid, "the picture has a file inside that leads outside; it looks like an attack");
        if (card.files.size() == limit::files_max)
            return fail(Code::too_large, "the picture has more than " + std::to_string(limit::files_max) +
                                             " files inside, the most a card may have");
        auto bytes = unbase64(TRY(inflated(text)));
        if (!bytes || !paths.emplace(path).second)
            card.warnings.push_back("the file \"" + std::string(utf8_prefix(path, 80)) + "\" inside the picture is " +
                                    (bytes ? "there twice; the first was taken" : "damaged, and was left out"));
        else
            card.files.push_back({std::string(path), *std::move(bytes)});
    }
    return {};
}

Result<Card> read_picture(std::string_view file) {
    Png png = TRY(read_png(file));
    Card card;
    Value tree = TRY(card_among(png, card));
    if (png.is_cut_off) card.warnings.push_back("the picture is cut off; the card in it is whole");
    TRY(read_files(png, card));
    readdress(tree, [&](const Asset& asset) -> std::optional<std::string> {
        auto path = path_in(asset.uri, embedded_in_png);
        if (!path || !find_file(card.files, *path)) return {};
        return std::string(embedded) + std::string(*path);
    });
    card.v3 = {tree.json()};
    card.picture = without_cards(file);
    return card;
}

/// What each file is called in a PNG, whose keywords are short and Latin: by its path where that fits, else by its
/// number.
std::map<std::string, std::string, std::less<>> names_in_png(const std::vector<File>& files) {
    constexpr size_t name_bytes_max = 79 - file_keyword.size() - 1;
    std::map<std::string, std::string, std::less<>> names;
    for (size_t i = 0; i < files.size(); ++i) {
        const std::string& path = files[i].path;
        bool is_short =
            path.size() <= name_bytes_max && std::ranges::all_of(path, [](char c) { return c >= ' ' && c <= '~'; });
        std::string name = is_short ? path : "file." + std::to_string(i);
        while (!is_short && find_file(files, name)) name += '_';
        names[path] = std::move(name);
    }
    return names;
}

Result<std::string> write_picture(const Card& card, Value tree, Spec spec) {
    auto names = names_in_png(card.files);
    readdress(tree, [&](const Asset& asset) -> std::optional<std::string> {
        auto path = path_in(asset.uri, embedded);
        auto name = path ? names.find(*path) : names.end();
        if (name == names.end()) return {};
        return std::string(embedded_in_png) + name->second;
    });
    std::string picture = is_png(card.picture) ? card.picture : plain_png();
    Png png = TRY(read_png(picture));
    std::vector<std::string> texts;
    texts.reserve(card.files.size() + 2);  // chunks look into them
    auto add = [&](std::string_view keyword, std::string_view bytes) {
        texts.push_back(std::string(keyword) + '\0' + base64(bytes));
        png.chunks.push_back({"tEXt", texts.back()});
    };
    for (const File& file : card.files)
        add(std::string(file_keyword) + ":" + names.find(file.path)->second, file.bytes);
    if (spec == Spec::v3) add("ccv3", tree.json());
    add("chara", as_v2(std::move(tree)).json());
    return write_png(png.chunks);
}

// ---- CHARX

Result<Card> read_archive(std::string_view file) {
    Card card;
    card.files = TRY(unpack(file));
    const File* json = find_file(card.files, card_path);
    if (!json) return fail(Code::invalid, "the archive has no card.json at its top; export the card as CHARX again");
    Value tree = TRY(tree_of(json->bytes, card));
    std::erase_if(card.files, [](const File& one) { return one.path == card_path; });
    card.v3 = {tree.json()};
    card.picture = picture_of(tree, card.files);
    return card;
}

/// The picture that came with a card of another format becomes its main icon.
void add_picture(const Card& card, Value& tree, std::vector<File>& files) {
    std::string content_type = served_picture(card.picture).content_type;
    if (content_type.empty()) return;
    std::string extension = content_type == "image/jpeg" ? "jpg" : content_type.substr(content_type.find('/') + 1);
    std::string path = std::string(picture_path) + extension;
    bool has_assets = tree.find("data")->find("assets") != nullptr, is_there = false;
    for (const Asset& asset : assets_of(tree))
        is_there = is_there || (is_main_icon(asset) && (data_of(asset.uri) || asset.uri.starts_with(embedded)));
    if (is_there || find_file(files, path)) return;
    files.push_back({path, card.picture});
    if (!has_assets) return add_asset(tree, {"icon", std::string(embedded) + path, "main", extension});
    readdress(tree, [&](const Asset& asset) -> std::optional<std::string> {
        if (!is_main_icon(asset) || asset.uri != default_picture) return {};
        return std::string(embedded) + path;
    });
}

Result<std::string> write_archive(const Card& card, Value tree, Spec spec) {
    if (spec == Spec::v2)
        return invalid("/to", "must be v3: CHARX holds cards of V3 alone; write JSON or PNG for programs that know V2");
    std::vector<File> files = {{std::string(card_path), ""}};
    std::ranges::copy(card.files, std::back_inserter(files));
    add_picture(card, tree, files);
    files[0].bytes = tree.json();
    return pack(files);
}

// ---- JSON

/// Files become addresses that hold them.
std::string write_document(const Card& card, Value tree, Spec spec) {
    readdress(tree, [&](const Asset& asset) -> std::optional<std::string> {
        auto path = path_in(asset.uri, embedded);
        const File* file = path ? find_file(card.files, *path) : nullptr;
        if (!file) return {};
        std::string content_type = served_picture(file->bytes).content_type;
        if (content_type.empty()) content_type = "application/octet-stream";
        return "data:" + content_type + ";base64," + base64(file->bytes);
    });
    return (spec == Spec::v2 ? as_v2(std::move(tree)) : tree).json();
}

}  // namespace

Result<Card> read_json(std::string_view json, std::string_view name) {
    Card card;
    Value tree = TRY(tree_of(json, card, name));
    card.v3 = {tree.json()};
    card.picture = picture_of(tree, card.files);
    return card;
}

Result<Card> read(std::string_view file) {
    if (file.size() > limit::file_bytes_max)
        return fail(Code::too_large, "the file has " + std::to_string(file.size() >> 20) + " MiB; a card may have " +
                                         std::to_string(limit::file_bytes_max >> 20) +
                                         ", so make its pictures smaller");
    if (is_png(file)) return read_picture(file);
    if (is_zip(file)) return read_archive(file);
    std::string_view text = trim(file);
    if (text.starts_with("\xEF\xBB\xBF")) text = trim(text.substr(3));
    if (text.starts_with('{')) return read_json(file);
    if (!served_picture(file).content_type.empty())
        return fail(Code::invalid,
                    "the picture is no PNG; cards come in PNG, CHARX and JSON files, so ask for the original file");
    return fail(Code::invalid, "this is no character card: the file is neither PNG nor CHARX nor a JSON object");
}

Result<std::string> write(const Card& card, Format format, Spec spec) {
    Value tree = TRY(parse_tree(card.v3.text));
    if (format == Format::png) return write_picture(card, std::move(tree), spec);
    if (format == Format::charx) return write_archive(card, std::move(tree), spec);
    return write_document(card, std::move(tree), spec);
}

std::optional<Json> book_of(const Json& v3) {
    auto card = parse_tree(v3.text);
    const Value* data = card ? card->find("data") : nullptr;
    const Value* book = data ? data->find(book_name) : nullptr;
    if (!book || book->kind != Value::Kind::object) return {};
    return Json{book->json()};
}

Json with_book(const Json& v3, const std::optional<Json>& book) {
    auto card = parse_tree(v3.text);
    Value* data = card ? card->find("data") : nullptr;
    if (!data) return v3;
    auto tree = book ? parse_tree(book->text) : Result<Value>(Value());
    if (!tree || tree->is_null())
        data->remove(book_name);
    else
        data->set(book_name, *std::move(tree));
    return {card->json()};
}

Result<Character> character_of(const Json& v3) {
    Value card = TRY(parse_tree(v3.text));
    const Value* data = card.find("data");
    if (!data) return fail(Code::invalid, "this is no card of V3: it has no `data`");
    auto text = [&](std::string_view name) {
        const Value* value = data->find(name);
        return value ? value->said() : std::string();
    };
    auto texts = [&](std::string_view name) {
        std::vector<std::string> all;
        const Value* list = data->find(name);
        for (size_t i = 0; list && i < list->items.size(); ++i) all.push_back(list->items[i].said());
        return all;
    };
    return Character{.name = text("name"),
                     .nickname = text("nickname"),
                     .description = text("description"),
                     .personality = text("personality"),
                     .scenario = text("scenario"),
                     .first_mes = text("first_mes"),
                     .mes_example = text("mes_example"),
                     .system_prompt = text("system_prompt"),
                     .post_history_instructions = text("post_history_instructions"),
                     .creator = text("creator"),
                     .character_version = text("character_version"),
                     .tags = texts("tags"),
                     .alternate_greetings = texts("alternate_greetings")};
}

Result<std::vector<File>> files_of(std::string_view archive) {
    if (!is_zip(archive)) return fail(Code::invalid, "this is no zip archive; send one that has the files of the cards");
    std::vector<File> files = TRY(unpack(archive));
    if (find_file(files, card_path)) return std::vector<File>{{"card.charx", std::string(archive)}};
    // What archivers and file managers leave.
    std::erase_if(files, [](const File& file) { return file.path.starts_with("__MACOSX/") || file.path.ends_with(".DS_Store") || file.path.ends_with("Thumbs.db"); });
    if (files.empty()) return fail(Code::invalid, "there is no file in the archive; put the files of the cards into it");
    return files;
}

}  // namespace ry::chats::cards
