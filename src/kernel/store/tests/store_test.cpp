#include "kernel/store/store.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "base/guarded.h"
#include "kernel/store/tests/notes/all_queries.gen.h"
#include "kernel/store/tests/notes/queries.gen.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::notes;
using store::Store;
using store::Tx;

namespace {

Result<Note> add(Store& s, const Op& op, std::string_view title, NoteId id = NoteId::fresh()) {
    return s.write(op, "notes.add", [&](Tx& tx) { return tx.one(sql::add_note, {.id = id, .title = title}); });
}

int64_t count(Store& s, const Op& op) {
    auto counted = s.read(op, "notes.count", [](Tx& tx) { return tx.one(sql::note_count, {}); });
    REQUIRE(counted);
    return *counted;
}

std::vector<std::string> titles(Store& s, const Op& op) {
    auto read = s.read(op, "notes.titles", [](Tx& tx) { return tx.many(sql::all_titles, {}); });
    REQUIRE(read);
    return *read;
}

}  // namespace

TEST_CASE("every statement of the part fits the real database, and its schema is isolated and runs twice") {
    testing::Database database({&notes::schema});
    CHECK(testing::problems_of(database, sql::all) == "");
    CHECK(testing::problems_of_schema(database) == "");
}

TEST_CASE("the checks find a wrong type, a missing column, a bare table and a file that runs once only") {
    static constexpr store::Migration bad_files[] = {{"0001_bad", "create schema bad; create table bad.bare (id int);"}};
    static constexpr store::Schema bad{"bad", bad_files};
    testing::Database database({&notes::schema, &bad});
    std::string problems = testing::problems_of_schema(database);
    CHECK(problems.find("bad.bare has neither") != std::string::npos);
    CHECK(problems.find("bad/0001_bad does not run twice") != std::string::npos);

    static constexpr store::Parameter wrong_parameters[] = {store::parameter<int64_t>("id")};
    static constexpr store::Statement wrong{"notes.wrong", "select id, stars as title from notes.note where id = $1", wrong_parameters, &store::row_of<Note>};
    static constexpr std::array<const store::Statement*, 1> list{&wrong};
    problems = testing::problems_of(database, list);
    CHECK(problems.find("argument id is integer in C++ and uuid in SQL") != std::string::npos);
    CHECK(problems.find("column title is int8 in SQL and string in C++") != std::string::npos);
    CHECK(problems.find("no column for the field mood") != std::string::npos);
}

TEST_CASE("a value of every type goes into a row and comes back, as a struct and as JSON") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    std::string bytes("\0\x01\xff'\\", 5);
    Note sent{.id = NoteId::fresh(), .title = "quo\"te ' \\ я", .mood = Mood::cross, .stars = -7, .weight = 0.1, .is_pinned = true, .body = "b",
              .tags = {"a", "b c", "d\"e\\f", "NULL", "", "{x,y}"}, .links = {{"http://x"}}, .extra = {R"({"k": [1, 2]})"}, .picture = bytes,
              .made_at = *parse_time("2026-01-02T03:04:05.678901Z"), .seen_at = *parse_time("1999-12-31T23:59:59Z")};
    auto got = s.write(database.op(), "notes.add", [&](Tx& tx) {
        return tx.one(sql::add_full_note, {.id = sent.id, .title = sent.title, .mood = sent.mood, .stars = sent.stars, .weight = sent.weight, .is_pinned = sent.is_pinned,
                                           .body = sent.body, .tags = sent.tags, .links = sent.links, .extra = sent.extra, .picture = {sent.picture},
                                           .made_at = sent.made_at, .seen_at = sent.seen_at});
    });
    REQUIRE(got);
    CHECK(got->picture == bytes);
    CHECK(got->tags == sent.tags);
    got->picture = sent.picture = "";
    CHECK(to_json(*got) == to_json(sent));

    std::promise<std::string> json;
    store::Parameters parameters;
    parameters.add(sent.id);
    s.read_async({database.op().organization}, sql::note, std::move(parameters), [&](Result<store::Rows> rows) {
        std::string text;
        if (rows && rows->write_json(text, 0, *sql::note.row)) json.set_value(text);
        else json.set_value("failed");
    });
    CHECK(json.get_future().get().find("\"title\":\"quo\\\"te ' \\\\ я\",\"mood\":\"cross\",\"stars\":-7,\"weight\":0.1,\"is_pinned\":true") != std::string::npos);
}

