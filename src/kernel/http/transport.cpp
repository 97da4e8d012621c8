#include "kernel/http/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace ry::http {

Transport::Transport(boost::asio::io_context& loop, int fd, SSL_CTX* tls) : descriptor_(loop.get_executor(), fd) {
    if (!tls) return;
    tls_ = SSL_new(tls);
    ENSURE(tls_ != nullptr);
    SSL_set_fd(tls_, fd);
    SSL_set_accept_state(tls_);
    SSL_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

Transport::~Transport() { close(); }

void Transport::close() {
    if (tls_) SSL_free(tls_);
    tls_ = nullptr;
    boost::system::error_code ignored;
    if (descriptor_.is_open()) descriptor_.close(ignored);
}

void Transport::shutdown_write() {
    if (tls_) SSL_shutdown(tls_);
    if (descriptor_.is_open()) ::shutdown(descriptor_.native_handle(), SHUT_WR);
}

Io Transport::tls_result(int result, bool is_read) {
    if (result > 0) return {Io::State::done, size_t(result)};
    switch (SSL_get_error(tls_, result)) {
        case SSL_ERROR_WANT_READ:
            if (!is_read) write_waits_for_read_ = true;
            return {Io::State::again};
        case SSL_ERROR_WANT_WRITE:
            if (is_read) read_waits_for_write_ = true;
            return {Io::State::again};
        case SSL_ERROR_ZERO_RETURN:
            return {Io::State::closed};
        default:
            ERR_clear_error();
            return {Io::State::failed};
    }
}

Io Transport::read(std::span<char> into) {
    if (!descriptor_.is_open()) return {Io::State::failed};
    read_waits_for_write_ = false;
    if (tls_) return tls_result(SSL_read(tls_, into.data(), int(into.size())), true);
    ssize_t count = ::recv(descriptor_.native_handle(), into.data(), into.size(), 0);
    if (count > 0) return {Io::State::done, size_t(count)};
    if (count == 0) return {Io::State::closed};
    return {errno == EAGAIN || errno == EINTR ? Io::State::again : Io::State::failed};
}

Io Transport::write(std::span<const std::string_view> pieces) {
    if (!descriptor_.is_open()) return {Io::State::failed};
    write_waits_for_read_ = false;
    if (tls_)
        return tls_result(SSL_write(tls_, pieces[0].data(), int(std::min<size_t>(pieces[0].size(), 1 << 20))), false);
    iovec parts[64];
    size_t count = std::min<size_t>(pieces.size(), std::size(parts));
    for (size_t i = 0; i < count; ++i) parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    ssize_t sent = ::sendmsg(descriptor_.native_handle(), &message, MSG_NOSIGNAL);
    if (sent >= 0) return {Io::State::done, size_t(sent)};
    return {errno == EAGAIN || errno == EINTR ? Io::State::again : Io::State::failed};
}

}  // namespace ry::http
