// What a model is sent: by template, persona and history, as the preview says.
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;
using testing::Answer;

namespace {

/// "role: text" of each message.
std::string messages_of(const array& messages, std::string_view text_name) {
    std::string all;
    for (const value& message : messages) all += text_at(message, "/role") + ": " + text_at(message, "/" + std::string(text_name)) + "\n";
    return all;
}

std::string sent_last(Lab& lab) {
    return messages_of(boost::json::parse(lab.models().requests().back().body).at("messages").as_array(), "content");
}

std::string previewed(const Told& preview) { return messages_of(preview.at("/messages").as_array(), "text"); }

struct Talk {
    Lab& lab;
    std::string chat = lab.owner().post("/api/v1/chats", R"({"title":"Talk"})").text("/id");

    Told preview(const std::string& body) {
        Told told = lab.owner().post("/api/v1/chats/" + chat + "/prompt_preview", body);
        REQUIRE_MESSAGE(told.status == 200, told.seen.body);
        return told;
    }
    Told say(std::string_view text, std::string answer) {
        lab.models().next(Answer().say(std::move(answer)));
        Told posted = lab.owner().post("/api/v1/chats/" + chat + "/messages", "{\"text\":" + in_quotes(text) + "}");
        REQUIRE_MESSAGE(posted.status == 202, posted.seen.body);
        CHECK(lab.settled(posted.text("/generation/id")).text("/status") == "done");
        return posted;
    }
};

}  // namespace

TEST_CASE("the preview is what the model is sent, message by message, with tokens and sources; the prompt is kept once") {
    Lab& lab = Lab::shared();
    Talk talk{lab};
    std::string persona = lab.owner().post("/api/v1/personas", R"({"name":"Ann","description":"A pilot {{ of }} the north."})").text("/id");
    CHECK(lab.owner().call("PATCH", "/api/v1/chats/" + talk.chat, R"({"persona_id":")" + persona + "\"}").status == 200);
    std::string part = "part of " + talk.chat;
    CHECK(lab.owner().post("/api/v1/prompt_templates", "{\"name\":" + in_quotes(part) + R"(,"text":"Be brief with {{ user }}.","is_enabled":false})").status == 201);
    Told made = lab.owner().post("/api/v1/prompt_templates", "{\"name\":" + in_quotes("of " + talk.chat) + ",\"scope\":\"chat\",\"scope_id\":" + in_quotes(talk.chat) +
                                                                 ",\"text\":" + in_quotes("{% include '" + part + "' %} {{ persona }} ({{ messages.size }})") + "}");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);

    talk.say("Hello {{ user }}", "Hi {% if %}");
    Told preview = talk.preview(R"({"text":"And now?"})");
    CHECK(previewed(preview) == "system: Be brief with Ann. A pilot {{ of }} the north. (3)\nuser: Hello {{ user }}\nassistant: Hi {% if %}\nuser: And now?\n");
    CHECK(preview.text("/messages/0/source") == "prompt_template");
    CHECK(preview.text("/messages/0/template_name") == "of " + talk.chat);
    CHECK(preview.text("/messages/0/parts/1/source") == "persona");
    CHECK(preview.text("/messages/1/source") == "history");
    CHECK(preview.text("/messages/1/message_id").starts_with("message_"));
    CHECK(preview.at("/messages/3/message_id").is_null());
    CHECK(preview.number("/messages_left_out") == 0);
    CHECK(preview.number("/tokens") < preview.number("/tokens_max"));

    Told posted = talk.say("And now?", "Now.");
    CHECK(sent_last(lab) == previewed(preview));
    std::string answer = posted.text("/answer/id");
    CHECK(talk.preview("{\"message_id\":" + in_quotes(answer) + "}").text("/prompt_hash") == preview.text("/prompt_hash"));

    lab.models().next(Answer().say("Then."));
    Told again = lab.owner().post("/api/v1/messages/" + answer + "/regenerate");
    lab.settled(again.text("/generation/id"));
    CHECK(sent_last(lab) == previewed(preview));
    CHECK(lab.database().run_as_superuser("select count(*)::text || ' ' || count(distinct g.prompt_hash) from chats.generation g join chats.prompt_snapshot s on s.hash = g.prompt_hash "
                              "where s.hash = '" + preview.text("/prompt_hash") + "'") == "2 1");
}

