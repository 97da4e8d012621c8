#pragma once
// Inside the part: where pieces of knowledge lie in the space of an embedding model, and where a question does. Chats
// owns one, and carries its routes.
//
// Any thread. The organization's settings say which model; without one, knowledge is found by its words alone. Pieces
// get their vectors by the job chats.embed_knowledge, after they were indexed and when the model changed; until then
// they are found by words. What a model refuses costs no more than that.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kernel/http/route.h"
#include "kernel/llm/llm.h"
#include "modules/chats/ids.h"
#include "modules/chats/knowledge_vector_model.h"
#include "modules/chats/model_model.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store
namespace ry::jobs {
class Jobs;
class Context;
}  // namespace ry::jobs

namespace ry::chats {

/// What the job `chats.embed_knowledge` is given: it looks for all that has no vector.
struct EmbedKnowledge {
    static constexpr std::string_view kind = "chats.embed_knowledge";
    static const Fields& fields() {
        static const Fields all{"EmbedKnowledge", {}};
        return all;
    }
};

/// Where a question lies, or why that is not known; without both, knowledge is found by words alone.
struct QuestionVector {
    std::vector<double> vector = {};
    std::string embedder = {};
    std::optional<std::string> error = {};
};

class KnowledgeVectors {
public:
    /// A model as it is asked, with its key.
    using EndpointOf = std::function<Result<llm::Model>(store::Tx& tx, const Model& model)>;
    KnowledgeVectors(store::Store& store, jobs::Jobs& jobs, llm::Gateway& gateway, EndpointOf endpoint_of);
    std::vector<http::Route> routes();

    Result<KnowledgeSettings> show(Op& op);
    /// The model is asked for a vector first; what it refuses is the error.
    Result<KnowledgeSettings> change(Op& op, ChangeKnowledgeSettings body, http::IfMatch if_match);

    // ---- for who indexes and looks up

    /// Pieces without a vector will get one; nothing happens while there is no model.
    Result<void> enqueue(store::Tx& tx);
    /// A model's row changed: vectors of what it was before are of no use.
    Result<void> model_changed(store::Tx& tx, ModelId model);
    /// The model by which questions of the chat, or of no chat, are looked up; absent when there is none that may be
    /// sent them.
    Result<std::optional<llm::Model>> model_for(store::Tx& tx, std::optional<ChatId> chat);
    /// Never waits long: a model that is slow or away is done without. Fails only when the Op has ended.
    Result<QuestionVector> vector_of(const Op& op, const llm::Model& model, std::string_view question);

private:
    Result<void> enqueue_for(store::Tx& tx, std::optional<ModelId> model);
    Result<void> run(Op& op, jobs::Context& job);
    Result<int64_t> embed_next(Op& op, jobs::Context& job, const llm::Model& model, UnembeddedChunk& after);
    Result<void> drop_others(jobs::Context& job, const std::string& embedder);
    Result<void> count(store::Tx& tx, const llm::Model& model, const llm::Usage& usage);
    Result<void> try_model(const Op& op, const llm::Model& model);
    Result<Model> named(store::Tx& tx, const std::string& name_or_id);

    store::Store& store_;
    jobs::Jobs& jobs_;
    llm::Gateway& gateway_;
    EndpointOf endpoint_of_;
};

}  // namespace ry::chats
