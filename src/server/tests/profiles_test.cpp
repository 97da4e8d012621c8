// Characters: their cards come in, are talked with, and go out again.
#include "base/text.h"
#include "modules/chats/cards/cards.h"
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;
using testing::Answer;

namespace {

namespace cards = chats::cards;

const std::string card =
    R"({"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Vera","description":"Drives a tram.","personality":"","scenario":"","first_mes":"Tickets, {{user}}.","mes_example":"","creator_notes":"","system_prompt":"","post_history_instructions":"","alternate_greetings":["Evening, {{user}}.","I am {{char}}."],"tags":["tram"],"creator":"Ada","character_version":"1","extensions":{"odd":{"deep":1.50,"zero":"\u0000"}}},"unknown":12345678901234567890123})";

std::string png() { return *cards::write(*cards::read(card), cards::Format::png, cards::Spec::v3); }

Told import(Lab& lab, const std::string& file, const std::string& content_type) {
    Told told;
    told.seen = http::Client(lab.port())
                    .request("POST", "/api/v1/entity_profiles/import", file, "Content-Type: " + content_type + "\r\n")
                    .answer();
    told.status = told.seen.status;
    told.body = boost::json::parse(told.seen.body);
    return told;
}

/// A zip archive of more/ann.json and bob.json, which are cards, notes.txt, which is none, and what macOS adds.
const std::string archive = *unbase64url(
    "UEsDBBQAAAAAAAAAIQC6xuHjXQAAAF0AAAANAAAAbW9yZS9hbm4uanNvbnsic3BlYyI6ICJjaGFyYV9jYXJkX3YyIiwgInNwZWNfdmVyc2lvbiI6ICIyLjAiLCAiZGF0YSI6IHsibmFtZSI6ICJBbm"
    "4iLCAiZGVzY3JpcHRpb24iOiAiZCJ9fVBLAwQUAAAAAAAAACEArRk2D10AAABdAAAACAAAAGJvYi5qc29ueyJzcGVjIjogImNoYXJhX2NhcmRfdjIiLCAic3BlY192ZXJzaW9uIjogIjIuMCIsICJk"
    "YXRhIjogeyJuYW1lIjogIkJvYiIsICJkZXNjcmlwdGlvbiI6ICJkIn19UEsDBBQAAAAAAAAAIQCGphA2BQAAAAUAAAAJAAAAbm90ZXMudHh0aGVsbG9QSwMEFAAAAAAAAAAhAIMW3IwBAAAAAQAAAB"
    "MAAABfX01BQ09TWC8uX2JvYi5qc29ueFBLAQIUAxQAAAAAAAAAIQC6xuHjXQAAAF0AAAANAAAAAAAAAAAAAACAAQAAAABtb3JlL2Fubi5qc29uUEsBAhQDFAAAAAAAAAAhAK0ZNg9dAAAAXQAAAAgA"
    "AAAAAAAAAAAAAIABiAAAAGJvYi5qc29uUEsBAhQDFAAAAAAAAAAhAIamEDYFAAAABQAAAAkAAAAAAAAAAAAAAIABCwEAAG5vdGVzLnR4dFBLAQIUAxQAAAAAAAAAIQCDFtyMAQAAAAEAAAATAAAAAA"
    "AAAAAAAACAATcBAABfX01BQ09TWC8uX2JvYi5qc29uUEsFBgAAAAAEAAQA6QAAAGkBAAAAAA");

http::Seen fetched(Lab& lab, const std::string& target, const std::string& fields = "") {
    return http::Client(lab.port()).get(target, fields).answer();
}

}  // namespace