TEST_CASE("null comes back as absent, and a row that is not there says so in the caller's words") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    auto note = add(s, database.op(), "t");
    REQUIRE(note);
    CHECK_FALSE(note->body);
    CHECK_FALSE(note->seen_at);
    auto absent = s.read(database.op(), "notes.find", [](Tx& tx) { return tx.maybe(sql::find_note, {.id = NoteId::fresh()}); });
    REQUIRE(absent);
    CHECK_FALSE(*absent);
    auto named = s.read(database.op(), "notes.show", [](Tx& tx) { return tx.one(sql::note, {.id = NoteId::fresh()}, "there is no such note"); });
    CHECK(named.error().code == Code::not_found);
    CHECK(named.error().message == "there is no such note");
    auto unnamed = s.read(database.op(), "notes.show", [](Tx& tx) { return tx.one(sql::note, {.id = NoteId::fresh()}); });
    CHECK(unnamed.error().code == Code::bug);
}

TEST_CASE("an organization sees its own rows and cannot write into another one") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    Op stranger = database.stranger();
    auto note = add(s, database.op(), "ours");
    REQUIRE(note);
    REQUIRE(add(s, stranger, "theirs"));
    CHECK(titles(s, database.op()) == std::vector<std::string>{"ours"});
    CHECK(titles(s, stranger) == std::vector<std::string>{"theirs"});
    auto changed = s.write(stranger, "notes.star", [&](Tx& tx) { return tx.run(sql::star, {.id = note->id}); });
    CHECK(changed.value() == 0);
    auto smuggled = s.write(stranger, "notes.smuggle", [&](Tx& tx) { return tx.run(sql::smuggle_note, {.organization_id = database.op().organization, .id = NoteId::fresh()}); });
    CHECK(smuggled.error().code == Code::bug);
    CHECK(count(s, server_op("nobody")) == 0);  // no organization: nothing
    CHECK(count(s, database.op()) == 1);
}

TEST_CASE("the system role reaches all organizations in the tables that name it, and no others") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    for (const Op& op : {database.op(), database.stranger()})
        REQUIRE(s.write(op, "notes.duty", [](Tx& tx) { return tx.run(sql::add_duty, {.id = NoteId::fresh()}); }));
    CHECK(s.system_read(server_op("claim"), "jobs.claim", [](Tx& tx) { return tx.one(sql::duty_count, {}); }).value() == 2);
    CHECK(s.read(database.op(), "notes.count", [](Tx& tx) { return tx.one(sql::duty_count, {}); }).value() == 1);
    auto notes = s.system_read(server_op("peek"), "notes.count", [](Tx& tx) { return tx.one(sql::note_count, {}); });
    CHECK(notes.error().code == Code::bug);  // permission denied
}

TEST_CASE("an error undoes everything, and queued work commits together with the rest") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    bool was_told = false;
    auto undone = s.write(database.op(), "notes.two", [&](Tx& tx) -> Result<Note> {
        tx.after_commit([&] { was_told = true; });
        TRY(tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "one"}));
        return fail(Code::unsupported, "changed my mind");
    });
    CHECK(undone.error().message == "changed my mind");
    CHECK(count(s, database.op()) == 0);
    CHECK_FALSE(was_told);

    auto done = s.write(database.op(), "notes.two", [&](Tx& tx) -> Result<Note> {
        tx.after_commit([&] { was_told = true; });
        auto note = TRY(tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "one"}));
        for (int i = 0; i < 3; ++i) tx.queue(sql::star, {.id = note.id});
        return note;
    });
    REQUIRE(done);
    CHECK(was_told);
    auto note = s.read(database.op(), "notes.show", [&](Tx& tx) { return tx.one(sql::note, {.id = done->id}); });
    CHECK(note->stars == 3);
}

