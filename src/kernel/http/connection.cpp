#include "kernel/http/connection.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "kernel/http/proxy_session.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::http {

namespace {

constexpr size_t input_bytes_max = 64 * 1024;     ///< read ahead of a running answer
constexpr size_t output_bytes_high = 256 * 1024;  ///< pipelined requests wait while more than this is unsent
constexpr int64_t linger_ms = 2'000;
constexpr int notsent_bytes =
    16 * 1024;  ///< a stream's unsent bytes in the kernel; without it a slow reader holds megabytes

}  // namespace

// ---- Exchange

void Exchange::respond(Response response) {
    if (was_answered_.exchange(true)) return;
    loop_->run([self = shared_from_this(), response = std::move(response)]() mutable {
        if (self->connection_) self->connection_->answer(std::move(response));
    });
}

void Exchange::start_stream(Response head, StreamOptions options) {
    if (was_answered_.exchange(true)) return;
    loop_->run([self = shared_from_this(), head = std::move(head), options]() mutable {
        if (self->connection_) self->connection_->begin_stream(std::move(head), options);
    });
}

template <class Bytes>
bool Exchange::queue(Bytes bytes, size_t size) {
    enum class Outcome { refused, queued, flush_needed, overflowed };
    Outcome outcome = stream_.with([&](Stream& stream) {
        if (stream.is_ended || stream.is_closed) return Outcome::refused;
        if (stream.bytes > 0 &&
            stream.bytes + size > stream_bytes_max_) {  // alone, any frame fits: or its reader came back to it for ever
            stream.is_closed = true;
            return Outcome::overflowed;
        }
        stream.bytes += size;
        stream.queued.add(std::move(bytes));
        return std::exchange(stream.is_flush_due, true) ? Outcome::queued : Outcome::flush_needed;
    });
    if (outcome == Outcome::flush_needed || outcome == Outcome::overflowed) loop_->flush_soon(shared_from_this());
    return outcome == Outcome::queued || outcome == Outcome::flush_needed;
}

bool Exchange::write(std::string_view bytes) { return queue(std::string(bytes), bytes.size()); }
bool Exchange::write(SharedBytes bytes) {
    size_t size = bytes->size();
    return queue(std::move(bytes), size);
}

void Exchange::end() {
    bool is_first = stream_.with([](Stream& stream) {
        return !std::exchange(stream.is_ended, true) && !std::exchange(stream.is_flush_due, true);
    });
    if (is_first) loop_->flush_soon(shared_from_this());
}

bool Exchange::is_open() const {
    return stream_.with([](const Stream& stream) { return !stream.is_ended && !stream.is_closed; });
}

size_t Exchange::room() const {
    return stream_.with([&](const Stream& stream) {
        return stream.is_closed ? 0 : stream_bytes_max_ - std::min(stream.bytes, stream_bytes_max_);
    });
}

void Exchange::when_room(std::move_only_function<void()> f) {
    bool waits = stream_.with([&](Stream& stream) {
        if (stream.is_closed || stream.bytes < stream_bytes_max_ / 2) return false;
        stream.on_room.push_back(std::move(f));
        return true;
    });
    if (!waits) boost::asio::post(loop_->io, std::move(f));
}

void Exchange::on_end(std::move_only_function<void()> f) {
    bool waits = stream_.with([&](Stream& stream) {
        if (stream.is_closed) return false;
        stream.on_end.push_back(std::move(f));
        return true;
    });
    if (!waits) boost::asio::post(loop_->io, std::move(f));
}

void Exchange::flush() {
    bool has_overflowed = stream_.with([](Stream& stream) {
        stream.is_flush_due = false;
        return stream.is_closed;
    });
    if (!connection_) return;
    if (has_overflowed) {
        telemetry::counter("http_streams_overflowed_total", "Followers disconnected because they read too slowly.")
            .add();
        connection_->close();
    } else {
        connection_->flush_stream();
    }
}

Exchange::Taken Exchange::take(Output& output, bool is_chunked) {
    return stream_.with([&](Stream& stream) {
        size_t size = stream.queued.bytes();
        if (size > 0) {
            char head[20];
            if (is_chunked) output.add(std::string(head, size_t(snprintf(head, sizeof head, "%zx\r\n", size))));
            output.add(std::exchange(stream.queued, {}));
            if (is_chunked) output.add(std::string("\r\n"));
        }
        return Taken{size, stream.is_ended};
    });
}

