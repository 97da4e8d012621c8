#pragma once
// Inside the part: the steps that the chats bring themselves.
#include <functional>
#include <string>
#include <vector>

#include "modules/chats/pipeline_steps.h"

namespace ry::llm {
struct Ask;
}

namespace ry::chats {

/// What a model answered to one question.
struct ModelAnswer {
    std::string text;
    int64_t tokens_in = 0, tokens_out = 0;
    double cost_usd = 0;
};
/// Asks the model of that name or id, or the one that the policies choose. The chat's data class holds for it. Any thread.
using AskModel = std::function<Result<ModelAnswer>(const Op& op, std::optional<ChatId> chat,
                                                   const std::optional<std::string>& model, const llm::Ask& ask)>;

std::vector<StepKind> step_kinds(AskModel ask_model);

}  // namespace ry::chats