TEST_CASE("several questions are sent together; each answer can be taken in any order, and sees what was sent before it") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    auto told = s.write(database.op(), "notes.ask", [&](Tx& tx) -> Result<std::string> {
        NoteId id = NoteId::fresh();
        auto none = tx.ask(sql::find_note, {.id = id});
        auto added = tx.ask(sql::add_note, {.id = id, .title = "asked"});
        auto starred = tx.ask(sql::star, {.id = id});
        auto missed = tx.ask(sql::star, {.id = NoteId::fresh()});
        auto titles = tx.ask(sql::all_titles, {});
        auto found = tx.ask(sql::find_note, {.id = id});
        CHECK(TRY(titles.get()) == std::vector<std::string>{"asked"});
        CHECK(TRY(missed.get()) == 0);
        CHECK(TRY(starred.get()) == 1);
        CHECK(TRY(added.get()).stars == 0);
        CHECK_FALSE(TRY(none.get()));
        return std::to_string(TRY(found.get())->stars) + " star";
    });
    REQUIRE_MESSAGE(told, told.error().cause);
    CHECK(*told == "1 star");
}

TEST_CASE("a question that fails is the answer to all that were sent with it, and undoes them") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    auto done = s.write(database.op(), "notes.ask", [&](Tx& tx) -> Result<int64_t> {
        auto added = tx.ask(sql::add_note, {.id = NoteId::fresh(), .title = "gone"});
        auto divided = tx.ask(sql::divide, {.number = 0});
        auto counted = tx.ask(sql::note_count, {});
        CHECK(counted.get().error().code == Code::invalid);
        CHECK(added.get().error().code == Code::invalid);
        return divided.get();
    });
    CHECK(done.error().code == Code::invalid);
    CHECK(count(s, database.op()) == 0);
}

TEST_CASE("what runs when a commit is visible runs before what runs after it, and neither after a rollback") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    std::string order;
    auto write = [&](bool fails) {
        return s.write(database.op(), "notes.order", [&](Tx& tx) -> Result<int> {
            tx.after_commit([&] { order += "after "; });
            tx.when_visible([&] { order += titles(s, database.op()).size() == 1 ? "visible " : "early "; });
            TRY(tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "x"}));
            if (fails) return fail(Code::unsupported, "no");
            return 1;
        });
    };
    CHECK_FALSE(write(true));
    CHECK(order == "");
    CHECK(write(false));
    CHECK(order == "visible after ");
}

TEST_CASE("a queued statement that fails takes the transaction with it") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    auto done = s.write(database.op(), "notes.orphan", [&](Tx& tx) -> Result<NoteId> {
        auto note = TRY(tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "x"}));
        tx.queue(sql::put_under, {.id = note.id, .parent_id = NoteId::fresh()});
        return note.id;
    });
    CHECK(done.error().code == Code::not_found);
    CHECK(done.error().cause.find("parent_exists") != std::string::npos);
    CHECK(count(s, database.op()) == 0);
}

TEST_CASE("a function that overlooks a failure does not commit half of its work") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    REQUIRE(add(s, database.op(), "taken"));
    auto done = s.write(database.op(), "notes.careless", [&](Tx& tx) -> Result<int> {
        TRY(tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "first"}));
        (void)tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "taken"});
        return 1;
    });
    CHECK(done.error().code == Code::conflict);
    CHECK(titles(s, database.op()) == std::vector<std::string>{"taken"});
}

TEST_CASE("violations become answers: each with its code, the constraint in the cause") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    auto first = add(s, database.op(), "first");
    REQUIRE(first);
    auto same = add(s, database.op(), "first");
    CHECK(same.error().code == Code::conflict);
    CHECK(same.error().cause.find("title_is_unique") != std::string::npos);
    CHECK(add(s, database.op(), "").error().code == Code::invalid);
    CHECK(add(s, database.op(), std::string_view("a\0b", 3)).error().code == Code::invalid);
    CHECK(add(s, database.op(), "\xff\xfe").error().code == Code::invalid);
    auto second = add(s, database.op(), "second");
    REQUIRE(s.write(database.op(), "notes.move", [&](Tx& tx) { return tx.run(sql::put_under, {.id = second->id, .parent_id = first->id}); }));
    auto in_use = s.write(database.op(), "notes.delete", [&](Tx& tx) { return tx.run(sql::delete_note, {.id = first->id}); });
    CHECK(in_use.error().code == Code::conflict);
    auto read_only = s.read(database.op(), "notes.star", [&](Tx& tx) { return tx.run(sql::star, {.id = first->id}); });
    CHECK(read_only.error().code == Code::bug);
    CHECK(count(s, database.op()) == 2);  // the connections are usable after all this
}

