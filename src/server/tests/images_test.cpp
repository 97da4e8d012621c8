// Images in messages: how they come, to which models they go, and where they stay.
#include "base/text.h"
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;
using testing::Answer;

namespace {

/// The head of a PNG, which is what is looked at.
std::string png(int width, int height) {
    auto number = [](int value) { return std::string{char(value >> 24), char(value >> 16), char(value >> 8), char(value)}; };
    return "\x89PNG\r\n\x1A\n" + number(13) + "IHDR" + number(width) + number(height) + std::string("\x08\x06\0\0\0", 5);
}

Told send_file(Lab& lab, const std::string& address, const std::string& file) {
    Told told{.seen = http::Client(lab.port()).request("POST", address, file, "Content-Type: application/octet-stream\r\n").answer()};
    told.status = told.seen.status;
    boost::system::error_code error;
    told.body = boost::json::parse(told.seen.body, error);
    return told;
}

struct Talk {
    Lab& lab = Lab::shared();
    std::string chat = lab.owner().post("/api/v1/chats", R"({"title":"Talk"})").text("/id");
    std::string address = "/api/v1/chats/" + chat;

    Told image(const std::string& file) { return send_file(lab, address + "/images", file); }
    /// Asks the scripted model, and gives what was posted.
    Told say(const std::string& body) {
        lab.models().next(Answer().say("A tree."));
        Told posted = lab.owner().post(address + "/messages", body);
        REQUIRE_MESSAGE(posted.status == 202, posted.seen.body);
        CHECK(lab.settled(posted.text("/generation/id")).text("/status") == "done");
        return posted;
    }
    size_t count() { return lab.owner().all(address + "/messages").size(); }
    std::string sent_last() { return lab.models().requests().back().body; }
};

std::string named(const std::string& image) { return "\"image_ids\":[\"" + image + "\"]"; }

}  // namespace

TEST_CASE("an image comes once into a chat, goes to the model with the message that has it, and goes with the chat") {
    Talk talk;
    std::string file = png(1'500, 1'000);
    Told image = talk.image(file);
    REQUIRE_MESSAGE(image.status == 201, image.seen.body);
    CHECK(image.text("/media_type") == "image/png");
    CHECK(image.number("/width") == 1'500);
    std::string id = image.text("/id");
    CHECK(talk.image(file).text("/id") == id);
    CHECK(talk.image("hello").status == 400);
    CHECK(talk.image(png(9'000, 10)).status == 413);
    http::Seen seen = http::Client(talk.lab.port()).get("/api/v1/images/" + id).answer();
    CHECK(seen.body == file);
    CHECK(seen.field("content-type") == "image/png");
    CHECK(talk.lab.stranger().get("/api/v1/images/" + id).status == 404);

    Told posted = talk.say(R"({"model":"scripted","text":"What is it?",)" + named(id) + "}");
    CHECK(posted.text("/message/variant/blocks/1/image/id") == id);
    CHECK(talk.sent_last().find(R"("text":"What is it?")") != std::string::npos);
    CHECK(talk.sent_last().find("data:image/png;base64," + base64(file)) != std::string::npos);
    Told preview = talk.lab.owner().post(talk.address + "/prompt_preview", "{\"model\":\"scripted\",\"message_id\":" + in_quotes(posted.text("/answer/id")) + "}");
    CHECK(preview.text("/messages/1/images/0/id") == id);
    CHECK(preview.number("/messages/1/tokens") > 2'000);
    CHECK(preview.text("/prompt_hash") == talk.lab.database().run_as_superuser("select prompt_hash from chats.generation order by id desc limit 1"));

    // Without a word, and after an edit of what was said.
    talk.say(R"({"model":"scripted",)" + named(id) + "}");
    Told edited = talk.lab.owner().call("PATCH", "/api/v1/messages/" + posted.text("/message/id"), R"({"text":"What was it?"})");
    CHECK(edited.text("/variant/blocks/1/image/id") == id);

    Told copy = send_file(talk.lab, "/api/v1/chats/import", talk.lab.owner().get(talk.address + "/export").seen.body);
    REQUIRE_MESSAGE(copy.status == 201, copy.seen.body);
    Told messages = talk.lab.owner().get("/api/v1/chats/" + copy.text("/chat_ids/0") + "/messages");
    std::string other = messages.text("/items/0/variant/blocks/1/image/id");
    CHECK(other != id);
    CHECK(talk.lab.owner().get("/api/v1/images/" + other).seen.body == file);
    Told fork = talk.lab.owner().post("/api/v1/branches/" + posted.text("/message/branch_id") + "/fork");
    messages = talk.lab.owner().get("/api/v1/chats/" + fork.text("/id") + "/messages");
    CHECK(talk.lab.owner().get("/api/v1/images/" + messages.text("/items/2/variant/blocks/0/image/id")).seen.body == file);

    for (int i = 0; i < 2; ++i) CHECK(talk.lab.owner().call("DELETE", talk.address).status == 204);
    CHECK(talk.lab.owner().get("/api/v1/images/" + id).status == 404);
    CHECK(talk.lab.owner().get("/api/v1/images/" + other).status == 200);
}

TEST_CASE("an image for a model that takes none is refused before anything is posted, and older ones are named to it") {
    Talk talk;
    std::string id = talk.image(png(100, 100)).text("/id"), blind = "blind " + talk.chat;
    Told model = talk.lab.owner().post("/api/v1/models", "{\"name\":" + in_quotes(blind) + R"(,"provider":"openai","model":"blind","takes_images":false,"base_url":")" + talk.lab.models().url() + "\"}");
    REQUIRE_MESSAGE(model.status == 201, model.seen.body);
    Told refused = talk.lab.owner().post(talk.address + "/messages", "{\"model\":" + in_quotes(blind) + R"(,"text":"What is it?",)" + named(id) + "}");
    CHECK(refused.status == 400);
    CHECK(refused.text("/detail").find("takes no images") != std::string::npos);
    Told elsewhere = talk.lab.owner().post(Talk().address + "/messages", R"({"model":"scripted","text":"x",)" + named(id) + "}");
    CHECK(elsewhere.status == 400);
    CHECK(talk.count() == 0);

    talk.say(R"({"model":"scripted","text":"What is it?",)" + named(id) + "}");
    talk.say("{\"model\":" + in_quotes(blind) + R"(,"text":"Sure?"})");
    CHECK(talk.sent_last().find("What is it?\\n\\n[image]") != std::string::npos);
    CHECK(talk.sent_last().find("data:image") == std::string::npos);

    // Of a policy's models those that take none are left out.
    std::string sighted = talk.lab.owner().post("/api/v1/models", "{\"name\":" + in_quotes("sighted " + talk.chat) + R"(,"provider":"openai","model":"sighted","base_url":")" + talk.lab.models().url() + "\"}").text("/id");
    Told policy = talk.lab.owner().post("/api/v1/model_policies", "{\"name\":" + in_quotes(talk.chat) + ",\"model_ids\":[" + in_quotes(model.text("/id")) + "," + in_quotes(sighted) + "]}");
    REQUIRE_MESSAGE(policy.status == 201, policy.seen.body);
    Told posted = talk.say(R"({"text":"And this?",)" + named(id) + "}");
    CHECK(posted.text("/generation/model_id") == sighted);
    CHECK(talk.lab.owner().call("DELETE", "/api/v1/model_policies/" + policy.text("/id")).status == 204);
}
