#include "modules/databases/proxy/openings.h"

#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace ry::databases {
namespace {

using Task = std::move_only_function<void()>;

struct Line {
    int admitted = 0;  ///< in `ready`, or running
    std::deque<Task> waiting;
};

struct State {
    std::map<std::string, Line> lines;  ///< of databases that have something to do
    std::deque<std::pair<std::string, Task>> ready;
    size_t waiting = 0;
    bool is_closing = false;
};

}  // namespace

struct Openings::Pool {
    size_t waiting_max;
    int per_database_max;
    Guarded<State> state{};
    std::vector<std::thread> threads;

    void work() {
        for (;;) {
            std::pair<std::string, Task> next;
            bool is_closing = false;
            state.wait_until(
                std::chrono::steady_clock::time_point::max(),
                [](const State& now) { return now.is_closing || !now.ready.empty(); },
                [&](State& now) {
                    is_closing = now.is_closing;
                    if (is_closing) return;
                    next = std::move(now.ready.front());
                    now.ready.pop_front();
                    --now.waiting;
                });
            if (is_closing) return;
            next.second();
            next.second = nullptr;
            state.with([&](State& now) { leave(now, next.first); });  // this thread takes what became ready
        }
    }

    /// One of the database's tasks has ended: the next of its line may run.
    static void leave(State& now, const std::string& database) {
        auto line = now.lines.find(database);
        if (line->second.waiting.empty()) {
            if (--line->second.admitted == 0) now.lines.erase(line);
            return;
        }
        now.ready.emplace_back(database, std::move(line->second.waiting.front()));
        line->second.waiting.pop_front();
    }
};

Openings::Openings(int threads, size_t waiting_max, int per_database_max)
    : pool_(new Pool{waiting_max, per_database_max}) {
    for (int i = 0; i < threads; ++i) pool_->threads.emplace_back([pool = pool_.get()] { pool->work(); });
}

void Openings::close() {
    std::deque<std::pair<std::string, Task>> dropped;
    pool_->state.change([&](State& now) {
        now.is_closing = true;
        dropped.swap(now.ready);
    });
    for (auto& thread : pool_->threads) thread.join();
    pool_->threads.clear();
}

bool Openings::submit(const std::string& database, Task task) {
    return pool_->state.change_for_one([&](State& now) {
        if (now.is_closing || now.waiting >= pool_->waiting_max) return false;
        ++now.waiting;
        Line& line = now.lines[database];
        if (line.admitted >= pool_->per_database_max) {
            line.waiting.push_back(std::move(task));
        } else {
            ++line.admitted;
            now.ready.emplace_back(database, std::move(task));
        }
        return true;
    });
}

}  // namespace ry::databases
