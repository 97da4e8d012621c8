#include "kernel/http/api.h"

#include <doctest/doctest.h>

#include <future>
#include <map>
#include <thread>

#include "base/guarded.h"
#include "kernel/http/openapi.h"
#include "kernel/http/tests/client.h"

using namespace ry;
using namespace ry::http;

namespace {

DECLARE_ID(NoteId, "note");

struct Note {
    NoteId id;
    std::string text;
    int64_t version = 1;
    static const Fields& fields() {
        static const Field table[] = {field("id", &Note::id, "Which."), field("text", &Note::text, "What it says."),
                                      field("version", &Note::version, "Grows with each change.")};
        static const Fields all{"Note", table};
        return all;
    }
};
struct WriteNote {
    std::string text;
    std::optional<int> stars;
    static const Fields& fields() {
        static const Field table[] = {field("text", &WriteNote::text, "What it says.", length(1, 100)),
                                      field("stars", &WriteNote::stars, "How good.", range(1, 5))};
        static const Fields all{"WriteNote", table};
        return all;
    }
};
struct ListNotes {
    int limit = 2;
    static const Fields& fields() {
        static const Field table[] = {field("limit", &ListNotes::limit, "How many.", range(1, 10), defaulted())};
        static const Fields all{"ListNotes", table};
        return all;
    }
};

/// A product small enough to see whole.
struct Notes {
    Guarded<std::map<NoteId, Note>> notes;
    std::atomic<int> written = 0;
    std::function<void()> before_write = [] {};

    Result<Created<Note>> write(Op&, WriteNote body) {
        before_write();
        ++written;
        if (body.text == "bug") throw Bug("a note called bug");
        if (body.text == "busy")
            return Error{.code = Code::over_quota, .message = "too many notes", .retry_after_ms = 2500};
        Note note{NoteId::fresh(), body.text};
        notes.with([&](auto& all) { all[note.id] = note; });
        return Created<Note>{note, "/api/v1/notes/" + note.id.text()};
    }
    Result<Note> show(Op&, NoteId id) {
        return notes.with([&](auto& all) -> Result<Note> {
            if (!all.contains(id)) return fail(Code::not_found, "there is no such note");
            return all[id];
        });
    }
    Result<Page<Note>> list(Op&, ListNotes query) {
        return notes.with([&](auto& all) {
            Page<Note> page;
            for (auto& [id, note] : all)
                if (int(page.items.size()) < query.limit) page.items.push_back(note);
            return page;
        });
    }
    Result<Note> change(Op& op, NoteId id, WriteNote body, IfMatch seen) {
        Note note = TRY(show(op, id));
        TRY(seen.check(note.version));
        note.text = body.text, ++note.version;
        notes.with([&](auto& all) { all[id] = note; });
        return note;
    }
    Result<void> remove(Op&, NoteId id) {
        notes.with([&](auto& all) { all.erase(id); });
        return {};
    }
    Result<Bytes> file(Op&, NoteId, std::string path) { return Bytes{"text/html", "0123456789 " + path, "tag"}; }
    Result<Following<Note>> think(Op& op, NoteId id) {
        return Following<Note>{TRY(show(op, id)),
                               "note:1",
                               "1",
                               "/api/v1/notes/" + id.text() + "/events",
                               {},
                               [](std::string_view type, std::string_view) { return type == "done"; }};
    }
    Result<Events> events(Op&, NoteId) { return Events{"note:1"}; }
    Result<Note> whoami(Op& op, const RequestInfo& info) {
        return Note{{}, info.session + " " + op.actor.address + " " + op.request_id, op.deadline.left_ms() > 0};
    }

