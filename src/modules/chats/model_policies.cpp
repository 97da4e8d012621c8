#include "modules/chats/model_policies.h"

#include <algorithm>

#include "base/text.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/model_queries.gen.h"
#include "modules/chats/policy_queries.gen.h"

namespace ry::chats {

namespace route = http::route;

namespace {

constexpr std::string_view no_such_policy = "there is no such policy; `ramify policies ls` lists those there are";

Result<void> check_name(store::Tx& tx, const std::string& name, std::optional<ModelPolicyId> own) {
    for (const ModelPolicyRow& policy : TRY(tx.many(sql::model_policies, {})))
        if (policy.name == name && policy.id != own)
            return fail(Code::conflict, "a policy is called \"" + name + "\" already; choose another name");
    return {};
}

Result<void> check_models(store::Tx& tx, const std::vector<ModelId>& ids) {
    std::vector<ModelId> sorted = ids;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) return invalid("/model_ids", "must name each model once");
    if (TRY(tx.one(sql::count_models_among, {.ids = ids})) != int64_t(ids.size()))
        return invalid("/model_ids", "must be ids of models; `ramify models ls` lists those there are");
    return {};
}

Error takes_no_images(const std::string& model) {
    return invalid("/image_ids", "cannot be sent to the model \"" + model + "\", which takes no images; name another, or say in Settings → Models that it does");
}

store::Later<std::optional<Model>> ask_named(store::Tx& tx, const std::optional<std::string>& name) {
    if (!name || name->empty()) return tx.ask(sql::default_model, {});
    if (auto id = ModelId::parse(*name)) return tx.ask(sql::model, {.id = *id});
    return tx.ask(sql::model_by_name, {.name = *name});
}

}  // namespace

ModelPolicy to_policy(const ModelPolicyRow& row) {
    ModelPolicy policy = row;
    std::string_view ids = row.model_ids_text;
    for (std::string_view id : split(ids.substr(1, ids.size() - 2), ','))
        if (auto uuid = parse_uuid(id)) policy.model_ids.push_back({*uuid});
    return policy;
}

Result<http::Page<ModelPolicy>> ModelPolicies::list(Op& op) {
    auto rows =
        TRY(store_.read(op, "model_policies.list", [](store::Tx& tx) { return tx.many(sql::model_policies, {}); }));
    http::Page<ModelPolicy> page;
    for (const ModelPolicyRow& row : rows) page.items.push_back(to_policy(row));
    return page;
}

Result<http::Created<ModelPolicy>> ModelPolicies::create(Op& op, CreateModelPolicy body) {
    ModelPolicyId id = ModelPolicyId::fresh();
    op.object = "model_policy:" + id.text();
    auto made = TRY(store_.write(op, "model_policies.create", [&](store::Tx& tx) -> Result<ModelPolicy> {
        if (TRY(tx.many(sql::model_policies, {})).size() >= size_t(model_policies_max))
            return fail(Code::over_quota,
                        "there are " + std::to_string(model_policies_max) + " policies already; delete one first");
        TRY(check_name(tx, body.name, {}));
        TRY(check_models(tx, body.model_ids));
        return to_policy(TRY(tx.one(sql::add_model_policy, {.id = id,
                                                            .name = body.name,
                                                            .position = body.position.value_or(0),
                                                            .task = body.task,
                                                            .data_class = body.data_class,
                                                            .cost_usd_max = body.cost_usd_max,
                                                            .model_ids = body.model_ids})));
    }));
    return http::Created<ModelPolicy>{std::move(made), "/api/v1/model_policies/" + id.text()};
}

Result<ModelPolicy> ModelPolicies::show(Op& op, ModelPolicyId id) {
    auto found = TRY(
        store_.read(op, "model_policies.show", [&](store::Tx& tx) { return tx.maybe(sql::model_policy, {.id = id}); }));
    if (!found) return fail(Code::not_found, std::string(no_such_policy));
    return to_policy(*found);
}

Result<ModelPolicy> ModelPolicies::change(Op& op, ModelPolicyId id, ChangeModelPolicy body, http::IfMatch if_match) {
    return store_.write(op, "model_policies.change", [&](store::Tx& tx) -> Result<ModelPolicy> {
        auto found = TRY(tx.maybe(sql::lock_model_policy, {.id = id}));
        if (!found) return fail(Code::not_found, std::string(no_such_policy));
        TRY(if_match.check(found->version));
        if (body.name) TRY(check_name(tx, *body.name, id));
        if (body.model_ids) TRY(check_models(tx, *body.model_ids));
        ModelPolicy policy = to_policy(*found);
        return to_policy(
            TRY(tx.one(sql::change_model_policy, {.id = id,
                                                  .name = body.name.value_or(policy.name),
                                                  .position = body.position.value_or(policy.position),
                                                  .model_ids = body.model_ids.value_or(policy.model_ids)})));
    });
}

