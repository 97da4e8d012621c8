#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <thread>

#include "kernel/sandbox/egress_rules.h"
#include "kernel/sandbox/proxy_request.h"
#include "kernel/sandbox/tests/story.h"

using namespace ry;
using namespace ry::sandbox;
using namespace ry::sandbox::testing;

namespace {

/// A server on the host's loopback: answers every connection with "<name> got: <what it read>" after the first read.
class HostServer {
public:
    explicit HostServer(std::string name) : name_(std::move(name)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof address;
        REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(listen(listener_, 16) == 0);
        REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { serve(); });
    }
    ~HostServer() {
        eventfd_write(stop_, 1);
        thread_.join();
        close(listener_);
        close(stop_);
    }
    std::string port() const { return std::to_string(port_); }

private:
    void serve() {
        for (;;) {
            pollfd waits[] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
            poll(waits, 2, -1);
            if (waits[1].revents) return;
            int client = accept(listener_, nullptr, nullptr);
            std::string heard;
            char buffer[4096];
            while (heard.find("\r\n\r\n") == heard.npos) {
                ssize_t got = read(client, buffer, sizeof buffer);
                if (got <= 0) break;
                heard.append(buffer, static_cast<size_t>(got));
            }
            // As an upstream proxy it opens a tunnel to itself.
            if (heard.starts_with("CONNECT ")) {
                std::string tunnel = "HTTP/1.1 200 OK\r\n\r\n";
                if (write(client, tunnel.data(), tunnel.size()) < 0) break;
                ssize_t got = read(client, buffer, sizeof buffer);
                heard.append(buffer, got > 0 ? static_cast<size_t>(got) : 0);
            }
            std::string answer = name_ + " got: " + heard;
            if (write(client, answer.data(), answer.size()) < 0) break;
            close(client);
        }
    }
    std::string name_;
    int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), stop_ = eventfd(0, EFD_CLOEXEC), port_ = 0;
    std::jthread thread_;
};

bool is_public_text(const std::string& host) { return is_public(*literal_address({host, 80})); }

}  // namespace

TEST_CASE("a host and a port are read strictly") {
    CHECK(parse_host_port("Registry.NPMjs.org.:443") == HostPort{"registry.npmjs.org", 443});
    CHECK(parse_host_port("[::1]:80") == HostPort{"::1", 80});
    CHECK(parse_host_port("[::1]:80")->text() == "[::1]:80");
    for (std::string bad : {"", "host", "host:", ":80", "host:0", "host:65536", "host:-1", "host:80x", "::1:80", "[host]:80", "[::1:80",
                            "a b:80", "user@host:80", "host/path:80", "h\r\nost:80", "ho\0st:80", "a..:80", ".a:80", "a..b:80", ".:80"})
        CHECK_FALSE(parse_host_port(bad));
}

