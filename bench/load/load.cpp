// The load of the benchmarks, one thread and one epoll:
//
//     bench_load requests --port P --connections N --seconds S PATH…      GETs over connections that are kept
//     bench_load upstream --tokens N --pace_us U                          a model endpoint in OpenAI's format
//     bench_load relay    --port P --connections N --chats FILE --streams M  posts messages and follows the answers
//     bench_load follow   --port P --connections N --chats FILE           follows chats until standard input ends
//
// Each prints one line of JSON. Every token of the upstream is the microsecond in which it was sent, so a follower on
// the same machine knows how long the token was on its way.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "bench_load: %s (%s)\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

int64_t now_us() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1'000'000 + t.tv_nsec / 1'000;
}

// ---- stamps: six digits of base 36, microseconds modulo 36^6 (36 minutes)

constexpr int64_t stamp_modulus = 2'176'782'336;
constexpr size_t stamp_size = 6;

void write_stamp(char* out) {
    int64_t left = now_us() % stamp_modulus;
    for (size_t i = stamp_size; i-- > 0; left /= 36) out[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[left % 36];
}

/// How long ago the stamp was written.
int64_t age_of(std::string_view stamp) {
    int64_t at = 0;
    std::from_chars(stamp.data(), stamp.data() + stamp.size(), at, 36);
    return (now_us() % stamp_modulus - at + stamp_modulus) % stamp_modulus;
}

// ---- figures

class Delays {
public:
    void add(int64_t us) { all_.push_back(us); }
    size_t size() const { return all_.size(); }
    std::string json() {
        std::ranges::sort(all_);
        char text[160];
        std::snprintf(text, sizeof text, "{\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}", at(0.5), at(0.95), at(0.99), at(1));
        return text;
    }

private:
    double at(double share) const { return all_.empty() ? 0 : double(all_[size_t(std::llround(share * double(all_.size() - 1)))]) / 1e3; }
    std::vector<int64_t> all_;
};

// ---- arguments

struct Arguments {
    std::map<std::string, std::string> named;
    std::vector<std::string> rest;

    Arguments(int count, char** values) {
        for (int i = 0; i < count; ++i) {
            std::string_view value = values[i];
            if (value.starts_with("--") && i + 1 < count) named[std::string(value.substr(2))] = values[i + 1], ++i;
            else rest.emplace_back(value);
        }
    }
    std::string text(const std::string& name, const std::string& otherwise = "") const {
        auto found = named.find(name);
        return found == named.end() ? otherwise : found->second;
    }
    int64_t number(const std::string& name, int64_t otherwise) const {
        auto found = named.find(name);
        return found == named.end() ? otherwise : std::atoll(found->second.c_str());
    }
    std::vector<std::string> lines(const std::string& name) const {
        std::vector<std::string> all;
        std::ifstream file(text(name));
        for (std::string line; std::getline(file, line);)
            if (!line.empty()) all.push_back(line);
        if (all.empty()) give_up("--" + name + " names no file with lines");
        return all;
    }
};

// ---- sockets

class Loop {
public:
    using Ready = std::function<void(uint32_t)>;
    void add(int fd, uint32_t events, Ready ready) {
        if (size_t(fd) >= ready_.size()) ready_.resize(size_t(fd) + 1);
        ready_[size_t(fd)] = std::make_shared<Ready>(std::move(ready));
        epoll_event event{.events = events, .data = {.fd = fd}};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event)) give_up("epoll_ctl");
    }
    void close(int fd) {
        ready_[size_t(fd)].reset();
        ::close(fd);
    }
    void stop() { is_stopping_ = true; }
    /// Runs until stop(). `tick` is called after every turn, and says how long the next may wait.
    void run(const std::function<int()>& tick) {
        epoll_event events[512];
        while (!is_stopping_) {
            int timeout_ms = tick();
            int count = epoll_wait(epoll_, events, 512, timeout_ms);
            for (int i = 0; i < count; ++i)
                if (auto ready = ready_[size_t(events[i].data.fd)]) (*ready)(events[i].events);
        }
    }

