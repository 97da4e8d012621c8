// Stories of writers and readers on a real PostgreSQL. Two hubs on one database are two servers.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <thread>

#include "kernel/store/store.h"
#include "kernel/stream/all_queries.gen.h"
#include "kernel/stream/tests/reader.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::stream;
using store::Store;
using store::Tx;

namespace {

template <class F>
auto in_tx(Store& store, const Op& op, F f) {
    auto done = store.write(op, "test.write", f);
    if (!done) FAIL(done.error().message << ": " << done.error().cause);
    return *std::move(done);
}

int64_t append(Store& store, Hub& hub, const Op& op, std::string_view stream, std::string_view type, std::string data = "{}") {
    return in_tx(store, op, [&](Tx& tx) { return hub.append(tx, stream, type, Json{data}); });
}

TextId open_text(Store& store, Hub& hub, const Op& op, std::string_view stream) {
    return in_tx(store, op, [&](Tx& tx) { return hub.open_text(tx, stream, "block.started", Json{R"({"block":{"type":"answer"}})"}); });
}

std::string done_data(std::string_view content) {
    std::string data = R"({"block":{"content":)";
    json::write_string(data, content);
    return data + "}}";
}

int64_t close_text(Store& store, Hub& hub, const Op& op, const TextId& text, std::string_view content) {
    return in_tx(store, op, [&](Tx& tx) { return hub.close_text(tx, text, "block.done", Json{done_data(content)}); });
}

Fold fold_of(Reader& reader) {
    Fold fold;
    for (const std::string& frame : reader.frames()) fold.take(frame);
    return fold;
}

}  // namespace

TEST_CASE("the statements fit the real database, and the schema is isolated and runs twice") {
    testing::Database database({&stream::schema});
    CHECK(testing::problems_of(database, sql::all) == "");
    CHECK(testing::problems_of_schema(database) == "");
}

TEST_CASE("a reader gets what was and then what is, each once") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    append(database.store(), hub, database.op(), "chat:1", "message.created", R"({ "message": {"id": 7} })");
    append(database.store(), hub, database.op(), "chat:1", "chat.updated");
    auto reader = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", {}, reader);
    REQUIRE(reader->wait_for(2));
    CHECK(append(database.store(), hub, database.op(), "chat:1", "message.deleted") == 3);
    append(database.store(), hub, database.op(), "chat:2", "other.stream");
    REQUIRE(reader->wait_for(3));
    CHECK(reader->frames()[0] == "id: 1\nevent: message.created\ndata: {\"type\":\"message.created\",\"message\": {\"id\": 7} }\n\n");
    CHECK(reader->frames()[1] == "id: 2\nevent: chat.updated\ndata: {\"type\":\"chat.updated\"}\n\n");
    CHECK(fold_of(*reader).last_seq == 3);
}

TEST_CASE("an event of a transaction that is rolled back was never there") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    auto reader = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", {}, reader);
    auto failed = database.store().write(database.op(), "test.write", [&](Tx& tx) -> Result<int64_t> {
        TRY(hub.append(tx, "chat:1", "message.created", Json{"{}"}));
        return fail(Code::conflict, "changed my mind");
    });
    CHECK_FALSE(failed);
    CHECK(append(database.store(), hub, database.op(), "chat:1", "chat.updated") == 1);
    REQUIRE(reader->wait_for(1));
    CHECK(fold_of(*reader).types == std::vector<std::string>{"chat.updated"});
}

TEST_CASE("another organization follows a stream of the same name, and sees its own") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    Op stranger = database.stranger();
    append(database.store(), hub, database.op(), "chat:1", "message.created");
    auto reader = std::make_shared<Reader>();
    hub.follow(stranger, "chat:1", {}, reader);
    append(database.store(), hub, database.op(), "chat:1", "message.created");
    append(database.store(), hub, stranger, "chat:1", "own.event");
    REQUIRE(reader->wait_for(1));
    CHECK(fold_of(*reader).types == std::vector<std::string>{"own.event"});
    auto page = hub.page(stranger, "chat:1", {}, 10);
    REQUIRE(page);
    CHECK(*page == R"({"items":[{"id":"1","seq":1,"type":"own.event"}],"next_cursor":null})");
}

