// What comes in wrong is refused with a problem document that says what to do, and nothing has happened.
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;

namespace {

void check_problem(const Told& told, int status) {
    CHECK_MESSAGE(told.status == status, told.seen.body);
    CHECK(told.seen.field("content-type").starts_with("application/problem+json"));
    CHECK(told.number("/status") == status);
    CHECK(!told.text("/code").empty());
    CHECK(!told.text("/detail").empty());
}

}  // namespace

TEST_CASE("a message to an unknown chat, to no chat at all, and on another chat's branch") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app(), other = lab.app();
    check_problem(lab.owner().post("/api/v1/chats/chat_00000000000000000000000000/messages", R"({"text":"hello"})"), 404);
    check_problem(lab.owner().post("/api/v1/chats/nonsense/messages", R"({"text":"hello"})"), 404);
    check_problem(lab.owner().post("/api/v1/chats/" + app.chat + "/messages", R"({"text":"hello","branch_id":")" + other.branch + "\"}"), 404);
    check_problem(lab.owner().get("/api/v1/chats/" + app.chat + "/messages?branch_id=" + other.branch), 404);
    CHECK(lab.owner().all("/api/v1/chats/" + app.chat + "/messages").empty());
}

TEST_CASE("messages that cannot be: empty, too long, not JSON, with unknown members, of wrong types") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string messages = "/api/v1/chats/" + app.chat + "/messages";
    struct Row {
        std::string body;
        int status;
        std::string pointer;
    };
    const Row rows[] = {
        {R"({"text":""})", 400, "/text"},
        {R"({"text":" \n\t "})", 400, "/text"},
        {R"({})", 400, "/text"},
        {R"({"text":null})", 400, "/text"},
        {R"({"text":7})", 400, "/text"},
        {R"({"text":"a","shout":true})", 400, "/shout"},
        {R"({"text":"a","branch_id":"branch_x"})", 400, "/branch_id"},
        {R"({"text":"a","model":"no such model"})", 400, "/model"},
        {R"({"text":"a")", 400, ""},
        {R"(["text"])", 400, ""},
        {"", 400, ""},
        {"{\"text\":\"a\xff\"}", 400, ""},
        {std::string(5000, '['), 400, ""},
        {R"({"text":")" + std::string(2 << 20, 'x') + "\"}", 413, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body.substr(0, 80));
        Told told = lab.owner().post(messages, row.body);
        check_problem(told, row.status);
        if (!row.pointer.empty()) CHECK(told.text("/errors/0/pointer") == row.pointer);
    }
    check_problem(lab.owner().call("POST", messages, "text=a", "Content-Type: text/plain\r\n"), 400);
    CHECK(lab.owner().all(messages).empty());
    lab.check_laws(app);
}

TEST_CASE("a text with U+0000, which PostgreSQL cannot keep, is refused as such") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told told = lab.owner().post("/api/v1/chats/" + app.chat + "/messages", "{\"text\":\"a\\u0000b\"}");
    check_problem(told, 400);
    check_problem(lab.owner().post("/api/v1/apps", "{\"name\":\"a\\u0000b\",\"template\":\"static\"}"), 400);
}

TEST_CASE("a template that cannot be rendered or saved is a problem with line and column; counts and renderings need no chat") {
    Lab& lab = Lab::shared();
    std::string render = "/api/v1/prompt_templates/render";
    CHECK(lab.owner().post(render, R"({"text":"Hello {{ who | upcase }}","context":{"who":"ann"}})").text("/output") == "Hello ANN");
    Told told = lab.owner().post(render, R"({"text":"one\n {% if x %}","context":{}})");
    check_problem(told, 400);
    CHECK(told.text("/detail").starts_with("2:2: "));
    CHECK(told.text("/errors/0/pointer") == "/text");
    told = lab.owner().post("/api/v1/prompt_templates", R"({"name":"wrong","text":"{{ a | shout }}"})");
    check_problem(told, 400);
    CHECK(told.text("/detail") == "1:8: undefined filter: shout");
    CHECK(lab.owner().post("/api/v1/token_counts", R"({"text":"Hello world"})").number("/tokens") == 3);
}

