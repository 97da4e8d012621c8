#include "kernel/http/proxy.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "base/guarded.h"
#include "kernel/http/head_injection.h"
#include "kernel/http/server.h"
#include "kernel/http/tests/client.h"
#include "kernel/http/workers.h"

using namespace ry;
using namespace ry::http;

namespace {

/// The program behind a preview: accepts connections and lets the test say what happens on each.
class Program {
public:
    Program() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listener_, 16) == 0);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    ~Program() { ::close(listener_); }
    uint16_t port() const { return port_; }

    class Side {
    public:
        explicit Side(int fd) : fd_(fd) {
            timeval patience{60, 0};
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        }
        Side(Side&& other) noexcept : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}
        ~Side() { close(); }
        void close() {
            if (fd_ >= 0) ::close(fd_);
            fd_ = -1;
        }
        std::string until(std::string_view text) {
            size_t at;
            while ((at = input_.find(text)) == std::string::npos)
                if (!more()) return std::exchange(input_, {});
            std::string out = input_.substr(0, at + text.size());
            input_.erase(0, out.size());
            return out;
        }
        std::string bytes(size_t count) {
            while (input_.size() < count)
                if (!more()) break;
            std::string out = input_.substr(0, count);
            input_.erase(0, count);
            return out;
        }
        void send(std::string_view bytes) {
            while (!bytes.empty()) {
                ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (count <= 0) return;
                bytes.remove_prefix(size_t(count));
            }
        }
        bool more() {
            char buffer[16384];
            ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
            if (count > 0) input_.append(buffer, size_t(count));
            return count > 0;
        }

    private:
        int fd_;
        std::string input_;
    };
    Side accept() { return Side(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)); }

private:
    int listener_;
    uint16_t port_ = 0;
};

class Previews : public Ingress {
public:
    Program program;
    std::string injected;
    std::atomic<int> connections = 0;
    std::atomic<bool> is_away = false;

    bool owns_host(std::string_view host) override { return host.starts_with("prv-"); }
    Result<Upstream> connect(const Request&) override {
        ++connections;
        if (is_away) return fail(Code::unavailable, "the preview <sleeps>");
        int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(program.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd);
            return fail(Code::unavailable, "the program does not listen");
        }
        return Upstream{fd, "localhost", injected};
    }
};

struct Own : Handler {
    size_t body_bytes_max(const Request&) override { return 100; }
    void handle(Request, Responder responder) override {
        responder.respond(text_response(200, "text/plain", "the server itself"));
    }
};

struct Rig {
    Own own;
    Previews previews;
    Workers workers{2, 16};
    std::unique_ptr<Server> server;
    Rig() {
        auto started = Server::start({.limits = {.tick_ms = 10}}, own, workers, &previews);
        REQUIRE(started);
        server = std::move(*started);
    }
    Program& program() { return previews.program; }
    Client client(int receive_bytes = 0) { return Client(server->port(), receive_bytes); }
};

std::string get(std::string_view target, std::string_view fields = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: prv-1.localhost:80\r\n" + std::string(fields) + "\r\n";
}

}  // namespace

TEST_CASE("a preview's host is passed on, every other is served here") {
    Rig rig;
    auto client = rig.client();
    CHECK(client.get("/").answer().body == "the server itself");
    client.send(get("/page?x=1",
                    "X-Own: 1\r\nConnection: x-drop\r\nX-Drop: 1\r\nAuthorization: Bearer "
                    "rmf_secret\r\nX-Forwarded-For: 6.6.6.6\r\n"));
    auto side = rig.program().accept();
    std::string head = side.until("\r\n\r\n");
    CHECK(head.starts_with("GET /page?x=1 HTTP/1.1\r\nHost: localhost\r\nX-Own: 1\r\n"));
    CHECK(head.find("X-Drop") == std::string::npos);
    CHECK(head.find("rmf_secret") == std::string::npos);
    CHECK(head.find(
              "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: prv-1.localhost:80\r\nX-Forwarded-Proto: http\r\n") !=
          std::string::npos);
    CHECK(head.find("6.6.6.6") == std::string::npos);
    side.send("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-Theirs: 2\r\nKeep-Alive: timeout=5\r\n\r\nok");
    Seen seen = client.answer();
    CHECK(seen.status == 201);
    CHECK(seen.body == "ok");
    CHECK(seen.field("x-theirs") == "2");
    CHECK(seen.field("keep-alive") == "");

    // the next request of this client uses the same connection to the program
    client.send(get("/again"));
    CHECK(side.until("\r\n\r\n").starts_with("GET /again"));
    side.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(client.answer().status == 204);
    CHECK(rig.previews.connections == 1);
    CHECK(client.get("/").answer().body == "the server itself");
}

