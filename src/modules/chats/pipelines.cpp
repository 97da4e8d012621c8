#include "modules/chats/pipelines.h"

#include <algorithm>

#include "base/text.h"
#include "kernel/store/store.h"
#include "modules/chats/paging.h"
#include "modules/chats/pipeline_queries.gen.h"
#include "modules/chats/run_model.h"

namespace ry::chats {

namespace route = http::route;

namespace {

constexpr std::string_view no_such_pipeline = "there is no such pipeline; `ramify pipelines ls` lists those there are";
constexpr std::string_view definition_pointer = "/definition";

Result<Pipeline> found(std::optional<Pipeline> pipeline) {
    if (!pipeline) return fail(Code::not_found, std::string(no_such_pipeline));
    return *std::move(pipeline);
}

std::optional<UserId> author_of(const Op& op) {
    return op.actor.user.is_nil() ? std::nullopt : std::optional(op.actor.user);
}

Result<void> check_room(store::Tx& tx) {
    if (TRY(tx.one(sql::count_pipelines, {})) < pipelines_max) return {};
    return fail(Code::over_quota,
                "there are " + std::to_string(pipelines_max) + " pipelines already; delete one first");
}

std::optional<Time> first_run_of(const pipelines::Definition& definition) {
    if (!definition.schedule) return {};
    return Time{now().us + definition.schedule->every_minutes * 60'000'000};
}

}  // namespace

bool answers(const pipelines::Definition& definition) {
    return std::ranges::find(definition.triggers, Trigger::user_message) != definition.triggers.end();
}

void Pipelines::add(StepKind kind) {
    types_.add(kind.type);
    std::string name = kind.type.name;
    kinds_.insert_or_assign(std::move(name), std::move(kind));
}

const StepKind* Pipelines::find(std::string_view type) const {
    auto found = kinds_.find(type);
    return found == kinds_.end() ? nullptr : &found->second;
}

Result<void> Pipelines::check_definition(const pipelines::Definition& definition) const {
    std::string json = to_json(definition);
    if (json.size() > pipelines::definition_bytes_max)
        return invalid("/definition",
                       "must have at most " + std::to_string(pipelines::definition_bytes_max) + " bytes");
    if (json.find("\\u0000") != std::string::npos)
        return invalid("/definition", "has the character U+0000, which cannot be kept; remove it");
    TRY(pipelines::plan_of(definition, types_, definition_pointer));
    return {};
}

Result<void> Pipelines::plan_run(store::Tx& tx, PipelineId id, std::optional<Time> at) {
    if (!at) return {};
    TRY(jobs_.enqueue(tx, BeginScheduledRun{id, *at},
                      {.unique_key = "pipeline:" + id.text() + ":" + rfc3339(*at),
                       .subject = "pipeline:" + id.text(),
                       .run_at = at}));
    return {};
}

// ---- pipelines

Result<http::Page<Pipeline>> Pipelines::list(Op& op, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<PipelineId> after;
    if (query.cursor && !(after = PipelineId::parse(*query.cursor))) return not_a_cursor();
    http::Page<Pipeline> page{
        TRY(store_.read(op, "pipelines.list",
                        [&](store::Tx& tx) { return tx.many(sql::pipelines, {.after = after, .limit = limit + 1}); })),
        {}};
    if (int(page.items.size()) > limit) {
        page.items.pop_back();
        page.next_cursor = page.items.back().id.text();
    }
    return page;
}

Result<http::Created<Pipeline>> Pipelines::create(Op& op, CreatePipeline body) {
    TRY(check_definition(body.definition));
    PipelineId id = PipelineId::fresh();
    std::optional<Time> next_run_at = first_run_of(body.definition);
    op.object = "pipeline:" + id.text();
    auto made = TRY(store_.write(op, "pipelines.create", [&](store::Tx& tx) -> Result<Pipeline> {
        TRY(check_room(tx));
        if (TRY(tx.maybe(sql::pipeline_named, {.name = body.name})))
            return fail(Code::conflict, "a pipeline is called \"" + body.name + "\" already; choose another name");
        tx.queue(sql::add_pipeline, {.id = id,
                                     .name = body.name,
                                     .description = body.description.value_or(""),
                                     .definition = body.definition,
                                     .created_by = author_of(op),
                                     .next_run_at = next_run_at});
        TRY(plan_run(tx, id, next_run_at));
        return found(TRY(tx.maybe(sql::pipeline, {.id = id})));
    }));
    return http::Created<Pipeline>{std::move(made), "/api/v1/pipelines/" + id.text()};
}

Result<Pipeline> Pipelines::show(Op& op, PipelineId id) {
    return store_.read(op, "pipelines.show", [&](store::Tx& tx) -> Result<Pipeline> {
        return found(TRY(tx.maybe(sql::pipeline, {.id = id})));
    });
}

Result<Pipeline> Pipelines::change(Op& op, PipelineId id, ChangePipeline body, http::IfMatch if_match) {
    if (body.definition) TRY(check_definition(*body.definition));
    return store_.write(op, "pipelines.change", [&](store::Tx& tx) -> Result<Pipeline> {
        Pipeline pipeline = TRY(found(TRY(tx.maybe(sql::lock_pipeline, {.id = id}))));
        TRY(if_match.check(pipeline.version));
        std::string name = body.name.value_or(pipeline.name);
        if (name != pipeline.name && TRY(tx.maybe(sql::pipeline_named, {.name = name})))
            return fail(Code::conflict, "a pipeline is called \"" + name + "\" already; choose another name");
        std::optional<Time> next_run_at = pipeline.next_run_at;
        if (body.definition && to_json(*body.definition) != to_json(pipeline.definition)) {
            int64_t number = pipeline.number + 1;
            tx.queue(sql::add_pipeline_version,
                     {.id = id, .number = number, .definition = *body.definition, .created_by = author_of(op)});
            tx.queue(sql::drop_pipeline_versions, {.id = id, .number = number - pipeline_versions_max});
            next_run_at = first_run_of(*body.definition);
            TRY(plan_run(tx, id, next_run_at));
            if (!answers(*body.definition) && !TRY(tx.many(sql::pipeline_bindings, {.pipeline_id = id})).empty())
                return fail(Code::conflict,
                            "the pipeline answers in chats, and its new definition does not have the trigger "
                            "user_message; unbind it first (`ramify pipelines bindings` lists where it answers)");
        }
        tx.queue(sql::change_pipeline, {.id = id,
                                        .name = name,
                                        .description = body.description.value_or(pipeline.description),
                                        .next_run_at = next_run_at});
        return found(TRY(tx.maybe(sql::pipeline, {.id = id})));
    });
}

Result<void> Pipelines::remove(Op& op, PipelineId id) {
    return store_.write(op, "pipelines.delete", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::delete_pipeline, {.id = id})) == 0)
            return fail(Code::not_found, std::string(no_such_pipeline));
        return {};
    });
}

