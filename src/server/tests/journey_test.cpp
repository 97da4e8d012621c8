// The journey when people do things at once, come back, change their minds, and stop reading.
#include <thread>

#include "base/text.h"
#include "kernel/http/message.h"
#include "kernel/telemetry/telemetry.h"
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;
using testing::Answer;

namespace {

std::vector<std::string> texts_of(Lab& lab, const AppMade& app, const std::string& role) {
    std::vector<std::string> texts;
    for (const value& message : lab.owner().all("/api/v1/chats/" + app.chat + "/messages"))
        if (text_at(message, "/role") == role) texts.push_back(text_at(message, "/text"));
    return texts;
}

/// The texts of all deltas, joined.
std::string deltas_in(const std::string& events) {
    std::string joined;
    for (size_t from = 0; (from = events.find("event: block.delta", from)) != std::string::npos; ++from) {
        size_t data = events.find("data: ", from) + 6;
        joined += text_at(boost::json::parse(events.substr(data, events.find('\n', data) - data)), "/text");
    }
    return joined;
}

/// Two at once, from two threads; their answers.
std::pair<Told, Told> at_once(const std::function<Told(int)>& call) {
    std::pair<Told, Told> told;
    std::thread other([&] { told.second = call(2); });
    told.first = call(1);
    other.join();
    return told;
}

}  // namespace

TEST_CASE("what an answer costs: its transactions are counted") {
    Lab& lab = Lab::shared();
    auto transactions = [&](const std::function<void()>& of) {
        auto counts = [] {
            std::map<std::string, int> all;
            constexpr std::string_view prefix = "store_transaction_ms_count{name=\"";
            std::string text = telemetry::metrics_text();
            for (std::string_view line : split(text, '\n'))
                if (line.starts_with(prefix))
                    all[std::string(line.substr(prefix.size(), line.find('"', prefix.size()) - prefix.size()))] =
                        int(parse_int(line.substr(line.rfind(' ') + 1)).value_or(-1));
            return all;
        };
        // Jobs of the stories before this one would be counted, too.
        while (lab.database().run_as_superuser(
                   "select count(*) from jobs.job where status in ('queued', 'running') and run_at <= now()") != "0")
            std::this_thread::yield();
        auto before = counts();
        of();
        // A transaction is counted when all that waits for its commit has been told.
        for (Deadline deadline = Deadline::in_ms(180'000);
             counts()["chats.end_generation"] == before["chats.end_generation"] && !deadline.passed();)
            std::this_thread::yield();
        std::string told;
        for (auto& [name, count] : counts()) {
            if (name == "chats.check_prompt") continue;  // of an organization with prompt templates: other stories leave some
            if (int made = count - before[name]; made > 0 && (name.starts_with("chats.") || name.starts_with("apps.")))
                told += name.substr(name.find('.') + 1) + " " + std::to_string(made) + "\n";
        }
        return told;
    };
    auto follow = [&](const std::string& chat) {
        http::Client client(lab.port());
        client.request("POST", "/api/v1/chats/" + chat + "/messages", R"({"text":"Say it"})",
                       "Content-Type: application/json\r\nAccept: text/event-stream\r\n");
        client.until("event: generation.done");
        client.until("\n\n");
    };
    Told chat = lab.owner().post("/api/v1/chats", R"({"title":"plain"})");
    lab.models().next(Answer().say("One ").say("two ").say("three."));
    CHECK(transactions([&] { follow(chat.text("/id")); }) ==
          "end_generation 1\npost_message 1\nread_generation 1\nstart_block 1\nstart_generation 1\n");

    // Each further block costs one; an answer that may change the app is kept before that is tried.
    AppMade app = lab.app();
    lab.models().next(Answer().say("Here it is.\n" + change("one.txt", "one") + "\nDone."));
    std::string told = transactions([&] { follow(app.chat); });
    CHECK_MESSAGE(told.contains("start_block 3\n"), told);
    CHECK_MESSAGE(told.contains("keep_answer 1\n"), told);
    CHECK_MESSAGE(told.contains("end_generation 1\n"), told);
    CHECK_FALSE_MESSAGE(told.contains("end_block"), told);
    lab.check_laws(app);
}

TEST_CASE("two tabs post at once: both are acknowledged, both are answered, and the second builds on the first") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    testing::Gate gate;
    lab.models().next(Answer().say(change("one.txt", "one")).wait_for(gate));
    lab.models().next(Answer().say(change("two.txt", "two")));
    auto [first, second] = at_once([&](int tab) {
        return lab.owner().post("/api/v1/chats/" + app.chat + "/messages",
                                R"({"text":"tab )" + std::to_string(tab) + "\"}");
    });
    REQUIRE(first.status == 202);
    REQUIRE(second.status == 202);
    gate.open();
    for (const Told& posted : {first, second})
        CHECK(lab.settled(posted.text("/generation/id")).text("/status") == "done");
    CHECK(first.number("/message/seq") + second.number("/message/seq") == 4);
    CHECK(texts_of(lab, app, "user").size() == 2);
    CHECK(lab.file(app, "one.txt") == "one\n");
    CHECK(lab.file(app, "two.txt") == "two\n");
    lab.check_laws(app);
}

