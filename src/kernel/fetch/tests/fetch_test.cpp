#include "kernel/fetch/fetch.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "testing/model_server.h"

using namespace ry;
using namespace ry::fetch;
using ry::testing::Answer;
using ry::testing::Gate;
using ry::testing::ModelServer;

namespace {

Op op() { return server_op("test"); }

Request to(const ModelServer& server, std::string path = "/") {
    return {.url = server.url() + path, .addresses = Addresses::any};
}

auto ignore_bytes = [](std::string_view) { return true; };

}  // namespace

TEST_CASE("a request goes out as it is described, and the response comes back whole") {
    ModelServer server;
    Fetch fetch;
    server.next(
        Answer().body("made").status(201).header("X-Thing", " 7 ").header("Set-Cookie", "a").header("Set-Cookie", "b"));
    Request request = to(server, "/things?x=1");
    request.method = "POST";
    request.headers = {{"X-Asked-By", "a test"}, {"Content-Type", "application/json"}, {"X-Empty", ""}};
    request.body = std::string("{\"a\":\"\0\"}", 9);
    auto response = fetch.send(op(), request);
    REQUIRE(response);
    CHECK(response->status == 201);
    CHECK(response->body == "made");
    CHECK(response->find_header("x-thing") == "7");
    CHECK(response->find_header("set-cookie") == "a");
    CHECK_FALSE(response->find_header("x-nothing"));
    auto seen = server.requests().at(0);
    CHECK(seen.method == "POST");
    CHECK(seen.path == "/things?x=1");
    CHECK(seen.body == request.body);
    CHECK(seen.header("x-asked-by") == "a test");
    CHECK(seen.header("content-type") == "application/json");
    CHECK(seen.header("expect").empty());
}

TEST_CASE("an error status and a redirect are responses, not errors") {
    ModelServer server;
    Fetch fetch;
    server.next(Answer().body("no").status(404));
    server.next(Answer().body("").status(302).header("Location", server.url() + "/elsewhere"));
    CHECK(fetch.send(op(), to(server))->status == 404);
    auto moved = fetch.send(op(), to(server));
    CHECK(moved->status == 302);
    CHECK(moved->find_header("location") == server.url() + "/elsewhere");
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a streamed body arrives piece by piece, while the server still speaks") {
    ModelServer server;
    Fetch fetch;
    Gate gate;
    server.next(Answer().raw("first").wait_for(gate).raw("second"));
    std::string seen;
    auto response = fetch.stream(op(), to(server), [&](std::string_view bytes) {
        seen += bytes;
        if (seen == "first") gate.open();  // the rest comes only because the first part was given before the end
        return true;
    });
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body.empty());
    CHECK(seen == "firstsecond");
}

TEST_CASE("the body of a refusal is not streamed, and a long one is cut") {
    ModelServer server;
    Fetch fetch;
    server.next(Answer().status(500).raw(std::string(1000, 'x')));
    Request request = to(server);
    request.body_bytes_max = 100;
    auto response = fetch.stream(op(), request, [](std::string_view) -> bool {
        FAIL("streamed");
        return true;
    });
    REQUIRE(response);
    CHECK(response->status == 500);
    CHECK(response->body == std::string(100, 'x'));

    server.next(Answer().raw(std::string(1000, 'x')));
    auto whole = fetch.send(op(), request);
    REQUIRE_FALSE(whole);
    CHECK(whole.error().code == Code::too_large);
}

TEST_CASE("false from on_bytes ends the transfer, and the server sees the client leave") {
    ModelServer server;
    Fetch fetch;
    server.next(Answer().raw("enough").hang());
    auto response = fetch.stream(op(), to(server), [](std::string_view) { return false; });
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(server.wait_until_idle());
}