TEST_CASE("bodies are streamed both ways in either framing") {
    Rig rig;
    auto client = rig.client();
    std::string large(3'000'000, 'b');
    auto sender = std::async(std::launch::async, [&] {
        client.send("POST /up HTTP/1.1\r\nHost: prv-1.localhost\r\nContent-Length: 3000000\r\n\r\n" + large);
    });
    auto side = rig.program().accept();
    CHECK(side.until("\r\n\r\n").find("Content-Length: 3000000") != std::string::npos);
    CHECK(side.bytes(large.size()) == large);
    sender.get();
    auto answerer = std::async(std::launch::async, [&] {
        side.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 100; ++i) side.send("7530\r\n" + std::string(30'000, 'c') + "\r\n");
        side.send("0\r\n\r\n");
    });
    CHECK(client.answer().body == std::string(3'000'000, 'c'));
    answerer.get();

    client.send("POST /chunks HTTP/1.1\r\nHost: prv-1.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    CHECK(side.until("3\r\nabc\r\n").find("Transfer-Encoding: chunked") !=
          std::string::npos);  // before the request has ended
    client.send("1\r\nd\r\n0\r\n\r\n");
    CHECK(side.until("0\r\n\r\n") == "1\r\nd\r\n0\r\n\r\n");
    side.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
    side.close();
    CHECK(client.answer().body == "until the end");
    client.send("HEAD /h HTTP/1.1\r\nHost: prv-1.localhost\r\n\r\n");
    auto next = rig.program().accept();
    CHECK(next.until("\r\n\r\n").starts_with("HEAD /h"));
    next.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
    CHECK(client.answer(false).field("content-length") == "99");
}

TEST_CASE("a WebSocket becomes a tunnel, byte by byte") {
    Rig rig;
    auto client = rig.client();
    client.send(get("/hmr", "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n"));
    auto side = rig.program().accept();
    std::string head = side.until("\r\n\r\n");
    CHECK(head.find("Upgrade: websocket\r\nConnection: Upgrade\r\n") != std::string::npos);
    CHECK(head.find("Sec-WebSocket-Key: k") != std::string::npos);
    side.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        "a\r\n\r\n\x81\x01x");
    Seen seen = client.head();
    CHECK(seen.status == 101);
    CHECK(seen.field("upgrade") == "websocket");
    CHECK(seen.field("sec-websocket-accept") == "a");
    CHECK(client.bytes(3) == "\x81\x01x");
    client.send("GET / HTTP/1.1\r\n\r\n is only bytes now");
    CHECK(side.bytes(36) == "GET / HTTP/1.1\r\n\r\n is only bytes now");
    std::string large(1'000'000, 'w');
    auto sender = std::async(std::launch::async, [&] { side.send(large); });
    CHECK(client.bytes(large.size()) == large);
    sender.get();
    SUBCASE("the program ends it") {
        side.send("bye");
        side.close();
        CHECK(client.rest() == "bye");
    }
    SUBCASE("the client ends it") {
        client.send("bye");
        client.close();
        CHECK(side.bytes(100) == "bye");
    }
    SUBCASE("the server drains") {
        CHECK(rig.server->drain(20'000));
        CHECK(client.rest() == "");
    }
}

TEST_CASE("a client that does not read holds its program back") {
    Rig rig;
    auto client = rig.client(4096);
    client.send(get("/much"));
    auto side = rig.program().accept();
    side.until("\r\n\r\n");
    constexpr size_t total = 100'000'000;
    std::atomic<size_t> sent = 0;
    auto sender = std::async(std::launch::async, [&] {
        side.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n");
        std::string piece(100'000, 'm');
        while (sent < total) side.send(piece), sent += piece.size();
    });
    CHECK(client.head().status == 200);
    constexpr size_t step = 1'000'000, ahead_max = 25'000'000;  // what the kernel's buffers take, and 64 KiB of ours
    for (size_t read = 0; read < total; read += step) {
        CHECK(sent < read + ahead_max);
        CHECK(client.bytes(step).size() == step);
    }
    sender.get();
}

TEST_CASE("a program that is away gets a page in its place") {
    Rig rig;
    auto client = rig.client();
    SUBCASE("it cannot be woken") {
        rig.previews.is_away = true;
        client.send(get("/"));
        Seen seen = client.answer();
        CHECK(seen.status == 503);
        CHECK(seen.body.find("the preview &lt;sleeps>") != std::string::npos);
        CHECK(seen.field("cache-control") == "no-store");
        rig.previews.is_away = false;
        client.send(get("/"));
        rig.program().accept().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        CHECK(client.answer().body == "ok");
    }
    SUBCASE("it hangs up") {
        client.send(get("/"));
        rig.program().accept();
        CHECK(client.answer().status == 502);
    }
    SUBCASE("it does not speak HTTP") {
        client.send(get("/"));
        rig.program().accept().send("hello\r\n\r\n");
        CHECK(client.answer().status == 502);
    }
    SUBCASE("it stops in the middle") {
        client.send(get("/"));
        {
            auto side = rig.program().accept();
            side.until("\r\n\r\n");
            side.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        }
        CHECK(client.answer().body == "half");
        CHECK(client.rest() == "");
    }
    SUBCASE("it closed the kept connection just now: a fresh one is taken") {
        client.send(get("/1"));
        {
            auto side = rig.program().accept();
            side.until("\r\n\r\n");
            side.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
            CHECK(client.answer().body == "1");
        }
        client.send(get("/2"));
        auto side = rig.program().accept();
        side.until("\r\n\r\n");
        side.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
        CHECK(client.answer().body == "2");
    }
}

TEST_CASE("a script is put into navigated pages, and into nothing else") {
    Rig rig;
    rig.previews.injected = "<script src=/r.js></script>";
    auto client = rig.client();
    client.send(get("/", "Accept: text/html,*/*\r\nAccept-Encoding: gzip\r\n"));
    auto side = rig.program().accept();
    CHECK(side.until("\r\n\r\n").find("Accept-Encoding: identity\r\n") != std::string::npos);
    side.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 42\r\n\r\n<!doctype html><HEAD "
        "lang=en><title>x</tit");
    CHECK(client.answer().body == "<!doctype html><HEAD lang=en><script src=/r.js></script><title>x</tit");
    client.send(get("/a.js", "Accept: */*\r\nAccept-Encoding: gzip\r\n"));
    CHECK(side.until("\r\n\r\n").find("Accept-Encoding: gzip\r\n") != std::string::npos);
    side.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<head>");
    CHECK(client.answer().body == "<head>");
}

TEST_CASE("the place of the script is found wherever the page is cut") {
    std::string page = "<!-- <head> --><header></header><html><head\n data-x='1'>rest of it";
    for (size_t cut = 0; cut <= page.size(); ++cut) {
        HeadInjection injection("[S]");
        std::string out = injection.pass(page.substr(0, cut)) + injection.pass(page.substr(cut)) + injection.finish();
        CHECK(out == "<!-- <head> --><header></header><html><head\n data-x='1'>[S]rest of it");
    }
    HeadInjection none("[S]");
    CHECK(none.pass("no head") + none.finish() == "no head[S]");
    HeadInjection late("[S]");
    std::string filler(70'000, 'x');
    CHECK(late.pass(filler) == filler);
    CHECK(late.pass("<head>") == "<head>");
    CHECK(late.finish() == "[S]");
}
