#include "kernel/fetch/fetch.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "kernel/fetch/transfer.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::fetch {
namespace {

using Shared = std::shared_ptr<Transfer>;

/// Longest sleep of the loop when nothing moves.
constexpr int64_t sleep_ms_max = 1'000;
/// Sockets looked at in one turn; the others come in the next.
constexpr int events_max = 64;

/// What callers ask of the loop.
struct Inbox {
    std::vector<Shared> started;
    std::vector<Shared> looked;  ///< resumed or abandoned: see its Exchange
    size_t transfers = 0;        ///< begun and not yet dropped
    bool closing = false;
};

std::chrono::steady_clock::time_point time_of(Deadline deadline) {
    // A day at a time: the clock's type cannot hold "never".
    return std::chrono::steady_clock::now() +
           std::chrono::milliseconds(std::clamp<int64_t>(deadline.left_ms(), 0, 86'400'000));
}

}  // namespace

std::optional<std::string_view> Response::find_header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return {};
}

/// The loop: one thread, one libcurl multi handle, and an epoll of its sockets, so that a byte costs the same among one
/// transfer and among hundreds.
class Fetch::Transfers {
public:
    explicit Transfers(Config config);
    ~Transfers();

    Result<Response> perform(const Op& op, Request request, bool streams, const OnBytes& on_bytes);

private:
    Result<void> start(const Shared& transfer);
    Result<Response> wait(const Op& op, Deadline deadline, const Shared& transfer, const OnBytes& on_bytes);
    void look_at(const Shared& transfer);
    void abandon(const Shared& transfer);

    static int on_socket(CURL* easy, curl_socket_t socket, int wanted, void* self, void* is_known);
    static int on_timer(CURLM* multi, long in_ms, void* self);
    void wake() { (void)!write(wake_, "\1\0\0\0\0\0\0\0", 8); }
    void run();
    bool take_inbox();
    void move_bytes(int64_t wait_ms);
    void drop(Transfer* transfer);
    void take_finished();
    int64_t drop_late();

    Config config_;
    CURLM* multi_ = curl_multi_init();
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    int wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int64_t timer_at_ms_ = INT64_MAX;  ///< when libcurl wants to be called; the loop's own
    Guarded<Inbox> inbox_;
    std::map<Transfer*, Shared> active_;  ///< the loop's own
    int64_t look_for_late_at_ms_ = 0;
    std::thread thread_;
};

Fetch::Transfers::Transfers(Config config) : config_(std::move(config)) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, long(config_.connections_max));
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Transfers::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Transfers::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    epoll_event event{.events = EPOLLIN, .data = {.fd = wake_}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
    thread_ = std::thread([this] { run(); });
}

Fetch::Transfers::~Transfers() {
    inbox_.with([](Inbox& inbox) { inbox.closing = true; });
    wake();
    thread_.join();
    curl_multi_cleanup(multi_);  // closes the kept connections, and tells on_socket so
    close(wake_);
    close(epoll_);
}

// ---- the caller's side

Result<Response> Fetch::Transfers::perform(const Op& op, Request request, bool streams, const OnBytes& on_bytes) {
    TRY(op.still_wanted());
    Deadline deadline = op.deadline;
    if (request.total_timeout_ms > 0) deadline = deadline.sooner(Deadline::in_ms(request.total_timeout_ms));
    auto transfer = std::make_shared<Transfer>(config_, std::move(request), streams);
    TRY(transfer->prepare());
    TRY(start(transfer));
    std::stop_callback wake(op.stop, [&] { transfer->exchange.change([](Exchange& x) { x.stopped = true; }); });
    return wait(op, deadline, transfer, on_bytes);
}

Result<void> Fetch::Transfers::start(const Shared& transfer) {
    bool has_room = inbox_.with([&](Inbox& inbox) {
        if (inbox.transfers >= config_.transfers_max) return false;
        ++inbox.transfers;
        inbox.started.push_back(transfer);
        return true;
    });
    if (!has_room) return fail(Code::unavailable, "too many outgoing requests at once; try again in a moment");
    wake();
    return {};
}

Result<Response> Fetch::Transfers::wait(const Op& op, Deadline deadline, const Shared& transfer,
                                        const OnBytes& on_bytes) {
    auto has_news = [](const Exchange& x) { return x.stopped || x.result || !x.pending.empty(); };
    while (true) {
        std::string bytes;
        bool was_paused = false, stopped = false;
        std::optional<Result<Response>> result;
        transfer->exchange.wait_until(time_of(deadline), has_news, [&](Exchange& x) {
            stopped = x.stopped;
            bytes.swap(x.pending);
            was_paused = std::exchange(x.is_paused, false);
            if (x.result) result = std::move(*x.result);
        });
        if (stopped || (deadline.passed() && !result)) {
            abandon(transfer);
            TRY(op.still_wanted());
            return fail(Code::timed_out, "the answer took too long in total; try again, or ask for less");
        }
        if (was_paused) look_at(transfer);
        if (!bytes.empty() && !on_bytes(bytes)) {
            abandon(transfer);
            return transfer->exchange.with([](Exchange& x) { return x.head; });
        }
        if (result) return *std::move(result);
    }
}

void Fetch::Transfers::look_at(const Shared& transfer) {
    inbox_.with([&](Inbox& inbox) { inbox.looked.push_back(transfer); });
    wake();
}

