#include "modules/chats/pipelines/moves.h"

#include <algorithm>

namespace ry::chats::pipelines {
namespace {

bool has_ended(StepStatus status) { return status != StepStatus::waiting && status != StepStatus::running; }

/// Why a step whose turn has come does not run; empty when it does.
std::string reason_to_skip(const Plan& plan, const PlannedStep& step, std::span<const StepStatus> statuses,
                           Trigger trigger) {
    const std::vector<Trigger>& triggers = step.definition.triggers;
    if (!triggers.empty() && std::ranges::find(triggers, trigger) == triggers.end())
        return "it is not for runs by " + std::string(names_of(trigger)[size_t(trigger)]);
    for (size_t need : step.needs)
        if (statuses[need] != StepStatus::done)
            return "the step \"" + plan.steps[need].definition.id + "\" is " +
                   std::string(names_of(statuses[need])[size_t(statuses[need])]);
    return {};
}

}  // namespace

std::optional<size_t> failed_step(const Plan& plan, std::span<const StepStatus> statuses) {
    for (size_t at : plan.order)
        if (statuses[at] == StepStatus::failed && plan.steps[at].definition.required) return at;
    return {};
}

Moves next_moves(const Plan& plan, std::span<const StepStatus> statuses, Trigger trigger,
                 const std::vector<bool>& wanted) {
    Moves moves;
    std::vector<StepStatus> now(statuses.begin(), statuses.end());
    bool is_stopped = failed_step(plan, statuses).has_value();
    for (size_t at : plan.order) {
        const PlannedStep& step = plan.steps[at];
        if (!wanted[at] || now[at] != StepStatus::waiting) continue;
        if (is_stopped) {
            moves.cancel.push_back(at);
            now[at] = StepStatus::cancelled;
            continue;
        }
        auto ended = [&](size_t other) { return has_ended(now[other]); };
        if (!std::ranges::all_of(step.needs, ended) || !std::ranges::all_of(step.follows, ended)) continue;
        std::string reason = reason_to_skip(plan, step, now, trigger);
        if (reason.empty()) {
            moves.begin.push_back(at);
            now[at] = StepStatus::running;
        } else {
            moves.skip.push_back({at, std::move(reason)});
            now[at] = StepStatus::skipped;
        }
    }
    moves.is_over = true;
    for (size_t i = 0; i < now.size(); ++i) moves.is_over = moves.is_over && (!wanted[i] || has_ended(now[i]));
    return moves;
}

bool is_worth_another_try(Code code) {
    return code == Code::unavailable || code == Code::timed_out || code == Code::over_quota || code == Code::conflict;
}

int64_t pause_ms(const Retry& retry, int64_t tries, int64_t retry_after_ms) {
    int64_t pause = retry.backoff_ms;
    for (int64_t i = 1; i < tries && pause < backoff_ms_max; ++i) pause *= 2;
    return std::min(std::max(pause, retry_after_ms), backoff_ms_max);
}

}  // namespace ry::chats::pipelines