TEST_CASE("two transactions that lock crosswise both end well") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    NoteId a = add(s, database.op(), "a")->id, b = add(s, database.op(), "b")->id;
    std::latch both_hold(2);
    std::atomic<int> runs = 0;
    auto cross = [&](NoteId first, NoteId second) {
        bool is_first_run = true;
        return s.write(database.op(), "notes.cross", [&](Tx& tx) -> Result<int64_t> {
            ++runs;
            TRY(tx.maybe(sql::lock_note, {.id = first}));
            if (std::exchange(is_first_run, false)) both_hold.arrive_and_wait();
            return tx.run(sql::star, {.id = second});
        });
    };
    auto other = std::async(std::launch::async, [&] { return cross(b, a); });
    CHECK(cross(a, b));
    CHECK(other.get());
    CHECK(runs == 3);
}

TEST_CASE("a deadline and a stop end a statement, and the connection lives on") {
    testing::Database database({&notes::schema}, {.app_connections_max = 1});
    Store& s = database.store();
    CHECK(count(s, database.op()) == 0);  // the connection is there
    Op hurried = database.op();
    hurried.deadline = Deadline::in_ms(50);
    auto late = s.read(hurried, "notes.sleep", [](Tx& tx) { return tx.one(sql::sleep, {.seconds = 60}); });
    CHECK(late.error().code == Code::timed_out);

    Op stopped = database.op();
    std::stop_source stop;
    stopped.stop = stop.get_token();
    std::promise<void> begun;
    auto waiting = std::async(std::launch::async, [&] {
        return s.read(stopped, "notes.sleep", [&](Tx& tx) -> Result<std::string> {
            TRY(tx.one(sql::note_count, {}));
            begun.set_value();
            return tx.one(sql::sleep, {.seconds = 60});
        });
    });
    begun.get_future().wait();
    stop.request_stop();
    CHECK(waiting.get().error().code == Code::cancelled);
    CHECK(count(s, database.op()) == 0);
}

TEST_CASE("when all connections are in use, one waits, and learns at its deadline that the database is busy") {
    testing::Database database({&notes::schema}, {.app_connections_max = 1, .connection_wait_ms_max = 20});
    Store& s = database.store();
    auto outer = s.write(database.op(), "notes.outer", [&](Tx& tx) -> Result<Note> {
        auto busy = add(s, database.op(), "inner");
        REQUIRE_FALSE(busy);
        CHECK(busy.error().code == Code::unavailable);
        CHECK(busy.error().message.find("busy") != std::string::npos);
        CHECK(busy.error().retry_after_ms > 0);
        return tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "outer"});
    });
    CHECK(outer);
    CHECK(add(s, database.op(), "inner"));
}

TEST_CASE("a bug that throws rolls back") {
    testing::Database database({&notes::schema}, {.app_connections_max = 1});
    Store& s = database.store();
    auto throwing = [&](Tx& tx) -> Result<Note> {
        TRY(tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "x"}));
        throw std::logic_error("bug");
    };
    CHECK_THROWS((void)s.write(database.op(), "notes.bug", throwing));
    CHECK(count(s, database.op()) == 0);
}

TEST_CASE("what runs before the commit is part of the transaction, and knows its action") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    std::string seen;
    bool refuse = false;
    s.set_before_commit([&](Tx& tx, std::string_view name) -> Result<void> {
        seen = TRY(tx.one(sql::settings, {}));
        if (refuse) return fail(Code::forbidden, "not now");
        CHECK(name == "notes.add");
        return {};
    });
    REQUIRE(add(s, database.op(), "x"));
    CHECK(seen == uuid_text(database.op().actor.user.uuid) + " test notes.add");
    refuse = true;
    CHECK(add(s, database.op(), "y").error().code == Code::forbidden);
    CHECK(count(s, database.op()) == 1);
}

TEST_CASE("a connection that breaks in the middle of a transaction is replaced, and the function runs again") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    int runs = 0;
    auto done = s.write(database.op(), "notes.broken", [&](Tx& tx) -> Result<Note> {
        auto note = TRY(tx.one(sql::add_note, {.id = NoteId::fresh(), .title = "kept"}));
        if (++runs == 1) database.run_as_superuser("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'ramify_app' and pid <> pg_backend_pid() and datname = current_database()");
        tx.queue(sql::star, {.id = note.id});
        return tx.one(sql::note, {.id = note.id});
    });
    REQUIRE(done);
    CHECK(done->stars == 1);
    CHECK(runs == 2);
    CHECK(count(s, database.op()) == 1);
    CHECK(s.ready());
}