TEST_CASE("a card is imported whatever its type says, and exported in every format as it was") {
    Lab& lab = Lab::shared();
    std::string charx = *cards::write(*cards::read(png()), cards::Format::charx, cards::Spec::v3);
    for (auto& [file, content_type] : {std::pair(card, "application/json"),
                                       {png(), "image/png"},
                                       {png(), "application/json"},
                                       {charx, "application/zip"},
                                       {charx, "application/octet-stream"}}) {
        Told made = import(lab, file, content_type);
        REQUIRE_MESSAGE(made.status == 201, made.seen.body);
        CHECK(made.text("/name") == "Vera");
        CHECK(made.text("/spec/spec") == "chara_card_v3");
        CHECK(made.text("/spec/data/description") == "Drives a tram.");
        std::string at = made.seen.field("location");
        CHECK(fetched(lab, at).body == made.seen.body);
        CHECK(fetched(lab, at, "If-None-Match: " + made.seen.field("etag") + "\r\n").status == 304);
        for (std::string format : {"json", "png", "charx"}) {
            http::Seen out = fetched(lab, at + "/export?format=" + format);
            REQUIRE(out.status == 200);
            CHECK(out.field("content-disposition").contains("Vera." + format));
            auto read = cards::read(out.body);
            REQUIRE(read);
            CHECK(read->v3.text.contains(R"("odd":{"deep":1.50,"zero":"\u0000"})"));
            CHECK(read->v3.text.contains(R"("unknown":12345678901234567890123)"));
        }
        CHECK(fetched(lab, at + "/export?to=v2").body.starts_with(R"({"spec":"chara_card_v2")"));
        CHECK(fetched(lab, at + "/export?to=v2&format=charx").status == 400);
    }
}

TEST_CASE("the picture of a character carries no card, and can be another") {
    Lab& lab = Lab::shared();
    Told made = import(lab, png(), "image/png");
    std::string avatar = made.seen.field("location") + "/avatar";
    http::Seen seen = fetched(lab, avatar);
    CHECK(seen.status == 200);
    CHECK(seen.field("content-type") == "image/png");
    CHECK_FALSE(seen.body.contains("tEXt"));
    CHECK(cards::read(seen.body).error().message.contains("no character card inside"));
    CHECK(fetched(lab, avatar, "If-None-Match: " + seen.field("etag") + "\r\n").status == 304);

    std::string jpeg("\xFF\xD8\xFF\xDA\x00\x02scan\xFF\xD9", 12);
    auto put = [&](const std::string& bytes) {
        return http::Client(lab.port()).request("PUT", avatar, bytes, "Content-Type: image/png\r\n").answer();
    };
    CHECK(put("<svg onload='alert(1)'/>").status == 400);
    CHECK(put(jpeg).status == 200);
    CHECK(fetched(lab, avatar).field("content-type") == "image/jpeg");
    Told plain = lab.owner().post("/api/v1/entity_profiles", R"({"name":"Plain"})");
    CHECK(fetched(lab, "/api/v1/entity_profiles/" + plain.text("/id") + "/avatar").status == 404);
}

TEST_CASE("an archive of cards makes a profile of each, and says why of those that it cannot") {
    Lab& lab = Lab::shared();
    auto send = [&](const std::string& file) {
        Told told{.seen = http::Client(lab.port()).request("POST", "/api/v1/entity_profiles/import_all", file, "Content-Type: application/zip\r\n").answer()};
        told.status = told.seen.status;
        told.body = boost::json::parse(told.seen.body);
        return told;
    };
    Told told = send(archive);
    REQUIRE_MESSAGE(told.status == 200, told.seen.body);
    REQUIRE(told.items().size() == 3);
    CHECK(told.text("/items/0/file") == "more/ann.json");
    CHECK(told.text("/items/0/name") == "Ann");
    CHECK(lab.owner().get("/api/v1/entity_profiles/" + told.text("/items/1/profile_id")).text("/name") == "Bob");
    CHECK(told.at("/items/2/profile_id").is_null());
    CHECK(told.text("/items/2/error").contains("no character card"));
    Told one = send(*cards::write(*cards::read(card), cards::Format::charx, cards::Spec::v3));
    CHECK(one.items().size() == 1);
    CHECK(one.text("/items/0/name") == "Vera");
    CHECK(send(png()).status == 400);
}

