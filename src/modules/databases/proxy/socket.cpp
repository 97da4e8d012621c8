#include "modules/databases/proxy/socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace ry::databases {
namespace {

Io io_of(ssize_t count) {
    if (count > 0) return {Io::State::done, size_t(count)};
    if (count == 0) return {Io::State::closed};
    return {errno == EAGAIN || errno == EINTR ? Io::State::again : Io::State::failed};
}

}  // namespace

// ---- TLS

void Socket::start_tls(SSL_CTX* context) {
    tls_ = SSL_new(context);
    ENSURE(tls_ != nullptr && SSL_set_fd(tls_, descriptor_.get()) == 1);
    SSL_set_accept_state(tls_);
    SSL_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

Io Socket::tls_result(int result) {
    tls_wants_ = 0;
    if (result > 0) return {Io::State::done, size_t(result)};
    int why = SSL_get_error(tls_, result);
    ERR_clear_error();
    if (why == SSL_ERROR_ZERO_RETURN) return {Io::State::closed};
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return {Io::State::failed};
    tls_wants_ = why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
    return {Io::State::again};
}

Io Socket::handshake() {
    Io result = tls_result(SSL_do_handshake(tls_));
    if (result.state == Io::State::again) watch(tls_wants_);
    tls_wants_ = 0;
    return result;
}

std::string Socket::channel_binding() const {
    X509* certificate = tls_ ? SSL_get_certificate(tls_) : nullptr;
    if (!certificate) return {};
    int digest = NID_undef;
    OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, nullptr);
    const EVP_MD* hash =
        digest == NID_undef || digest == NID_md5 || digest == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(digest);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!hash || X509_digest(certificate, hash, bytes, &size) != 1) return {};
    return {reinterpret_cast<const char*>(bytes), size};
}

namespace {

/// Drivers that begin with TLS at once (PostgreSQL 17's sslnegotiation=direct) name the protocol, and must be answered
/// with it.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
    static constexpr unsigned char ours[] = "\x0apostgresql";
    int found = SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, ours, sizeof ours - 1, in, in_size);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> tls_context(const std::string& certificate, const std::string& key) {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    auto reason = [] { return std::string(ERR_reason_error_string(ERR_get_error()) ?: "unreadable"); };
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
        return fail(Code::invalid, "cannot use the certificate in " + certificate + ": it must be a readable PEM chain",
                    reason());
    if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
        return fail(Code::invalid,
                    "cannot use the key in " + key + ": it must be a readable PEM key of that certificate", reason());
    return context;
}

// ---- bytes

Io Socket::read(std::span<char> into) {
    if (tls_) return tls_result(SSL_read(tls_, into.data(), int(into.size())));
    return io_of(::recv(descriptor_.get(), into.data(), into.size(), 0));
}

int Socket::peek() const {
    unsigned char byte;
    return ::recv(descriptor_.get(), &byte, 1, MSG_PEEK) == 1 ? byte : -1;
}

Io Socket::write(std::string_view bytes) {
    if (tls_) return tls_result(SSL_write(tls_, bytes.data(), int(bytes.size())));
    return io_of(::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

void Socket::shutdown_write() {
    if (!is_open()) return;
    if (tls_) SSL_shutdown(tls_);
    ERR_clear_error();
    ::shutdown(descriptor_.get(), SHUT_WR);
}

void Socket::close() {
    if (tls_) SSL_free(tls_);
    tls_ = nullptr;
    // Closing alone does not take it out of the epoll while a program that is being started, in another thread, still
    // has its copy.
    tls_wants_ = 0;
    watch(0);
    descriptor_.reset();
}

void Socket::watch(uint32_t events) {
    if (!is_open()) return;
    events |= tls_wants_;
    if (events == watched_) return;
    epoll_event event{.events = events, .data = {.ptr = this}};
    int operation = watched_ == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    ENSURE(::epoll_ctl(epoll_, operation, descriptor_.get(), &event) == 0);
    watched_ = events;
}

// ---- connecting

Connecting connect_to(const BackendAddress& address) {
    sockaddr_storage storage{};
    socklen_t size = 0;
    if (auto* local = std::get_if<UnixAddress>(&address)) {
        auto& to = reinterpret_cast<sockaddr_un&>(storage);
        if (local->path.size() >= sizeof to.sun_path)
            return {Connecting::State::failed, {}, "the socket's path is too long"};
        to.sun_family = AF_UNIX;
        std::memcpy(to.sun_path, local->path.data(), local->path.size());
        size = sizeof to;
    } else {
        const auto& remote = std::get<TcpAddress>(address);
        auto& to4 = reinterpret_cast<sockaddr_in&>(storage);
        auto& to6 = reinterpret_cast<sockaddr_in6&>(storage);
        if (inet_pton(AF_INET, remote.host.c_str(), &to4.sin_addr) == 1) {
            to4.sin_family = AF_INET;
            to4.sin_port = htons(remote.port);
            size = sizeof to4;
        } else if (inet_pton(AF_INET6, remote.host.c_str(), &to6.sin6_addr) == 1) {
            to6.sin6_family = AF_INET6;
            to6.sin6_port = htons(remote.port);
            size = sizeof to6;
        } else {
            return {Connecting::State::failed, {}, "the host is not an IP address"};
        }
    }
    Descriptor descriptor(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!descriptor) return {Connecting::State::failed, {}, std::strerror(errno)};
    if (storage.ss_family != AF_UNIX) tune(descriptor.get());
    if (::connect(descriptor.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0)
        return {Connecting::State::done, std::move(descriptor)};
    if (errno == EINPROGRESS) return {Connecting::State::pending, std::move(descriptor)};
    if (errno == EAGAIN) return {Connecting::State::busy};
    return {Connecting::State::failed, {}, std::strerror(errno)};
}

std::string connect_problem(int descriptor) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? "" : std::strerror(error);
}

void tune(int descriptor) {
    auto set = [&](int level, int name, int value) { ::setsockopt(descriptor, level, name, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

}  // namespace ry::databases