TEST_CASE("a stopped Op ends the wait, before and inside the response") {
    ModelServer server;
    Fetch fetch;
    for (bool inside : {false, true}) {
        Gate gate;
        Answer answer;
        if (inside) answer.raw("some");
        server.next(answer.wait_for(gate));
        std::stop_source stop;
        Op stopped = op();
        stopped.stop = stop.get_token();
        std::thread person([&] {
            CHECK(gate.wait_until_reached());
            stop.request_stop();
        });
        auto response = fetch.stream(stopped, to(server), ignore_bytes);
        person.join();
        REQUIRE_FALSE(response);
        CHECK(response.error().code == Code::cancelled);
        CHECK(server.wait_until_idle());
    }
    std::stop_source before;
    before.request_stop();
    Op stopped = op();
    stopped.stop = before.get_token();
    CHECK(fetch.send(stopped, to(server)).error().code == Code::cancelled);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("every timeout says which it was") {
    ModelServer server;
    Fetch fetch;
    auto error_of = [&](Answer answer, Op asked, auto change) {
        server.next(std::move(answer));
        Request request = to(server);
        change(request);
        auto response = fetch.stream(asked, request, ignore_bytes);
        REQUIRE_FALSE(response);
        CHECK(response.error().code == Code::timed_out);
        return response.error().message;
    };
    CHECK(error_of(Answer().hang(), op(), [](Request& r) {
              r.first_byte_timeout_ms = 30;
          }).contains("did not begin to answer"));
    CHECK(error_of(Answer().raw("x").hang(), op(), [](Request& r) {
              r.between_bytes_timeout_ms = 30;
          }).contains("in the middle"));
    CHECK(error_of(Answer().raw("x").hang(), op(), [](Request& r) { r.total_timeout_ms = 60; }).contains("in total"));
    Op hurried = op();
    hurried.deadline = Deadline::in_ms(60);
    CHECK(error_of(Answer().hang(), hurried, [](Request&) {}).contains("deadline"));
    CHECK(server.wait_until_idle());
}

TEST_CASE("a server that never ends is held at the deadline though bytes flow") {
    ModelServer server;
    Fetch fetch;
    server.next(Answer().say_forever(std::string(1000, 'x')));
    Op hurried = op();
    hurried.deadline = Deadline::in_ms(50);
    auto response = fetch.stream(hurried, to(server), ignore_bytes);
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Code::timed_out);
}