// ---- versions and graphs

Result<http::Page<PipelineVersion>> Pipelines::list_versions(Op& op, PipelineId id, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<int64_t> before;
    if (query.cursor && !(before = parse_int(*query.cursor))) return not_a_cursor();
    TRY(show(op, id));
    http::Page<PipelineVersion> page{
        TRY(store_.read(op, "pipelines.versions",
                        [&](store::Tx& tx) {
                            return tx.many(sql::pipeline_versions, {.id = id, .before = before, .limit = limit + 1});
                        })),
        {}};
    if (int(page.items.size()) > limit) {
        page.items.pop_back();
        page.next_cursor = std::to_string(page.items.back().number);
    }
    return page;
}

Result<PipelineVersion> Pipelines::show_version(Op& op, PipelineId id, std::string number) {
    return store_.read(op, "pipelines.version", [&](store::Tx& tx) -> Result<PipelineVersion> {
        auto version = TRY(tx.maybe(sql::pipeline_version, {.id = id, .number = parse_int(number).value_or(0)}));
        if (!version)
            return fail(Code::not_found,
                        "the pipeline has no such version; `ramify pipelines versions` lists those it has");
        return *std::move(version);
    });
}

Result<pipelines::Graph> Pipelines::graph(Op& op, PipelineId id) {
    Pipeline pipeline = TRY(show(op, id));
    return pipelines::graph_of(TRY(pipelines::plan_of(std::move(pipeline.definition), types_, definition_pointer)));
}

