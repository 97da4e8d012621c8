#pragma once
// What a module gives the chats so that pipelines can have its steps: the type, and the function that does it.
//
//     chats.add_step_kind({pipelines::step_type<SerpParameters>("serp", "Asks a search engine.", {"results"}),
//                          [this](const Op& op, const StepCall& call) -> Result<Json> { … }});
#include <functional>
#include <optional>

#include "kernel/op/op.h"
#include "modules/chats/ids.h"
#include "modules/chats/pipelines/step_types.h"

namespace ry::chats {

/// What one try of a step is given.
struct StepCall {
    RunId run_id;
    std::string step;  ///< its id in the definition
    std::optional<ChatId> chat_id;
    Json parameters;      ///< as the type's parameters say, with all texts rendered
    int64_t attempt = 1;  ///< of this step
};

struct StepKind {
    pipelines::StepType type;
    /// What the step yields: an object. Any thread, several at a time, as the person who asked; it honours the deadline
    /// and the stop of its Op, and may be called again for the same step when the process died.
    std::function<Result<Json>(const Op& op, const StepCall& call)> run;
};

}  // namespace ry::chats
