#pragma once
// Inside: a socket of a loop that never blocks, with or without TLS.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "modules/databases/proxy/proxy.h"

struct ssl_st;
struct ssl_ctx_st;

namespace ry::databases {

class ProxySession;

struct Io {
    enum class State { done, again, closed, failed } state;
    size_t bytes = 0;
};

class Socket {
public:
    /// `epoll` and `owner` outlive it; its events go to the owner.
    Socket(int epoll, ProxySession& owner) : epoll_(epoll), owner_(owner) {}
    ~Socket() { close(); }
    Socket(const Socket&) = delete;

    ProxySession& owner() { return owner_; }
    void adopt(Descriptor descriptor) { descriptor_ = std::move(descriptor); }
    bool is_open() const { return descriptor_.is_open(); }
    bool has_tls() const { return tls_ != nullptr; }
    /// The server's side of TLS, from the next byte on: call handshake() until it is done.
    void start_tls(ssl_ctx_st* context);
    Io handshake();
    /// The hash of our certificate, as tls-server-end-point (RFC 5929) wants it; empty without TLS.
    std::string channel_binding() const;

    Io read(std::span<char> into);
    /// The next byte, which stays where it is; -1 when there is none yet.
    int peek() const;
    Io write(std::string_view bytes);
    /// The other side reads to an end after this; it may go on sending.
    void shutdown_write();
    void close();

    /// Whose turn it is to be told of: level-triggered; a hang-up is told while anything is watched.
    void watch(uint32_t events);
    int descriptor() const { return descriptor_.get(); }

private:
    int epoll_;
    ProxySession& owner_;
    Descriptor descriptor_;
    ssl_st* tls_ = nullptr;
    uint32_t watched_ = 0;
    uint32_t tls_wants_ = 0;  ///< what TLS waits for beside what its user does

    Io tls_result(int result);
};

/// A TLS context for clients; `invalid` says which file is wrong.
Result<std::shared_ptr<ssl_ctx_st>> tls_context(const std::string& certificate, const std::string& key);

struct Connecting {
    enum class State { done, pending, busy, failed } state;
    Descriptor descriptor = {};
    std::string reason = {};
};
/// Begins to connect. `pending`: writable when it is known; `busy`: the backend's queue is full, so try again soon.
/// Not of a DialedAddress.
Connecting connect_to(const BackendAddress& address);
/// What became of a pending one; empty when it is connected.
std::string connect_problem(int descriptor);

/// Small messages leave at once; a peer that vanished is noticed after about two minutes.
void tune(int tcp_descriptor);

}  // namespace ry::databases
