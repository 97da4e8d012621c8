// No-op jobs on a durable PostgreSQL: how fast they are enqueued and run, and how soon one starts.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/guarded.h"
#include "bench/scratch_server.h"
#include "kernel/jobs/jobs.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"

using namespace ry;
using bench::must;

namespace {

struct Nothing {
    int64_t enqueued_us = 0;
    static constexpr std::string_view kind = "bench.nothing";
    static const Fields& fields() {
        static const Field table[] = {field("enqueued_us", &Nothing::enqueued_us, "When it was asked for.")};
        static const Fields all{"Nothing", table};
        return all;
    }
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Bench {
    bench::ScratchServer server{{&stream::schema, &jobs::schema}};
    stream::Hub hub{server.store()};
    jobs::Jobs jobs{server.store(), hub};
    Op op = server.op();
    std::atomic<int> ran = 0;
    int queued = 0;
    Guarded<std::vector<int64_t>> delays_us;

    Bench() {
        jobs.add<Nothing>({}, [this](Op&, const Nothing& job, jobs::Context&) -> Result<void> {
            if (job.enqueued_us) delays_us.with([&](auto& all) { all.push_back(now().us - job.enqueued_us); });
            ++ran;
            return {};
        });
    }

    void enqueue(int count, int64_t at_us = 0) {
        must(server.store().write(op, "bench.enqueue", [&](store::Tx& tx) -> Result<void> {
            for (int i = 0; i < count; ++i) TRY(jobs.enqueue(tx, Nothing{at_us}));
            return {};
        }));
    }

    void enqueue_counted(int count) {
        for (int left = count; left > 0; left -= 500) enqueue(std::min(left, 500));
        queued += count;
    }

    void enqueue_from(int callers, int each) {
        auto begin = std::chrono::steady_clock::now();
        std::vector<std::thread> threads;
        for (int i = 0; i < callers; ++i)
            threads.emplace_back([&] { for (int n = 0; n < each; ++n) enqueue(1); });
        for (auto& thread : threads) thread.join();
        queued += callers * each;
        std::printf("enqueue, %2d callers: %.0f jobs/s\n", callers, callers * each / seconds_since(begin));
    }

    void process(int workers, int count) {
        enqueue_counted(count);
        ran = 0;
        auto begin = std::chrono::steady_clock::now();
        jobs::Runner runner(jobs, {.node = "bench", .queues = {{"default", workers}}});
        wait_for(queued);
        runner.drain(10'000);
        std::printf("process, %2d workers: %.0f jobs/s\n", workers, queued / seconds_since(begin));
        queued = 0;
    }

    void wait_for(int count) {
        while (ran < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    void start_delay(int per_second, int seconds) {
        ran = 0;
        delays_us.with([](auto& all) { all.clear(); });
        jobs::Runner runner(jobs, {.node = "bench", .queues = {{"default", 8}}});
        auto next = std::chrono::steady_clock::now();
        for (int i = 0; i < per_second * seconds; ++i) {
            std::this_thread::sleep_until(next += std::chrono::microseconds(1'000'000 / per_second));
            enqueue(1, now().us);
        }
        wait_for(per_second * seconds);
        delays_us.with([&](std::vector<int64_t>& all) {
            std::ranges::sort(all);
            std::printf("asked to start, %d/s: p50 %.2f ms, p95 %.2f ms, p99 %.2f ms (with the enqueueing transaction)\n", per_second,
                        double(all[all.size() / 2]) / 1e3, double(all[all.size() * 95 / 100]) / 1e3, double(all[all.size() * 99 / 100]) / 1e3);
        });
    }
};

}  // namespace

int main() {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    telemetry::set_log_level(telemetry::Level::error);
    Bench bench;
    bench.enqueue_from(1, 500);
    bench.enqueue_from(50, 40);
    bench.process(10, 5'000);  // and what was enqueued before
    bench.process(50, 5'000);
    bench.start_delay(100, 3);
    bench.start_delay(500, 3);
}
