#pragma once
// What happens next in a run: which steps begin, which are skipped, and when it is over. Pure.
#include <span>
#include <string>
#include <vector>

#include "modules/chats/pipelines/plan.h"

namespace ry::chats::pipelines {

struct Skip {
    size_t step = 0;
    std::string reason;
};

struct Moves {
    std::vector<size_t> begin;   ///< all that they wait for is done; the condition is the caller's to ask
    std::vector<Skip> skip;      ///< they will not run
    std::vector<size_t> cancel;  ///< a required step failed before they began
    bool is_over = false;        ///< nothing runs, and nothing will
};

/// The moves of a run whose steps have come so far. Only steps of `wanted` move; the others are as they are.
/// The caller applies the moves to the statuses before it asks again: `begin` become running (or skipped, by their
/// condition), `skip` skipped, `cancel` cancelled.
Moves next_moves(const Plan& plan, std::span<const StepStatus> statuses, Trigger trigger,
                 const std::vector<bool>& wanted);

/// The required step that failed; absent when there is none.
std::optional<size_t> failed_step(const Plan& plan, std::span<const StepStatus> statuses);

/// Whether a try that failed so may succeed when it is made again.
bool is_worth_another_try(Code code);
/// The pause before the next try, after `tries` of them; at least what the failure asked for.
int64_t pause_ms(const Retry& retry, int64_t tries, int64_t retry_after_ms);

}  // namespace ry::chats::pipelines
