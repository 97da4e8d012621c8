#pragma once
// Inside the part: knowledge sources, their documents, where they are used, and what is found in them. Chats owns one,
// and carries its routes.
//
// Any thread. Each method is one thing that a person can do; look_up() and found() are for whoever makes a prompt. A
// source's documents are cut and indexed by the job chats.index_knowledge, which also fetches the page of a url; until
// it has, the texts before are found.
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "kernel/http/route.h"
#include "kernel/llm/llm.h"
#include "modules/chats/knowledge/document_text.h"
#include "modules/chats/knowledge_model.h"
#include "modules/chats/model_model.h"
#include "modules/chats/paging.h"
#include "modules/chats/pipeline_steps.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store
namespace ry::jobs {
class Jobs;
class Context;
}  // namespace ry::jobs
namespace ry::fetch {
class Fetch;
}

namespace ry::chats {

/// What the job `chats.index_knowledge` is given.
struct IndexKnowledge {
    static constexpr std::string_view kind = "chats.index_knowledge";
    KnowledgeSourceId source_id;
    static const Fields& fields() {
        static const Field table[] = {field("source_id", &IndexKnowledge::source_id, "Which source.")};
        static const Fields all{"IndexKnowledge", table};
        return all;
    }
};

class KnowledgeVectors;
struct QuestionVector;

/// What is looked for, where, and what words alone have found of it.
struct KnowledgeLookup {
    std::string text;
    std::vector<KnowledgeSourceId> source_ids;
    int64_t limit = passages_max;
    int64_t tokens_max = std::numeric_limits<int64_t>::max();
    std::optional<llm::Model> embedding_model = {};  ///< by which it can be found by what it means, too
    std::vector<KnowledgePassage> passages = {};
};

class KnowledgeSources {
public:
    KnowledgeSources(store::Store& store, jobs::Jobs& jobs, fetch::Fetch& fetch, KnowledgeVectors& vectors);
    std::vector<http::Route> routes();
    /// The type of steps `rag`.
    StepKind step_kind();
    using ReadPdf = std::function<Result<std::string>(const Op& op, std::string_view bytes)>;
    /// Before the first request.
    void set_pdf_reader(ReadPdf read) { read_pdf_ = std::move(read); }

    Result<http::Page<KnowledgeSource>> list(Op& op, Paging query);
    Result<http::Created<KnowledgeSource>> create(Op& op, CreateKnowledgeSource body);
    Result<KnowledgeSource> show(Op& op, KnowledgeSourceId source);
    Result<KnowledgeSource> change(Op& op, KnowledgeSourceId source, ChangeKnowledgeSource body,
                                   http::IfMatch if_match);
    Result<void> remove(Op& op, KnowledgeSourceId source);
    /// Cuts and indexes all of it again; a page is fetched again first.
    Result<http::Accepted<KnowledgeSource>> index(Op& op, KnowledgeSourceId source);

    Result<http::Page<KnowledgeDocument>> list_documents(Op& op, KnowledgeSourceId source, Paging query);
    Result<KnowledgeDocument> show_document(Op& op, KnowledgeDocumentId document);
    Result<http::Page<KnowledgeChunk>> list_chunks(Op& op, KnowledgeDocumentId document, Paging query);
    /// The body is the file.
    Result<http::Accepted<KnowledgeSource>> put_document(Op& op, KnowledgeSourceId source, std::string path,
                                                         const http::RequestInfo& info);
    Result<KnowledgeSource> remove_document(Op& op, KnowledgeSourceId source, std::string path);

    Result<http::Page<KnowledgeBinding>> list_bindings(Op& op, KnowledgeSourceId source);
    Result<KnowledgeBinding> bind(Op& op, KnowledgeSourceId source, KnowledgeBinding body);
    Result<void> unbind(Op& op, KnowledgeSourceId source, KnowledgeBinding query);

    Result<KnowledgeFound> search(Op& op, SearchKnowledge body);
    /// In all sources that the chat uses: what a prompt for `text` would quote.
    Result<KnowledgeFound> test_chat(Op& op, ChatId chat, TestChatKnowledge body);

    // ---- for who makes prompts

    /// What the sources that are used in `places`, and the global ones, have to say to the text by their words; as many
    /// passages as `tokens_max` lets.
    Result<KnowledgeLookup> look_up(store::Tx& tx, std::string_view text, const std::vector<KnowledgeBinding>& places,
                                    ChatId chat, int64_t tokens_max);
    /// What is found by words and by meaning. Outside of transactions: it may ask a model. Without a model for it, what
    /// look_up() found.
    Result<KnowledgeFound> found(const Op& op, KnowledgeLookup lookup);

private:
    Result<QuestionVector> question_vector(const Op& op, const KnowledgeLookup& lookup);
    /// Those that the chat uses, or all chats.
    Result<std::vector<KnowledgeSourceId>> sources_of(store::Tx& tx, std::optional<ChatId> chat);
    Result<KnowledgeLookup> by_words(store::Tx& tx, KnowledgeLookup lookup, std::optional<ChatId> chat);
    Result<Json> run_step(const Op& op, const StepCall& call);
    Result<knowledge::DocumentText> text_of(const Op& op, std::string_view bytes, std::string_view name,
                                            std::string_view content_type);
    Result<void> run(Op& op, jobs::Context& job, KnowledgeSourceId source);
    Result<void> fetch_page(Op& op, jobs::Context& job, const KnowledgeSource& source);
    /// Whether there was a document to index.
    Result<bool> index_next(jobs::Context& job, KnowledgeSourceId source);
    Result<void> put_text(store::Tx& tx, KnowledgeSourceId source, std::string_view path, std::string_view title,
                          std::string_view text);
    Result<void> enqueue(store::Tx& tx, KnowledgeSourceId source);

    store::Store& store_;
    jobs::Jobs& jobs_;
    fetch::Fetch& fetch_;
    KnowledgeVectors& vectors_;
    ReadPdf read_pdf_;
};

}  // namespace ry::chats
