// Models: which language models an organization uses. Keys lie with the secrets, never in the model's row.
#include "base/text.h"
#include "kernel/llm/llm.h"
#include "kernel/secrets/secrets.h"
#include "kernel/store/store.h"
#include "modules/chats/chats.h"
#include "modules/chats/knowledge_vectors.h"
#include "modules/chats/model_queries.gen.h"
#include "modules/chats/paging.h"
#include "modules/chats/policy_model.h"
#include "modules/chats/running.h"

namespace ry::chats {
namespace {

constexpr int64_t models_max = 1'000;
constexpr std::string_view demo_name = "demo";
constexpr std::string_view no_such_model = "there is no such model; `ramify models ls` lists those there are";

std::string secret_name(ModelId id) { return "models/" + id.text(); }

/// The demo and the models of the environment come from the server, not from the person who asked first.
Op server_acting_for(const Op& op) {
    Op own = op;
    own.actor = {};
    return own;
}

/// What `body` says of the model's times, prices and data; what it leaves out stays as it is.
template <class Body>
void queue_terms(store::Tx& tx, const Model& model, const Body& body) {
    tx.queue(sql::set_model_terms,
             {.id = model.id,
              .connect_timeout_ms = body.connect_timeout_ms.value_or(model.connect_timeout_ms),
              .first_token_timeout_ms = body.first_token_timeout_ms.value_or(model.first_token_timeout_ms),
              .between_tokens_timeout_ms = body.between_tokens_timeout_ms.value_or(model.between_tokens_timeout_ms),
              .total_timeout_ms = body.total_timeout_ms.value_or(model.total_timeout_ms),
              .tokens_in_usd = body.tokens_in_usd.value_or(model.tokens_in_usd),
              .tokens_cached_usd = body.tokens_cached_usd.value_or(model.tokens_cached_usd),
              .tokens_out_usd = body.tokens_out_usd.value_or(model.tokens_out_usd),
              .takes_images = body.takes_images.value_or(model.takes_images),
              .data_class_max = body.data_class_max.value_or(model.data_class_max)});
}

Result<void> check_provider(std::string_view provider) {
    if (llm::parse_provider(provider)) return {};
    return invalid("/provider", "must be one of: openai, openai_responses, anthropic, gemini, ollama, demo");
}

}  // namespace

void Chats::offer_models(std::vector<llm::Model> models) {
    adopted_->models = std::move(models);
    llm::Model demo;
    demo.name = demo_name;
    demo.model = demo_name;
    adopted_->models.push_back(std::move(demo));
}

/// Brings the organization's rows of the offered models up to date, once in the life of the process.
Result<void> Chats::adopt_models(store::Tx& tx) {
    OrganizationId organization = tx.op().organization;
    if (adopted_->by.with([&](auto& by) { return by.contains(organization); })) return {};
    for (const llm::Model& model : adopted_->models) {
        auto known = TRY(tx.maybe(sql::model_by_name, {.name = model.name}));
        ModelId id = known ? known->id : ModelId::fresh();
        bool has_key = !model.api_key.empty();
        if (has_key) TRY(secrets_.put(tx, secret_name(id), model.api_key));
        if (known)
            tx.queue(sql::change_model, {.id = id, .name = model.name, .base_url = model.base_url, .model = model.model, .context_tokens = known->context_tokens, .has_api_key = has_key});
        else
            tx.queue(sql::add_model, {.id = id, .name = model.name, .provider = std::string(llm::name_of(model.provider)), .base_url = model.base_url, .model = model.model,
                                      .context_tokens = 64'000, .has_api_key = has_key, .is_default = false});
    }
    tx.after_commit([this, organization] { adopted_->by.with([&](auto& by) { by.insert(organization); }); });
    return {};
}
Result<void> Chats::adopt_models_once(const Op& op) {
    if (adopted_->by.with([&](auto& by) { return by.contains(op.organization); })) return {};
    return store_.write(server_acting_for(op), "chats.adopt_models", [&](store::Tx& tx) { return adopt_models(tx); });
}

Result<http::Page<Model>> Chats::list_models(Op& op, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<ModelId> after;
    if (query.cursor && !(after = ModelId::parse(*query.cursor))) return not_a_cursor();
    TRY(adopt_models_once(op));
    http::Page<Model> page{TRY(store_.read(op, "chats.list_models", [&](store::Tx& tx) { return tx.many(sql::models, {.after = after, .limit = limit + 1}); })), {}};
    if (int(page.items.size()) > limit) {
        page.items.pop_back();
        page.next_cursor = page.items.back().id.text();
    }
    return page;
}

Result<http::Created<Model>> Chats::create_model(Op& op, CreateModel body) {
    TRY(check_provider(body.provider));
    ModelId id = ModelId::fresh();
    op.object = "model:" + id.text();
    auto made = TRY(store_.write(op, "models.create", [&](store::Tx& tx) -> Result<Model> {
        auto known = TRY(tx.many(sql::models, {.after = {}, .limit = models_max}));
        if (int64_t(known.size()) >= models_max) return fail(Code::over_quota, "there are " + std::to_string(models_max) + " models already; delete one first");
        for (const Model& model : known)
            if (model.name == body.name) return fail(Code::conflict, "a model is called \"" + body.name + "\" already; choose another name");
        if (body.api_key && !body.api_key->empty()) TRY(secrets_.put(tx, secret_name(id), Secret(*body.api_key)));
        TRY(adopt_models(tx));
        bool is_default = body.is_default.value_or(false);
        if (is_default) tx.queue(sql::no_default_model, {});
        tx.queue(sql::add_model, {.id = id, .name = body.name, .provider = body.provider, .base_url = body.base_url.value_or(""),
                                  .model = body.model.value_or(""), .context_tokens = body.context_tokens.value_or(64'000),
                                  .has_api_key = body.api_key && !body.api_key->empty(), .is_default = is_default});
        queue_terms(tx, Model{.id = id, .takes_images = body.provider != llm::name_of(llm::Provider::demo)}, body);
        return *TRY(tx.maybe(sql::model, {.id = id}));
    }));
    return http::Created<Model>{std::move(made), "/api/v1/models/" + id.text()};
}

Result<Model> Chats::show_model(Op& op, ModelId id) {
    auto found = TRY(store_.read(op, "chats.show_model", [&](store::Tx& tx) { return tx.maybe(sql::model, {.id = id}); }));
    if (!found) return fail(Code::not_found, std::string(no_such_model));
    return *std::move(found);
}

Result<Model> Chats::change_model(Op& op, ModelId id, ChangeModel body, http::IfMatch if_match) {
    return store_.write(op, "models.change", [&](store::Tx& tx) -> Result<Model> {
        auto found = TRY(tx.maybe(sql::model, {.id = id}));
        if (!found) return fail(Code::not_found, std::string(no_such_model));
        TRY(if_match.check(found->version));
        Model model = *std::move(found);
        // A key goes only where the person who knew it sent it: another address needs it again.
        bool is_moved = body.base_url && *body.base_url != model.base_url;
        if (is_moved && model.has_api_key && !body.api_key)
            return invalid("/api_key", "must be given again when base_url changes; leave it empty (\"\") when the new address needs none");
        if (body.api_key) {
            model.has_api_key = !body.api_key->empty();
            if (model.has_api_key) TRY(secrets_.put(tx, secret_name(id), Secret(*body.api_key)));
            else TRY(secrets_.remove(tx, secret_name(id)));
        }
        tx.queue(sql::change_model, {.id = id, .name = body.name.value_or(model.name), .base_url = body.base_url.value_or(model.base_url),
                                     .model = body.model.value_or(model.model), .context_tokens = body.context_tokens.value_or(model.context_tokens),
                                     .has_api_key = model.has_api_key});
        queue_terms(tx, model, body);
        if (body.model && *body.model != model.model) TRY(knowledge_vectors_->model_changed(tx, id));
        if (body.is_default) {
            if (*body.is_default || model.is_default) tx.queue(sql::no_default_model, {});
            if (*body.is_default) tx.queue(sql::set_default_model, {.id = id});
        }
        return *TRY(tx.maybe(sql::model, {.id = id}));
    });
}

Result<void> Chats::remove_model(Op& op, ModelId id) {
    return store_.write(op, "models.delete", [&](store::Tx& tx) -> Result<void> {
        auto found = TRY(tx.maybe(sql::model, {.id = id}));
        if (!found) return fail(Code::not_found, std::string(no_such_model));
        if (found->provider == "demo") return fail(Code::conflict, "the built-in demo model stays; make another model the default instead");
        TRY(secrets_.remove(tx, secret_name(id)));
        TRY(tx.run(sql::delete_model, {.id = id}));
        return {};
    });
}

Result<llm::Model> Chats::with_key(store::Tx& tx, const Model& row) {
    llm::Model model;
    model.name = row.name;
    model.provider = llm::parse_provider(row.provider).value_or(llm::Provider::demo);
    model.base_url = row.base_url;
    model.model = row.model;
    model.connect_timeout_ms = row.connect_timeout_ms;
    model.first_token_timeout_ms = row.first_token_timeout_ms;
    model.between_tokens_timeout_ms = row.between_tokens_timeout_ms;
    model.total_timeout_ms = row.total_timeout_ms;
    model.price = {.tokens_in_usd = row.tokens_in_usd, .tokens_cached_usd = row.tokens_cached_usd, .tokens_out_usd = row.tokens_out_usd};
    if (row.has_api_key) model.api_key = TRY(secrets_.get(tx, secret_name(row.id)));
    return model;
}

Result<ModelTest> Chats::test_model(Op& op, ModelId id) {
    Model row = TRY(show_model(op, id));
    llm::Model model = TRY(store_.read(op, "chats.model_key", [&](store::Tx& tx) { return with_key(tx, row); }));
    int64_t started_ms = steady_ms();
    auto answer = gateway_.test_model(op, model);
    ModelTest test{.ok = answer.has_value(), .total_ms = steady_ms() - started_ms};
    if (answer) {
        test.answer = *answer;
        test.message = row.name + " answered";
    } else {
        test.message = answer.error().message;
    }
    return test;
}

Result<http::Page<ServedModel>> Chats::served_models(Op& op, ModelId id) {
    Model row = TRY(show_model(op, id));
    llm::Model model = TRY(store_.read(op, "chats.model_key", [&](store::Tx& tx) { return with_key(tx, row); }));
    http::Page<ServedModel> page;
    for (std::string& name : TRY(gateway_.list_models(op, model))) page.items.push_back({std::move(name)});
    return page;
}

}  // namespace ry::chats
