#include "kernel/http/server.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "base/guarded.h"
#include "kernel/http/tests/client.h"
#include "kernel/http/workers.h"

using namespace ry;
using namespace ry::http;

namespace {

/// Answers with what it was asked; /later answers from another thread, /stream hands the writer to the test.
class Echo : public Handler {
public:
    std::function<void(Request, Responder)> otherwise;

    size_t body_bytes_max(const Request& head) override { return head.path() == "/small" ? 10 : 1 << 20; }
    void handle(Request request, Responder responder) override {
        if (otherwise) return otherwise(std::move(request), std::move(responder));
        responder.respond(
            text_response(200, "text/plain", request.method_name + " " + request.target + " " + request.body));
    }
};

struct Rig {
    Echo echo;
    Workers workers{2, 16};
    std::unique_ptr<Server> server;
    explicit Rig(Limits limits = {}, int loops = 1) {
        limits.tick_ms = 10;
        auto started = Server::start({.loops = loops, .limits = limits}, echo, workers);
        REQUIRE(started);
        server = std::move(*started);
    }
    Client client(int receive_bytes = 0) { return Client(server->port(), receive_bytes); }
};

/// What the server says to `bytes` before it closes.
Seen refusal_of(std::string_view bytes) {
    Rig rig;
    auto client = rig.client();
    client.send(bytes);
    client.end_sending();
    Seen seen = client.answer();
    CHECK(client.rest() == "");
    return seen;
}

}  // namespace

