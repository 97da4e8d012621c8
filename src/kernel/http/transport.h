#pragma once
// A non-blocking byte pipe on one loop: a plain socket, or TLS on it. Readiness-based, so a waiting connection holds no
// buffer.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <span>
#include <string_view>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace ry::http {

struct Io {
    enum class State { done, again, closed, failed };
    State state = State::failed;
    size_t bytes = 0;
};

class Transport {
public:
    /// Owns `fd`, a non-blocking stream socket. With `tls`, the server's side of the handshake runs inside the first
    /// reads.
    Transport(boost::asio::io_context& loop, int fd, SSL_CTX* tls = nullptr);
    ~Transport();
    Transport(const Transport&) = delete;

    Io read(std::span<char> into);
    /// Writes from the front of the pieces; at most 64 of them.
    Io write(std::span<const std::string_view> pieces);
    /// No more will be written; the peer sees the end.
    void shutdown_write();
    void close();
    bool is_tls() const { return tls_ != nullptr; }
    int fd() { return descriptor_.native_handle(); }

    /// `f()` runs on the loop when reading may succeed; not after close().
    template <class F>
    void when_readable(F f) {
        descriptor_.async_wait(read_waits_for_write_ ? Descriptor::wait_write : Descriptor::wait_read,
                               [f = std::move(f)](boost::system::error_code error) mutable {
                                   if (!error) f();
                               });
    }
    template <class F>
    void when_writable(F f) {
        descriptor_.async_wait(write_waits_for_read_ ? Descriptor::wait_read : Descriptor::wait_write,
                               [f = std::move(f)](boost::system::error_code error) mutable {
                                   if (!error) f();
                               });
    }

private:
    using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
    Descriptor descriptor_;
    SSL* tls_ = nullptr;
    bool read_waits_for_write_ = false;
    bool write_waits_for_read_ = false;

    Io tls_result(int result, bool is_read);
};

}  // namespace ry::http
