#pragma once
// A bounded pool of threads for work that may block: act handlers, obtaining a preview's connection.
#include <functional>
#include <memory>

namespace ry::http {

class Workers {
public:
    /// At most `queue_max` tasks wait; each holds its request in memory (1 MiB at most), so 256 waiting tasks are 256
    /// MiB at worst.
    Workers(int threads, size_t queue_max);
    /// Runs what has been accepted, then joins.
    ~Workers();
    Workers(const Workers&) = delete;

    /// Any thread. False when the queue is full: the caller answers 503 with Retry-After.
    bool submit(std::move_only_function<void()> task);
    size_t waiting() const;

private:
    struct Pool;
    std::unique_ptr<Pool> pool_;
};

}  // namespace ry::http
