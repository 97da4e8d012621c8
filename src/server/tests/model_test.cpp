// Models on bad days: away, refusing, slow down, cut off, half a change, changes that must not be applied.
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;
using testing::Answer;
using testing::refusal;

namespace {

/// The answer's message on the API.
Told answer_of(Lab& lab, const Told& generation) { return lab.owner().get("/api/v1/messages/" + generation.text("/message_id")); }

std::string make_model(Lab& lab, const std::string& name, const std::string& provider, const std::string& url, const std::string& key = "key") {
    Told made = lab.owner().post("/api/v1/models", R"({"name":")" + name + R"(","provider":")" + provider + R"(","base_url":")" + url + R"(","model":"any","api_key":")" + key + "\"}");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
    return made.text("/id");
}

}  // namespace

TEST_CASE("an answer with a change becomes a version") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told generation = lab.ask(app, Answer().say("I write it.\n").say_words(change("index.html", "<h1>new</h1>")).say("Done."));
    CHECK(generation.text("/status") == "done");
    CHECK(lab.file(app, "index.html") == "<h1>new</h1>\n");
    Told answer = answer_of(lab, generation);
    CHECK(answer.text("/variant/version_id") == lab.owner().get("/api/v1/apps/" + app.id).text("/current_version_id"));
    CHECK(answer.text("/variant/blocks/1/type") == "code_change");
    CHECK(answer.text("/variant/blocks/1/path") == "index.html");
    CHECK(generation.number("/tokens_out") == 7);
    Told runs = lab.owner().get("/api/v1/chats/" + app.chat + "/runs");
    CHECK(runs.text("/items/0/status") == "done");
    for (auto step : {"0", "1", "2"}) CHECK(runs.text(std::string("/items/0/steps/") + step + "/status") == "done");
    lab.check_laws(app);
}

TEST_CASE("Anthropic's wire does the same") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string model = make_model(lab, "claude-" + app.id, "anthropic", lab.models().url());
    Told generation = lab.ask(app, Answer().say_words(change("index.html", "<h1>from Anthropic</h1>")), "Change it", ",\"model\":" + in_quotes(model));
    CHECK_MESSAGE(generation.text("/status") == "done", generation.seen.body);
    CHECK(lab.file(app, "index.html") == "<h1>from Anthropic</h1>\n");
    lab.check_laws(app);
}

TEST_CASE("the model is down: the answer says so, and regenerating works when it is back") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string model = make_model(lab, "down-" + app.id, "openai", "http://127.0.0.1:1");
    Told generation = lab.settled(lab.say(app, "Hello", ",\"model\":" + in_quotes(model)).text("/generation/id"));
    CHECK(generation.text("/status") == "error");
    CHECK(generation.text("/error_code") == "unavailable");
    CHECK(!generation.text("/error_message").empty());
    lab.models().next(Answer().say("Here again."));
    Told again = lab.owner().post("/api/v1/messages/" + generation.text("/message_id") + "/regenerate", R"({"model":"scripted"})");
    REQUIRE_MESSAGE(again.status == 202, again.seen.body);
    CHECK(lab.settled(again.text("/generation/id")).text("/status") == "done");
    CHECK(answer_of(lab, again.status == 202 ? generation : again).text("/text") == "Here again.");
    CHECK(lab.owner().get("/api/v1/messages/" + generation.text("/message_id") + "/variants").items().size() == 2);
    lab.check_laws(app);
}

TEST_CASE("a wrong key is said to be one, and never shown") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    make_model(lab, "locked-" + app.id, "openai", lab.models().url(), "sk-very-secret-key");
    Told generation = lab.ask(app, refusal(401, "Incorrect API key provided: sk-very-secret-key"), "Hello", ",\"model\":\"locked-" + app.id + "\"");
    CHECK(generation.text("/status") == "error");
    CHECK(generation.text("/error_message").find("key") != std::string::npos);
    for (const std::string& shown : {generation.seen.body, lab.owner().get("/api/v1/models").seen.body, lab.owner().get("/api/v1/chats/" + app.chat + "/events", "Accept: application/json\r\n").seen.body})
        CHECK(shown.find("sk-very-secret-key") == std::string::npos);
    lab.check_laws(app);
}

TEST_CASE("429 with Retry-After is waited for") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    lab.models().next(refusal(429, "slow down").header("Retry-After", "1"));
    Told generation = lab.ask(app, Answer().say("Now."));
    CHECK_MESSAGE(generation.text("/status") == "done", generation.seen.body);
    CHECK(answer_of(lab, generation).text("/text") == "Now.");
    lab.check_laws(app);
}

TEST_CASE("a stream that is cut in the middle: what came is kept, nothing is applied") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    for (bool is_reset : {false, true}) {
        Answer answer;
        answer.say("Half an ").say("answer\n<ramify-write path=\"index.html\">\n<h1>half");
        is_reset ? answer.reset() : answer.cut();
        Told generation = lab.ask(app, answer);
        CHECK(generation.text("/status") == "error");
        Told kept = answer_of(lab, generation);
        CHECK(kept.text("/text").starts_with("Half an answer"));
        CHECK(kept.text("/variant/blocks/1/status") == "unfinished");
        CHECK(kept.at("/variant/version_id").is_null());
    }
    CHECK(lab.versions(app) == 1);
    lab.check_laws(app);
}

