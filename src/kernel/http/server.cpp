#include "kernel/http/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "base/time.h"
#include "kernel/http/connection.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::http {

// ---- the handles that other threads hold

bool StreamWriter::write(std::string_view bytes) const { return exchange_ && exchange_->write(bytes); }
bool StreamWriter::write(std::shared_ptr<const std::string> bytes) const {
    return exchange_ && exchange_->write(std::move(bytes));
}
void StreamWriter::end() const {
    if (exchange_) exchange_->end();
}
bool StreamWriter::is_open() const { return exchange_ && exchange_->is_open(); }
size_t StreamWriter::room() const { return exchange_ ? exchange_->room() : 0; }
void StreamWriter::when_room(std::move_only_function<void()> f) const { exchange_->when_room(std::move(f)); }
void StreamWriter::on_end(std::move_only_function<void()> f) const { exchange_->on_end(std::move(f)); }

Responder::~Responder() {
    if (!exchange_ || exchange_->was_answered()) return;
    exchange_->respond(
        problem_response(fail(Code::bug, "the server lost this request; this is a fault of the server"), {}));
}
void Responder::respond(Response response) { exchange_->respond(std::move(response)); }
StreamWriter Responder::start_stream(Response head, StreamOptions options) {
    exchange_->start_stream(std::move(head), std::move(options));
    return StreamWriter(exchange_);
}
std::stop_token Responder::client_gone() const { return exchange_->client_gone(); }

// ---- Loop

Loop::Loop(ServerCore& core) : core_(core) {}

void Loop::start() {
    tick();
    thread_ = std::thread([this] { io.run(); });
}

void Loop::stop() {
    boost::asio::post(io, [self = shared_from_this()] {
        self->is_stopping_ = true;
        self->ticker_.cancel();
        while (!self->connections_.empty()) self->connections_.back()->close();
        self->work_.reset();
    });
    thread_.join();
    is_stopped_ = true;
    io.restart();
    io.poll();  // what came between: it would keep this loop alive
}

void Loop::adopt(int fd, std::string address) {
    auto connection = std::make_shared<Connection>(shared_from_this(), core_, fd, std::move(address));
    connection->index = connections_.size();
    connections_.push_back(connection);
    connection->start();
    if (core_.is_draining) connection->drain();
}

void Loop::remove(Connection& connection) {
    std::shared_ptr<Connection> removed = std::move(connections_[connection.index]);
    if (connection.index + 1 < connections_.size()) {
        connections_[connection.index] = std::move(connections_.back());
        connections_[connection.index]->index = connection.index;
    }
    connections_.pop_back();
    core_.connections.change([](int& count) { --count; });
    boost::asio::post(io, [removed = std::move(removed)] {});  // it may be in the middle of a function
}

void Loop::drain() {
    auto all = connections_;
    for (auto& connection : all) connection->drain();
}

void Loop::tick() {
    ticker_.expires_after(std::chrono::milliseconds(core_.options.limits.tick_ms));
    ticker_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (error || self->is_stopping_) return;
        int64_t now = steady_ms();
        for (size_t i = self->connections_.size(); i-- > 0;)
            if (i < self->connections_.size()) self->connections_[i]->tick(now);
        self->tick();
    });
}

void Loop::flush_soon(std::shared_ptr<Exchange> exchange) {
    bool is_first = to_flush_.with([&](auto& waiting) {
        waiting.push_back(std::move(exchange));
        return waiting.size() == 1;
    });
    if (!is_first || is_stopped_) return;
    boost::asio::post(io, [self = shared_from_this()] {
        std::vector<std::shared_ptr<Exchange>> due;
        self->to_flush_.with([&](auto& waiting) { due.swap(waiting); });
        for (auto& one : due) one->flush();
    });
}

std::string_view Loop::date_field() {
    int64_t second = ::time(nullptr);
    if (second != date_second_) {
        date_second_ = second;
        time_t time = second;
        tm utc{};
        gmtime_r(&time, &utc);
        char text[64];
        date_.assign(text, strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc));
    }
    return date_;
}

// ---- Server

namespace {

std::string address_text(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET)
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
    else
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
    return text;
}

/// An exclusively bound, listening socket: without SO_REUSEPORT a second server on the address fails here instead of
/// sharing it.
Result<int> listen_on(const std::string& address, uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    std::string where = address + ":" + std::to_string(port);
    int status = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (status != 0)
        return fail(Code::invalid,
                    "cannot listen on " + where + ": the address does not resolve; give an address of this machine",
                    gai_strerror(status));
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
    int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fail(Code::unavailable, "cannot open a socket", strerror(errno));
    int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd, found->ai_addr, found->ai_addrlen) < 0 || ::listen(fd, 4096) < 0) {
        int why = errno;
        ::close(fd);
        if (why == EADDRINUSE)
            return fail(Code::conflict,
                        where + " is in use by another program; stop it, or choose another port with --listen");
        return fail(Code::invalid,
                    "cannot listen on " + where + ": " + strerror(why) + "; choose another address with --listen");
    }
    return fd;
}