Result<ModelPolicy> ModelPolicies::set(Op& op, ModelPolicyId id, CreateModelPolicy body, http::IfMatch if_match) {
    return store_.write(op, "model_policies.set", [&](store::Tx& tx) -> Result<ModelPolicy> {
        auto found = TRY(tx.maybe(sql::lock_model_policy, {.id = id}));
        if (!found) return fail(Code::not_found, std::string(no_such_policy));
        TRY(if_match.check(found->version));
        TRY(check_name(tx, body.name, id));
        TRY(check_models(tx, body.model_ids));
        return to_policy(TRY(tx.one(sql::set_model_policy, {.id = id,
                                                            .name = body.name,
                                                            .position = body.position.value_or(found->position),
                                                            .task = body.task,
                                                            .data_class = body.data_class,
                                                            .cost_usd_max = body.cost_usd_max,
                                                            .model_ids = body.model_ids})));
    });
}

Result<void> ModelPolicies::remove(Op& op, ModelPolicyId id) {
    return store_.write(op, "model_policies.delete", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::delete_model_policy, {.id = id})) == 0)
            return fail(Code::not_found, std::string(no_such_policy));
        return {};
    });
}

std::vector<http::Route> ModelPolicies::routes() {
    return {
        route::get("/api/v1/model_policies", "models.read", "policies ls",
                   "Which models are asked when none is named, in order.", &ModelPolicies::list, *this),
        route::post("/api/v1/model_policies", "models.write", "policies create", "Say which models are asked for what.",
                    &ModelPolicies::create, *this),
        route::get("/api/v1/model_policies/{policy_id}", "models.read", "policies show", "A policy.",
                   &ModelPolicies::show, *this),
        route::patch("/api/v1/model_policies/{policy_id}", "models.write", "policies change",
                     "Rename or move a policy, or change its models.", &ModelPolicies::change, *this),
        route::put("/api/v1/model_policies/{policy_id}", "models.write", "policies set",
                   "Say all of a policy anew; its place stays when no position is given.", &ModelPolicies::set, *this),
        route::del("/api/v1/model_policies/{policy_id}", "models.write", "policies rm", "Delete a policy.",
                   &ModelPolicies::remove, *this),
    };
}

ModelQuestion::ModelQuestion(store::Tx& tx, ChatId chat, std::optional<std::string> name, bool is_impersonation)
    : name_(std::move(name)),
      named_(ask_named(tx, name_)),
      of_policy_(tx.ask(sql::models_of_policy, {.chat_id = chat, .is_impersonation = is_impersonation})),
      data_class_(tx.ask(sql::chat_data_class, {.id = chat})) {}

Result<ModelChoice> ModelQuestion::choice(bool has_images) {
    bool is_named = name_ && !name_->empty();
    std::vector<PolicyModel> of_policy = TRY(of_policy_.get());
    if (has_images && !of_policy.empty() && !is_named) {
        std::string first = of_policy.front().name;
        std::erase_if(of_policy, [](const PolicyModel& model) { return !model.takes_images; });
        if (of_policy.empty()) return takes_no_images(first);
    }
    if (!is_named && !of_policy.empty()) {
        ModelChoice choice{.model = of_policy.front(), .cost_usd_max = of_policy.front().cost_usd_max};
        for (size_t i = 1; i < of_policy.size(); ++i) choice.fallback_model_ids.push_back(of_policy[i].id);
        return choice;
    }
    auto found = TRY(named_.get());
    if (!found && is_named)
        return invalid("/model", "names no model; `ramify models ls` or Settings → Models lists those there are");
    if (!found) return fail(Code::unavailable, "there is no model; add one in Settings → Models");
    DataClass data_class = TRY(data_class_.get()).value_or(DataClass::internal);
    if (data_class > found->data_class_max)
        return fail(Code::forbidden,
                    "what is said in this chat is " + std::string(names_of(data_class)[size_t(data_class)]) +
                        ", and the model \"" + found->name +
                        "\" may not be sent that; name another model, or make a policy for such chats");
    if (has_images && !found->takes_images) return takes_no_images(found->name);
    return ModelChoice{.model = *std::move(found)};
}

}  // namespace ry::chats
