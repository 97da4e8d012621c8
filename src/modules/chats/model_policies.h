#pragma once
// Inside the part: which models are asked when a question names none. Chats owns one, and carries its routes.
#include <optional>
#include <string>
#include <vector>

#include "kernel/http/route.h"
#include "kernel/store/store.h"
#include "modules/chats/policy_model.h"

namespace ry::chats {

class ModelPolicies {
public:
    /// `store` outlives the ModelPolicies.
    explicit ModelPolicies(store::Store& store) : store_(store) {}
    std::vector<http::Route> routes();

    Result<http::Page<ModelPolicy>> list(Op& op);
    Result<http::Created<ModelPolicy>> create(Op& op, CreateModelPolicy body);
    Result<ModelPolicy> show(Op& op, ModelPolicyId id);
    Result<ModelPolicy> change(Op& op, ModelPolicyId id, ChangeModelPolicy body, http::IfMatch if_match);
    /// As if it were made anew, in its place.
    Result<ModelPolicy> set(Op& op, ModelPolicyId id, CreateModelPolicy body, http::IfMatch if_match);
    Result<void> remove(Op& op, ModelPolicyId id);

private:
    store::Store& store_;
};

/// Who answers a question: `model`, and in its place the others in turn.
struct ModelChoice {
    Model model;
    std::vector<ModelId> fallback_model_ids;
    std::optional<double> cost_usd_max;
};

/// The question which models answer, on its way with others in one round trip.
class ModelQuestion {
public:
    /// `name`: of the model that a person chose; the policies decide, else the default model, when there is none.
    ModelQuestion(store::Tx& tx, ChatId chat, std::optional<std::string> name, bool is_impersonation);
    /// `unavailable` without a model, `invalid` when the name is none of theirs, `forbidden` when the model may not be
    /// sent what is said in the chat. `has_images`: one that takes none is not chosen, and `invalid` when it was named.
    Result<ModelChoice> choice(bool has_images = false);

private:
    std::optional<std::string> name_;
    store::Later<std::optional<Model>> named_;
    store::Later<std::vector<PolicyModel>> of_policy_;
    store::Later<std::optional<DataClass>> data_class_;
};

}  // namespace ry::chats