    std::vector<Route> routes() {
        auto quick = [](ReadRequest request, ReadDone done) {
            done(Reply{.body = "{\"hole\":\"" + request.holes.at(0) + "\"}", .etag = "7"});
        };
        return {
            route::post("/api/v1/notes", "notes.write", "notes write", "Write a note.", &Notes::write, *this),
            route::get("/api/v1/notes", "notes.read", "notes ls", "The notes.", &Notes::list, *this),
            route::get("/api/v1/notes/{note_id}", "notes.read", "notes show", "A note.", &Notes::show, *this),
            route::patch("/api/v1/notes/{note_id}", "notes.write", "notes edit", "Change a note.", &Notes::change,
                         *this),
            route::del("/api/v1/notes/{note_id}", "notes.write", "notes rm", "Remove a note.", &Notes::remove, *this),
            route::get("/api/v1/notes/{note_id}/files/{path...}", "notes.read", "notes cat", "A file of a note.",
                       &Notes::file, *this),
            route::post("/api/v1/notes/{note_id}/think", "notes.write", "notes think", "Think about it.", &Notes::think,
                        *this),
            route::get("/api/v1/notes/{note_id}/events", "notes.read", "notes follow", "What happens.", &Notes::events,
                       *this),
            route::get("/api/v1/whoami", signed_in, "whoami", "Who you are.", &Notes::whoami, *this),
            route::get("/api/v1/secrets/{note_id}", "secrets.read", "secrets show", "A secret.", &Notes::show, *this),
            route::read("/api/v1/quick/{name}", anyone, "quick", "At once.",
                        {.response = &Note::fields(), .hole_prefixes = {""}}, quick),
        };
    }
};

struct Person : Caller {
    bool may(std::string_view permission) const override { return permission.starts_with("notes."); }
};

/// "Bearer rmf_ada" is Ada by token; the cookie "session=ada" is Ada in a browser, whose CSRF token is "crumb".
struct Door : Authenticator {
    Guarded<std::vector<std::string>> refusals;  // "notes.read on note:note_…"
    Result<void> denied(const Op& op, std::string_view check) override {
        refusals.with([&](auto& all) { all.push_back(std::string(check) + " on " + op.object); });
        return {};
    }
    Error refused(const Op& op, const Caller& caller, std::string_view permission) override {
        refusals.with([&](auto& all) { all.push_back(std::string(permission) + " on " + op.object); });
        return Authenticator::refused(op, caller, permission);
    }
    Result<CallerPtr> identify(const Op&, const Request& request) override {
        auto person = std::make_shared<Person>();
        if (request.headers.get("Authorization") == "Bearer rmf_ada")
            person->session = "token";
        else if (request.headers.get("Cookie") == "session=ada")
            person->session = "cookie", person->csrf_token = "crumb";
        else
            return fail(Code::unauthenticated, "sign in first");
        return CallerPtr(person);
    }
};

struct MemoryIdempotency : IdempotencyStore {
    struct Entry {
        std::string fingerprint, answer;
    };
    Guarded<std::map<std::string, Entry, std::less<>>> entries;
    Result<IdempotencyStart> begin(const Op&, std::string_view key, std::string_view fingerprint) override {
        return entries.with([&](auto& all) -> Result<IdempotencyStart> {
            auto [entry, is_new] = all.try_emplace(std::string(key), Entry{std::string(fingerprint), ""});
            using enum IdempotencyStart::State;
            if (is_new) return IdempotencyStart{fresh};
            if (entry->second.fingerprint != fingerprint) return IdempotencyStart{other_body};
            if (entry->second.answer.empty()) return IdempotencyStart{running};
            return IdempotencyStart{finished, entry->second.answer};
        });
    }
    Result<void> finish(const Op&, std::string_view key, std::string_view answer) override {
        entries.with([&](auto& all) { all.find(key)->second.answer = answer; });
        return {};
    }
    void abandon(const Op&, std::string_view key) override {
        entries.with([&](auto& all) { all.erase(std::string(key)); });
    }
};

/// A log of five events, then live ones by hand.
struct FiveEvents : StreamSource {
    Guarded<std::vector<std::pair<FollowRequest, StreamWriter>>> followers;
    bool is_position(std::string_view text) override { return text.empty() || parse_int(text).has_value(); }
    void follow(const Op&, FollowRequest request, StreamWriter writer) override {
        followers.with([&](auto& all) {  // who has read something finds the follower here
            auto& [asked, out] = all.emplace_back(std::move(request), std::move(writer));
            bool is_sse = asked.format == StreamFormat::sse;
            for (int64_t i = parse_int(asked.after).value_or(0) + 1; i <= 5; ++i) {
                std::string n = std::to_string(i);
                out.write(is_sse ? "id: " + n + "\ndata: {\"n\":" + n + "}\n\n" : "{\"id\":\"" + n + "\"}\n");
            }
            if (asked.is_last) out.end();
        });
    }
    void follow_all(const Op&, std::vector<FollowRequest> requests, StreamWriter writer) override {
        for (FollowRequest& request : requests) writer.write(request.mark + "id: 1\ndata: {\"after\":\"" + request.after + "\"}\n\n");
        writer.end();
    }
    Result<std::string> page(const Op&, std::string_view, std::string_view after, int limit) override {
        return "{\"items\":[],\"next_cursor\":null,\"after\":\"" + std::string(after) +
               "\",\"limit\":" + std::to_string(limit) + "}";
    }
};

struct Rig {
    Notes notes;
    Door door;
    MemoryIdempotency idempotency;
    FiveEvents events;
    StaticFile files[2]{{"/index.html", "text/html; charset=utf-8", "e1", "<html>the app", "zip"},
                        {"/assets/a-1.js", "text/javascript", "e2", "code", {}, {}, true}};
    StaticFiles ui{files, "http://*.localhost:*"};
    Result<void> ready;
    Workers workers{4, 16};
    std::unique_ptr<Api> api;
    std::unique_ptr<Server> server;
    explicit Rig(std::vector<std::string> hosts = {}) {
        auto made = Api::make(notes.routes(), workers,
                              {.authenticator = &door,
                               .idempotency = &idempotency,
                               .streams = &events,
                               .files = &ui,
                               .ready = [this] { return ready; },
                               .hosts = std::move(hosts)});
        REQUIRE(made);
        api = std::move(*made);
        auto started = Server::start({}, *api, workers);
        REQUIRE(started);
        server = std::move(*started);
    }
    std::vector<std::string> refusals() {
        return door.refusals.with([](auto& all) { return all; });
    }
    Seen get(std::string_view target, std::string_view fields = "") {
        return Client(server->port()).get(target, std::string(ada) + std::string(fields)).answer();
    }
    Seen call(std::string_view method, std::string_view target, std::string_view body, std::string_view fields = "") {
        return Client(server->port())
            .request(method, target, body, std::string(ada) + std::string(fields))
            .answer(method != "HEAD");
    }
    Seen anonymous(std::string_view method, std::string_view target, std::string_view body,
                   std::string_view fields = "") {
        return Client(server->port()).request(method, target, body, fields).answer();
    }
    std::string write(std::string_view text) {
        Seen seen = call("POST", "/api/v1/notes", "{\"text\":\"" + std::string(text) + "\"}");
        REQUIRE(seen.status == 201);
        return seen.field("location");
    }
    static constexpr std::string_view ada = "Authorization: Bearer rmf_ada\r\n";
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a note is written, read, listed, changed and removed") {
    Rig rig;
    Seen seen = rig.call("POST", "/api/v1/notes", R"({"text":"hello"})");
    CHECK(seen.status == 201);
    CHECK(has(seen.body, R"("text":"hello","version":1)"));
    CHECK(seen.field("content-type") == "application/json");
    CHECK(seen.field("x-request-id").starts_with("req_"));
    CHECK(seen.field("x-content-type-options") == "nosniff");
    std::string note = seen.field("location");
    CHECK(rig.get(note).body == seen.body);
    CHECK(has(rig.get("/api/v1/notes?limit=1").body, "\"next_cursor\":null"));
    CHECK(rig.call("PATCH", note, R"({"text":"bye"})").field("etag") == "\"2\"");
    CHECK(rig.call("DELETE", note, "").status == 204);
    CHECK(rig.get(note).status == 404);
    CHECK(rig.get("/api/v1/notes/" + NoteId::fresh().text() + "/files/a%20b/c.txt").body == "0123456789 a b/c.txt");
}

TEST_CASE("every failure is a problem document that says what to do") {
    Rig rig;
    Seen seen = rig.call("POST", "/api/v1/notes", R"({"txt":"hello","stars":9})", "X-Request-Id: my-id.7\r\n");
    CHECK(seen.status == 400);
    CHECK(seen.field("content-type") == "application/problem+json");
    CHECK(seen.field("x-request-id") == "my-id.7");
    CHECK(has(seen.body, "\"instance\":\"my-id.7\""));
    CHECK(has(seen.body, R"({"pointer":"/txt","detail":"is not a known member; did you mean \"text\"?"})"));
    CHECK(has(seen.body, R"("pointer":"/stars")"));
    CHECK(has(seen.body, R"("pointer":"/text")"));

    seen = rig.call("POST", "/api/v1/notes?text=hello&dry_run=1", R"({"text":"hello"})");
    CHECK(seen.status == 400);
    CHECK(has(seen.body, R"("pointer":"/text")"));
    CHECK(has(seen.body, R"("pointer":"/dry_run")"));
    CHECK(rig.call("DELETE", "/api/v1/notes/" + NoteId::fresh().text() + "?force=1", "").status == 400);
    CHECK(rig.notes.written == 0);

    CHECK(rig.call("POST", "/api/v1/notes", "{").status == 400);
    CHECK(rig.call("POST", "/api/v1/notes", "{\"text\":\"" + std::string(2 << 20, 'x') + "\"}").status == 413);
    CHECK(rig.get("/api/v1/notes/note_nonsense").status == 404);
    CHECK(rig.get("/api/v1/notes/%zz").status == 404);
    CHECK(rig.get("/api/v1/nothing").status == 404);
    CHECK(has(rig.get("/api/v1/nothing").body, "/api/docs"));
    seen = rig.call("PUT", "/api/v1/notes", "");
    CHECK(seen.status == 405);
    CHECK(has(seen.body, R"("title":"Method Not Allowed","status":405)"));
    CHECK(seen.field("allow") == "OPTIONS, POST, GET, HEAD");
    CHECK(rig.call("OPTIONS", "/api/v1/notes", "").status == 204);

    seen = rig.call("POST", "/api/v1/notes", R"({"text":"busy"})");
    CHECK(seen.status == 429);
    CHECK(seen.field("retry-after") == "3");
    seen = rig.call("POST", "/api/v1/notes", R"({"text":"bug"})");
    CHECK(seen.status == 500);
    CHECK_FALSE(has(seen.body, "a note called bug"));
    CHECK(has(seen.body, seen.field("x-request-id")));
}

TEST_CASE("who may do what") {
    Rig rig;
    CHECK(rig.anonymous("POST", "/api/v1/notes", R"({"text":"x"})").status == 401);
    CHECK(rig.anonymous("GET", "/api/v1/whoami", "").field("www-authenticate") == "Bearer realm=\"ramify\"");
    std::string secret = NoteId::fresh().text();
    CHECK(rig.get("/api/v1/secrets/" + secret).status == 403);
    CHECK(rig.refusals() == std::vector<std::string>{"secrets.read on note:" + secret});
    CHECK(rig.anonymous("GET", "/api/v1/quick/x", "").status == 200);
    CHECK(has(rig.get("/api/v1/whoami", "X-Request-Id: r1\r\n").body, "token 127.0.0.1 r1"));
}

TEST_CASE("a browser's session changes nothing for pages of other sites") {
    Rig rig;
    auto post = [&](std::string_view fields) {
        return rig
            .anonymous("POST", "/api/v1/notes", R"({"text":"x"})", "Cookie: session=ada\r\n" + std::string(fields))
            .status;
    };
    CHECK(post("") == 403);
    CHECK(post("X-CSRF-Token: wrong\r\n") == 403);
    CHECK(post("X-CSRF-Token: crumb\r\n") == 201);
    CHECK(post("X-CSRF-Token: crumb\r\nOrigin: http://localhost\r\n") == 201);
    CHECK(post("X-CSRF-Token: crumb\r\nOrigin: http://evil.example\r\n") == 403);
    CHECK(post("X-CSRF-Token: crumb\r\nOrigin: http://preview.localhost\r\n") == 403);
    CHECK(rig.refusals() == std::vector<std::string>{"http.csrf_token on ", "http.csrf_token on ", "http.origin on ", "http.origin on "});
    CHECK(post("X-CSRF-Token: crumb\r\nOrigin: null\r\n") == 403);
    CHECK(post("X-CSRF-Token: crumb\r\nSec-Fetch-Site: cross-site\r\n") == 403);
    CHECK(rig.anonymous("GET", "/api/v1/notes", "", "Cookie: session=ada\r\n").status == 200);
}

TEST_CASE("a server that goes by its own names only") {
    Rig rig({"127.0.0.1", "LOCALHOST"});
    Client client(rig.server->port());
    CHECK(client.send("GET /healthz HTTP/1.1\r\nHost: localhost:99\r\n\r\n").answer().status == 200);
    Seen seen = client.send("GET /healthz HTTP/1.1\r\nHost: rebound.example\r\n\r\n").answer();
    for (std::string_view host : {"localhost:80@evil.example", "localhost:80:80", "localhost:x", "127.0.0.1.evil.example:80"})
        CHECK(Client(rig.server->port()).send("GET /healthz HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").answer().status >= 400);
    CHECK(seen.status == 421);
    CHECK(has(seen.body, R"("title":"Misdirected Request","status":421)"));
}

TEST_CASE("versions: 304 for what is known, 412 for what was changed since") {
    Rig rig;
    std::string note = rig.write("one");
    CHECK(rig.get(note).field("etag") == "\"1\"");
    Seen seen = rig.get(note, "If-None-Match: \"0\", W/\"1\"\r\n");
    CHECK(seen.status == 304);
    CHECK(seen.field("etag") == "\"1\"");
    CHECK(rig.get(note, "If-None-Match: \"2\"\r\n").status == 200);
    CHECK(rig.call("PATCH", note, R"({"text":"two"})", "If-Match: \"1\"\r\n").status == 200);
    seen = rig.call("PATCH", note, R"({"text":"three"})", "If-Match: \"1\"\r\n");
    CHECK(seen.status == 412);
    CHECK(has(seen.body, "read it again"));
    CHECK(rig.call("DELETE", note, "", "If-Match: \"1\"\r\n").status == 422);
    CHECK(has(rig.get(note).body, "\"two\""));
    CHECK(rig.get("/api/v1/quick/x", "If-None-Match: \"7\"\r\n").status == 304);
}

TEST_CASE("parts of bytes") {
    Rig rig;
    std::string file = "/api/v1/notes/" + NoteId::fresh().text() + "/files/f";
    auto part = [&](std::string_view range) { return rig.get(file, "Range: " + std::string(range) + "\r\n"); };
    CHECK(part("bytes=2-4").body == "234");
    CHECK(part("bytes=2-4").field("content-range") == "bytes 2-4/12");
    CHECK(part("bytes=9-").body == "9 f");
    CHECK(part("bytes=-2").body == " f");
    CHECK(part("bytes=9-99").body == "9 f");
    CHECK(part("bytes=12-").status == 416);
    CHECK(part("bytes=4-2").status == 416);
    CHECK(part("bytes=1-2,4-5").status == 200);
    CHECK(part("lines=1-2").status == 200);
    CHECK(has(rig.get(file).field("content-security-policy"), "sandbox"));
}

TEST_CASE("the same key does the work once") {
    Rig rig;
    std::string key = "Idempotency-Key: k1\r\n";
    Seen first = rig.call("POST", "/api/v1/notes", R"({"text":"once"})", key);
    Seen again = rig.call("POST", "/api/v1/notes", R"({"text":"once"})", key);
    CHECK(again.status == 201);
    CHECK(again.body == first.body);
    CHECK(again.field("location") == first.field("location"));
    CHECK(again.field("idempotency-replayed") == "true");
    CHECK(rig.notes.written == 1);
    CHECK(rig.call("POST", "/api/v1/notes", R"({"text":"other"})", key).status == 422);
    CHECK(rig.notes.written == 1);
    // a failure is not kept
    CHECK(rig.call("POST", "/api/v1/notes", R"({"text":"busy"})", "Idempotency-Key: k2\r\n").status == 429);
    CHECK(rig.call("POST", "/api/v1/notes", R"({"text":"busy"})", "Idempotency-Key: k2\r\n").status == 429);
    CHECK(rig.notes.written == 3);
}

TEST_CASE("the same key while the first request is running: 409") {
    Rig rig;
    std::promise<void> begun, go;
    rig.notes.before_write = [&] {
        begun.set_value();
        go.get_future().wait();
    };
    Client first(rig.server->port());
    first.request("POST", "/api/v1/notes", R"({"text":"slow"})",
                  "Authorization: Bearer rmf_ada\r\nIdempotency-Key: k\r\n");
    begun.get_future().wait();
    Seen second = rig.call("POST", "/api/v1/notes", R"({"text":"slow"})", "Idempotency-Key: k\r\n");
    CHECK(second.status == 409);
    CHECK(second.field("retry-after") == "1");
    go.set_value();
    CHECK(first.answer().status == 201);
    CHECK(rig.notes.written == 1);
}

TEST_CASE("a change that has begun is finished though its client left") {
    Rig rig;
    std::promise<void> begun, go;
    rig.notes.before_write = [&] {
        begun.set_value();
        go.get_future().wait();
    };
    {
        Client client(rig.server->port());
        client.request("POST", "/api/v1/notes", R"({"text":"kept"})", Rig::ada);
        begun.get_future().wait();
    }
    go.set_value();
    while (!has(rig.get("/api/v1/notes").body, "kept")) std::this_thread::yield();
}

TEST_CASE("when all workers are busy and the queue is full, the answer is 503") {
    Rig rig;
    std::promise<void> go;
    auto wait = go.get_future().share();
    std::atomic<int> begun = 0;
    rig.notes.before_write = [&begun, wait] {
        ++begun;
        wait.wait();
    };
    std::vector<std::unique_ptr<Client>> clients;
    auto ask = [&](int count) {
        for (int i = 0; i < count; ++i) {
            clients.push_back(std::make_unique<Client>(rig.server->port()));
            clients.back()->request("POST", "/api/v1/notes", R"({"text":"x"})", Rig::ada);
        }
    };
    ask(4);
    while (begun < 4) std::this_thread::yield();
    ask(16);
    while (rig.workers.waiting() < 16) std::this_thread::yield();
    Seen seen = rig.call("POST", "/api/v1/notes", R"({"text":"x"})");
    CHECK(seen.status == 503);
    CHECK(seen.field("retry-after") == "1");
    CHECK(rig.anonymous("GET", "/healthz", "").status == 200);  // the loop is free
    go.set_value();
    for (auto& client : clients) CHECK(client->answer().status == 201);
}

TEST_CASE("one stream in three forms") {
    Rig rig;
    std::string note = rig.write("n");
    SUBCASE("server-sent events, from where the client was") {
        Client client(rig.server->port());
        client.get(note + "/events", std::string(Rig::ada) + "Accept: text/event-stream\r\nLast-Event-ID: 3\r\n");
        Seen head = client.head();
        CHECK(head.field("content-type") == "text/event-stream");
        CHECK(head.field("cache-control") == "no-store");
        CHECK(client.until("{\"n\":5}\n\n").find("id: 4\n") != std::string::npos);
        rig.events.followers.with([&](auto& all) { all.at(0).second.write("id: 6\n\n"); });
        CHECK(client.until("id: 6\n\n").find("id: 5\n") == std::string::npos);
    }
    SUBCASE("lines") {
        Client client(rig.server->port());
        client.get(note + "/events?after=4", std::string(Rig::ada) + "Accept: application/x-ndjson\r\n");
        CHECK(client.head().field("content-type") == "application/x-ndjson");
        CHECK(client.chunk() == "{\"id\":\"5\"}\n");
    }
    SUBCASE("a page") {
        CHECK(has(rig.get(note + "/events?after=2&limit=7").body, "\"after\":\"2\",\"limit\":7"));
        CHECK(has(rig.get(note + "/events?cursor=4").body, "\"after\":\"4\",\"limit\":100"));
        CHECK(rig.get(note + "/events?after=nonsense").status == 400);
        CHECK(rig.get(note + "/events?afer=1").status == 400);
    }
}

TEST_CASE("many streams in one answer: each by its own row, its own position and its own permission") {
    Rig rig;
    std::string one = "notes/" + NoteId::fresh().text(), two = "notes/" + NoteId::fresh().text(), away = "notes/nobody";
    auto ask = [&](const std::string& streams, std::string_view fields = Rig::ada) {
        return Client(rig.server->port()).get("/api/v1/events?streams=" + streams, fields).answer();
    };
    Seen seen = ask(one + "@3," + two + "," + away);
    CHECK(seen.status == 200);
    CHECK(seen.field("content-type") == "text/event-stream");
    CHECK(has(seen.body, "stream: 0\nid: 1\ndata: {\"after\":\"3\"}\n\n"));
    CHECK(has(seen.body, "stream: 1\nid: 1\ndata: {\"after\":\"\"}\n\n"));
    CHECK(has(seen.body, "stream: 2\nevent: stream.refused\ndata: {\"type\":\"urn:ramify:problem:not_found\""));

    CHECK(ask(one, "").status == 401);
    CHECK(ask(one + "@x").status == 400);
    CHECK(ask("notes").status == 200);  // refused in a frame of its own: no row serves events there
    CHECK(has(ask("notes").body, "stream.refused"));
    CHECK(ask(one + "%0Aevent:%20forged").status == 400);
    std::string many = one;
    for (int i = 0; i < 32; ++i) many += "," + one;
    CHECK(ask(many).status == 400);
    CHECK(ask("").status == 400);
}

TEST_CASE("a change whose rest happens on a stream") {
    Rig rig;
    std::string note = rig.write("n");
    Seen seen = rig.call("POST", note + "/think", "");
    CHECK(seen.status == 202);
    CHECK(has(seen.body, "\"stream\":\"" + note + "/events\",\"after\":\"1\""));
    std::string fields = std::string(Rig::ada) + "Accept: text/event-stream\r\nIdempotency-Key: t\r\n";
    Client client(rig.server->port());
    client.request("POST", note + "/think", "", fields);
    Seen followed = client.answer();
    CHECK(followed.status == 200);
    CHECK(followed.body.starts_with("retry: 1000\n\nid: 2\n"));
    CHECK_FALSE(client.was_cut());
    rig.events.followers.with([](auto& all) { CHECK(all.at(0).first.is_last("done", "{}")); });
    Seen replayed = client.request("POST", note + "/think", "", fields).answer();
    CHECK(replayed.status == 202);
    CHECK(replayed.body == seen.body);
}

TEST_CASE("the web UI and what every server has") {
    Rig rig;
    Seen seen = rig.anonymous("GET", "/", "");
    CHECK(seen.body == "<html>the app");
    CHECK(has(seen.field("content-security-policy"), "frame-src 'self' http://*.localhost:*;"));
    CHECK(seen.field("cache-control") == "no-cache");
    CHECK(rig.anonymous("GET", "/", "", "Accept-Encoding: gzip, br\r\n").body == "zip");
    CHECK(rig.anonymous("GET", "/", "", "If-None-Match: \"e1\"\r\n").status == 304);
    CHECK(rig.anonymous("GET", "/assets/a-1.js", "").field("cache-control") == "public, max-age=31536000, immutable");
    CHECK(rig.anonymous("GET", "/apps/app_1", "", "Accept: text/html\r\n").body == "<html>the app");
    CHECK(rig.anonymous("GET", "/missing.js", "").status == 404);
    CHECK(rig.anonymous("GET", "/api/v1/missing", "", "Accept: text/html\r\n").field("content-type") ==
          "application/problem+json");

    CHECK(rig.anonymous("GET", "/healthz", "").body == R"({"status":"ok"})");
    CHECK(rig.anonymous("GET", "/readyz", "").status == 200);
    rig.ready = fail(Code::bug, "PostgreSQL is away");
    seen = rig.anonymous("GET", "/readyz", "");
    CHECK(seen.status == 503);
    CHECK(has(seen.body, "PostgreSQL is away"));
    CHECK(has(rig.anonymous("GET", "/metrics", "").body, "http_requests_total{route=\"GET /healthz\"}"));
    CHECK(has(rig.anonymous("GET", "/api/openapi.json", "").body, "\"openapi\": \"3.1.0\""));
    CHECK(has(rig.anonymous("GET", "/api/docs", "").body, "Ramify API"));
}

TEST_CASE("traces go on") {
    Rig rig;
    std::string trace = "0af7651916cd43dd8448eb211c80319c";
    Seen seen = rig.get("/api/v1/whoami", "traceparent: 00-" + trace + "-b7ad6b7169203331-01\r\n");
    CHECK(seen.field("traceparent").substr(3, 32) == trace);
    CHECK(seen.field("traceparent").size() == 55);
    CHECK(rig.get("/api/v1/whoami", "traceparent: 00-" + std::string(32, '0') + "-b7ad6b7169203331-01\r\n")
              .field("traceparent")
              .substr(3, 32) != std::string(32, '0'));
}

TEST_CASE("what is generated from the table") {
    Notes notes;
    auto routes = notes.routes();
    std::string document = openapi(routes);
    CHECK(json::is_valid(document));
    CHECK(has(document, "\"/api/v1/notes/{note_id}/files/{path}\""));
    CHECK(has(document, "\"operationId\": \"notes_write\""));
    CHECK(has(document, "\"x-permission\": \"notes.write\""));
    CHECK(has(document, "\"$ref\": \"#/components/schemas/WriteNote\""));
    CHECK(has(document, "\"text/event-stream\""));
    CHECK_FALSE(has(document, "\"ListNotes\""));  // query parameters are not a schema of their own

    std::string client = typescript_client(routes);
    CHECK(has(client,
              "export interface WriteNote {\n  /** What it says. */\n  text: string;\n  /** How good. */\n  stars?: "
              "number | null;\n}"));
    CHECK(has(client,
              "export function notes_edit(note_id: string, body: WriteNote, options: CallOptions = {}): Promise<Note> "
              "{\n  return call(\"PATCH\", `/api/v1/notes/${part(note_id)}`, undefined, body, options);\n}"));
    CHECK(
        has(client, "export function notes_ls(query: ListNotes = {}, options: CallOptions = {}): Promise<Page<Note>>"));
    CHECK(has(client, "export function notes_follow_url(note_id: string): string"));
    CHECK(has(client, "call_bytes(\"GET\", `/api/v1/notes/${part(note_id)}/files/${parts(path)}`"));

    Person person;
    RoleColumn reader{"reader", [&](std::string_view permission) { return person.may(permission); }};
    std::string matrix = access_matrix(routes, {&reader, 1});
    CHECK(has(matrix, "GET     /api/v1/secrets/{note_id}"));
    CHECK(has(matrix, "secrets.read            -\n"));
}

TEST_CASE("what a client accepts") {
    CHECK(acceptance("", "text/html") == 1);
    CHECK(acceptance("*/*", "text/html") == 1);
    CHECK(acceptance("text/*;q=0.3, text/html;q=0.7", "text/html") == 0.7);
    CHECK(acceptance("application/json", "text/html") == 0);
    CHECK(acceptance("text/html;q=0", "text/html") == 0);
}
