#include "kernel/store/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace ry::store {
namespace {

constexpr int64_t connect_ms_max = 2'000;
constexpr int reconnect_pause_ms = 100;
/// An idle connection is asked for a sign of life, so that a peer that vanished is noticed.
constexpr int idle_ms_max = 30'000;
constexpr int64_t answer_ms_max = 5'000;

constexpr Statement alive_statement{"store.alive", "select 1", {}, nullptr};

}  // namespace

Listener::Listener(Login login) : login_(std::move(login)), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

Listener::~Listener() {
    state_.with([](State& state) { state.is_stopping = true; });
    eventfd_write(wake_fd_, 1);
    thread_.join();
    close(wake_fd_);
}

void Listener::listen(std::string channel, std::function<void(const Notification&)> f) {
    for (char c : channel) ENSURE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
    auto ear = std::make_shared<Ear>(Ear{std::move(channel), std::move(f)});
    state_.with([&](State& state) { state.ears.push_back(std::move(ear)); });
    eventfd_write(wake_fd_, 1);
}

bool Listener::is_stopping() {
    return state_.with([](State& state) { return state.is_stopping; });
}

std::vector<std::shared_ptr<Listener::Ear>> Listener::ears() {
    return state_.with([](State& state) { return state.ears; });
}

void Listener::run() {
    while (!is_stopping()) {
        if (!ears().empty() && connect()) {
            start_listening();
            hear_notifications();
            if (connection_->is_lost()) connection_.reset();
        }
        sleep();
    }
}

bool Listener::connect() {
    if (connection_) return true;
    auto opened = Connection::open(login_, {}, Deadline::in_ms(connect_ms_max));
    if (!opened) return false;
    connection_ = std::move(*opened);
    for (auto& ear : ears()) ear->is_listening = false;
    return true;
}

void Listener::start_listening() {
    for (auto& ear : ears()) {
        if (ear->is_listening) continue;
        std::string text = "listen " + ear->channel;
        Statement statement{"store.listen", text, {}, nullptr};
        connection_->send(statement, {});
        if (!connection_->finish(Deadline::in_ms(answer_ms_max), {})) return;
        ear->is_listening = true;
        ear->hear({.payload = {}, .resync = true});
    }
}

void Listener::hear_notifications() {
    connection_->receive();
    while (auto heard = connection_->next_notification())
        for (auto& ear : ears())
            if (ear->channel == heard->first && ear->is_listening) ear->hear({.payload = heard->second});
}

void Listener::sleep() {
    bool is_away = !connection_ && !ears().empty();
    pollfd fds[] = {{wake_fd_, POLLIN, 0}, {connection_ ? connection_->socket() : -1, POLLIN, 0}};
    int woken = poll(fds, 2, is_away ? reconnect_pause_ms : connection_ ? idle_ms_max : -1);
    eventfd_t drained;
    eventfd_read(wake_fd_, &drained);
    if (woken > 0 || !connection_) return;
    connection_->send(alive_statement, {});
    if (!connection_->finish(Deadline::in_ms(answer_ms_max), {})) connection_.reset();
}

}  // namespace ry::store
