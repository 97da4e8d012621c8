#pragma once
// What all tests of a program share, such as a server with its threads. It ends after the last test and before main() does,
// while everything static that its threads may use is still there.
#include <functional>
#include <vector>

namespace ry::testing {

/// Runs `end` after the last test; those that were given last run first. Not from several threads at once.
void at_end(std::function<void()> end);

/// The one T of this program, made at first use.
template <class T>
T& shared() {
    static T* one = [] {
        T* made = new T;
        at_end([made] { delete made; });
        return made;
    }();
    return *one;
}

}  // namespace ry::testing
