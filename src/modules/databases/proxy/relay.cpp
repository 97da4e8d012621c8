#include "modules/databases/proxy/relay.h"

#include <sys/epoll.h>

#include <algorithm>

namespace ry::databases {
namespace {

constexpr int reads_per_turn_max = 16;  // 1 MiB; then others have their turn

}  // namespace

/// True when all of `bytes` was taken.
bool Relay::send(Way& way, std::string_view bytes) {
    while (!bytes.empty()) {
        Io sent = way.to.write(bytes);
        if (sent.state != Io::State::done) {
            way.has_failed = sent.state != Io::State::again;
            way.waiting = way.has_failed ? "" : std::string(bytes);
            return false;
        }
        way.bytes += sent.bytes;
        bytes.remove_prefix(sent.bytes);
    }
    return true;
}

void Relay::end(Way& way) {
    way.has_ended = true;
    way.to.shutdown_write();
}

void Relay::carry(Way& way, std::span<char> buffer) {
    if (!way.waiting.empty() && !send(way, std::exchange(way.waiting, {}))) return;
    for (int i = 0; i < reads_per_turn_max && !way.has_ended && !way.has_failed; ++i) {
        std::span<char> room = buffer;
        if (way.last_words) room = buffer.first(std::min(buffer.size(), size_t(way.message_ends->missing())));
        if (room.empty()) return say_last_words(way);
        Io got = way.from.read(room);
        if (got.state == Io::State::again) return;
        way.was_cut = got.state == Io::State::failed;
        if (got.state != Io::State::done) return end(way);
        if (way.message_ends) way.message_ends->add({room.data(), got.bytes});
        if (!send(way, {room.data(), got.bytes})) return;
        if (got.bytes < room.size() && !way.from.has_tls()) return;  // the socket is empty, most likely
    }
}

void Relay::say_last_words(Way& way) {
    way.has_ended = true;
    send(way, *way.last_words);
}

Relay::State Relay::end_with(std::string last_words, std::span<char> buffer) {
    to_backend_.has_ended = true;
    to_backend_.waiting.clear();
    to_client_.last_words = std::move(last_words);
    carry(to_client_, buffer);
    return watch();
}

Relay::State Relay::pump(std::span<char> buffer) {
    carry(to_backend_, buffer);
    carry(to_client_, buffer);
    return watch();
}

Relay::State Relay::pump(const Socket& ready, uint32_t events, std::span<char> buffer) {
    bool is_client = &ready == &to_backend_.from;
    if (is_client && events & EPOLLERR) return State::client_gone;
    if (ready.has_tls()) return pump(buffer);  // either direction may have waited for this
    uint32_t from = EPOLLIN | EPOLLHUP | EPOLLERR;
    if (events & (is_client ? from : EPOLLOUT)) carry(to_backend_, buffer);
    if (events & (is_client ? EPOLLOUT : from)) carry(to_client_, buffer);
    return watch();
}

Relay::State Relay::watch() {
    if (to_client_.has_failed || to_backend_.was_cut) return State::client_gone;
    if (to_client_.has_ended && to_client_.waiting.empty()) return State::backend_done;
    auto events = [](const Way& in, const Way& out) -> uint32_t {
        bool reads = !in.has_ended && !in.has_failed && in.waiting.empty();
        return (reads ? EPOLLIN : 0u) | (out.waiting.empty() ? 0u : EPOLLOUT);
    };
    // A client that vanishes is noticed while nothing else of it is waited for.
    to_backend_.from.watch(events(to_backend_, to_client_) | EPOLLERR);
    to_client_.from.watch(events(to_client_, to_backend_));
    return State::going;
}

}  // namespace ry::databases
