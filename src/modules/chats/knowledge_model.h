#pragma once
// The values of knowledge: sources, their documents, and what is found in them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/lore/lore.h"

namespace ry::chats {

DECLARE_ID(KnowledgeSourceId, "source");
DECLARE_ID(KnowledgeDocumentId, "document");

enum class KnowledgeKind { note, file, url, folder };
constexpr std::array<std::string_view, 4> names_of(KnowledgeKind) { return {"note", "file", "url", "folder"}; }
enum class KnowledgeStatus { empty, indexing, ready, failed };
constexpr std::array<std::string_view, 4> names_of(KnowledgeStatus) { return {"empty", "indexing", "ready", "failed"}; }

constexpr int64_t knowledge_sources_max = 1'000;      ///< of an organization
constexpr int64_t documents_max = 1'000;              ///< of a source
constexpr int64_t source_bytes_max = 32 << 20;        ///< of a source's texts: some 20,000 chunks
constexpr int64_t knowledge_bytes_max = 512 << 20;    ///< of an organization's texts; with their index 2 GB
constexpr int64_t knowledge_bindings_max = 1'000;     ///< of a source
constexpr int64_t sources_in_use_max = 20;            ///< of one scope; a chat has at most four: 80 sources
constexpr size_t knowledge_note_bytes_max = 500'000;  ///< half of a request's body; longer ones are files
constexpr size_t knowledge_query_bytes_max = 20'000;  ///< of what is looked for: the beginning of a message
constexpr size_t document_path_bytes_max = 500;
constexpr int64_t passages_max = 8;         ///< in a prompt: 4,000 tokens at most
constexpr int64_t passages_found_max = 50;  ///< of a search
constexpr int64_t candidates_max = 50;      ///< of what is found by words, and of what is found by meaning

struct KnowledgeSource {
    KnowledgeSourceId id;
    KnowledgeKind kind = KnowledgeKind::note;
    std::string name;
    std::optional<std::string> url;
    KnowledgeStatus status = KnowledgeStatus::empty;
    std::optional<std::string> error;
    int64_t documents_count = 0;
    int64_t chunks_count = 0;
    int64_t text_bytes = 0;
    std::optional<Time> indexed_at;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = KnowledgeSource;
        static const Field table[] = {
            field("id", &S::id, "Which source."),
            field("kind", &S::kind, "Where its documents come from."),
            field("name", &S::name, "Its name, by which it is cited."),
            field("url", &S::url, "Of a url: the address."),
            field("status", &S::status, "Whether it has documents, and whether they can be found."),
            field("error", &S::error, "Why it failed, and what to do."),
            field("documents_count", &S::documents_count, "How many documents it has."),
            field("chunks_count", &S::chunks_count, "How many pieces they are cut into."),
            field("text_bytes", &S::text_bytes, "How long their texts are together."),
            field("indexed_at", &S::indexed_at, "When all of it could last be found."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"KnowledgeSource", table};
        return all;
    }
};

struct KnowledgeDocument {
    KnowledgeDocumentId id;
    KnowledgeSourceId source_id;
    std::string path;
    std::string title;
    int64_t text_bytes = 0;
    int64_t chunks_count = 0;
    bool is_indexed = false;
    Time updated_at;
    static const Fields& fields() {
        using S = KnowledgeDocument;
        static const Field table[] = {
            field("id", &S::id, "Which document."),
            field("source_id", &S::source_id, "The source that it is in."),
            field("path", &S::path, "Its place in the source: a path in a folder, a file's name, an address."),
            field("title", &S::title, "Its title; its path when it has none."),
            field("text_bytes", &S::text_bytes, "How long its text is."),
            field("chunks_count", &S::chunks_count, "How many pieces it is cut into."),
            field("is_indexed", &S::is_indexed, "Whether it can be found."),
            field("updated_at", &S::updated_at, "When it last changed."),
        };
        static const Fields all{"KnowledgeDocument", table};
        return all;
    }
};

/// A piece of a document.
struct KnowledgeChunk {
    int64_t position = 0;
    int64_t from_byte = 0;
    int64_t to_byte = 0;
    std::string heading;
    std::string text;
    static const Fields& fields() {
        using S = KnowledgeChunk;
        static const Field table[] = {
            field("position", &S::position, "Its number in the document, from 0."),
            field("from_byte", &S::from_byte, "The byte of the document's text with which it begins."),
            field("to_byte", &S::to_byte, "The byte behind its last one."),
            field("heading", &S::heading, "The heading that it stands under."),
            field("text", &S::text, "What it says."),
        };
        static const Fields all{"KnowledgeChunk", table};
        return all;
    }
};

struct CreateKnowledgeSource {
    std::string name;
    KnowledgeKind kind = KnowledgeKind::note;
    std::optional<std::string> text;
    std::optional<std::string> url;
    static const Fields& fields() {
        using S = CreateKnowledgeSource;
        static const Field table[] = {
            field("name", &S::name, "Its name, by which it is cited.", length(1, 200), positional()),
            field("kind", &S::kind,
                  "note: a text that is sent here; url: a page that is fetched; file, folder: PUT …/documents/{path} "
                  "adds what it has.",
                  defaulted()),
            field("text", &S::text, "Of a note: what it says.", length(1, knowledge_note_bytes_max)),
            field("url", &S::url, "Of a url: a public http or https address.", length(1, 2'000)),
        };
        static const Fields all{"CreateKnowledgeSource", table};
        return all;
    }
};

struct ChangeKnowledgeSource {
    std::optional<std::string> name;
    std::optional<std::string> text;
    static const Fields& fields() {
        using S = ChangeKnowledgeSource;
        static const Field table[] = {
            field("name", &S::name, "The new name.", length(1, 200)),
            field("text", &S::text, "Of a note: what it says now.", length(1, knowledge_note_bytes_max)),
        };
        static const Fields all{"ChangeKnowledgeSource", table};
        return all;
    }
};

/// Where a source is used.
struct KnowledgeBinding {
    lore::Scope scope = lore::Scope::global;
    std::string scope_id;
    static const Fields& fields() {
        using S = KnowledgeBinding;
        static const Field table[] = {
            field("scope", &S::scope, "In all chats, in those with a profile or a persona, or in one.", defaulted(),
                  positional()),
            field("scope_id", &S::scope_id, "The profile, the persona or the chat; left out when it is global.",
                  defaulted(), length(0, 60)),
        };
        static const Fields all{"KnowledgeBinding", table};
        return all;
    }
};

/// A piece of a document that was found, and why.
struct KnowledgePassage {
    KnowledgeSourceId source_id;
    std::string source_name;
    KnowledgeDocumentId document_id;
    std::string document_path;
    std::string document_title;
    int64_t position = 0;
    int64_t from_byte = 0;
    int64_t to_byte = 0;
    std::string heading;
    std::string text;
    int64_t tokens = 0;
    double score = 0;
    std::optional<int64_t> words_rank;
    std::optional<double> words_weight;
    std::vector<std::string> matched_words;
    std::optional<int64_t> vector_rank;
    std::optional<double> similarity;
    static const Fields& fields() {
        using S = KnowledgePassage;
        static const Field table[] = {
            field("source_id", &S::source_id, "The source."),
            field("source_name", &S::source_name, "Its name."),
            field("document_id", &S::document_id, "The document in it."),
            field("document_path", &S::document_path, "The document's path."),
            field("document_title", &S::document_title, "The document's title."),
            field("position", &S::position, "The number of the piece in the document, from 0."),
            field("from_byte", &S::from_byte, "The byte of the document's text with which it begins."),
            field("to_byte", &S::to_byte, "The byte behind its last one."),
            field("heading", &S::heading, "The heading that it stands under."),
            field("text", &S::text, "What it says."),
            field("tokens", &S::tokens, "About how many tokens that takes."),
            field("score", &S::score, "The sum of 1 / (60 + rank) over the ranks that it has."),
            field("words_rank", &S::words_rank, "Its place among what was found by words, from 1."),
            field("words_weight", &S::words_weight, "What its words weigh together: rare ones weigh more."),
            field("matched_words", &S::matched_words,
                  "The words for which it was found, as the index has them; the rarest first."),
            field("vector_rank", &S::vector_rank, "Its place among what was found by meaning, from 1."),
            field("similarity", &S::similarity, "How close it lies to the question: the cosine of their angle."),
        };
        static const Fields all{"KnowledgePassage", table};
        return all;
    }
};

struct SearchKnowledge {
    std::string query;
    std::vector<KnowledgeSourceId> source_ids;
    std::optional<int64_t> limit;
    static const Fields& fields() {
        using S = SearchKnowledge;
        static const Field table[] = {
            field("query", &S::query, "What to look for.", length(1, knowledge_query_bytes_max), positional()),
            field("source_ids", &S::source_ids, "In which sources; in all of the organization when it is empty.",
                  defaulted(), length(0, 4 * sources_in_use_max)),
            field("limit", &S::limit, "How many at most (8 when absent).", range(1, passages_found_max)),
        };
        static const Fields all{"SearchKnowledge", table};
        return all;
    }
};

struct TestChatKnowledge {
    std::string text;
    static const Fields& fields() {
        using S = TestChatKnowledge;
        static const Field table[] = {
            field("text", &S::text, "What would be said next.", length(1, knowledge_query_bytes_max), positional())};
        static const Fields all{"TestChatKnowledge", table};
        return all;
    }
};

struct KnowledgeFound {
    std::vector<KnowledgePassage> passages;
    int64_t tokens = 0;
    std::optional<std::string> vector_error;
    static const Fields& fields() {
        using S = KnowledgeFound;
        static const Field table[] = {
            field("passages", &S::passages, "What was found, the best first."),
            field("tokens", &S::tokens, "How many tokens it takes."),
            field("vector_error", &S::vector_error,
                  "Why nothing was looked for by meaning, though there is a model for it."),
        };
        static const Fields all{"KnowledgeFound", table};
        return all;
    }
};

// ---- rows

/// A document that is not yet indexed as it is.
struct UnindexedDocument {
    KnowledgeDocumentId id;
    std::string text;
    int64_t revision = 0;
    static const Fields& fields() {
        using S = UnindexedDocument;
        static const Field table[] = {field("id", &S::id, ""), field("text", &S::text, ""),
                                      field("revision", &S::revision, "")};
        static const Fields all{"UnindexedDocument", table};
        return all;
    }
};

}  // namespace ry::chats
