#pragma once
// Inside: the worker threads on which the Directory is asked, fair among databases: one that does not start holds at
// most `per_database_max` of them.
#include <functional>
#include <memory>
#include <string>

namespace ry::databases {

class Openings {
public:
    Openings(int threads, size_t waiting_max, int per_database_max);
    ~Openings() { close(); }
    Openings(const Openings&) = delete;

    /// Any thread. False when too many wait.
    bool submit(const std::string& database, std::move_only_function<void()> task);
    /// Drops what waits, takes nothing more, and returns when what runs has ended.
    void close();

private:
    struct Pool;
    std::shared_ptr<Pool> pool_;
};

}  // namespace ry::databases