TEST_CASE("a chat has the persona that was chosen for it, and templates of its own that go with it") {
    Lab& lab = Lab::shared();
    std::string chat = lab.owner().post("/api/v1/chats", R"({"title":"t"})").text("/id");
    std::string persona = lab.owner().post("/api/v1/personas", R"({"name":"Ann"})").text("/id");
    CHECK(lab.owner().call("PATCH", "/api/v1/chats/" + chat, R"({"persona_id":")" + persona + "\"}").text("/persona_id") == persona);
    check_problem(lab.owner().call("PATCH", "/api/v1/chats/" + chat, R"({"persona_id":"nobody"})"), 400);
    CHECK(lab.owner().get("/api/v1/chats/" + chat).text("/persona_id") == persona);
    Told made = lab.owner().post("/api/v1/prompt_templates", R"({"name":"of one chat","text":"x","scope":"chat","scope_id":")" + chat + "\"}");
    CHECK(made.status == 201);
    CHECK(lab.owner().call("DELETE", "/api/v1/personas/" + persona).status == 204);
    CHECK(lab.owner().get("/api/v1/chats/" + chat).text("/persona_id").empty());
    for (int i = 0; i < 2; ++i) CHECK(lab.owner().call("DELETE", "/api/v1/chats/" + chat).status == 204);
    check_problem(lab.owner().get("/api/v1/prompt_templates/" + made.text("/id")), 404);
}

