#pragma once
// Character cards: read from JSON, PNG and CHARX in all three versions of the format, kept as V3, written again.
//
// Formats: V1 is the flat object of TavernAI, and its dialect of Pygmalion; V2 is `chara_card_v2`; V3 is
// `chara_card_v3` (github.com/kwaroran/character-card-spec-v3). Pure: bytes in, bytes out; any thread. What a card
// holds beyond the formats stays as it was written, number for number and letter for letter. docs/cards.md is the
// contract.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace ry::chats::cards {

namespace limit {
inline constexpr size_t file_bytes_max = 64 << 20;  ///< of a file; larger ones have other things than a card inside
inline constexpr size_t card_bytes_max = 16 << 20;  ///< of a card's JSON: a book of 10,000 long entries has 10 MB
inline constexpr size_t depth_max = 64;             ///< of JSON
inline constexpr size_t values_max = 500'000;       ///< of JSON; each takes about 100 bytes while it is read
inline constexpr size_t chunks_max = 100'000;       ///< of a PNG
inline constexpr size_t candidates_max = 8;         ///< chunks of a PNG that are tried as cards
inline constexpr size_t files_max = 10'000;         ///< of an archive
inline constexpr size_t unpacked_bytes_max = 128 << 20;  ///< of all files of an archive together
inline constexpr size_t inflate_ratio_max = 200;         ///< beyond 1 MiB; text of people has 10 at most
inline constexpr size_t path_bytes_max = 512;            ///< of a file in an archive
}  // namespace limit

enum class Format { json, png, charx };
constexpr std::array<std::string_view, 3> names_of(Format) { return {"json", "png", "charx"}; }
enum class Spec { v2, v3 };
constexpr std::array<std::string_view, 2> names_of(Spec) { return {"v2", "v3"}; }

/// What the card's assets name as `embeded://path`.
struct File {
    std::string path;
    std::string bytes;
    bool operator==(const File&) const = default;
};

struct Card {
    Json v3;                            ///< {"spec": "chara_card_v3", "spec_version": …, "data": {…}}, complete
    std::string picture;                ///< PNG, JPEG or WebP, without a card inside; "" when there is none
    std::vector<File> files;            ///< with distinct paths that lead nowhere else
    std::vector<std::string> warnings;  ///< what was wrong and could be mended, for the person
};

/// The card in a file of any format: the bytes tell which. `invalid` or `too_large` say what is wrong with it.
Result<Card> read(std::string_view file);
/// The files of a zip archive of cards, by their paths in it; an archive that is one card is the only one. `invalid` or
/// `too_large` say what is wrong with the archive.
Result<std::vector<File>> files_of(std::string_view archive);
/// A card's JSON of any version as V3; faults have pointers into it. With a `name` the character is called so from now
/// on, and the fields of `data` alone are a card, too.
Result<Card> read_json(std::string_view json, std::string_view name = {});

/// The file. CHARX holds V3 alone. JSON carries files as `data:` addresses, and no picture.
Result<std::string> write(const Card& card, Format format, Spec spec);

/// What prompts and lists need of a card.
struct Character {
    std::string name;
    std::string nickname;  ///< what {{char}} is; "" for the name
    std::string description, personality, scenario, first_mes, mes_example;
    std::string system_prompt, post_history_instructions;
    std::string creator, character_version;
    std::vector<std::string> tags, alternate_greetings;
};
/// Of a card's V3 JSON.
Result<Character> character_of(const Json& v3);

/// The `character_book` of a card's V3 JSON; absent when there is none.
std::optional<Json> book_of(const Json& v3);
/// The card with that book, or with none.
Json with_book(const Json& v3, const std::optional<Json>& book);

/// The picture without texts, EXIF and comments, in which cards hide. `content_type` is "" when it is no PNG, JPEG or
/// WebP.
struct Picture {
    std::string content_type;
    std::string bytes;
};
Picture served_picture(std::string_view picture);

}  // namespace ry::chats::cards
