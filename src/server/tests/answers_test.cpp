// Answers of other kinds, and which model gives them: generate, continue, impersonate; policies, fallbacks, prices.
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;
using testing::Answer;
using testing::refusal;

namespace {

struct Talk {
    Lab& lab = Lab::shared();
    std::string chat = lab.owner().post("/api/v1/chats", R"({"title":"Talk"})").text("/id");

    /// Posts to the chat, and gives the message that was written.
    Told ask(const std::string& verb, Answer answer, const std::string& body = R"({"model":"scripted"})") {
        lab.models().next(std::move(answer));
        Told posted = lab.owner().post("/api/v1/chats/" + chat + "/" + verb, body);
        REQUIRE_MESSAGE(posted.status == 202, posted.seen.body);
        Told generation = lab.settled(posted.text("/generation/id"));
        CHECK_MESSAGE(generation.text("/status") == "done", generation.seen.body);
        return lab.owner().get("/api/v1/messages/" + posted.text("/answer/id"));
    }
    Told say(std::string_view text, Answer answer) {
        return ask("messages", std::move(answer), R"({"model":"scripted","text":)" + in_quotes(text) + "}");
    }
    int64_t count() const { return int64_t(lab.owner().all("/api/v1/chats/" + chat + "/messages").size()); }
    std::string sent_last() const { return lab.models().requests().back().body; }
};

std::string make_model(Lab& lab, const std::string& name, const std::string& more) {
    Told made = lab.owner().post("/api/v1/models", R"({"name":")" + name + R"(","provider":"openai","model":")" + name + "\"," + more + "}");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
    return made.text("/id");
}

std::string at(Lab& lab) { return R"("base_url":")" + lab.models().url() + "\""; }

/// A policy that stands before all others while the story lasts.
struct Policy {
    Lab& lab;
    std::string id;
    Policy(Lab& lab, const std::string& name, const std::string& body) : lab(lab) {
        Told made = lab.owner().post("/api/v1/model_policies", R"({"name":")" + name + "\"," + body + "}");
        REQUIRE_MESSAGE(made.status == 201, made.seen.body);
        id = made.text("/id");
    }
    ~Policy() { lab.owner().call("DELETE", "/api/v1/model_policies/" + id); }
};

}  // namespace

TEST_CASE("generate answers the history as it is, and needs one") {
    Talk talk;
    CHECK(talk.lab.owner().post("/api/v1/chats/" + talk.chat + "/generate", "{}").status == 409);
    talk.say("Count.", Answer().say("One."));
    Told second = talk.ask("generate", Answer().say("Two."));
    CHECK(second.text("/role") == "assistant");
    CHECK(second.number("/seq") == 3);
    CHECK(second.text("/text") == "Two.");
    CHECK(talk.sent_last().find(R"({"role":"assistant","content":"One."}])") != std::string::npos);
}