TEST_CASE("one connection serves many requests") {
    Rig rig;
    auto client = rig.client();
    for (int i = 0; i < 3; ++i) {
        Seen seen = client.get("/a?b=" + std::to_string(i)).answer();
        CHECK(seen.status == 200);
        CHECK(seen.body == "GET /a?b=" + std::to_string(i) + " ");
        CHECK(seen.field("date").ends_with("GMT"));
        CHECK(seen.field("connection") == "");
    }
    CHECK(client.request("POST", "/p", "body").answer().body == "POST /p body");
    CHECK(
        client
            .send(
                "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
            .answer()
            .body == "POST /c abcde");
    CHECK(client.get("/last", "Connection: close\r\n").answer().field("connection") == "close");
    CHECK(client.rest() == "");
}

TEST_CASE("a request may arrive byte by byte, and many may arrive at once") {
    Rig rig;
    auto client = rig.client();
    std::string one = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    for (char c : one) client.send(std::string_view(&c, 1));
    CHECK(client.answer().body == "POST /x abc");
    std::string many;
    for (int i = 0; i < 500; ++i) many += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send(many);
    for (int i = 0; i < 500; ++i) CHECK(client.answer().body == "GET /" + std::to_string(i) + " ");
}

TEST_CASE("pipelined requests are answered in order though the first answer comes late and from another thread") {
    Rig rig;
    std::vector<std::jthread> threads;
    rig.echo.otherwise = [&](Request request, Responder responder) {
        if (request.path() == "/now") return responder.respond(text_response(200, "text/plain", "now"));
        threads.emplace_back([responder = std::move(responder)]() mutable {
            responder.respond(text_response(200, "text/plain", "late"));
        });
    };
    auto client = rig.client();
    client.send(
        "GET /late HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\nGET /late HTTP/1.1\r\nHost: "
        "x\r\n\r\n");
    CHECK(client.answer().body == "late");
    CHECK(client.answer().body == "now");
    CHECK(client.answer().body == "late");
}

TEST_CASE("a client that does not read its pipelined answers is not buffered without end") {
    Rig rig;
    std::atomic<int> handled = 0;
    rig.echo.otherwise = [&](Request, Responder responder) {
        ++handled;
        responder.respond(text_response(200, "text/plain", std::string(100'000, 'x')));
    };
    auto client = rig.client(4096);
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send(many);
    int answered = 0;
    while (answered < 1000 && client.answer().body.size() == 100'000) {
        if (++answered == 1) CHECK(handled < 200);
    }
    CHECK(answered == 1000);
}

TEST_CASE("what two servers could read in two ways is refused") {
    auto post = [](std::string_view fields, std::string_view rest = "abc") {
        return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n" + std::string(rest);
    };
    CHECK(refusal_of(post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")).status == 400);
    CHECK(refusal_of(post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")).status == 400);
    CHECK(refusal_of(post("Content-Length: 3\r\nContent-Length: 3\r\n")).status == 400);
    CHECK(refusal_of(post("Content-Length: 3, 3\r\n")).status == 400);
    CHECK(refusal_of(post("Content-Length: 3\r\nContent-Length: 4\r\n")).status == 400);
    CHECK(refusal_of(post("Content-Length: -1\r\n")).status == 400);
    CHECK(refusal_of(post("Content-Length: 0x3\r\n")).status == 400);
    CHECK(refusal_of(post("Content-Length : 3\r\n")).status == 400);
    CHECK(refusal_of(post("Transfer-Encoding: gzip, chunked\r\n")).status == 501);
    CHECK(refusal_of(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")).status == 400);
    CHECK(refusal_of(post("Transfer-Encoding: chunked\r\n", "zz\r\nabc")).status == 400);
    CHECK(refusal_of(post("Transfer-Encoding: chunked\r\n", "3\r\nabcd\r\n0\r\n\r\n")).status == 400);
    CHECK(refusal_of(post("Host: y\r\n")).status == 400);
    CHECK(refusal_of("GET / HTTP/1.1\r\n\r\n").status == 400);
    CHECK(refusal_of("GET / HTTP/1.1\nHost: x\n\n").status == 505);
    CHECK(refusal_of("GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n").status == 400);
    CHECK(refusal_of("GET / HTTP/2.0\r\nHost: x\r\n\r\n").status >= 400);
    CHECK(refusal_of("\x16\x03\x01 hello\r\n\r\n").status == 400);
}

TEST_CASE("limits have their own answers") {
    CHECK(refusal_of("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n").status == 414);
    CHECK(refusal_of("GET /" + std::string(20000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n").status == 414);
    CHECK(refusal_of("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20000, 'a') + "\r\n\r\n").status == 431);
    CHECK(refusal_of("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n").status == 413);
    CHECK(
        refusal_of("POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n")
            .status == 413);
    CHECK(refusal_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: a miracle\r\n\r\n").status == 417);
    Seen seen = refusal_of("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" +
                           std::string(300'000, 'x'));
    CHECK(seen.status == 413);
    CHECK(seen.field("content-type") == "application/problem+json");
    CHECK(seen.body.find("more than 10 bytes") != std::string::npos);
}

TEST_CASE("a client that asks first is told to go on, or not to") {
    Rig rig;
    auto client = rig.client();
    client.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.answer().status == 100);
    client.send("abc");
    CHECK(client.answer().body == "POST /x abc");
    client.send("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.answer().status == 413);
}

TEST_CASE("HTTP/1.0 and HEAD get what they understand") {
    Rig rig;
    auto old = rig.client();
    Seen seen = old.send("GET /old HTTP/1.0\r\n\r\n").answer();
    CHECK(seen.body == "GET /old ");
    CHECK(old.rest() == "");
    auto client = rig.client();
    seen = client.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n").answer(false);
    CHECK(seen.field("content-length") == "8");
    CHECK(client.get("/next").answer().body == "GET /next ");
}

TEST_CASE("an address in full is taken as its path, and what is no path is refused") {
    Rig rig;
    rig.echo.otherwise = [](Request request, Responder responder) {
        responder.respond(text_response(200, "text/plain", std::string(request.host()) + " " + request.target));
    };
    auto client = rig.client();
    auto said = [&](std::string_view target) {
        return client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n").answer().body;
    };
    CHECK(said("http://other:81/a?b") == "other:81 /a?b");
    CHECK(said("https://other?b") == "other /?b");
    CHECK(said("http://other") == "other /");
    CHECK(refusal_of("GET nonsense HTTP/1.1\r\nHost: x\r\n\r\n").status == 400);
    CHECK(refusal_of("GET http:// HTTP/1.1\r\nHost: x\r\n\r\n").status == 400);
    CHECK(refusal_of("CONNECT other:443 HTTP/1.1\r\nHost: x\r\n\r\n").status == 400);
}

TEST_CASE("slow clients are dropped") {
    SUBCASE("a head that never ends") {
        Rig rig({.head_ms_max = 50});
        auto client = rig.client();
        client.send("GET / HTTP/1.1\r\nHost");
        CHECK(client.answer().status == 408);
        CHECK(client.rest() == "");
    }
    SUBCASE("a body that never ends") {
        Rig rig({.body_ms_base = 50});
        auto client = rig.client();
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
        CHECK(client.answer().status == 408);
    }
    SUBCASE("silence between requests") {
        Rig rig({.idle_ms_max = 50});
        auto client = rig.client();
        CHECK(client.get("/").answer().status == 200);
        CHECK(client.rest() == "");
    }
    SUBCASE("an answer that is not read") {
        Rig rig({.write_ms_max = 50});
        std::promise<void> asked;
        rig.echo.otherwise = [&](Request, Responder responder) {
            responder.respond(text_response(200, "text/plain", std::string(20'000'000, 'x')));
            asked.set_value();
        };
        auto client = rig.client(4096);
        client.get("/");
        asked.get_future().wait();
        while (rig.server->connections() > 0) std::this_thread::yield();
        CHECK(client.answer().body.size() < 20'000'000);
    }
}

TEST_CASE("a handler that forgets its request answers 500") {
    Rig rig;
    rig.echo.otherwise = [](Request, Responder) {};
    CHECK(rig.client().get("/").answer().status == 500);
}

TEST_CASE("a handler learns that its client went away") {
    Rig rig;
    std::promise<std::stop_token> token;
    Guarded<std::vector<Responder>> kept;
    rig.echo.otherwise = [&](Request, Responder responder) {
        token.set_value(responder.client_gone());
        kept.with([&](auto& list) { list.push_back(std::move(responder)); });
    };
    std::promise<void> gone;
    {
        auto client = rig.client();
        client.get("/");
        auto stop = token.get_future().get();
        CHECK_FALSE(stop.stop_requested());
        std::stop_callback noticed(stop, [&] { gone.set_value(); });
        client.close();
        gone.get_future().wait();
    }
    kept.with([](auto& list) { list.clear(); });
}

// ---- streams

namespace {

constexpr StreamOptions sse{": \n\n", "retry: 1000\n\n"};

struct StreamRig : Rig {
    std::promise<StreamWriter> opened;
    explicit StreamRig(Limits limits = {}) : Rig(limits) {
        echo.otherwise = [this](Request, Responder responder) {
            opened.set_value(
                responder.start_stream(text_response(200, "text/event-stream", ""), {": \n\n", "retry: 1000\n\n"}));
        };
    }
};

}  // namespace

TEST_CASE("a stream passes on what is written, and its connection lives on") {
    StreamRig rig;
    auto client = rig.client();
    client.get("/");
    StreamWriter writer = rig.opened.get_future().get();
    CHECK(writer.write("one"));
    CHECK(client.head().field("transfer-encoding") == "chunked");
    CHECK(client.chunk() == "one");
    CHECK(writer.write(std::make_shared<const std::string>("two")));
    CHECK(client.chunk() == "two");
    writer.end();
    CHECK_FALSE(writer.write("three"));
    CHECK(client.chunk() == "");
    CHECK_FALSE(client.was_cut());
    rig.echo.otherwise = {};
    CHECK(client.get("/again").answer().body == "GET /again ");
}

TEST_CASE("what is written in one turn leaves in one chunk") {
    StreamRig rig;
    auto client = rig.client();
    rig.echo.otherwise = [](Request, Responder responder) {
        auto writer = responder.start_stream(text_response(200, "text/event-stream", ""), sse);
        for (int i = 0; i < 100; ++i) writer.write("0123456789");
        writer.end();
    };
    client.get("/").head();
    CHECK(client.chunk().size() == 1000);
    CHECK(client.chunk() == "");
}

TEST_CASE("a silent stream says that it lives") {
    StreamRig rig({.heartbeat_ms = 20});
    auto client = rig.client();
    client.get("/").head();
    CHECK(client.chunk() == ": \n\n");
    CHECK(client.chunk() == ": \n\n");
}

TEST_CASE("a follower who does not read is disconnected, and the writer is told") {
    StreamRig rig({.stream_buffer_bytes_max = 100'000});
    auto client = rig.client(4096);
    client.get("/");
    StreamWriter writer = rig.opened.get_future().get();
    std::promise<void> ended;
    writer.on_end([&] { ended.set_value(); });
    std::string event(1000, 'e');
    uint64_t written = 0;
    while (writer.write(event)) written += event.size();
    ended.get_future().wait();
    CHECK(written < 8'000'000);  // the buffer, and what the kernel holds for a socket
    CHECK_FALSE(writer.is_open());
    client.answer();
    CHECK(client.was_cut());
}

TEST_CASE("a frame larger than the buffer passes alone") {
    StreamRig rig({.stream_buffer_bytes_max = 100'000});
    auto client = rig.client(4096);
    client.get("/");
    StreamWriter writer = rig.opened.get_future().get();
    CHECK(writer.write(std::string(300'000, 'f')));
    CHECK(writer.room() == 0);
    writer.end();
    CHECK(client.answer().body.size() == 300'000);
    CHECK_FALSE(client.was_cut());
}

TEST_CASE("a writer that waits for room never overflows") {
    StreamRig rig({.stream_buffer_bytes_max = 100'000});
    auto client = rig.client(4096);
    client.get("/");
    StreamWriter writer = rig.opened.get_future().get();
    constexpr int pages = 500;
    int page = 0;
    std::function<void()> write_page = [&] {
        if (page == pages) return writer.end();
        ++page;
        CHECK(writer.write(std::string(20'000, 'p')));
        writer.when_room([&] { write_page(); });
    };
    write_page();
    CHECK(client.answer().body.size() == pages * 20'000);
    CHECK_FALSE(client.was_cut());
}

TEST_CASE("a follower who leaves is noticed at once") {
    StreamRig rig;
    std::promise<void> ended;
    auto client = rig.client();
    client.get("/");
    StreamWriter writer = rig.opened.get_future().get();
    writer.on_end([&] { ended.set_value(); });
    client.close();
    ended.get_future().wait();
    CHECK_FALSE(writer.write("x"));
}

// ---- ends

TEST_CASE("a drain finishes what is running, tells the streams, and accepts nothing new") {
    StreamRig rig;
    auto idle = rig.client();
    rig.echo.otherwise = {};
    CHECK(idle.get("/").answer().status == 200);
    std::promise<Responder> asked;
    std::promise<StreamWriter> opened;
    rig.echo.otherwise = [&](Request request, Responder responder) {
        if (request.path() == "/stream")
            opened.set_value(responder.start_stream(text_response(200, "text/event-stream", ""), sse));
        else
            asked.set_value(std::move(responder));
    };
    auto busy = rig.client(), follower = rig.client();
    busy.get("/slow");
    follower.get("/stream").head();
    opened.get_future().get();
    Responder responder = asked.get_future().get();
    auto drained = std::async(std::launch::async, [&] { return rig.server->drain(20'000); });
    CHECK(follower.chunk() == "retry: 1000\n\n");
    CHECK(follower.chunk() == "");
    CHECK_FALSE(follower.was_cut());
    CHECK(idle.rest() == "");
    responder.respond(text_response(200, "text/plain", "done"));
    Seen seen = busy.answer();
    CHECK(seen.body == "done");
    CHECK(seen.field("connection") == "close");
    CHECK(drained.get());
    CHECK(rig.server->connections() == 0);
}

TEST_CASE("two servers never share a port") {
    Rig rig;
    auto second = Server::start({.port = rig.server->port()}, rig.echo, rig.workers);
    REQUIRE_FALSE(second);
    CHECK(second.error().message.find("in use") != std::string::npos);
}

TEST_CASE("connections beyond the limit are closed at once") {
    Rig rig({.connections_max = 2});
    auto one = rig.client(), two = rig.client();
    CHECK(one.get("/").answer().status == 200);
    CHECK(two.get("/").answer().status == 200);
    auto three = rig.client();
    CHECK(three.get("/").answer().status == 0);
}

TEST_CASE("several loops share the work") {
    Rig rig({}, 3);
    std::vector<std::jthread> people;
    std::atomic<int> right = 0;
    for (int i = 0; i < 12; ++i)
        people.emplace_back([&] {
            Client client(rig.server->port());
            for (int n = 0; n < 50; ++n)
                right += client.get("/" + std::to_string(n)).answer().body == "GET /" + std::to_string(n) + " ";
        });
    people.clear();
    CHECK(right == 600);
}