TEST_CASE("chats of a file may be with a character") {
    Lab& lab = Lab::shared();
    std::string chat = lab.owner().post("/api/v1/chats", R"({"title":"From elsewhere"})").text("/id");
    std::string file = lab.owner().get("/api/v1/chats/" + chat + "/export").seen.body;
    std::string profile = "/api/v1/entity_profiles/" + lab.owner().post("/api/v1/entity_profiles", R"({"name":"Vera"})").text("/id");
    Told made = lab.owner().post(profile + "/chats/import", file);
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
    CHECK(lab.owner().get(profile + "/chats").text("/items/0/id") == made.text("/chat_ids/0"));
    CHECK(lab.owner().call("DELETE", profile).status == 204);
    CHECK(lab.owner().post(profile + "/chats/import", file).status == 409);
    CHECK(lab.owner().post("/api/v1/entity_profiles/profile_01m8bk4tdpe66tmd087p6a1az5/chats/import", file).status == 404);
}

TEST_CASE("what is no card is refused with what to do") {
    Lab& lab = Lab::shared();
    CHECK(import(lab, "{}", "application/json").text("/detail").contains("this is no character card"));
    CHECK(import(lab, png().substr(0, 40), "image/png").text("/detail").contains("cut off"));
    CHECK(import(lab, "GIF89a", "image/png").status == 400);
    CHECK(import(lab, "", "image/png").status == 400);
    http::Client large(lab.port());
    large.send("POST /api/v1/entity_profiles/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 209715200\r\n\r\n");
    CHECK(large.answer().status == 413);
    Told wrong = lab.owner().post("/api/v1/entity_profiles", R"({"name":"A","spec":{"data":{"tags":[{}]}}})");
    CHECK(wrong.status == 400);
    CHECK(wrong.text("/errors/0/pointer") == "/spec/data/tags/0");
    CHECK(lab.owner().post("/api/v1/entity_profiles", R"({})").status == 400);
}

TEST_CASE("a chat with a character begins with its greetings, and goes on") {
    Lab& lab = Lab::shared();
    Person& owner = lab.owner();
    Told made = import(lab, card, "application/json");
    std::string profile = "/api/v1/entity_profiles/" + made.text("/id");
    Told persona = owner.post("/api/v1/personas", R"({"name":"Ada"})");
    Told chat = owner.post("/api/v1/chats", R"({"entity_profile_id":")" + made.text("/id") + R"(","persona_id":")" +
                                                persona.text("/id") + "\"}");
    REQUIRE_MESSAGE(chat.status == 201, chat.seen.body);
    CHECK(chat.text("/title") == "Vera");
    CHECK(chat.text("/entity_profile_id") == made.text("/id"));
    std::string messages = "/api/v1/chats/" + chat.text("/id") + "/messages";
    auto greeting = owner.all(messages).at(0);
    CHECK(text_at(greeting, "/role") == "assistant");
    CHECK(text_at(greeting, "/text") == "Tickets, Ada.");
    CHECK(text_at(greeting, "/variant/kind") == "import");
    auto variants = owner.all("/api/v1/messages/" + text_at(greeting, "/id") + "/variants");
    REQUIRE(variants.size() == 3);
    CHECK(text_at(variants[2], "/text") == "I am Vera.");
    CHECK(owner.post("/api/v1/messages/" + text_at(greeting, "/id") + "/regenerate").status == 422);
    CHECK(owner
              .post("/api/v1/messages/" + text_at(greeting, "/id") + "/variants/" + text_at(variants[1], "/id") +
                    "/select")
              .text("/text") == "Evening, Ada.");

    Told preview = owner.post("/api/v1/chats/" + chat.text("/id") + "/prompt_preview", R"({"text":"Good evening."})");
    CHECK_MESSAGE(preview.text("/messages/0/text").contains("Drives a tram."), preview.seen.body);
    Told scoped = owner.post("/api/v1/prompt_templates", R"({"name":"Of Vera","scope":"entity_profile","scope_id":")" +
                                                             made.text("/id") +
                                                             R"(","text":"{{ char.name }} meets {{ user.name }}."})");
    CHECK_MESSAGE(scoped.status == 201, scoped.seen.body);
    preview = owner.post("/api/v1/chats/" + chat.text("/id") + "/prompt_preview", R"({"text":"Good evening."})");
    CHECK(preview.text("/messages/0/text") == "Vera meets Ada.");

    lab.models().next(Answer().say("To the depot?"));
    Told posted = owner.post(messages, R"({"text":"Good evening."})");
    REQUIRE(posted.status == 202);
    CHECK(lab.settled(posted.text("/generation/id")).text("/status") == "done");
    array all = owner.all(messages);
    REQUIRE(all.size() == 3);
    CHECK(text_at(all[2], "/text") == "To the depot?");
    CHECK(text_at(owner.all(profile + "/chats").at(0), "/id") == chat.text("/id"));
    CHECK(owner.all("/api/v1/chats?entity_profile_id=" + made.text("/id")).size() == 1);

    // Put away it is not listed, and its chats go on; for good it goes when it has none.
    CHECK(owner.call("DELETE", profile).status == 204);
    CHECK(owner.get(profile).text("/status") == "archived");
    for (const value& listed : owner.all("/api/v1/entity_profiles")) CHECK(text_at(listed, "/id") != made.text("/id"));
    CHECK(owner.post("/api/v1/chats", R"({"entity_profile_id":")" + made.text("/id") + "\"}").status == 409);
    CHECK(owner.call("DELETE", profile).status == 409);
    for (int i = 0; i < 2; ++i) CHECK(owner.call("DELETE", "/api/v1/chats/" + chat.text("/id")).status == 204);
    CHECK(owner.call("DELETE", profile).status == 204);
    CHECK(owner.get(profile).status == 404);
}

