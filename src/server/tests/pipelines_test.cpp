// Pipelines: they are checked, keep their versions, and their runs do what their steps say.
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;

namespace {

Told made(Lab& lab, const std::string& definition) {
    static int count = 0;
    Told told = lab.owner().post("/api/v1/pipelines", R"({"name":"p)" + std::to_string(++count) + R"(","definition":)" + definition + "}");
    REQUIRE_MESSAGE(told.status == 201, told.seen.body);
    return told;
}

std::string at(const Told& pipeline) { return "/api/v1/pipelines/" + pipeline.text("/id"); }

/// The run when it has ended.
Told ended(Lab& lab, const std::string& run) {
    http::Client client(lab.port());
    client.get("/api/v1/runs/" + run + "/events", "Accept: text/event-stream\r\n");
    client.until("event: run.ended");
    return lab.owner().get("/api/v1/runs/" + run);
}

Told started(Lab& lab, const Told& pipeline, const std::string& body = "{}") {
    Told told = lab.owner().post(at(pipeline) + "/runs", body);
    REQUIRE_MESSAGE(told.status == 202, told.seen.body);
    return told;
}

/// "id status" of each step, in the order of the plan.
std::string steps_of(const Told& run) {
    std::string out;
    for (const value& step : run.at("/steps").as_array()) out += text_at(step, "/step") + " " + text_at(step, "/status") + "; ";
    return out;
}

const std::string hello = R"({"steps":[{"id":"hello","type":"template","parameters":{"text":"Hello {{ input.name }}"}}]})";

}  // namespace

TEST_CASE("a pipeline is checked, keeps its versions, and is shown as a graph") {
    Lab& lab = Lab::shared();
    Told refused = lab.owner().post("/api/v1/pipelines", R"({"name":"wrong","definition":{"steps":[{"id":"a","type":"scrape"},{"id":"b","type":"template","depends_on":["c"],"parameters":{"text":"{{ 1 | no }}"}}]}})");
    CHECK(refused.status == 400);
    CHECK(refused.text("/errors/0/pointer") == "/definition/steps/0/type");
    CHECK(refused.seen.body.find("comes with the module research, which this server does not have") != std::string::npos);

    Told pipeline = made(lab, hello);
    Told next = lab.owner().call("PATCH", at(pipeline), R"({"definition":{"steps":[{"id":"b","type":"template","depends_on":["a"],"parameters":{"text":"{{ steps.a.text }}"}},{"id":"a","type":"template","parameters":{"text":"x"}}]}})");
    CHECK_MESSAGE(next.number("/number") == 2, next.seen.body);
    CHECK(lab.owner().call("PATCH", at(pipeline), R"({"description":"for all"})").number("/number") == 2);
    CHECK(lab.owner().get(at(pipeline) + "/versions").text("/items/1/definition/steps/0/id") == "hello");
    CHECK(lab.owner().get(at(pipeline) + "/versions/1").text("/definition/steps/0/id") == "hello");
    CHECK(lab.owner().get(at(pipeline) + "/versions/3").status == 404);
    Told graph = lab.owner().get(at(pipeline) + "/graph");
    CHECK(graph.text("/levels/0/0") == "a");
    CHECK(graph.text("/edges/0/from") == "a");
    CHECK(lab.owner().post("/api/v1/pipelines/check", R"({"definition":)" + hello + "}").text("/nodes/0/id") == "hello");
    CHECK(lab.owner().post("/api/v1/pipelines", R"({"name":")" + pipeline.text("/name") + R"(","definition":)" + hello + "}").status == 409);
    CHECK(lab.stranger().get(at(pipeline)).status == 404);
    CHECK(lab.owner().get("/api/v1/step_types").seen.body.find("\"guard\"") != std::string::npos);
    CHECK(lab.owner().call("DELETE", at(pipeline)).status == 204);
    CHECK(lab.owner().get(at(pipeline)).status == 404);
}

