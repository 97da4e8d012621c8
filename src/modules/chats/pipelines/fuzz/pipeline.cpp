// Any bytes as a definition: reading and planning end; a plan that is made again from what was read is the same, its
// order respects what each step waits for, and a run whose steps all succeed is over after as many moves as it has
// levels.
#include <algorithm>
#include <cstdlib>

#include "modules/chats/pipelines/moves.h"

using namespace ry;
using namespace ry::chats::pipelines;

namespace {

struct Texts {
    std::optional<std::string> prompt;
    std::optional<std::string> text;
    Json checks{"{}"};
    static const Fields& fields() {
        using S = Texts;
        static const Field table[] = {field("prompt", &S::prompt, ""), field("text", &S::text, ""),
                                      field("checks", &S::checks, "", defaulted())};
        static const Fields all{"Texts", table};
        return all;
    }
};

StepTypes made_types() {
    StepTypes types;
    for (const char* name : {"pre", "llm", "post", "template"}) types.add(step_type<Texts>(name, "", {"text"}));
    StepType guard = step_type<Texts>("guard", "");
    guard.conditions = "checks";
    types.add(std::move(guard));
    return types;
}

void run(const Plan& plan) {
    std::vector<StepStatus> statuses(plan.steps.size(), StepStatus::waiting);
    std::vector<bool> all(plan.steps.size(), true);
    for (size_t turns = 0;; ++turns) {
        if (turns > plan.steps.size() + 1) std::abort();
        Moves moves = next_moves(plan, statuses, plan.definition.triggers.front(), all);
        for (size_t at : moves.begin) statuses[at] = StepStatus::done;
        for (const Skip& skip : moves.skip) statuses[skip.step] = StepStatus::skipped;
        if (moves.is_over) break;
    }
    if (std::ranges::count(statuses, StepStatus::waiting) != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    static const StepTypes types = made_types();
    auto definition = from_json<Definition>({reinterpret_cast<const char*>(bytes), size});
    if (!definition) return 0;
    std::string written = to_json(*definition);
    auto plan = plan_of(*std::move(definition), types);
    if (!plan) {
        if (plan.error().faults.empty()) std::abort();
        return 0;
    }
    auto again = from_json<Definition>(written);
    if (!again || to_json(*again) != written) std::abort();
    std::vector<bool> is_before(plan->steps.size());
    for (size_t at : plan->order) {
        for (const auto* list : {&plan->steps[at].needs, &plan->steps[at].follows})
            for (size_t first : *list)
                if (!is_before[first]) std::abort();
        is_before[at] = true;
    }
    graph_of(*plan);
    run(*plan);
    return 0;
}
