// Lorebooks: they come in, are edited and bound, say what would activate, and go out again.
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;

using testing::Answer;

namespace {

const std::string world =
    R"({"name":"Realm","odd":{"deep":1.50},"entries":{"0":{"uid":0,"key":["Dragon"],"content":"A hoard.","order":5,"mine":[1]},"3":{"uid":3,"key":["hoard"],"content":"Gold."},"4":{"uid":4,"key":["/x(?=y)/"],"content":"never"}}})";

Told imported(Lab& lab, const std::string& file = world) { return lab.owner().post("/api/v1/lorebooks/import", file); }

std::string at(const Told& book) { return "/api/v1/lorebooks/" + book.text("/id"); }

}  // namespace

TEST_CASE("a lorebook is imported, edited by entries, and exported with what is unknown in it") {
    Lab& lab = Lab::shared();
    Told book = imported(lab);
    REQUIRE_MESSAGE(book.status == 201, book.seen.body);
    CHECK(book.text("/name") == "Realm");
    CHECK(book.number("/entries_count") == 3);
    CHECK(lab.owner().get(at(book) + "/entries?limit=2").text("/items/1/content") == "Gold.");
    CHECK(lab.owner().get(at(book) + "/entries?limit=2&cursor=3").text("/items/0/keys/0") == "/x(?=y)/");

    Told put = lab.owner().call("PUT", at(book) + "/entries",
                                R"({"uid":9,"keys":["elf"],"content":"Ears.","position":"at_depth","depth":1})");
    CHECK(put.status == 200);
    CHECK(put.number("/entries_count") == 4);
    CHECK(put.number("/version") > book.number("/version"));
    CHECK(lab.owner().call("DELETE", at(book) + "/entries/4").number("/entries_count") == 3);
    CHECK(lab.owner().call("DELETE", at(book) + "/entries/4").status == 404);
    CHECK(lab.owner().call("PUT", at(book) + "/entries", R"({"uid":9,"probability":200})").status == 400);

    Told file = lab.owner().get(at(book) + "/export");
    CHECK(file.seen.field("content-disposition").find("Realm.json") != std::string::npos);
    CHECK(file.text("/entries/0/key/0") == "Dragon");
    CHECK(file.number("/entries/0/mine/0") == 1);
    CHECK(file.number("/entries/9/position") == 4);
    CHECK(file.seen.body.find("\"odd\"") != std::string::npos);
    CHECK(lab.owner().get(at(book) + "/export?format=lorebook_v3").text("/spec") == "lorebook_v3");

    CHECK(lab.owner().call("PATCH", at(book), R"({"name":"World","scan_depth":1})").text("/name") == "World");
    CHECK(lab.owner().call("DELETE", at(book)).status == 204);
    CHECK(lab.owner().get(at(book)).status == 404);
}

TEST_CASE("a test says of each entry whether it would activate, and why") {
    Lab& lab = Lab::shared();
    Told book = imported(lab);
    Told test = lab.owner().post(at(book) + "/test", R"({"messages":["a dragon"],"seed":1})");
    REQUIRE_MESSAGE(test.status == 200, test.seen.body);
    CHECK(test.text("/entries/0/reason") == "keys");
    CHECK(test.text("/entries/0/matched_keys/0") == "Dragon");
    CHECK(test.text("/entries/1/reason") == "keys");
    CHECK(test.text("/entries/2/reason") == "unusable_key");
    CHECK(test.text("/pieces/0/text") == "A hoard.");
    CHECK(test.seen.body.find("looks ahead or behind") != std::string::npos);
    Told quiet = lab.owner().post(at(book) + "/test", R"({"messages":["a dragon"],"settings":{"recursive":false}})");
    CHECK(quiet.text("/entries/1/reason") == "no_match");
    // The next version is read anew, not from what was ready.
    lab.owner().call("PUT", at(book) + "/entries", R"({"uid":0,"keys":["knight"],"content":"A hoard."})");
    CHECK(lab.owner().post(at(book) + "/test", R"({"messages":["a dragon"]})").text("/entries/0/reason") == "no_match");
}

