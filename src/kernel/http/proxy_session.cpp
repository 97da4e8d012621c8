#include "kernel/http/proxy_session.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/text.h"
#include "base/time.h"
#include "kernel/http/connection.h"
#include "kernel/http/workers.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::http {

namespace {

constexpr size_t buffer_bytes_high = 64 * 1024;  ///< each way; then the sender waits for the receiver
constexpr int64_t answer_ms_max = 120'000;       ///< a dev server may compile before its first byte

/// Fields that belong to one connection, not to the message (RFC 9110 §7.6.1).
bool is_hop_by_hop(const Headers& headers, std::string_view name) {
    constexpr std::array<std::string_view, 9> always{
        "Connection", "Keep-Alive",        "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE",
        "Trailer",    "Transfer-Encoding", "Upgrade"};
    for (std::string_view known : always)
        if (equals_ignoring_case(name, known)) return true;
    return headers.lists("Connection", name);
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
}

void add_chunk(Output& output, std::string bytes) {
    char size[20];
    int length = snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    output.add(std::string(size, size_t(length)));
    output.add(std::move(bytes));
    output.add(std::string("\r\n"));
}

bool is_safe(Method method) { return method == Method::get || method == Method::head || method == Method::options; }

}  // namespace

Response Ingress::away_page(const Error& error) {
    std::string text;
    for (char c : error.message)
        text += c == '<' ? std::string("&lt;") : c == '&' ? std::string("&amp;") : std::string(1, c);
    Response page = text_response(error.code == Code::bug ? 502 : http_status(error.code), "text/html; charset=utf-8",
                                  "<!doctype html><meta charset=utf-8><title>Preview</title><body style=\"font:16px "
                                  "system-ui;margin:4rem auto;max-width:40rem\"><h1>The preview is away</h1><p>" +
                                      text + "</p>");
    page.headers.add("Cache-Control", "no-store");
    return page;
}

// ---- the request's way

void ProxySession::begin() {
    Request& request = client_.parser_->request();
    client_.parser_->set_body_bytes_max(SIZE_MAX);
    head_ = request;
    is_upgrade_ = request.headers.lists("Connection", "upgrade") && request.headers.has("Upgrade");
    has_answer_begun_ = is_head_sent_ = has_client_ended_ = false;
    injection_.reset();
    answer_.reset();
    if (client_.parser_->has_body() && client_.parser_->expects_continue())
        client_.output_.add(std::string("HTTP/1.1 100 Continue\r\n\r\n"));
    if (auto own = client_.core_.ingress->answer(head_)) return answer_with(*own);
    if (link_ && link_->of_host != head_.host()) drop_link();
    is_link_reused_ = link_ != nullptr;
    if (link_)
        send_head();
    else
        connect();
}

void ProxySession::connect() {
    state_ = State::connecting;
    auto client = client_.shared_from_this();
    bool was_taken = client_.core_.workers.submit(
        [client, ingress = client_.core_.ingress, loop = client_.loop_, head = head_]() mutable {
            auto made = std::make_shared<Result<Upstream>>(ingress->connect(head));
            loop->run([client = std::move(client), made] {
                bool is_awaited = client->proxy_ && client->proxy_->state_ == State::connecting;
                if (is_awaited)
                    client->proxy_->on_connected(std::move(*made));
                else if (*made)
                    ::close((*made)->fd);
            });
        });
    if (!was_taken) give_up(fail(Code::unavailable, "The server is busy; reload in a moment."));
}

void ProxySession::on_connected(Result<Upstream> made) {
    if (!made) {
        give_up(made.error());
        return client_.process_input();
    }
    ::fcntl(made->fd, F_SETFL, ::fcntl(made->fd, F_GETFL) | O_NONBLOCK);
    link_ = std::make_shared<Link>(client_.loop_->io, *std::move(made));
    link_->of_host = head_.host();
    send_head();
    client_.process_input();
    client_.wait_for_input();
}

