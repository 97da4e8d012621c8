// Prepares: a chain of steps is looked up, built where it is not there, and handed out as an instance.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int page_default = 50;

Error no_such_prepare() {
    return fail(Code::not_found, "there is no such prepare; `ramify db prepares` lists those there are");
}

std::vector<StepShown> steps_of(const Chain& chain) {
    std::vector<StepShown> steps;
    for (const Link& link : chain.links)
        steps.push_back({link.state_id,
                         link.title,
                         steps.size() < chain.built_count(),
                         {},
                         link.built ? std::optional(link.built->build_ms) : std::nullopt});
    return steps;
}

/// Of steps that are not there: how long they took the last time.
Result<void> expect(store::Tx& tx, const Chain& chain, std::vector<StepShown>& steps) {
    std::vector<std::string> outlines;
    for (const Link& link : chain.links)
        if (!link.built) outlines.push_back(link.outline);
    if (outlines.empty()) return {};
    std::map<std::string, int64_t> known;
    for (Expected& one : TRY(tx.many(sql::expected, {.outlines = outlines}))) known[std::move(one.outline)] = one.build_ms;
    for (size_t i = 0; i < chain.links.size(); ++i)
        if (auto found = known.find(chain.links[i].outline); !chain.links[i].built && found != known.end()) steps[i].ms = found->second;
    return {};
}

Prepare prepare_of(PrepareRow row) {
    Prepare prepare{.id = row.id,
                    .kind = row.kind,
                    .image = std::move(row.image),
                    .status = row.status,
                    .steps = std::move(row.steps),
                    .state_id = std::move(row.state_id),
                    .instance_id = row.instance_id,
                    .failure = std::move(row.failure),
                    .ms = row.ms,
                    .created_at = row.created_at,
                    .ended_at = row.ended_at};
    prepare.cached = prepare.status == PrepareStatus::done && std::ranges::all_of(prepare.steps, &StepShown::cached);
    return prepare;
}

http::Following<Prepare> following(Prepare prepare) {
    http::Following<Prepare> answer;
    answer.stream = stream_of(prepare.id);
    answer.events = "/api/v1/database_prepares/" + prepare.id.text() + "/events";
    answer.is_last = [](std::string_view type, std::string_view) { return type == "prepare.ended"; };
    answer.value = std::move(prepare);
    return answer;
}

}  // namespace

std::string stream_of(PrepareId id) { return "prepare:" + uuid_text(id.uuid); }

Result<Plan> Databases::plan(Op& op, PrepareRequest request) {
    Chain chain = TRY(inside_->chain_of(op, request, Planning::allowed));
    Plan plan{.image = chain.image.name + " (" + chain.image.version + ")", .state_id = chain.last_id(), .steps = {}, .warnings = TRY(inside_->warnings_of(op, request, chain))};
    plan.cached = chain.is_cached();
    TRY(inside_->store.read(op, "databases.explain", [&](store::Tx& tx) -> Result<void> {
        plan.steps = TRY(inside_->steps_explained(tx, chain));
        return expect(tx, chain, plan.steps);
    }));
    return plan;
}

/// The steps before anything is built, with the reasons of those that have to be.
Result<std::vector<StepShown>> Databases::Inside::steps_explained(store::Tx& tx, const Chain& chain) {
    std::vector<StepShown> steps = steps_of(chain);
    for (size_t i = chain.built_count(); i < chain.links.size(); ++i) {
        steps[i].cached = false;
        steps[i].reason = TRY(explain(tx, chain, i));
    }
    return steps;
}