TEST_CASE("a run does its steps by what they wait for and by their conditions, and keeps what each was given and gave") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, R"({"steps":[
        {"id":"size","type":"guard","parameters":{"checks":{"is_long":"input.text.size > 5","is_short":"input.text.size <= 5"}}},
        {"id":"short","type":"template","depends_on":["size"],"condition":"steps.size.is_short","parameters":{"text":"as it is"}},
        {"id":"after_short","type":"template","depends_on":["short"],"parameters":{"text":"{{ steps.short.text }}"}},
        {"id":"summary","type":"llm","depends_on":["size"],"condition":"steps.size.is_long","parameters":{"system":"Be brief.","prompt":"Sum up: {{ input.text }}"},
         "effects":[{"type":"publish_artifact","name":"summary.txt","text":"{{ output.text }} [{{ input.text }}]"}]}]})");
    lab.models().next(testing::Answer().say("Brief."));
    Told run = ended(lab, started(lab, pipeline, R"({"input":{"text":"{{ long }} text"}})").text("/id"));
    CHECK(run.text("/status") == "done");
    CHECK(run.text("/trigger") == "manual");
    CHECK(steps_of(run) == "size done; short skipped; after_short skipped; summary done; ");
    CHECK(run.text("/steps/1/reason") == "its condition is false: steps.size.is_short");
    CHECK(run.text("/steps/2/reason") == "the step \"short\" is skipped");
    CHECK(run.text("/steps/3/input/prompt") == "Sum up: {{ long }} text");
    CHECK(run.text("/steps/3/output/text") == "Brief.");
    CHECK(run.number("/steps/3/output/tokens_in") == 11);
    CHECK(run.at("/steps/3/ended_at").is_string());
    CHECK(lab.models().requests().back().body.find("Be brief.") != std::string::npos);
    Told effects = lab.owner().get("/api/v1/runs/" + run.text("/id") + "/effects");
    CHECK(effects.text("/items/0/effect/text") == "Brief. [{{ long }} text]");
    CHECK(effects.text("/items/0/effect/name") == "summary.txt");
    CHECK(lab.owner().get(at(pipeline) + "/runs").text("/items/0/id") == run.text("/id"));
    CHECK(lab.stranger().get("/api/v1/runs/" + run.text("/id")).status == 404);
}

TEST_CASE("steps that wait for nothing run side by side") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, R"({"steps":[{"id":"a","type":"llm","parameters":{"prompt":"a"}},{"id":"b","type":"llm","parameters":{"prompt":"b"}},
        {"id":"c","type":"template","depends_on":["a","b"],"parameters":{"text":"{{ steps.a.text }}{{ steps.b.text }}"}}]})");
    testing::Gate first, second;
    lab.models().next(testing::Answer().wait_for(first).say("x"));
    lab.models().next(testing::Answer().wait_for(second).say("x"));
    Told run = started(lab, pipeline);
    CHECK(first.wait_until_reached());
    CHECK(second.wait_until_reached());
    first.open();
    second.open();
    CHECK(ended(lab, run.text("/id")).text("/steps/2/output/text") == "xx");
}

TEST_CASE("a failure is tried again where that may help; a required step that fails ends the run, which goes on from there") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, R"({"steps":[{"id":"free","type":"template","required":false,"parameters":{"text":"{% for i in (1..999999999) %}{% endfor %}"}},
        {"id":"first","type":"template","parameters":{"text":"one {{ input.n }}"}},
        {"id":"words","type":"llm","depends_on":["first"],"retry":{"attempts_max":2,"backoff_ms":0},"parameters":{"prompt":"{{ steps.first.text }}","is_json":true}},
        {"id":"last","type":"template","depends_on":["words"],"parameters":{"text":"{{ steps.words.json.word }}"}}]})");
    lab.models().next(testing::Answer().say("no JSON"));
    lab.models().next(testing::Answer().say("nor this"));
    Told run = ended(lab, started(lab, pipeline, R"({"input":{"n":1}})").text("/id"));
    CHECK(run.text("/status") == "failed");
    CHECK(run.text("/error").starts_with("step \"words\": the model's answer is not JSON"));
    CHECK(steps_of(run) == "free failed; first done; words failed; last cancelled; ");
    CHECK(run.number("/steps/2/attempt") == 2);

    CHECK(lab.owner().post("/api/v1/runs/" + run.text("/id") + "/retry", R"({"step":"none"})").status == 400);
    lab.models().next(testing::Answer().say("```json\n{\"word\":\"tree\"}\n```"));
    Told retried = lab.owner().post("/api/v1/runs/" + run.text("/id") + "/retry", R"({"step":"words"})");
    REQUIRE_MESSAGE(retried.status == 202, retried.seen.body);
    Told again = ended(lab, retried.text("/id"));
    CHECK(again.text("/retried_run_id") == run.text("/id"));
    CHECK(again.text("/status") == "done");
    CHECK(again.text("/steps/1/output/text") == "one 1");
    CHECK(again.text("/steps/1/started_at") == run.text("/steps/1/started_at"));
    CHECK(again.text("/steps/3/output/text") == "tree");
}