TEST_CASE("addresses that are not public are known, in every spelling") {
    for (std::string address : {"127.0.0.1", "127.255.255.255", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                                "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
                                "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::a9fe:a9fe",
                                "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "100::1"}) {
        CAPTURE(address);
        CHECK_FALSE(is_public_text(address));
    }
    for (std::string address : {"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "193.0.0.1", "2606:4700::1111", "2002:808:808::1",
                                "::ffff:8.8.8.8"}) {
        CAPTURE(address);
        CHECK(is_public_text(address));
    }
}

TEST_CASE("no_proxy takes suffixes of whole labels") {
    auto rules = make_rules({}, {}, "http://user:pw@proxy:3128/", "localhost, .internal.example ,10.0.0.1");
    REQUIRE(rules);
    CHECK(rules->upstream->at == HostPort{"proxy", 3128});
    CHECK(rules->upstream->authorization == "Basic dXNlcjpwdw==");
    CHECK_FALSE(rules->goes_through_upstream({"npm.internal.example", 443}));
    CHECK_FALSE(rules->goes_through_upstream({"internal.example", 443}));
    CHECK(rules->goes_through_upstream({"notinternal.example", 443}));
    CHECK_FALSE(make_rules({}, {}, "socks5://proxy", ""));
}

TEST_CASE("the server gets a head of plain lines for the host that was asked for") {
    auto forwarded = [](std::string_view head) {
        auto asked = parse_proxy_request(head);
        return asked ? asked->head_for_server : "refused";
    };
    CHECK(forwarded("GET http://a.example HTTP/1.1\r\nhost: internal.example\r\nX-Y: 1\r\n\r\n") ==
          "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nX-Y: 1\r\n\r\n");
    for (std::string line : {"X: 1\rProxy-Authorization: secret", " Proxy-Authorization: secret", "Proxy-Authorization : secret", "X: \x01", "no colon", ": no name"}) {
        CAPTURE(line);
        CHECK(forwarded("GET http://a.example/ HTTP/1.1\r\n" + line + "\r\n\r\n") == "refused");
    }
    for (std::string line : {"G\x0bET http://a.example/ HTTP/1.1", "GET http://a.example/\x0b HTTP/1.1", "GET  HTTP/1.1", " GET http://a.example/ HTTP/1.1"}) {
        CAPTURE(line);
        CHECK(forwarded(line + "\r\n\r\n") == "refused");
    }
}

TEST_CASE("a cage reaches what its allow-list names, by CONNECT and by plain request, and nothing else") {
    HostServer registry("registry"), other("other");
    Story story({.allowed_private_hosts = {"127.0.0.1:" + registry.port()}});
    auto ask = [&](const std::string& request) {
        Cage cage = story.attack("proxy", {request});
        cage.network.allow = {"127.0.0.1:" + registry.port(), "127.0.0.1:" + other.port(), "169.254.169.254:80", "localhost:" + other.port()};
        return story.run(cage).out;
    };
    CHECK(ask("CONNECT 127.0.0.1:" + registry.port() + " HTTP/1.1\n\nhello\n\n") ==
          "HTTP/1.1 200 Connection established\r\n\r\nregistry got: hello\r\n\r\n");
    CHECK(ask("GET http://127.0.0.1:" + registry.port() + "/x?y=1 HTTP/1.1\nHost: h\nProxy-Authorization: secret\nConnection: keep-alive\n\n") ==
          "registry got: GET /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:" + registry.port() + "\r\nConnection: close\r\n\r\n");
    // on the list, and at a private address that the operator did not allow
    CHECK(ask("CONNECT 127.0.0.1:" + other.port() + " HTTP/1.1\n\n").starts_with("HTTP/1.1 403"));
    CHECK(ask("CONNECT localhost:" + other.port() + " HTTP/1.1\n\n").find("private or reserved address") != std::string::npos);
    CHECK(ask("GET http://169.254.169.254/latest/meta-data HTTP/1.1\n\n").find("allowed_private_hosts") != std::string::npos);
    // not on the list
    CHECK(ask("CONNECT example.com:443 HTTP/1.1\n\n").find("example.com:443 is not on the allow-list") != std::string::npos);
    CHECK(ask("CONNECT 127.0.0.1:22 HTTP/1.1\n\n").starts_with("HTTP/1.1 403"));
    // not for a proxy
    CHECK(ask("GET / HTTP/1.1\n\n").starts_with("HTTP/1.1 400"));
    CHECK(ask("nonsense\n\n").starts_with("HTTP/1.1 400"));
}

TEST_CASE("behind a proxy of the host, everything goes through it as a tunnel") {
    HostServer upstream("upstream");
    Story story({.upstream_proxy = "http://me:secret@127.0.0.1:" + upstream.port()});
    Cage cage = story.attack("proxy", {"GET http://registry.example/left-pad HTTP/1.1\nHost: registry.example\n\n"});
    cage.network.allow = {"registry.example:80"};
    CHECK(story.run(cage).out ==
          "upstream got: CONNECT registry.example:80 HTTP/1.1\r\nHost: registry.example:80\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n"
          "GET /left-pad HTTP/1.1\r\nHost: registry.example\r\nConnection: close\r\n\r\n");
}

TEST_CASE("without a network there is no proxy") {
    Story story;
    CHECK(story.run(story.attack("proxy", {"GET http://example.com/ HTTP/1.1\n\n"})).out.starts_with("refused: reach the proxy"));
}