Result<http::Following<Prepare>> Databases::prepare(Op& op, PrepareRequest request) {
    int64_t began_ms = steady_ms();
    telemetry::Laps laps("database_prepare_ms", "What the parts of a prepare that is cached take.");
    Chain chain = TRY(inside_->chain_of(op, request, Planning::kept_only));
    laps.lap("chain");
    if (request.is_deterministic) TRY(inside_->check_deterministic(op, request, chain));
    PrepareId id = PrepareId::fresh();
    Json asked{to_json(request)};
    if (chain.is_cached()) {
        Prepare prepare;
        StateRow state = !chain.links.empty() && chain.links.back().built ? *chain.links.back().built : TRY(inside_->row_of(op, chain));
        TRY(inside_->hand_out_named(
            op, state, request,
            [&](store::Tx& tx, const InstanceRow& instance, const Secret& password) -> Result<void> {
                tx.queue(sql::add_prepare, {.id = id,
                                            .kind = request.kind,
                                            .image = chain.image.name,
                                            .request = asked,
                                            .status = PrepareStatus::building,
                                            .job_id = {},
                                            .created_by = author_of(op)});
                tx.queue(sql::end_prepare, {.id = id,
                                            .status = PrepareStatus::done,
                                            .steps = steps_of(chain),
                                            .state_id = chain.last_id(),
                                            .instance_id = instance.id,
                                            .failure = {},
                                            .ms = steady_ms() - began_ms});
                prepare = prepare_of(*TRY(tx.maybe(sql::prepare, {.id = id})));
                TRY(inside_->hub.append(tx, stream_of(id), "prepare.ended",
                                        {"{\"prepare\":" + to_json(prepare) + "}"}));
                prepare.dsn = inside_->shown(instance, &password).dsn;
                return {};
            }));
        laps.lap("hand_out");
        inside_->prepare_changed(op.organization, id);
        inside_->hits += int64_t(chain.links.size());
        for (const Link& link : chain.links) inside_->saved_ms += link.built ? link.built->build_ms : 0;
        return following(std::move(prepare));
    }
    TRY(inside_->check_inputs(op, request));
    PrepareRow row = TRY(inside_->store.write(op, "databases.prepare", [&](store::Tx& tx) -> Result<PrepareRow> {
        jobs::JobId job = TRY(inside_->jobs.enqueue(tx, RunPrepare{id}, {.subject = "prepare:" + id.text()}));
        tx.queue(sql::add_prepare, {.id = id, .kind = request.kind, .image = chain.image.name, .request = asked, .status = PrepareStatus::queued, .job_id = job, .created_by = author_of(op)});
        std::vector<StepShown> steps = TRY(inside_->steps_explained(tx, chain));
        TRY(expect(tx, chain, steps));
        tx.queue(sql::set_prepare_steps, {.id = id, .status = PrepareStatus::queued, .steps = std::move(steps)});
        PrepareRow made = *TRY(tx.maybe(sql::prepare, {.id = id}));
        TRY(inside_->hub.append(tx, stream_of(id), "prepare.created",
                                {"{\"prepare\":" + to_json(prepare_of(made)) + "}"}));
        return made;
    }));
    inside_->prepare_changed(op.organization, id);
    return following(prepare_of(std::move(row)));
}

Result<http::Page<Prepare>> Databases::list_prepares(Op& op, ListPrepares query) {
    std::optional<PrepareId> before;
    if (query.cursor && !(before = PrepareId::parse(*query.cursor)))
        return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning");
    int limit = query.limit.value_or(page_default);
    auto rows = TRY(inside_->store.read(op, "databases.list_prepares", [&](store::Tx& tx) {
        return tx.many(sql::prepares_page, {.before = before, .limit = limit + 1});
    }));
    http::Page<Prepare> page;
    for (size_t i = 0; i < std::min(rows.size(), size_t(limit)); ++i)
        page.items.push_back(prepare_of(std::move(rows[i])));
    if (rows.size() > size_t(limit)) page.next_cursor = page.items.back().id.text();
    return page;
}

Result<Prepare> Databases::show_prepare(Op& op, PrepareId id) {
    auto [row, instance] = TRY(inside_->store.read(
        op, "databases.show_prepare", [&](store::Tx& tx) -> Result<std::pair<PrepareRow, std::optional<InstanceRow>>> {
            auto found = TRY(tx.maybe(sql::prepare, {.id = id}));
            if (!found) return no_such_prepare();
            std::optional<InstanceRow> made;
            if (found->instance_id) made = TRY(tx.maybe(sql::instance, {.id = *found->instance_id}));
            return std::pair(*std::move(found), std::move(made));
        }));
    Prepare prepare = prepare_of(std::move(row));
    if (instance) prepare.dsn = TRY(inside_->shown_with_dsn(op, *instance)).dsn;
    return prepare;
}

Result<Prepare> Databases::cancel_prepare(Op& op, PrepareId id) {
    auto row = TRY(inside_->store.read(op, "databases.show_prepare",
                                       [&](store::Tx& tx) { return tx.maybe(sql::prepare, {.id = id}); }));
    if (!row) return no_such_prepare();
    if (row->job_id && !has_ended(row->status)) TRY(inside_->jobs.cancel(op, *row->job_id));
    return show_prepare(op, id);
}

