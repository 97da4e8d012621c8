// The chats' rows of the API, the CLI and the security review.
#include "kernel/jobs/jobs.h"
#include "kernel/reads/kept.h"
#include "kernel/store/store.h"
#include "modules/chats/chats.h"
#include "modules/chats/citation_model.h"
#include "modules/chats/images.h"
#include "modules/chats/knowledge_sources.h"
#include "modules/chats/knowledge_vectors.h"
#include "modules/chats/lorebooks.h"
#include "modules/chats/model_policies.h"
#include "modules/chats/paging.h"
#include "modules/chats/pipeline_runs.h"
#include "modules/chats/profiles.h"
#include "modules/chats/prompts.h"
#include "modules/chats/run_queries.gen.h"
#include "modules/chats/running.h"
#include "modules/chats/search_model.h"
#include "modules/chats/step_kinds.h"
#include "modules/chats/tool_step.h"
#include "modules/chats/transfers.h"

namespace ry::chats {

namespace route = http::route;

constexpr size_t kept_pages_bytes_max = 8 << 20;  // some 200 pages of 50 messages

Chats::Chats(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, llm::Gateway& gateway, secrets::Secrets& secrets, identity::Identities& identities, fetch::Fetch& fetch)
    : store_(store), hub_(hub), jobs_(jobs), gateway_(gateway), secrets_(secrets), identities_(identities),
      knowledge_vectors_(std::make_unique<KnowledgeVectors>(store, jobs, gateway, [this](store::Tx& tx, const Model& model) { return with_key(tx, model); })),
      knowledge_(std::make_unique<KnowledgeSources>(store, jobs, fetch, *knowledge_vectors_)), lorebooks_(std::make_unique<Lorebooks>(store)), images_(std::make_unique<Images>(store)), profiles_(std::make_unique<Profiles>(store, identities, *lorebooks_)), adopted_(std::make_unique<Adopted>()), running_(std::make_unique<Running>()), prompts_(std::make_unique<Prompts>(store)),
      transfers_(std::make_unique<Transfers>(store, identities)), policies_(std::make_unique<ModelPolicies>(store)), pipelines_(std::make_unique<Pipelines>(store, jobs)),
      pipeline_runs_(std::make_unique<PipelineRuns>(store, hub, jobs, *pipelines_, [this](const Op& op, ChatId chat) { return step_context(op, chat); },
                                                    [this](Op& op, RunId run, const RetryRun& body) { return retry_answer(op, run, body); })) {
    for (StepKind& kind : step_kinds([this](const Op& op, std::optional<ChatId> chat, const auto& model, const llm::Ask& ask) { return answer_of(op, chat, model, ask); })) pipelines_->add(std::move(kind));
    pipelines_->add(knowledge_->step_kind());
    pipelines_->add(tool_step(fetch));
    jobs_.add<GenerateAnswer>({.queue = "llm", .attempts_max = 3, .timeout_ms = generation_ms_max,
                               .on_given_up = [this](Op&, store::Tx& tx, const jobs::Job&, const Json& argument) -> Result<void> {
                                   return give_up(tx, TRY(from_json<GenerateAnswer>(argument.text)).generation_id);
                               }},
                              [this](Op& op, const GenerateAnswer& argument, jobs::Context& job) { return generate(op, job, argument.generation_id); });
}

Chats::~Chats() = default;

void Chats::set_subject(Subject& subject) { subject_ = &subject; }
void Chats::set_pdf_reader(std::function<Result<std::string>(const Op&, std::string_view)> read) { knowledge_->set_pdf_reader(std::move(read)); }

Step step_of(StepRow row) {
    return {.id = row.id, .step = std::move(row.step), .type = std::move(row.type), .status = row.status, .input = std::move(row.input), .output = std::move(row.output),
            .error = std::move(row.error), .reason = std::move(row.reason), .attempt = row.attempt, .started_at = row.started_at, .ended_at = row.ended_at};
}

namespace {

Result<std::vector<Step>> steps_of(store::Tx& tx, RunId run) {
    std::vector<Step> steps;
    for (StepRow& row : TRY(tx.many(sql::steps, {.run_ids = {run}})))
        steps.push_back(step_of(std::move(row)));
    return steps;
}

}  // namespace

Result<http::Page<Run>> Chats::list_runs(Op& op, ChatId chat, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<RunId> before;
    if (query.cursor && !(before = RunId::parse(*query.cursor))) return not_a_cursor();
    TRY(show(op, chat));
    return store_.read(op, "chats.list_runs", [&](store::Tx& tx) -> Result<http::Page<Run>> {
        http::Page<Run> page{TRY(tx.many(sql::runs, {.chat_id = chat, .before = before, .limit = limit + 1})), {}};
        if (int(page.items.size()) > limit) {
            page.items.pop_back();
            page.next_cursor = page.items.back().id.text();
        }
        std::vector<RunId> ids;
        for (const Run& run : page.items) ids.push_back(run.id);
        for (StepRow& row : TRY(tx.many(sql::steps, {.run_ids = ids})))
            for (Run& run : page.items)
                if (run.id == row.run_id)
                    run.steps.push_back(step_of(row));
        return page;
    });
}

Result<Run> Chats::show_run(Op& op, RunId id) {
    return store_.read(op, "chats.show_run", [&](store::Tx& tx) -> Result<Run> {
        auto run = TRY(tx.maybe(sql::run, {.id = id}));
        if (!run) return fail(Code::not_found, "there is no such pipeline run");
        run->steps = TRY(steps_of(tx, id));
        return *std::move(run);
    });
}

std::vector<http::Route> Chats::routes() {
    std::vector<http::Route> all = {
        route::get("/api/v1/chats", "chats.read", "chats ls", "Chats, the one that changed last first.", &Chats::list, *this),
        route::post("/api/v1/chats", "chats.write", "chats create", "Start a conversation.", &Chats::create, *this),
        route::get("/api/v1/chats/search", "chats.read", "chats search", "Titles and messages that have these words, the newest first.", &Chats::search, *this),
        route::get("/api/v1/chats/tags", "chats.read", "chats tags", "The tags of all chats.", &Chats::tags, *this),
        route::read("/api/v1/chats/{chat_id}", "chats.read", "chats show", "A chat.", {.response = &Chat::fields(), .hole_prefixes = {"chat"}},
                    reads::read(store_, &Chats::ask_chat)),
        route::patch("/api/v1/chats/{chat_id}", "chats.write", "chats change", "Change a chat: its title, persona, tags, or whether it is archived.", &Chats::change, *this),
        route::post("/api/v1/chats/{chat_id}/archive", "chats.write", "chats archive", "Put a chat away.", &Chats::archive, *this),
        route::post("/api/v1/chats/{chat_id}/restore", "chats.write", "chats restore", "Bring a chat back that was archived or deleted.", &Chats::restore, *this),
        route::del("/api/v1/chats/{chat_id}", "chats.write", "chats rm", "Put a chat into the trash; delete one for good that is there.", &Chats::remove, *this),
        route::get("/api/v1/chats/{chat_id}/events", "chats.read", "chats follow", "Everything that happens in a chat, live.", &Chats::events, *this),

        route::read("/api/v1/chats/{chat_id}/branches", "chats.read", "branches ls", "The branches of a chat.",
                    {.response = &Branch::fields(), .answers = http::Answers::page, .hole_prefixes = {"chat"}}, reads::read(store_, &Chats::ask_branches)),
        route::post("/api/v1/chats/{chat_id}/branches", "chats.write", "branches create", "Branch from a message.", &Chats::create_branch, *this),
        route::get("/api/v1/branches/{branch_id}", "chats.read", "branches show", "A branch.", &Chats::show_branch, *this),
        route::patch("/api/v1/branches/{branch_id}", "chats.write", "branches rename", "Rename a branch.", &Chats::rename_branch, *this),
        route::post("/api/v1/branches/{branch_id}/activate", "chats.write", "branches activate", "Make it the branch that is shown first.", &Chats::activate_branch, *this),
        route::del("/api/v1/branches/{branch_id}", "chats.write", "branches rm", "Delete a branch.", &Chats::remove_branch, *this),

        route::read("/api/v1/chats/{chat_id}/messages", "chats.read", "chats messages", "A page of a branch's history.",
                    {.query = &ListMessages::fields(), .response = &Message::fields(), .answers = http::Answers::page, .hole_prefixes = {"chat"}},
                    reads::read(store_, std::make_shared<reads::Kept>(kept_pages_bytes_max), &Chats::mark_messages, &Chats::ask_messages)),
        route::post("/api/v1/chats/{chat_id}/messages", "chats.write", "chats say", "Say something; follow the answer.", &Chats::post_message, *this),
        route::post("/api/v1/branches/{branch_id}/messages", "chats.write", "messages create", "Add a message, of any role, without asking a model.", &Chats::create_message, *this),
        route::post("/api/v1/chats/{chat_id}/generate", "chats.write", "chats generate", "Another answer, to the history as it is.", &Chats::generate_answer, *this),
        route::post("/api/v1/chats/{chat_id}/continue", "chats.write", "chats continue", "The rest of the last answer, as a further variant of it.", &Chats::continue_answer, *this),
        route::post("/api/v1/chats/{chat_id}/impersonate", "chats.write", "chats impersonate", "Let the model write what the person might say next.", &Chats::impersonate, *this),
        route::get("/api/v1/messages/{message_id}", "chats.read", "messages show", "A message with its shown variant.", &Chats::show_message, *this),
        route::patch("/api/v1/messages/{message_id}", "chats.write", "messages edit", "Edit a message: a new variant, or in place.", &Chats::edit_message, *this),
        route::del("/api/v1/messages/{message_id}", "chats.write", "messages rm", "Delete a message and what follows it from its branch, or the message alone.", &Chats::remove_message, *this),
        route::post("/api/v1/messages/{message_id}/pin", "chats.write", "messages pin", "Keep a message in every prompt, however long the history grows.", &Chats::pin_message, *this),
        route::post("/api/v1/messages/{message_id}/unpin", "chats.write", "messages unpin", "Let a message go with the rest of the history again.", &Chats::unpin_message, *this),
        route::get("/api/v1/branches/{branch_id}/pinned_messages", "chats.read", "messages pinned", "The pinned messages of a branch's history, oldest first.", &Chats::list_pinned, *this),
        route::post("/api/v1/messages/{message_id}/regenerate", "chats.write", "messages regenerate", "Ask the model for another variant.", &Chats::regenerate, *this),
        route::get("/api/v1/messages/{message_id}/variants", "chats.read", "variants ls", "The variants of a message.", &Chats::list_variants, *this),
        route::post("/api/v1/messages/{message_id}/variants", "chats.write", "variants create", "Give a message another text.", &Chats::create_variant, *this),
        route::del("/api/v1/messages/{message_id}/variants/{variant_id}", "chats.write", "variants rm", "Delete a variant of a message.", &Chats::remove_variant, *this),
        route::post("/api/v1/messages/{message_id}/variants/{variant_id}/select", "chats.write", "variants select", "Show this variant.", &Chats::select_variant, *this),

        route::post("/api/v1/chats/{chat_id}/prompt_preview", "chats.read", "prompts preview", "What a model would be sent, message by message, with tokens and sources.", &Chats::preview_prompt, *this),
        route::get("/api/v1/generations/{generation_id}", "chats.read", "generations show", "One attempt of a model to answer.", &Chats::show_generation, *this),
        route::get("/api/v1/generations/{generation_id}/prompt", "chats.read", "generations prompt", "The prompt as the model was sent it.", &Chats::show_prompt, *this),
        route::get("/api/v1/generations/{generation_id}/citations", "chats.read", "generations citations", "What of knowledge and lore stood in the prompt.", &Chats::show_citations, *this),
        route::post("/api/v1/generations/{generation_id}/abort", "chats.write", "generations abort", "Stop it; what was said is kept, nothing is applied.", &Chats::abort, *this),
        route::get("/api/v1/entity_profiles/{profile_id}/chats", "chats.read", "profiles chats", "The chats with a character.", &Chats::list_of_profile, *this),
        route::get("/api/v1/chats/{chat_id}/runs", "chats.read", "runs ls", "The recorded pipeline runs of a chat, newest first.", &Chats::list_runs, *this),
        route::get("/api/v1/runs/{run_id}", "chats.read", "runs show", "A pipeline run with its steps.", &Chats::show_run, *this),

        route::get("/api/v1/models", "models.read", "models ls", "The language models of the organization.", &Chats::list_models, *this),
        route::post("/api/v1/models", "models.write", "models create", "Add a language model.", &Chats::create_model, *this),
        route::get("/api/v1/models/{model_id}", "models.read", "models show", "A language model.", &Chats::show_model, *this),
        route::patch("/api/v1/models/{model_id}", "models.write", "models change", "Change a language model, its key, or the default.", &Chats::change_model, *this),
        route::del("/api/v1/models/{model_id}", "models.write", "models rm", "Delete a language model and its key.", &Chats::remove_model, *this),
        route::post("/api/v1/models/{model_id}/test", "models.write", "models test", "Ask the model a word, to see that it works.", &Chats::test_model, *this).with({.deadline_ms = 60'000}),
        route::get("/api/v1/models/{model_id}/served", "models.write", "models served", "The names that the model's provider serves.", &Chats::served_models, *this),
    };
    for (http::Route& row : images_->routes()) all.push_back(std::move(row));
    for (http::Route& row : profiles_->routes()) all.push_back(std::move(row));
    for (http::Route& row : prompts_->routes()) all.push_back(std::move(row));
    for (http::Route& row : transfers_->routes()) all.push_back(std::move(row));
    for (http::Route& row : lorebooks_->routes()) all.push_back(std::move(row));
    for (http::Route& row : knowledge_->routes()) all.push_back(std::move(row));
    for (http::Route& row : knowledge_vectors_->routes()) all.push_back(std::move(row));
    for (http::Route& row : policies_->routes()) all.push_back(std::move(row));
    for (http::Route& row : pipelines_->routes()) all.push_back(std::move(row));
    for (http::Route& row : pipeline_runs_->routes()) all.push_back(std::move(row));
    return all;
}

}  // namespace ry::chats
