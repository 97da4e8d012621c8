#pragma once
// Inside the part: runs of pipelines that people keep: started by hand, by a program or by their schedule; followed,
// stopped, and repeated from a step. Answers in chats run their pipelines in generate.cpp, with the same steps
// (run_steps.h) and the same rows.
#include <functional>
#include <string>
#include <vector>

#include "kernel/jobs/jobs.h"
#include "modules/chats/paging.h"
#include "modules/chats/pipelines.h"
#include "modules/chats/run_model.h"
#include "modules/chats/run_steps.h"

namespace ry::chats {

constexpr int64_t open_runs_max = 200;  ///< of an organization, that wait or run
constexpr int64_t run_ms_max =
    2 * 60 * 60 * 1000;  ///< of one try of a run: four model calls one after the other, at their longest

/// What the job `chats.run_pipeline` is given.
struct RunPipeline {
    static constexpr std::string_view kind = "chats.run_pipeline";
    RunId run_id;
    static const Fields& fields() {
        static const Field table[] = {field("run_id", &RunPipeline::run_id, "Which run.")};
        static const Fields all{"RunPipeline", table};
        return all;
    }
};

class PipelineRuns {
public:
    /// What a chat's values are for the texts of steps: members of a JSON object, without its braces.
    using ContextOfChat = std::function<Result<std::string>(const Op& op, ChatId chat)>;
    /// Repeats the run of an answer from a step on, as another variant of its message; the new run.
    using RetryAnswer = std::function<Result<RunId>(Op& op, RunId run, const RetryRun& body)>;

    /// All outlive it. Adds its kinds of jobs.
    PipelineRuns(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, Pipelines& pipelines,
                 ContextOfChat context_of_chat, RetryAnswer retry_answer);
    std::vector<http::Route> routes();

    Result<http::Following<Run>> start(Op& op, PipelineId pipeline, StartRun body);
    Result<http::Page<Run>> list(Op& op, PipelineId pipeline, Paging query);
    /// A run of its own, from a step on.
    Result<http::Following<Run>> retry(Op& op, RunId run, RetryRun body);
    Result<Run> cancel(Op& op, RunId run);
    Result<http::Events> events(Op& op, RunId run);
    Result<http::Page<RunEffect>> list_effects(Op& op, RunId run);
    Result<pipelines::Graph> graph(Op& op, RunId run);
    Result<RunEffect> undo(Op& op, EffectId effect);

private:
    struct NewRun;
    Result<Run> add(store::Tx& tx, const NewRun& run);
    Result<void> run(Op& op, jobs::Context& job, RunId id);
    Result<void> begin_scheduled(store::Tx& tx, const BeginScheduledRun& due);
    Result<void> plan_following(store::Tx& tx, const Pipeline& pipeline, Time at);
    Result<void> finish(store::Tx& tx, RunId id, StepStatus status, const std::optional<std::string>& error);
    Result<void> put_back(store::Tx& tx, const RunEffect& effect, const RunRow& run);
    http::Following<Run> following(Run run) const;

    store::Store& store_;
    stream::Hub& hub_;
    jobs::Jobs& jobs_;
    Pipelines& pipelines_;
    ContextOfChat context_of_chat_;
    RetryAnswer retry_answer_;
};

}  // namespace ry::chats
