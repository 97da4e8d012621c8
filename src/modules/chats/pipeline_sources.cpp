// What the steps of pipelines get from the chats: a model's answer, and the values of a chat.
#include <algorithm>

#include "kernel/store/store.h"
#include "modules/chats/branch_queries.gen.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/chats.h"
#include "modules/chats/exchange.h"
#include "modules/chats/generation_queries.gen.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/model_policies.h"
#include "modules/chats/pipelines.h"
#include "modules/chats/prompt_making.h"
#include "modules/chats/prompt_queries.gen.h"
#include "modules/chats/run_queries.gen.h"
#include "modules/chats/run_steps.h"
#include "modules/chats/step_kinds.h"

namespace ry::chats {

void Chats::add_step_kind(StepKind kind) { pipelines_->add(std::move(kind)); }

Result<ModelAnswer> Chats::answer_of(const Op& op, std::optional<ChatId> chat, const std::optional<std::string>& name, const llm::Ask& ask) {
    TRY(adopt_models_once(op));
    llm::Model model = TRY(store_.read(op, "pipelines.model", [&](store::Tx& tx) -> Result<llm::Model> {
        return with_key(tx, TRY(ModelQuestion(tx, chat.value_or(ChatId()), name, false).choice()).model);
    }));
    ModelAnswer answer;
    auto finished = gateway_.stream(op, model, ask, [&](const llm::Piece& piece) {
        if (piece.kind == llm::PieceKind::text) answer.text += piece.text;
        return answer.text.size() <= step_output_bytes_max;
    });
    if (answer.text.size() > step_output_bytes_max)
        return fail(Code::too_large, "the model's answer has more than " + std::to_string(step_output_bytes_max) +
                                         " bytes; ask for less at once");
    if (!finished) return std::move(finished).error();
    answer.tokens_in = finished->usage.tokens_in;
    answer.tokens_out = finished->usage.tokens_out;
    answer.cost_usd = llm::cost_usd(model.price, finished->usage);
    return answer;
}

Result<std::string> Chats::step_context(const Op& op, ChatId id) {
    TRY(adopt_models_once(op));
    PromptWork work = TRY(store_.read(op, "pipelines.chat", [&](store::Tx& tx) -> Result<PromptWork> {
        ModelQuestion models(tx, id, {}, false);
        auto chat = TRY(tx.maybe(sql::chat, {.id = id}));
        if (!chat) return fail(Code::not_found, "the chat was deleted meanwhile");
        auto branch = TRY(tx.maybe(sql::branch, {.id = chat->active_branch_id}));
        if (!branch) return fail(Code::not_found, "the chat was deleted meanwhile");
        Model model = TRY(models.choice()).model;
        PromptWork work{.chat_id = id,
                        .branch_id = branch->id,
                        .messages_count = branch->messages_count,
                        .app_id = chat->app_id,
                        .base_version_id = branch->current_version_id,
                        .model = model.model,
                        .context_tokens = model.context_tokens};
        int64_t end = work.messages_count;
        auto setting = tx.ask(sql::prompt_setting, {.chat_id = id, .generation_id = {}});
        auto newest = TRY(tx.many(
            sql::turns, {.branch_id = branch->id, .after = std::max<int64_t>(0, end - turns_page), .last = end}));
        TRY(read_history(tx, work, TRY(setting.get()), std::move(newest)));
        return work;
    }));
    TRY(find_by_meaning(op, work));
    return context_of(work);
}

Result<RunId> Chats::retry_answer(Op& op, RunId id, const RetryRun& body) {
    return store_.write(op, "pipelines.retry_answer", [&](store::Tx& tx) -> Result<RunId> {
        auto old = TRY(tx.maybe(sql::lock_run, {.id = id}));
        if (!old || !old->generation_id) return fail(Code::not_found, "there is no such run of a pipeline");
        RunState state = TRY(state_of(*old, TRY(tx.many(sql::steps, {.run_ids = {id}})), pipelines_->types()));
        auto from = state.plan.find(body.step);
        if (!from) return invalid("/step", "is no step of this run; `ramify runs show` lists those it has");
        auto generation = TRY(tx.maybe(sql::find_generation, {.id = *old->generation_id}));
        if (!generation || !generation->ended_at)
            return fail(Code::conflict, "the answer is still being written; wait for it, or stop it first");
        auto answer = TRY(tx.maybe(sql::answer_of_run, {.run_id = id}));
        if (!answer) return fail(Code::not_found, "the answer was deleted meanwhile");
        RepeatedRun repeated{.run = *old, .variant_id = answer->variant_id};
        std::vector<bool> again = state.plan.from(*from);
        for (size_t i = 0; i < state.plan.steps.size(); ++i) {
            StepStatus status = state.steps[i].status;
            if (again[i] || (status != StepStatus::done && status != StepStatus::skipped)) continue;
            repeated.kept.push_back(state.plan.steps[i].definition.id);
            if (i == *state.plan.llm) repeated.keeps_answer = true;
        }
        Regenerate again_with{.branch_id = generation->branch_id, .settings = generation->settings};
        if (generation->model_id) again_with.model = generation->model_id->text();
        return TRY(add_answer(tx, answer->message_id, std::move(again_with), std::move(repeated))).generation.run_id;
    });
}

}  // namespace ry::chats
