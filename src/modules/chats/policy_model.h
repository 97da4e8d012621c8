#pragma once
// What an organization says of its models: policies that choose between them, and the settings of one question.
#include "modules/chats/chat_model.h"
#include "modules/chats/ids.h"
#include "modules/chats/model_model.h"

namespace ry::chats {

DECLARE_ID(ModelPolicyId, "policy");

constexpr int64_t model_policies_max = 100;  ///< of an organization; each question reads them
constexpr size_t policy_models_max = 10;     ///< each may take its timeouts before the next is asked

/// What a model is asked for, as policies tell it apart.
enum class ModelTask { chat, app, impersonation };
constexpr std::array<std::string_view, 3> names_of(ModelTask) { return {"chat", "app", "impersonation"}; }

struct ModelPolicy {
    ModelPolicyId id;
    std::string name;
    int64_t position = 0;
    std::optional<ModelTask> task;
    std::optional<DataClass> data_class;
    std::optional<double> cost_usd_max;
    std::vector<ModelId> model_ids;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = ModelPolicy;
        static const Field table[] = {
            field("id", &S::id, "Which policy."),
            field("name", &S::name, "What people call it."),
            field("position", &S::position, "Policies are looked at in this order; the first that fits says which models are asked."),
            field("task", &S::task, "What it is for: chat (answers), app (answers in an app's chat) or impersonation; everything when absent."),
            field("data_class", &S::data_class, "For chats of this class of data alone."),
            field("cost_usd_max", &S::cost_usd_max, "What one answer may cost at most, in US dollars: models that may cost more are passed over."),
            field("model_ids", &S::model_ids, "The models, in the order in which they are asked: the next one when the one before cannot answer."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"ModelPolicy", table};
        return all;
    }
};

struct CreateModelPolicy {
    std::string name;
    std::vector<ModelId> model_ids;
    std::optional<int64_t> position;
    std::optional<ModelTask> task;
    std::optional<DataClass> data_class;
    std::optional<double> cost_usd_max;
    static const Fields& fields() {
        using S = CreateModelPolicy;
        static const Field table[] = {
            field("name", &S::name, "What people call it.", length(1, 100), positional()),
            field("model_ids", &S::model_ids, "The models, in the order in which they are asked.", length(1, policy_models_max)),
            field("position", &S::position, "Where it stands among the others (0 when absent).", range(0, 1'000'000)),
            field("task", &S::task, "What it is for; everything when absent."),
            field("data_class", &S::data_class, "For chats of this class of data alone; all when absent."),
            field("cost_usd_max", &S::cost_usd_max, "What one answer may cost at most, in US dollars.", range(0, 1'000'000)),
        };
        static const Fields all{"CreateModelPolicy", table};
        return all;
    }
};

struct ChangeModelPolicy {
    std::optional<std::string> name;
    std::optional<std::vector<ModelId>> model_ids;
    std::optional<int64_t> position;
    static const Fields& fields() {
        using S = ChangeModelPolicy;
        static const Field table[] = {
            field("name", &S::name, "The new name.", length(1, 100)),
            field("model_ids", &S::model_ids, "The models, in the order in which they are asked.", length(1, policy_models_max)),
            field("position", &S::position, "Where it stands among the others.", range(0, 1'000'000)),
        };
        static const Fields all{"ChangeModelPolicy", table};
        return all;
    }
};

struct ModelPolicyRow : ModelPolicy {
    std::string model_ids_text;  ///< as PostgreSQL writes a uuid[]: "{…,…}"
    static const Fields& fields() {
        static const std::vector<Field> table = [] {
            std::vector<Field> list(ModelPolicy::fields().list.begin(), ModelPolicy::fields().list.end());
            for (Field& one : list)
                if (one.name == "model_ids") one = field("model_ids_text", &ModelPolicyRow::model_ids_text, "");
            return list;
        }();
        static const Fields all{"ModelPolicyRow", table};
        return all;
    }
};
ModelPolicy to_policy(const ModelPolicyRow& row);

/// A name that a provider serves.
struct ServedModel {
    std::string model;
    static const Fields& fields() {
        static const Field table[] = {field("model", &ServedModel::model, "The provider's name of it.")};
        static const Fields all{"ServedModel", table};
        return all;
    }
};

/// One of the models of the policy that fits.
struct PolicyModel : Model {
    std::optional<double> cost_usd_max;
    static const Fields& fields() {
        static const std::vector<Field> table = [] {
            std::vector<Field> list(Model::fields().list.begin(), Model::fields().list.end());
            list.push_back(field("cost_usd_max", &PolicyModel::cost_usd_max, ""));
            return list;
        }();
        static const Fields all{"PolicyModel", table};
        return all;
    }
};

}  // namespace ry::chats
