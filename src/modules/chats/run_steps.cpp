#include "modules/chats/run_steps.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/check.h"
#include "base/guarded.h"
#include "base/text.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/chats/pipelines/expression.h"
#include "modules/chats/pipelines/moves.h"
#include "modules/chats/run_queries.gen.h"

namespace ry::chats {
namespace {

using pipelines::Effect;
using pipelines::PlannedStep;

/// What a try came to, from its thread.
struct Finish {
    size_t step = 0;
    Result<Json> result;
};

/// Finished tries that nobody has looked at; `is_stopped` wakes who waits for one.
struct Inbox {
    std::vector<Finish> finishes;
    bool is_stopped = false;
};

/// PostgreSQL keeps no U+0000 in JSON.
Result<Json> kept(Json output) {
    if (output.text.size() > step_output_bytes_max)
        return fail(Code::too_large,
                    "the step yields more than " + std::to_string(step_output_bytes_max) + " bytes; let it yield less");
    if (output.text.find("\\u0000") != std::string::npos)
        return fail(Code::unsupported, "the step yields the character U+0000, which cannot be kept");
    return output;
}

/// A Bug of a step ends its try, not the server.
Result<Json> guarded(const StepKind& kind, const Op& op, const StepCall& call) {
    try {
        return kept(TRY(kind.run(op, call)));
    } catch (const std::exception& bug) {
        telemetry::log(telemetry::Level::error, "step_bug",
                       {{"run", call.run_id.text()}, {"type", kind.type.name}, {"what", bug.what()}});
        return fail(Code::bug, "something went wrong in the server; report this with the run's id", bug.what());
    }
}

Json artifact_event(const RunEffect& effect) { return {"{\"effect\":" + to_json(effect) + "}"}; }

}  // namespace

std::string stream_of(RunId run) { return "run:" + run.text(); }

Json run_event(const Run& run) { return {"{\"run\":" + to_json(run) + "}"}; }

Result<RunState> state_of(const RunRow& run, const std::vector<StepRow>& steps, const pipelines::StepTypes& types) {
    RunState state{.id = run.id, .chat_id = run.chat_id, .trigger = run.trigger, .input = run.input};
    state.plan = TRY(pipelines::plan_of(run.definition, types));
    state.steps.resize(state.plan.steps.size());
    for (const StepRow& row : steps) {
        auto at = state.plan.find(row.step);
        if (!at) continue;
        StepStatus status = row.status == StepStatus::running ? StepStatus::waiting : row.status;
        state.steps[*at] = {.status = status, .output = row.output, .attempt = row.attempt};
    }
    return state;
}

/// Tries that run, and the pauses before the next ones. Its end waits for all of them.
struct StepsRun::Turn {
    struct Pause {
        size_t step;
        int64_t until_ms;
        Json parameters;
    };
    Op op;
    std::stop_source stop = {};  // of the tries: when the run shall stop, and when it ends with an error
    std::stop_callback<std::function<void()>> on_op_stop;
    Guarded<Inbox> inbox;
    std::vector<Pause> pauses = {};
    std::vector<std::pair<size_t, Json>> to_start = {};  // recorded first
    std::vector<std::pair<size_t, std::jthread>> running = {};
    std::map<size_t, Json> given = {};  // what each running step was given, for its next try

    explicit Turn(const Op& of) : op(of), on_op_stop(op.stop, [this] { stop.request_stop(); }) {}
    ~Turn() { stop.request_stop(); }

    void start(const StepKind& kind, size_t step, int64_t timeout_ms, StepCall call) {
        Op own = op;
        own.stop = stop.get_token();
        own.deadline = op.deadline.sooner(Deadline::in_ms(timeout_ms));
        running.emplace_back(step, std::jthread([this, &kind, step, own = std::move(own), call = std::move(call)] {
                                 auto result = guarded(kind, own, call);
                                 inbox.change([&](Inbox& all) { all.finishes.push_back({step, std::move(result)}); });
                             }));
    }

