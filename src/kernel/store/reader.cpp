#include "kernel/store/reader.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/store/sql_state.h"

namespace ry::store {
namespace {

/// Statements of one batch: enough to amortise the system calls, few enough that one slow statement holds up little.
constexpr size_t batch_requests_max = 128;
/// Batches under way, so that the server always has the next one while we read the last one's answers.
constexpr size_t batches_max = 4;
constexpr int64_t reconnect_pause_ms = 50;
constexpr int64_t connect_ms_max = 2'000;
/// The server ends a statement of the reader itself after 5 s; a connection without any answer for longer is given up.
/// Its statements are few and find their rows by index: planning each anew costs more than running it.
constexpr std::string_view settings = "-c default_transaction_read_only=on -c statement_timeout=5000 -c plan_cache_mode=force_generic_plan";
constexpr int64_t silence_ms_max = 10'000;

constexpr Statement tenant_statement{"store.tenant", "select set_config('ramify.organization_id', $1, true)", {}, nullptr};
enum Tag : uint64_t { tenant_tag, request_tag };

}  // namespace

Reader::Reader(Login login, const Limits& limits)
    : login_(std::move(login)), limits_(limits), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

Reader::~Reader() {
    waiting_.with([](Waiting& waiting) { waiting.is_stopping = true; });
    eventfd_write(wake_fd_, 1);
    thread_.join();
    close(wake_fd_);
}

void Reader::read(const ReadContext& context, const Statement& statement, Parameters parameters, std::function<void(Result<Rows>)> done) {
    if (parameters.has_zero_byte()) return done(fail(Code::invalid, "a text contains the character U+0000, which cannot be stored; remove it"));
    Request request{context, &statement, std::move(parameters), std::move(done), steady_ms()};
    bool is_accepted = waiting_.with([&](Waiting& waiting) {
        if (waiting.is_stopping || waiting.requests.size() >= limits_.reads_waiting_max) return false;
        waiting.requests.push_back(std::move(request));
        return true;
    });
    if (is_accepted) eventfd_write(wake_fd_, 1);
    else request.done(database_away("too many reads are waiting"));
}

void Reader::run() {
    while (take_waiting()) {
        if (connection_ || !ready_.empty()) work();
        bool can_send_more = connection_ && !ready_.empty() && batches_sent_ < batches_max;
        if (!can_send_more) sleep();
    }
    fail_all(database_away("the server is stopping"));
}

void Reader::work() {
    if (!connect()) return;
    send_batches();
    connection_->receive();
    while (auto answer = connection_->next()) handle(std::move(*answer));
    bool is_silent = !sent_.empty() && last_answer_ms_ + silence_ms_max < steady_ms();
    if (connection_->is_lost() || is_silent) handle_loss();
}

bool Reader::take_waiting() {
    eventfd_t drained;
    eventfd_read(wake_fd_, &drained);
    return waiting_.with([&](Waiting& waiting) {
        for (Request& request : waiting.requests) ready_.push_back(std::move(request));
        waiting.requests.clear();
        return !waiting.is_stopping;
    });
}

bool Reader::connect() {
    if (connection_) return true;
    auto opened = Connection::open(login_, settings, Deadline::in_ms(connect_ms_max));
    if (opened) {
        connection_ = std::move(*opened);
        last_answer_ms_ = steady_ms();
        return true;
    }
    // PostgreSQL may be restarting: requests wait a while, then learn that it is away.
    while (!ready_.empty() && ready_.front().since_ms + limits_.connection_wait_ms_max < steady_ms()) {
        ready_.front().done(opened.error());
        ready_.pop_front();
    }
    return false;
}

void Reader::send_batches() {
    while (!ready_.empty() && batches_sent_ < batches_max && !connection_->is_lost()) {
        OrganizationId organization;
        size_t in_batch = 0;
        bool is_alone = false;
        while (!ready_.empty() && in_batch < batch_requests_max && !is_alone && !(in_batch > 0 && ready_.front().is_alone)) {
            Request request = std::move(ready_.front());
            ready_.pop_front();
            is_alone = request.is_alone;
            ++in_batch;
            send(std::move(request), organization);
        }
        connection_->sync();
        ++batches_sent_;
    }
    connection_->flush();
}

void Reader::send(Request request, OrganizationId& batch_organization) {
    if (request.context.deadline.passed()) return request.done(fail(Code::timed_out, "the operation's deadline passed; try again, or ask for less"));
    if (sent_.empty()) last_answer_ms_ = steady_ms();
    if (request.context.organization != batch_organization) {
        batch_organization = request.context.organization;
        Parameters parameters;
        parameters.add(batch_organization);
        connection_->send(tenant_statement, parameters, tenant_tag);
    }
    connection_->send(*request.statement, request.parameters, request_tag);
    sent_.push_back(std::move(request));
}

void Reader::handle(Answer answer) {
    last_answer_ms_ = steady_ms();
    if (answer.kind == Answer::Kind::synced) {
        --batches_sent_;
        return;
    }
    if (answer.tag == tenant_tag) return;
    Request request = std::move(sent_.front());
    sent_.pop_front();
    switch (answer.kind) {
        case Answer::Kind::rows: return request.done(std::move(*answer.rows));
        case Answer::Kind::failed: return request.done(std::move(*answer.error));
        default:
            request.is_alone = true;
            ready_.push_back(std::move(request));
    }
}

/// What was sent and not answered is sent again on the next connection, once.
void Reader::handle_loss() {
    connection_.reset();
    batches_sent_ = 0;
    for (Request& request : sent_) {
        if (request.is_alone) {
            request.done(database_away("the connection broke twice"));
        } else {
            request.is_alone = true;
            ready_.push_back(std::move(request));
        }
    }
    sent_.clear();
}

void Reader::fail_all(const Error& error) {
    waiting_.with([&](Waiting& waiting) {
        for (Request& request : waiting.requests) ready_.push_back(std::move(request));
        waiting.requests.clear();
    });
    for (auto* requests : {&sent_, &ready_})
        for (Request& request : *requests) request.done(error);
}

void Reader::sleep() {
    pollfd fds[] = {{wake_fd_, POLLIN, 0}, {-1, 0, 0}};
    int timeout_ms = -1;
    if (connection_) fds[1] = {connection_->socket(), connection_->events(), 0};
    if (!sent_.empty()) timeout_ms = int(silence_ms_max);
    else if (!ready_.empty()) timeout_ms = int(reconnect_pause_ms);
    poll(fds, 2, timeout_ms);
}

}  // namespace ry::store