TEST_CASE("the same idempotency key: one message, however often and however fast it comes") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string messages = "/api/v1/chats/" + app.chat + "/messages", key = "Idempotency-Key: " + app.id + "\r\n";
    auto post = [&](int) { return lab.owner().post(messages, R"({"text":"once"})", key); };
    auto [first, second] = at_once(post);
    Told later = post(3);
    std::string id = later.text("/id");
    CHECK_MESSAGE(later.status == 202, later.seen.body);
    for (const Told& told : {first, second}) {
        bool is_fine = told.status == 409 || (told.status == 202 && told.text("/id") == id);
        CHECK_MESSAGE(is_fine, told.seen.body);
    }
    lab.settled(later.text("/generation/id"));
    CHECK(texts_of(lab, app, "user") == std::vector<std::string>{"once"});
    Told other = lab.owner().post(messages, R"({"text":"twice"})", key);
    CHECK_MESSAGE((other.status == 422 || other.status == 409), other.seen.body);
    CHECK(texts_of(lab, app, "user").size() == 1);
    lab.check_laws(app);
}

TEST_CASE("closing the connection of the post does not stop the answer") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    testing::Gate gate;
    lab.models().next(Answer().say("Beginning ").wait_for(gate).say("and end."));
    http::Client client(lab.port());
    client.request("POST", "/api/v1/chats/" + app.chat + "/messages", R"({"text":"go on without me"})",
                   "Content-Type: application/json\r\nAccept: text/event-stream\r\n");
    client.until("Beginning");
    client.close();
    gate.open();
    std::string answer =
        text_at(lab.owner().all("/api/v1/chats/" + app.chat + "/messages").back(), "/variant/generation/id");
    CHECK(lab.settled(answer).text("/status") == "done");
    CHECK(texts_of(lab, app, "assistant") == std::vector<std::string>{"Beginning and end."});
    lab.check_laws(app);
}

TEST_CASE("a follower who comes back in the middle of a block gets exactly the rest") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    testing::Gate gate;
    lab.models().next(Answer().say("Grüße ").say("an ").wait_for(gate).say("alle, ").say("und Tschüß."));
    std::string events = "/api/v1/chats/" + app.chat + "/events";
    Told posted = lab.say(app, "Say it");
    // Reads up to the end of the second piece, which may come with the first, and keeps the id of its frame.
    http::Client client(lab.port());
    client.get(events, "Accept: text/event-stream\r\n");
    std::string seen = client.until("an \"}");
    client.close();
    size_t at = seen.rfind("id: ");
    std::string id = seen.substr(at + 4, seen.find('\n', at) - at - 4);
    CHECK(id.find('~') != std::string::npos);

    http::Client again(lab.port());
    again.get(events, "Accept: text/event-stream\r\nLast-Event-ID: " + id + "\r\n");
    again.head();
    gate.open();
    std::string rest = again.until("event: generation.done");
    CHECK(deltas_in(rest) == "alle, und Tschüß.");
    lab.settled(posted.text("/generation/id"));
    lab.check_laws(app);
}