    /// Waits until a try has finished, a pause is over, or the run shall stop.
    std::vector<Finish> wait() {
        std::stop_callback wake(stop.get_token(), [this] { inbox.change([](Inbox& all) { all.is_stopped = true; }); });
        int64_t left_ms = std::max<int64_t>(0, std::min<int64_t>(op.deadline.left_ms(), 3'600'000));
        for (const Pause& pause : pauses)
            left_ms = std::min(left_ms, std::max<int64_t>(0, pause.until_ms - steady_ms()));
        std::vector<Finish> finishes;
        inbox.wait_until(
            std::chrono::steady_clock::now() + std::chrono::milliseconds(left_ms),
            [](const Inbox& all) { return !all.finishes.empty() || all.is_stopped; },
            [&](Inbox& all) { finishes = std::exchange(all.finishes, {}); });
        for (const Finish& finish : finishes)
            std::erase_if(running, [&](const auto& one) { return one.first == finish.step; });
        return finishes;
    }
};

/// What texts may name: the run's input, what steps yielded and how they ended; `output` of the step whose effects they
/// are.
std::string StepsRun::context_json(const Json* output) const {
    std::string steps, status;
    for (size_t i = 0; i < state_.steps.size(); ++i) {
        const StepProgress& step = state_.steps[i];
        std::string name;
        json::write_string(name, state_.plan.steps[i].definition.id);
        if (step.status == StepStatus::done) steps += (steps.empty() ? "" : ",") + name + ":" + step.output.text;
        status +=
            (status.empty() ? "" : ",") + name + ":\"" + std::string(names_of(step.status)[size_t(step.status)]) + "\"";
    }
    std::string json = "{" + state_.context + (state_.context.empty() ? "" : ",");
    json += "\"input\":" + state_.input.text + ",\"steps\":{" + steps + "},\"status\":{" + status + "}";
    if (output) json += ",\"output\":" + output->text;
    if (state_.context.empty()) json += ",\"now\":\"" + rfc3339(now()) + "\"";
    return json + "}";
}

Result<std::optional<std::string>> StepsRun::reason_to_skip(size_t at) const {
    const PlannedStep& step = state_.plan.steps[at];
    if (!step.condition) return std::optional<std::string>();
    auto rendering = TRY(pipelines::Rendering::of(context_json(nullptr), now().us / 1000, uint64_t(at)));
    if (TRY(rendering.is_true(*step.condition).within("condition"))) return std::optional<std::string>();
    return std::optional("its condition is false: " + *step.definition.condition);
}

/// The step begins: its condition is asked and its parameters are rendered.
Result<StepsRun::Change> StepsRun::begun(size_t at, Turn& turn) {
    const PlannedStep& step = state_.plan.steps[at];
    const StepKind* kind = pipelines_.find(step.definition.type);
    auto rendering = TRY(pipelines::Rendering::of(context_json(nullptr), now().us / 1000, uint64_t(at)));
    if (auto reason = TRY(reason_to_skip(at))) {
        state_.steps[at].status = StepStatus::skipped;
        return Change{.step = at, .status = StepStatus::skipped, .reason = std::move(reason)};
    }
    Json parameters =
        TRY(rendering.parameters(step.definition.parameters, *kind->type.parameters, kind->type.conditions));
    parameters = TRY(kept(std::move(parameters)));
    state_.steps[at].status = StepStatus::running;
    state_.steps[at].attempt += 1;
    turn.to_start.emplace_back(at, parameters);
    return Change{.step = at, .status = StepStatus::running, .input = std::move(parameters)};
}

Result<std::vector<Effect>> StepsRun::effects_of(size_t at, const Json& output) const {
    std::vector<Effect> effects = state_.plan.steps[at].definition.effects;
    if (effects.empty()) return effects;
    auto rendering = TRY(pipelines::Rendering::of(context_json(&output), now().us / 1000, uint64_t(at)));
    for (Effect& effect : effects) {
        effect.text = TRY(rendering.text(std::string_view(effect.text))
                              .within("effect " + std::string(names_of(effect.type)[size_t(effect.type)])));
        if (effect.text.size() > step_output_bytes_max)
            return fail(Code::too_large,
                        "an effect's text has more than " + std::to_string(step_output_bytes_max) + " bytes");
        effect.text = utf8_text(effect.text);
    }
    return effects;
}

/// A try is over: the step is done, is tried again after a pause, or has failed.
Result<StepsRun::Change> StepsRun::ended(size_t at, Result<Json> result, Turn& turn) {
    const pipelines::StepDefinition& definition = state_.plan.steps[at].definition;
    StepProgress& step = state_.steps[at];
    Json given = std::move(turn.given[at]);
    if (result) {
        if (auto effects = effects_of(at, *result)) {
            step.status = StepStatus::done;
            step.output = *result;
            return Change{
                .step = at, .status = StepStatus::done, .output = *std::move(result), .effects = *std::move(effects)};
        } else {
            result = std::move(effects).error();
        }
    }
    TRY(turn.op.still_wanted());
    const Error& error = result.error();
    if (step.attempt < definition.retry.attempts_max && pipelines::is_worth_another_try(error.code)) {
        int64_t pause = pipelines::pause_ms(definition.retry, step.attempt, error.retry_after_ms);
        turn.pauses.push_back({at, steady_ms() + pause, std::move(given)});
        return Change{.step = at, .status = StepStatus::running, .error = error.message};
    }
    step.status = StepStatus::failed;
    if (definition.required && !failure_) failure_ = Error(result.error()).within("step \"" + definition.id + "\"");
    return Change{.step = at, .status = StepStatus::failed, .error = error.message};
}

/// All changes and the events that tell them, in one transaction.
Result<void> StepsRun::record(const std::vector<Change>& changes) {
    if (changes.empty()) return {};
    return write_("pipelines.record_steps", [&](store::Tx& tx) -> Result<void> {
        tx.step();
        std::vector<store::Later<std::optional<StepRow>>> rows;
        std::vector<store::Later<std::optional<RunEffect>>> effects;
        for (const Change& change : changes) {
            const std::string& id = state_.plan.steps[change.step].definition.id;
            rows.push_back(tx.ask(sql::record_step, {.run_id = state_.id,
                                                     .step = id,
                                                     .status = change.status,
                                                     .input = change.input,
                                                     .output = change.output,
                                                     .error = change.error,
                                                     .reason = change.reason,
                                                     .attempt = state_.steps[change.step].attempt}));
            for (const Effect& effect : change.effects)
                effects.push_back(tx.ask(sql::add_run_effect, {.id = EffectId::fresh(),
                                                               .run_id = state_.id,
                                                               .step = id,
                                                               .type = effect.type,
                                                               .effect = {to_json(effect)}}));
        }
        std::vector<stream::Entry> events;
        for (auto& row : rows)
            if (auto found = TRY(row.get()))
                events.push_back({"step.updated", {"{\"step\":" + to_json(step_of(*std::move(found))) + "}"}});
        for (auto& effect : effects)
            if (auto found = TRY(effect.get())) events.push_back({"effect.applied", artifact_event(*found)});
        if (events.size() < changes.size()) return fail(Code::conflict, "the run was deleted meanwhile");
        TRY(hub_.append(tx, stream_of(state_.id), std::move(events)));
        return {};
    });
}

/// What moves now: skips, cancellations, and as many beginnings as there is room for.
Result<std::vector<StepsRun::Change>> StepsRun::moved(pipelines::Moves moves, Turn& turn) {
    std::vector<Change> changes;
    for (pipelines::Skip& skip : moves.skip) {
        state_.steps[skip.step].status = StepStatus::skipped;
        changes.push_back({.step = skip.step, .status = StepStatus::skipped, .reason = std::move(skip.reason)});
    }
    for (size_t at : moves.cancel) {
        state_.steps[at].status = StepStatus::cancelled;
        changes.push_back({.step = at, .status = StepStatus::cancelled});
    }
    size_t room = side_by_side_max - turn.running.size();
    for (size_t at : moves.begin) {
        if (room == 0) break;
        auto change = begun(at, turn);
        if (!change) change = ended(at, std::move(change).error(), turn);
        changes.push_back(TRY(std::move(change)));
        room -= changes.back().status == StepStatus::running;
    }
    return changes;
}

/// The next tries of steps whose pause is over.
std::vector<StepsRun::Change> StepsRun::tried_again(Turn& turn) {
    std::vector<Change> changes;
    std::erase_if(turn.pauses, [&](Turn::Pause& pause) {
        if (pause.until_ms > steady_ms() || turn.running.size() + turn.to_start.size() >= side_by_side_max)
            return false;
        state_.steps[pause.step].attempt += 1;
        changes.push_back({.step = pause.step, .status = StepStatus::running});
        turn.to_start.emplace_back(pause.step, std::move(pause.parameters));
        return true;
    });
    return changes;
}

void StepsRun::start(Turn& turn) {
    for (auto& [at, parameters] : std::exchange(turn.to_start, {})) {
        const pipelines::StepDefinition& definition = state_.plan.steps[at].definition;
        turn.given[at] = parameters;
        turn.start(*pipelines_.find(definition.type), at, definition.timeout_ms,
                   {.run_id = state_.id,
                    .step = definition.id,
                    .chat_id = state_.chat_id,
                    .parameters = std::move(parameters),
                    .attempt = state_.steps[at].attempt});
    }
}

/// A step may have failed before an earlier try of the run died.
Result<void> StepsRun::remember_failure() {
    std::vector<StepStatus> statuses;
    for (const StepProgress& step : state_.steps) statuses.push_back(step.status);
    if (auto failed = pipelines::failed_step(state_.plan, statuses); failed && !failure_)
        failure_ = fail(Code::unavailable, "step \"" + state_.plan.steps[*failed].definition.id +
                                               "\" failed; `ramify runs show` says why");
    return {};
}

Result<void> StepsRun::run(const Op& op, const std::vector<bool>& wanted) {
    Turn turn(op);
    for (;;) {
        TRY(op.still_wanted());
        std::vector<StepStatus> statuses;
        for (const StepProgress& step : state_.steps) statuses.push_back(step.status);
        pipelines::Moves moves = pipelines::next_moves(state_.plan, statuses, state_.trigger, wanted);
        bool is_over = moves.is_over;
        std::vector<Change> changes = TRY(moved(std::move(moves), turn));
        for (Change& change : tried_again(turn)) changes.push_back(std::move(change));
        TRY(record(changes));
        start(turn);
        if (is_over) return remember_failure();
        // Conditions may be false: what follows such a step moves at once.
        if (turn.running.empty() && turn.pauses.empty()) {
            ENSURE(!changes.empty());
            continue;
        }
        std::vector<Change> over;
        for (Finish& finish : turn.wait()) over.push_back(TRY(ended(finish.step, std::move(finish.result), turn)));
        TRY(record(over));
    }
}

}  // namespace ry::chats
