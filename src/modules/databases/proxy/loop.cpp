#include "modules/databases/proxy/loop.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/check.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::databases {
namespace {

constexpr int tick_ms = 100;
constexpr int events_per_turn_max = 256;
constexpr int accepted_per_turn_max = 64;  // then the clients that are here have their turn

std::string address_text(const sockaddr_storage& address) {
    if (address.ss_family == AF_UNIX) return "local";
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET)
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
    else
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
    return text;
}

}  // namespace

Loop::Loop(Shared& shared)
    : shared_(shared), epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    ENSURE(epoll_ && wake_);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    ENSURE(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
    thread_ = std::thread([this] { run(); });
}

Loop::~Loop() {
    post([this] {
        cut();
        is_stopping_ = true;
    });
    thread_.join();
    posted_.with([](auto& posted) { posted.clear(); });
}

void Loop::post(std::move_only_function<void()> f) {
    bool is_first = posted_.with([&](auto& posted) {
        posted.push_back(std::move(f));
        return posted.size() == 1;
    });
    if (is_first) ::eventfd_write(wake_.get(), 1);
}

void Loop::run_posted() {
    eventfd_t count;
    ::eventfd_read(wake_.get(), &count);
    std::vector<std::move_only_function<void()>> due;
    posted_.with([&](auto& posted) { due.swap(posted); });
    for (auto& f : due) f();
}

void Loop::run() {
    std::array<epoll_event, events_per_turn_max> events;
    while (!is_stopping_) {
        int count = ::epoll_wait(epoll_.get(), events.data(), int(events.size()), tick_ms);
        for (int i = 0; i < count; ++i) {
            void* to = events[size_t(i)].data.ptr;
            if (!to)
                run_posted();
            else if (to == &listener_)
                accept_some();
            else
                static_cast<Socket*>(to)->owner().ready(*static_cast<Socket*>(to), events[size_t(i)].events);
        }
        ended_.clear();
        if (steady_ms() - ticked_at_ms_ >= tick_ms) tick();
    }
    ended_.clear();
}

void Loop::tick() {
    ticked_at_ms_ = steady_ms();
    if (listener_ && !is_accepting_) watch_listener(true);
    for (auto next = sessions_.begin(); next != sessions_.end();) {
        ProxySession* session = (next++)->first;  // it may remove itself
        session->tick(ticked_at_ms_);
    }
}

// ---- clients

void Loop::accept_from(Descriptor listener, std::move_only_function<Loop&()> next_loop) {
    post([this, listener = std::move(listener), next_loop = std::move(next_loop)]() mutable {
        listener_ = std::move(listener);
        next_loop_ = std::move(next_loop);
        watch_listener(true);
    });
}

void Loop::watch_listener(bool is_watched) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &listener_}};
    ::epoll_ctl(epoll_.get(), is_watched ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener_.get(), &event);
    is_accepting_ = is_watched;
}

void Loop::accept_some() {
    for (int i = 0; i < accepted_per_turn_max && listener_; ++i) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        Descriptor client(
            ::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!client) {
            if (errno != EMFILE && errno != ENFILE) return;
            telemetry::log(telemetry::Level::error, "database_proxy_out_of_files",
                           {{"advice", "raise RLIMIT_NOFILE (ulimit -n), or lower connections_max"}});
            return watch_listener(false);  // until the next tick: the backlog would wake us at once
        }
        bool has_room = shared_.counts.with([&](Counts& counts) {
            bool has = counts.sockets - counts.connections < shared_.options.limits.starting_max;
            counts.sockets += has;
            return has;
        });
        if (!has_room) {
            telemetry::counter("database_proxy_overrun_total",
                               "Clients closed at accept because too many were starting.")
                .add();
            continue;
        }
        tune(client.get());
        next_loop_().adopt(std::move(client), address_text(from));
    }
}

void Loop::stop_accepting() { listener_.reset(); }

void Loop::adopt(Descriptor client, std::string address) {
    post([this, client = std::move(client), address = std::move(address)]() mutable {
        auto session = std::make_shared<ProxySession>(*this, std::move(client), std::move(address));
        sessions_[session.get()] = session;
        session->start();
    });
}

void Loop::remove(ProxySession& session) {
    auto found = sessions_.find(&session);
    ended_.push_back(std::move(found->second));
    sessions_.erase(found);
}

void Loop::drain() {
    for (auto next = sessions_.begin(); next != sessions_.end();) (next++)->first->drain();
}

void Loop::cut() {
    while (!sessions_.empty()) sessions_.begin()->first->end();
}

}  // namespace ry::databases