void Fetch::Transfers::abandon(const Shared& transfer) {
    transfer->exchange.with([](Exchange& x) { x.abandoned = true; });
    look_at(transfer);
}

// ---- the loop's side

/// libcurl tells which sockets it waits for, and what for.
int Fetch::Transfers::on_socket(CURL*, curl_socket_t socket, int wanted, void* self, void* is_known) {
    auto& loop = *static_cast<Transfers*>(self);
    if (wanted == CURL_POLL_REMOVE) {
        epoll_ctl(loop.epoll_, EPOLL_CTL_DEL, socket, nullptr);
        return 0;
    }
    uint32_t events =
        ((wanted & CURL_POLL_IN) ? uint32_t(EPOLLIN) : 0) | ((wanted & CURL_POLL_OUT) ? uint32_t(EPOLLOUT) : 0);
    epoll_event event{.events = events, .data = {.fd = socket}};
    epoll_ctl(loop.epoll_, is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(loop.multi_, socket, self);
    return 0;
}

int Fetch::Transfers::on_timer(CURLM*, long in_ms, void* self) {
    static_cast<Transfers*>(self)->timer_at_ms_ = in_ms < 0 ? INT64_MAX : steady_ms() + in_ms;
    return 0;
}

void Fetch::Transfers::run() {
    while (take_inbox()) {
        int64_t until_late_ms = drop_late();
        int64_t until_timer_ms = timer_at_ms_ == INT64_MAX ? sleep_ms_max : timer_at_ms_ - steady_ms();
        move_bytes(std::clamp<int64_t>(std::min(until_late_ms, until_timer_ms), 0, sleep_ms_max));
        take_finished();
    }
    while (!active_.empty()) {
        active_.begin()->second->fail_with(fail(Code::cancelled, "the server is shutting down"));
        drop(active_.begin()->first);
    }
}

void Fetch::Transfers::move_bytes(int64_t wait_ms) {
    epoll_event events[events_max];
    int count = epoll_wait(epoll_, events, events_max, int(wait_ms));
    int running = 0;
    for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == wake_) {
            uint64_t wakes = 0;
            (void)!read(wake_, &wakes, sizeof wakes);
            continue;
        }
        // A socket that broke is read, to learn how, and after what it still holds.
        int ready = ((events[i].events & ~uint32_t(EPOLLOUT)) ? CURL_CSELECT_IN : 0) |
                    ((events[i].events & EPOLLOUT) ? CURL_CSELECT_OUT : 0);
        curl_multi_socket_action(multi_, events[i].data.fd, ready, &running);
    }
    if (steady_ms() < timer_at_ms_) return;
    timer_at_ms_ = INT64_MAX;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

bool Fetch::Transfers::take_inbox() {
    std::vector<Shared> started, looked;
    bool closing = inbox_.with([&](Inbox& inbox) {
        started.swap(inbox.started);
        looked.swap(inbox.looked);
        return inbox.closing;
    });
    for (Shared& transfer : started) {
        curl_multi_add_handle(multi_, transfer->easy());
        Transfer* key = transfer.get();
        active_.emplace(key, std::move(transfer));
        look_for_late_at_ms_ = 0;
    }
    for (Shared& transfer : looked) {
        if (!active_.contains(transfer.get())) continue;
        if (transfer->exchange.with([](Exchange& x) { return x.abandoned; }))
            drop(transfer.get());
        else
            transfer->resume();
    }
    return !closing;
}

void Fetch::Transfers::drop(Transfer* transfer) {
    curl_multi_remove_handle(multi_, transfer->easy());
    active_.erase(transfer);
    inbox_.with([](Inbox& inbox) { --inbox.transfers; });
}

void Fetch::Transfers::take_finished() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result;
        Transfer* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer->finish(code);
        drop(transfer);
    }
}

/// Ends what is late; milliseconds until the next one can be. Nothing that moves now is late before its longest silence
/// has passed, so not every turn need look at all.
int64_t Fetch::Transfers::drop_late() {
    int64_t now_ms = steady_ms();
    if (now_ms < look_for_late_at_ms_) return look_for_late_at_ms_ - now_ms;
    int64_t next_ms = now_ms + sleep_ms_max;
    std::vector<Transfer*> late;
    for (auto& [transfer, owner] : active_) {
        int64_t late_at_ms = transfer->late_at_ms();
        if (late_at_ms <= now_ms)
            late.push_back(transfer);
        else
            next_ms = std::min({next_ms, late_at_ms, now_ms + transfer->silence_ms_max()});
    }
    for (Transfer* transfer : late) {
        transfer->fail_with(transfer->late_error());
        drop(transfer);
    }
    look_for_late_at_ms_ = next_ms;
    return next_ms - now_ms;
}

Fetch::Fetch(Config config) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    transfers_ = std::make_unique<Transfers>(std::move(config));
}
Fetch::~Fetch() = default;

Result<Response> Fetch::send(const Op& op, Request request) {
    return transfers_->perform(op, std::move(request), false, [](std::string_view) { return true; });
}

Result<Response> Fetch::stream(const Op& op, Request request, const OnBytes& on_bytes) {
    return transfers_->perform(op, std::move(request), true, on_bytes);
}

}  // namespace ry::fetch
