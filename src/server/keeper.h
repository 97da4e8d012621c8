#pragma once
// Housekeeping that belongs to nobody's request: deletes what is not kept any longer, every few minutes.
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "kernel/op/op.h"

namespace ry::server {

/// What is done each time; its failure is logged, and it is tried again the next time. The Op gives it a minute.
struct Duty {
    std::string name;
    std::function<Result<void>(const Op& op)> work;
};

/// Works from construction to destruction, on a thread of its own; what the duties use outlives it.
class Keeper {
public:
    Keeper(std::vector<Duty> duties, int64_t pause_ms);

private:
    std::jthread thread_;
};

}  // namespace ry::server