TEST_CASE("an answer that ends inside a change is asked to go on, twice at most, and what stays unfinished is not applied") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    size_t before = lab.models().requests().size();
    lab.models().next(Answer().say("<ramify-write path=\"index.html\">\n<h1>one").finish_reason("length"));
    lab.models().next(Answer().say(" two").finish_reason("length"));
    Told whole = lab.ask(app, Answer().say(" three</h1>\n</ramify-write>"));
    CHECK(whole.text("/status") == "done");
    CHECK(lab.models().requests().size() == before + 3);
    CHECK(lab.file(app, "index.html") == "<h1>one two three</h1>\n");

    before = lab.models().requests().size();
    for (int i = 0; i < 2; ++i) lab.models().next(Answer().say(i ? " more" : "<ramify-write path=\"index.html\">\n<h1>never").finish_reason("length"));
    Told half = lab.ask(app, Answer().say(" the end").finish_reason("length"));
    CHECK(lab.models().requests().size() == before + 4);  // once more to mend it, in vain
    CHECK(half.at("/problems").as_array().size() >= 1);
    CHECK(lab.file(app, "index.html") == "<h1>one two three</h1>\n");
    CHECK(lab.versions(app) == 2);
    Told told = answer_of(lab, half);
    CHECK(told.text("/variant/blocks/0/status") == "unfinished");
    lab.check_laws(app);
}

TEST_CASE("changes that lead out of the app are refused as a whole") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    const std::string bad[] = {
        change("../outside.txt", "x"), change("/etc/passwd", "x"), change("a/../../b", "x"), change(".git/hooks/post-commit", "x"), change("a/.GIT/config", "x"),
        change("a\\..\\b", "x"), change("", "x"), change(std::string(2000, 'a'), "x"),
        "<ramify-rename from=\"index.html\" to=\"../x.html\"></ramify-rename>\n", "<ramify-delete path=\"../../x\"></ramify-delete>\n"};
    for (const std::string& one : bad) {
        CAPTURE(one.substr(0, 100));
        Told generation = lab.ask(app, Answer().say(change("good.txt", "good")).say(one));
        CHECK(generation.text("/status") == "done");
        CHECK_MESSAGE(!generation.at("/problems").as_array().empty(), generation.seen.body);
        CHECK(answer_of(lab, generation).at("/variant/version_id").is_null());
    }
    CHECK(lab.versions(app) == 1);
    CHECK(lab.owner().get("/api/v1/apps/" + app.id + "/files/good.txt").status == 404);
    for (auto path : {"..%2f..%2fkeys", "%2e%2e/%2e%2e/node", ".git/config", "%2fetc/passwd"}) CHECK(lab.owner().get("/api/v1/apps/" + app.id + "/files/" + path).status == 404);
    for (auto path : {"../x", "/x", ".git/x", "a/../b"}) CHECK(lab.owner().call("PUT", "/api/v1/apps/" + app.id + "/files", R"({"path":")" + std::string(path) + R"(","content":"x"})").status / 100 == 4);
    lab.check_laws(app);
}

TEST_CASE("changes that cannot be applied are mended once, and a mending without changes mends nothing") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    lab.models().next(Answer().say(change("../outside.txt", "x")));
    Told mended = lab.ask(app, Answer().say(change("inside.txt", "x")));
    CHECK(mended.at("/problems").as_array().empty());
    CHECK(lab.file(app, "inside.txt") == "x\n");
    lab.models().next(Answer().say(change("../outside.txt", "x")));
    Told in_vain = lab.ask(app, Answer().say("I am sorry."));
    CHECK(!in_vain.at("/problems").as_array().empty());
    CHECK(answer_of(lab, in_vain).at("/variant/version_id").is_null());
    CHECK(lab.versions(app) == 2);
    lab.check_laws(app);
}

TEST_CASE("an answer that aborts keeps its text and applies nothing") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    testing::Gate gate;
    lab.models().next(Answer().say("Beginning. ").say(change("index.html", "<h1>no</h1>")).wait_for(gate).say("never"));
    Told posted = lab.say(app, "Change it");
    REQUIRE(gate.wait_until_reached());
    http::Client watching(lab.port());  // what the model has sent is not yet what was read of it
    watching.get("/api/v1/chats/" + app.chat + "/events", "Accept: text/event-stream\r\n");
    watching.until("Beginning.");
    Told aborted = lab.owner().post("/api/v1/generations/" + posted.text("/generation/id") + "/abort");
    CHECK(aborted.status == 200);
    Told generation = lab.settled(posted.text("/generation/id"));
    gate.open();
    CHECK(generation.text("/status") == "aborted");
    CHECK(answer_of(lab, generation).text("/text").starts_with("Beginning. "));
    CHECK(lab.versions(app) == 1);
    CHECK(lab.owner().post("/api/v1/generations/" + posted.text("/generation/id") + "/abort").text("/status") == "aborted");
    lab.check_laws(app);

    // One that waits behind another ends without a request.
    testing::Gate busy;
    lab.models().next(Answer().say("first").wait_for(busy));
    Told first = lab.say(app, "one"), second = lab.say(app, "two");
    REQUIRE(busy.wait_until_reached());
    CHECK(lab.owner().post("/api/v1/generations/" + second.text("/generation/id") + "/abort").text("/status") == "aborted");
    busy.open();
    CHECK(lab.settled(first.text("/generation/id")).text("/status") == "done");
    CHECK(lab.settled(second.text("/generation/id")).text("/status") == "aborted");
    lab.check_laws(app);
}
