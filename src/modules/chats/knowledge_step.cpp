// The type of steps `rag`: what knowledge has to say, for later steps.
#include "kernel/store/store.h"
#include "modules/chats/knowledge_sources.h"
#include "modules/chats/knowledge_vectors.h"
#include "modules/chats/prompt_knowledge.h"

namespace ry::chats {
namespace {

struct RagParameters {
    std::string query;
    std::vector<KnowledgeSourceId> source_ids;
    std::optional<int64_t> limit;
    static const Fields& fields() {
        using S = RagParameters;
        static const Field table[] = {
            field("query", &S::query, "What to look for.", length(0, pipelines::template_bytes_max)),
            field("source_ids", &S::source_ids,
                  "In which sources; without them in the global ones and in those of the run's chat.", defaulted(),
                  length(0, 4 * sources_in_use_max)),
            field("limit", &S::limit, "How many passages at most (8 when absent).", range(1, passages_found_max)),
        };
        static const Fields all{"RagParameters", table};
        return all;
    }
};

/// As `rag` of templates, with what it took.
Json yielded(const KnowledgeFound& found) {
    std::string json = rag_json(found.passages);
    json.pop_back();
    json += ",\"tokens\":" + std::to_string(found.tokens);
    if (found.vector_error) {
        json += ",\"vector_error\":";
        json::write_string(json, *found.vector_error);
    }
    return {json + "}"};
}

}  // namespace

Result<Json> KnowledgeSources::run_step(const Op& op, const StepCall& call) {
    auto parameters = TRY(from_json<RagParameters>(call.parameters.text));
    KnowledgeLookup wanted{.text = std::move(parameters.query),
                           .source_ids = std::move(parameters.source_ids),
                           .limit = parameters.limit.value_or(passages_max)};
    auto lookup = TRY(store_.read(op, "knowledge.step", [&](store::Tx& tx) -> Result<KnowledgeLookup> {
        if (wanted.source_ids.empty()) wanted.source_ids = TRY(sources_of(tx, call.chat_id));
        return by_words(tx, wanted, call.chat_id);
    }));
    return yielded(TRY(found(op, std::move(lookup))));
}

StepKind KnowledgeSources::step_kind() {
    return {pipelines::step_type<RagParameters>("rag", "Looks up what knowledge has to say.",
                                                {"text", "passages", "tokens", "vector_error"}),
            [this](const Op& op, const StepCall& call) { return run_step(op, call); }};
}

}  // namespace ry::chats
