#pragma once
// Ctrl-C as a request to stop: while one lives, SIGINT stops its token instead of the process.
#include <csignal>
#include <stop_token>
#include <thread>

namespace ry::cli {

/// One at a time. A second Ctrl-C ends the process.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;

    std::stop_token token() const { return stop_.get_token(); }
    bool happened() const { return stop_.stop_requested(); }

private:
    struct sigaction before_ = {};
    std::stop_source stop_;
    std::jthread waiter_;
};

}  // namespace ry::cli