TEST_CASE("a tool asks an address that it may reach, and is tried again where that may help") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, R"({"steps":[
        {"id":"price","type":"tool","retry":{"attempts_max":2,"backoff_ms":0},
         "parameters":{"url":"{{ input.at }}/prices?line={{ input.line }}","method":"POST","headers":{"X-Line":"{{ input.line }}"},"body":"{\"line\":{{ input.line }}}"}},
        {"id":"say","type":"template","depends_on":["price"],"parameters":{"text":"{{ steps.price.status }}: {{ steps.price.json.coins }} coins"}}]})");
    auto run = [&](const std::string& at) { return ended(lab, started(lab, pipeline, R"({"input":{"line":7,"at":")" + at + "\"}}").text("/id")); };
    lab.models().next(testing::refusal(503, "busy"));
    lab.models().next(testing::Answer().body(R"({"coins":3})"));
    Told done = run(lab.models().url());
    CHECK_MESSAGE(done.text("/steps/1/output/text") == "200: 3 coins", done.seen.body);
    CHECK(done.number("/steps/0/attempt") == 2);
    testing::SeenRequest asked = lab.models().requests().back();
    CHECK(asked.method == "POST");
    CHECK(asked.path == "/prices?line=7");
    CHECK(asked.header("x-line") == "7");
    CHECK(asked.header("content-type") == "application/json");
    CHECK(asked.body == R"({"line":7})");
    lab.models().next(testing::Answer().status(404).body("no such line"));
    CHECK(run(lab.models().url()).text("/steps/0/output/text") == "no such line");
    lab.models().next(testing::Answer().body(std::string(400'001, 'x')));
    CHECK(run(lab.models().url()).text("/steps/0/status") == "failed");
    // Whatever else stands on this machine is out of reach.
    Told refused = run("http://127.0.0.1:" + std::to_string(lab.port()));
    CHECK(refused.text("/status") == "failed");
    CHECK_MESSAGE(refused.text("/error").contains("127.0.0.1"), refused.seen.body);
    CHECK(run("file:///etc").text("/status") == "failed");
}

TEST_CASE("a step changes the app of its chat: one version or nothing, which restoring takes back") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told pipeline = made(lab, R"({"steps":[{"id":"change","type":"apply_changes","parameters":{"text":"{{ input.text }}"}}]})");
    auto run = [&](const std::string& text, bool has_chat = true) {
        return ended(lab, started(lab, pipeline, R"({"input":{"text":)" + in_quotes(text) + "}" + (has_chat ? R"(,"chat_id":")" + app.chat + "\"" : "") + "}").text("/id"));
    };
    std::string before = lab.file(app, "index.html");
    Told done = run("Here it is.\n" + change("index.html", "<p>Changed.") + change("more.txt", "more"));
    REQUIRE_MESSAGE(done.text("/status") == "done", done.seen.body);
    CHECK(done.number("/steps/0/output/files_changed") == 2);
    std::string version = done.text("/steps/0/output/version_id");
    CHECK(lab.owner().get("/api/v1/apps/" + app.id + "/versions/" + version).number("/number") == done.number("/steps/0/output/number"));
    CHECK(lab.file(app, "index.html").contains("Changed."));
    CHECK(lab.versions(app) == 2);
    lab.check_laws(app);

    CHECK(run("Nothing to change.").at("/steps/0/output/version_id").is_null());
    Told refused = run(change("index.html", "x") + "<ramify-delete path=\"../secret\"></ramify-delete>");
    CHECK(refused.text("/status") == "failed");
    CHECK_MESSAGE(refused.text("/error").contains("../secret"), refused.seen.body);
    CHECK(run("x", false).text("/error").contains("chat_id"));
    CHECK(lab.versions(app) == 2);

    CHECK(lab.owner().post("/api/v1/apps/" + app.id + "/versions/" + app.version + "/restore").status == 201);
    CHECK(lab.file(app, "index.html") == before);
}

