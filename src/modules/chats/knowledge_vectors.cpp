#include "modules/chats/knowledge_vectors.h"

#include <algorithm>

#include "base/text.h"
#include "kernel/jobs/jobs.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/chats/knowledge_vector_queries.gen.h"
#include "modules/chats/model_queries.gen.h"

namespace ry::chats {

namespace route = http::route;

namespace {

constexpr int64_t question_ms_max = 5'000;       ///< a person waits for the answer
constexpr size_t question_bytes_max = 4'000;     ///< what models of 1,000 tokens take
constexpr int64_t try_ms_max = 60'000;           ///< a person waits at a button; big models load that long
constexpr int64_t embed_ms_max = 6 * 3'600'000;  ///< of one job: 100,000 pieces, four a second
constexpr int64_t dropped_at_once = 5'000;

/// The model whose vectors can be compared with each other: the same one at another address gives the same vectors.
std::string embedder_of(const llm::Model& model) {
    return std::string(llm::name_of(model.provider)) + "/" + model.model;
}

}  // namespace

KnowledgeVectors::KnowledgeVectors(store::Store& store, jobs::Jobs& jobs, llm::Gateway& gateway, EndpointOf endpoint_of)
    : store_(store), jobs_(jobs), gateway_(gateway), endpoint_of_(std::move(endpoint_of)) {
    jobs_.add<EmbedKnowledge>(
        {.queue = "llm",
         .attempts_max = 3,
         .timeout_ms = embed_ms_max,
         .on_given_up = [](Op&, store::Tx& tx, const jobs::Job& job, const Json&) -> Result<void> {
             tx.queue(sql::set_knowledge_error,
                      {.error = job.error.value_or("it was cancelled") +
                                "; set the embedding model again to try once more (`ramify knowledge set`)"});
             return {};
         }},
        [this](Op& op, const EmbedKnowledge&, jobs::Context& job) { return run(op, job); });
}

// ---- settings

Result<KnowledgeSettings> KnowledgeVectors::show(Op& op) {
    return store_.read(op, "knowledge.settings", [&](store::Tx& tx) { return tx.one(sql::knowledge_settings, {}); });
}

Result<Model> KnowledgeVectors::named(store::Tx& tx, const std::string& name_or_id) {
    auto id = ModelId::parse(name_or_id);
    auto found = id ? TRY(tx.maybe(sql::model, {.id = *id})) : TRY(tx.maybe(sql::model_by_name, {.name = name_or_id}));
    if (!found) return invalid("/embedding_model", "names no model; `ramify models ls` lists those there are");
    return *std::move(found);
}

Result<void> KnowledgeVectors::try_model(const Op& op, const llm::Model& model) {
    Op hurried = op;
    hurried.deadline = op.deadline.sooner(Deadline::in_ms(try_ms_max));
    TRY(gateway_.embed(hurried, model, {"ready"}, llm::EmbeddingUse::question));
    return {};
}

Result<KnowledgeSettings> KnowledgeVectors::change(Op& op, ChangeKnowledgeSettings body, http::IfMatch if_match) {
    std::optional<ModelId> chosen;
    if (body.embedding_model && !body.embedding_model->empty()) {
        llm::Model model = TRY(store_.read(op, "knowledge.embedding_model", [&](store::Tx& tx) -> Result<llm::Model> {
            Model row = TRY(named(tx, *body.embedding_model));
            chosen = row.id;
            return endpoint_of_(tx, row);
        }));
        TRY(try_model(op, model));
    }
    return store_.write(op, "knowledge.set", [&](store::Tx& tx) -> Result<KnowledgeSettings> {
        KnowledgeSettings now = TRY(tx.one(sql::knowledge_settings, {}));
        TRY(if_match.check(now.version));
        tx.queue(sql::set_knowledge_settings,
                 {.embedding_model_id = body.embedding_model ? chosen : now.embedding_model_id,
                  .similarity_min = body.similarity_min.value_or(now.similarity_min)});
        if (body.embedding_model) TRY(enqueue_for(tx, chosen));
        return tx.one(sql::knowledge_settings, {});
    });
}

// ---- vectors of pieces

Result<void> KnowledgeVectors::enqueue(store::Tx& tx) {
    auto model = TRY(tx.maybe(sql::embedding_model, {.chat_id = {}}));
    return model ? enqueue_for(tx, model->id) : Result<void>();
}

/// Without a model, what there is of vectors goes.
Result<void> KnowledgeVectors::enqueue_for(store::Tx& tx, std::optional<ModelId> model) {
    jobs::EnqueueOptions options{.concurrency_group = "embed:" + tx.op().organization.text()};
    if (model) options.subject = "model:" + model->text();
    TRY(jobs_.enqueue(tx, EmbedKnowledge{}, std::move(options)));
    return {};
}

Result<void> KnowledgeVectors::model_changed(store::Tx& tx, ModelId id) {
    auto model = TRY(tx.maybe(sql::embedding_model, {.chat_id = {}}));
    return model && model->id == id ? enqueue_for(tx, id) : Result<void>();
}

Result<void> KnowledgeVectors::count(store::Tx& tx, const llm::Model& model, const llm::Usage& usage) {
    tx.queue(sql::count_embedding, {.tokens_in = usage.tokens_in, .cost_usd = llm::cost_usd(model.price, usage)});
    return {};
}

Result<void> KnowledgeVectors::run(Op& op, jobs::Context& job) {
    auto model = TRY(store_.read(op, "knowledge.embedder", [&](store::Tx& tx) { return model_for(tx, {}); }));
    std::string embedder = model ? embedder_of(*model) : "";
    TRY(drop_others(job, embedder));
    if (!model) return {};
    KnowledgeSettings begun = TRY(show(op));
    int64_t vectors = begun.vectors_count;
    UnembeddedChunk after{.position = -1};
    for (int64_t made = 1; made > 0 && vectors < vectors_max; vectors += made) {
        made = TRY(embed_next(op, job, *model, after));
        job.progress(double(vectors) / double(std::max({vectors, begun.chunks_count, int64_t(1)})),
                     std::to_string(vectors) + " pieces have vectors");
    }
    std::optional<std::string> error;
    if (vectors >= vectors_max)
        error = std::to_string(vectors) + " pieces have vectors, and no more may have; the others are found by words";
    return job.write("knowledge.embedded", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::set_knowledge_error, {.error = error});
        return {};
    });
}

