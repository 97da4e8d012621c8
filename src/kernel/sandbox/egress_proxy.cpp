#include "kernel/sandbox/egress_proxy.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

#include "base/time.h"
#include "kernel/sandbox/proxy_request.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::sandbox {
namespace {

constexpr int connections_max = 64;                    // npm opens up to 50 at once
constexpr size_t head_bytes_max = 16 * 1024;           // of a request
constexpr int64_t bytes_max = int64_t{4} << 30;        // of one connection, both ways together
constexpr int64_t idle_ms_max = 120'000;
constexpr int64_t head_ms_max = 30'000;
constexpr int64_t connect_ms_max = 10'000;             // for each address
constexpr size_t buffer_bytes = 64 * 1024;             // for each direction

void count_refusal() {
    static auto& refusals = telemetry::counter("sandbox_egress_refusals_total", "Connections that sandboxes asked for and did not get");
    refusals.add();
}

/// Waits for `events` on `fd`; false when `stop` was raised, or after `ms`.
bool wait_for(int fd, short events, int stop, int64_t ms) {
    pollfd waits[] = {{fd, events, 0}, {stop, POLLIN, 0}};
    int ready = 0;
    do ready = poll(waits, 2, static_cast<int>(ms));
    while (ready < 0 && errno == EINTR);
    return ready > 0 && waits[1].revents == 0;
}

bool send_all(int fd, std::string_view bytes, int stop) {
    while (!bytes.empty()) {
        ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0)
            bytes.remove_prefix(static_cast<size_t>(sent));
        else if (errno != EAGAIN || !wait_for(fd, POLLOUT, stop, idle_ms_max))
            return false;
    }
    return true;
}

/// Reads up to the blank line that ends an HTTP head. `rest` gets what came behind it. Absent when the peer stops first.
std::optional<std::string> read_head(int fd, int stop, std::string& rest) {
    std::string head;
    const int64_t until_ms = steady_ms() + head_ms_max;
    while (head.size() < head_bytes_max) {
        if (!wait_for(fd, POLLIN, stop, std::max<int64_t>(until_ms - steady_ms(), 0))) return {};
        char buffer[4096];
        ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got <= 0) return {};
        head.append(buffer, static_cast<size_t>(got));
        size_t end = head.find("\r\n\r\n");
        if (end == head.npos) continue;
        rest = head.substr(end + 4);
        head.resize(end + 4);
        return head;
    }
    return {};
}

Result<std::vector<Address>> resolve(const HostPort& target) {
    addrinfo hints{.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (literal_address(target)) hints.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    int rc = getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &list);
    if (rc != 0) return fail(Code::unavailable, target.host + " cannot be resolved; check the name", gai_strerror(rc));
    std::vector<Address> addresses;
    for (const addrinfo* each = list; each; each = each->ai_next) {
        Address address;
        memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.size = each->ai_addrlen;
        addresses.push_back(address);
    }
    freeaddrinfo(list);
    return addresses;
}

Result<Descriptor> connect_to(const Address& address, const HostPort& target, int stop) {
    Descriptor socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    auto failed = [&](int error) { return fail(Code::unavailable, target.text() + " cannot be reached; try again later", std::strerror(error)); };
    if (!socket) return failed(errno);
    if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return socket;
    if (errno != EINPROGRESS) return failed(errno);
    if (!wait_for(socket.get(), POLLOUT, stop, connect_ms_max)) return failed(ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return failed(error);
    return socket;
}

/// Connects to the first address that answers. `checked`: only to addresses that the rules allow.
Result<Descriptor> dial(const HostPort& target, const EgressRules& rules, bool checked, int stop) {
    std::optional<Error> last;
    for (const Address& address : TRY(resolve(target))) {
        auto allowed = checked ? rules.may_connect(target, address) : Result<void>();
        auto connected = allowed ? connect_to(address, target, stop) : Result<Descriptor>(allowed.error());
        if (connected) return connected;
        last = connected.error();
    }
    return last.value_or(fail(Code::unavailable, target.host + " has no address"));
}

/// A tunnel to `target` through the host's own proxy, by CONNECT also for plain HTTP: inside a tunnel a client cannot
/// ask the upstream proxy for a second host.
Result<Descriptor> dial_upstream(const HostPort& target, const EgressRules& rules, int stop) {
    if (auto literal = literal_address(target)) TRY(rules.may_connect(target, *literal));
    Descriptor socket = TRY(dial(rules.upstream->at, rules, false, stop));
    std::string request = "CONNECT " + target.text() + " HTTP/1.1\r\nHost: " + target.text() + "\r\n";
    if (!rules.upstream->authorization.empty()) request += "Proxy-Authorization: " + rules.upstream->authorization + "\r\n";
    std::string rest;
    std::optional<std::string> answer;
    if (send_all(socket.get(), request + "\r\n", stop)) answer = read_head(socket.get(), stop, rest);
    bool ok = answer && answer->starts_with("HTTP/1.") && answer->size() > 12 && answer->substr(9, 3) == "200" && rest.empty();
    if (!ok) return fail(Code::unavailable, "the host's own proxy refused " + target.text(), answer.value_or("no answer"));
    return socket;
}

/// One direction of a tunnel.
struct Flow {
    int from, to;
    std::array<char, buffer_bytes> buffer;
    size_t begin = 0, end = 0;
    bool closed = false;  ///< `from` has ended and all of it was passed on

    bool empty() const { return begin == end; }
    /// Moves what can be moved now; the bytes read, or -1 when the connection broke.
    int64_t move() {
        int64_t read = 0;
        if (empty() && !closed) {
            ssize_t got = recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got < 0 && errno != EAGAIN) return -1;
            if (got == 0) {
                closed = true;
                shutdown(to, SHUT_WR);
            }
            begin = 0;
            end = static_cast<size_t>(std::max<ssize_t>(got, 0));
            read = static_cast<int64_t>(end);
        }
        if (empty()) return read;
        ssize_t sent = send(to, buffer.data() + begin, end - begin, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) return -1;
        begin += static_cast<size_t>(std::max<ssize_t>(sent, 0));
        return read;
    }
};

