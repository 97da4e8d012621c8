#include "modules/databases/proxy/socket.h"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "modules/databases/proxy/session.h"

using namespace ry;
using namespace ry::databases;

TEST_CASE("a closed socket tells nothing more, though a program that is being started has a copy of it") {
    int epoll = ::epoll_create1(EPOLL_CLOEXEC), pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    alignas(ProxySession) std::array<std::byte, sizeof(ProxySession)> nobody;  // is only pointed to
    Socket socket(epoll, reinterpret_cast<ProxySession&>(nobody));
    socket.adopt(Descriptor(pair[0]));
    socket.watch(EPOLLIN);
    int copy = ::dup(pair[0]);
    socket.close();
    REQUIRE(::write(pair[1], "x", 1) == 1);
    epoll_event event;
    CHECK(::epoll_wait(epoll, &event, 1, 0) == 0);
    for (int descriptor : {copy, pair[1], epoll}) ::close(descriptor);
}
