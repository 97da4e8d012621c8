// An app with a database: each branch has its own, with the data of the version that it shows.
#include <libpq-fe.h>

#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;

namespace {

constexpr std::string_view template_name = "react-vite-postgres";

struct Finishing {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};

/// The first value of the last statement, or the error.
std::string ask(const std::string& dsn, const std::string& sql) {
    std::unique_ptr<PGconn, Finishing> connection(PQconnectdb(dsn.c_str()));
    REQUIRE_MESSAGE(PQstatus(connection.get()) == CONNECTION_OK, PQerrorMessage(connection.get()));
    std::unique_ptr<PGresult, Finishing> result(PQexec(connection.get(), sql.c_str()));
    ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK) return "";
    if (status != PGRES_TUPLES_OK) return PQresultErrorMessage(result.get());
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

/// An app whose branches have databases, and a person who looks into them.
struct Story {
    Lab& lab = Lab::shared();
    AppMade app = lab.app(template_name);

    std::string shown(const std::string& branch) {
        return lab.owner().get("/api/v1/branches/" + branch).text("/current_version_id");
    }
    /// Waits until the branch's database has the data of the version; its DSN.
    std::string dsn(const std::string& branch, const std::string& version) {
        http::Client client(lab.port());
        client.get("/api/v1/chats/" + app.chat + "/events?after=0", "Accept: text/event-stream\r\n");
        client.until(R"("database":{"branch_id":")" + branch + R"(","app_id":")" + app.id + R"(","version_id":")" +
                     version + "\"");
        return lab.owner().get("/api/v1/database_instances/" + branch).text("/dsn");
    }
    std::string dsn(const std::string& branch) { return dsn(branch, shown(branch)); }
    std::string dsn() { return dsn(app.branch); }
    Told row(const std::string& branch) {
        for (const value& one : lab.owner().all("/api/v1/apps/" + app.id + "/databases"))
            if (text_at(one, "/branch_id") == branch) return {.status = 200, .body = one, .seen = {}};
        return {};
    }
    /// The model answers with files; the generation when it has ended.
    Told answer(std::initializer_list<std::pair<std::string, std::string>> files, const std::string& branch = "") {
        std::string text = "Done.\n";
        for (const auto& [path, content] : files) text += change(path, content);
        return lab.ask(app, testing::Answer().say(text), "Change it",
                       branch.empty() ? "" : R"(,"branch_id":")" + branch + "\"");
    }
    /// A branch after the message that the generation wrote.
    std::string branch_after(const Told& generation) {
        Told made = lab.owner().post("/api/v1/chats/" + app.chat + "/branches",
                                     R"({"from_message_id":")" + generation.text("/message_id") + "\"}");
        REQUIRE_MESSAGE(made.status == 201, made.seen.body);
        return made.text("/id");
    }
    std::string restore(const std::string& version, const std::string& branch) {
        Told made = lab.owner().post("/api/v1/apps/" + app.id + "/versions/" + version + "/restore",
                                     R"({"branch_id":")" + branch + "\"}");
        REQUIRE_MESSAGE(made.status == 201, made.seen.body);
        return made.text("/id");
    }
    /// Waits until the job that drops the branch's database has ended.
    void until_dropped(const std::string& branch) {
        for (const value& job : lab.owner().all("/api/v1/jobs?subject=branch:" + branch)) {
            if (text_at(job, "/kind") != "apps.drop_database") continue;
            http::Client client(lab.port());
            client.get("/api/v1/jobs/" + text_at(job, "/id") + "/events?after=0", "Accept: text/event-stream\r\n");
            client.until("\"status\":\"done\"");
            return;
        }
        FAIL("nothing drops the database");
    }
    bool has_instance(const std::string& name) {
        return lab.owner().get("/api/v1/database_instances/" + name).status == 200;
    }
};

std::string note_count(const std::string& dsn) { return ask(dsn, "select count(*) from note"); }

}  // namespace