TEST_CASE("pages follow one another by their cursor") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    for (int i = 0; i < 3; ++i) append(database.store(), hub, database.op(), "chat:1", "x.y", R"({"n":)" + std::to_string(i) + "}");
    CHECK(*hub.page(database.op(), "chat:1", {}, 2) == R"({"items":[{"id":"1","seq":1,"type":"x.y","n":0},{"id":"2","seq":2,"type":"x.y","n":1}],"next_cursor":"2"})");
    CHECK(*hub.page(database.op(), "chat:1", {2, {}}, 2) == R"({"items":[{"id":"3","seq":3,"type":"x.y","n":2}],"next_cursor":null})");
    CHECK(*hub.page(database.op(), "chat:9", {}, 2) == R"({"items":[],"next_cursor":null})");
    CHECK(hub.page(database.op(), "chat:1", {}, 0).error().code == Code::invalid);
}

TEST_CASE("sixteen writers at once leave no hole and no doubled seq, and a reader sees all in order") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    auto reader = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", {}, reader);
    constexpr int writers = 16, each = 25;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer)
        threads.emplace_back([&] {
            for (int i = 0; i < each; ++i)
                (void)database.store().write(database.op(), "test.write", [&](Tx& tx) { return hub.append(tx, "chat:1", "x.y", Json{"{}"}); });
        });
    for (auto& thread : threads) thread.join();
    REQUIRE(reader->wait_for(writers * each));
    Fold fold = fold_of(*reader);
    CHECK(fold.problem == "");
    CHECK(fold.last_seq == writers * each);
    CHECK(database.run_as_superuser("select count(*), max(seq) from stream.event").find(std::to_string(writers * each)) != std::string::npos);
}

TEST_CASE("a text streams piece by piece; who comes in the middle gets the rest; who comes later gets the whole") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    auto early = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", {}, early);
    TextId text = open_text(database.store(), hub, database.op(), "chat:1");
    REQUIRE(hub.push(text, "Hel"));
    REQUIRE(early->wait_for(2));
    REQUIRE(hub.push(text, "lo"));
    REQUIRE(early->wait_for(3));
    CHECK(early->frames()[2] == "id: 1~1.5\nevent: block.delta\ndata: {\"type\":\"block.delta\",\"block\":1,\"position\":3,\"text\":\"lo\"}\n\n");

    auto middle = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", *Position::parse("1~1.3"), middle);
    REQUIRE(middle->wait_for(1));
    CHECK(text_in(parse_frame(middle->frames()[0])->data) == "lo");

    REQUIRE(hub.push(text, ", world"));
    CHECK(close_text(database.store(), hub, database.op(), text, "Hello, world") == 2);
    REQUIRE(early->wait_for("block.done"));
    REQUIRE(middle->wait_for("block.done"));
    CHECK(parse_frame(middle->frames().back())->id == "2");
    CHECK(fold_of(*early).texts[1] == "Hello, world");
    CHECK(fold_of(*early).problem == "");
    CHECK(hub.push(text, "more").error().code == Code::conflict);

    for (const char* id : {"1~1.11", "1", ""}) {  // the text has ended meanwhile
        CAPTURE(id);
        Position after = *Position::parse(id);
        auto late = std::make_shared<Reader>();
        hub.follow(database.op(), "chat:1", after, late);
        REQUIRE(late->wait_for("block.done"));
        std::string rest;
        for (const std::string& frame : late->frames()) rest += text_in(parse_frame(frame)->data);
        CHECK(rest == std::string("Hello, world").substr(after.texts.empty() ? 0 : size_t(after.texts[0].bytes)));
    }
}

TEST_CASE("a text whose last event does not carry it is kept beside it") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    TextId text = open_text(database.store(), hub, database.op(), "job:1");
    REQUIRE(hub.push(text, "line 1\n"));
    REQUIRE(hub.flush(text));
    REQUIRE(hub.push(text, "line 2\n"));
    in_tx(database.store(), database.op(), [&](Tx& tx) { return hub.close_text(tx, text, "log.ended", Json{"{}"}); });
    auto late = std::make_shared<Reader>();
    hub.follow(database.op(), "job:1", {}, late);
    REQUIRE(late->wait_for("log.ended"));
    CHECK(fold_of(*late).texts[1] == "line 1\nline 2\n");
    CHECK(database.run_as_superuser("select count(*) from stream.chunk").find('0') != std::string::npos);
}

