#include "modules/databases/proxy/proxy.h"

#include <netdb.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/check.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/proxy/loop.h"

namespace ry::databases {
namespace {

/// Bound exclusively: a second server on the address fails here instead of sharing it.
Result<Descriptor> listen_on(const std::string& address, uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    std::string where = address + ":" + std::to_string(port);
    int status = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (status != 0)
        return fail(Code::invalid,
                    "the databases' port cannot be opened on " + where +
                        ": the address does not resolve; give an address of this machine",
                    gai_strerror(status));
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
    Descriptor listener(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!listener)
        return fail(Code::unavailable, "the databases' port cannot be opened: there is no socket for it",
                    std::strerror(errno));
    int on = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(listener.get(), found->ai_addr, found->ai_addrlen) == 0 && ::listen(listener.get(), 4096) == 0)
        return listener;
    if (errno == EADDRINUSE)
        return fail(Code::conflict,
                    where + " is in use by another program; stop it, or choose another port for databases");
    return fail(Code::invalid, "the databases' port cannot be opened on " + where + ": " + std::strerror(errno) +
                                   "; choose another address");
}

uint16_t port_of(const Descriptor& listener) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    return ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(bound).sin_port
                                            : reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
}

/// Every session is two descriptors: what the host allows is asked for.
void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string random_key() {
    std::string key(32, '\0');
    ENSURE(RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), int(key.size())) == 1);
    return key;
}

}  // namespace

struct Proxy::Running {
    Shared shared;
    uint16_t port = 0;
    size_t next_loop = 0;  ///< of the first loop's thread
    std::vector<std::unique_ptr<Loop>> loops = {};

    void stop_accepting() {
        loops[0]->post([loop = loops[0].get()] { loop->stop_accepting(); });
    }
    ~Running() {
        shared.is_draining = true;
        if (loops.empty()) return;
        stop_accepting();
        for (auto& loop : loops) loop->post([one = loop.get()] { one->cut(); });
        shared.openings.close();  // what runs there was told to stop by cut()
        loops.clear();
    }
};

Proxy::Proxy(std::unique_ptr<Running> running) : running_(std::move(running)) {}
Proxy::~Proxy() = default;

Result<std::unique_ptr<Proxy>> Proxy::start(ProxyOptions options, Directory& directory) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
    raise_file_limit();
    std::shared_ptr<ssl_ctx_st> tls;
    if (!options.tls_certificate_file.empty())
        tls = TRY(tls_context(options.tls_certificate_file, options.tls_key_file));
    if (!tls && options.is_tls_required)
        return fail(
            Code::invalid,
            "TLS is required of databases' clients, and there is no certificate; set a certificate and its key");
    Descriptor listener = TRY(listen_on(options.address, options.port));
    int loops = std::max(1, options.loops);
    std::unique_ptr<Running> running(new Running{
        .shared = {
            .options = std::move(options), .directory = directory, .tls{std::move(tls)}, .mock_key = random_key()}});
    running->port = port_of(listener);
    for (int i = 0; i < loops; ++i) running->loops.push_back(std::make_unique<Loop>(running->shared));
    running->loops[0]->accept_from(std::move(listener), [raw = running.get()]() -> Loop& {
        return *raw->loops[raw->next_loop++ % raw->loops.size()];
    });
    return std::unique_ptr<Proxy>(new Proxy(std::move(running)));
}

uint16_t Proxy::port() const { return running_->port; }

int Proxy::connections() const {
    return running_->shared.counts.with([](const Counts& counts) { return counts.connections; });
}

Result<void> Proxy::reload_tls() {
    const ProxyOptions& options = running_->shared.options;
    if (options.tls_certificate_file.empty()) return {};
    auto fresh = TRY(tls_context(options.tls_certificate_file, options.tls_key_file));
    running_->shared.tls.with([&](auto& now) { now = std::move(fresh); });
    return {};
}

bool Proxy::drain(int64_t ms) {
    running_->shared.is_draining = true;
    running_->stop_accepting();
    for (auto& loop : running_->loops) loop->post([one = loop.get()] { one->drain(); });
    return running_->shared.counts.wait_until(
        std::chrono::steady_clock::now() + std::chrono::milliseconds(ms),
        [](const Counts& counts) { return counts.sockets == 0; }, [](Counts&) {});
}

}  // namespace ry::databases