TEST_CASE("a branch of an app forks its database with the data that is there, and takes it along when it goes") {
    Story story;
    std::string main = story.dsn();
    CHECK(ask(main, "insert into note (text) values ('one') returning text") == "one");
    CHECK(ask(main, "select path from ramify.migration") == "db/migrations/0001_note.sql");
    Told answered = story.answer({{"notes.txt", "hello"}});
    REQUIRE_MESSAGE(answered.text("/status") == "done", answered.seen.body);
    CHECK(story.dsn() == main);  // the address stays, whatever the branch shows
    CHECK(ask(main, "insert into note (text) values ('two') returning text") == "two");

    std::string branch = story.branch_after(answered);
    std::string fork = story.dsn(branch);
    CHECK(ask(fork, "select string_agg(text, ',' order by id) from note") == "one,two");
    CHECK(ask(fork, "insert into note (text) values ('three') returning text") == "three");
    for (const std::string& dsn : {main, fork})  // people's own data: what is committed survives a power cut
        CHECK(ask(dsn, "show fsync") + ask(dsn, "show full_page_writes") + ask(dsn, "show autovacuum") == "ononon");
    CHECK(note_count(main) == "2");
    CHECK(ask(main, "insert into note (text) values ('mine') returning text") == "mine");
    CHECK(ask(fork, "select count(*) from note where text = 'mine'") == "0");
    CHECK(story.row(branch).text("/from_branch_id") == story.app.branch);
    CHECK(story.row(branch).text("/status") == "ready");
    story.lab.check_laws(story.app);

    Told blocked =
        story.lab.owner().post("/api/v1/database_removals", R"({"name":")" + branch + R"(","is_forced":true})");
    CHECK(blocked.text("/items/0/reason") == "is_of_app");
    CHECK(story.lab.owner().call("DELETE", "/api/v1/database_instances/" + branch).status ==
          409);  // it is the branch's
    CHECK(story.lab.owner().call("DELETE", "/api/v1/branches/" + branch).status == 204);
    story.until_dropped(branch);
    CHECK_FALSE(story.has_instance(branch));
    CHECK(story.row(branch).status == 0);
    CHECK(note_count(main) == "3");
    CHECK(story.lab.owner().call("DELETE", "/api/v1/apps/" + story.app.id).status == 204);
    story.until_dropped(story.app.branch);
    CHECK_FALSE(story.has_instance(story.app.branch));
    for (const value& ref : story.lab.owner().all("/api/v1/database_refs"))
        CHECK(text_at(ref, "/name").find(story.app.branch) == std::string::npos);
}

TEST_CASE("a database that could not be had is brought when it can be, also after its job has used up its tries") {
    Lab lab({.databases_max = 1});
    Told asked = lab.owner().post("/api/v1/database_prepares", R"({"steps":[],"name":"only"})");
    REQUIRE_MESSAGE(asked.status == 202, asked.seen.body);
    http::Client preparing(lab.port());
    preparing.get("/api/v1/database_prepares/" + asked.text("/id") + "/events", "Accept: text/event-stream\r\n");
    preparing.until("prepare.ended");
    Story story{lab};
    http::Client events(lab.port());
    events.get("/api/v1/chats/" + story.app.chat + "/events?after=0", "Accept: text/event-stream\r\n");
    events.until("database.failed");
    auto bringing = [&] {
        std::vector<std::string> ids;
        for (const value& job : lab.owner().all("/api/v1/jobs?subject=branch:" + story.app.branch))
            if (text_at(job, "/kind") == "apps.bring_database") ids.push_back(text_at(job, "/id"));
        return ids;
    };
    std::string first = bringing().at(0);
    http::Client job(lab.port());
    job.get("/api/v1/jobs/" + first + "/events?after=0", "Accept: text/event-stream\r\n");
    job.until("\"status\":\"failed\"");
    CHECK(story.row(story.app.branch).text("/error").find("the most it may have") != std::string::npos);
    CHECK(bringing().size() == 2);
    REQUIRE(lab.owner().call("DELETE", "/api/v1/database_instances/only").status == 204);
    CHECK(note_count(story.dsn()) == "0");
    CHECK(story.row(story.app.branch).text("/status") == "ready");
    size_t told = 0;
    for (const value& event : lab.owner().all("/api/v1/chats/" + story.app.chat + "/events"))
        told += text_at(event, "/type") == "database.failed";
    CHECK(told == 1);  // however often it was tried
}

