#pragma once
// Inside the part: knowledge sources, their documents, where they are used, and what is found in them. Chats owns one,
// and carries its routes.
//
// Any thread. Each method is one thing that a person can do; found() is for whoever makes a prompt. A source's
// documents are cut and indexed by the job chats.index_knowledge, which also fetches the page of a url; until it has,
// the texts before are found.
#include <string>
#include <vector>

#include "kernel/http/route.h"
#include "modules/chats/knowledge_model.h"

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

class KnowledgeSources {
public:
    KnowledgeSources(store::Store& store, jobs::Jobs& jobs, fetch::Fetch& fetch);
    std::vector<http::Route> routes();

    Result<http::Page<KnowledgeSource>> list(Op& op, Paging query);
    Result<http::Created<KnowledgeSource>> create(Op& op, CreateKnowledgeSource body);
    Result<KnowledgeSource> show(Op& op, KnowledgeSourceId source);
    Result<KnowledgeSource> change(Op& op, KnowledgeSourceId source, ChangeKnowledgeSource body,
                                   http::IfMatch if_match);
    Result<void> remove(Op& op, KnowledgeSourceId source);
    /// Cuts and indexes all of it again; a page is fetched again first.
    Result<http::Accepted<KnowledgeSource>> index(Op& op, KnowledgeSourceId source);

    Result<http::Page<KnowledgeDocument>> list_documents(Op& op, KnowledgeSourceId source, Paging query);
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

    /// What the sources that are used in `places`, and the global ones, have to say to the text; as many as
    /// `tokens_max` lets.
    Result<std::vector<KnowledgePassage>> found(store::Tx& tx, std::string_view text,
                                                const std::vector<KnowledgeBinding>& places, int64_t tokens_max);

private:
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
};

}  // namespace ry::chats