bool ProxySession::wants_injection() const {
    return !link_->upstream.inject_into_head.empty() && head_.method == Method::get &&
           head_.headers.get("Accept").find("text/html") != std::string_view::npos;
}

std::string ProxySession::upstream_head() const {
    std::string head = head_.method_name + " " + head_.target + " HTTP/1.1\r\n";
    add_field(head, "Host", link_->upstream.host.empty() ? head_.host() : std::string_view(link_->upstream.host));
    for (const Header& field : head_.headers) {
        bool is_ours = equals_ignoring_case(field.name, "Host") || equals_ignoring_case(field.name, "Expect") ||
                       lower(field.name).starts_with("x-forwarded-");
        bool is_secret = equals_ignoring_case(field.name, "Authorization") &&
                         field.value.find("rmf_") != std::string::npos;  // our token is not the program's business
        bool is_replaced = wants_injection() && equals_ignoring_case(field.name, "Accept-Encoding");
        if (!is_ours && !is_secret && !is_replaced && !is_hop_by_hop(head_.headers, field.name))
            add_field(head, field.name, field.value);
    }
    if (wants_injection()) add_field(head, "Accept-Encoding", "identity");
    add_field(head, "X-Forwarded-For", head_.address);
    add_field(head, "X-Forwarded-Host", head_.host());
    add_field(head, "X-Forwarded-Proto", head_.is_secure ? "https" : "http");
    if (client_.parser_->is_chunked()) add_field(head, "Transfer-Encoding", "chunked");
    if (is_upgrade_) add_field(head, "Upgrade", head_.headers.get("Upgrade"));
    add_field(head, "Connection", is_upgrade_ ? "Upgrade" : "keep-alive");
    return head + "\r\n";
}

void ProxySession::send_head() {
    state_ = State::exchanging;
    answer_ = std::make_unique<ResponseParser>(head_.method == Method::head);
    answer_deadline_ms_ = steady_ms() + answer_ms_max;
    link_->output.add(upstream_head());
    flush_link();
    if (link_) wait_for_link();
}

bool ProxySession::wants_input() const {
    if (state_ == State::tunnelling) return link_->output.bytes() < buffer_bytes_high;
    if (state_ != State::exchanging) return true;  // into the connection's own bounded buffer
    return link_->output.bytes() < buffer_bytes_high;
}

void ProxySession::on_client_input() {
    if (state_ == State::tunnelling) {
        if (!wants_input() || client_.input_.empty()) return;
        link_->output.add(std::exchange(client_.input_, {}));
        flush_link();
    } else if (state_ == State::exchanging && wants_input()) {
        move_body();
    }
}

void ProxySession::move_body() {
    RequestParser& parser = *client_.parser_;
    if (parser.is_complete()) return;
    size_t taken = 0;
    auto step = parser.feed(client_.input_, taken);
    client_.input_.erase(0, taken);
    if (step == RequestParser::Step::refused) {
        drop_link();
        if (is_head_sent_) return client_.close();
        client_.refuse(parser.refusal().status, parser.refusal().detail);
        state_ = State::idle;
        return;
    }
    std::string body = std::exchange(parser.request().body, {});
    if (!body.empty() && parser.is_chunked())
        add_chunk(link_->output, std::move(body));
    else
        link_->output.add(std::move(body));
    if (parser.is_complete() && parser.is_chunked()) link_->output.add(std::string("0\r\n\r\n"));
    flush_link();
}

void ProxySession::flush_link() {
    auto link = link_;
    if (!link || link->is_writing || link->output.is_empty()) return;
    Io::State result = link->output.write_to(link->transport);
    if (result == Io::State::done) {
        if (has_client_ended_) client_.close();
        return;
    }
    if (result != Io::State::again) return on_link_end();
    link->is_writing = true;
    link->transport.when_writable([client = client_.shared_from_this(), this, link] {
        link->is_writing = false;
        if (link != link_) return;
        flush_link();
        if (client->state_ == Connection::State::proxying) client->process_input();
        client->wait_for_input();
    });
}