TEST_CASE("a chat with a character is told its card, macros replaced, and what stands behind the history last") {
    Lab& lab = Lab::shared();
    std::string profile = lab.owner().post("/api/v1/entity_profiles", R"({"name":"Lyra","spec":{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"Lyra",
        "description":"{{char}} is a bard who owes {{user}} a song.","system_prompt":"{{original}} Rhyme.","post_history_instructions":"Stay {{char}}.{{original}}"}}})").text("/id");
    Talk talk{lab, lab.owner().post("/api/v1/chats", "{\"entity_profile_id\":" + in_quotes(profile) + "}").text("/id")};
    Told preview = talk.preview(R"({"text":"Sing {{char}}!"})");
    CHECK(previewed(preview) == "system: Write the next message of Lyra in this conversation with User. Stay in character. Rhyme.\n\nLyra is a bard who owes User a song.\n"
                                "user: Sing {{char}}!\nsystem: Stay Lyra.\n");
    CHECK(preview.text("/messages/0/parts/0/source") == "entity_profile");
    CHECK(preview.text("/messages/2/source") == "entity_profile");
    talk.say("Sing {{char}}!", "La.");
    CHECK(sent_last(lab) == previewed(preview));
}

TEST_CASE("a pinned message stays in the prompt of a chat that has outgrown the window, and the chat's readers are told") {
    Lab& lab = Lab::shared();
    Talk talk{lab};
    std::string branch = lab.owner().get("/api/v1/chats/" + talk.chat).text("/active_branch_id"), narrow = "narrow " + talk.chat, words;
    REQUIRE(lab.owner().post("/api/v1/models", "{\"name\":" + in_quotes(narrow) + R"(,"provider":"demo","context_tokens":1000})").status == 201);
    for (int i = 0; i < 60; ++i) words += " word";
    std::string first;
    for (int i = 0; i < 120; ++i) {
        Told made = lab.owner().post("/api/v1/branches/" + branch + "/messages", "{\"text\":" + in_quotes(std::to_string(i) + ":" + words) + "}");
        if (i == 0) first = made.text("/id");
    }
    auto preview = [&] { return talk.preview("{\"model\":" + in_quotes(narrow) + R"(,"text":"And now?"})"); };
    CHECK_FALSE(preview().text("/messages/1/text").starts_with("0:"));
    Told pinned = lab.owner().post("/api/v1/messages/" + first + "/pin");
    CHECK(pinned.status == 200);
    CHECK_FALSE(pinned.text("/pinned_at").empty());
    Told kept = preview();
    CHECK(kept.text("/messages/1/text").starts_with("0:"));
    CHECK(kept.text("/messages/1/source") == "pinned");
    CHECK(kept.text("/messages/1/message_id") == first);
    CHECK(kept.text("/messages/2/source") == "history");
    CHECK(kept.number("/messages_left_out") == 121 - int64_t(kept.at("/messages").as_array().size() - 1));
    CHECK(lab.owner().get("/api/v1/branches/" + branch + "/pinned_messages").text("/items/0/id") == first);
    CHECK(lab.owner().get("/api/v1/chats/" + talk.chat + "/messages?limit=1").text("/items/0/pinned_at") == pinned.text("/pinned_at"));
    Told events = lab.owner().get("/api/v1/chats/" + talk.chat + "/events?limit=200", "Accept: application/json\r\n");
    CHECK(events.seen.body.find("\"pinned_at\":\"" + pinned.text("/pinned_at")) != std::string::npos);
    CHECK(lab.owner().post("/api/v1/messages/" + first + "/unpin").at("/pinned_at").is_null());
    CHECK_FALSE(preview().text("/messages/1/text").starts_with("0:"));
}