TEST_CASE("another organization's ids are not found, on every route") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told posted = lab.say(app, "Hello");
    lab.settled(posted.text("/generation/id"));
    Told preview = lab.owner().post("/api/v1/previews", R"({"app_id":")" + app.id + "\"}");
    Told branch = lab.owner().post("/api/v1/chats/" + app.chat + "/branches", R"({"from_message_id":")" + posted.text("/message/id") + "\"}");
    Told token = lab.owner().post("/api/v1/tokens", R"({"name":"mine"})");
    Told models = lab.owner().get("/api/v1/models");
    auto jobs = lab.owner().all("/api/v1/jobs");
    REQUIRE(!jobs.empty());
    const std::string trust_rule = R"({"issuer":"https://ci.example.com","audience":"story","claims":[{"name":"project","pattern":"story"}]})";
    std::map<std::string, std::string, std::less<>> ids = {
        {"app", app.id}, {"chat", app.chat}, {"branch", branch.text("/id")}, {"version", app.version}, {"message", posted.text("/answer/id")},
        {"variant", posted.text("/answer/variant/id")}, {"generation", posted.text("/generation/id")}, {"run", posted.text("/generation/run_id")},
        {"preview", preview.text("/id")}, {"token", token.text("/id")}, {"model", models.text("/items/0/id")}, {"job", text_at(jobs.front(), "/id")},
        {"session", "session_00000000000000000000000000"}};
    ids["profile"] = lab.owner().post("/api/v1/entity_profiles", R"({"name":"Story"})").text("/id");
    ids["lorebook"] = lab.owner().post("/api/v1/lorebooks", R"({"name":"Story"})").text("/id");
    ids["user"] = lab.owner().post("/api/v1/service_accounts", R"({"name":"Story"})").text("/id");
    ids["trust"] = lab.owner().post("/api/v1/service_accounts/" + ids["user"] + "/trust_rules", trust_rule).text("/id");
    ids["source"] = lab.owner().post("/api/v1/knowledge_sources", R"({"name":"Story","text":"Story"})").text("/id");
    ids["pipeline"] = lab.owner().post("/api/v1/pipelines", R"({"name":"Story","definition":{"steps":[{"id":"a","type":"template","parameters":{"text":""}}]}})").text("/id");
    ids["document"] = "document_00000000000000000000000000";
    ids["effect"] = "effect_00000000000000000000000000";
    ids["image"] = "image_00000000000000000000000000";
    ids["policy"] = "policy_00000000000000000000000000";
    ids["persona"] = lab.owner().post("/api/v1/personas", R"({"name":"Story"})").text("/id");
    ids["template"] = lab.owner().post("/api/v1/prompt_templates", R"({"name":"Story","text":"","is_enabled":false})").text("/id");
    ids["prepare"] = lab.owner().post("/api/v1/database_prepares", R"({"steps":[],"name":"of-the-owner"})").text("/id");
    http::Client building(lab.port());
    building.request("GET", "/api/v1/database_prepares/" + ids["prepare"] + "/events", "", "Accept: text/event-stream\r\n");
    building.until("prepare.ended");
    Told prepare = lab.owner().get("/api/v1/database_prepares/" + ids["prepare"]);
    REQUIRE_MESSAGE(prepare.text("/status") == "done", prepare.seen.body);
    ids["dbrun"] = lab.owner().post("/api/v1/database_runs", R"({"command":["true"],"instance":"of-the-owner"})").text("/id");
    // Names of holes that take more than ids.
    std::map<std::string, std::string, std::less<>> names = {{"instance", "of-the-owner"}, {"state", prepare.text("/state_id")}};

    Person stranger = lab.stranger();
    CHECK(stranger.get("/api/v1/session").status == 200);
    // Bodies that are right for every route that wants one, so that the refusal is about the id.
    std::map<std::string, std::string, std::less<>> bodies = {
        {"POST /api/v1/chats/{chat_id}/messages", R"({"text":"hello"})"},
        {"POST /api/v1/chats/{chat_id}/branches", R"({"from_message_id":")" + ids["message"] + "\"}"},
        {"PATCH /api/v1/messages/{message_id}", R"({"text":"changed"})"},
        {"POST /api/v1/messages/{message_id}/variants", R"({"text":"changed"})"},
        {"POST /api/v1/branches/{branch_id}/messages", R"({"text":"hello"})"},
        {"PATCH /api/v1/branches/{branch_id}", R"({"title":"changed"})"},
        {"PATCH /api/v1/chats/{chat_id}", R"({"title":"changed"})"},
        {"PATCH /api/v1/apps/{app_id}", R"({"name":"changed"})"},
        {"PATCH /api/v1/service_accounts/{service_account_id}", R"({"name":"changed"})"},
        {"POST /api/v1/service_accounts/{service_account_id}/trust_rules", trust_rule},
        {"PATCH /api/v1/models/{model_id}", R"({"name":"changed"})"},
        {"PUT /api/v1/model_policies/{policy_id}", R"({"name":"changed","model_ids":[")" + ids["model"] + "\"]}"},
        {"PUT /api/v1/entity_profiles/{profile_id}/avatar", "\xff\xd8\xff\xd9"},  // the shortest JPEG
        {"POST /api/v1/entity_profiles/{profile_id}/chats/import", "{\"type\":\"ramify_chat\",\"version\":1,\"title\":\"t\"}\n"
                                                                   "{\"type\":\"branch\",\"title\":\"main\",\"messages_count\":1,\"stretches\":[{\"seq_from\":1,\"segment\":0}]}\n"
                                                                   "{\"type\":\"message\",\"segment\":0,\"seq\":1,\"role\":\"user\",\"variants\":[{\"text\":\"a\"}]}\n"},
        {"PUT /api/v1/lorebooks/{lorebook_id}/entries", R"({"uid":1})"},
        {"POST /api/v1/lorebooks/{lorebook_id}/bindings", R"({"scope":"global"})"},
        {"POST /api/v1/chats/{chat_id}/test_knowledge", R"({"text":"Story"})"},
        {"POST /api/v1/lorebooks/{lorebook_id}/test", R"({"messages":[]})"},
        {"POST /api/v1/runs/{run_id}/retry", R"({"step":"llm"})"},
        {"PUT /api/v1/apps/{app_id}/files", R"({"path":"index.html","content":"changed"})"},
        {"PUT /api/v1/database_refs/{name}", R"({"state_id":")" + prepare.text("/state_id") + "\"}"},
        {"POST /api/v1/database_instances/{instance}/snapshot", R"({"ref":"stolen"})"},
        {"POST /api/v1/database_instances/{instance}/switch", R"({"to":")" + prepare.text("/state_id") + "\"}"},
        {"POST /api/v1/database_runs/{run_id}/end", R"({"outcome":"done","exit_code":0,"ms":1})"},
        {"POST /api/v1/database_instances/{instance}/query", R"({"sql":"select 1"})"},
    };
    int asked = 0;
    for (const http::Route& route : lab.product().routes()) {
        if (route.holes.empty() || route.path == "/api/v1/blobs/{sha256}") continue;  // what one sends is one's own
        std::string target;
        for (std::string_view rest = route.path; !rest.empty();) {
            size_t open = rest.find('{');
            target += rest.substr(0, open);
            if (open == std::string_view::npos) break;
            rest.remove_prefix(rest.find('}') + 1);
            target += "\x01";
        }
        for (const http::Hole& hole : route.holes) {
            auto named = names.find(hole.name);
            std::string id = named == names.end() ? "index.html" : named->second;
            if (!hole.prefix.empty()) {
                auto known = ids.find(hole.prefix);
                REQUIRE_MESSAGE(known != ids.end(), "the test must know an id for " << hole.prefix);
                id = known->second;
            }
            target.replace(target.find('\x01'), 1, id);
        }
        std::string name = std::string(name_of(route.method)) + " " + std::string(route.path);
        CAPTURE(name);
        auto body = bodies.find(name);
        Told told = stranger.call(name_of(route.method), target, body == bodies.end() ? "{}" : body->second);
        bool is_refused = told.status == 404 || told.status == 403;
        CHECK_MESSAGE(is_refused, told.status << " " << told.seen.body.substr(0, 300));
        CHECK(told.seen.body.find("Story") == std::string::npos);
        ++asked;
    }
    CHECK(asked > 30);
    // Ids in bodies and queries.
    check_problem(stranger.post("/api/v1/previews", R"({"app_id":")" + app.id + "\"}"), 404);
    for (auto list : {"/api/v1/apps", "/api/v1/chats", "/api/v1/previews", "/api/v1/jobs", "/api/v1/tokens"}) {
        CAPTURE(list);
        for (const value& item : stranger.get(list).items()) CHECK(text_at(item, "/name") == "test");
    }
    CHECK(stranger.get("/api/v1/chats?app_id=" + app.id).items().empty());
    CHECK(stranger.get("/api/v1/previews?app_id=" + app.id).items().empty());
    for (const value& entry : stranger.all("/api/v1/audit_entries")) CHECK(text_at(entry, "/object").find(app.id) == std::string::npos);
    // Nothing has happened to the owner's things.
    CHECK(lab.owner().get("/api/v1/apps/" + app.id).text("/name") == "Story");
    CHECK(lab.owner().get("/api/v1/messages/" + posted.text("/message/id")).text("/text") == "Hello");
    lab.check_laws(app);
}