TEST_CASE("a run that is stopped ends at once, with what it was doing") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, R"({"steps":[{"id":"a","type":"llm","parameters":{"prompt":"a"}},{"id":"b","type":"template","depends_on":["a"],"parameters":{"text":""}}]})");
    testing::Gate gate;
    lab.models().next(testing::Answer().wait_for(gate).say("x"));
    Told run = started(lab, pipeline);
    CHECK(gate.wait_until_reached());
    CHECK(lab.owner().post("/api/v1/runs/" + run.text("/id") + "/cancel").status == 200);
    Told stopped = ended(lab, run.text("/id"));
    CHECK(stopped.text("/status") == "cancelled");
    CHECK(steps_of(stopped) == "a cancelled; b cancelled; ");
    gate.open();
}

TEST_CASE("a run of a chat names the chat's values; triggers that a pipeline does not have are refused") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, R"({"triggers":["api"],"steps":[{"id":"a","type":"template","parameters":{"text":"{{ chat.title }}: {{ lastUserMessage }}"}}]})");
    std::string chat = lab.owner().post("/api/v1/chats", R"({"title":"Ships"})").text("/id");
    CHECK(lab.owner().post(at(pipeline) + "/runs").status == 422);
    CHECK(lab.owner().post(at(pipeline) + "/runs", R"({"trigger":"scheduled"})").status == 400);
    Told run = ended(lab, started(lab, pipeline, R"({"trigger":"api","chat_id":")" + chat + "\"}").text("/id"));
    CHECK(run.text("/steps/0/output/text") == "Ships: ");
    CHECK(lab.owner().get("/api/v1/chats/" + chat + "/runs").text("/items/0/id") == run.text("/id"));
}

TEST_CASE("a schedule begins a run when its time comes, and plans the next one") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, R"({"triggers":["scheduled"],"schedule":{"every_minutes":30,"input":{"name":"night"}},"steps":[{"id":"a","type":"template","parameters":{"text":"{{ input.name }}"}}]})");
    std::string due = pipeline.text("/next_run_at");
    REQUIRE_FALSE(due.empty());
    // Its time comes now, instead of in half an hour.
    lab.database().run_as_superuser("update jobs.job set run_at = now() where kind = 'chats.begin_scheduled_run' and subject = 'pipeline:" + pipeline.text("/id") + "'");
    std::string job = text_at(lab.owner().get("/api/v1/jobs?subject=pipeline:" + pipeline.text("/id")).items()[0], "/id");
    http::Client watching(lab.port());
    watching.get("/api/v1/jobs/" + job + "/events", "Accept: text/event-stream\r\n");
    watching.until("\"status\":\"done\"");
    Told run = ended(lab, lab.owner().get(at(pipeline) + "/runs").text("/items/0/id"));
    CHECK(run.text("/trigger") == "scheduled");
    CHECK(run.text("/steps/0/output/text") == "night");
    CHECK(lab.owner().get(at(pipeline)).text("/next_run_at") > due);
    CHECK(lab.owner().get("/api/v1/jobs?subject=pipeline:" + pipeline.text("/id")).items().size() == 2);
}

namespace {

/// A chat that the pipeline answers.
std::string bound(Lab& lab, const Told& pipeline) {
    std::string chat = lab.owner().post("/api/v1/chats", R"({"title":"Story"})").text("/id");
    Told told = lab.owner().post(at(pipeline) + "/bindings", R"({"chat_id":")" + chat + "\"}");
    REQUIRE_MESSAGE(told.status == 200, told.seen.body);
    return chat;
}

/// Says something, and gives the message of the answer when it has ended.
Told answered(Lab& lab, const std::string& chat, const std::string& text) {
    Told posted = lab.owner().post("/api/v1/chats/" + chat + "/messages", R"({"text":)" + in_quotes(text) + "}");
    REQUIRE_MESSAGE(posted.status == 202, posted.seen.body);
    lab.settled(posted.text("/generation/id"));
    return lab.owner().get("/api/v1/messages/" + posted.text("/answer/id"));
}

Told run_of(Lab& lab, const Told& answer) { return lab.owner().get("/api/v1/runs/" + answer.text("/variant/generation/run_id")); }

std::string answering(const std::string& more) {
    return R"({"triggers":["user_message"],"steps":[{"id":"pre","type":"pre"},{"id":"answer","type":"llm"},{"id":"post","type":"post"})" + more + "]}";
}

}  // namespace