TEST_CASE("a message may show people what models do not see, and tell models what people do not see") {
    Lab& lab = Lab::shared();
    Talk talk{lab};
    std::string address = "/api/v1/branches/" + lab.owner().get("/api/v1/chats/" + talk.chat).text("/active_branch_id") + "/messages";
    Told made = lab.owner().post(address, R"({"blocks":[{"content":"Hello."},{"content":"She smiles.","visibility":"ui_only"},
        {"content":"Think of the sea.","type":"reasoning"},{"content":"Answer in rhyme.","visibility":"prompt_only"}]})");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
    CHECK(made.text("/text") == "Hello.\n\nAnswer in rhyme.");
    CHECK(made.text("/variant/blocks/1/content") == "She smiles.");
    CHECK(made.text("/variant/blocks/3/visibility") == "prompt_only");
    CHECK(previewed(talk.preview("{}")).ends_with("\nuser: Hello.\n\nAnswer in rhyme.\n"));
    Told edited = lab.owner().call("PATCH", "/api/v1/messages/" + made.text("/id"), R"({"blocks":[{"content":"Bye.","visibility":"both"},{"content":"x","visibility":"ui_only"}]})");
    CHECK(edited.text("/text") == "Bye.");
    CHECK(edited.number("/variants_count") == 2);
    for (auto body : {R"({"text":"a","blocks":[{"content":"b"}]})", R"({"blocks":[]})", R"({"blocks":[{"content":" "}]})", R"({"blocks":[{"content":"b","type":"code_change"}]})", "{}"})
        CHECK(lab.owner().post(address, body).status == 400);
    CHECK(lab.owner().post("/api/v1/chats/" + talk.chat + "/messages", R"({"blocks":[{"content":"b","visibility":"ui_only"}]})").status == 400);
}

TEST_CASE("a chat has variables, which its template names, and which a file of it takes along") {
    Lab& lab = Lab::shared();
    Talk talk{lab};
    std::string address = "/api/v1/chats/" + talk.chat;
    CHECK(lab.owner().get(address).at("/vars").as_object().empty());
    Told made = lab.owner().post("/api/v1/prompt_templates", "{\"name\":" + in_quotes("vars of " + talk.chat) + ",\"scope\":\"chat\",\"scope_id\":" + in_quotes(talk.chat) +
                                                                 R"(,"text":"{{ vars.mood }}{% for one in vars.items %}, {{ one }}{% endfor %}"})");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
    Told changed = lab.owner().call("PATCH", address, R"({"vars":{"mood":"{{ calm }}","items":["a lamp",2]}})");
    CHECK(changed.text("/vars/mood") == "{{ calm }}");
    CHECK(previewed(talk.preview(R"({"text":"Hi"})")).starts_with("system: {{ calm }}, a lamp, 2\n"));
    for (auto vars : {R"("x")", R"(["x"])", R"({"x":"\u0000"})"}) CHECK(lab.owner().call("PATCH", address, "{\"vars\":" + std::string(vars) + "}").status == 400);
    CHECK(lab.owner().call("PATCH", address, "{\"vars\":{\"x\":" + in_quotes(std::string(20'000, 'x')) + "}}").status == 400);
    CHECK(lab.owner().call("PATCH", address, R"({"title":"Other"})").text("/vars/mood") == "{{ calm }}");
    talk.say("Hi", "Ho");
    Told copy = lab.owner().post("/api/v1/chats/import", lab.owner().get(address + "/export").seen.body);
    CHECK(lab.owner().get("/api/v1/chats/" + copy.text("/chat_ids/0")).text("/vars/mood") == "{{ calm }}");
}

TEST_CASE("the template that is built in can be read, and a copy of it prints the same") {
    Lab& lab = Lab::shared();
    Talk talk{lab};
    Told built_in = lab.owner().get("/api/v1/prompt_templates/built_in");
    CHECK(built_in.text("/engine") == "liquid");
    std::string before = previewed(talk.preview(R"({"text":"Hi"})"));
    Told copy = lab.owner().post("/api/v1/prompt_templates", "{\"name\":" + in_quotes("copy for " + talk.chat) + ",\"scope\":\"chat\",\"scope_id\":" + in_quotes(talk.chat) + ",\"text\":" + in_quotes(built_in.text("/text")) + "}");
    REQUIRE_MESSAGE(copy.status == 201, copy.seen.body);
    CHECK(previewed(talk.preview(R"({"text":"Hi"})")) == before);
}