// ---- the answer's way

void ProxySession::wait_for_link() {
    auto link = link_;
    if (link->is_reading) return;
    link->is_reading = true;
    link->transport.when_readable([client = client_.shared_from_this(), this, link] {
        link->is_reading = false;
        if (link != link_) return;
        if (client_.output_.bytes() < buffer_bytes_high) on_link_readable();  // else on_client_drained() goes on
    });
}

void ProxySession::on_link_readable() {
    auto client = client_.shared_from_this();
    auto link = link_;
    std::span<char> buffer = client_.loop_->read_buffer;
    Io io = link->transport.read(buffer);
    if (io.state == Io::State::done) {
        link->input.append(buffer.data(), io.bytes);
        on_link_bytes();
    } else if (io.state != Io::State::again) {
        on_link_end();
    }
    client->flush();
    if (link == link_) wait_for_link();
}

void ProxySession::on_link_bytes() {
    if (state_ == State::tunnelling) {
        client_.output_.add(std::exchange(link_->input, {}));
        return;
    }
    if (state_ != State::exchanging) return drop_link();  // an answer that nobody asked for
    has_answer_begun_ = true;
    while (state_ == State::exchanging && link_) {
        size_t taken = 0;
        auto step = answer_->feed(link_->input, taken);
        link_->input.erase(0, taken);
        switch (step) {
            case ResponseParser::Step::needs_more:
                return move_answer();
            case ResponseParser::Step::failed:
                return link_failed("its answer is not HTTP");
            case ResponseParser::Step::head_done:
                begin_answer();
                break;
            case ResponseParser::Step::complete:
                return finish_answer();
        }
    }
    if (state_ == State::tunnelling && !link_->input.empty()) client_.output_.add(std::exchange(link_->input, {}));
}

void ProxySession::begin_answer() {
    int status = answer_->status();
    if (status / 100 == 1 && status != 101) {  // "100 Continue" was already said
        answer_ = std::make_unique<ResponseParser>(head_.method == Method::head);
        return;
    }
    answer_deadline_ms_ = 0;
    is_head_sent_ = true;
    const Headers& headers = answer_->headers();
    std::string_view encoding = headers.get("Content-Encoding");
    bool is_page = headers.get("Content-Type").starts_with("text/html") &&
                   (encoding.empty() || equals_ignoring_case(encoding, "identity"));
    if (wants_injection() && is_page && !answer_->has_no_body()) injection_.emplace(link_->upstream.inject_into_head);
    bool is_switching = status == 101 && is_upgrade_;
    bool keeps_length = answer_->content_length() && !injection_;
    is_chunked_to_client_ = !keeps_length && !answer_->has_no_body() && !client_.is_http_10_;
    if (!keeps_length && !answer_->has_no_body() && client_.is_http_10_) client_.is_keep_alive_ = false;
    if (client_.core_.is_draining) client_.is_keep_alive_ = false;

    std::string head = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
    for (const Header& field : headers) {
        bool is_length = equals_ignoring_case(field.name, "Content-Length");
        if (is_hop_by_hop(headers, field.name) || (is_length && injection_)) continue;
        add_field(head, field.name, field.value);
    }
    if (is_chunked_to_client_) add_field(head, "Transfer-Encoding", "chunked");
    if (is_switching) add_field(head, "Upgrade", headers.get("Upgrade"));
    if (is_switching)
        add_field(head, "Connection", "Upgrade");
    else if (!client_.is_keep_alive_)
        add_field(head, "Connection", "close");
    client_.output_.add(head + "\r\n");
    if (is_switching)
        state_ = State::tunnelling;
    else if (status == 101)
        link_failed("it switched protocols unasked");
}

