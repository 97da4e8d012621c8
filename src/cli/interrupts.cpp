#include "cli/interrupts.h"

#include <semaphore.h>

namespace ry::cli {
namespace {

sem_t woken;  // posted by the handler, which may do little else

void on_interrupt(int) { sem_post(&woken); }

}  // namespace

Interrupts::Interrupts() {
    sem_init(&woken, 0, 0);
    struct sigaction action = {};
    action.sa_handler = &on_interrupt;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    ::sigaction(SIGINT, &action, &before_);
    waiter_ = std::jthread([this](std::stop_token is_over) {
        while (sem_wait(&woken) != 0) {}  // EINTR
        if (!is_over.stop_requested()) stop_.request_stop();
    });
}

Interrupts::~Interrupts() {
    ::sigaction(SIGINT, &before_, nullptr);
    waiter_.request_stop();
    sem_post(&woken);
    waiter_.join();
    sem_destroy(&woken);
}

}  // namespace ry::cli
