#include "modules/databases/proxy/session.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/epoll.h>

#include "kernel/telemetry/telemetry.h"
#include "modules/databases/proxy/loop.h"
#include "modules/databases/proxy/on_worker.h"

namespace ry::databases {
namespace {

constexpr size_t message_bytes_max = 8 * 1024;     // a password, or a message of SCRAM
constexpr size_t to_client_bytes_max = 64 * 1024;  // parameters and notices of a backend
constexpr size_t discarded_bytes_max = 1024 * 1024;
constexpr int64_t close_ms_max = 2'000;  // for a client to read why
constexpr unsigned char tls_handshake_byte = 0x16;

std::string hmac(std::string_view key, std::string_view text) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), int(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         out, &size);
    return {reinterpret_cast<const char*>(out), size};
}

}  // namespace

ProxySession::ProxySession(Loop& loop, Descriptor client, std::string address)
    : loop_(loop),
      deadline_ms_(steady_ms() + loop.shared().options.limits.login_ms_max),
      started_ms_(steady_ms()),
      client_(loop.epoll(), *this),
      backend_(loop.epoll(), *this),
      address_(std::move(address)),
      frame_(false, loop.shared().options.limits.start_up_bytes_max) {
    client_.adopt(std::move(client));
}

void ProxySession::start() { client_.watch(EPOLLIN); }

bool ProxySession::is_local() const { return address_.starts_with("127.") || address_ == "::1" || address_ == "local"; }

Op ProxySession::op(int64_t ms) const {
    Op op;
    op.actor = {.kind = ActorKind::server, .address = address_};
    op.request_id = uuid_text(new_uuid());
    op.deadline = Deadline::in_ms(ms);
    op.stop = stop_.get_token();
    return op;
}

// ---- what happens

void ProxySession::ready(Socket& socket, uint32_t events) {
    if (step_ == Step::ended) return;
    if (step_ == Step::relaying) return relayed(relay_->pump(socket, events, loop_.buffer()));
    if (&socket == &client_)
        client_ready(events);
    else
        backend_ready(events);
}

void ProxySession::client_ready(uint32_t events) {
    switch (step_) {
        case Step::start_up:
        case Step::proving:
            if (events & EPOLLOUT) flush_client();
            return read_client();
        case Step::tls:
            return shake_hands();
        case Step::closing:
            if (events & EPOLLOUT) flush_client();
            return discard();
        case Step::cancelling:  // the request goes on without its sender
            return client_.watch(0);
        default:
            if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) return end();
            return flush_client();
    }
}

void ProxySession::tick(int64_t now_ms) {
    if (step_ == Step::ended) return;
    std::string why = target_ && target_->must_end ? target_->must_end() : "";
    if (!why.empty()) return end_because(why, now_ms);
    if (step_ == Step::relaying) return;
    if (now_ms < deadline_ms_) {
        bool waits_for_room = !backend_.is_open() && (step_ == Step::connecting || step_ == Step::cancelling);
        if (waits_for_room) connect();
        return;
    }
    switch (step_) {
        case Step::proving:
            return refuse("57014", "no password arrived in time; connect again, and send it at once");
        case Step::asking:
        case Step::opening:
        case Step::connecting:
        case Step::entering:
            return refuse("57P03", "the database \"" + wanted_.database.text() +
                                       "\" did not start in time; try again, or see why: ramify db logs");
        default:
            return end();
    }
}

void ProxySession::drain() {
    bool has_begun = step_ == Step::start_up || step_ == Step::tls;
    if (has_begun && frame_.is_empty()) return end();
    if (step_ == Step::relaying || step_ == Step::cancelling || step_ == Step::closing) return;
    refuse("57P01", "the server is stopping; connect again in a moment");
}

// ---- the client's start-up

void ProxySession::read_client() {
    while (step_ == Step::start_up || step_ == Step::proving) {
        if (begins_with_tls()) return shake_hands();
        Io got = client_.read(loop_.buffer().first(std::min(frame_.missing(), loop_.buffer().size())));
        if (got.state == Io::State::again) return client_.watch(EPOLLIN | (to_client_.empty() ? 0u : EPOLLOUT));
        if (got.state != Io::State::done) return end();
        if (auto added = frame_.add({loop_.buffer().data(), got.bytes}); !added)
            return refuse("08P01", added.error().message);
        if (!frame_.is_complete()) continue;
        if (step_ == Step::start_up)
            take_start_up();
        else
            take_proof();
    }
}

void ProxySession::take_start_up() {
    auto read = parse_start_up(frame_.body());
    frame_.clear();
    if (!read) return refuse("08P01", read.error().message);
    switch (read->kind) {
        case StartUp::Kind::gss_request:
            return send("N");
        case StartUp::Kind::ssl_request:
            return answer_ssl_request();
        case StartUp::Kind::cancel:
            return begin_cancel(read->cancel);
        case StartUp::Kind::session:
            return begin_session(*std::move(read));
    }
}