TEST_CASE("an answer's migrations run once, and restoring a version brings its schema and its data back") {
    Story story;
    std::string main = story.dsn(), first = story.shown(story.app.branch);
    ask(main, "insert into note (text) values ('of the first version')");
    Told answered = story.answer(
        {{"db/migrations/0002_done.sql", "alter table note add column done boolean not null default false;"}});
    REQUIRE_MESSAGE(answered.text("/status") == "done", answered.seen.body);
    std::string second = story.shown(story.app.branch);
    story.dsn();
    CHECK(ask(main, "update note set done = true returning done") == "t");
    CHECK(ask(main, "insert into note (text) values ('of the second version') returning done") == "f");

    story.dsn(story.app.branch, story.restore(first, story.app.branch));
    CHECK(ask(main, "select string_agg(text, ',') from note") == "of the first version");
    CHECK(ask(main, "select done from note").find("does not exist") != std::string::npos);
    CHECK(ask(main, "select count(*) from ramify.migration") == "1");

    // What was there when the branch left the second version is what comes back with it.
    story.dsn(story.app.branch, story.restore(second, story.app.branch));
    CHECK(ask(main, "select string_agg(text || done, ',' order by id) from note") ==
          "of the first versiontrue,of the second versionfalse");
    CHECK(story.row(story.app.branch).text("/status") == "ready");
}

TEST_CASE("a migration that does not run on the data is no version: the model is told why, and mends it") {
    Story story;
    std::string main = story.dsn(), before = story.shown(story.app.branch);
    ask(main, "insert into note (text) values ('is there')");
    constexpr const char* path = "db/migrations/0002_due.sql";
    story.lab.models().next(
        testing::Answer().say(change(path, "-- When it is due.\nalter table note add column due date not null;")));
    story.lab.models().next(
        testing::Answer().say(change(path, "alter table note add column due date not null default '2030-01-01';")));
    Told mended = story.lab.settled(story.lab.say(story.app, "Add a due date").text("/generation/id"));
    CHECK_MESSAGE(mended.at("/problems").as_array().empty(), mended.seen.body);
    std::string told = story.lab.models().requests().back().body;
    CHECK_MESSAGE(told.find("0002_due.sql, line 2: column \\\"due\\\" of relation \\\"note\\\" contains null values") !=
                      std::string::npos,
                  told);
    story.dsn();
    CHECK(ask(main, "select due from note") == "2030-01-01");

    // Not mended: nothing has changed, neither files nor data.
    std::string kept = story.shown(story.app.branch);
    CHECK(kept != before);
    story.lab.models().next(testing::Answer().say(change(path, "select 'changed after it ran';")));
    story.lab.models().next(testing::Answer().say("I cannot do better."));
    Told refused = story.lab.settled(story.lab.say(story.app, "Change the migration").text("/generation/id"));
    CHECK_MESSAGE(refused.text("/problems/0/message").find("has run on this database and was changed afterwards") !=
                      std::string::npos,
                  refused.seen.body);
    CHECK(story.shown(story.app.branch) == kept);

    // The same for an edit by hand.
    Told edited = story.lab.owner().call("PUT", "/api/v1/apps/" + story.app.id + "/files",
                                         R"({"path":"db/migrations/0003_bad.sql","content":"select nonsense"})");
    CHECK(edited.status == 400);
    CHECK_MESSAGE(edited.text("/detail").find("0003_bad.sql, line 1") != std::string::npos, edited.seen.body);
    for (const value& instance : story.lab.owner().all("/api/v1/database_instances"))
        CHECK(text_at(instance, "/name").find("try-") == std::string::npos);
}

TEST_CASE(
    "variants are versions of their own: each begins with the data before the question, and keeps what was typed into "
    "it") {
    Story story;
    std::string main = story.dsn();
    ask(main, "insert into note (text) values ('before')");
    Told first = story.answer(
        {{"db/migrations/0002_done.sql", "alter table note add column done boolean not null default false;"}});
    story.dsn();
    ask(main, "insert into note (text) values ('in the first variant')");
    story.lab.models().next(testing::Answer().say(
        change("db/migrations/0002_color.sql", "alter table note add column color text not null default 'red';")));
    Told posted = story.lab.owner().post("/api/v1/messages/" + first.text("/message_id") + "/regenerate");
    REQUIRE_MESSAGE(posted.status == 202, posted.seen.body);
    Told second = story.lab.settled(posted.text("/generation/id"));
    story.dsn();
    CHECK(ask(main, "select string_agg(text || color, ',') from note") == "beforered");
    CHECK(ask(main, "select done from note").find("does not exist") != std::string::npos);
    ask(main, "insert into note (text) values ('in the second variant')");

    Told selected = story.lab.owner().post("/api/v1/messages/" + first.text("/message_id") + "/variants/" +
                                           first.text("/variant_id") + "/select");
    REQUIRE_MESSAGE(selected.status == 200, selected.seen.body);
    // Its version was shown before, so the stream has told of it already: what is awaited is the job's end.
    for (const value& job : story.lab.owner().all("/api/v1/jobs?subject=branch:" + story.app.branch)) {
        http::Client client(story.lab.port());
        client.get("/api/v1/jobs/" + text_at(job, "/id") + "/events?after=0", "Accept: text/event-stream\r\n");
        client.until("\"status\":\"done\"");
    }
    CHECK(ask(main, "select string_agg(text || done, ',' order by id) from note") ==
          "beforefalse,in the first variantfalse");
}