TEST_CASE("a browser that stops reading holds nobody up, and can come back") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    http::Client deaf(lab.port(), 4096);
    deaf.get("/api/v1/chats/" + app.chat + "/events", "Accept: text/event-stream\r\n");
    Answer long_answer;
    for (int i = 0; i < 2'000; ++i) long_answer.say(std::string(1'000, char('a' + i % 26)) + " ");
    CHECK(lab.ask(app, long_answer).text("/status") == "done");
    std::string whole = texts_of(lab, app, "assistant").front();
    CHECK(whole.size() == 2'000 * 1'001);

    // Now it reads what lies in its buffers: it was cut off in the middle.
    deaf.head();
    std::string had;
    for (std::string piece; !(piece = deaf.chunk()).empty();) had += piece;
    CHECK(deaf.was_cut());
    had.resize(had.rfind("\n\n") + 2);  // whole frames
    CHECK(had.find("event: generation.done") == std::string::npos);
    CHECK(deltas_in(had).size() < whole.size());

    // It comes back as often as it is cut off (the last event carries the whole text, and waits for an empty buffer).
    for (int visits = 0; visits < 20 && had.find("event: generation.done") == std::string::npos; ++visits) {
        size_t at = had.rfind("\nid: ") + 5;
        http::Client back(lab.port());
        back.get("/api/v1/chats/" + app.chat + "/events",
                 "Accept: text/event-stream\r\nLast-Event-ID: " + had.substr(at, had.find('\n', at) - at) + "\r\n");
        back.head();
        std::string more;
        for (std::string piece = " "; !piece.empty() && more.find("event: generation.done") == std::string::npos;
             more += piece)
            piece = back.chunk();
        if (size_t whole_frames = more.rfind("\n\n"); whole_frames != std::string::npos)
            had += more.substr(0, whole_frames + 2);
    }
    CHECK((deltas_in(had) == whole));
    lab.check_laws(app);
}

TEST_CASE("regenerate and select: the app follows the variant that is shown") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told first = lab.ask(app, Answer().say(change("index.html", "first")));
    std::string message = first.text("/message_id");
    lab.models().next(Answer().say(change("index.html", "second")));
    Told again = lab.owner().post("/api/v1/messages/" + message + "/regenerate");
    REQUIRE_MESSAGE(again.status == 202, again.seen.body);
    lab.settled(again.text("/generation/id"));
    CHECK(lab.file(app, "index.html") == "second\n");
    CHECK(lab.versions(app) == 3);
    auto variants = lab.owner().get("/api/v1/messages/" + message + "/variants").items();
    REQUIRE(variants.size() == 2);
    Told selected =
        lab.owner().post("/api/v1/messages/" + message + "/variants/" + text_at(variants[0], "/id") + "/select");
    CHECK(selected.text("/variant/id") == text_at(variants[0], "/id"));
    CHECK(lab.file(app, "index.html") == "first\n");
    CHECK(lab.owner().get("/api/v1/apps/" + app.id).text("/current_version_id") == text_at(variants[0], "/version_id"));
    lab.check_laws(app);
    // A question has no answer of its own to regenerate, and a variant of another message is none of this one.
    CHECK(lab.owner()
              .post("/api/v1/messages/" + message + "/variants/variant_00000000000000000000000000/select")
              .status == 404);
    auto question = text_at(lab.owner().all("/api/v1/chats/" + app.chat + "/messages").front(), "/id");
    CHECK(lab.owner().post("/api/v1/messages/" + question + "/regenerate").status == 422);
}

TEST_CASE("a branch from an earlier message has its own history, version and git branch") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told first = lab.ask(app, Answer().say(change("index.html", "one")), "first");
    lab.ask(app, Answer().say(change("index.html", "two")), "second");
    Told branch = lab.owner().post("/api/v1/chats/" + app.chat + "/branches",
                                   R"({"from_message_id":")" + first.text("/message_id") + R"(","title":"Other way"})");
    REQUIRE_MESSAGE(branch.status == 201, branch.seen.body);
    std::string id = branch.text("/id");
    CHECK(branch.number("/messages_count") == 2);
    CHECK(lab.file(app, "index.html", id) == "one\n");
    lab.ask(app, Answer().say(change("index.html", "three")), "third", ",\"branch_id\":" + in_quotes(id));
    CHECK(lab.file(app, "index.html", id) == "three\n");
    CHECK(lab.file(app, "index.html") == "two\n");
    CHECK(lab.owner().all("/api/v1/chats/" + app.chat + "/messages?branch_id=" + id).size() == 4);
    lab.check_laws(app);
    CHECK(lab.owner().post("/api/v1/branches/" + id + "/activate").text("/active_branch_id") == id);
    CHECK(lab.owner().all("/api/v1/chats/" + app.chat + "/messages").size() == 4);
    lab.check_laws(app);
}