/// Carries bytes both ways until both sides have ended, one broke, or a limit is reached.
void tunnel(int client, int server, int stop) {
    auto up = std::make_unique<Flow>(Flow{.from = client, .to = server}), down = std::make_unique<Flow>(Flow{.from = server, .to = client});
    auto wants = [](const Flow& reads, const Flow& writes) {
        return static_cast<short>((reads.empty() && !reads.closed ? POLLIN : 0) | (writes.empty() ? 0 : POLLOUT));
    };
    for (int64_t carried = 0; carried < bytes_max && !(up->closed && down->closed);) {
        short client_wants = wants(*up, *down), server_wants = wants(*down, *up);
        pollfd waits[] = {{client_wants ? client : -1, client_wants, 0}, {server_wants ? server : -1, server_wants, 0}, {stop, POLLIN, 0}};
        int ready = poll(waits, 3, idle_ms_max);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0 || waits[2].revents) return;
        int64_t sent_up = up->move(), sent_down = down->move();
        if (sent_up < 0 || sent_down < 0) return;
        carried += sent_up + sent_down;
    }
}

void refuse(int client, const Error& error, int stop) {
    count_refusal();
    telemetry::log(telemetry::Level::info, "sandbox_egress_refused", {{"why", error.message}, {"cause", error.cause}});
    const char* status = error.code == Code::forbidden ? "403 Forbidden" : error.code == Code::invalid ? "400 Bad Request" : "502 Bad Gateway";
    std::string body = "egress: " + error.message + "\n";
    send_all(client, std::string("HTTP/1.1 ") + status + "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
                         "\r\nConnection: close\r\n\r\n" + body, stop);
}

Result<void> serve(int client, const EgressRules& rules, int stop) {
    std::string rest;
    auto head = read_head(client, stop, rest);
    if (!head) return {};
    ProxyRequest asked = TRY(parse_proxy_request(*head));
    TRY(rules.may_ask_for(asked.target));
    Descriptor server = rules.goes_through_upstream(asked.target) ? TRY(dial_upstream(asked.target, rules, stop))
                                                                  : TRY(dial(asked.target, rules, true, stop));
    if (asked.is_connect) {
        if (!send_all(client, "HTTP/1.1 200 Connection established\r\n\r\n", stop)) return {};
    }
    if (send_all(server.get(), asked.head_for_server + rest, stop)) tunnel(client, server.get(), stop);
    return {};
}

}  // namespace

struct EgressProxy::Service {
    Descriptor listener;
    EgressRules rules;
    Descriptor stop{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  // raised once, never lowered
    std::atomic<int> connections = 0;
    std::thread acceptor;

    static void accept_all(const std::shared_ptr<Service>& self) {
        while (wait_for(self->listener.get(), POLLIN, self->stop.get(), -1)) {
            Descriptor client(accept4(self->listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client) continue;
            if (self->connections >= connections_max || !start_serving(self, client))
                refuse(client.get(), fail(Code::unavailable, "too many connections at once; close some"), self->stop.get());
        }
    }

    /// On a thread that nobody joins, because it may wait for the resolver; it owns all that it touches. Takes `client`;
    /// false, and `client` stays, when the host has no thread left.
    static bool start_serving(const std::shared_ptr<Service>& self, Descriptor& client) {
        auto socket = std::make_shared<Descriptor>(std::move(client));
        ++self->connections;
        try {
            std::thread([self, socket] {
                auto served = serve(socket->get(), self->rules, self->stop.get());
                if (!served) refuse(socket->get(), served.error(), self->stop.get());
                --self->connections;
            }).detach();
            return true;
        } catch (const std::system_error&) {
            --self->connections;
            client = std::move(*socket);
            return false;
        }
    }
};

EgressProxy::EgressProxy(Descriptor listener, EgressRules rules) : service_(std::make_shared<Service>()) {
    fcntl(listener.get(), F_SETFL, O_NONBLOCK);
    service_->listener = std::move(listener);
    service_->rules = std::move(rules);
    service_->acceptor = std::thread(Service::accept_all, service_);
}

EgressProxy::~EgressProxy() {
    eventfd_write(service_->stop.get(), 1);
    service_->acceptor.join();
}

}  // namespace ry::sandbox