/// A driver of PostgreSQL 17 may say the first words of TLS without asking.
bool ProxySession::begins_with_tls() {
    if (step_ != Step::start_up || !frame_.is_empty() || client_.has_tls()) return false;
    auto tls = loop_.shared().tls_now();
    if (!tls || client_.peek() != tls_handshake_byte) return false;
    client_.start_tls(tls.get());
    return true;
}

void ProxySession::answer_ssl_request() {
    auto tls = client_.has_tls() ? nullptr : loop_.shared().tls_now();
    send(tls ? "S" : "N");
    if (!tls || step_ == Step::ended) return;
    client_.start_tls(tls.get());  // what came in clear behind the request is no handshake, and fails
    shake_hands();
}

void ProxySession::shake_hands() {
    step_ = Step::tls;
    Io result = client_.handshake();
    if (result.state == Io::State::again) return;
    if (result.state != Io::State::done) return end();
    step_ = Step::start_up;
    read_client();
}

void ProxySession::begin_session(StartUp start_up) {
    const ProxyOptions& options = loop_.shared().options;
    if (start_up.minor > 0 || !start_up.protocol_options.empty())
        send(negotiate_protocol_version(start_up.protocol_options));
    if (loop_.shared().is_draining) return refuse("57P01", "the server is stopping; connect again in a moment");
    if (options.is_tls_required && !client_.has_tls() && !is_local())
        return refuse("28000", "this server takes TLS connections only; connect with sslmode=require");
    int connections = loop_.shared().counts.with([](const Counts& counts) { return counts.connections; });
    if (connections >= options.limits.connections_max)
        return refuse("53300", "the server has no room for further connections; close some, or try again later");
    wanted_.user = start_up.parameter("user");
    wanted_.application_name = start_up.parameter("application_name");
    wanted_.address = address_;
    std::string_view name = start_up.parameter("database");
    auto database = parse_database_name(name.empty() ? wanted_.user : name);
    if (!database) return refuse("3D000", database.error().message);
    wanted_.database = *std::move(database);
    parameters_ = std::move(start_up.parameters);
    frame_ = Frame(true, message_bytes_max);
    step_ = Step::asking;
    on_worker<Login>([&directory = loop_.shared().directory, op = op(options.limits.login_ms_max),
                      wanted = wanted_] { return directory.login(op, wanted); },
                     &ProxySession::asked);
}

/// What a stranger is asked about a database that does not exist: the same each time, as for one that does.
ScramVerifier ProxySession::mock_verifier() const {
    std::string about = wanted_.user + '\0' + wanted_.database.text();
    const std::string& key = loop_.shared().mock_key;
    return {hmac(key, about).substr(0, 16), scram_iterations, hmac(key, "stored" + about), hmac(key, "server" + about)};
}

void ProxySession::asked(Result<Login> login) {
    if (!login && login.error().code == Code::not_found && !is_local()) login = Login{mock_verifier()};
    if (!login) return refuse(login.error());
    step_ = Step::proving;
    if (login->verifier) {
        scram_.emplace(*std::move(login->verifier), client_.channel_binding());
        send(authentication(Authentication::sasl, scram_->mechanisms() + '\0'));
    } else if (client_.has_tls() || is_local()) {
        send(authentication(Authentication::cleartext));
    } else {
        return refuse("28000", "a token is taken over TLS only; connect with sslmode=require");
    }
    read_client();
}

std::string ProxySession::wrong_password() const {
    std::string text = "the password of user \"" + wanted_.user + "\" is wrong";
    if (!is_local()) text += ", or there is no database \"" + wanted_.database.text() + "\"";
    return text + "; the right connection string is printed by: ramify db dsn " + wanted_.database.text() +
           ", and with an API token as the password the user is \"" + std::string(token_user) + "\"";
}

void ProxySession::take_proof() {
    if (frame_.type() == 'X') return end();
    if (frame_.type() != 'p') return refuse("08P01", "a password was expected, and a message of another kind came");
    if (scram_)
        take_scram(*scram_);
    else
        proved(Secret(std::string(BodyReader(frame_.body()).text())));
    frame_.clear();
}

void ProxySession::take_scram(ScramServer& scram) {
    auto explained = [&](const Error& error) {
        if (error.code == Code::unauthenticated) return refuse("28P01", wrong_password());
        refuse(error.code == Code::forbidden ? "28000" : "08P01", error.message);
    };
    if (!is_challenged_) {
        BodyReader body(frame_.body());
        std::string_view mechanism = body.text();
        std::string_view first = body.bytes(body.integer());
        if (body.is_bad() || !body.rest().empty()) return refuse("08P01", "the first message of SCRAM is malformed");
        auto challenge = scram.first(mechanism, first);
        if (!challenge) return explained(challenge.error());
        is_challenged_ = true;
        return send(authentication(Authentication::sasl_continue, *challenge));
    }
    auto answer = scram.final(frame_.body());
    if (!answer) return explained(answer.error());
    send(authentication(Authentication::sasl_final, *answer) + authentication(Authentication::ok));
    proved(scram.keys());
}