TEST_CASE("continue makes a further variant that begins with the answer so far") {
    Talk talk;
    Told first = talk.say("Tell it.", Answer().think("Hm.").say("Once upon a ti"));
    Told whole = talk.ask("continue", Answer().say("me, the end."));
    CHECK(whole.text("/id") == first.text("/id"));
    CHECK(whole.text("/text") == "Once upon a time, the end.");
    CHECK(whole.number("/variants_count") == 2);
    CHECK(whole.text("/variant/blocks/0/type") == "reasoning");
    CHECK(whole.text("/variant/blocks/1/content") == "Once upon a time, the end.");
    CHECK(talk.sent_last().find(R"({"role":"assistant","content":"Once upon a ti"},{"role":"user","content":"Your last message was cut off.)") != std::string::npos);
    Told variants = talk.lab.owner().get("/api/v1/messages/" + first.text("/id") + "/variants");
    CHECK(variants.text("/items/0/text") == "Once upon a ti");
}

TEST_CASE("impersonate writes the person's next message, which generate answers; it can be written again") {
    Talk talk;
    talk.say("Hello.", Answer().say("Who are you?"));
    Told mine = talk.ask("impersonate", Answer().say("I am a pilot."));
    CHECK(mine.text("/role") == "user");
    CHECK(mine.text("/text") == "I am a pilot.");
    CHECK(talk.sent_last().find("Write the next message of User in this conversation") != std::string::npos);
    talk.lab.models().next(Answer().say("I am a cook."));
    Told again = talk.lab.owner().post("/api/v1/messages/" + mine.text("/id") + "/regenerate", R"({"model":"scripted"})");
    REQUIRE_MESSAGE(again.status == 202, again.seen.body);
    talk.lab.settled(again.text("/generation/id"));
    talk.ask("generate", Answer().say("What do you cook?"));
    CHECK(talk.sent_last().find(R"({"role":"user","content":"I am a cook."}])") != std::string::npos);
}

TEST_CASE("what continues needs an answer that was given") {
    Talk talk;
    auto refused = [&](const std::string& verb) { return talk.lab.owner().post("/api/v1/chats/" + talk.chat + "/" + verb, "{}").status; };
    CHECK(refused("continue") == 409);
    CHECK(refused("impersonate") == 409);
    talk.say("Hello.", Answer().say("Hi."));
    talk.ask("impersonate", Answer().say("Bye."));
    CHECK(refused("continue") == 409);
    CHECK(talk.lab.owner().post("/api/v1/chats/" + talk.chat + "/generate", R"({"model":"nobody"})").status == 400);
    AppMade app = talk.lab.app();
    CHECK(talk.lab.owner().post("/api/v1/chats/" + app.chat + "/continue", "{}").status == 422);
    CHECK(talk.count() == 3);
}

TEST_CASE("a template that cannot be rendered, and a text that does not fit, are refused and nothing is recorded") {
    Talk talk;
    Told made = talk.lab.owner().post("/api/v1/prompt_templates", "{\"name\":" + in_quotes("of " + talk.chat) + ",\"scope\":\"chat\",\"scope_id\":" + in_quotes(talk.chat) +
                                                                      R"(,"text":"one\n{% include chat.title %}"})");
    REQUIRE(made.status == 201);
    Told refused = talk.lab.owner().post("/api/v1/chats/" + talk.chat + "/messages", R"({"text":"Hello"})");
    CHECK(refused.status == 400);
    CHECK(refused.text("/detail").find("2:1: ") != std::string::npos);
    CHECK(talk.lab.owner().call("DELETE", "/api/v1/prompt_templates/" + made.text("/id")).status == 204);
    make_model(talk.lab, "narrow-" + talk.chat, at(talk.lab) + R"(,"context_tokens":1000)");
    std::string long_text;
    for (int i = 0; i < 1000; ++i) long_text += "word ";
    Told too_long = talk.lab.owner().post("/api/v1/chats/" + talk.chat + "/messages", R"({"model":"narrow-)" + talk.chat + R"(","text":)" + in_quotes(long_text) + "}");
    CHECK(too_long.status == 400);
    CHECK(too_long.text("/detail").find("1000 tokens") != std::string::npos);
    CHECK(talk.count() == 0);
}

TEST_CASE("a policy's next model answers when the first cannot, and the answer says who did") {
    Talk talk;
    Lab& lab = talk.lab;
    std::string away = make_model(lab, "away-" + talk.chat, R"("base_url":"http://127.0.0.1:1")");
    std::string here = make_model(lab, "here-" + talk.chat, at(lab) + R"(,"tokens_in_usd":1,"tokens_cached_usd":0.5,"tokens_out_usd":2)");
    Policy policy(lab, talk.chat, R"("model_ids":[")" + away + R"(",")" + here + R"("],"task":"chat")");
    Told answer = talk.ask("messages", Answer().say("Here.").usage(1'000'000, 500'000, 200'000), R"({"text":"Hello"})");
    CHECK(answer.text("/text") == "Here.");
    CHECK(answer.text("/variant/generation/model_id") == here);
    CHECK(answer.text("/variant/generation/model") == "here-" + talk.chat);
    CHECK(answer.at("/variant/generation/cost_usd").to_number<double>() == doctest::Approx(0.8 + 0.1 + 1.0));
    CHECK(answer.number("/variant/generation/tokens_cached") == 200'000);
    Told runs = lab.owner().get("/api/v1/chats/" + talk.chat + "/runs");
    CHECK(runs.text("/items/0/steps/1/output/passed_over/0/model") == "away-" + talk.chat);
    CHECK(lab.owner().get("/api/v1/chats/" + talk.chat + "/events", "Accept: application/json\r\n").seen.body.find("generation.rerouted") != std::string::npos);

    // What a model has begun is not begun again by another.
    Policy other(lab, "turned " + talk.chat, R"("model_ids":[")" + here + R"(",")" + away + R"("],"task":"impersonation")");
    lab.models().next(Answer().say("Half").cut());
    Told posted = lab.owner().post("/api/v1/chats/" + talk.chat + "/impersonate", "{}");
    Told cut = lab.settled(posted.text("/generation/id"));
    CHECK(cut.text("/status") == "error");
    CHECK(cut.text("/model_id") == here);
}

TEST_CASE("policies go by cost and by the class of the chat's data, which named models must respect too") {
    Talk talk;
    Lab& lab = talk.lab;
    std::string dear = make_model(lab, "dear-" + talk.chat, at(lab) + R"(,"tokens_out_usd":1000,"data_class_max":"internal")");
    std::string local = make_model(lab, "local-" + talk.chat, at(lab));
    {
        Policy cheap(lab, talk.chat, R"("model_ids":[")" + dear + R"(",")" + local + R"("],"cost_usd_max":0.5)");
        CHECK(talk.ask("messages", Answer().say("x"), R"({"text":"Hello"})").text("/variant/generation/model_id") == local);
    }
    CHECK(lab.owner().call("PATCH", "/api/v1/chats/" + talk.chat, R"({"data_class":"confidential"})").text("/data_class") == "confidential");
    Policy secret(lab, talk.chat, R"("model_ids":[")" + dear + R"(",")" + local + R"("],"data_class":"confidential")");
    CHECK(talk.ask("messages", Answer().say("x"), R"({"text":"Hello"})").text("/variant/generation/model_id") == local);
    Told named = lab.owner().post("/api/v1/chats/" + talk.chat + "/messages", R"({"text":"Hello","model":")" + dear + "\"}");
    CHECK(named.status == 403);
    CHECK(named.text("/detail").find("confidential") != std::string::npos);
    CHECK(talk.count() == 4);
}

TEST_CASE("policies are kept in order, name each model once, and are changed by whoever saw them last") {
    Lab& lab = Lab::shared();
    std::string model = make_model(lab, "of a policy", at(lab));
    std::string twice = R"("model_ids":[")" + model + R"(",")" + model + "\"]", once = R"("model_ids":[")" + model + "\"]";
    CHECK(lab.owner().post("/api/v1/model_policies", R"({"name":"twice",)" + twice + "}").status == 400);
    CHECK(lab.owner().post("/api/v1/model_policies", R"({"name":"nobody","model_ids":["model_01m8bk4tdpe66tmd087p6a1az5"]})").status == 400);
    Policy second(lab, "second", once + R"(,"position":2,"data_class":"open")");
    Policy first(lab, "first", once + R"(,"position":1,"data_class":"open")");
    CHECK(lab.owner().post("/api/v1/model_policies", R"({"name":"first",)" + once + "}").status == 409);
    Told all = lab.owner().get("/api/v1/model_policies");
    CHECK(all.text("/items/0/name") == "first");
    CHECK(all.text("/items/1/name") == "second");
    CHECK(lab.owner().call("PATCH", "/api/v1/model_policies/" + first.id, R"({"position":3})", "If-Match: \"1\"\r\n").status == 200);
    CHECK(lab.owner().call("PATCH", "/api/v1/model_policies/" + first.id, R"({"position":4})", "If-Match: \"1\"\r\n").status == 412);
    CHECK(lab.owner().get("/api/v1/model_policies").text("/items/0/name") == "second");
    CHECK(lab.owner().get("/api/v1/model_policies/" + first.id).number("/version") == 2);

    // What is not said anew is not so any more, but for the place.
    Told anew = lab.owner().call("PUT", "/api/v1/model_policies/" + first.id, R"({"name":"first","cost_usd_max":0.25,)" + once + "}", "If-Match: \"2\"\r\n");
    CHECK(anew.status == 200);
    CHECK(anew.number("/position") == 3);
    CHECK(anew.at("/data_class").is_null());
    CHECK(anew.at("/cost_usd_max").to_number<double>() == 0.25);
    CHECK(lab.owner().call("PUT", "/api/v1/model_policies/" + first.id, R"({"name":"second",)" + once + "}").status == 409);
    CHECK(lab.owner().call("PUT", "/api/v1/model_policies/" + second.id, R"({"name":"second",)" + once + "}", "If-Match: \"7\"\r\n").status == 412);
}

