#pragma once
// A port of 127.0.0.1 for a test that must name one before its server listens, or after it did: it is bound here, so that nobody
// else is given it, and a server that asks for it by its number and with SO_REUSEADDR, as ours and PostgreSQL do, can
// listen on it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <stdexcept>

#include "base/descriptor.h"

namespace ry::testing {

class ReservedPort {
public:
    ReservedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        int is_shared = 1;
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &is_shared, sizeof is_shared);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("no free port");
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        number_ = ntohs(address.sin_port);
    }
    uint16_t number() const { return number_; }

private:
    Descriptor socket_;
    uint16_t number_ = 0;
};

}  // namespace ry::testing
