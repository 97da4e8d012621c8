#pragma once
// Cages that were made ahead: everything stands but the host's directories that a program may write, and the program.
// Making a cage takes some 20 ms, most of it waiting for the kernel; taking one that stands ready takes one.
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "kernel/sandbox/sandbox.h"
#include "kernel/sandbox/tree.h"

namespace ry::sandbox {

/// Any thread may call the members. The destructor ends the spares.
class Spares {
public:
    using Make = std::function<Result<std::unique_ptr<Tree>>(const Cage& spare)>;

    /// `make` runs on a thread of its own.
    explicit Spares(Make make);
    ~Spares();

    void wish(const Cage& like);
    /// A tree in which the program has begun; null when none stands ready that is like the cage, or it cannot be used.
    std::unique_ptr<Tree> take(const Cage& cage);
    int ready() const;

private:
    struct Spare {
        Cage like;
        std::unique_ptr<Tree> tree;
    };
    struct Kept {
        std::vector<Spare> ready;  // the oldest first
        std::deque<Cage> wished;
        bool is_closed = false;
    };
    void make_wished();

    const Make make_;
    Guarded<Kept> kept_;
    std::jthread thread_;  // last
};

}  // namespace ry::sandbox