private:
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::shared_ptr<Ready>> ready_;
    bool is_stopping_ = false;
};

int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(uint16_t(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address)) give_up("cannot connect to port " + std::to_string(port));
    return fd;
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the reader of this connection learns that it is gone
        bytes.remove_prefix(size_t(sent));
    }
}

/// One answer as it arrives: head, then a body by Content-Length or in chunks. Calls `body` with pieces of it.
class AnswerReader {
public:
    explicit AnswerReader(std::function<void(std::string_view)> body) : body_(std::move(body)) {}
    int status() const { return status_; }
    bool has_head() const { return has_head_; }

    /// Takes bytes up to the answer's end; true when it has come.
    bool take(std::string_view bytes) {
        buffer_ += bytes;
        if (!has_head_ && !read_head()) return false;
        return is_chunked_ ? read_chunks() : read_plain();
    }
    void reset() {
        buffer_.clear();
        status_ = 0, left_ = 0, has_head_ = is_chunked_ = is_last_ = false;
    }

private:
    bool read_head() {
        size_t end = buffer_.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        status_ = std::atoi(buffer_.c_str() + 9);
        for (char& c : std::span(buffer_).first(end)) c = char(std::tolower(c));
        size_t length = buffer_.find("\r\ncontent-length:");
        is_chunked_ = buffer_.find("\r\ntransfer-encoding: chunked") < end;
        left_ = length < end ? std::atoll(buffer_.c_str() + length + 17) : 0;
        buffer_.erase(0, end + 4);
        return has_head_ = true;
    }
    bool read_plain() {
        size_t count = std::min(left_, buffer_.size());
        body_(std::string_view(buffer_).substr(0, count));
        buffer_.erase(0, count);
        return (left_ -= count) == 0;
    }
    bool read_chunks() {
        size_t at = 0;
        bool is_over = false;
        while (!is_over) {
            if (left_ == 0) {  // before a chunk's size
                size_t end = buffer_.find("\r\n", at);
                if (end == std::string::npos) break;
                size_t size = std::strtoul(buffer_.c_str() + at, nullptr, 16);
                is_last_ = size == 0;
                left_ = size + 2;
                at = end + 2;
            }
            size_t count = std::min(left_, buffer_.size() - at);
            size_t data = left_ > 2 ? std::min(count, left_ - 2) : 0;
            if (data) body_(std::string_view(buffer_).substr(at, data));
            at += count;
            left_ -= count;
            if (left_ > 0) break;
            is_over = is_last_;
        }
        buffer_.erase(0, at);
        return is_over;
    }

    std::function<void(std::string_view)> body_;
    std::string buffer_;
    int status_ = 0;
    size_t left_ = 0;
    bool has_head_ = false, is_chunked_ = false, is_last_ = false;
};

/// Cuts a body into lines.
class Lines {
public:
    template <class F>
    void feed(std::string_view bytes, F&& line) {
        for (size_t end; (end = bytes.find('\n')) != std::string_view::npos; bytes.remove_prefix(end + 1)) {
            rest_ += bytes.substr(0, end);
            line(std::string_view(rest_));
            rest_.clear();
        }
        rest_ += bytes;
    }

private:
    std::string rest_;
};

/// The stamps in the text of a `block.delta`; none in other events.
template <class F>
void each_stamp(std::string_view line, F&& f) {
    constexpr std::string_view type = "\"type\":\"block.delta\"", text = "\"text\":\"";
    if (!line.starts_with("data:") || !line.contains(type)) return;
    size_t at = line.find(text);
    if (at == std::string_view::npos) return;
    line.remove_prefix(at + text.size());
    for (; line.size() > stamp_size && line[0] != '"'; line.remove_prefix(stamp_size + 1)) f(line.substr(0, stamp_size));
}

std::string head(std::string_view method, std::string_view path, int port, std::string_view fields) {
    return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\n" + std::string(fields) + "\r\n";
}