TEST_CASE("readers that are cut off at random and come back to any server have every event once and every text whole") {
    testing::Database database({&stream::schema});
    Limits limits{.flush_ms = 20, .notify_ms = 2, .page_events = 3};
    Hub here(database.store(), limits), there(database.store(), limits);
    for (uint32_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        std::string stream = "chat:" + std::to_string(seed);
        constexpr int readers = 4;
        std::vector<Fold> folds(readers);
        std::vector<std::thread> threads;
        for (int number = 0; number < readers; ++number)
            threads.emplace_back([&, number] {
                std::mt19937 random(seed * 100 + uint32_t(number));
                Fold& fold = folds[size_t(number)];
                while (fold.problem.empty() && (fold.types.empty() || fold.types.back() != "chat.ended")) {
                    auto reader = std::make_shared<Reader>(1 + random() % 12);
                    auto after = Position::parse(fold.last_id);
                    if (!after) return fold.note("last id: " + fold.last_id);
                    Hub& hub = random() % 2 ? here : there;
                    Subscription subscription = hub.follow(database.op(), stream, *after, reader, {.is_last = [](const Event& event) { return event.type == "chat.ended"; }});
                    if (!reader->wait_for_end()) fold.note("nothing came after " + fold.last_id);
                    subscription.end();
                    for (const std::string& frame : reader->frames()) fold.take(frame);
                }
            });
        std::mt19937 random(seed);
        std::map<int64_t, std::string> texts;
        const std::string letters[] = {"a", "б", "語", "🐢", "\n", "word "};
        for (int block = 0; block < 6; ++block) {
            append(database.store(), here, database.op(), stream, "message.created");
            TextId text = open_text(database.store(), here, database.op(), stream);
            std::string whole;
            for (size_t pieces = random() % 30; pieces > 0; --pieces) {
                std::string piece;
                for (size_t count = 1 + random() % 4; count > 0; --count) piece += letters[random() % 6];
                REQUIRE(here.push(text, piece));
                whole += piece;
                if (random() % 10 == 0) append(database.store(), here, database.op(), stream, "usage");
                if (random() % 4 == 0) std::this_thread::yield();
            }
            close_text(database.store(), here, database.op(), text, whole);
            if (!whole.empty()) texts[text.block] = whole;
        }
        int64_t last = append(database.store(), here, database.op(), stream, "chat.ended");
        for (auto& thread : threads) thread.join();
        for (Fold& fold : folds) {
            CHECK(fold.problem == "");
            CHECK(fold.last_seq == last);
            CHECK(fold.texts == texts);
        }
    }
}

TEST_CASE("an answer can be followed alone: other events and their texts are left out, and it ends by itself") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    auto mine = [](const Event& event) { return event.data.text.find("\"mine\"") != std::string::npos; };
    auto reader = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", {}, reader, {.encoding = Encoding::ndjson, .is_wanted = mine, .is_last = [&](const Event& event) { return mine(event) && event.type == "generation.done"; }});
    auto open = [&](std::string data) { return in_tx(database.store(), database.op(), [&](Tx& tx) { return hub.open_text(tx, "chat:1", "block.started", Json{data}); }); };
    TextId other = open("{}"), own = open(R"({"of":"mine"})");
    REQUIRE(reader->wait_for(1));
    REQUIRE(hub.push(other, "not for me"));
    REQUIRE(hub.push(own, "for me"));
    REQUIRE(reader->wait_for(2));
    close_text(database.store(), hub, database.op(), other, "not for me");
    append(database.store(), hub, database.op(), "chat:1", "generation.done");
    append(database.store(), hub, database.op(), "chat:1", "generation.done", R"({"of":"mine"})");
    append(database.store(), hub, database.op(), "chat:1", "later", R"({"of":"mine"})");
    REQUIRE(reader->wait_for_end());
    std::vector<std::string> frames = reader->frames();
    REQUIRE(frames.size() == 3);
    CHECK(frames[0] == "{\"id\":\"2\",\"seq\":2,\"type\":\"block.started\",\"of\":\"mine\"}\n");
    CHECK(frames[1].find(R"("type":"block.delta","block":2,"position":0,"text":"for me"})") != std::string::npos);
    CHECK(frames[2] == "{\"id\":\"5~2.6\",\"seq\":5,\"type\":\"generation.done\",\"of\":\"mine\"}\n");
}

