#include "kernel/fetch/fetch.h"

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
constexpr int poll_ms_max = 1'000;

/// What callers ask of the loop.
struct Inbox {
    std::vector<Shared> started;
    std::vector<Shared> looked;  ///< resumed or abandoned: see its Exchange
    size_t transfers = 0;        ///< begun and not yet dropped
    bool closing = false;
};

std::chrono::steady_clock::time_point time_of(Deadline deadline) {
    // A day at a time: the clock's type cannot hold "never".
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(std::clamp<int64_t>(deadline.left_ms(), 0, 86'400'000));
}

}  // namespace

std::optional<std::string_view> Response::find_header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return {};
}

/// The loop: one thread, one libcurl multi handle.
class Fetch::Transfers {
public:
    explicit Transfers(Config config) : config_(std::move(config)) {
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
        multi_ = curl_multi_init();
        curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, long(config_.idle_connections_max));
        thread_ = std::thread([this] { run(); });
    }
    ~Transfers() {
        inbox_.with([](Inbox& inbox) { inbox.closing = true; });
        curl_multi_wakeup(multi_);
        thread_.join();
        curl_multi_cleanup(multi_);
    }

    Result<Response> perform(const Op& op, Request request, bool streams, const OnBytes& on_bytes);

private:
    Result<void> start(const Shared& transfer);
    Result<Response> wait(const Op& op, Deadline deadline, const Shared& transfer, const OnBytes& on_bytes);
    void look_at(const Shared& transfer);
    void abandon(const Shared& transfer);

    void run();
    bool take_inbox();
    void drop(Transfer* transfer);
    void take_finished();
    int64_t drop_late();

    Config config_;
    CURLM* multi_ = nullptr;
    Guarded<Inbox> inbox_;
    std::map<Transfer*, Shared> active_;  ///< the loop's own
    int64_t look_for_late_at_ms_ = 0;
    std::thread thread_;
};

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
    curl_multi_wakeup(multi_);
    return {};
}

Result<Response> Fetch::Transfers::wait(const Op& op, Deadline deadline, const Shared& transfer, const OnBytes& on_bytes) {
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
    curl_multi_wakeup(multi_);
}

void Fetch::Transfers::abandon(const Shared& transfer) {
    transfer->exchange.with([](Exchange& x) { x.abandoned = true; });
    look_at(transfer);
}

// ---- the loop's side

void Fetch::Transfers::run() {
    while (take_inbox()) {
        int running = 0;
        curl_multi_perform(multi_, &running);
        take_finished();
        int64_t late_in_ms = drop_late();
        curl_multi_poll(multi_, nullptr, 0, int(std::clamp<int64_t>(late_in_ms, 0, poll_ms_max)), nullptr);
    }
    while (!active_.empty()) {
        active_.begin()->second->fail_with(fail(Code::cancelled, "the server is shutting down"));
        drop(active_.begin()->first);
    }
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
        if (transfer->exchange.with([](Exchange& x) { return x.abandoned; })) drop(transfer.get());
        else transfer->resume();
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

/// Ends what is late; milliseconds until the next one can be. Moments only move on, so not every turn need look at all.
int64_t Fetch::Transfers::drop_late() {
    int64_t now_ms = steady_ms();
    if (now_ms < look_for_late_at_ms_) return look_for_late_at_ms_ - now_ms;
    int64_t next_ms = now_ms + poll_ms_max;
    std::vector<Transfer*> late;
    for (auto& [transfer, owner] : active_) {
        int64_t late_at_ms = transfer->late_at_ms();
        if (late_at_ms <= now_ms) late.push_back(transfer);
        else next_ms = std::min(next_ms, late_at_ms);
    }
    for (Transfer* transfer : late) {
        transfer->fail_with(transfer->late_error());
        drop(transfer);
    }
    look_for_late_at_ms_ = next_ms;
    return next_ms - now_ms;
}

Fetch::Fetch(Config config) : transfers_(std::make_unique<Transfers>(std::move(config))) {}
Fetch::~Fetch() = default;

Result<Response> Fetch::send(const Op& op, Request request) {
    return transfers_->perform(op, std::move(request), false, [](std::string_view) { return true; });
}

Result<Response> Fetch::stream(const Op& op, Request request, const OnBytes& on_bytes) {
    return transfers_->perform(op, std::move(request), true, on_bytes);
}

}  // namespace ry::fetch