/// Takes what has come on `fd`; empty when the other side has closed.
std::string_view receive(int fd) {
    static char buffer[256 << 10];
    ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    return {buffer, size_t(std::max<ssize_t>(count, 0))};
}

// ---- requests

int requests(const Arguments& arguments) {
    int port = int(arguments.number("port", 0));
    int64_t count = arguments.number("connections", 16), warm_up_us = arguments.number("warm_up_ms", 1'000) * 1'000;
    int64_t seconds = arguments.number("seconds", 5);
    std::string host = arguments.text("host");
    Loop loop;
    Delays delays;
    int64_t failed = 0, bytes = 0, begin = now_us() + warm_up_us, end = begin + seconds * 1'000'000;
    struct Client {
        int fd;
        size_t next;
        int64_t sent_us = 0;
        std::unique_ptr<AnswerReader> reader;
    };
    std::vector<std::string> messages;
    for (const std::string& path : arguments.rest) {
        messages.push_back(head("GET", path, port, "Accept: application/json\r\n"));
        if (!host.empty()) messages.back() = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    }
    if (messages.empty()) give_up("requests needs paths");
    std::vector<std::unique_ptr<Client>> clients;
    for (int64_t i = 0; i < count; ++i) {
        auto client = std::make_unique<Client>(Client{.fd = connect_to(port), .next = size_t(i), .reader = {}});
        client->reader = std::make_unique<AnswerReader>([&](std::string_view body) { bytes += int64_t(body.size()); });
        auto ask = [&messages, c = client.get()] {
            c->sent_us = now_us();
            send_all(c->fd, messages[c->next++ % messages.size()]);
        };
        loop.add(client->fd, EPOLLIN, [&, ask, c = client.get()](uint32_t) {
            std::string_view got = receive(c->fd);
            if (got.empty()) give_up("the server closed a connection");
            if (!c->reader->take(got)) return;
            int64_t now = now_us();
            if (now >= begin && now < end) {
                delays.add(now - c->sent_us);
                failed += c->reader->status() != 200;
            }
            c->reader->reset();
            ask();
        });
        ask();
        clients.push_back(std::move(client));
    }
    loop.run([&] {
        if (now_us() >= end) loop.stop();
        return 10;
    });
    std::printf("{\"requests\":%zu,\"failed\":%ld,\"requests_per_second\":%.0f,\"body_bytes\":%ld,\"delay\":%s}\n", delays.size(), failed,
                double(delays.size()) / double(seconds), bytes, delays.json().c_str());
    return 0;
}

// ---- upstream

class Upstream {
public:
    Upstream(int64_t tokens, int64_t pace_us) : tokens_(tokens), pace_us_(pace_us) {}

    int run() {
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) || listen(listener, 1'024)) give_up("listen");
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
        loop_.add(listener, EPOLLIN, [this, listener](uint32_t) { accept_from(listener); });
        loop_.add(0, EPOLLIN, [this](uint32_t) { if (receive_input() == 0) loop_.stop(); });
        std::printf("{\"port\":%d}\n", ntohs(address.sin_port));
        std::fflush(stdout);
        loop_.run([this] { return say_what_is_due(); });
        return 0;
    }

private:
    struct Client {
        int fd;
        std::string request = {};
        int64_t tokens_left = 0;
        int64_t due_us = 0;
    };
    static ssize_t receive_input() {
        char ignored[256];
        return read(0, ignored, sizeof ignored);
    }
    void accept_from(int listener) {
        int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        clients_[fd] = Client{fd};
        loop_.add(fd, EPOLLIN, [this, fd](uint32_t) { take(clients_[fd]); });
    }
    void take(Client& client) {
        std::string_view got = receive(client.fd);
        if (got.empty()) {
            loop_.close(client.fd);
            clients_.erase(client.fd);
            return;
        }
        client.request += got;
        size_t end = client.request.find("\r\n\r\n");
        if (end == std::string::npos) return;
        for (char& c : std::span(client.request).first(end)) c = char(std::tolower(c));
        size_t length = client.request.find("content-length: ");
        size_t body = length < end ? std::strtoul(client.request.c_str() + length + 16, nullptr, 10) : 0;
        if (client.request.size() < end + 4 + body) return;
        client.request.clear();
        client.tokens_left = tokens_;
        client.due_us = now_us();
        send_all(client.fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        say(client);
    }
    /// A write a token, like a model; without a pace the tokens of a turn follow each other at once.
    void say(Client& client) {
        while (client.tokens_left > 0 && client.due_us <= now_us()) {
            char stamp[stamp_size];
            write_stamp(stamp);
            send_chunk(client, "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"bench\","
                               "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + std::string(stamp, stamp_size) + " \"},\"finish_reason\":null}]}\n\n");
            client.due_us += pace_us_;
            if (--client.tokens_left == 0) finish(client);
            if (pace_us_ == 0 && client.tokens_left % tokens_a_turn == 0) break;
        }
    }
    void finish(Client& client) {
        send_chunk(client, "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"bench\","
                           "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":" +
                               std::to_string(tokens_) + ",\"total_tokens\":" + std::to_string(tokens_ + 20) + "}}\n\n");
        send_chunk(client, "data: [DONE]\n\n");
        send_all(client.fd, "0\r\n\r\n");
    }
    static void send_chunk(const Client& client, const std::string& data) {
        char size[16];
        std::snprintf(size, sizeof size, "%zx\r\n", data.size());
        send_all(client.fd, size + data + "\r\n");
    }
    /// Returns how long nothing will be due.
    int say_what_is_due() {
        int wait_ms = 1'000;
        for (auto& [fd, client] : clients_) {
            if (client.tokens_left > 0) say(client);
            if (client.tokens_left > 0) wait_ms = pace_us_ == 0 ? 0 : 1;
        }
        return wait_ms;
    }

    static constexpr int64_t tokens_a_turn = 10;  // so that streams without a pace advance side by side
    int64_t tokens_, pace_us_;
    Loop loop_;
    std::map<int, Client> clients_;
};

// ---- relay

int relay(const Arguments& arguments) {
    int port = int(arguments.number("port", 0));
    int64_t count = arguments.number("connections", 1), streams = arguments.number("streams", 100);
    int64_t spread_us = arguments.number("spread_ms", 0) * 1'000;
    std::vector<std::string> chats = arguments.lines("chats");
    if (int64_t(chats.size()) < streams) give_up("--chats needs a line a stream");
    Loop loop;
    Delays first, delays;
    int64_t begin = now_us(), bytes = 0, tokens = 0, failed = 0, started = 0, ended = 0;
    struct Client {
        int fd;
        int64_t start_us;
        bool is_busy = false, has_token = false, is_done = false;
        Lines lines = {};
        std::unique_ptr<AnswerReader> reader = {};
    };
    std::vector<std::unique_ptr<Client>> clients;
    auto ask = [&](Client& client) {
        if (started == streams) return;
        client.has_token = client.is_done = false;
        client.is_busy = true;
        client.start_us = now_us();
        std::string body = "{\"text\":\"Tell me something.\"}";
        send_all(client.fd, head("POST", "/api/v1/chats/" + chats[size_t(started++)] + "/messages", port,
                                 "Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") + body);
    };
    for (int64_t i = 0; i < count; ++i) {
        auto client = std::make_unique<Client>(Client{connect_to(port), begin + spread_us * i / count});
        client->reader = std::make_unique<AnswerReader>([&, c = client.get()](std::string_view body) {
            c->lines.feed(body, [&](std::string_view line) {
                each_stamp(line, [&](std::string_view stamp) {
                    if (!c->has_token) first.add(now_us() - c->start_us);
                    c->has_token = true;
                    ++tokens;
                    delays.add(age_of(stamp));
                });
                if (line.starts_with("event: generation.done") || line.starts_with("event:generation.done")) c->is_done = true;
            });
        });
        loop.add(client->fd, EPOLLIN, [&, c = client.get()](uint32_t) {
            std::string_view got = receive(c->fd);
            if (got.empty()) give_up("the server closed a connection");
            bytes += int64_t(got.size());
            if (!c->reader->take(got)) return;
            failed += !c->is_done;
            c->reader->reset();
            c->is_busy = false;
            if (++ended == streams) return loop.stop();
            ask(*c);
        });
        clients.push_back(std::move(client));
    }
    loop.run([&] {
        for (auto& client : clients)
            if (!client->is_busy && started < streams && client->start_us <= now_us()) ask(*client);
        return 5;
    });
    double seconds = double(now_us() - begin) / 1e6;
    std::printf("{\"streams\":%ld,\"failed\":%ld,\"tokens\":%ld,\"seconds\":%.3f,\"tokens_per_second\":%.0f,\"bytes_per_token\":%.1f,\"first_token\":%s,\"token\":%s}\n",
                streams, failed, tokens, seconds, double(tokens) / seconds, double(bytes) / double(std::max<int64_t>(tokens, 1)), first.json().c_str(), delays.json().c_str());
    return 0;
}

// ---- follow

int follow(const Arguments& arguments) {
    int port = int(arguments.number("port", 0));
    int64_t count = arguments.number("connections", 1);
    std::vector<std::string> chats = arguments.lines("chats");
    Loop loop;
    Delays delays;
    int64_t followed = 0, lost = 0;
    struct Client {
        int fd;
        bool is_following = false;
        Lines lines = {};
        std::unique_ptr<AnswerReader> reader = {};
    };
    std::vector<std::unique_ptr<Client>> clients;
    int64_t asked = 0;
    auto open_next = [&] {
        auto client = std::make_unique<Client>(Client{connect_to(port)});
        client->reader = std::make_unique<AnswerReader>([&, c = client.get()](std::string_view body) {
            c->lines.feed(body, [&](std::string_view line) { each_stamp(line, [&](std::string_view stamp) { delays.add(age_of(stamp)); }); });
        });
        loop.add(client->fd, EPOLLIN, [&, c = client.get()](uint32_t) {
            std::string_view got = receive(c->fd);
            if (got.empty()) return ++lost, loop.close(c->fd);
            c->reader->take(got);
            if (c->is_following || !c->reader->has_head()) return;
            if (c->reader->status() != 200) give_up("a follower was answered " + std::to_string(c->reader->status()));
            c->is_following = true;
            if (++followed == count) {
                std::printf("{\"following\":%ld}\n", followed);
                std::fflush(stdout);
            }
        });
        send_all(client->fd, head("GET", "/api/v1/chats/" + chats[size_t(asked++) % chats.size()] + "/events", port, "Accept: text/event-stream\r\n"));
        clients.push_back(std::move(client));
    };
    constexpr int64_t unanswered_max = 100;  // below the server's queue of waiting requests
    loop.add(0, EPOLLIN, [&](uint32_t) {
        char ignored[256];
        if (read(0, ignored, sizeof ignored) <= 0) loop.stop();
    });
    loop.run([&] {
        while (asked < count && asked - followed < unanswered_max) open_next();
        return 1'000;
    });
    std::printf("{\"followers\":%ld,\"lost\":%ld,\"tokens\":%zu,\"token\":%s}\n", followed, lost, delays.size(), delays.json().c_str());
    return 0;
}

}  // namespace

int main(int count, char** values) {
    std::signal(SIGPIPE, SIG_IGN);
    std::string verb = count > 1 ? values[1] : "";
    Arguments arguments(count - 2, values + 2);
    if (verb == "requests") return requests(arguments);
    if (verb == "upstream") return Upstream(arguments.number("tokens", 200), arguments.number("pace_us", 0)).run();
    if (verb == "relay") return relay(arguments);
    if (verb == "follow") return follow(arguments);
    std::fprintf(stderr, "usage: bench_load requests | upstream | relay | follow; see bench/load/load.cpp\n");
    return 2;
}