void ProxySession::proved(Proof proof) {
    if (step_ != Step::proving) return;
    const ProxyLimits& limits = loop_.shared().options.limits;
    step_ = Step::opening;
    deadline_ms_ = steady_ms() + limits.open_ms_max;
    client_.watch(EPOLLRDHUP | (to_client_.empty() ? 0u : EPOLLOUT));
    on_worker<Target>([&directory = loop_.shared().directory, op = op(limits.open_ms_max), wanted = wanted_,
                       proof = std::move(proof)] { return directory.open(op, wanted, proof); },
                      &ProxySession::opened);
}

void ProxySession::opened(Result<Target> target) {
    if (!target) return refuse(target.error());
    if (!scram_) send(authentication(Authentication::ok));
    const ProxyLimits& limits = loop_.shared().options.limits;
    std::string_view full = loop_.shared().counts.with([&](Counts& counts) -> std::string_view {
        int& of_organization = counts.of_organization[target->organization];
        if (counts.connections >= limits.connections_max) return "the server";
        if (of_organization >= limits.connections_per_organization_max) return "the organization";
        ++counts.connections;
        ++of_organization;
        return {};
    });
    if (!full.empty())
        return refuse("53300",
                      std::string(full) + " has no room for further connections; close some, or try again later");
    is_counted_ = true;
    target_ = *std::move(target);
    if (!target_->warning.empty()) send(warning(target_->warning));
    backend_address_ = target_->address;
    login_.emplace(*target_, std::move(parameters_));
    step_ = Step::connecting;
    connect();
}

// ---- ends

void ProxySession::send(std::string_view bytes) {
    if (step_ == Step::ended) return;
    to_client_ += bytes;
    if (to_client_.size() > to_client_bytes_max) return end();  // it does not read its own start-up
    flush_client();
}

void ProxySession::flush_client() {
    while (!to_client_.empty()) {
        Io sent = client_.write(to_client_);
        if (sent.state == Io::State::again) break;
        if (sent.state != Io::State::done) return end();
        to_client_.erase(0, sent.bytes);
    }
    bool reads = step_ == Step::start_up || step_ == Step::proving || step_ == Step::closing;
    client_.watch((reads ? EPOLLIN : EPOLLRDHUP) | (to_client_.empty() ? 0u : EPOLLOUT));
    if (step_ == Step::closing && to_client_.empty()) client_.shutdown_write();
}

void ProxySession::refuse(std::string_view sql_state, std::string_view text) {
    telemetry::counter("database_proxy_refused_total", "Clients that were sent away, by SQLSTATE.", "sql_state",
                       sql_state)
        .add();
    telemetry::log(telemetry::Level::debug, "database_proxy_refused",
                   {{"address", address_},
                    {"database", wanted_.database.text()},
                    {"sql_state", std::string(sql_state)},
                    {"message", std::string(text)}});
    if (step_ == Step::tls || step_ == Step::ended) return end();
    to_client_ += fatal(sql_state, text);
    close_softly();
}

/// The client gets what is left for it and the end of the stream, and time to read both: closing a socket that has
/// something unread would destroy them.
void ProxySession::close_softly() {
    stop_.request_stop();
    release();
    step_ = Step::closing;
    deadline_ms_ = steady_ms() + close_ms_max;
    flush_client();
}

void ProxySession::discard() {
    while (step_ == Step::closing) {
        Io got = client_.read(loop_.buffer());
        if (got.state == Io::State::again) return;
        discarded_ += got.bytes;
        if (got.state != Io::State::done || discarded_ > discarded_bytes_max) return end();
    }
}

/// Gives back what the database side of the session holds.
void ProxySession::release() {
    backend_.close();
    relay_.reset();
    if (cancel_key_) loop_.shared().cancel_keys.with([&](auto& keys) { keys.erase(*cancel_key_); });
    cancel_key_.reset();
    if (is_counted_)
        loop_.shared().counts.change([&](Counts& counts) {
            --counts.connections;
            auto of_organization = counts.of_organization.find(target_->organization);
            if (--of_organization->second == 0) counts.of_organization.erase(of_organization);
        });
    is_counted_ = false;
    target_.reset();
}

void ProxySession::end() {
    if (step_ == Step::ended) return;
    step_ = Step::ended;
    stop_.request_stop();
    release();
    client_.close();
    loop_.shared().counts.change([](Counts& counts) { --counts.sockets; });
    loop_.remove(*this);
}

}  // namespace ry::databases
