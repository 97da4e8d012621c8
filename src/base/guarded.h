#pragma once
// The only mutex: no key, no data. `with` runs a function on the value under the lock; a Guarded is shared freely.
#include <condition_variable>
#include <mutex>
#include <utility>

namespace ry {

template <class T>
class Guarded {
public:
    template <class... A>
    explicit Guarded(A&&... arguments) : value_(std::forward<A>(arguments)...) {}
    Guarded(const Guarded&) = delete;

    template <class F>
    decltype(auto) with(F&& f) {
        std::lock_guard lock(mutex_);
        return std::forward<F>(f)(value_);
    }
    template <class F>
    decltype(auto) with(F&& f) const {
        std::lock_guard lock(mutex_);
        return std::forward<F>(f)(value_);
    }
    /// Runs `f` and wakes every waiter.
    template <class F>
    decltype(auto) change(F&& f) {
        std::lock_guard lock(mutex_);
        struct Wake {
            std::condition_variable& changed;
            ~Wake() { changed.notify_all(); }
        } wake{changed_};
        return std::forward<F>(f)(value_);
    }
    /// Runs `f`, which gives one waiter something to do, and wakes one. For pools, whose threads all wait for the same: of
    /// those that are woken in vain, each takes a share of the processor from the one that has the work.
    template <class F>
    decltype(auto) change_for_one(F&& f) {
        std::lock_guard lock(mutex_);
        struct Wake {
            std::condition_variable& changed;
            ~Wake() { changed.notify_one(); }
        } wake{changed_};
        return std::forward<F>(f)(value_);
    }
    /// Waits until `ready(value)` or the deadline; true when ready. `f` then runs under the same lock.
    template <class Clock, class Ready, class F>
    bool wait_until(std::chrono::time_point<Clock> deadline, Ready ready, F&& f) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_until(lock, deadline, [&] { return ready(value_); })) return false;
        std::forward<F>(f)(value_);
        return true;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    T value_;
};

}  // namespace ry
