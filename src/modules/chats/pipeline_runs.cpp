#include "modules/chats/pipeline_runs.h"

#include <algorithm>

#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/chats.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/paging.h"
#include "modules/chats/pipeline_queries.gen.h"
#include "modules/chats/run_queries.gen.h"
#include "modules/chats/variant_queries.gen.h"

namespace ry::chats {

namespace route = http::route;

namespace {

constexpr std::string_view no_such_run =
    "there is no such run of a pipeline; `ramify pipelines runs` lists those there are";
constexpr std::string_view interrupted_message =
    "the run was interrupted when the server stopped; retry it from the step that had not ended";

bool has_ended(StepStatus status) { return status != StepStatus::waiting && status != StepStatus::running; }

Result<RunRow> found(std::optional<RunRow> run) {
    if (!run) return fail(Code::not_found, std::string(no_such_run));
    return *std::move(run);
}

Result<Run> shown(store::Tx& tx, RunId id) {
    auto run = TRY(tx.maybe(sql::run, {.id = id}));
    if (!run) return fail(Code::not_found, std::string(no_such_run));
    for (StepRow& row : TRY(tx.many(sql::steps, {.run_ids = {id}}))) run->steps.push_back(step_of(std::move(row)));
    return *std::move(run);
}

Result<void> check_input(const Json& input) {
    if (!input.text.starts_with('{')) return invalid("/input", "must be an object");
    if (input.text.find("\\u0000") != std::string::npos)
        return invalid("/input", "has the character U+0000, which cannot be kept; remove it");
    return {};
}

}  // namespace

/// `from`: the run that it repeats, with the steps that keep what they yielded there.
struct PipelineRuns::NewRun {
    PipelineId pipeline;
    int64_t number = 1;
    const pipelines::Definition& definition;
    const pipelines::Plan& plan;
    Trigger trigger = Trigger::manual;
    std::optional<ChatId> chat_id = {};
    Json input = {"{}"};
    std::optional<RunId> from = {};
    std::vector<std::string> kept = {};
};

PipelineRuns::PipelineRuns(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, Pipelines& pipelines,
                           ContextOfChat context_of_chat, RetryAnswer retry_answer)
    : store_(store),
      hub_(hub),
      jobs_(jobs),
      pipelines_(pipelines),
      context_of_chat_(std::move(context_of_chat)),
      retry_answer_(std::move(retry_answer)) {
    jobs_.add<RunPipeline>(
        {.queue = "llm",
         .attempts_max = 3,
         .timeout_ms = run_ms_max,
         .on_given_up = [this](Op&, store::Tx& tx, const jobs::Job& job, const Json& argument) -> Result<void> {
             bool is_cancelled = job.status == jobs::Status::cancelled;
             return finish(
                 tx, TRY(from_json<RunPipeline>(argument.text)).run_id,
                 is_cancelled ? StepStatus::cancelled : StepStatus::failed,
                 is_cancelled ? std::optional<std::string>("the run was stopped") : std::string(interrupted_message));
         }},
        [this](Op& op, const RunPipeline& argument, jobs::Context& job) { return run(op, job, argument.run_id); });
    // A schedule goes on whatever becomes of one of its runs.
    jobs_.add<BeginScheduledRun>(
        {.on_given_up = [this](Op&, store::Tx& tx, const jobs::Job&, const Json& argument) -> Result<void> {
            auto due = TRY(from_json<BeginScheduledRun>(argument.text));
            auto pipeline = TRY(tx.maybe(sql::lock_pipeline, {.id = due.pipeline_id}));
            return pipeline && pipeline->next_run_at == due.at ? plan_following(tx, *pipeline, due.at) : Result<void>();
        }},
        [this](Op&, const BeginScheduledRun& due, jobs::Context& job) {
            return job.write("pipelines.begin_scheduled_run", [&](store::Tx& tx) { return begin_scheduled(tx, due); });
        });
}

Result<void> PipelineRuns::plan_following(store::Tx& tx, const Pipeline& pipeline, Time at) {
    if (!pipeline.definition.schedule) return {};
    int64_t pause_us = pipeline.definition.schedule->every_minutes * 60'000'000;
    Time next{at.us + pause_us};
    // What the server slept through is not made up for.
    if (next.us <= now().us) next.us = now().us + pause_us;
    tx.queue(sql::set_next_run, {.id = pipeline.id, .next_run_at = next});
    return pipelines_.plan_run(tx, pipeline.id, next);
}

/// The run of a schedule, unless the one before it has not ended, or there is no room for it: then it waits for its
/// next turn.
Result<void> PipelineRuns::begin_scheduled(store::Tx& tx, const BeginScheduledRun& due) {
    auto pipeline = TRY(tx.maybe(sql::lock_pipeline, {.id = due.pipeline_id}));
    if (!pipeline || pipeline->next_run_at != due.at || !pipeline->definition.schedule) return {};
    TRY(plan_following(tx, *pipeline, due.at));
    if (TRY(tx.one(sql::has_open_run, {.pipeline_id = pipeline->id}))) return {};
    pipelines::Plan plan = TRY(pipelines::plan_of(pipeline->definition, pipelines_.types()));
    auto begun = add(tx, {.pipeline = pipeline->id,
                          .number = pipeline->number,
                          .definition = pipeline->definition,
                          .plan = plan,
                          .trigger = Trigger::scheduled,
                          .input = pipeline->definition.schedule->input});
    if (!begun && begun.error().code != Code::over_quota) return std::move(begun).error();
    return {};
}

/// Writes the run, its steps, its job and its first event.
Result<Run> PipelineRuns::add(store::Tx& tx, const NewRun& wanted) {
    if (TRY(tx.one(sql::count_open_runs, {})) >= open_runs_max)
        return Error{Code::over_quota,
                     std::to_string(open_runs_max) +
                         " runs of pipelines wait or run, the most there may be; wait for them or stop some",
                     {},
                     {},
                     5'000};
    RunId id = RunId::fresh();
    std::vector<StepId> ids;
    std::vector<std::string> steps, types;
    for (size_t at : wanted.plan.order) {
        ids.push_back(StepId::fresh());
        steps.push_back(wanted.plan.steps[at].definition.id);
        types.push_back(wanted.plan.steps[at].definition.type);
    }
    tx.queue(sql::add_run, {.id = id,
                            .chat_id = wanted.chat_id,
                            .pipeline_id = wanted.pipeline,
                            .pipeline_number = wanted.number,
                            .definition = wanted.definition,
                            .trigger = wanted.trigger,
                            .input = wanted.input,
                            .retried_run_id = wanted.from,
                            .step_ids = ids,
                            .steps = steps,
                            .step_types = types});
    if (wanted.from) tx.queue(sql::copy_steps, {.run_id = id, .from_run_id = *wanted.from, .steps = wanted.kept});
    JobId job = TRY(jobs_.enqueue(tx, RunPipeline{id}, {.subject = "run:" + id.text()}));
    tx.queue(sql::set_run_job, {.id = id, .job_id = job});
    Run run = TRY(shown(tx, id));
    TRY(hub_.append(tx, stream_of(id), "run.updated", run_event(run)));
    return run;
}

http::Following<Run> PipelineRuns::following(Run run) const {
    http::Following<Run> answer;
    answer.stream = stream_of(run.id);
    answer.after = "0";
    answer.events = "/api/v1/runs/" + run.id.text() + "/events";
    answer.is_last = [](std::string_view type, std::string_view) { return type == "run.ended"; };
    answer.value = std::move(run);
    return answer;
}

Result<http::Following<Run>> PipelineRuns::start(Op& op, PipelineId id, StartRun body) {
    Trigger trigger = body.trigger.value_or(Trigger::manual);
    Json input = body.input.value_or(Json{"{}"});
    TRY(check_input(input));
    if (trigger != Trigger::manual && trigger != Trigger::api)
        return invalid("/trigger", "must be manual or api: messages and the schedule start runs by themselves");
    Run run = TRY(store_.write(op, "pipelines.start_run", [&](store::Tx& tx) -> Result<Run> {
        auto pipeline = TRY(tx.maybe(sql::pipeline, {.id = id}));
        if (!pipeline)
            return fail(Code::not_found, "there is no such pipeline; `ramify pipelines ls` lists those there are");
        int64_t number = body.number.value_or(pipeline->number);
        auto version = TRY(tx.maybe(sql::pipeline_version, {.id = id, .number = number}));
        if (!version)
            return invalid("/number", "is no version of this pipeline; `ramify pipelines versions` lists those it has");
        const auto& triggers = version->definition.triggers;
        if (std::ranges::find(triggers, trigger) == triggers.end())
            return fail(Code::unsupported, "the pipeline's triggers do not have " +
                                               std::string(names_of(trigger)[size_t(trigger)]) + "; add it to them");
        if (body.chat_id && !TRY(tx.maybe(sql::chat, {.id = *body.chat_id})))
            return invalid("/chat_id", "names no chat; `ramify chats ls` lists those there are");
        pipelines::Plan plan = TRY(pipelines::plan_of(version->definition, pipelines_.types()));
        return add(tx, {.pipeline = id,
                        .number = number,
                        .definition = version->definition,
                        .plan = plan,
                        .trigger = trigger,
                        .chat_id = body.chat_id,
                        .input = input});
    }));
    return following(std::move(run));
}

Result<http::Page<Run>> PipelineRuns::list(Op& op, PipelineId id, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<RunId> before;
    if (query.cursor && !(before = RunId::parse(*query.cursor))) return not_a_cursor();
    TRY(pipelines_.show(op, id));
    return store_.read(op, "pipelines.runs", [&](store::Tx& tx) -> Result<http::Page<Run>> {
        http::Page<Run> page{
            TRY(tx.many(sql::runs_of_pipeline, {.pipeline_id = id, .before = before, .limit = limit + 1})), {}};
        if (int(page.items.size()) > limit) {
            page.items.pop_back();
            page.next_cursor = page.items.back().id.text();
        }
        return page;
    });
}

Result<http::Following<Run>> PipelineRuns::retry(Op& op, RunId id, RetryRun body) {
    RunRow row = TRY(store_.read(op, "pipelines.run", [&](store::Tx& tx) -> Result<RunRow> {
        return found(TRY(tx.maybe(sql::run_row, {.id = id})));
    }));
    if (row.generation_id) {
        RunId again = TRY(retry_answer_(op, id, body));
        return following(TRY(store_.read(op, "pipelines.run", [&](store::Tx& tx) { return shown(tx, again); })));
    }
    Run run = TRY(store_.write(op, "pipelines.retry_run", [&](store::Tx& tx) -> Result<Run> {
        RunRow old = TRY(found(TRY(tx.maybe(sql::lock_run, {.id = id}))));
        if (!has_ended(old.status))
            return fail(Code::conflict, "the run has not ended yet; wait for it, or stop it first");
        pipelines::Plan plan = TRY(pipelines::plan_of(old.definition, pipelines_.types()));
        auto from = plan.find(body.step);
        if (!from) return invalid("/step", "is no step of this run; `ramify runs show` lists those it has");
        RunState state = TRY(state_of(old, TRY(tx.many(sql::steps, {.run_ids = {id}})), pipelines_.types()));
        std::vector<bool> again = plan.from(*from);
        std::vector<std::string> kept;
        // What never ran, because something else had failed, runs now too.
        for (size_t i = 0; i < plan.steps.size(); ++i)
            if (!again[i] &&
                (state.steps[i].status == StepStatus::done || state.steps[i].status == StepStatus::skipped))
                kept.push_back(plan.steps[i].definition.id);
        return add(tx, {.pipeline = *old.pipeline_id,
                        .number = *old.pipeline_number,
                        .definition = old.definition,
                        .plan = plan,
                        .trigger = old.trigger,
                        .chat_id = old.chat_id,
                        .input = old.input,
                        .from = id,
                        .kept = kept});
    }));
    return following(std::move(run));
}

Result<Run> PipelineRuns::cancel(Op& op, RunId id) {
    return store_.write(op, "pipelines.cancel_run", [&](store::Tx& tx) -> Result<Run> {
        RunRow run = TRY(found(TRY(tx.maybe(sql::run_row, {.id = id}))));
        if (run.generation_id) return fail(Code::unsupported, "the run writes an answer; stop the answer instead");
        if (!has_ended(run.status) && run.job_id) TRY(jobs_.cancel(tx, *run.job_id));
        return shown(tx, id);
    });
}

Result<http::Events> PipelineRuns::events(Op& op, RunId id) {
    TRY(store_.read(op, "pipelines.run", [&](store::Tx& tx) { return shown(tx, id); }));
    return http::Events{.stream = stream_of(id),
                        .is_last = [](std::string_view type, std::string_view) { return type == "run.ended"; }};
}

Result<http::Page<RunEffect>> PipelineRuns::list_effects(Op& op, RunId id) {
    return store_.read(op, "pipelines.effects", [&](store::Tx& tx) -> Result<http::Page<RunEffect>> {
        TRY(shown(tx, id));
        return http::Page<RunEffect>{TRY(tx.many(sql::run_effects, {.run_id = id})), {}};
    });
}

Result<pipelines::Graph> PipelineRuns::graph(Op& op, RunId id) {
    RunRow run = TRY(store_.read(op, "pipelines.run_graph", [&](store::Tx& tx) -> Result<RunRow> {
        return found(TRY(tx.maybe(sql::run_row, {.id = id})));
    }));
    return pipelines::graph_of(TRY(pipelines::plan_of(std::move(run.definition), pipelines_.types())));
}

/// An answer gets back what stood there before; what was for a prompt is not for the next one. An artifact is taken
/// back.
Result<RunEffect> PipelineRuns::undo(Op& op, EffectId id) {
    return store_.write(op, "pipelines.undo_effect", [&](store::Tx& tx) -> Result<RunEffect> {
        auto effect = TRY(tx.maybe(sql::lock_effect, {.id = id}));
        if (!effect)
            return fail(Code::not_found, "there is no such effect; `ramify runs effects` lists those of a run");
        if (effect->undone_at) return *std::move(effect);
        RunRow run = TRY(found(TRY(tx.maybe(sql::run_row, {.id = effect->run_id}))));
        if (!has_ended(run.status))
            return fail(Code::conflict, "the run has not ended yet; wait for it, or stop it first");
        if (effect->type == pipelines::EffectType::replace_answer) TRY(put_back(tx, *effect, run));
        RunEffect undone = *TRY(tx.maybe(sql::undo_effect, {.id = id}));
        TRY(hub_.append(tx, stream_of(run.id), "effect.undone", {"{\"effect\":" + to_json(undone) + "}"}));
        return undone;
    });
}

/// The text that a step replaced is the answer again. One of several that replaced it, and did not win, changed
/// nothing.
Result<void> PipelineRuns::put_back(store::Tx& tx, const RunEffect& effect, const RunRow& run) {
    auto previous = TRY(tx.maybe(sql::previous_of, {.id = effect.id}));
    if (!previous || !run.chat_id) return {};
    auto answer = TRY(tx.maybe(sql::answer_of_run, {.run_id = run.id}));
    if (answer) answer = TRY(tx.maybe(sql::lock_variant, {.id = answer->variant_id}));
    if (!answer) return fail(Code::not_found, "the answer was deleted meanwhile");
    if (answer->text != effect.effect.text)
        return fail(Code::conflict, "the answer was edited since the step replaced it; edit it again instead");
    auto before = TRY(from_json<PreviousAnswer>(previous->text));
    tx.queue(sql::change_variant, {.id = answer->variant_id, .text = before.text, .blocks = before.blocks});
    auto message = TRY(tx.maybe(sql::message, {.id = answer->message_id}));
    if (!message) return {};
    Json data{"{\"message\":" + to_json(to_message(*std::move(message))) + "}"};
    TRY(hub_.append(tx, Chats::stream_of(*run.chat_id), "message.updated", std::move(data)));
    return {};
}

/// The end of a run: what is still open of it ends with it.
Result<void> PipelineRuns::finish(store::Tx& tx, RunId id, StepStatus status, const std::optional<std::string>& error) {
    auto run = TRY(tx.maybe(sql::lock_run, {.id = id}));
    if (!run || has_ended(run->status)) return {};
    tx.queue(sql::end_open_steps, {.run_id = id, .status = status, .error = error});
    tx.queue(sql::change_run, {.id = id, .status = status, .error = error});
    TRY(hub_.append(tx, stream_of(id), "run.ended", run_event(TRY(shown(tx, id)))));
    return {};
}

/// The job: goes on where the last try was.
Result<void> PipelineRuns::run(Op& op, jobs::Context& job, RunId id) {
    FencedWrite write = [&](std::string_view name, const std::function<Result<void>(store::Tx&)>& f) {
        return job.write(name, f);
    };
    std::optional<RunRow> row;
    std::vector<StepRow> steps;
    TRY(write("pipelines.begin_run", [&](store::Tx& tx) -> Result<void> {
        row = TRY(tx.maybe(sql::lock_run, {.id = id}));
        if (!row || has_ended(row->status)) return {};
        steps = TRY(tx.many(sql::steps, {.run_ids = {id}}));
        if (row->status == StepStatus::running) return {};
        tx.queue(sql::change_run, {.id = id, .status = StepStatus::running, .error = {}});
        TRY(hub_.append(tx, stream_of(id), "run.updated", run_event(TRY(shown(tx, id)))));
        return {};
    }));
    if (!row || has_ended(row->status)) return {};
    auto end = [&](const std::optional<Error>& error) {
        return write("pipelines.end_run", [&](store::Tx& tx) {
            return finish(tx, id, error ? StepStatus::failed : StepStatus::done,
                          error ? std::optional(error->message) : std::nullopt);
        });
    };
    auto state = state_of(*row, steps, pipelines_.types());
    if (!state) return end(std::move(state).error());
    if (row->chat_id) {
        auto context = context_of_chat_(op, *row->chat_id);
        if (!context) return end(std::move(context).error());
        state->context = *std::move(context);
    }
    StepsRun run(pipelines_, hub_, *state, write);
    TRY(run.run(op, std::vector<bool>(state->plan.steps.size(), true)));
    return end(run.failure());
}

std::vector<http::Route> PipelineRuns::routes() {
    return {
        route::post("/api/v1/pipelines/{pipeline_id}/runs", "chats.write", "pipelines run",
                    "Run a pipeline; follow what it does.", &PipelineRuns::start, *this),
        route::get("/api/v1/pipelines/{pipeline_id}/runs", "chats.read", "pipelines runs",
                   "The runs of a pipeline, newest first.", &PipelineRuns::list, *this),
        route::post("/api/v1/runs/{run_id}/retry", "chats.write", "runs retry",
                    "Run again from a step on; what is before it keeps what it yielded.", &PipelineRuns::retry, *this),
        route::post("/api/v1/runs/{run_id}/cancel", "chats.write", "runs cancel", "Stop a run.", &PipelineRuns::cancel,
                    *this),
        route::get("/api/v1/runs/{run_id}/events", "chats.read", "runs follow",
                   "Everything that happens in a run, live.", &PipelineRuns::events, *this),
        route::get("/api/v1/runs/{run_id}/effects", "chats.read", "runs effects",
                   "What the steps of a run changed, artifacts too.", &PipelineRuns::list_effects, *this),
        route::post("/api/v1/run_effects/{effect_id}/undo", "chats.write", "runs undo", "Undo what a step changed.",
                    &PipelineRuns::undo, *this),
        route::get("/api/v1/runs/{run_id}/graph", "chats.read", "runs graph",
                   "The steps of a run with what waited for what.", &PipelineRuns::graph, *this),
    };
}

}  // namespace ry::chats