void ProxySession::move_answer() {
    std::string bytes = answer_->take_body();
    if (injection_) bytes = injection_->pass(bytes);
    if (bytes.empty()) return;
    if (is_chunked_to_client_)
        add_chunk(client_.output_, std::move(bytes));
    else
        client_.output_.add(std::move(bytes));
}

void ProxySession::finish_answer() {
    move_answer();
    if (injection_) {
        std::string rest = injection_->finish();
        if (!rest.empty() && is_chunked_to_client_)
            add_chunk(client_.output_, std::move(rest));
        else
            client_.output_.add(std::move(rest));
    }
    if (is_chunked_to_client_) client_.output_.add(std::string("0\r\n\r\n"));
    bool is_request_sent = client_.parser_->is_complete() || !client_.parser_->has_body();
    bool is_link_clean =
        answer_->is_keep_alive() && is_request_sent && link_->input.empty() && link_->output.is_empty();
    if (!is_link_clean) drop_link();
    if (!is_request_sent) {
        client_.is_keep_alive_ = false;
        client_.lingers_ = true;
    }
    answer_.reset();
    state_ = State::idle;
    client_.end_of_answer();
    client_.process_input();
}

void ProxySession::on_link_end() {
    if (state_ == State::tunnelling) {
        drop_link();
        state_ = State::ended;
        client_.closes_after_output_ = true;
        return client_.flush();
    }
    if (state_ != State::exchanging) return drop_link();
    if (answer_->feed_end() == ResponseParser::Step::complete) return finish_answer();
    link_failed(has_answer_begun_ ? "it stopped in the middle of its answer"
                                  : "it closed the connection without an answer");
}

void ProxySession::link_failed(std::string what) {
    drop_link();
    bool can_repeat = is_link_reused_ && !has_answer_begun_ && is_safe(head_.method) && !client_.parser_->has_body();
    if (can_repeat) {  // the program closed an idle connection just as we used it
        is_link_reused_ = false;
        return connect();
    }
    if (is_head_sent_) return client_.close();
    give_up(
        fail(Code::bug, "The program behind this address did not answer: " + what + ". Look at the preview's log."));
    client_.process_input();
}

void ProxySession::give_up(const Error& error) {
    telemetry::counter("proxy_failures_total", "Requests to previews that got an error page.").add();
    drop_link();
    answer_with(client_.core_.ingress->away_page(error));
}

/// Answers without the program.
void ProxySession::answer_with(const Response& page) {
    state_ = State::idle;
    bool is_request_read = client_.parser_->is_complete() || !client_.parser_->has_body();
    if (!is_request_read) client_.is_keep_alive_ = false, client_.lingers_ = true;
    client_.write_head(page, "Content-Length: " + std::to_string(page.content().size()) + "\r\n");
    if (head_.method != Method::head) client_.output_.add(std::string(page.content()));
    client_.end_of_answer();
}

// ---- ends

void ProxySession::on_client_end() {
    if (state_ != State::tunnelling || link_->output.is_empty()) return client_.close();
    has_client_ended_ = true;  // what it sent last still goes out
}

void ProxySession::on_client_drained() {
    if (link_ && !link_->is_reading && (state_ == State::exchanging || state_ == State::tunnelling)) wait_for_link();
}

void ProxySession::tick(int64_t now_ms) {
    if (state_ == State::tunnelling) client_.core_.ingress->in_use(head_.host());
    if (state_ != State::exchanging || answer_deadline_ms_ == 0 || now_ms < answer_deadline_ms_) return;
    is_link_reused_ = false;
    link_failed("it took longer than " + std::to_string(answer_ms_max / 1000) + " seconds");
}

void ProxySession::drain() {
    if (state_ == State::tunnelling) client_.close();
}

void ProxySession::end() {
    drop_link();
    state_ = State::ended;
}

void ProxySession::drop_link() {
    if (link_) link_->transport.close();
    link_.reset();
}

}  // namespace ry::http