TEST_CASE("a chat uses the books that are bound to it, and the global ones") {
    Lab& lab = Lab::shared();
    Told book = imported(lab);
    std::string chat = lab.owner().post("/api/v1/chats", "{}").text("/id"),
                other = lab.owner().post("/api/v1/chats", "{}").text("/id");
    auto tested = [&](const std::string& in) {
        return lab.owner().post("/api/v1/chats/" + in + "/test_lore", R"({"text":"a dragon"})");
    };
    CHECK(tested(chat).seen.body.find("Dragon") == std::string::npos);
    std::string binding = R"({"scope":"chat","scope_id":")" + chat + "\"}";
    CHECK(lab.owner().post(at(book) + "/bindings", binding).status == 200);
    CHECK(lab.owner().post(at(book) + "/bindings", binding).status == 200);
    CHECK(lab.owner().get(at(book) + "/bindings").text("/items/0/scope_id") == chat);
    CHECK(tested(chat).text("/pieces/0/text") == "A hoard.");
    CHECK(tested(other).seen.body.find("Dragon") == std::string::npos);
    CHECK(lab.owner().call("DELETE", at(book) + "/bindings?scope=chat&scope_id=" + chat).status == 204);
    CHECK(lab.owner().call("DELETE", at(book) + "/bindings?scope=chat&scope_id=" + chat).status == 404);

    CHECK(lab.owner().post(at(book) + "/bindings", R"({"scope":"global"})").status == 200);
    CHECK(tested(other).text("/entries/0/reason") == "keys");
    CHECK(lab.owner().call("DELETE", at(book)).status == 204);
    CHECK(tested(other).seen.body.find("Dragon") == std::string::npos);

    CHECK(lab.owner().post(at(imported(lab)) + "/bindings", R"({"scope":"chat"})").status == 400);
    CHECK(lab.owner().post(at(imported(lab)) + "/bindings", R"({"scope":"global","scope_id":"x"})").status == 400);
    CHECK(lab.owner()
              .post(at(imported(lab)) + "/bindings", R"({"scope":"chat","scope_id":"chat_00000000000000000000000000"})")
              .status == 400);
}

TEST_CASE("what is no lorebook is refused with what to do") {
    Lab& lab = Lab::shared();
    CHECK(imported(lab, "{}").text("/detail").find("there is no lorebook in it") == 0);
    CHECK(imported(lab, "{").status == 400);
    CHECK(imported(lab, R"({"entries":[{"key":["\u0000"]}]})").text("/detail").find("U+0000") != std::string::npos);
    CHECK(imported(lab, R"({"entries":[{"key":[")" + std::string(2000, 'k') + "\"]}]}").status == 413);
    CHECK(lab.owner().post("/api/v1/lorebooks/lorebook_00000000000000000000000000/test", R"({"messages":[]})").status ==
          404);
}

TEST_CASE("the prompt of a chat has what its lore says, each text in its place") {
    Lab& lab = Lab::shared();
    std::string chat = lab.owner().post("/api/v1/chats", "{}").text("/id");
    Told book = imported(
        lab,
        R"({"entries":{"0":{"uid":0,"key":["dragon"],"content":"Dragons hoard."},"1":{"uid":1,"key":["dragon"],"position":4,"depth":0,"role":0,"content":"Mind the fire."},
        "2":{"uid":2,"key":["unicorn"],"content":"Horned."},"3":{"uid":3,"key":["hoard"],"position":1,"content":"Gold of {{user}}."}}})");
    CHECK(lab.owner().post(at(book) + "/bindings", R"({"scope":"chat","scope_id":")" + chat + "\"}").status == 200);
    Told preview = lab.owner().post("/api/v1/chats/" + chat + "/prompt_preview", R"({"text":"I see a dragon"})");
    REQUIRE_MESSAGE(preview.status == 200, preview.seen.body);
    std::string system = preview.text("/messages/0/text");
    CHECK(system.find("Dragons hoard.") != std::string::npos);
    CHECK(system.find("Gold of ") != std::string::npos);
    CHECK(system.find("Horned.") == std::string::npos);
    CHECK(preview.text("/messages/1/text") == "I see a dragon");
    CHECK(preview.text("/messages/2/text") == "Mind the fire.");
    CHECK(preview.text("/messages/2/source") == "lore");
    CHECK(lab.owner()
              .post("/api/v1/chats/" + chat + "/prompt_preview", R"({"text":"I see a cat"})")
              .seen.body.find("Mind the fire.") == std::string::npos);
    lab.owner().call("DELETE", at(book));
}

