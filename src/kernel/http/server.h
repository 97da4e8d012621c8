#pragma once
// The HTTP/1.1 server: a few loop threads that own the sockets, an answer that may come from any thread, streams with
// bounded buffers, timeouts for slow clients, a graceful drain. Routes, problem documents and the API live in api.h
// above it. Wire format: RFC 9110, RFC 9112; server-sent events: WHATWG HTML §9.2.
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "kernel/http/message.h"

namespace ry::http {

class Exchange;
class Ingress;
class Workers;

/// The follower's end of a streamed answer. Any thread may write; a copy refers to the same stream.
/// Everything written in one turn of the loop leaves in one write. The buffer is bounded: a client that reads too
/// slowly is disconnected, and comes back to the log with Last-Event-ID.
class StreamWriter {
public:
    StreamWriter() = default;
    explicit StreamWriter(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

    /// Queues `bytes`. False when the stream has ended: client gone, buffer overflowed, server draining.
    bool write(std::string_view bytes) const;
    /// The same for bytes shared by many followers; they are not copied.
    bool write(std::shared_ptr<const std::string> bytes) const;
    /// Ends the answer after what is queued. Later writes are dropped.
    void end() const;
    bool is_open() const;
    /// Bytes that may still be written before the buffer overflows. A replay writes a page, then waits with when_room.
    size_t room() const;
    /// Runs `f` once, on a loop thread, when the buffer is less than half full, or when the stream has ended.
    void when_room(std::move_only_function<void()> f) const;
    /// Runs `f` once, on a loop thread, when the stream has ended for any reason (at once if it already has).
    void on_end(std::move_only_function<void()> f) const;

private:
    std::shared_ptr<Exchange> exchange_;
};

/// Texts that live as long as the process.
struct StreamOptions {
    /// Written when nothing else was for 15 s, so that proxies and clients know that the stream lives (": \n\n" for
    /// SSE).
    std::string_view heartbeat = {};
    /// Written before the end when the server drains ("retry: 1000\n\n" for SSE).
    std::string_view farewell = {};
};

/// The duty to answer one request, from any thread, exactly once. Destroyed unanswered it answers 500.
class Responder {
public:
    explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
    Responder(Responder&&) noexcept = default;
    Responder& operator=(Responder&&) = delete;
    ~Responder();

    void respond(Response response);
    /// Sends the head now and leaves the body to the writer.
    StreamWriter start_stream(Response head, StreamOptions options);
    /// Pulled when the client goes away before the answer.
    std::stop_token client_gone() const;

private:
    std::shared_ptr<Exchange> exchange_;
};

/// What answers requests. Its functions run on loop threads: they must not block, and one object serves all loops.
class Handler {
public:
    virtual ~Handler() = default;
    /// The largest body that `head` may bring; asked before the body is read.
    virtual size_t body_bytes_max(const Request& head) = 0;
    virtual void handle(Request request, Responder responder) = 0;
};

/// What one connection may cost. Worst case of memory: connections_max × (head + body + stream buffer), reached only by
/// clients that all send 1 MiB at once; an idle follower costs under 2 KB.
struct Limits {
    int connections_max = 16'384;  ///< further ones are closed at accept; also bounded by RLIMIT_NOFILE
    size_t head_bytes_max = 16 * 1024;
    size_t target_bytes_max = 8 * 1024;
    size_t stream_buffer_bytes_max = 256 * 1024;  ///< then the follower is disconnected
    int64_t head_ms_max = 15'000;                 ///< from the first byte of a head to its last
    int64_t idle_ms_max = 75'000;                 ///< between requests
    int64_t body_ms_base = 15'000;                ///< a body may take this, and a second more for each 4 KiB received
    int64_t write_ms_max = 30'000;                ///< without a byte taken by the client
    int64_t heartbeat_ms = 15'000;
    int64_t tick_ms = 500;  ///< how often a loop looks at its clients' clocks
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    uint16_t port = 0;  ///< 0: any free one
    int loops = 1;
    Limits limits = {};
    std::string tls_certificate_file = {};  ///< PEM; with tls_key_file, the server speaks TLS only
    std::string tls_key_file = {};
};

class Server {
public:
    /// Binds and serves. Fails when the address is in use: two processes never share a port.
    /// `handler`, `ingress` and `workers` outlive the server. Without an ingress every host is the handler's.
    static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler& handler, Workers& workers,
                                                 Ingress* ingress = nullptr);
    /// Ends at once what drain() left.
    ~Server();
    Server(const Server&) = delete;

    uint16_t port() const;
    std::string url() const;  ///< "http://127.0.0.1:8080"
    /// Stops accepting, closes idle connections, ends the streams, waits until the requests in flight are answered or
    /// `ms` passed. True when all were answered.
    bool drain(int64_t ms);
    int connections() const;
    /// Reads certificate and key again, for new connections. After a failure the old ones stay in use.
    Result<void> reload_tls();

private:
    struct Running;
    explicit Server(std::unique_ptr<Running> running);
    std::unique_ptr<Running> running_;
};

}  // namespace ry::http