TEST_CASE("settings of a question reach the model: temperature, schema, length") {
    Talk talk;
    talk.ask("messages", Answer().say("{}"), R"({"model":"scripted","text":"As JSON","settings":{"temperature":0.5,"tokens_max":100,"thinking":"low","output_schema":{"type":"object"}}})");
    std::string sent = talk.sent_last();
    for (auto part : {R"("temperature":5E-1)", R"("max_tokens":100)", R"("reasoning_effort":"low")", R"("schema":{"type":"object"})"})
        CHECK_MESSAGE(sent.find(part) != std::string::npos, sent);
}

TEST_CASE("a model's provider lists what it serves, and a model that is silent is given up after its own time") {
    Talk talk;
    Lab& lab = talk.lab;
    std::string quick = make_model(lab, "quick-" + talk.chat, at(lab));
    CHECK(lab.owner().get("/api/v1/models/" + quick + "/served").text("/items/0/model") == "test-model");
    CHECK(lab.owner().call("PATCH", "/api/v1/models/" + quick, R"({"first_token_timeout_ms":100})").status == 200);
    CHECK(lab.owner().get("/api/v1/models/" + quick).number("/first_token_timeout_ms") == 100);
    lab.models().next(Answer().hang());
    Told posted = lab.owner().post("/api/v1/chats/" + talk.chat + "/messages", R"({"text":"Hello","model":")" + quick + "\"}");
    Told ended = lab.settled(posted.text("/generation/id"));
    CHECK(ended.text("/status") == "error");
    CHECK(ended.text("/error_code") == "timed_out");
}