TEST_CASE("a branch from an earlier message has the data of then, also when its parent has gone on") {
    Story story;
    std::string main = story.dsn();
    Told first = story.answer({{"one.txt", "1"}});
    story.dsn();
    ask(main, "insert into note (text) values ('after the first')");
    story.answer({{"db/migrations/0002_gone.sql", "truncate note;"}});
    story.dsn();
    CHECK(note_count(main) == "0");
    std::string branch = story.branch_after(first);
    CHECK(ask(story.dsn(branch), "select text from note") == "after the first");
    // It goes on by itself, and deletes nothing of the other.
    story.answer({{"db/migrations/0002_more.sql", "alter table note add column more text;"}}, branch);
    CHECK(ask(story.dsn(branch), "select count(more) from note") == "0");
    CHECK(ask(main, "select more from note").find("does not exist") != std::string::npos);
}

TEST_CASE("a step of a pipeline asks the database of its chat's app, and changes nothing") {
    Story story;
    Person& owner = story.lab.owner();
    ask(story.dsn(), "insert into note (text) values ('milk'), ('bread'), ('milk')");
    Told pipeline = owner.post("/api/v1/pipelines", R"({"name":"asking","definition":{"steps":[
        {"id":"ask","type":"sql","parameters":{"statement":"{{ input.statement }}","parameters":"{{ input.parameters | json }}","rows_max":2}},
        {"id":"say","type":"template","depends_on":["ask"],"parameters":{"text":"{{ steps.ask.rows_count }} of {{ steps.ask.rows[0][0] }}"}}]}})");
    REQUIRE_MESSAGE(pipeline.status == 201, pipeline.seen.body);
    auto run = [&](const std::string& statement, const std::string& text, bool has_chat = true) {
        std::string chat = has_chat ? R"(,"chat_id":")" + story.app.chat + "\"" : "";
        std::string parameters = statement.contains("$1") ? in_quotes(text) : "";
        Told told = owner.post(
            "/api/v1/pipelines/" + pipeline.text("/id") + "/runs",
            R"({"input":{"statement":)" + in_quotes(statement) + R"(,"parameters":[)" + parameters + "]}" + chat + "}");
        http::Client client(story.lab.port());
        client.get("/api/v1/runs/" + told.text("/id") + "/events", "Accept: text/event-stream\r\n");
        client.until("event: run.ended");
        return owner.get("/api/v1/runs/" + told.text("/id"));
    };
    Told found = run("select text, id from note where text = $1", "milk");
    CHECK_MESSAGE(found.text("/steps/1/output/text") == "2 of milk", found.seen.body);
    CHECK(found.text("/steps/0/output/columns/1") == "id");
    Told cut = run("select n from generate_series(1, 5) n where $1 <> ''", "x");
    CHECK(cut.number("/steps/0/output/rows_count") == 5);
    CHECK(cut.at("/steps/0/output/rows").as_array().size() == 2);
    CHECK(cut.at("/steps/0/output/is_truncated").as_bool());
    CHECK(run("select text from note where text = $1", "' or true --").number("/steps/0/output/rows_count") == 0);
    for (const std::string& statement :
         {"insert into note (text) values ($1)", "select 1; delete from note", "commit; delete from note", "nonsense",
          "do $$ begin set default_transaction_read_only = off; commit; delete from note; end $$"}) {
        Told refused = run(statement, "x");
        CAPTURE(refused.seen.body);
        CHECK(refused.text("/steps/0/status") == "failed");
    }
    CHECK(note_count(story.dsn()) == "3");
    CHECK(run("select 1", "x", false).text("/error").contains("chat_id"));
    owner.call("DELETE", "/api/v1/pipelines/" + pipeline.text("/id"));
}