Result<http::Events> Databases::prepare_events(Op& op, PrepareId id) {
    auto row = TRY(inside_->store.read(op, "databases.show_prepare",
                                       [&](store::Tx& tx) { return tx.maybe(sql::prepare, {.id = id}); }));
    if (!row) return no_such_prepare();
    return http::Events{stream_of(id), [](std::string_view type, std::string_view) { return type == "prepare.ended"; }};
}

// ---- the job

Result<void> Databases::run_prepare(Op& op, jobs::Context& job, PrepareId id) {
    auto row = TRY(inside_->store.read(op, "databases.show_prepare",
                                       [&](store::Tx& tx) { return tx.maybe(sql::prepare, {.id = id}); }));
    if (!row || row->ended_at) return {};
    PrepareRequest request = TRY(from_json<PrepareRequest>(row->request.text));
    Failure failure;
    auto made = [&]() -> Result<InstanceRow> {
        Chain chain = TRY(inside_->chain_of(op, request, Planning::allowed));
        if (request.is_deterministic) TRY(inside_->check_deterministic(op, request, chain));
        row->steps = TRY(inside_->store.read(op, "databases.explain",
                                             [&](store::Tx& tx) { return inside_->steps_explained(tx, chain); }));
        TRY(inside_->build(op, job, *row, request, chain, failure));
        return inside_->hand_out_named(op, TRY(inside_->row_of(op, chain)), request);
    }();
    if (!made && op.stop.stop_requested())
        return std::move(made)
            .error();  // the server stops, and the next attempt goes on; or it was cancelled: give_up()
    if (!made && failure.message.empty()) failure.message = made.error().message;
    PrepareStatus status = made ? PrepareStatus::done : PrepareStatus::failed;
    if (!made)
        telemetry::log(telemetry::Level::info, "prepare_failed",
                       {{"prepare_id", id.text()}, {"message", failure.message}, {"cause", made.error().cause}});
    op.stop = {};  // what is left must be written
    op.deadline = Deadline::in_ms(30'000);
    return inside_->end_prepare(op, job, *row, status, made ? std::optional(made->id) : std::nullopt,
                                made ? std::optional(made->state_id) : std::nullopt,
                                made ? std::nullopt : std::optional(failure));
}

Result<void> Databases::Inside::give_up(store::Tx& tx, const jobs::Job& job, PrepareId id) {
    auto row = TRY(tx.maybe(sql::prepare, {.id = id}));
    if (!row || row->ended_at) return {};
    bool is_cancelled = job.status == jobs::Status::cancelled;
    Failure failure{.message = is_cancelled ? "it was cancelled; the states that were made are kept"
                                            : "the server was stopped again and again while it was built; prepare it "
                                              "again, the states that were made are kept"};
    tx.queue(sql::end_prepare, {.id = id,
                                .status = is_cancelled ? PrepareStatus::cancelled : PrepareStatus::failed,
                                .steps = row->steps,
                                .state_id = {},
                                .instance_id = {},
                                .failure = failure,
                                .ms = {}});
    TRY(hub.append(tx, stream_of(id), "prepare.ended",
                   {"{\"prepare\":" + to_json(prepare_of(*TRY(tx.maybe(sql::prepare, {.id = id})))) + "}"}));
    tx.after_commit([this, organization = tx.op().organization, id] { prepare_changed(organization, id); });
    return {};
}

/// The last word of a prepare.
Result<void> Databases::Inside::end_prepare(Op& op, jobs::Context& job, PrepareRow& row, PrepareStatus status,
                                            std::optional<InstanceId> instance, std::optional<std::string> state,
                                            std::optional<Failure> failure) {
    return job.write("databases.end_prepare", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::end_prepare, {.id = row.id,
                                    .status = status,
                                    .steps = row.steps,
                                    .state_id = state,
                                    .instance_id = instance,
                                    .failure = failure,
                                    .ms = {}});
        auto ended = TRY(tx.maybe(sql::prepare, {.id = row.id}));
        if (ended)
            TRY(hub.append(tx, stream_of(row.id), "prepare.ended",
                           {"{\"prepare\":" + to_json(prepare_of(*std::move(ended))) + "}"}));
        tx.after_commit([this, organization = op.organization, id = row.id] { prepare_changed(organization, id); });
        return {};
    });
}

}  // namespace ry::databases