void Exchange::wrote(size_t bytes) {
    std::vector<std::move_only_function<void()>> told;
    stream_.with([&](Stream& stream) {
        stream.bytes -= bytes;
        if (stream.bytes < stream_bytes_max_ / 2) told.swap(stream.on_room);
    });
    for (auto& f : told) f();
}

bool Exchange::has_queued() const {
    return stream_.with([](const Stream& stream) { return !stream.queued.is_empty() || stream.is_ended; });
}

void Exchange::detach(bool is_client_gone) {
    connection_ = nullptr;
    if (is_client_gone) gone_.request_stop();
    std::vector<std::move_only_function<void()>> told, ended;
    stream_.with([&](Stream& stream) {
        stream.is_closed = true;
        stream.queued = {};
        told.swap(stream.on_room);
        ended.swap(stream.on_end);
    });
    for (auto& f : told) f();
    for (auto& f : ended) f();
}

// ---- Connection

Connection::Connection(std::shared_ptr<Loop> loop, ServerCore& core, int fd, std::string address)
    : loop_(std::move(loop)),
      core_(core),
      transport_(loop_->io, fd, core.tls.with([](const auto& tls) { return tls; }).get()),
      address_(std::move(address)) {}

Connection::~Connection() = default;

int64_t Connection::now_ms() const { return steady_ms(); }

