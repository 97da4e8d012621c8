// Housekeeping: what it deletes, what it leaves, and that it goes on.
#include "server/keeper.h"

#include "base/guarded.h"
#include "kernel/jobs/jobs.h"
#include "kernel/stream/stream.h"
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;

namespace {

Op minute() {
    Op op = server_op("test");
    op.deadline = Deadline::in_ms(180'000);
    return op;
}

}  // namespace

TEST_CASE("a duty that fails is done again, and holds up none of the others") {
    Guarded<std::pair<int, int>> done{0, 0};
    {
        Keeper keeper({{"fails", [&](const Op&) -> Result<void> {
                            done.change([](auto& counts) { ++counts.first; });
                            return fail(Code::unavailable, "not now");
                        }},
                       {"works", [&](const Op& op) -> Result<void> {
                            CHECK(op.deadline.left_ms() > 0);
                            done.change([](auto& counts) { ++counts.second; });
                            return {};
                        }}},
                      1);
        auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(180);
        CHECK(done.wait_until(patience, [](auto& counts) { return counts.first >= 3 && counts.second >= 3; }, [](auto&) {}));
    }
}

TEST_CASE("a deleted app takes its streams along: their readers end, and housekeeping leaves nothing of them") {
    Lab lab;
    AppMade app = lab.app();
    lab.ask(app, testing::Answer().say(change("index.html", "one")));
    Told preview = lab.owner().post("/api/v1/previews", R"({"app_id":")" + app.id + "\"}");
    http::Client of_chat(lab.port()), of_preview(lab.port());
    of_chat.get("/api/v1/chats/" + app.chat + "/events", "Accept: text/event-stream\r\n");
    of_preview.get("/api/v1/previews/" + preview.text("/id") + "/events", "Accept: text/event-stream\r\n");
    of_chat.until("generation.done");
    of_preview.until("\"ready\"");
    CHECK(lab.owner().call("DELETE", "/api/v1/apps/" + app.id).status == 204);
    const std::string end = "\r\n0\r\n\r\n";
    CHECK(of_chat.until(end).find("event: chat.deleted") != std::string::npos);
    CHECK(of_preview.until(end).ends_with(end));

    auto streams = [&](std::string_view like) {
        return lab.database().run_as_superuser("select (select count(*) from stream.stream where name like '" + std::string(like) + "') || ' ' || (select count(*) from stream.event where stream like '" +
                                               std::string(like) + "')");
    };
    CHECK(streams("chat:%") != "0 0");
    lab.database().run_as_superuser("update stream.stream set removed_at = removed_at - interval '6 minutes'");
    stream::Hub hub(lab.database().store());
    REQUIRE(hub.maintain(minute()));
    CHECK(streams("chat:%") == "0 0");
    CHECK(streams("preview:%") == "0 0");
    CHECK(streams("job:%") != "0 0");  // what was done is kept for its own time
}

TEST_CASE("jobs that ended long ago go with their streams, and so do old events; the rest stays") {
    Lab lab;
    AppMade app = lab.app();
    lab.ask(app, testing::Answer().say("Hello."));
    lab.ask(app, testing::Answer().say("Hello again."));
    auto count = [&](std::string_view what) { return lab.database().run_as_superuser("select count(*) from " + std::string(what)); };
    for (const value& job : lab.owner().all("/api/v1/jobs")) {  // an answer's end is told before its job's
        http::Client watching(lab.port());
        watching.get("/api/v1/jobs/" + text_at(job, "/id") + "/events", "Accept: text/event-stream\r\n");
        watching.until("\"status\":\"done\"");
    }
    REQUIRE(count("jobs.job where status = 'done'") == "2");
    lab.database().run_as_superuser("update jobs.job set created_at = created_at - interval '31 days', ended_at = ended_at - interval '31 days' "
                                    "where id = (select id from jobs.job order by id limit 1)");
    stream::Hub hub(lab.database().store());
    jobs::Jobs jobs(lab.database().store(), hub);
    REQUIRE(jobs.trim(minute(), 30));
    CHECK(count("jobs.job") == "1");
    CHECK(count("stream.stream where name like 'job:%' and removed_at is null") == "1");

    lab.database().run_as_superuser("update stream.event set at = at - interval '91 days' where stream like 'chat:%' and seq <= 3");
    REQUIRE(hub.trim(minute(), 90));
    Told page = lab.owner().get("/api/v1/chats/" + app.chat + "/events?limit=100", "Accept: application/json\r\n");
    CHECK(page.at("/items/0/seq") == 4);
    CHECK(lab.owner().all("/api/v1/chats/" + app.chat + "/messages").size() == 4);
    http::Client follower(lab.port());
    follower.get("/api/v1/chats/" + app.chat + "/events", "Accept: text/event-stream\r\n");
    CHECK(follower.until("id: 5\n").find("id: 4\n") != std::string::npos);
}
