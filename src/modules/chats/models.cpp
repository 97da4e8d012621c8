// Models: which language models an organization uses. Keys lie with the secrets, never in the model's row.
#include "base/text.h"
#include "kernel/llm/llm.h"
#include "kernel/secrets/secrets.h"
#include "kernel/store/store.h"
#include "modules/chats/chats.h"
#include "modules/chats/queries.gen.h"

namespace ry::chats {
namespace {

constexpr int64_t models_max = 1'000;
constexpr std::string_view demo_name = "demo";
constexpr std::string_view no_such_model = "there is no such model; `ramify models ls` lists those there are";

std::string secret_name(ModelId id) { return "models/" + id.text(); }

Result<void> check_provider(std::string_view provider) {
    if (llm::parse_provider(provider)) return {};
    return invalid("/provider", "must be one of: openai, anthropic, gemini, ollama, demo");
}

}  // namespace

Result<void> Chats::add_demo_model(store::Tx& tx) {
    if (TRY(tx.maybe(sql::model_by_name, {.name = std::string(demo_name)}))) return {};
    tx.queue(sql::add_model, {.id = ModelId::fresh(), .name = std::string(demo_name), .provider = "demo", .base_url = "", .model = "demo",
                              .context_tokens = 64'000, .has_api_key = false, .is_default = false});
    return {};
}

Result<http::Page<Model>> Chats::list_models(Op& op) {
    auto models = TRY(store_.read(op, "chats.list_models", [&](store::Tx& tx) { return tx.many(sql::models, {}); }));
    if (models.empty()) {
        models = TRY(store_.write(op, "chats.add_demo_model", [&](store::Tx& tx) -> Result<std::vector<Model>> {
            TRY(add_demo_model(tx));
            return tx.many(sql::models, {});
        }));
    }
    return http::Page<Model>{std::move(models), {}};
}

Result<http::Created<Model>> Chats::create_model(Op& op, CreateModel body) {
    TRY(check_provider(body.provider));
    ModelId id = ModelId::fresh();
    auto made = TRY(store_.write(op, "models.create", [&](store::Tx& tx) -> Result<Model> {
        auto known = TRY(tx.many(sql::models, {}));
        if (int64_t(known.size()) >= models_max) return fail(Code::over_quota, "there are " + std::to_string(models_max) + " models already; delete one first");
        for (const Model& model : known)
            if (model.name == body.name) return fail(Code::conflict, "a model is called \"" + body.name + "\" already; choose another name");
        if (body.api_key && !body.api_key->empty()) TRY(secrets_.put(tx, secret_name(id), Secret(*body.api_key)));
        TRY(add_demo_model(tx));
        bool is_default = body.is_default.value_or(false);
        if (is_default) tx.queue(sql::no_default_model, {});
        tx.queue(sql::add_model, {.id = id, .name = body.name, .provider = body.provider, .base_url = body.base_url.value_or(""),
                                  .model = body.model.value_or(""), .context_tokens = body.context_tokens.value_or(64'000),
                                  .has_api_key = body.api_key && !body.api_key->empty(), .is_default = is_default});
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
        if (body.api_key) {
            model.has_api_key = !body.api_key->empty();
            if (model.has_api_key) TRY(secrets_.put(tx, secret_name(id), Secret(*body.api_key)));
            else TRY(secrets_.remove(tx, secret_name(id)));
        }
        tx.queue(sql::change_model, {.id = id, .name = body.name.value_or(model.name), .base_url = body.base_url.value_or(model.base_url),
                                     .model = body.model.value_or(model.model), .context_tokens = body.context_tokens.value_or(model.context_tokens),
                                     .has_api_key = model.has_api_key});
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

Result<llm::Model> Chats::with_key(const Op& op, const Model& row) {
    llm::Model model;
    model.name = row.name;
    model.provider = llm::parse_provider(row.provider).value_or(llm::Provider::demo);
    model.base_url = row.base_url;
    model.model = row.model;
    if (row.has_api_key) model.api_key = TRY(store_.read(op, "chats.model_key", [&](store::Tx& tx) { return secrets_.get(tx, secret_name(row.id)); }));
    return model;
}

Result<ModelTest> Chats::test_model(Op& op, ModelId id) {
    Model row = TRY(show_model(op, id));
    llm::Model model = TRY(with_key(op, row));
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

Result<Model> Chats::choose_model(store::Tx& tx, const std::optional<std::string>& name) {
    if (!name || name->empty()) {
        if (auto model = TRY(tx.maybe(sql::default_model, {}))) return *std::move(model);
        TRY(add_demo_model(tx));
        return *TRY(tx.maybe(sql::default_model, {}));
    }
    std::optional<Model> found;
    if (auto id = ModelId::parse(*name)) found = TRY(tx.maybe(sql::model, {.id = *id}));
    else found = TRY(tx.maybe(sql::model_by_name, {.name = *name}));
    if (!found && *name == demo_name) {
        TRY(add_demo_model(tx));
        found = TRY(tx.maybe(sql::model_by_name, {.name = *name}));
    }
    if (!found) return invalid("/model", "names no model; `ramify models ls` or Settings → Models lists those there are");
    return *std::move(found);
}

Result<void> Chats::adopt_models(const Op& op, const std::vector<llm::Model>& models) {
    return store_.write(op, "models.adopt", [&](store::Tx& tx) -> Result<void> {
        TRY(add_demo_model(tx));
        for (const llm::Model& model : models) {
            auto known = TRY(tx.maybe(sql::model_by_name, {.name = model.name}));
            ModelId id = known ? known->id : ModelId::fresh();
            if (!model.api_key.empty()) TRY(secrets_.put(tx, secret_name(id), model.api_key));
            if (known)
                tx.queue(sql::change_model, {.id = id, .name = model.name, .base_url = model.base_url, .model = model.model,
                                             .context_tokens = known->context_tokens, .has_api_key = !model.api_key.empty()});
            else
                tx.queue(sql::add_model, {.id = id, .name = model.name, .provider = std::string(llm::name_of(model.provider)), .base_url = model.base_url,
                                          .model = model.model, .context_tokens = 64'000, .has_api_key = !model.api_key.empty(), .is_default = false});
        }
        return {};
    });
}

}  // namespace ry::chats