void Connection::start() {
    int on = 1;
    ::setsockopt(transport_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    deadline_ms_ =
        now_ms() + (transport_.is_tls() ? core_.options.limits.head_ms_max : core_.options.limits.idle_ms_max);
    wait_for_input();
}

bool Connection::wants_input() const {
    if (state_ == State::closed || has_input_ended_) return false;
    if (state_ == State::lingering) return true;
    if (state_ == State::proxying) return input_.size() < input_bytes_max && proxy_->wants_input();
    return input_.size() < input_bytes_max;
}

void Connection::wait_for_input() {
    if (is_reading_ || !wants_input()) return;
    is_reading_ = true;
    transport_.when_readable([self = shared_from_this()] {
        self->is_reading_ = false;
        self->on_readable();
    });
}

void Connection::on_readable() {
    while (wants_input()) {
        std::span<char> buffer = loop_->read_buffer;
        Io io = transport_.read(buffer);
        if (io.state == Io::State::again) break;
        if (io.state == Io::State::failed) return close();
        if (io.state == Io::State::closed) return on_input_end();
        if (state_ != State::lingering) input_.append(buffer.data(), io.bytes);
        process_input();
        bool may_have_more = io.bytes == buffer.size() || transport_.is_tls();
        if (!may_have_more) break;
    }
    wait_for_input();
}

void Connection::on_input_end() {
    has_input_ended_ = true;
    switch (state_) {
        case State::answering:  // a client that only closed its sending side still gets its answer
            is_keep_alive_ = false;
            exchange_->client_left();
            return;
        case State::proxying:
            return proxy_->on_client_end();
        case State::idle:
        case State::reading:
            if (!output_.is_empty()) {
                closes_after_output_ = true;
                return;
            }
            return close();
        default:
            return close();
    }
}

void Connection::process_input() {
    if (is_processing_) return;
    is_processing_ = true;
    for (;;) {
        if (state_ == State::proxying) proxy_->on_client_input();
        if ((state_ != State::idle && state_ != State::reading) || closes_after_output_) break;
        is_held_back_ = output_.bytes() > output_bytes_high;
        if (is_held_back_ || (!advance() && state_ != State::proxying)) break;
    }
    is_processing_ = false;
    flush();
}

bool Connection::advance() {
    if (state_ == State::idle) {
        while (input_.starts_with("\r\n")) input_.erase(0, 2);  // RFC 9112 §2.2
        if (input_.empty() || input_ == "\r") return false;
        parser_ = std::make_unique<RequestParser>(core_.options.limits);
        state_ = State::reading;
        deadline_ms_ = now_ms() + core_.options.limits.head_ms_max;
    }
    size_t taken = 0;
    auto step = parser_->feed(input_, taken);
    input_.erase(0, taken);
    switch (step) {
        case RequestParser::Step::needs_more:
            if (taken > 0) deadline_ms_ += int64_t(taken) * 1000 / 4096;
            return false;
        case RequestParser::Step::refused:
            refuse(parser_->refusal().status, parser_->refusal().detail);
            return false;
        case RequestParser::Step::head_done:
            return on_head();
        case RequestParser::Step::complete:
            dispatch();
            return true;
    }
    return false;
}

bool Connection::on_head() {
    Request& request = parser_->request();
    request.address = address_;
    request.is_secure = transport_.is_tls();
    is_http_10_ = request.version < 11;
    is_head_request_ = request.method == Method::head;
    is_keep_alive_ = request.keep_alive && !core_.is_draining;
    if (core_.ingress && core_.ingress->owns_host(request.host())) {
        state_ = State::proxying;
        deadline_ms_ = 0;
        if (!proxy_) proxy_ = std::make_unique<ProxySession>(*this);
        proxy_->begin();
        return false;
    }
    size_t body_bytes_max = core_.handler.body_bytes_max(request);
    parser_->set_body_bytes_max(body_bytes_max);
    if (parser_->content_length().value_or(0) > body_bytes_max) {
        refuse(413, "the body has more than " + std::to_string(body_bytes_max) + " bytes");
        return false;
    }
    if (request.headers.has("Expect") && !parser_->expects_continue()) {
        refuse(417, "the only expectation that is met here is 100-continue");
        return false;
    }
    if (parser_->has_body() && parser_->expects_continue() && input_.empty())
        output_.add(std::string("HTTP/1.1 100 Continue\r\n\r\n"));
    deadline_ms_ = now_ms() + core_.options.limits.body_ms_base;
    return true;
}

void Connection::dispatch() {
    Request request = std::move(parser_->request());
    parser_.reset();
    state_ = State::answering;
    deadline_ms_ = 0;
    exchange_ = std::make_shared<Exchange>(loop_, this, core_.options.limits.stream_buffer_bytes_max);
    core_.handler.handle(std::move(request), Responder(exchange_));
}

void Connection::refuse(int status, std::string_view detail) {
    telemetry::counter("http_requests_refused_total", "Requests refused before they reached a route.", "status",
                       std::to_string(status))
        .add();
    is_keep_alive_ = false;
    lingers_ = true;
    Code code = status == 413 ? Code::too_large : status == 408 ? Code::timed_out : Code::invalid;
    Response response = problem_response(fail(code, std::string(detail)), "", status);
    write_head(response, "Content-Length: " + std::to_string(response.body.size()) + "\r\n");
    output_.add(std::move(response.body));
    end_of_answer();
}

void Connection::write_head(const Response& response, std::string_view framing) {
    std::string head;
    head.reserve(512);
    head += "HTTP/1.1 ";
    head += std::to_string(response.status);
    head += ' ';
    head += reason_of(response.status);
    head += "\r\n";
    head += loop_->date_field();
    for (const Header& field : response.headers) {
        head += field.name;
        head += ": ";
        for (char c : field.value) head += c == '\r' || c == '\n' ? ' ' : c;
        head += "\r\n";
    }
    head += framing;
    if (!is_keep_alive_) head += "Connection: close\r\n";
    head += "\r\n";
    output_.add(std::move(head));
}

void Connection::answer(Response response) {
    if (state_ != State::answering) return;
    if (core_.is_draining) is_keep_alive_ = false;
    bool has_no_content = response.status == 204 || response.status == 304;
    write_head(response, has_no_content ? std::string()
                                        : "Content-Length: " + std::to_string(response.content().size()) + "\r\n");
    if (!is_head_request_ && !has_no_content) {
        if (response.constant_body.empty())
            output_.add(std::move(response.body));
        else
            output_.add_constant(response.constant_body);
    }
    exchange_->detach(false);
    exchange_.reset();
    end_of_answer();
    process_input();
}

void Connection::end_of_answer() {
    parser_.reset();
    if (!is_keep_alive_) closes_after_output_ = true;
    state_ = State::idle;
    deadline_ms_ = now_ms() + core_.options.limits.idle_ms_max;
}

void Connection::begin_stream(Response head, StreamOptions options) {
    if (state_ != State::answering) return;
    if (has_input_ended_) return close();
    if (core_.is_draining || is_http_10_) is_keep_alive_ = false;
    write_head(head, is_http_10_ ? "" : "Transfer-Encoding: chunked\r\n");
    state_ = State::streaming;
    stream_ = options;
    ::setsockopt(transport_.fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &notsent_bytes, sizeof notsent_bytes);
    std::string().swap(input_);
    last_write_ms_ = now_ms();
    if (is_head_request_) return end_of_stream();
    if (core_.is_draining) exchange_->write(stream_.farewell), exchange_->end();
    flush_stream();
}

void Connection::flush_stream() {
    if (state_ != State::streaming) return;
    if (!output_.is_empty()) {
        flush();
        if (state_ != State::streaming || !output_.is_empty()) return;
    }
    Exchange::Taken taken = exchange_->take(output_, !is_http_10_);
    stream_bytes_out_ = taken.bytes;
    if (taken.is_ended) {
        if (!is_http_10_) output_.add(std::string("0\r\n\r\n"));
        return end_of_stream();
    }
    if (!output_.is_empty()) flush();
}

void Connection::end_of_stream() {
    exchange_->detach(false);
    exchange_.reset();
    stream_bytes_out_ = 0;
    end_of_answer();
    process_input();
    wait_for_input();
}

void Connection::flush() {
    if (state_ == State::closed || is_writing_) return;
    if (output_.is_empty()) return on_flushed();
    size_t before = output_.bytes();
    Io::State result = output_.write_to(transport_);
    if (output_.bytes() != before) last_write_ms_ = now_ms(), write_deadline_ms_ = 0;
    if (result == Io::State::done) return on_flushed();
    if (result != Io::State::again) return close();
    if (write_deadline_ms_ == 0) write_deadline_ms_ = now_ms() + core_.options.limits.write_ms_max;
    is_writing_ = true;
    transport_.when_writable([self = shared_from_this()] {
        self->is_writing_ = false;
        self->flush();
    });
}

void Connection::on_flushed() {
    write_deadline_ms_ = 0;
    if (closes_after_output_) return close_gently();
    if (state_ == State::streaming) {
        size_t bytes = std::exchange(stream_bytes_out_, 0);
        if (bytes > 0) exchange_->wrote(bytes);
        if (state_ == State::streaming && exchange_->has_queued()) flush_stream();
        return;
    }
    if (state_ == State::proxying) return proxy_->on_client_drained();
    if (std::exchange(is_held_back_, false)) process_input();
    if (state_ == State::idle && input_.empty()) std::string().swap(input_);
    wait_for_input();
}

void Connection::close_gently() {
    if (!lingers_ || has_input_ended_) return close();
    transport_.shutdown_write();
    state_ = State::lingering;
    deadline_ms_ = now_ms() + linger_ms;
    closes_after_output_ = false;
    std::string().swap(input_);
    wait_for_input();
}

void Connection::close() {
    if (state_ == State::closed) return;
    auto self = shared_from_this();
    state_ = State::closed;
    if (exchange_) exchange_->detach(true);
    exchange_.reset();
    if (proxy_) proxy_->end();
    transport_.close();
    loop_->remove(*this);
}

void Connection::tick(int64_t now) {
    if (state_ == State::proxying) proxy_->tick(now);
    if (state_ == State::closed) return;
    if (write_deadline_ms_ != 0 && now > write_deadline_ms_) return close();
    if (deadline_ms_ != 0 && now > deadline_ms_) {
        if (state_ != State::reading) return close();
        refuse(408, "the request took too long to arrive");
        return flush();
    }
    bool is_silent =
        state_ == State::streaming && output_.is_empty() && now - last_write_ms_ >= core_.options.limits.heartbeat_ms;
    if (is_silent && !stream_.heartbeat.empty()) {
        last_write_ms_ = now;
        exchange_->write(stream_.heartbeat);
    }
}

void Connection::drain() {
    if (state_ == State::proxying) proxy_->drain();
    if (state_ == State::closed) return;
    if (state_ == State::streaming) {
        is_keep_alive_ = false;
        if (!stream_.farewell.empty()) exchange_->write(stream_.farewell);
        exchange_->end();
        return;
    }
    is_keep_alive_ = false;
    if (state_ == State::idle) on_readable();  // a request that is already here is still answered
    if (state_ == State::idle && !closes_after_output_) close();
}

}  // namespace ry::http