TEST_CASE("many threads and a small pool: every write is there once") {
    testing::Database database({&notes::schema}, {.app_connections_max = 3});
    Store& s = database.store();
    NoteId id = add(s, database.op(), "counter")->id;
    constexpr int threads = 8, rounds = 25;
    std::vector<std::jthread> all;
    std::atomic<int> failed = 0;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&] {
            for (int i = 0; i < rounds; ++i)
                if (!s.write(database.op(), "notes.star", [&](Tx& tx) { return tx.run(sql::star, {.id = id}); })) ++failed;
        });
    all.clear();
    CHECK(failed == 0);
    CHECK(s.read(database.op(), "notes.show", [&](Tx& tx) { return tx.one(sql::note, {.id = id}); })->stars == threads * rounds);
}

// ---- asynchronous reads

TEST_CASE("asynchronous reads: many at once, each in its own organization, and one failure spoils no other") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    Op stranger = database.stranger();
    NoteId ours = add(s, database.op(), "ours")->id;
    constexpr int rounds = 600;
    std::latch all(rounds);
    std::atomic<int> found = 0, hidden = 0, failed = 0, wrong = 0;
    for (int i = 0; i < rounds; ++i) {
        store::Parameters parameters;
        const store::Statement* statement = &sql::note;
        if (i % 7 == 3) {
            statement = &sql::divide;
            parameters.add(int64_t(0));
        } else {
            parameters.add(ours);
        }
        bool is_ours = i % 2 == 0;
        s.read_async({is_ours ? database.op().organization : stranger.organization}, *statement, std::move(parameters), [&, i, is_ours](Result<store::Rows> rows) {
            if (i % 7 == 3) rows ? ++wrong : ++failed;
            else if (!rows) ++wrong;
            else if (rows->size() != size_t(is_ours)) ++wrong;
            else is_ours ? ++found : ++hidden;
            all.count_down();
        });
    }
    all.wait();
    CHECK(wrong == 0);
    CHECK(failed == 86);
    CHECK(found + hidden == rounds - 86);
}

TEST_CASE("asynchronous reads survive a broken connection, cannot write, and respect their deadline") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    auto read = [&](const store::Statement& statement, store::Parameters parameters, Deadline deadline = {}) {
        std::promise<Result<std::string>> answer;
        s.read_async({database.op().organization, deadline}, statement, std::move(parameters), [&](Result<store::Rows> rows) {
            if (rows) answer.set_value(std::string(rows->size() ? rows->value(0, 0).value_or("null") : ""));
            else answer.set_value(std::move(rows.error()));
        });
        return answer.get_future().get();
    };
    CHECK(read(sql::note_count, {}).value() == "0");
    database.run_as_superuser("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'ramify_app' and datname = current_database()");
    CHECK(read(sql::note_count, {}).value() == "0");
    store::Parameters id;
    id.add(NoteId::fresh());
    CHECK(read(sql::star, std::move(id)).error().code == Code::bug);
    CHECK(read(sql::note_count, {}, Deadline::in_ms(-1)).error().code == Code::timed_out);
}

// ---- notifications

TEST_CASE("a notification arrives at commit and not before, and a broken connection is announced") {
    testing::Database database({&notes::schema});
    Store& s = database.store();
    Guarded<std::vector<std::string>> heard;
    auto wait_for = [&](size_t n) { return heard.wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(180), [&](auto& list) { return list.size() >= n; }, [](auto&) {}); };
    s.listen("news", [&](const store::Notification& news) { heard.change([&](auto& list) { list.push_back(news.resync ? "resync" : std::string(news.payload)); }); });
    REQUIRE(wait_for(1));
    auto tell = [&](std::string_view text, bool keep) {
        return s.write(database.op(), "notes.tell", [&](Tx& tx) -> Result<int> {
            tx.notify("news", text);
            if (!keep) return fail(Code::conflict, "no");
            return 1;
        });
    };
    CHECK_FALSE(tell("lost", false));
    CHECK(tell("kept", true));
    REQUIRE(wait_for(2));
    database.run_as_superuser("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'ramify_app' and datname = current_database()");
    REQUIRE(wait_for(3));
    CHECK(tell("again", true));
    REQUIRE(wait_for(4));
    heard.with([](auto& list) { CHECK(list == std::vector<std::string>{"resync", "kept", "resync", "again"}); });
}