TEST_CASE("a reader that has gone is forgotten, and so is the stream that nobody reads") {
    testing::Database database({&stream::schema});
    Hub hub(database.store());
    auto first = std::make_shared<Reader>(), second = std::make_shared<Reader>();
    Subscription gone = hub.follow(database.op(), "chat:1", {}, first);
    Subscription stays = hub.follow(database.op(), "chat:1", {}, second);
    gone.end();
    gone.end();
    append(database.store(), hub, database.op(), "chat:1", "x.y");
    REQUIRE(second->wait_for(1));
    CHECK(first->frames().empty());
    CHECK(hub.counts().followers == 1);
    stays.end();
    CHECK(hub.counts().topics == 0);
}

TEST_CASE("texts of a try that died can be read, and dropped; readers go on") {
    testing::Database database({&stream::schema});
    TextId text;
    {
        Hub first(database.store());
        text = open_text(database.store(), first, database.op(), "chat:1");
        REQUIRE(first.push(text, "half an ans"));
    }  // its last duty is to flush
    Hub hub(database.store());
    auto open = in_tx(database.store(), database.op(), [&](Tx& tx) { return hub.open_texts(tx, "chat:1"); });
    REQUIRE(open.size() == 1);
    CHECK(open[0].text == "half an ans");
    auto reader = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", *Position::parse("1~1.4"), reader);
    REQUIRE(reader->wait_for(1));
    CHECK(text_in(parse_frame(reader->frames()[0])->data) == " an ans");
    in_tx(database.store(), database.op(), [&](Tx& tx) { return hub.drop_text(tx, text); });
    append(database.store(), hub, database.op(), "chat:1", "generation.started");
    REQUIRE(reader->wait_for("generation.started"));
    auto left = in_tx(database.store(), database.op(), [&](Tx& tx) { return hub.open_texts(tx, "chat:1"); });
    CHECK(left.empty());
}

// ---- a server that is killed: this executable, run again

TEST_CASE("child: pushes a text, says so, and waits for its end" * doctest::skip()) {
    const char* app = std::getenv("TEST_APP_CONNINFO");
    if (!app) return;
    store::Endpoint endpoint{{}, {app, std::getenv("TEST_APP_ROLE")}, {std::getenv("TEST_SYSTEM_CONNINFO"), std::getenv("TEST_SYSTEM_ROLE")}};
    Store store(endpoint);
    Hub hub(store);
    Op op = server_op("child");
    op.organization = *OrganizationId::parse(std::getenv("TEST_ORGANIZATION"));
    TextId text = open_text(store, hub, op, "chat:1");
    (void)hub.push(text, "flushed before the end");
    (void)hub.flush(text);
    (void)!write(3, "x", 1);
    while (true) pause();
}

TEST_CASE("what was flushed survives kill -9, and readers elsewhere have it") {
    testing::Database database({&stream::schema});
    Hub hub(database.store(), {.poll_ms = 100});  // the child may die before it could notify
    auto reader = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", {}, reader);
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    const store::Endpoint& endpoint = database.endpoint();
    setenv("TEST_APP_CONNINFO", endpoint.app.conninfo.c_str(), 1);
    setenv("TEST_APP_ROLE", endpoint.app.role.c_str(), 1);
    setenv("TEST_SYSTEM_CONNINFO", endpoint.system.conninfo.c_str(), 1);
    setenv("TEST_SYSTEM_ROLE", endpoint.system.role.c_str(), 1);
    setenv("TEST_ORGANIZATION", database.op().organization.text().c_str(), 1);
    pid_t child = fork();
    if (child == 0) {
        dup2(ready[1], 3);
        execl("/proc/self/exe", "test_stream", "--no-skip", "--test-case=child: *", "--out=/dev/null", nullptr);
        _exit(1);
    }
    close(ready[1]);
    char byte = 0;
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    auto texts = in_tx(database.store(), database.op(), [&](Tx& tx) { return hub.open_texts(tx, "chat:1"); });
    REQUIRE(texts.size() == 1);
    CHECK(texts[0].text == "flushed before the end");
    auto late = std::make_shared<Reader>();
    hub.follow(database.op(), "chat:1", {}, late);
    REQUIRE(late->wait_for("block.delta"));
    CHECK(fold_of(*late).texts[1] == "flushed before the end");
}
