#include "cli/interrupts.h"

#include <csignal>
#include <ctime>

namespace ry::cli {
namespace {

sigset_t only_interrupt() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return set;
}

}  // namespace

Interrupts::Interrupts() {
    sigset_t interrupt = only_interrupt();
    pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);
    waiter_ = std::jthread([this](std::stop_token is_done) {
        sigset_t awaited = only_interrupt();
        constexpr timespec look_ms{0, 100'000'000};  // how late a destructor may notice that it can join
        while (!is_done.stop_requested())
            if (sigtimedwait(&awaited, nullptr, &look_ms) == SIGINT) return void(stop_.request_stop());
    });
}

Interrupts::~Interrupts() {
    waiter_.request_stop();
    waiter_.join();
    sigset_t interrupt = only_interrupt();
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
}

}  // namespace ry::cli