Result<pipelines::Graph> Pipelines::check(Op&, CheckPipeline body) {
    TRY(check_definition(body.definition));
    return pipelines::graph_of(TRY(pipelines::plan_of(std::move(body.definition), types_, definition_pointer)));
}

Result<http::Page<StepTypeShown>> Pipelines::list_types(Op&) {
    http::Page<StepTypeShown> page;
    for (const auto& [name, kind] : kinds_) {
        Definitions definitions;
        std::string root = schema_of(*kind.type.parameters, definitions);
        page.items.push_back(
            {.name = name, .doc = kind.type.doc, .outputs = kind.type.outputs, .parameters = {definitions[root]}});
    }
    return page;
}

std::vector<http::Route> Pipelines::routes() {
    return {
        route::get("/api/v1/pipelines", "chats.read", "pipelines ls", "The pipelines of the organization.",
                   &Pipelines::list, *this),
        route::post("/api/v1/pipelines", "chats.write", "pipelines create",
                    "Keep a pipeline; its definition is checked first.", &Pipelines::create, *this),
        route::post("/api/v1/pipelines/check", "chats.read", "pipelines check",
                    "The graph of a definition, or everything that is wrong with it; nothing is kept.",
                    &Pipelines::check, *this),
        route::get("/api/v1/pipelines/{pipeline_id}", "chats.read", "pipelines show", "A pipeline.", &Pipelines::show,
                   *this),
        route::patch("/api/v1/pipelines/{pipeline_id}", "chats.write", "pipelines change",
                     "Rename a pipeline, or give it a next definition.", &Pipelines::change, *this),
        route::del("/api/v1/pipelines/{pipeline_id}", "chats.write", "pipelines rm",
                   "Delete a pipeline; its runs stay.", &Pipelines::remove, *this),
        route::get("/api/v1/pipelines/{pipeline_id}/versions", "chats.read", "pipelines versions",
                   "The definitions that a pipeline had, the newest first.", &Pipelines::list_versions, *this),
        route::get("/api/v1/pipelines/{pipeline_id}/versions/{number}", "chats.read", "pipelines version",
                   "A definition that a pipeline had.", &Pipelines::show_version, *this),
        route::get("/api/v1/pipelines/{pipeline_id}/graph", "chats.read", "pipelines graph",
                   "The steps of a pipeline with what waits for what, and their levels.", &Pipelines::graph, *this),
        route::get("/api/v1/pipelines/{pipeline_id}/bindings", "chats.read", "pipelines bindings",
                   "Where a pipeline answers.", &Pipelines::list_bindings, *this),
        route::post("/api/v1/pipelines/{pipeline_id}/bindings", "chats.write", "pipelines bind",
                    "Let a pipeline answer in one chat, in the chats with a profile, or in all.", &Pipelines::bind,
                    *this),
        route::del("/api/v1/pipelines/{pipeline_id}/bindings", "chats.write", "pipelines unbind",
                   "Let it answer there no more.", &Pipelines::unbind, *this),
        route::get("/api/v1/step_types", "chats.read", "pipelines types",
                   "The types that steps may have, with their parameters.", &Pipelines::list_types, *this),
    };
}

}  // namespace ry::chats
