#pragma once
// One loop thread: its sockets, its clock, and the box through which other threads hand it work.
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "kernel/http/server.h"
#include "kernel/http/transport.h"

namespace ry::http {

class Connection;
class Exchange;

/// What all loops of a server share.
struct ServerCore {
    ServerOptions options;
    Handler& handler;
    Workers& workers;
    Ingress* ingress = nullptr;
    Guarded<std::shared_ptr<SSL_CTX>> tls;  ///< null: plain HTTP
    std::atomic<bool> is_draining{false};
    Guarded<int> connections{0};
};

class Loop : public std::enable_shared_from_this<Loop> {
public:
    explicit Loop(ServerCore& core);

    boost::asio::io_context io{1};
    /// Reading goes through this buffer, so that a waiting connection needs none.
    std::vector<char> read_buffer = std::vector<char>(64 * 1024);

    void start();
    void stop();  ///< closes what is open, then joins
    void adopt(int fd, std::string address);
    void remove(Connection& connection);
    void drain();
    /// Runs `f` on the loop's thread: now when called there, else soon.
    template <class F>
    void run(F f) {
        if (io.get_executor().running_in_this_thread())
            f();
        else if (!is_stopped_)
            boost::asio::post(io, std::move(f));
    }
    /// The stream of `exchange` has something to write: flushed once this turn, however often it is called.
    void flush_soon(std::shared_ptr<Exchange> exchange);
    /// "Date: …\r\n" of now.
    std::string_view date_field();

private:
    ServerCore& core_;
    std::thread thread_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io.get_executor()};
    bool is_stopping_ = false;  ///< the loop's thread alone looks: a tick that is already due must not arm the next one
    std::atomic<bool> is_stopped_ = false;
    boost::asio::steady_timer ticker_{io};
    std::vector<std::shared_ptr<Connection>> connections_;
    Guarded<std::vector<std::shared_ptr<Exchange>>> to_flush_;
    std::string date_;
    int64_t date_second_ = 0;

    void tick();
};

}  // namespace ry::http