TEST_CASE("what an entry leaves goes with the history: branches inherit it, and who regenerates begins before it") {
    Lab& lab = Lab::shared();
    Person& owner = lab.owner();
    std::string chat = "/api/v1/chats/" + owner.post("/api/v1/chats", "{}").text("/id");
    Told book = imported(
        lab,
        R"({"entries":{"0":{"uid":0,"key":["dragon"],"cooldown":50,"content":"Fire."},"1":{"uid":1,"key":["dragon"],"sticky":4,"content":"Smoke."}}})");
    owner.post(at(book) + "/bindings", R"({"scope":"chat","scope_id":")" + chat.substr(14) + "\"}");
    auto previewed = [&](const std::string& text, const std::string& more = "") {
        return owner.post(chat + "/prompt_preview", R"({"text":")" + text + "\"" + more + "}").text("/messages/0/text");
    };
    auto said = [&](const std::string& text) {
        lab.models().next(Answer().say("I see."));
        Told posted = owner.post(chat + "/messages", R"({"text":")" + text + "\"}");
        CHECK(lab.settled(posted.text("/generation/id")).text("/status") == "done");
        return posted;
    };
    // A preview leaves nothing.
    CHECK(previewed("a dragon").contains("Fire."));
    CHECK_FALSE(previewed("a cat").contains("Smoke."));

    Told first = said("a dragon");
    Told cited = owner.get("/api/v1/generations/" + first.text("/generation/id") + "/citations");
    REQUIRE_MESSAGE(cited.at("/entries").as_array().size() == 2, cited.seen.body);
    CHECK(cited.text("/entries/0/text") == "Smoke.");  // as they stand in the prompt
    CHECK(cited.text("/entries/0/lorebook_id") == book.text("/id"));
    CHECK(cited.text("/entries/0/reason") == "keys");
    CHECK(cited.text("/entries/0/matched_keys/0") == "dragon");
    CHECK(cited.number("/entries/0/uid") == 1);
    CHECK(cited.text("/entries/1/text") == "Fire.");
    CHECK_FALSE(previewed("another dragon").contains("Fire."));
    CHECK(previewed("a cat").contains("Smoke."));
    CHECK(owner.post(chat + "/test_lore", R"({"text":"another dragon"})").text("/entries/0/reason") == "cooldown");

    Told branch = owner.post(chat + "/branches", R"({"from_message_id":")" + first.text("/message/id") + "\"}");
    REQUIRE_MESSAGE(branch.status == 201, branch.seen.body);
    CHECK(previewed("another dragon", R"(,"branch_id":")" + branch.text("/id") + "\"").contains("Fire."));

    std::string answer = first.text("/answer/id");
    auto regenerated = owner.post(chat + "/prompt_preview", R"({"message_id":")" + answer + "\"}");
    CHECK(regenerated.text("/messages/0/text").contains("Fire."));
    owner.call("PATCH", "/api/v1/messages/" + answer, R"({"text":"I do not see."})");
    CHECK_FALSE(previewed("another dragon").contains("Fire."));

    // Of the variants the one that is shown counts: this one was made when no book was in use.
    owner.call("DELETE", at(book) + "/bindings?scope=chat&scope_id=" + chat.substr(14));
    lab.models().next(Answer().say("Look!"));
    Told again = owner.post("/api/v1/messages/" + answer + "/regenerate");
    CHECK(lab.settled(again.text("/generation/id")).text("/status") == "done");
    owner.post(at(book) + "/bindings", R"({"scope":"chat","scope_id":")" + chat.substr(14) + "\"}");
    CHECK(previewed("another dragon").contains("Fire."));
    owner.call("DELETE", at(book));
}

