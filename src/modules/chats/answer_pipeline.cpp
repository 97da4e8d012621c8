#include "modules/chats/answer_pipeline.h"

#include <algorithm>

#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "modules/chats/exchange.h"
#include "modules/chats/pipelines/expression.h"
#include "modules/chats/pipelines/moves.h"
#include "modules/chats/run_queries.gen.h"

namespace ry::chats {
namespace {

using pipelines::Stage;

/// The part of an answer that a step is; "" for none.
std::string part_of(Stage stage) {
    bool is_part = stage == Stage::pre || stage == Stage::llm || stage == Stage::post;
    return is_part ? std::string(names_of(stage)[size_t(stage)]) : "";
}

std::vector<bool> steps_of_stage(const pipelines::Plan& plan, Stage stage) {
    std::vector<bool> wanted;
    for (const pipelines::PlannedStep& step : plan.steps) wanted.push_back(step.stage == stage);
    return wanted;
}

/// Gathers the blocks of a whole text.
class Gathered final : public BlockSink {
public:
    explicit Gathered(std::vector<Block>& blocks) : blocks_(blocks) {}
    void start(const Block& block) override { blocks_.push_back(block); }
    void grow(std::string_view text) override { blocks_.back().content += text; }
    void end(BlockStatus status) override { blocks_.back().status = status; }

private:
    std::vector<Block>& blocks_;
};

}  // namespace

Result<AnswerSteps> answer_steps(const std::optional<BoundPipeline>& pipeline, const pipelines::StepTypes& types) {
    if (!pipeline)
        return AnswerSteps{.ids = {StepId::fresh(), StepId::fresh(), StepId::fresh()},
                           .steps = {"pre", "llm", "post"},
                           .types = {"pre", "llm", "post"},
                           .parts = {"pre", "llm", "post"}};
    auto plan = pipelines::plan_of(pipeline->definition, types);
    if (!plan)
        return fail(Code::conflict,
                    "the chat's pipeline cannot run any more: " + plan.error().message + "; change it, or unbind it");
    AnswerSteps steps{.pipeline_id = pipeline->id,
                      .pipeline_number = pipeline->number,
                      .definition = Json{to_json(pipeline->definition)}};
    for (size_t at : plan->order) {
        const pipelines::PlannedStep& step = plan->steps[at];
        steps.ids.push_back(StepId::fresh());
        steps.steps.push_back(step.definition.id);
        steps.types.push_back(step.definition.type);
        steps.parts.push_back(part_of(step.stage));
    }
    return steps;
}

Result<void> keep_steps(store::Tx& tx, RunId run, const RepeatedRun& repeated) {
    RunId from = repeated.run.id;
    tx.queue(sql::copy_steps, {.run_id = run, .from_run_id = from, .steps = repeated.kept});
    if (repeated.keeps_answer) tx.queue(sql::copy_end, {.run_id = run, .from_run_id = from});
    for (const RunEffect& effect : TRY(tx.many(sql::run_effects, {.run_id = from}))) {
        bool is_of_prompt =
            effect.type == pipelines::EffectType::rewrite_prompt || effect.type == pipelines::EffectType::add_message;
        bool is_kept = std::ranges::find(repeated.kept, effect.step) != repeated.kept.end();
        if (!is_of_prompt || !is_kept || effect.undone_at) continue;
        TRY(tx.maybe(sql::add_run_effect, {.id = EffectId::fresh(),
                                           .run_id = run,
                                           .step = effect.step,
                                           .type = effect.type,
                                           .effect = {to_json(effect.effect)}}));
    }
    return {};
}

Result<PreviousAnswer> first_answer_of(store::Tx& tx, RunId run) {
    if (auto previous = TRY(tx.maybe(sql::first_answer, {.run_id = run})))
        return from_json<PreviousAnswer>(previous->text);
    auto answer = TRY(tx.maybe(sql::answer_of_run, {.run_id = run}));
    if (!answer) return fail(Code::not_found, "the answer was deleted meanwhile");
    return PreviousAnswer{std::move(answer->text), std::move(answer->blocks)};
}

Result<void> tell_run_ended(store::Tx& tx, stream::Hub& hub, RunId id) {
    if (!TRY(tx.maybe(sql::run_row, {.id = id}))) return {};
    TRY(hub.append(tx, stream_of(id), "run.ended", run_event(*TRY(tx.maybe(sql::run, {.id = id})))));
    return {};
}

Result<void> AnswerPipeline::read(store::Tx& tx, const std::optional<RunRow>& row) {
    if (!row) return {};
    state_ = TRY(state_of(*row, TRY(tx.many(sql::steps, {.run_ids = {row->id}})), pipelines_.types()));
    if (state_->steps[*state_->plan.llm].status == StepStatus::skipped) reason_ = "it was not asked before";
    return {};
}

bool AnswerPipeline::has_answer() const {
    if (!state_) return false;
    StepStatus status = state_->steps[*state_->plan.llm].status;
    return status == StepStatus::done || status == StepStatus::skipped;
}

bool AnswerPipeline::has_after() const {
    return state_ &&
           std::ranges::any_of(state_->plan.steps, [](const auto& step) { return step.stage == Stage::after; });
}

Result<void> AnswerPipeline::run(const Op& op, Stage stage) {
    StepsRun steps(pipelines_, hub_, *state_, write_);
    TRY(steps.run(op, steps_of_stage(state_->plan, stage)));
    if (steps.failure()) return *steps.failure();
    return {};
}

/// All effects of the run that nobody has undone, in the order of its steps.
Result<std::vector<RunEffect>> AnswerPipeline::effects(const Op& op) const {
    std::vector<RunEffect> all = TRY(store_.read(
        op, "pipelines.effects", [&](store::Tx& tx) { return tx.many(sql::run_effects, {.run_id = state_->id}); }));
    std::erase_if(all, [](const RunEffect& effect) { return effect.undone_at.has_value(); });
    std::ranges::stable_sort(all, {}, [&](const RunEffect& effect) {
        size_t step = state_->plan.find(effect.step).value_or(0);
        return std::ranges::find(state_->plan.order, step) - state_->plan.order.begin();
    });
    return all;
}

/// Asks what the main model call depends on, and its condition.
Result<void> AnswerPipeline::decide_to_ask() {
    size_t llm = *state_->plan.llm;
    std::vector<StepStatus> statuses;
    for (const StepProgress& step : state_->steps) statuses.push_back(step.status);
    pipelines::Moves moves =
        pipelines::next_moves(state_->plan, statuses, state_->trigger, steps_of_stage(state_->plan, Stage::llm));
    if (!moves.skip.empty()) {
        reason_ = std::move(moves.skip.front().reason);
        return {};
    }
    StepsRun steps(pipelines_, hub_, *state_, write_);
    reason_ = TRY(steps.reason_to_skip(llm));
    return {};
}

Result<std::vector<pipelines::Effect>> AnswerPipeline::before(const Op& op, std::string context) {
    state_->context = std::move(context);
    TRY(run(op, Stage::before));
    state_->steps[*state_->plan.pre] = {.status = StepStatus::done, .output = {"{}"}};
    TRY(decide_to_ask());
    std::vector<pipelines::Effect> wanted;
    for (RunEffect& effect : TRY(effects(op)))
        if (effect.type == pipelines::EffectType::rewrite_prompt || effect.type == pipelines::EffectType::add_message)
            wanted.push_back(std::move(effect.effect));
    return wanted;
}

Result<std::optional<RunEffect>> AnswerPipeline::after(const Op& op, std::string context, const std::string& text) {
    state_->context = std::move(context);
    Json answer{"{\"text\":"};
    json::write_string(answer.text, text);
    answer.text += "}";
    state_->steps[*state_->plan.pre] = {.status = StepStatus::done, .output = {"{}"}};
    state_->steps[*state_->plan.llm] = {.status = reason_ ? StepStatus::skipped : StepStatus::done,
                                        .output = std::move(answer)};
    TRY(run(op, Stage::after));
    std::optional<RunEffect> last;
    for (RunEffect& effect : TRY(effects(op)))
        if (effect.type == pipelines::EffectType::replace_answer) last = std::move(effect);
    return last;
}

Json blocks_in_place(const Json& before, std::string_view text, std::unique_ptr<AnswerReader> reader) {
    std::vector<Block> blocks;
    from_text(before.text, blocks);
    std::erase_if(blocks, [](const Block& block) { return block.type != BlockType::reasoning; });
    Gathered sink(blocks);
    reader->feed(text, sink);
    reader->finish(sink);
    Json json{""};
    encode(json.text, blocks);
    return json;
}

}  // namespace ry::chats