TEST_CASE(
    "the book of a card becomes a lorebook of the chats with it, and is in the card again when that is exported") {
    Lab& lab = Lab::shared();
    Person& owner = lab.owner();
    const std::string book =
        R"({"entries":[{"keys":["tram"],"content":"Line 7.","extensions":{"odd":1.50},"enabled":true,"insertion_order":1}],"mine":{"deep":1.50},"extensions":{}})";
    const std::string with_book =
        R"({"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Vera","character_book":)" + book + "}}";
    Told made = import(lab, with_book, "application/json");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
    CHECK_FALSE(made.seen.body.contains("character_book"));
    std::string profile = "/api/v1/entity_profiles/" + made.text("/id"),
                lorebook = "/api/v1/lorebooks/" + made.text("/lorebook_id");
    CHECK(owner.get(lorebook).text("/name") == "Vera");
    CHECK(owner.get(lorebook + "/bindings").text("/items/0/scope_id") == made.text("/id"));
    std::string chat = owner.post("/api/v1/chats", R"({"entity_profile_id":")" + made.text("/id") + "\"}").text("/id");
    CHECK(owner.post("/api/v1/chats/" + chat + "/prompt_preview", R"({"text":"the tram"})")
              .seen.body.contains("Line 7."));
    CHECK(owner.post("/api/v1/chats/" + chat + "/test_lore", R"({"text":"the tram"})").text("/pieces/0/text") ==
          "Line 7.");

    // Letter for letter while nobody changed it; a change of other fields of the card changes no lorebook.
    std::string as_it_came = cards::book_of(cards::read(with_book)->v3)->text;
    CHECK(as_it_came.contains(R"("odd":1.50)"));
    CHECK(fetched(lab, profile + "/export").body.contains(as_it_came));
    owner.call("PATCH", profile, R"({"spec":{"name":"Vera","description":"Drives."}})");
    CHECK(fetched(lab, profile + "/export").body.contains(as_it_came));
    owner.call("PUT", lorebook + "/entries", R"({"uid":5,"keys":["depot"],"content":"At the river."})");
    std::string exported = fetched(lab, profile + "/export?format=png").body;
    std::string card_out = cards::read(exported)->v3.text;
    CHECK(card_out.contains("At the river."));
    CHECK(card_out.contains("Line 7."));
    CHECK(card_out.find("character_book") == card_out.rfind("character_book"));
    CHECK(import(lab, exported, "image/png").text("/lorebook_id") != made.text("/lorebook_id"));

    // Another book in the card takes the place of what the lorebook has.
    owner.call(
        "PATCH", profile,
        R"({"spec":{"name":"Vera","description":"Drives.","character_book":{"name":"New","entries":[{"keys":["bus"],"content":"Line 8."}]}}})");
    CHECK(owner.get(lorebook).text("/name") == "New");
    CHECK(owner.all(lorebook + "/entries").size() == 1);

    // One that cannot be kept stays where it is.
    Told odd = import(
        lab, R"({"name":"Odd","description":"","character_book":{"entries":[{"keys":["\u0000"],"content":"x"}]}})",
        "application/json");
    CHECK(odd.status == 201);
    CHECK(odd.seen.body.contains("its lorebook stays in the card"));
    CHECK(fetched(lab, "/api/v1/entity_profiles/" + odd.text("/id") + "/export").body.contains("character_book"));

    for (int i = 0; i < 2; ++i) owner.call("DELETE", "/api/v1/chats/" + chat);  // into the trash, and for good
    owner.call("DELETE", profile);
    CHECK(owner.call("DELETE", profile).status == 204);
    CHECK(owner.get(lorebook).status == 404);
}