TEST_CASE("restore makes a new version that equals the old one") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string original = lab.file(app, "index.html");
    lab.ask(app, Answer().say(change("index.html", "changed")));
    Told restored = lab.owner().post("/api/v1/apps/" + app.id + "/versions/" + app.version + "/restore");
    CHECK(restored.status == 201);
    CHECK(restored.text("/restored_from_id") == app.version);
    CHECK(restored.number("/number") == 3);
    CHECK(lab.file(app, "index.html") == original);
    lab.check_laws(app);
    // The next answer builds on what is shown.
    lab.ask(app, Answer().say(change("other.txt", "x")));
    CHECK(lab.file(app, "index.html") == original);
    CHECK(lab.versions(app) == 4);
    lab.check_laws(app);
}

TEST_CASE("an edit by hand makes a version, unless the file was changed since it was read") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    auto write = [&](const std::string& path, const std::string& content, const std::string& base) {
        return lab.owner().call("PUT", "/api/v1/apps/" + app.id + "/files",
                                R"({"path":")" + path + R"(","content":")" + content + "\"" +
                                    (base.empty() ? "" : R"(,"base_version_id":)" + in_quotes(base)) + "}");
    };
    lab.ask(app, Answer().say(change("index.html", "of the model")));
    Told late = write("index.html", "mine", app.version);
    CHECK(late.status == 409);
    CHECK(lab.file(app, "index.html") == "of the model\n");
    CHECK(write("new.txt", "mine", app.version).status == 201);  // nobody else made this file
    CHECK(write("new.txt", "again", app.version).status == 409);
    Told made =
        write("index.html", "mine",
              lab.owner().all("/api/v1/apps/" + app.id + "/versions")[0].as_object().at("id").as_string().c_str());
    CHECK(made.status == 201);
    CHECK(made.text("/branch_id") == app.branch);
    CHECK(lab.file(app, "index.html") == "mine");
    CHECK(write("index.html", "whatever is there", "").status == 201);
    CHECK(write("index.html", "x", "version_00000000000000000000000000").status == 404);
    lab.check_laws(app);
}

TEST_CASE("/metrics counts answers by how they ended, and times their first token and the previews") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    auto shown = [&](std::string_view line) {
        std::string text = lab.owner().get("/metrics").seen.body;
        size_t at = text.find("\n" + std::string(line) + " ");
        return at == std::string::npos
                   ? 0
                   : parse_int(text.substr(at + line.size() + 2, text.find('\n', at + 1) - at - line.size() - 2))
                         .value_or(-1);
    };
    constexpr std::string_view done = "chats_generations_total{status=\"done\"}",
                               first_tokens = "chats_first_token_ms_count",
                               previews = "apps_preview_ready_ms_count{template=\"static\"}";
    int64_t done_before = shown(done), first_before = shown(first_tokens), previews_before = shown(previews);
    lab.ask(app, Answer().say("Hello."));
    lab.owner().post("/api/v1/previews", R"({"app_id":")" + app.id + R"(","branch_id":")" + app.branch + "\"}");
    for (Deadline deadline = Deadline::in_ms(180'000);
         !deadline.passed() && (shown(done) == done_before || shown(previews) == previews_before);)
        std::this_thread::yield();
    CHECK(shown(done) > done_before);
    CHECK(shown(first_tokens) > first_before);
    CHECK(shown(previews) > previews_before);
}

TEST_CASE("while an answer is written, nothing is put on its branch by hand that the answer would hide") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    testing::Gate gate;
    lab.models().next(Answer().say("Working. ").wait_for(gate).say(change("index.html", "of the model")));
    Told posted = lab.say(app, "Change it");
    REQUIRE(gate.wait_until_reached());
    std::string files = "/api/v1/apps/" + app.id + "/files", mine = R"({"path":"mine.txt","content":"mine"})";
    Told refused = lab.owner().call("PUT", files, mine);
    CHECK(refused.status == 409);
    CHECK(refused.text("/detail").find("wait for its end, or stop it") != std::string::npos);
    CHECK(lab.owner().post("/api/v1/apps/" + app.id + "/versions/" + app.version + "/restore", "{}").status == 409);
    CHECK(lab.versions(app) == 1);
    gate.open();
    CHECK(lab.settled(posted.text("/generation/id")).text("/status") == "done");
    CHECK(lab.owner().call("PUT", files, mine).status == 201);
    CHECK(lab.file(app, "index.html") == "of the model\n");
    CHECK(lab.file(app, "mine.txt") == "mine");
    lab.check_laws(app);
}

