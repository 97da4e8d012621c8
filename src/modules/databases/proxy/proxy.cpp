#include "modules/databases/proxy/proxy.h"

#include <netdb.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

/// For every account of this machine: whoever connects must prove a password.
Result<Descriptor> listen_in(const std::string& dir) {
    std::string path = dir + "/.s.PGSQL.5432";
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.size() >= sizeof address.sun_path)
        return fail(Code::invalid, "the data directory's path is too long for the databases' socket " + path + "; choose a shorter one");
    path.copy(address.sun_path, path.size());
    Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::mkdir(dir.c_str(), 0711);
    ::unlink(path.c_str());  // of the process before
    bool is_bound = listener && ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (is_bound && ::chmod(path.c_str(), 0666) == 0 && ::listen(listener.get(), 4096) == 0) return listener;
    return fail(Code::unavailable, "the databases' socket cannot be opened at " + path + "; see to the rights and room of the data directory", std::strerror(errno));
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
    std::atomic<size_t> next_loop = 0;
    std::vector<std::unique_ptr<Loop>> loops = {};

    void stop_accepting() {
        for (auto& loop : loops) loop->post([one = loop.get()] { one->stop_accepting(); });
    }
    Loop& loop_of_next() { return *loops[next_loop++ % loops.size()]; }
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
    Descriptor local = options.socket_dir.empty() ? Descriptor() : TRY(listen_in(options.socket_dir));
    int loops = std::max(local ? 2 : 1, options.loops);  // a loop has one listener
    std::unique_ptr<Running> running(new Running{
        .shared = {
            .options = std::move(options), .directory = directory, .tls{std::move(tls)}, .mock_key = random_key()}});
    running->port = port_of(listener);
    for (int i = 0; i < loops; ++i) running->loops.push_back(std::make_unique<Loop>(running->shared));
    auto next_loop = [raw = running.get()]() -> Loop& { return raw->loop_of_next(); };
    running->loops[0]->accept_from(std::move(listener), next_loop);
    if (local) running->loops[1]->accept_from(std::move(local), next_loop);
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