TEST_CASE("a slow reader gets every byte, and its silence is not the server's") {
    ModelServer server;
    Fetch fetch({.pending_bytes_max = 1000});
    std::string sent;
    Answer answer;
    for (int i = 0; i < 2000; ++i) {
        std::string piece = std::to_string(i) + std::string(size_t(i % 700), 'x') + "\n";
        answer.raw(piece);
        sent += piece;
    }
    server.next(answer);
    Request request = to(server);
    request.between_bytes_timeout_ms = 1'000;
    std::string seen;
    size_t largest = 0;
    int waits = 0;
    auto response = fetch.stream(op(), request, [&](std::string_view bytes) {
        largest = std::max(largest, bytes.size());
        seen += bytes;
        if (++waits == 2) {  // the reader is busy for longer than the server may be
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable_any().wait_for(lock, std::chrono::milliseconds(1'500), [] { return false; });
        }
        return true;
    });
    REQUIRE(response);
    CHECK(seen == sent);
    CHECK(largest <= 16 << 10);  // a piece of libcurl's, when nothing was pending
}

TEST_CASE("what goes wrong below says what to do") {
    Fetch fetch;
    std::string dead_url;
    {
        ModelServer server;
        dead_url = server.url();
    }
    auto refused = fetch.send(op(), {.url = dead_url, .addresses = Addresses::any});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    CHECK(refused.error().message.contains("does not accept connections"));

    auto nowhere = fetch.send(op(), {.url = "http://no-such-host.invalid/", .addresses = Addresses::any});
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == Code::unavailable);

    ModelServer server;
    for (Answer answer : {Answer().raw("half").cut(), Answer().raw("half").reset()}) {
        server.next(answer);
        std::string seen;
        auto cut = fetch.stream(op(), to(server), [&](std::string_view bytes) {
            seen += bytes;
            return true;
        });
        REQUIRE_FALSE(cut);
        CHECK(cut.error().code == Code::unavailable);
        CHECK(cut.error().message.contains("cut off"));
    }
    for (const char* url : {"ftp://example.org/", "file:///etc/passwd", "gopher://x/", "http://", "", "no url"}) {
        CAPTURE(url);
        auto bad = fetch.send(op(), {.url = url, .addresses = Addresses::any});
        REQUIRE_FALSE(bad);
        CHECK(bad.error().code == Code::invalid);
    }
    Request smuggled = to(server);
    smuggled.headers = {{"X-A", "b\r\nX-Evil: 1"}};
    CHECK(fetch.send(op(), smuggled).error().code == Code::invalid);
    smuggled.headers = {};
    smuggled.method = "GET / HTTP/1.1\r\nX: ";
    CHECK(fetch.send(op(), smuggled).error().code == Code::invalid);
}

TEST_CASE("a public-only request does not reach this machine, not even over a connection that is already open") {
    ModelServer server;
    Fetch fetch;
    REQUIRE(fetch.send(op(), to(server)));
    std::string port = server.url().substr(server.url().rfind(':'));
    for (std::string host :
         {"127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1"}) {
        CAPTURE(host);
        auto response =
            fetch.send(op(), {.url = "http://" + host + port + "/secret", .addresses = Addresses::public_only});
        REQUIRE_FALSE(response);
        CHECK(response.error().code == Code::forbidden);
    }
    CHECK(server.requests().size() == 1);
}

TEST_CASE("a host that the configuration allows is reached whatever its address, and no other one by the same server") {
    ModelServer server;
    std::string host = server.url().substr(server.url().rfind('/') + 1), port = host.substr(host.find(':'));
    Fetch fetch({.allowed_private_hosts = {host}});
    CHECK(fetch.send(op(), {.url = server.url() + "/page"}));
    for (std::string other : {"localhost" + port, "127.0.0.2" + port, std::string("127.0.0.1:1")}) {
        CAPTURE(other);
        auto response = fetch.send(op(), {.url = "http://" + other + "/page"});
        REQUIRE_FALSE(response);
        CHECK(response.error().code == Code::forbidden);
    }
    CHECK(server.requests().size() == 1);
}

TEST_CASE("connections are kept and used again") {
    ModelServer server;
    Fetch fetch;
    for (int i = 0; i < 5; ++i) REQUIRE(fetch.send(op(), to(server)));
    CHECK(server.connections() == 1);
}

TEST_CASE("many at once, and one too many") {
    ModelServer server;
    Fetch fetch({.transfers_max = 8});
    Gate gate;
    server.otherwise(Answer().raw("a").wait_for(gate).raw("b"));
    std::vector<std::thread> people;
    std::atomic<int> done = 0;
    for (int i = 0; i < 8; ++i)
        people.emplace_back([&] {
            std::string seen;
            auto response = fetch.stream(op(), to(server), [&](std::string_view bytes) {
                seen += bytes;
                return true;
            });
            if (response && seen == "ab") ++done;
        });
    REQUIRE(server.wait_for_requests(8));
    auto refused = fetch.send(op(), to(server));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    CHECK(refused.error().message.contains("too many"));
    gate.open();
    for (std::thread& person : people) person.join();
    CHECK(done == 8);
    CHECK(fetch.send(op(), to(server)));
}

TEST_CASE("public addresses") {
    for (const char* address : {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1",
                                "2606:4700::1111", "2a00:1450::5"})
        CHECK_MESSAGE(is_public_address(address), address);
    for (const char* address : {"",
                                "x",
                                "0.0.0.0",
                                "10.1.2.3",
                                "100.64.0.1",
                                "127.0.0.1",
                                "127.255.255.255",
                                "169.254.169.254",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.0.0.8",
                                "192.0.2.1",
                                "192.168.1.1",
                                "198.18.0.1",
                                "198.19.255.255",
                                "198.51.100.1",
                                "203.0.113.9",
                                "224.0.0.1",
                                "239.1.1.1",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "::ffff:127.0.0.1",
                                "::ffff:8.8.8.8",
                                "::7f00:1",
                                "64:ff9b::7f00:1",
                                "fe80::1",
                                "fc00::1",
                                "fd12::1",
                                "ff02::1",
                                "2001::1",
                                "2001:db8::1",
                                "2002:7f00:1::",
                                "3fff::1",
                                "fec0::1"})
        CHECK_MESSAGE(!is_public_address(address), address);
}
