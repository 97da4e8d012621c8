#include "modules/chats/cards/cards.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include "base/text.h"
#include "modules/chats/cards/base64.h"
#include "modules/chats/cards/tests/samples.h"

namespace ry::chats::cards {
namespace {

using namespace samples;
using namespace std::string_literals;

std::string deflated(std::string_view text) {
    std::string out(compressBound(text.size()), '\0');
    uLongf size = out.size();
    compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size());
    out.resize(size);
    return out;
}

std::string named(std::string_view name) {
    std::string card = v2;
    return card.replace(card.find("Vera"), 4, name);
}

std::string name_in(const Result<Card>& card) {
    REQUIRE_MESSAGE(card, card.error().message);
    return character_of(card->v3)->name;
}

std::string message_of(std::string_view file) {
    auto card = read(file);
    return card ? "" : card.error().message;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The archive with `from` in place of `to`, of the same length, wherever it stands: in names.
std::string patched(std::string bytes, std::string_view from, std::string_view to) {
    for (size_t at = 0; (at = bytes.find(from, at)) != std::string::npos; at += to.size())
        bytes.replace(at, from.size(), to);
    return bytes;
}

}  // namespace

TEST_CASE("every version of a card becomes a complete V3 card") {
    struct Case {
        std::string_view json, name, first_mes, kept;
    };
    const Case cases[] = {
        {R"({"name":"A","description":"d","first_mes":"hi","chat":"x"})", "A", "hi", R"("chat":"x")"},
        {R"({"char_name":"A","char_persona":"d","world_scenario":"s","char_greeting":"hi","example_dialogue":"e"})",
         "A", "hi", R"("scenario":"s")"},
        {R"({"char_name":"A","name":"","char_greeting":"hi","metadata":{"tool":1}})", "A", "hi",
         R"("metadata":{"tool":1})"},
        {R"({"name":"A","description":"d","first_mes":"hi","tags":["t"],"alternate_greetings":["b"]})", "A", "hi",
         R"("tags":["t"])"},
        {R"({"spec":"chara_card_v2","spec_version":"2.0","name":"old","data":{"name":"A","first_mes":"hi","extensions":null,"tags":"one"}})",
         "A", "hi", R"("name":"old")"},
        {R"({"data":{"name":"A","first_mes":"hi"}})", "A", "hi", R"("group_only_greetings":[])"},
        {R"({"spec":"chara_card_v3","spec_version":"3.0","name":"A","description":"d","first_mes":"hi"})", "A", "hi",
         R"("extensions":{})"},
        {R"({"spec":"chara_card_v3","spec_version":"3.0","data":{"name":42,"first_mes":"hi","creator":null}})", "42",
         "hi", R"("creator":"")"},
        {R"({"data":{"name":"A","first_mes":"hi","character_book":{"entries":[{"keys":"k"}]}}})", "A", "hi",
         R"("entries":[{"keys":["k"],"content":"","extensions":{},"enabled":true,"use_regex":false,"insertion_order":100}])"},
        {"\xEF\xBB\xBF{\"name\":\"A\",\"first_mes\":\"hi\"}\n", "A", "hi", "\"spec_version\":\"3.0\""},
    };
    for (const Case& one : cases) {
        CAPTURE(one.json);
        auto card = read(one.json);
        CHECK(name_in(card) == one.name);
        CHECK(character_of(card->v3)->first_mes == one.first_mes);
        CHECK_MESSAGE(has(card->v3.text, one.kept), card->v3.text);
        CHECK(card->v3.text.starts_with(R"({"spec":"chara_card_v3","spec_version":"3.0")"));
        CHECK(read_json(card->v3.text)->v3 == card->v3);
    }
    auto newer = read(R"({"spec":"chara_card_v3","spec_version":"3.2","data":{"name":"A","mood":"new"}})");
    CHECK(has(newer->v3.text, R"("spec_version":"3.2")"));
    CHECK(newer->warnings.size() == 1);
}

TEST_CASE("a character is called as one says, and fields alone are a card with a name") {
    for (std::string_view json : {R"({})", R"({"description":"d"})", R"({"name":"old","first_mes":"hi"})",
                                  R"({"char_name":"old"})", R"({"data":{"name":"old"}})", R"({"data":7})"})
        CHECK(name_in(read_json(json, "Vera “V”")) == "Vera “V”");
    CHECK(has(read_json("[]", "Vera").error().message, "its JSON is no object"));
}

TEST_CASE("what is no card says why and what to do") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", "neither PNG nor CHARX nor a JSON object"},
        {"[]", "neither PNG nor CHARX"},
        {"{}", "this is no character card"},
        {R"({"name":"A"})", "this is no character card"},
        {R"({"name":"A","description":)", "not JSON at byte 27: it ends in the middle"},
        {"{\"name\":\"a\nb\"}", "line break or control character"},
        {R"({"name":"A","first_mes":01})", "no number of JSON"},
        {R"({"name":"A","first_mes":"\x"})", "an escape that JSON does not know"},
        {"{\"name\":\"\xFF\"}", "not UTF-8"},
        {R"({"spec":"lorebook_v3","data":{}})", "import it as a lorebook"},
        {R"({"data":{"name":" "}})", "/data/name is missing"},
        {R"({"data":{"name":"A","description":["d"]}})", "/data/description must be a text"},
        {R"({"data":{"name":"A","tags":[{}]}})", "/data/tags/0 must be a text"},
        {R"({"data":{"name":"A","extensions":[1]}})", "/data/extensions must be an object"},
        {R"({"data":{"name":"A","character_book":{"entries":{"0":{}}}}})",
         "/data/character_book/entries must be a list"},
        {R"({"data":{"name":"A","character_book":{"entries":[{"enabled":"yes"}]}}})",
         "/data/character_book/entries/0/enabled must be true or false"},
        {"\xFF\xD8\xFF\xE0 jpeg", "the picture is no PNG"},
    };
    for (auto [file, message] : cases) CHECK_MESSAGE(has(message_of(file), message), message_of(file));
    CHECK(has(message_of(std::string(200 << 20, ' ')), "the file has 200 MiB; a card may have 64"));
    CHECK(has(message_of("{\"name\":\"" + std::string(limit::card_bytes_max, 'a') + "\"}"), "more than 16 MiB"));
    CHECK(has(message_of("{\"data\":" + std::string(100'000, '[')), "deeper than 64 levels"));
    std::string many = "{\"data\":[0";
    for (size_t i = 0; i < limit::values_max; ++i) many += ",0";
    CHECK(has(message_of(many + "]}"), "more than 500000 values"));
}

TEST_CASE("whatever a card has comes through every format as it was") {
    for (uint64_t seed = 0; seed < 60; ++seed) {
        std::string json = Odd(seed).card();
        CAPTURE(json);
        auto card = read(json);
        REQUIRE_MESSAGE(card, card.error().message);
        REQUIRE(card->v3.text == json);
        for (Format format : {Format::json, Format::png, Format::charx}) {
            for (Spec spec : {Spec::v2, Spec::v3}) {
                if (format == Format::charx && spec == Spec::v2) continue;
                auto file = write(*card, format, spec);
                REQUIRE_MESSAGE(file, file.error().message);
                auto again = read(*file);
                REQUIRE_MESSAGE(again, again.error().message);
                CHECK(again->v3.text == json);
                CHECK(again->warnings.empty());
                CHECK(*write(*again, format, spec) == *file);
            }
        }
    }
    CHECK(has(write(*read(v2), Format::charx, Spec::v2).error().message, "CHARX holds cards of V3 alone"));
}

TEST_CASE("the card of a picture is found in every kind of text, V3's first, and what is damaged is mended or named") {
    std::string old = base64(named("Old")), fresh = base64(named("New"));
    std::string chara = text_chunk("chara", old), ccv3 = text_chunk("CCV3", fresh);
    std::string packed = "ccv3" + std::string(2, '\0') + deflated(fresh);
    std::string international = "ccv3" + std::string("\0\1\0en\0card\0", 11) + deflated(fresh);
    CHECK(name_in(read(png_with({{"tEXt", chara}, {"tEXt", ccv3}}))) == "New");
    CHECK(name_in(read(png_with({{"tEXt", chara}, {"zTXt", packed}}))) == "New");
    CHECK(name_in(read(png_with({{"tEXt", chara}, {"iTXt", international}}))) == "New");
    CHECK(name_in(read(png_with({{"tEXt", text_chunk("chara", named("Plain"))}}))) == "Plain");

    auto twice = read(png_with({{"tEXt", chara}, {"tEXt", text_chunk("chara", fresh)}}));
    CHECK(name_in(twice) == "Old");
    CHECK(has(twice->warnings.at(0), "2 chunks `chara`"));
    auto mended = read(png_with({{"tEXt", text_chunk("ccv3", "!")}, {"tEXt", chara}}));
    CHECK(name_in(mended) == "Old");
    CHECK(has(mended->warnings.at(0), "it is no base64"));

    std::string file = png_with({{"tEXt", chara}});
    std::string bad_crc = file;
    bad_crc[file.find(old) + old.size()] ^= 1;
    auto unsound = read(bad_crc);
    CHECK(name_in(unsound) == "Old");
    CHECK(has(unsound->warnings.at(0), "wrong checksum"));
    auto cut = read(std::string_view(file).substr(0, file.size() - 14));
    CHECK(has(cut ? "" : cut.error().message, "the picture is cut off"));
    cut = read(png_with({{"tEXt", chara}, {"tEXt", text_chunk("Comment", "x")}}).substr(0, file.size() + 5));
    CHECK(name_in(cut) == "Old");
    CHECK(has(cut->warnings.at(0), "cut off"));
    CHECK(has(message_of(plain_png()), "no character card inside"));

    std::string bomb = "chara" + std::string(2, '\0') + deflated(std::string(40 << 20, 'A'));
    CHECK(has(message_of(png_with({{"zTXt", bomb}})), "it looks like an attack"));
    CHECK(has(message_of(png_with({{"zTXt", "chara" + std::string(2, '\0') + "no zlib"}})), "damaged"));
    CHECK(has(message_of(png_with(std::vector<Chunk>(limit::chunks_max + 1, {"tEXt", chara}))),
              "more than 100000 chunks"));
}

TEST_CASE("hostile archives are refused before they are unpacked") {
    std::string good = *pack({{"card.json", v2}, {"assets/a.bin", "bytes"}});
    CHECK(name_in(read(good)) == "Vera");
    CHECK(read(good)->files == std::vector<File>{{"assets/a.bin", "bytes"}});
    CHECK(has(message_of(patched(good, "assets/a.bin", "../../etc/pw")), "leads outside"));
    CHECK(has(message_of(patched(good, "assets/a.bin", "/etc/passwd1")), "leads outside"));
    CHECK(has(message_of(patched(good, "assets/a.bin", "C:\\windows12")), "leads outside"));
    CHECK(has(message_of(patched(good, "assets/a.bin", "a\\..\\..\\b.bi")), "leads outside"));
    CHECK(has(message_of(patched(*pack({{"card.json", v2}, {"card.jsox", "x"}}), "card.jsox", "card.json")),
              "two files"));
    CHECK(has(message_of(*pack({{"data/card.json", v2}})), "no card.json at its top"));
    CHECK(has(message_of(*pack({{"card.json", v2}, {"bomb.json", std::string(30 << 20, ' ')}})), "200 times its size"));
    CHECK(has(message_of(std::string_view(good).substr(0, good.size() - 30)), "damaged"));
    std::string encrypted = good;
    for (std::string_view header : {"PK\x03\x04", "PK\x01\x02"}) {
        size_t flags = header[2] == 3 ? 6 : 8;
        for (size_t at = 0; (at = encrypted.find(header, at)) != std::string::npos; ++at) encrypted[at + flags] |= 1;
    }
    CHECK(has(message_of(encrypted), "encrypted"));
    std::string flipped = good;
    flipped[good.find("bytes")] ^= 1;
    CHECK(has(message_of(flipped), "damaged"));
    std::vector<File> many = {{"card.json", v2}};
    for (size_t i = 0; i < limit::files_max; ++i) many.push_back({std::to_string(i), ""});
    CHECK(has(message_of(*pack(many)), "more than 10000 files"));
}

TEST_CASE("files and pictures of a card move between the formats") {
    std::string long_path = "assets/emotion/images/" + std::string(80, 'n') + ".webp";
    std::string json = v2;
    json.insert(
        json.find("\"name\""),
        R"("assets":[{"type":"icon","uri":"embeded://assets/icon/images/face.png","name":"main","ext":"png"},{"type":"emotion","uri":"embeded://)" +
            long_path + R"(","name":"joy","ext":"webp"}],)");
    std::string charx = *pack(
        {{"card.json", json}, {"assets/icon/images/face.png", plain_png()}, {long_path, "joy"}, {"module.risum", "m"}});
    auto card = read(charx);
    REQUIRE(card);
    CHECK(card->picture == plain_png());
    std::string again = *write(*card, Format::charx, Spec::v3);
    CHECK(*write(*read(again), Format::charx, Spec::v3) == again);

    auto picture = read(*write(*card, Format::png, Spec::v3));
    REQUIRE(picture);
    CHECK(picture->files.size() == 3);
    CHECK(picture->files[1].bytes == "joy");
    CHECK(has(picture->v3.text, "embeded://" + picture->files[1].path));
    CHECK(has(picture->v3.text, "embeded://assets/icon/images/face.png"));
    CHECK(*write(*picture, Format::png, Spec::v3) == *write(*card, Format::png, Spec::v3));

    auto document = read(*write(*card, Format::json, Spec::v3));
    CHECK(has(document->v3.text, "data:application/octet-stream;base64," + base64("joy")));
    CHECK(document->picture == plain_png());

    // The picture of a card that names none is its main icon.
    std::string face = png_with({{"tEXt", text_chunk("Software", "brush")}});
    auto from_png =
        read(png_with({{"tEXt", text_chunk("Software", "brush")}, {"tEXt", text_chunk("chara", base64(v2))}}));
    CHECK(from_png->picture == face);
    auto as_charx = read(*write(*from_png, Format::charx, Spec::v3));
    CHECK(as_charx->files == std::vector<File>{{"assets/icon/images/main.png", face}});
    CHECK(has(as_charx->v3.text,
              R"({"type":"icon","uri":"embeded://assets/icon/images/main.png","name":"main","ext":"png"})"));
    CHECK(as_charx->picture == face);
}

TEST_CASE("a picture that people are shown carries nothing that was written into it") {
    std::string png = png_with({{"tEXt", text_chunk("chara", "secret")}, {"eXIf", "secret"}, {"teST", "secret"}});
    CHECK(served_picture(png).content_type == "image/png");
    CHECK(served_picture(png).bytes == plain_png());
    std::string jpeg =
        "\xFF\xD8\xFF\xE1\x00\x08secret\xFF\xE0\x00\x04ok\xFF\xFE\x00\x08secret\xFF\xDA\x00\x02scan\xFF\xD9secret"s;
    Picture bare = served_picture(jpeg);
    CHECK(bare.content_type == "image/jpeg");
    CHECK(bare.bytes == "\xFF\xD8\xFF\xE0\x00\x04ok\xFF\xDA\x00\x02scan\xFF\xD9"s);
    std::string webp = "RIFF\x2A\0\0\0WEBPVP8X\x01\0\0\0\x0C\0VP8L\x02\0\0\0okEXIF\x06\0\0\0secret"s;
    CHECK(served_picture(webp).bytes == "RIFF\x18\0\0\0WEBPVP8X\x01\0\0\0\0\0VP8L\x02\0\0\0ok"s);
    CHECK(served_picture("<svg onload='x'/>").content_type.empty());
}

TEST_CASE("the book of a card is taken out and put in again, and every other letter stays") {
    Json with{R"({"spec":"chara_card_v3","data":{"name":"\u0056","n":1.50,"character_book":{"entries":[],"x":1.0}}})"};
    Json without{R"({"spec":"chara_card_v3","data":{"name":"\u0056","n":1.50}})"};
    auto book = book_of(with);
    REQUIRE(book);
    CHECK(book->text == R"({"entries":[],"x":1.0})");
    CHECK(with_book(with, {}).text == without.text);
    CHECK(with_book(without, book).text == with.text);
    CHECK_FALSE(book_of(without));
    CHECK_FALSE(book_of({R"({"data":{"character_book":null}})"}));
}

}  // namespace ry::chats::cards
