#pragma once
// A small blocking HTTP client for tests: sends any bytes, reads answers as they stand on the wire.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>

#include "base/text.h"

namespace ry::http {

struct Seen {
    int status = 0;
    std::multimap<std::string, std::string> fields;  ///< names in lower case
    std::string body;
    std::string field(const std::string& name) const {
        auto found = fields.find(name);
        return found == fields.end() ? "" : found->second;
    }
};

class Client {
public:
    explicit Client(uint16_t port, int receive_bytes = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        timeval patience{patience_s, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (receive_bytes) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
        REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~Client() { close(); }
    Client(const Client&) = delete;

    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int fd() const { return fd_; }
    void end_sending() { ::shutdown(fd_, SHUT_WR); }
    Client& send(std::string_view bytes) {
        while (!bytes.empty()) {
            ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return *this;  // the server closed: what it said is still to be read
            bytes.remove_prefix(size_t(count));
        }
        return *this;
    }
    Client& get(std::string_view target, std::string_view fields = "") {
        return send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n");
    }
    Client& request(std::string_view method, std::string_view target, std::string_view body,
                    std::string_view fields = "") {
        return send(std::string(method) + " " + std::string(target) +
                    " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                    std::string(fields) + "\r\n" + std::string(body));
    }
    /// False at the end of what the server sends.
    bool more() {
        char buffer[64 * 1024];
        ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
        if (count > 0) input_.append(buffer, size_t(count));
        return count > 0;
    }
    /// The status line and the fields of the next answer; the body stays.
    Seen head() {
        Seen seen;
        size_t end;
        while ((end = input_.find("\r\n\r\n")) == std::string::npos)
            if (!more()) return seen;
        std::string text = input_.substr(0, end + 2);
        input_.erase(0, end + 4);
        seen.status = std::atoi(text.c_str() + 9);
        for (size_t at = text.find("\r\n") + 2; at < text.size();) {
            size_t line_end = text.find("\r\n", at), colon = text.find(": ", at);
            seen.fields.emplace(lower(text.substr(at, colon - at)), text.substr(colon + 2, line_end - colon - 2));
            at = line_end + 2;
        }
        return seen;
    }
    /// The next answer with its body.
    Seen answer(bool has_body = true) {
        Seen seen = head();
        if (!has_body || seen.status == 0 || seen.status / 100 == 1) return seen;
        if (seen.field("transfer-encoding") == "chunked") {
            for (std::string piece; !(piece = chunk()).empty();) seen.body += piece;
        } else if (seen.fields.contains("content-length")) {
            seen.body = bytes(size_t(std::atoi(seen.field("content-length").c_str())));
        } else if (seen.status != 204 && seen.status != 304) {
            seen.body = rest();
        }
        return seen;
    }
    /// The next chunk of a streamed body; "" for the last one, or when the connection ended before it.
    std::string chunk() {
        size_t end;
        while ((end = input_.find("\r\n")) == std::string::npos)
            if (!more()) return was_cut_ = true, "";
        size_t size = std::strtoul(input_.c_str(), nullptr, 16);
        input_.erase(0, end + 2);
        std::string data = bytes(size);
        bytes(2);
        return data;
    }
    std::string bytes(size_t count) {
        while (input_.size() < count)
            if (!more()) break;
        std::string out = input_.substr(0, count);
        input_.erase(0, count);
        return out;
    }
    /// Everything until the server closes.
    std::string rest() {
        while (more()) {}
        return std::exchange(input_, {});
    }
    /// Reads until `text` has come; everything up to its end. What came instead, when it does not: a stream that only says
    /// that it is alive is no longer waited for, either.
    std::string until(std::string_view text) {
        auto end = std::chrono::steady_clock::now() + std::chrono::seconds(patience_s);
        size_t at;
        while ((at = input_.find(text)) == std::string::npos)
            if (!more() || std::chrono::steady_clock::now() > end) return std::exchange(input_, {});
        std::string out = input_.substr(0, at + text.size());
        input_.erase(0, out.size());
        return out;
    }
    bool was_cut() const { return was_cut_; }

private:
    static constexpr int patience_s = 180;  // a hang becomes a failure

    int fd_;
    std::string input_;
    bool was_cut_ = false;
};

}  // namespace ry::http
