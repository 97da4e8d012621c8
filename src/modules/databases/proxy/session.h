#pragma once
// Inside: one client, from its first byte to its last. Everything runs on its loop's thread but the questions to the
// Directory, which run on workers and come back as posts.
//
//     start_up ─▶ tls ─▶ start_up ─▶ asking ─▶ proving ─▶ opening ─▶ connecting ─▶ entering ─▶ relaying ─▶ closing ─▶
//     ended
//         └─ a cancel request ─▶ cancelling ─▶ ended                  (any step can end with an ErrorResponse: closing)
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "modules/databases/proxy/backend_login.h"
#include "modules/databases/proxy/proxy.h"
#include "modules/databases/proxy/relay.h"
#include "modules/databases/proxy/socket.h"
#include "modules/databases/proxy/wire.h"

namespace ry::databases {

class Loop;

class ProxySession : public std::enable_shared_from_this<ProxySession> {
public:
    ProxySession(Loop& loop, Descriptor client, std::string address);

    void start();
    void ready(Socket& socket, uint32_t events);
    void tick(int64_t now_ms);
    void drain();  ///< sends it away, unless it has reached its database
    void end();    ///< closes everything now

private:
    enum class Step {
        start_up,
        tls,
        asking,
        proving,
        opening,
        connecting,
        entering,
        relaying,
        cancelling,
        closing,
        ended
    };

    Loop& loop_;
    Step step_ = Step::start_up;
    int64_t deadline_ms_, started_ms_;
    Socket client_, backend_;
    std::string address_;
    bool is_counted_ = false;  ///< as a connection
    Frame frame_;              ///< of the client
    std::string to_client_;
    size_t discarded_ = 0;
    std::stop_source stop_;

    Wanted wanted_;
    Parameters parameters_;
    std::optional<ScramServer> scram_;
    bool is_challenged_ = false;

    std::optional<Target> target_;
    BackendAddress backend_address_;
    bool is_dialing_ = false;  ///< a worker makes the backend's socket
    bool has_begun_ = false;   ///< the backend has the start-up packet
    std::optional<BackendLogin> login_;
    std::optional<Frame> backend_frame_;
    std::string to_backend_;
    std::optional<CancelKey> cancel_key_;  ///< the one that the client has, or wants cancelled
    bool was_refused_ = false;             ///< by the backend, in its own words
    std::optional<Relay> relay_;

    // the client's start-up (session.cpp)
    void client_ready(uint32_t events);
    void read_client();
    void take_start_up();
    bool begins_with_tls();
    void answer_ssl_request();
    void shake_hands();
    void begin_session(StartUp start_up);
    void asked(Result<Login> login);
    void take_proof();
    void take_scram(ScramServer& scram);
    void proved(Proof proof);
    void opened(Result<Target> target);
    bool is_local() const;
    std::string wrong_password() const;
    ScramVerifier mock_verifier() const;

    // the backend (session_backend.cpp)
    void connect();
    void dialed(Result<Dialed> dialed);
    void connected();
    void refuse_without_backend(const std::string& reason);
    void backend_ready(uint32_t events);
    void read_backend();
    void take_backend_step(BackendLogin::Step step);
    void send_to_backend(std::string_view bytes);
    void derived(Result<ScramKeys> keys);
    void give_cancel_key(CancelKey of_backend);
    void begin_cancel(const CancelKey& key);
    void relayed(Relay::State state);
    void end_because(const std::string& why, int64_t now_ms);

    // ends (session.cpp)
    void send(std::string_view bytes);
    void flush_client();
    void refuse(std::string_view sql_state, std::string_view text);
    void refuse(const Error& error) { refuse(sql_state_of(error), error.message); }
    void close_softly();
    void release();
    void discard();

    Op op(int64_t ms) const;
    /// Runs `f` on a worker and `then` with its result on the loop, unless the session has ended.
    template <class T>
    void on_worker(std::move_only_function<Result<T>()> f, void (ProxySession::*then)(Result<T>));
};

}  // namespace ry::databases
