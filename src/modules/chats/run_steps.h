#pragma once
// Inside the part: runs steps of a plan side by side, and records each with what it was given, what it gave and what it
// changed. One run at a time has one of these, on the thread of its job; steps have threads of their own.
//
// What is recorded is where the next try goes on when the process dies: steps that were done stay done, a step that was
// running begins again.
#include <string>
#include <vector>

#include "modules/chats/pipeline_model.h"
#include "modules/chats/pipelines.h"
#include "modules/chats/pipelines/moves.h"
#include "modules/chats/run_model.h"
#include "modules/chats/subject.h"

namespace ry::stream {
class Hub;
}

namespace ry::chats {

constexpr size_t side_by_side_max = 8;               ///< steps of a run at a time; each has a thread
constexpr size_t step_output_bytes_max = 1'000'000;  ///< of what a step yields; 50 steps: 50 MB of a run at worst

/// How far a step has come.
struct StepProgress {
    StepStatus status = StepStatus::waiting;
    Json output;
    int64_t attempt = 0;
};

/// A run as it stands; its steps are in the order of the plan.
struct RunState {
    RunId id;
    std::optional<ChatId> chat_id;
    Trigger trigger = Trigger::manual;
    Json input{"{}"};
    pipelines::Plan plan;
    std::vector<StepProgress> steps;
    std::string context;  ///< further members that texts may name, as of a JSON object without its braces; may be empty
};

/// The state of a run from its rows. A step that was running when its process died waits again.
Result<RunState> state_of(const RunRow& run, const std::vector<StepRow>& steps, const pipelines::StepTypes& types);

class StepsRun {
public:
    /// All outlive it. `write` runs a transaction that fails when the job has lost its lease.
    StepsRun(const Pipelines& pipelines, stream::Hub& hub, RunState& state, FencedWrite write)
        : pipelines_(pipelines), hub_(hub), state_(state), write_(std::move(write)) {}

    /// Runs the steps for which `wanted` is true until none of them runs or waits. An error is of the run itself: it
    /// was stopped, or the database is away; what a step fails with stands in its row, and in failure().
    Result<void> run(const Op& op, const std::vector<bool>& wanted);
    /// The required step that failed, as its person is told it; absent when there is none.
    const std::optional<Error>& failure() const { return failure_; }
    /// Why the step does not run, of its condition; absent when it does.
    Result<std::optional<std::string>> reason_to_skip(size_t step) const;

private:
    struct Change {
        size_t step = 0;
        StepStatus status = StepStatus::waiting;
        std::optional<Json> input = {}, output = {};
        std::optional<std::string> error = {}, reason = {};
        std::vector<pipelines::Effect> effects = {};
    };
    struct Turn;

    std::string context_json(const Json* output) const;
    Result<Change> begun(size_t step, Turn& turn);
    Result<Change> ended(size_t step, Result<Json> result, Turn& turn);
    Result<std::vector<pipelines::Effect>> effects_of(size_t step, const Json& output) const;
    Result<void> record(const std::vector<Change>& changes);
    Result<std::vector<Change>> moved(pipelines::Moves moves, Turn& turn);
    std::vector<Change> tried_again(Turn& turn);
    void start(Turn& turn);
    Result<void> remember_failure();

    const Pipelines& pipelines_;
    stream::Hub& hub_;
    RunState& state_;
    FencedWrite write_;
    std::optional<Error> failure_;
};

/// The name of a run's stream.
std::string stream_of(RunId run);
/// {"run":{…}}, without its steps.
Json run_event(const Run& run);

}  // namespace ry::chats
