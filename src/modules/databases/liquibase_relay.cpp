#include "modules/databases/liquibase_relay.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <span>

namespace ry::databases {
namespace {

/// Waits until `fd` is ready for `events`; false when everything shall end.
bool wait_for(int fd, short events, int stop) {
    pollfd waits[] = {{fd, events, 0}, {stop, POLLIN, 0}};
    while (poll(waits, 2, -1) < 0 && errno == EINTR) {}
    return !waits[1].revents;
}

/// The next bytes; empty at the end.
std::string_view receive(int fd, int stop, std::span<char> buffer) {
    while (wait_for(fd, POLLIN, stop)) {
        ssize_t got = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got >= 0) return {buffer.data(), size_t(got)};
        if (errno != EAGAIN && errno != EINTR) break;
    }
    return {};
}

bool send_all(int fd, int stop, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0)
            bytes.remove_prefix(size_t(sent));
        else if (errno != EAGAIN && errno != EINTR)
            return false;
        else if (!wait_for(fd, POLLOUT, stop))
            return false;
    }
    return true;
}

}  // namespace

struct LiquibaseRelay::Connection {
    Descriptor client, server;
    Guarded<liquibase::WireWatch> watch;
    std::jthread to_server, to_client;  // last: joined first

    /// Neither direction waits any longer.
    void cut() {
        ::shutdown(client.get(), SHUT_RDWR);
        ::shutdown(server.get(), SHUT_RDWR);
    }
};

LiquibaseRelay::LiquibaseRelay(Cluster& cluster, Descriptor listener, std::function<Result<void>()> recorded,
                               std::function<void()> failed)
    : cluster_(cluster),
      listener_(std::move(listener)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      recorded_(std::move(recorded)),
      failed_(std::move(failed)),
      accepting_([this] { accept_connections(); }) {}

LiquibaseRelay::~LiquibaseRelay() {
    eventfd_write(stop_.get(), 1);
    accepting_.join();
    connections_.clear();
}

std::optional<Error> LiquibaseRelay::failure() const {
    return seen_.with([](const Seen& seen) { return seen.failure; });
}

std::optional<liquibase::ServerError> LiquibaseRelay::last_error() const {
    return seen_.with([](const Seen& seen) { return seen.error; });
}

void LiquibaseRelay::keep(Error error) {
    seen_.change([&](Seen& seen) {
        if (!seen.failure) seen.failure = std::move(error);
    });
    eventfd_write(stop_.get(), 1);
    failed_();
}

void LiquibaseRelay::accept_connections() {
    while (wait_for(listener_.get(), POLLIN, stop_.get())) {
        Descriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!client) continue;
        if (connections_.size() == connections_max)
            return keep(fail(
                Code::too_large,
                "Liquibase opened more than 16 connections, which no update does; look at what its changesets do"));
        auto server = cluster_.private_socket();
        if (!server) return keep(std::move(server).error());
        auto connection = std::make_unique<Connection>();
        connection->client = std::move(client);
        connection->server = *std::move(server);
        Connection& made = *connection;
        connections_.push_back(std::move(connection));
        made.to_server = std::jthread([this, &made] { carry_to_server(made); });
        made.to_client = std::jthread([this, &made] { carry_to_client(made); });
    }
}

void LiquibaseRelay::carry_to_server(Connection& connection) {
    std::array<char, 64 << 10> buffer;
    while (true) {
        std::string_view piece = receive(connection.client.get(), stop_.get(), buffer);
        if (piece.empty()) break;
        connection.watch.with([&](liquibase::WireWatch& watch) { watch.from_client(piece); });
        if (!send_all(connection.server.get(), stop_.get(), piece)) break;
    }
    connection.cut();
}

void LiquibaseRelay::carry_to_client(Connection& connection) {
    std::array<char, 64 << 10> buffer;
    while (true) {
        std::string_view piece = receive(connection.server.get(), stop_.get(), buffer);
        if (piece.empty() || !look_at(connection, piece)) break;
    }
    connection.cut();
}

/// Passes a piece on, in parts: what follows a recorded changeset waits.
bool LiquibaseRelay::look_at(Connection& connection, std::string_view piece) {
    while (!piece.empty()) {
        bool is_recorded = false;
        size_t until = connection.watch.with([&](liquibase::WireWatch& watch) {
            size_t looked_at = watch.from_server(piece);
            is_recorded = watch.take_recorded();
            if (watch.last_error()) seen_.with([&](Seen& seen) { seen.error = watch.last_error(); });
            return looked_at;
        });
        if (is_recorded) {
            auto done = turn_.with([&](int&) { return recorded_(); });
            if (!done) return keep(std::move(done).error()), false;
        }
        if (!send_all(connection.client.get(), stop_.get(), piece.substr(0, until))) return false;
        piece.remove_prefix(until);
    }
    return true;
}

}  // namespace ry::databases
