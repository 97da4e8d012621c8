#pragma once
// The proxied exchanges of one client connection: see proxy.h. Runs on the connection's loop, and belongs to the
// connection.
#include <memory>
#include <optional>

#include "kernel/http/head_injection.h"
#include "kernel/http/output.h"
#include "kernel/http/proxy.h"
#include "kernel/http/response_parser.h"
#include "kernel/http/transport.h"

namespace ry::http {

class Connection;

class ProxySession {
public:
    explicit ProxySession(Connection& client) : client_(client) {}

    /// The client's connection has parsed the head of a request for the ingress.
    void begin();
    bool wants_input() const;
    void on_client_input();
    void on_client_end();
    void on_client_drained();
    void tick(int64_t now_ms);
    /// The server drains: a tunnel has no end of its own, so it is ended here.
    void drain();
    /// The client's connection closes.
    void end();

private:
    enum class State { idle, connecting, exchanging, tunnelling, ended };
    /// The connection to the program.
    struct Link {
        Link(boost::asio::io_context& loop, Upstream made) : transport(loop, made.fd), upstream(std::move(made)) {}
        Transport transport;
        Upstream upstream;
        std::string of_host;  ///< the client's Host for which it was made
        Output output;
        std::string input;
        bool is_reading = false, is_writing = false;
    };
    Connection& client_;
    State state_ = State::idle;
    std::shared_ptr<Link> link_;
    Request head_;
    std::unique_ptr<ResponseParser> answer_;
    std::optional<HeadInjection> injection_;
    int64_t answer_deadline_ms_ = 0;
    bool is_upgrade_ = false;
    bool is_link_reused_ = false;
    bool is_chunked_to_client_ = false;
    bool has_answer_begun_ = false;  ///< the program sent a byte of it
    bool is_head_sent_ = false;      ///< the client got the answer's head
    bool has_client_ended_ = false;

    void connect();
    void on_connected(Result<Upstream> made);
    void send_head();
    std::string upstream_head() const;
    bool wants_injection() const;
    void move_body();
    void flush_link();
    void wait_for_link();
    void on_link_readable();
    void on_link_bytes();
    void on_link_end();
    void begin_answer();
    void move_answer();
    void finish_answer();
    void link_failed(std::string what);
    void give_up(const Error& error);
    void answer_with(const Response& page);
    void drop_link();
};

}  // namespace ry::http
