// The hub: what an idle follower costs, and how long a piece of text takes to a thousand followers.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/guarded.h"
#include "bench/scratch_server.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"

using namespace ry;
using bench::must;

namespace {

using Clock = std::chrono::steady_clock;

class Counting final : public stream::Follower {
public:
    explicit Counting(std::atomic<int64_t>& frames) : frames_(frames) {}
    bool deliver(std::shared_ptr<const std::string>) override {
        ++frames_;
        return true;
    }
    void end() override {}

private:
    std::atomic<int64_t>& frames_;
};

int64_t resident_kb() {
    std::ifstream statm("/proc/self/statm");
    int64_t size = 0, resident = 0;
    statm >> size >> resident;
    return resident * 4;
}

void wait_until_live(stream::Hub& hub, store::Store& store, const Op& op, const std::string& name, std::atomic<int64_t>& frames, int64_t count) {
    must(store.write(op, "bench.append", [&](store::Tx& tx) { return hub.append(tx, name, "bench.ready", Json{"{}"}); }));
    while (frames < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void idle(store::Store& store, const Op& op) {
    stream::Hub hub(store);
    std::atomic<int64_t> frames = 0;
    constexpr int followers = 10'000;
    int64_t before = resident_kb();
    for (int i = 0; i < followers; ++i) hub.follow(op, "chat:" + std::to_string(i), {}, std::make_shared<Counting>(frames));
    wait_until_live(hub, store, op, "chat:0", frames, 1);
    std::printf("%d idle followers of as many streams: %.2f KB each\n", followers, double(resident_kb() - before) / followers);
}

void fan_out(store::Store& store, const Op& op, int followers) {
    stream::Hub hub(store);
    std::atomic<int64_t> frames = 0;
    for (int i = 0; i < followers; ++i) hub.follow(op, "chat:fan" + std::to_string(followers), {}, std::make_shared<Counting>(frames));
    std::string name = "chat:fan" + std::to_string(followers);
    wait_until_live(hub, store, op, name, frames, followers);
    auto text = must(store.write(op, "bench.open", [&](store::Tx& tx) { return hub.open_text(tx, name, "block.started", Json{"{}"}); }));
    constexpr int pieces = 2'000;
    std::vector<double> delays_ms;
    auto begin = Clock::now();
    for (int i = 0; i < pieces; ++i) {
        auto pushed = Clock::now();
        must(hub.push(text, "token "));
        delays_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - pushed).count());
    }
    double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::ranges::sort(delays_ms);
    std::printf("%4d followers: piece to the last follower p50 %.3f ms, p99 %.3f ms; %.0f pieces/s, %.2f M frames/s\n", followers, delays_ms[pieces / 2],
                delays_ms[pieces * 99 / 100], pieces / seconds, pieces / seconds * followers / 1e6);
}

}  // namespace

int main() {
    telemetry::set_log_level(telemetry::Level::error);
    bench::ScratchServer server({&stream::schema});
    Op op = server.op();
    idle(server.store(), op);
    for (int followers : {1, 100, 1'000}) fan_out(server.store(), op, followers);
}
