#pragma once
// The values of knowledge that is found by meaning: the organization's settings, and pieces on their way to a model.
#include "modules/chats/ids.h"
#include "modules/chats/knowledge_model.h"

namespace ry::chats {

constexpr int64_t vectors_max = 100'000;  ///< of an organization: 600 MB of 1,536 numbers each
/// Pieces that a question is compared with, each with every number: a second of PostgreSQL in both cases. One of 1,536
/// numbers takes 0.02 ms with pgvector and 0.6 ms without it.
constexpr int64_t compared_with_pgvector_max = 50'000;
constexpr int64_t compared_plainly_max = 2'000;
constexpr double similarity_min_default = 0.3;

struct KnowledgeSettings {
    std::optional<ModelId> embedding_model_id;
    double similarity_min = similarity_min_default;
    int64_t chunks_count = 0;
    int64_t vectors_count = 0;
    bool has_pgvector = false;
    std::optional<std::string> error;
    int64_t tokens_in = 0;
    double cost_usd = 0;
    int64_t version = 0;
    static const Fields& fields() {
        using S = KnowledgeSettings;
        static const Field table[] = {
            field("embedding_model_id", &S::embedding_model_id,
                  "The model by which pieces are found by what they mean; by their words alone when absent."),
            field("similarity_min", &S::similarity_min,
                  "How close a piece must lie to a question, as the cosine of their angle."),
            field("chunks_count", &S::chunks_count, "How many pieces there are."),
            field("vectors_count", &S::vectors_count, "How many of them have a vector of this model."),
            field("has_pgvector", &S::has_pgvector, "Whether the database computes with pgvector."),
            field("error", &S::error, "Why the others have none, and what to do."),
            field("tokens_in", &S::tokens_in, "How many tokens models were given for pieces and questions so far."),
            field("cost_usd", &S::cost_usd, "What that cost, by the prices of the time."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"KnowledgeSettings", table};
        return all;
    }
};

struct ChangeKnowledgeSettings {
    std::optional<std::string> embedding_model;
    std::optional<double> similarity_min;
    static const Fields& fields() {
        using S = ChangeKnowledgeSettings;
        static const Field table[] = {
            field("embedding_model", &S::embedding_model,
                  "The name or the id of a model for embeddings; empty for words alone.", length(0, 200)),
            field(
                "similarity_min", &S::similarity_min,
                "How close a piece must lie to a question, as the cosine of their angle: models differ (0.3 at first).",
                range(-1, 1)),
        };
        static const Fields all{"ChangeKnowledgeSettings", table};
        return all;
    }
};

// ---- rows

/// A piece that has no vector of the model yet.
struct UnembeddedChunk {
    KnowledgeDocumentId document_id;
    int64_t position = 0;
    int64_t revision = 0;  ///< of the document's text that it is a piece of
    std::string text;
    static const Fields& fields() {
        using S = UnembeddedChunk;
        static const Field table[] = {field("document_id", &S::document_id, ""), field("position", &S::position, ""),
                                      field("revision", &S::revision, ""), field("text", &S::text, "")};
        static const Fields all{"UnembeddedChunk", table};
        return all;
    }
};

/// What a question is to be compared with.
struct ComparedChunks {
    int64_t chunks_count = 0;
    bool has_pgvector = false;
    static const Fields& fields() {
        using S = ComparedChunks;
        static const Field table[] = {field("chunks_count", &S::chunks_count, ""),
                                      field("has_pgvector", &S::has_pgvector, "")};
        static const Fields all{"ComparedChunks", table};
        return all;
    }
};

}  // namespace ry::chats
