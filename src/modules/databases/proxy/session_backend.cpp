#include <openssl/rand.h>
#include <sys/epoll.h>

#include "base/check.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/proxy/loop.h"
#include "modules/databases/proxy/on_worker.h"
#include "modules/databases/proxy/session.h"

namespace ry::databases {
namespace {

constexpr size_t backend_message_bytes_max = 32 * 1024;
constexpr int64_t last_message_ms_max = 5'000;  // for a client to read what comes before why its session ends

}  // namespace

// ---- connecting

void ProxySession::connect() {
    if (auto* way = std::get_if<DialedAddress>(&backend_address_)) {
        if (std::exchange(is_dialing_, true)) return;
        return on_worker<Dialed>(
            [dial = way->dial, start_up = login_ ? login_->start_up() : std::string()] { return dial(start_up); },
            &ProxySession::dialed);
    }
    Connecting connecting = connect_to(backend_address_);
    switch (connecting.state) {
        case Connecting::State::busy:  // tick() tries again
            return;
        case Connecting::State::failed:
            return refuse_without_backend(connecting.reason);
        case Connecting::State::pending:
            backend_.adopt(std::move(connecting.descriptor));
            return backend_.watch(EPOLLOUT);
        case Connecting::State::done:
            backend_.adopt(std::move(connecting.descriptor));
            return connected();
    }
}

void ProxySession::dialed(Result<Dialed> dialed) {
    if (!dialed) return refuse_without_backend(dialed.error().message);
    tune(dialed->socket.get());
    backend_.adopt(std::move(dialed->socket));
    has_begun_ = dialed->has_begun;
    connected();
}

void ProxySession::refuse_without_backend(const std::string& reason) {
    if (step_ == Step::cancelling) return end();
    telemetry::log(telemetry::Level::warning, "database_proxy_no_backend",
                   {{"database", wanted_.database.text()}, {"reason", reason}});
    refuse("57P03",
           "the server of \"" + wanted_.database.text() + "\" does not answer; try again, or see why: ramify db logs");
}

void ProxySession::connected() {
    if (step_ == Step::cancelling) return send_to_backend({});
    backend_frame_.emplace(true, backend_message_bytes_max);
    step_ = Step::entering;
    send_to_backend(has_begun_ ? std::string() : login_->start_up());
}

void ProxySession::backend_ready(uint32_t events) {
    bool is_pending = step_ == Step::connecting || (step_ == Step::cancelling && events & (EPOLLERR | EPOLLHUP));
    if (is_pending) {
        std::string problem = connect_problem(backend_.descriptor());
        if (step_ != Step::cancelling && problem.empty()) return connected();
        return refuse_without_backend(problem);
    }
    if (events & EPOLLOUT) send_to_backend({});
    if (step_ == Step::entering) return read_backend();
    if (step_ != Step::cancelling) return;
    // The backend closes when the signal has been sent, and then the client may know.
    Io got = backend_.read(loop_.buffer());
    if (got.state != Io::State::again) end();
}

void ProxySession::send_to_backend(std::string_view bytes) {
    to_backend_ += bytes;
    while (!to_backend_.empty()) {
        Io sent = backend_.write(to_backend_);
        if (sent.state != Io::State::done) break;  // a failure shows itself at the next read
        to_backend_.erase(0, sent.bytes);
    }
    backend_.watch(EPOLLIN | (to_backend_.empty() ? 0u : EPOLLOUT));
}

// ---- the login

void ProxySession::read_backend() {
    while (step_ == Step::entering) {
        Io got = backend_.read(loop_.buffer().first(backend_frame_->missing()));
        if (got.state == Io::State::again) return;
        if (got.state != Io::State::done) {
            if (was_refused_) return close_softly();
            return refuse("57P03", "the server of \"" + wanted_.database.text() +
                                       "\" ended while the session began; try again, or see why: ramify db logs");
        }
        auto added = backend_frame_->add({loop_.buffer().data(), got.bytes});
        if (!added) return refuse("08P01", "the server of the database does not speak PostgreSQL's protocol");
        if (!backend_frame_->is_complete()) continue;
        auto step = login_->take(*backend_frame_);
        backend_frame_->clear();
        if (!step) {
            telemetry::log(telemetry::Level::warning, "database_proxy_backend_refused",
                           {{"database", wanted_.database.text()}, {"cause", step.error().cause}});
            return refuse(step.error());
        }
        take_backend_step(*std::move(step));
    }
}

void ProxySession::take_backend_step(BackendLogin::Step step) {
    was_refused_ |= step.has_refused;
    if (step.needs_keys)
        return on_worker<ScramKeys>(
            [password = target_->password, salt = login_->salt(), iterations = login_->iterations()]()
                -> Result<ScramKeys> { return scram_keys(password, salt, iterations); },
            &ProxySession::derived);
    if (!step.to_backend.empty()) send_to_backend(step.to_backend);
    if (step.cancel_key) give_cancel_key(*std::move(step.cancel_key));
    if (!step.is_ready) return send(step.to_client);
    to_client_ += step.to_client;
    step_ = Step::relaying;
    telemetry::histogram_ms("database_proxy_start_ms", "From a client's connection to its first ReadyForQuery.")
        .observe(double(steady_ms() - started_ms_));
    login_.reset();
    backend_frame_.reset();
    scram_.reset();
    relay_.emplace(client_, backend_, std::exchange(to_client_, {}), bool(target_->must_end));
    relayed(relay_->pump(loop_.buffer()));
}

void ProxySession::derived(Result<ScramKeys> keys) {
    if (!keys) return refuse(keys.error());
    send_to_backend(login_->answer(*keys));
    read_backend();
}

// ---- cancelling

/// The client's key has the backend's process, which SQL shows too, and a secret of ours: the same process may live in
/// two clusters.
void ProxySession::give_cancel_key(CancelKey of_backend) {
    CancelKey ours{.process = of_backend.process, .secret = std::string(4, '\0')};
    bool is_new = false;
    while (!is_new) {
        ENSURE(RAND_bytes(reinterpret_cast<unsigned char*>(ours.secret.data()), int(ours.secret.size())) == 1);
        is_new = loop_.shared().cancel_keys.with(
            [&](auto& keys) { return keys.try_emplace(ours, backend_address_, of_backend).second; });
    }
    cancel_key_ = ours;
    send(cancel_key_message(ours));
}

void ProxySession::begin_cancel(const CancelKey& key) {
    auto target = loop_.shared().cancel_keys.with([&](const auto& keys) -> std::optional<CancelTarget> {
        auto found = keys.find(key);
        if (found == keys.end()) return {};
        return found->second;
    });
    if (!target) return end();  // the session has ended; the protocol has no answer
    telemetry::counter("database_proxy_cancels_total", "Cancel requests that were passed on.").add();
    step_ = Step::cancelling;
    client_.watch(0);
    backend_address_ = std::move(target->address);
    to_backend_ = cancel_request(target->key);
    connect();
}

// ---- relaying

void ProxySession::relayed(Relay::State state) {
    if (state == Relay::State::client_gone) return end();
    if (state == Relay::State::backend_done) return close_softly();
}

/// The client is told between two messages of its backend. One that does not read so far is cut off.
void ProxySession::end_because(const std::string& why, int64_t now_ms) {
    if (step_ != Step::relaying) return refuse("57P01", why);
    if (relay_->is_ending()) return now_ms < deadline_ms_ ? void() : end();
    telemetry::log(telemetry::Level::info, "database_proxy_session_ended",
                   {{"address", address_}, {"database", wanted_.database.text()}, {"message", why}});
    deadline_ms_ = now_ms + last_message_ms_max;
    relayed(relay_->end_with(fatal("57P01", why), loop_.buffer()));
}

}  // namespace ry::databases
