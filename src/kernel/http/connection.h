#pragma once
// One client's connection: requests in order, one answer at a time, input bounded while an answer is made. All of
// Connection runs on its loop's thread; Exchange is the part of it that other threads may hold.
#include <functional>
#include <memory>
#include <stop_token>

#include "kernel/http/loop.h"
#include "kernel/http/output.h"
#include "kernel/http/request_parser.h"
#include "kernel/http/transport.h"

namespace ry::http {

class ProxySession;

/// One request and its answer.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    Exchange(std::shared_ptr<Loop> loop, Connection* connection, size_t stream_bytes_max)
        : loop_(std::move(loop)), connection_(connection), stream_bytes_max_(stream_bytes_max) {}

    // ---- any thread
    bool was_answered() const { return was_answered_; }
    void respond(Response response);
    void start_stream(Response head, StreamOptions options);
    bool write(std::string_view bytes);
    bool write(SharedBytes bytes);
    void end();
    bool is_open() const;
    size_t room() const;
    void when_room(std::move_only_function<void()> f);
    void on_end(std::move_only_function<void()> f);
    std::stop_token client_gone() const { return gone_.get_token(); }

    // ---- the loop's thread
    void flush();
    /// The connection will not answer through this exchange any more.
    void detach(bool is_client_gone);
    /// The client will take no answer any more, or soon.
    void client_left() { gone_.request_stop(); }
    struct Taken {
        size_t bytes;   ///< of the stream, without chunk framing
        bool is_ended;  ///< the writer has ended the stream, and this was the last of it
    };
    /// Moves what is queued to `output`.
    Taken take(Output& output, bool is_chunked);
    /// `bytes` of the stream have left; who waits for room is told.
    void wrote(size_t bytes);
    bool has_queued() const;

private:
    struct Stream {
        Output queued;
        size_t bytes = 0;        ///< queued here or on the way out
        bool is_ended = false;   ///< by the writer
        bool is_closed = false;  ///< by the connection, or by an overflow
        bool is_flush_due = false;
        std::vector<std::move_only_function<void()>> on_room, on_end;
    };
    std::shared_ptr<Loop> loop_;
    Connection* connection_;  ///< null once detached; the loop's thread alone looks
    const size_t stream_bytes_max_;
    std::stop_source gone_;
    std::atomic<bool> was_answered_ = false;
    Guarded<Stream> stream_;

    template <class Bytes>
    bool queue(Bytes bytes, size_t size);
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(std::shared_ptr<Loop> loop, ServerCore& core, int fd, std::string address);
    ~Connection();

    size_t index = 0;  ///< among its loop's connections

    void start();
    void tick(int64_t now_ms);
    void drain();
    void close();
    void answer(Response response);
    void begin_stream(Response head, StreamOptions options);
    void flush_stream();

private:
    friend class ProxySession;
    enum class State {
        idle,       ///< between requests
        reading,    ///< a head or a body has begun
        answering,  ///< the handler has the request
        streaming,  ///< the answer's head is sent, its body goes on
        proxying,   ///< the proxy session has the connection until the exchange is over
        lingering,  ///< the last answer is sent; what still comes is thrown away so that the client can read it
        closed,
    };
    std::shared_ptr<Loop> loop_;
    ServerCore& core_;
    Transport transport_;
    std::string address_;
    State state_ = State::idle;
    std::string input_;  ///< read and not yet parsed
    std::unique_ptr<RequestParser> parser_;
    std::shared_ptr<Exchange> exchange_;
    std::unique_ptr<ProxySession> proxy_;
    Output output_;
    StreamOptions stream_;
    size_t stream_bytes_out_ = 0;    ///< of the stream, in output_
    int64_t deadline_ms_ = 0;        ///< of the state; 0 means none
    int64_t write_deadline_ms_ = 0;  ///< of a blocked write; 0 means none is blocked
    int64_t last_write_ms_ = 0;
    bool is_keep_alive_ = true;
    bool is_http_10_ = false;
    bool is_head_request_ = false;
    bool closes_after_output_ = false;
    bool lingers_ = false;  ///< input was left unread: close in two steps
    bool is_processing_ = false;
    bool is_held_back_ = false;  ///< pipelined requests wait until the output has left
    bool is_reading_ = false;    ///< a wait for input is pending
    bool is_writing_ = false;    ///< a wait for output is pending
    bool has_input_ended_ = false;

    void wait_for_input();
    void on_readable();
    void on_input_end();
    bool wants_input() const;
    void process_input();
    bool advance();
    bool on_head();
    void dispatch();
    void refuse(int status, std::string_view detail);
    void write_head(const Response& response, std::string_view framing);
    void end_of_answer();
    void end_of_stream();
    void flush();
    void on_flushed();
    void close_gently();
    int64_t now_ms() const;
};

}  // namespace ry::http