TEST_CASE("an organization says how its prompts look for lore, and entries for which kind of answer they are") {
    Lab& lab = Lab::shared();
    Person& owner = lab.owner();
    std::string chat = "/api/v1/chats/" + owner.post("/api/v1/chats", "{}").text("/id");
    Told book = imported(
        lab,
        R"({"entries":{"0":{"uid":0,"key":["dragon"],"content":"Fire."},"1":{"uid":1,"constant":true,"triggers":["swipe"],"content":"Again."},"2":{"uid":2,"constant":true,"triggers":["continue"],"content":"On."}}})");
    owner.post(at(book) + "/bindings", R"({"scope":"chat","scope_id":")" + chat.substr(14) + "\"}");
    lab.models().next(Answer().say("I see."));
    Told posted = owner.post(chat + "/messages", R"({"text":"a dragon"})");
    lab.settled(posted.text("/generation/id"));
    auto regenerated = [&] {
        return owner.post(chat + "/prompt_preview", R"({"message_id":")" + posted.text("/answer/id") + "\"}")
            .text("/messages/0/text");
    };
    CHECK(regenerated().contains("Fire."));
    CHECK(regenerated().contains("Again."));
    CHECK_FALSE(regenerated().contains("On."));
    CHECK_FALSE(owner.post(chat + "/prompt_preview", R"({"text":"a cat"})").seen.body.contains("Again."));

    CHECK(owner.get("/api/v1/lore_settings").number("/scan_depth") == 2);
    CHECK(owner.call("PUT", "/api/v1/lore_settings", R"({"scan_depth":0})").number("/scan_depth") == 0);
    CHECK(lab.stranger().get("/api/v1/lore_settings").number("/scan_depth") == 2);
    CHECK_FALSE(regenerated().contains("Fire."));
    CHECK(owner.post(chat + "/test_lore", R"({"text":"a dragon"})").text("/entries/0/reason") == "no_match");
    CHECK(owner.call("PUT", "/api/v1/lore_settings", R"({"scan_depth":-1})").status == 400);
    CHECK(owner.call("PUT", "/api/v1/lore_settings", "{}").number("/scan_depth") == 2);
    CHECK(regenerated().contains("Fire."));
    owner.call("DELETE", at(book));
}

TEST_CASE("lorebooks are listed by where they are used") {
    Lab& lab = Lab::shared();
    std::string chat = lab.owner().post("/api/v1/chats", R"({"title":"t"})").text("/id");
    Told book = imported(lab);
    CHECK(lab.owner().get("/api/v1/lorebooks?scope=chat&scope_id=" + chat).items().empty());
    CHECK(lab.owner().post(at(book) + "/bindings", "{\"scope\":\"chat\",\"scope_id\":" + in_quotes(chat) + "}").status == 200);
    Told listed = lab.owner().get("/api/v1/lorebooks?scope=chat&scope_id=" + chat);
    CHECK(listed.items().size() == 1);
    CHECK(listed.text("/items/0/id") == book.text("/id"));
    auto names = [&](const std::string& query) {
        size_t count = 0;
        for (const value& one : lab.owner().all("/api/v1/lorebooks" + query)) count += text_at(one, "/id") == book.text("/id");
        return count;
    };
    CHECK(names("?scope=chat") == 1);
    CHECK(names("?scope=persona") == 0);
    CHECK(names("") == 1);
    CHECK(lab.owner().get("/api/v1/lorebooks?scope_id=" + chat).status == 400);
}