TEST_CASE("a token that is none, and a route without one where the local owner is not meant") {
    Lab& lab = Lab::shared();
    check_problem(Person(lab.port(), "rmf_nothing").get("/api/v1/apps"), 401);
    check_problem(lab.owner().get("/api/v1/nothing"), 404);
    check_problem(lab.owner().call("DELETE", "/api/v1/templates"), 405);
}

TEST_CASE("the version that was seen: ETag, If-None-Match and If-Match") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string target = "/api/v1/apps/" + app.id;
    std::string tag = lab.owner().get(target).seen.field("etag");
    REQUIRE(!tag.empty());
    CHECK(lab.owner().get(target, "If-None-Match: " + tag + "\r\n").status == 304);
    CHECK(lab.owner().call("PATCH", target, R"({"name":"second"})", "If-Match: " + tag + "\r\n").status == 200);
    check_problem(lab.owner().call("PATCH", target, R"({"name":"third"})", "If-Match: " + tag + "\r\n"), 412);
    CHECK(lab.owner().get(target, "If-None-Match: " + tag + "\r\n").text("/name") == "second");
}

TEST_CASE("who has a page of messages gets 304 until something in it changes") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    lab.ask(app, testing::Answer().say("answer"), "question");
    std::string target = "/api/v1/chats/" + app.chat + "/messages?limit=50";
    Told page = lab.owner().get(target);
    std::string seen = "If-None-Match: " + page.seen.field("etag") + "\r\n";
    REQUIRE(seen.contains('"'));
    CHECK(lab.owner().get(target).seen.body == page.seen.body);
    CHECK(lab.owner().get(target, seen).status == 304);
    std::string question = page.text("/items/0/id");
    REQUIRE(lab.owner().call("PATCH", "/api/v1/messages/" + question, R"({"text":"in other words"})").status == 200);
    Told changed = lab.owner().get(target, seen);
    CHECK(changed.text("/items/0/variant/text") == "in other words");
    CHECK(lab.stranger().get(target).status == 404);

    testing::Gate gate;
    lab.models().next(testing::Answer().say("Half ").wait_for(gate).say("and whole"));
    Told posted = lab.say(app, "Go on");
    CHECK(lab.owner().get(target).seen.field("etag").empty());  // while a model writes, nothing is kept
    gate.open();
    lab.settled(posted.text("/generation/id"));
    CHECK(lab.owner().get(target).text("/items/3/variant/text") == "Half and whole");
}

TEST_CASE("pages of a long history join without gap or repetition, from both ends") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    for (int i = 0; i < 6; ++i) lab.ask(app, testing::Answer().say("answer"), "question " + std::to_string(i));
    for (auto order : {"oldest", "newest"}) {
        std::vector<int64_t> seqs;
        for (std::string cursor;;) {
            Told page = lab.owner().get("/api/v1/chats/" + app.chat + "/messages?limit=5&order=" + order + (cursor.empty() ? "" : "&cursor=" + cursor));
            for (const value& message : page.items()) seqs.push_back(message.at("seq").as_int64());
            if ((cursor = page.text("/next_cursor")).empty()) break;
        }
        if (std::string_view(order) == "newest") std::reverse(seqs.begin(), seqs.end());
        CHECK(seqs == std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    }
    check_problem(lab.owner().get("/api/v1/chats/" + app.chat + "/messages?cursor=nonsense"), 400);
    check_problem(lab.owner().get("/api/v1/chats/" + app.chat + "/messages?limit=0"), 400);
}
