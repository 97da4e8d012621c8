#include "kernel/http/workers.h"

#include <deque>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace ry::http {

struct Workers::Pool {
    struct Queue {
        std::deque<std::move_only_function<void()>> tasks;
        bool is_closing = false;
    };
    size_t queue_max;
    mutable Guarded<Queue> queue{};
    std::vector<std::thread> threads;

    void work() {
        for (;;) {
            std::move_only_function<void()> task;
            queue.wait_until(
                std::chrono::steady_clock::time_point::max(),
                [](const Queue& now) { return now.is_closing || !now.tasks.empty(); },
                [&](Queue& now) {
                    if (now.tasks.empty()) return;
                    task = std::move(now.tasks.front());
                    now.tasks.pop_front();
                });
            if (!task) return;
            task();
        }
    }
};

Workers::Workers(int threads, size_t queue_max) : pool_(new Pool{queue_max}) {
    for (int i = 0; i < threads; ++i) pool_->threads.emplace_back([pool = pool_.get()] { pool->work(); });
}

Workers::~Workers() {
    pool_->queue.change([](auto& queue) { queue.is_closing = true; });
    for (auto& thread : pool_->threads) thread.join();
}

bool Workers::submit(std::move_only_function<void()> task) {
    return pool_->queue.change_for_one([&](auto& queue) {
        if (queue.is_closing || queue.tasks.size() >= pool_->queue_max) return false;
        queue.tasks.push_back(std::move(task));
        return true;
    });
}

size_t Workers::waiting() const {
    return pool_->queue.with([](const auto& queue) { return queue.tasks.size(); });
}

}  // namespace ry::http