TEST_CASE("a profile is changed by who has seen it, in pages, and by nobody else") {
    Lab& lab = Lab::shared();
    Person& owner = lab.owner();
    Told made = owner.post("/api/v1/entity_profiles",
                           R"({"name":"Bo","spec":{"description":"d","extra":true},"meta":{"favourite":true}})");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
    CHECK(made.text("/spec/data/name") == "Bo");
    CHECK(made.body.at("spec").at("data").at("extra").as_bool());
    std::string profile = "/api/v1/entity_profiles/" + made.text("/id");
    Told renamed = owner.call("PATCH", profile, R"({"name":"Bob"})", "If-Match: \"1\"\r\n");
    CHECK(renamed.text("/spec/data/name") == "Bob");
    CHECK(renamed.text("/spec/data/description") == "d");
    CHECK(renamed.body.at("meta").at("favourite").as_bool());
    CHECK(renamed.number("/version") == 2);
    CHECK(owner.call("PATCH", profile, R"({"name":"Bill"})", "If-Match: \"1\"\r\n").status == 412);
    CHECK(owner.call("DELETE", profile, "", "If-Match: \"1\"\r\n").status == 412);
    CHECK(owner.call("PATCH", profile, R"({"status":"archived"})").text("/status") == "archived");
    CHECK(
        owner.call("PATCH", profile, R"({"status":"active","spec":{"name":"Card","first_mes":"hi"}})").text("/name") ==
        "Card");

    owner.post("/api/v1/entity_profiles", R"({"name":"Further"})");
    Told page = owner.get("/api/v1/entity_profiles?limit=1");
    CHECK(page.items().size() == 1);
    CHECK(page.text("/items/0/name") == "Further");
    CHECK(owner.get("/api/v1/entity_profiles?limit=1&cursor=" + page.text("/next_cursor")).text("/items/0/name") ==
          "Card");
    CHECK(owner.get("/api/v1/entity_profiles?cursor=x").status == 400);

    Person stranger = lab.stranger();
    for (std::string path : {"", "/export", "/avatar", "/chats"}) CHECK(stranger.get(profile + path).status == 404);
    CHECK(stranger.call("PATCH", profile, R"({"name":"Mine"})").status == 404);
    CHECK(stranger.call("DELETE", profile).status == 404);
    CHECK(stranger.post("/api/v1/chats", R"({"entity_profile_id":")" + made.text("/id") + "\"}").status == 400);
    CHECK(stranger.all("/api/v1/entity_profiles").empty());
}
