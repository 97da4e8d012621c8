#pragma once
// Ctrl-C as a request to stop: while one lives, SIGINT stops its token instead of the process.
#include <stop_token>
#include <thread>

namespace ry::cli {

/// Make it before any other thread starts: they inherit that SIGINT is blocked. One at a time.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;

    std::stop_token token() const { return stop_.get_token(); }
    bool happened() const { return stop_.stop_requested(); }

private:
    std::stop_source stop_;
    std::jthread waiter_;
};

}  // namespace ry::cli
