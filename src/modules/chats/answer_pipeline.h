#pragma once
// Inside the part: an answer whose chat has a pipeline that people made: the steps before its prompt and after its
// text. generate.cpp does the parts pre, llm and post; without such a pipeline there is nothing to do here.
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/run_model.h"
#include "modules/chats/run_steps.h"

namespace ry::chats {

struct RepeatedRun;
class AnswerReader;

/// The rows of an answer's steps, those of the built-in pipeline when there is no other.
struct AnswerSteps {
    std::optional<PipelineId> pipeline_id = {};
    std::optional<int64_t> pipeline_number = {};
    std::optional<Json> definition = {};
    std::vector<StepId> ids = {};
    std::vector<std::string> steps = {}, types = {}, parts = {};
};
Result<AnswerSteps> answer_steps(const std::optional<BoundPipeline>& pipeline, const pipelines::StepTypes& types);
/// What the kept steps of a repeated run yielded, and did to its prompt, is in the new run.
Result<void> keep_steps(store::Tx& tx, RunId run, const RepeatedRun& repeated);
/// What the model said in a run, before steps replaced it.
Result<PreviousAnswer> first_answer_of(store::Tx& tx, RunId run);
/// In the transaction that ends an answer: who follows its run hears of it. Nothing for the built-in pipeline.
Result<void> tell_run_ended(store::Tx& tx, stream::Hub& hub, RunId run);

/// One for each attempt at an answer; its thread only.
class AnswerPipeline {
public:
    AnswerPipeline(const Pipelines& pipelines, store::Store& store, stream::Hub& hub, FencedWrite write)
        : pipelines_(pipelines), store_(store), hub_(hub), write_(std::move(write)) {}

    /// How far the run is. `row`: absent with the built-in pipeline.
    Result<void> read(store::Tx& tx, const std::optional<RunRow>& row);
    bool is_there() const { return state_.has_value(); }
    /// The model's answer came with the run: from the run that it repeats.
    bool has_answer() const;
    bool has_after() const;

    /// Runs the steps before the prompt, whose texts may name what `context` has; what they do to the prompt.
    Result<std::vector<pipelines::Effect>> before(const Op& op, std::string context);
    /// Why the model is not asked, once before() has run; absent when it is.
    const std::optional<std::string>& reason_not_to_ask() const { return reason_; }
    /// Runs the steps after the answer; the effect that replaces it, if one does.
    Result<std::optional<RunEffect>> after(const Op& op, std::string context, const std::string& text);

private:
    Result<void> run(const Op& op, pipelines::Stage stage);
    Result<void> decide_to_ask();
    Result<std::vector<RunEffect>> effects(const Op& op) const;

    const Pipelines& pipelines_;
    store::Store& store_;
    stream::Hub& hub_;
    FencedWrite write_;
    std::optional<RunState> state_;
    std::optional<std::string> reason_;
};

/// The blocks of a text that takes the place of an answer: what the model thought stays before it.
Json blocks_in_place(const Json& before, std::string_view text, std::unique_ptr<AnswerReader> reader);

}  // namespace ry::chats