TEST_CASE("a chat's pipeline prepares its prompts and replaces its answers; what it changed can be undone") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, answering(R"(,
        {"id":"mood","type":"llm","parameters":{"prompt":"The mood of: {{ lastUserMessage }}"},
         "effects":[{"type":"add_message","depth":1,"role":"system","text":"The person is {{ output.text }}."},{"type":"rewrite_prompt","mode":"append","text":"Answer {{ user.name }} in verse."}]},
        {"id":"shout","type":"template","depends_on":["answer"],"parameters":{"text":"{{ steps.answer.text | upcase }}"},"effects":[{"type":"replace_answer","text":"{{ output.text }} [{{ steps.mood.text }}]"}]})"));
    std::string chat = bound(lab, pipeline);
    lab.models().next(testing::Answer().say("sad"));
    lab.models().next(testing::Answer().think("Hm.").say("There, there."));
    Told answer = answered(lab, chat, "It rains");
    CHECK(answer.text("/text") == "THERE, THERE. [sad]");
    CHECK(answer.text("/variant/blocks/0/type") == "reasoning");
    CHECK(answer.text("/variant/blocks/1/content") == "THERE, THERE. [sad]");
    std::string prompt = lab.models().requests().back().body;
    CHECK(prompt.find("The person is sad.") < prompt.find("It rains"));
    CHECK(prompt.find("Answer User in verse.") < prompt.find("The person is sad."));
    Told run = run_of(lab, answer);
    CHECK(steps_of(run) == "mood done; pre done; answer done; shout done; post done; ");
    CHECK(run.text("/status") == "done");
    CHECK(run.text("/pipeline_id") == pipeline.text("/id"));

    Told effects = lab.owner().get("/api/v1/runs/" + run.text("/id") + "/effects");
    REQUIRE(effects.items().size() == 3);
    std::string undo = "/api/v1/run_effects/" + effects.text("/items/2/id") + "/undo";
    CHECK(lab.owner().post(undo).at("/undone_at").is_string());
    Told undone = lab.owner().get("/api/v1/messages/" + answer.text("/id"));
    CHECK(undone.text("/text") == "There, there.");
    CHECK(undone.text("/variant/blocks/1/content") == "There, there.");

    // From the model's call on: what was said of the mood stays, but for what was undone of it.
    lab.owner().post("/api/v1/run_effects/" + effects.text("/items/1/id") + "/undo");
    lab.models().next(testing::Answer().say("Oh."));
    Told retried = lab.owner().post("/api/v1/runs/" + run.text("/id") + "/retry", R"({"step":"answer"})");
    REQUIRE_MESSAGE(retried.status == 202, retried.seen.body);
    CHECK(ended(lab, retried.text("/id")).text("/retried_run_id") == run.text("/id"));
    Told again = lab.owner().get("/api/v1/messages/" + answer.text("/id"));
    CHECK(again.text("/text") == "OH. [sad]");
    CHECK(again.number("/variants_count") == 2);
    prompt = lab.models().requests().back().body;
    CHECK(prompt.find("The person is sad.") != std::string::npos);
    CHECK(prompt.find("in verse") == std::string::npos);

    // From a step after it: the model is not asked.
    size_t asked = lab.models().requests().size();
    Told last = lab.owner().post("/api/v1/runs/" + retried.text("/id") + "/retry", R"({"step":"shout"})");
    REQUIRE_MESSAGE(last.status == 202, last.seen.body);
    CHECK(steps_of(ended(lab, last.text("/id"))) == "mood done; pre done; answer done; shout done; post done; ");
    CHECK(lab.owner().get("/api/v1/messages/" + answer.text("/id")).text("/text") == "OH. [sad]");
    CHECK(lab.models().requests().size() == asked);
}

TEST_CASE("a guard keeps the model from being asked, and a step answers in its place; a required step that fails ends the answer before") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, R"({"triggers":["user_message"],"steps":[
        {"id":"safe","type":"guard","parameters":{"checks":{"is_safe":"lastUserMessage != 'bomb'","is_known":"lastUserMessage != 'riddle'"}}},
        {"id":"known","type":"template","depends_on":["safe"],"parameters":{"text":"{% unless steps.safe.is_known %}{% for i in (1..999999999) %}{% endfor %}{% endunless %}"}},
        {"id":"pre","type":"pre"},{"id":"answer","type":"llm","depends_on":["safe"],"condition":"steps.safe.is_safe"},{"id":"post","type":"post"},
        {"id":"no","type":"template","hook":"after_llm","depends_on":["safe"],"condition":"status.answer == 'skipped'","parameters":{"text":"I would rather not."},"effects":[{"type":"replace_answer","text":"{{ output.text }}"}]}]})");
    std::string chat = bound(lab, pipeline);
    size_t asked = lab.models().requests().size();
    Told refused = answered(lab, chat, "bomb");
    CHECK(refused.text("/text") == "I would rather not.");
    CHECK(refused.text("/variant/generation/status") == "done");
    CHECK(steps_of(run_of(lab, refused)) == "safe done; known done; pre done; answer skipped; no done; post done; ");
    CHECK(lab.models().requests().size() == asked);

    Told failed = answered(lab, chat, "riddle");
    CHECK(failed.text("/variant/generation/status") == "error");
    CHECK(failed.text("/variant/generation/error_message").starts_with("step \"known\""));
    CHECK(lab.models().requests().size() == asked);
    Told run = run_of(lab, failed);
    CHECK(run.text("/status") == "failed");
    CHECK(steps_of(run).starts_with("safe done; known failed; pre failed; answer waiting"));

    lab.models().next(testing::Answer().say("Hello."));
    CHECK(answered(lab, chat, "Hi").text("/text") == "Hello.");
}