/// Vectors of other models can be compared with nothing.
Result<void> KnowledgeVectors::drop_others(jobs::Context& job, const std::string& embedder) {
    int64_t dropped = dropped_at_once;
    while (dropped == dropped_at_once)
        dropped = TRY(job.write("knowledge.drop_vectors", [&](store::Tx& tx) {
            return tx.run(sql::drop_vectors, {.embedder = embedder, .limit = dropped_at_once});
        }));
    return {};
}

/// The next pieces behind `after`, which becomes the last of them. How many there were.
Result<int64_t> KnowledgeVectors::embed_next(Op& op, jobs::Context& job, const llm::Model& model,
                                             UnembeddedChunk& after) {
    std::string embedder = embedder_of(model);
    auto chunks = TRY(store_.read(op, "knowledge.unembedded", [&](store::Tx& tx) {
        return tx.many(sql::unembedded_chunks, {.embedder = embedder,
                                                .after_document_id = after.document_id,
                                                .after_position = after.position,
                                                .limit = int64_t(llm::embedding_texts_max)});
    }));
    if (chunks.empty()) return int64_t(0);
    std::vector<std::string> texts;
    std::vector<KnowledgeDocumentId> documents;
    std::vector<int64_t> positions, revisions;
    for (UnembeddedChunk& chunk : chunks) {
        texts.push_back(chunk.text);
        documents.push_back(chunk.document_id);
        positions.push_back(chunk.position);
        revisions.push_back(chunk.revision);
    }
    llm::Embeddings made = TRY(gateway_.embed(op, model, texts, llm::EmbeddingUse::document));
    std::vector<double> numbers;
    for (const std::vector<float>& vector : made.vectors) numbers.insert(numbers.end(), vector.begin(), vector.end());
    TRY(job.write("knowledge.add_vectors", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::add_vectors, {.embedder = embedder,
                                    .document_ids = documents,
                                    .positions = positions,
                                    .revisions = revisions,
                                    .numbers = numbers,
                                    .dimensions = int64_t(made.vectors.front().size())});
        return count(tx, model, made.usage);
    }));
    after = std::move(chunks.back());
    return int64_t(chunks.size());
}

// ---- the vector of a question

Result<std::optional<llm::Model>> KnowledgeVectors::model_for(store::Tx& tx, std::optional<ChatId> chat) {
    auto row = TRY(tx.maybe(sql::embedding_model, {.chat_id = chat}));
    if (!row) return std::optional<llm::Model>();
    return std::optional(TRY(endpoint_of_(tx, *row)));
}

Result<QuestionVector> KnowledgeVectors::vector_of(const Op& op, const llm::Model& model, std::string_view question) {
    Op hurried = op;
    hurried.deadline = op.deadline.sooner(Deadline::in_ms(question_ms_max));
    std::vector<std::string> texts{std::string(utf8_prefix(question, question_bytes_max))};
    auto made = gateway_.embed(hurried, model, texts, llm::EmbeddingUse::question);
    if (!made) {
        TRY(op.still_wanted());
        telemetry::log(telemetry::Level::warning, "question_not_embedded",
                       {{"model", model.name}, {"cause", made.error().message + " " + made.error().cause}});
        return QuestionVector{.error = made.error().message};
    }
    TRY(store_.write(op, "knowledge.count_question", [&](store::Tx& tx) {
        tx.step();  // of what the question was looked up for
        return count(tx, model, made->usage);
    }));
    QuestionVector found{.embedder = embedder_of(model)};
    found.vector.assign(made->vectors.front().begin(), made->vectors.front().end());
    return found;
}

std::vector<http::Route> KnowledgeVectors::routes() {
    return {
        route::get("/api/v1/knowledge_settings", "chats.read", "knowledge settings",
                   "By which model knowledge is found by what it means, and how far that is.", &KnowledgeVectors::show,
                   *this),
        route::patch("/api/v1/knowledge_settings", "models.write", "knowledge set",
                     "Choose the model by which knowledge is found by what it means.", &KnowledgeVectors::change, *this)
            .with({.deadline_ms = try_ms_max}),
    };
}

}  // namespace ry::chats