Result<std::shared_ptr<SSL_CTX>> tls_context(const std::string& certificate, const std::string& key) {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    auto reason = [] { return std::string(ERR_reason_error_string(ERR_get_error()) ?: "unreadable"); };
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
        return fail(Code::invalid, "cannot use the certificate in " + certificate + ": it must be a readable PEM chain",
                    reason());
    if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
        return fail(Code::invalid,
                    "cannot use the key in " + key + ": it must be a readable PEM key of that certificate", reason());
    return context;
}

/// Every connection is a file descriptor, and so is every proxied one: what the host allows is asked for.
void raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Server::Running {
    ServerCore core;
    std::vector<std::shared_ptr<Loop>> loops;
    std::unique_ptr<boost::asio::posix::stream_descriptor> listener;
    uint16_t port = 0;
    size_t next_loop = 0;
    std::unique_ptr<boost::asio::steady_timer> accept_pause;

    void accept_soon() {
        listener->async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
            if (error || !listener->is_open()) return;
            bool has_files = accept_all();
            if (has_files) return accept_soon();
            telemetry::log(telemetry::Level::error, "http_out_of_files",
                           {{"advice", "raise RLIMIT_NOFILE (ulimit -n), or lower connections_max"}});
            accept_pause->expires_after(std::chrono::seconds(1));  // the backlog would wake us at once
            accept_pause->async_wait([this](boost::system::error_code cancelled) {
                if (!cancelled && listener->is_open()) accept_soon();
            });
        });
    }

    /// False when the process has no file descriptor left.
    bool accept_all() {
        constexpr int accepted_per_turn_max = 64;  // then the clients that are here get their turn
        for (int i = 0; i < accepted_per_turn_max; ++i) {
            sockaddr_storage from{};
            socklen_t size = sizeof from;
            int fd = ::accept4(listener->native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) return errno != EMFILE && errno != ENFILE;
            bool has_room = core.connections.change(
                [&](int& count) { return count < core.options.limits.connections_max ? ++count > 0 : false; });
            if (!has_room) {
                telemetry::counter("http_connections_refused_total",
                                   "Connections closed at accept because there were too many.")
                    .add();
                ::close(fd);
                continue;
            }
            auto& loop = loops[next_loop++ % loops.size()];
            loop->run([loop, fd, address = address_text(from)]() mutable { loop->adopt(fd, std::move(address)); });
        }
        return true;
    }

    void stop_accepting() {
        boost::asio::post(loops[0]->io, [this] {
            boost::system::error_code ignored;
            if (!listener->is_open()) return;
            accept_all();  // who is in the backlog was promised an answer
            listener->close(ignored);
            accept_pause->cancel();
        });
    }
};

Server::Server(std::unique_ptr<Running> running) : running_(std::move(running)) {}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler& handler, Workers& workers,
                                              Ingress* ingress) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
    raise_file_limit();
    std::shared_ptr<SSL_CTX> tls;
    if (!options.tls_certificate_file.empty())
        tls = TRY(tls_context(options.tls_certificate_file, options.tls_key_file));
    int fd = TRY(listen_on(options.address, options.port));
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
    int loops = std::max(1, options.loops);
    std::unique_ptr<Running> running(new Running{.core = {.options = std::move(options),
                                                          .handler = handler,
                                                          .workers = workers,
                                                          .ingress = ingress,
                                                          .tls{std::move(tls)}}});
    running->port = ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(bound).sin_port
                                                     : reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
    for (int i = 0; i < loops; ++i) running->loops.push_back(std::make_shared<Loop>(running->core));
    running->listener = std::make_unique<boost::asio::posix::stream_descriptor>(running->loops[0]->io, fd);
    running->accept_pause = std::make_unique<boost::asio::steady_timer>(running->loops[0]->io);
    running->accept_soon();
    for (auto& loop : running->loops) loop->start();
    return std::unique_ptr<Server>(new Server(std::move(running)));
}

Server::~Server() {
    running_->core.is_draining = true;
    running_->stop_accepting();
    for (auto& loop : running_->loops) loop->stop();
}

uint16_t Server::port() const { return running_->port; }
std::string Server::url() const {
    const ServerOptions& options = running_->core.options;
    bool is_v6 = options.address.find(':') != std::string::npos;
    return std::string(options.tls_certificate_file.empty() ? "http://" : "https://") +
           (is_v6 ? "[" + options.address + "]" : options.address) + ":" + std::to_string(port());
}
Result<void> Server::reload_tls() {
    const ServerOptions& options = running_->core.options;
    if (options.tls_certificate_file.empty()) return {};
    auto context = TRY(tls_context(options.tls_certificate_file, options.tls_key_file));
    running_->core.tls.with([&](auto& current) { current = std::move(context); });
    return {};
}
int Server::connections() const {
    return running_->core.connections.with([](int count) { return count; });
}

bool Server::drain(int64_t ms) {
    running_->core.is_draining = true;
    running_->stop_accepting();
    for (auto& loop : running_->loops) boost::asio::post(loop->io, [loop] { loop->drain(); });
    return running_->core.connections.wait_until(
        std::chrono::steady_clock::now() + std::chrono::milliseconds(ms), [](int count) { return count == 0; },
        [](int) {});
}

}  // namespace ry::http