TEST_CASE("messages are edited and deleted, and the events say so") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told first = lab.ask(app, Answer().say(change("index.html", "one")), "first");
    Told second = lab.ask(app, Answer().say(change("index.html", "two")), "second");
    auto messages = lab.owner().all("/api/v1/chats/" + app.chat + "/messages");
    CHECK(lab.owner()
              .call("PATCH", "/api/v1/messages/" + text_at(messages[0], "/id"), R"({"text":"first, in other words"})")
              .status == 200);
    lab.check_laws(app);
    CHECK(lab.owner().call("DELETE", "/api/v1/messages/" + text_at(messages[2], "/id")).status == 204);
    CHECK(lab.owner().all("/api/v1/chats/" + app.chat + "/messages").size() == 2);
    CHECK(lab.file(app, "index.html") == "one\n");
    lab.check_laws(app);
    lab.ask(app, Answer().say(change("index.html", "three")), "third");
    CHECK(lab.file(app, "index.html") == "three\n");
    lab.check_laws(app);
}

TEST_CASE("everything that changed something stands in the audit log, and the chain holds") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told verified = lab.owner().get("/api/v1/audit_entries/verify");
    CHECK(verified.at("/is_valid") == true);
    bool is_found = false;
    for (const value& entry : lab.owner().all("/api/v1/audit_entries"))
        is_found |= text_at(entry, "/action") == "apps.create";
    CHECK(is_found);
}

TEST_CASE("a drain lets requests end, tells streams to come back, and marks what it cut off") {
    auto lab = std::make_unique<Lab>(LabSettings{.drain_ms = 200});
    AppMade app = lab->app();
    testing::Gate gate;
    lab->models().next(Answer().say("Beginning ").wait_for(gate).say("never"));
    lab->say(app, "Say it");
    http::Client follower(lab->port());
    follower.get("/api/v1/chats/" + app.chat + "/events", "Accept: text/event-stream\r\n");
    follower.until("Beginning");
    lab->product().drain();
    follower.rest();
    CHECK(follower.rest().empty());
    auto kept = [&](const std::string& sql) { return lab->database().run_as_superuser(sql); };
    CHECK(kept("select status || ' ' || error_code from chats.generation where ended_at is not null") ==
          "error interrupted");
    CHECK(kept("select v.blocks->0->>'content' || '|' || (v.blocks->0->>'status') from chats.variant v join "
               "chats.generation g on g.variant_id = v.id") == "Beginning |unfinished");
    CHECK(kept("select status from chats.pipeline_run") == "failed");
    CHECK(kept("select status from jobs.job") == "done");
    CHECK(kept("select type from stream.event where stream like 'chat:%' order by seq desc limit 1") ==
          "generation.error");
    CHECK(kept("select count(*) from stream.text") == "0");
    gate.open();
}

TEST_CASE(
    "one answer carries the streams of two chats, each from where its reader was, and says which one is refused") {
    Lab& lab = Lab::shared();
    AppMade one = lab.app(), two = lab.app();
    lab.ask(one, Answer().say("first words"));
    std::string seen = lab.owner().get("/api/v1/chats/" + one.chat).text("/position");
    testing::Gate gate;
    lab.models().next(Answer().say("second ").wait_for(gate).say("words"));
    http::Client client(lab.port());
    std::string nobody = "chats/chat_00000000000000000000000000";
    client.request("GET", "/api/v1/events?streams=chats/" + one.chat + "@" + seen + ",chats/" + two.chat + "," + nobody,
                   "", "Accept: text/event-stream\r\n");
    client.until("stream: 2\nevent: stream.refused\ndata: {\"type\":\"urn:ramify:problem:not_found\"");
    lab.say(two, "go");
    std::string before = client.until("second ");
    CHECK(before.find("first words") == std::string::npos);  // it was seen
    CHECK(before.find("stream: 1\n") != std::string::npos);
    gate.open();
    client.until("generation.done");
    lab.say(one, "again");
    CHECK(client.until("stream: 0\n").find("stream: 0\n") != std::string::npos);
}