TEST_CASE("a chat is answered by its own pipeline, else by its profile's, else by the one of all, else by the built-in one") {
    Lab lab;
    auto marked = [&](const std::string& mark) {
        return made(lab, answering(R"(,{"id":"mark","type":"template","hook":"after_llm","parameters":{"text":""},"effects":[{"type":"replace_answer","text":")" + mark + "\"}]}"));
    };
    std::string profile = lab.owner().post("/api/v1/entity_profiles", R"({"name":"Ann"})").text("/id");
    std::string chat = lab.owner().post("/api/v1/chats", R"({"entity_profile_id":")" + profile + "\"}").text("/id");
    CHECK(answered(lab, chat, "1").text("/text") == "Hello from the test model.");
    Told all = marked("all"), of_profile = marked("profile"), of_chat = marked("chat");
    CHECK(lab.owner().post(at(made(lab, hello)) + "/bindings").status == 422);
    CHECK(lab.owner().post(at(all) + "/bindings").status == 200);
    CHECK(answered(lab, chat, "2").text("/text") == "all");
    CHECK(lab.owner().post(at(of_profile) + "/bindings", R"({"entity_profile_id":")" + profile + "\"}").status == 200);
    CHECK(answered(lab, chat, "3").text("/text") == "profile");
    CHECK(lab.owner().post(at(of_chat) + "/bindings", R"({"chat_id":")" + chat + "\"}").status == 200);
    CHECK(answered(lab, chat, "4").text("/text") == "chat");
    CHECK(lab.owner().get(at(of_chat) + "/bindings").text("/items/0/chat_id") == chat);
    CHECK(lab.owner().call("PATCH", at(of_chat), R"({"definition":)" + hello + "}").status == 409);
    CHECK(lab.owner().call("DELETE", at(of_chat) + "/bindings?chat_id=" + chat).status == 204);
    CHECK(lab.owner().call("DELETE", at(of_chat) + "/bindings?chat_id=" + chat).status == 404);
    CHECK(answered(lab, chat, "5").text("/text") == "profile");
}

TEST_CASE("a chat's pipeline sees the whole of an answer that was continued; what the person might say is none of its business") {
    Lab& lab = Lab::shared();
    Told pipeline = made(lab, answering(R"(,{"id":"shout","type":"template","depends_on":["answer"],"parameters":{"text":"{{ steps.answer.text | upcase }}"},"effects":[{"type":"replace_answer","text":"{{ output.text }}"}]})"));
    std::string chat = bound(lab, pipeline);
    lab.models().next(testing::Answer().say("one, "));
    Told answer = answered(lab, chat, "Count");
    CHECK(answer.text("/text") == "ONE, ");
    lab.models().next(testing::Answer().say("two"));
    Told more = lab.owner().post("/api/v1/chats/" + chat + "/continue", "{}");
    REQUIRE_MESSAGE(more.status == 202, more.seen.body);
    lab.settled(more.text("/generation/id"));
    CHECK(lab.owner().get("/api/v1/messages/" + answer.text("/id")).text("/text") == "ONE, TWO");

    lab.models().next(testing::Answer().say("And then?"));
    Told said = lab.owner().post("/api/v1/chats/" + chat + "/impersonate", "{}");
    REQUIRE_MESSAGE(said.status == 202, said.seen.body);
    lab.settled(said.text("/generation/id"));
    CHECK(lab.owner().get("/api/v1/messages/" + said.text("/answer/id")).text("/text") == "And then?");
}
