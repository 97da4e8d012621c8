#include "modules/chats/knowledge_sources.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "kernel/fetch/fetch.h"
#include "kernel/jobs/jobs.h"
#include "kernel/llm/llm.h"
#include "kernel/store/store.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/knowledge/chunks.h"
#include "modules/chats/knowledge_queries.gen.h"
#include "modules/chats/knowledge_vector_queries.gen.h"
#include "modules/chats/knowledge_vectors.h"
#include "modules/chats/paging.h"

namespace ry::chats {

namespace route = http::route;

namespace {

constexpr std::string_view no_such_source =
    "there is no such knowledge source; `ramify knowledge ls` lists those there are";

constexpr std::string_view no_such_document =
    "there is no such document; `ramify knowledge documents` lists those of a source";

Result<KnowledgeSource> found_source(std::optional<KnowledgeSource> source) {
    if (!source) return fail(Code::not_found, std::string(no_such_source));
    return *std::move(source);
}

Result<KnowledgeSource> shown(store::Tx& tx, KnowledgeSourceId id) {
    return found_source(TRY(tx.maybe(sql::knowledge_source, {.id = id})));
}
Result<KnowledgeSource> locked(store::Tx& tx, KnowledgeSourceId id) {
    return found_source(TRY(tx.maybe(sql::lock_knowledge_source, {.id = id})));
}

Result<void> check_binding(const KnowledgeBinding& binding) {
    bool is_global = binding.scope == lore::Scope::global;
    if (is_global && !binding.scope_id.empty())
        return invalid("/scope_id", "must be left out when the scope is global");
    if (!is_global && binding.scope_id.empty())
        return invalid("/scope_id", "must name what the source is used for: a chat, a profile or a persona");
    if (binding.scope == lore::Scope::chat && !ChatId::parse(binding.scope_id))
        return invalid("/scope_id", "must be the id of a chat");
    return {};
}

Result<void> check_text(std::string_view text) {
    if (text.contains('\0')) return invalid("/text", "has the character U+0000, which cannot be kept; remove it");
    return {};
}

/// Where a document of that kind of source may stand.
Result<void> check_path(const KnowledgeSource& source, std::string_view path) {
    if (source.kind == KnowledgeKind::note || source.kind == KnowledgeKind::url)
        return fail(Code::unsupported,
                    "the documents of a note and of a url are not files; change the note, or begin a source of the "
                    "kind folder");
    if (path.empty() || path.size() > document_path_bytes_max || !is_utf8(path) || path.contains('\0'))
        return fail(Code::invalid,
                    "a document's path is a text of 1 to " + std::to_string(document_path_bytes_max) + " bytes");
    if (source.kind == KnowledgeKind::file && source.documents_count > 0)
        return fail(
            Code::conflict,
            "the source is one file, and has it; delete that document first, or begin a source of the kind folder");
    return {};
}

Result<void> check_room(store::Tx& tx, const KnowledgeSource& source) {
    auto bytes = tx.ask(sql::knowledge_bytes, {});
    if (source.documents_count > documents_max)
        return fail(Code::over_quota,
                    "a source may have " + std::to_string(documents_max) + " documents; begin another one");
    if (source.text_bytes > source_bytes_max)
        return fail(Code::over_quota, "the texts of a source may have " + std::to_string(source_bytes_max >> 20) +
                                          " MiB together; begin another one");
    if (TRY(bytes.get()) > knowledge_bytes_max)
        return fail(Code::over_quota, "the texts of all sources may have " + std::to_string(knowledge_bytes_max >> 20) +
                                          " MiB together; delete some");
    return {};
}

/// The chunks of a text as rows in JSON.
std::string chunk_rows(std::string_view text, int64_t& count) {
    std::vector<KnowledgeChunk> rows;
    for (knowledge::Chunk& chunk : knowledge::chunks_of(text))
        rows.push_back({.position = int64_t(rows.size()),
                        .from_byte = int64_t(chunk.from),
                        .to_byte = int64_t(chunk.to),
                        .heading = std::move(chunk.heading),
                        .text = std::string(text.substr(chunk.from, chunk.to - chunk.from))});
    count = int64_t(rows.size());
    std::string json;
    encode(json, rows);
    return json;
}

KnowledgeFound with_tokens(std::vector<KnowledgePassage> passages) {
    KnowledgeFound found;
    for (const KnowledgePassage& passage : passages) found.tokens += passage.tokens;
    found.passages = std::move(passages);
    return found;
}

/// By words, and by meaning where the question has a vector; as many as the lookup has room for.
Result<std::vector<KnowledgePassage>> found_by(store::Tx& tx, const KnowledgeLookup& lookup,
                                               const QuestionVector& question) {
    auto passages = TRY(tx.many(sql::knowledge_found, {.query = lookup.text,
                                                       .vector = question.vector,
                                                       .embedder = question.embedder,
                                                       .source_ids = lookup.source_ids,
                                                       .candidates = candidates_max,
                                                       .limit = lookup.limit}));
    for (KnowledgePassage& passage : passages) passage.tokens = llm::estimate_tokens(passage.text);
    int64_t room = lookup.tokens_max;
    std::erase_if(passages, [&](const KnowledgePassage& passage) {
        bool is_beyond = passage.tokens > room;
        if (!is_beyond) room -= passage.tokens;
        return is_beyond;
    });
    return passages;
}

Result<std::vector<KnowledgeSourceId>> all_sources(store::Tx& tx) {
    std::vector<KnowledgeSourceId> ids;
    for (const KnowledgeSource& source :
         TRY(tx.many(sql::knowledge_sources, {.after = {}, .limit = knowledge_sources_max})))
        ids.push_back(source.id);
    return ids;
}

/// The sources that are used in the places, and everywhere.
Result<std::vector<KnowledgeSourceId>> sources_in(store::Tx& tx, const std::vector<KnowledgeBinding>& places) {
    std::vector<store::Later<std::vector<KnowledgeSourceId>>> asked;
    asked.push_back(tx.ask(sql::knowledge_in_use, {.scope = lore::Scope::global, .scope_id = ""}));
    for (const KnowledgeBinding& place : places)
        asked.push_back(tx.ask(sql::knowledge_in_use, {.scope = place.scope, .scope_id = place.scope_id}));
    std::set<KnowledgeSourceId> sources;
    for (auto& later : asked)
        for (KnowledgeSourceId id : TRY(later.get())) sources.insert(id);
    return std::vector<KnowledgeSourceId>(sources.begin(), sources.end());
}

}  // namespace

KnowledgeSources::KnowledgeSources(store::Store& store, jobs::Jobs& jobs, fetch::Fetch& fetch,
                                   KnowledgeVectors& vectors)
    : store_(store), jobs_(jobs), fetch_(fetch), vectors_(vectors) {
    jobs_.add<IndexKnowledge>(
        {.attempts_max = 3,
         .on_given_up = [](Op&, store::Tx& tx, const jobs::Job& job, const Json& argument) -> Result<void> {
             KnowledgeSourceId id = TRY(from_json<IndexKnowledge>(argument.text)).source_id;
             tx.queue(sql::set_knowledge_status,
                      {.id = id,
                       .status = KnowledgeStatus::failed,
                       .error = job.error.value_or("indexing it was cancelled") + "; index it again to try once more"});
             return {};
         }},
        [this](Op& op, const IndexKnowledge& argument, jobs::Context& job) {
            return run(op, job, argument.source_id);
        });
}

// ---- sources

Result<http::Page<KnowledgeSource>> KnowledgeSources::list(Op& op, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<KnowledgeSourceId> after;
    if (query.cursor && !(after = KnowledgeSourceId::parse(*query.cursor))) return not_a_cursor();
    http::Page<KnowledgeSource> page{
        TRY(store_.read(
            op, "knowledge.list",
            [&](store::Tx& tx) { return tx.many(sql::knowledge_sources, {.after = after, .limit = limit + 1}); })),
        {}};
    if (int(page.items.size()) > limit) {
        page.items.pop_back();
        page.next_cursor = page.items.back().id.text();
    }
    return page;
}

Result<http::Created<KnowledgeSource>> KnowledgeSources::create(Op& op, CreateKnowledgeSource body) {
    if ((body.kind == KnowledgeKind::note) != body.text.has_value())
        return invalid("/text", body.text ? "is for notes alone; PUT …/documents/{path} adds files"
                                          : "is missing; say what the note says");
    if ((body.kind == KnowledgeKind::url) != body.url.has_value())
        return invalid("/url", body.url ? "is for sources of the kind url" : "is missing; say which page it is");
    if (body.url && !body.url->starts_with("https://") && !body.url->starts_with("http://"))
        return invalid("/url", "must begin with https:// or http://");
    if (body.text) TRY(check_text(*body.text));
    KnowledgeSourceId id = KnowledgeSourceId::fresh();
    auto made = TRY(store_.write(op, "knowledge.create", [&](store::Tx& tx) -> Result<KnowledgeSource> {
        if (TRY(tx.one(sql::count_knowledge_sources, {})) >= knowledge_sources_max)
            return fail(Code::over_quota, "there are " + std::to_string(knowledge_sources_max) +
                                              " knowledge sources already; delete one first");
        tx.queue(sql::add_knowledge_source, {.id = id, .kind = body.kind, .name = body.name, .url = body.url});
        if (body.text) TRY(put_text(tx, id, body.name, body.name, *body.text));
        if (body.url) TRY(enqueue(tx, id));
        return shown(tx, id);
    }));
    return http::Created<KnowledgeSource>{std::move(made), "/api/v1/knowledge_sources/" + id.text()};
}

Result<KnowledgeSource> KnowledgeSources::show(Op& op, KnowledgeSourceId id) {
    return store_.read(op, "knowledge.show", [&](store::Tx& tx) { return shown(tx, id); });
}

Result<KnowledgeSource> KnowledgeSources::change(Op& op, KnowledgeSourceId id, ChangeKnowledgeSource body,
                                                 http::IfMatch if_match) {
    if (body.text) TRY(check_text(*body.text));
    return store_.write(op, "knowledge.change", [&](store::Tx& tx) -> Result<KnowledgeSource> {
        KnowledgeSource source = TRY(locked(tx, id));
        TRY(if_match.check(source.version));
        if (body.name) tx.queue(sql::rename_knowledge_source, {.id = id, .name = *body.name});
        if (body.text) {
            if (source.kind != KnowledgeKind::note)
                return invalid("/text", "is for notes alone; PUT …/documents/{path} changes files");
            auto note = TRY(tx.many(sql::knowledge_documents, {.source_id = id, .after = {}, .limit = 1}));
            TRY(put_text(tx, id, note.empty() ? source.name : note.front().path, body.name.value_or(source.name),
                         *body.text));
        }
        return shown(tx, id);
    });
}

Result<void> KnowledgeSources::remove(Op& op, KnowledgeSourceId id) {
    return store_.write(op, "knowledge.delete", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::delete_knowledge_source, {.id = id})) == 0)
            return fail(Code::not_found, std::string(no_such_source));
        return {};
    });
}

Result<http::Accepted<KnowledgeSource>> KnowledgeSources::index(Op& op, KnowledgeSourceId id) {
    auto source = TRY(store_.write(op, "knowledge.index", [&](store::Tx& tx) -> Result<KnowledgeSource> {
        TRY(locked(tx, id));
        tx.queue(sql::unindex_knowledge, {.source_id = id});
        TRY(enqueue(tx, id));
        return shown(tx, id);
    }));
    return http::Accepted<KnowledgeSource>{std::move(source)};
}

// ---- documents

Result<http::Page<KnowledgeDocument>> KnowledgeSources::list_documents(Op& op, KnowledgeSourceId id, Paging query) {
    int limit = query.limit.value_or(page_default);
    return store_.read(op, "knowledge.list_documents", [&](store::Tx& tx) -> Result<http::Page<KnowledgeDocument>> {
        TRY(shown(tx, id));
        http::Page<KnowledgeDocument> page{
            TRY(tx.many(sql::knowledge_documents, {.source_id = id, .after = query.cursor, .limit = limit + 1})), {}};
        if (int(page.items.size()) > limit) {
            page.items.pop_back();
            page.next_cursor = page.items.back().path;
        }
        return page;
    });
}

Result<KnowledgeDocument> KnowledgeSources::show_document(Op& op, KnowledgeDocumentId id) {
    auto found = TRY(store_.read(op, "knowledge.show_document",
                                 [&](store::Tx& tx) { return tx.maybe(sql::knowledge_document, {.id = id}); }));
    if (!found) return fail(Code::not_found, std::string(no_such_document));
    return *std::move(found);
}

Result<http::Page<KnowledgeChunk>> KnowledgeSources::list_chunks(Op& op, KnowledgeDocumentId id, Paging query) {
    int limit = query.limit.value_or(page_default);
    int64_t after = -1;
    if (query.cursor) {
        auto position = parse_int(*query.cursor);
        if (!position) return not_a_cursor();
        after = *position;
    }
    return store_.read(op, "knowledge.list_chunks", [&](store::Tx& tx) -> Result<http::Page<KnowledgeChunk>> {
        http::Page<KnowledgeChunk> page{
            TRY(tx.many(sql::knowledge_chunks, {.document_id = id, .after = after, .limit = limit + 1})), {}};
        if (page.items.empty() && !TRY(tx.maybe(sql::knowledge_document, {.id = id})))
            return fail(Code::not_found, std::string(no_such_document));
        if (int(page.items.size()) > limit) {
            page.items.pop_back();
            page.next_cursor = std::to_string(page.items.back().position);
        }
        return page;
    });
}

Result<void> KnowledgeSources::put_text(store::Tx& tx, KnowledgeSourceId id, std::string_view path,
                                        std::string_view title, std::string_view text) {
    tx.queue(sql::put_knowledge_document,
             {.id = KnowledgeDocumentId::fresh(),
              .source_id = id,
              .path = std::string(path),
              .title = std::string(title.empty() ? path : utf8_prefix(title, document_path_bytes_max)),
              .text = std::string(text)});
    tx.queue(sql::count_knowledge, {.id = id});
    KnowledgeSource source = TRY(shown(tx, id));
    TRY(check_room(tx, source));
    return enqueue(tx, id);
}

/// What a file says; PDFs are read by whoever reads them here.
Result<knowledge::DocumentText> KnowledgeSources::text_of(const Op& op, std::string_view bytes, std::string_view name,
                                                          std::string_view content_type) {
    if (!read_pdf_ || !bytes.starts_with("%PDF-")) return knowledge::document_text(bytes, name, content_type);
    return knowledge::document_text(TRY(read_pdf_(op, bytes)), "", "text/plain");
}

Result<http::Accepted<KnowledgeSource>> KnowledgeSources::put_document(Op& op, KnowledgeSourceId id, std::string path,
                                                                       const http::RequestInfo& info) {
    auto read = TRY(text_of(op, info.request.body, path, info.request.headers.get("Content-Type")));
    if (trim(read.text).empty()) return fail(Code::invalid, "the document has no text; of a scan, recognise it first");
    auto source = TRY(store_.write(op, "knowledge.put_document", [&](store::Tx& tx) -> Result<KnowledgeSource> {
        KnowledgeSource source = TRY(locked(tx, id));
        auto same = TRY(tx.many(sql::knowledge_documents, {.source_id = id, .after = {}, .limit = 1}));
        bool is_the_file = !same.empty() && same.front().path == path;
        if (source.kind != KnowledgeKind::file || !is_the_file) TRY(check_path(source, path));
        TRY(put_text(tx, id, path, read.title, read.text));
        return shown(tx, id);
    }));
    return http::Accepted<KnowledgeSource>{std::move(source)};
}

Result<KnowledgeSource> KnowledgeSources::remove_document(Op& op, KnowledgeSourceId id, std::string path) {
    return store_.write(op, "knowledge.delete_document", [&](store::Tx& tx) -> Result<KnowledgeSource> {
        TRY(locked(tx, id));
        if (TRY(tx.run(sql::delete_knowledge_document, {.source_id = id, .path = path})) == 0)
            return fail(Code::not_found,
                        "the source has no such document; `ramify knowledge documents` lists those it has");
        tx.queue(sql::count_knowledge, {.id = id});
        tx.queue(sql::end_indexing, {.id = id});
        return shown(tx, id);
    });
}

// ---- indexing

Result<void> KnowledgeSources::enqueue(store::Tx& tx, KnowledgeSourceId id) {
    tx.queue(sql::set_knowledge_status, {.id = id, .status = KnowledgeStatus::indexing, .error = {}});
    TRY(jobs_.enqueue(tx, IndexKnowledge{id},
                      {.subject = "source:" + id.text(), .concurrency_group = "knowledge:" + id.text()}));
    return {};
}

Result<void> KnowledgeSources::run(Op& op, jobs::Context& job, KnowledgeSourceId id) {
    auto source = TRY(
        store_.read(op, "knowledge.read", [&](store::Tx& tx) { return tx.maybe(sql::knowledge_source, {.id = id}); }));
    if (!source) return {};  // it was deleted meanwhile
    if (source->kind == KnowledgeKind::url) TRY(fetch_page(op, job, *source));
    int64_t count = 0;
    while (TRY(index_next(job, id))) {
        ++count;
        job.progress(double(count) / double(std::max(count, source->documents_count)),
                     std::to_string(count) + " documents are indexed");
    }
    return {};
}

Result<void> KnowledgeSources::fetch_page(Op& op, jobs::Context& job, const KnowledgeSource& source) {
    job.progress(0, "the page is fetched");
    auto response = TRY(fetch_.send(
        op, {.url = *source.url, .total_timeout_ms = 60'000, .body_bytes_max = knowledge::document_bytes_max}));
    if (!response.ok())
        return fail(
            response.status >= 500 ? Code::unavailable : Code::invalid,
            "the address answers with status " + std::to_string(response.status) +
                (response.status / 100 == 3 ? "; use the address that it leads to" : "; look whether it is right"));
    std::string path = source.url->substr(0, source.url->find_first_of("?#"));
    auto read = TRY(text_of(op, response.body, path, response.find_header("content-type").value_or("")));
    if (trim(read.text).empty())
        return fail(Code::invalid, "the page has no text without running its scripts; add what it shows as a note");
    return job.write("knowledge.keep_page", [&](store::Tx& tx) -> Result<void> {
        tx.queue(
            sql::put_knowledge_document,
            {.id = KnowledgeDocumentId::fresh(),
             .source_id = source.id,
             .path = std::string(utf8_prefix(*source.url, document_path_bytes_max)),
             .title = std::string(utf8_prefix(read.title.empty() ? *source.url : read.title, document_path_bytes_max)),
             .text = read.text});
        tx.queue(sql::count_knowledge, {.id = source.id});
        return check_room(tx, TRY(shown(tx, source.id)));
    });
}

Result<bool> KnowledgeSources::index_next(jobs::Context& job, KnowledgeSourceId id) {
    return job.write("knowledge.index_document", [&](store::Tx& tx) -> Result<bool> {
        if (!TRY(tx.maybe(sql::lock_knowledge_source, {.id = id}))) return false;
        auto document = TRY(tx.maybe(sql::unindexed_document, {.source_id = id}));
        if (!document) {
            tx.queue(sql::end_indexing, {.id = id});
            TRY(vectors_.enqueue(tx));
            return false;
        }
        int64_t count = 0;
        std::string rows = chunk_rows(document->text, count);
        tx.queue(sql::delete_chunks, {.document_id = document->id});
        tx.queue(sql::add_chunks, {.source_id = id, .document_id = document->id, .chunks = Json{std::move(rows)}});
        tx.queue(sql::document_indexed, {.id = document->id, .revision = document->revision, .chunks_count = count});
        tx.queue(sql::count_knowledge, {.id = id});
        return true;
    });
}

// ---- where sources are used

Result<http::Page<KnowledgeBinding>> KnowledgeSources::list_bindings(Op& op, KnowledgeSourceId id) {
    return store_.read(op, "knowledge.list_bindings", [&](store::Tx& tx) -> Result<http::Page<KnowledgeBinding>> {
        TRY(shown(tx, id));
        return http::Page<KnowledgeBinding>{TRY(tx.many(sql::knowledge_bindings, {.source_id = id})), {}};
    });
}

Result<KnowledgeBinding> KnowledgeSources::bind(Op& op, KnowledgeSourceId id, KnowledgeBinding body) {
    TRY(check_binding(body));
    return store_.write(op, "knowledge.bind", [&](store::Tx& tx) -> Result<KnowledgeBinding> {
        TRY(locked(tx, id));
        if (body.scope == lore::Scope::chat && !TRY(tx.maybe(sql::chat, {.id = *ChatId::parse(body.scope_id)})))
            return invalid("/scope_id", "names no chat; `ramify chats ls` lists those there are");
        if (int64_t(TRY(tx.many(sql::knowledge_bindings, {.source_id = id})).size()) >= knowledge_bindings_max)
            return fail(Code::over_quota, "the source is used in " + std::to_string(knowledge_bindings_max) +
                                              " places already; bind it globally instead");
        auto used = TRY(tx.many(sql::knowledge_in_use, {.scope = body.scope, .scope_id = body.scope_id}));
        if (int64_t(used.size()) >= sources_in_use_max && std::ranges::find(used, id) == used.end())
            return fail(Code::over_quota, std::to_string(sources_in_use_max) +
                                              " knowledge sources are used there already; unbind one first");
        tx.queue(sql::bind_knowledge, {.source_id = id, .scope = body.scope, .scope_id = body.scope_id});
        return body;
    });
}

Result<void> KnowledgeSources::unbind(Op& op, KnowledgeSourceId id, KnowledgeBinding query) {
    return store_.write(op, "knowledge.unbind", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::unbind_knowledge, {.source_id = id, .scope = query.scope, .scope_id = query.scope_id})) ==
            0)
            return fail(Code::not_found, "the source is not used there; `ramify knowledge bindings` lists where it is");
        return {};
    });
}

// ---- what is found

Result<KnowledgeFound> KnowledgeSources::search(Op& op, SearchKnowledge body) {
    TRY(check_text(body.query));
    auto lookup = TRY(store_.read(op, "knowledge.search", [&](store::Tx& tx) -> Result<KnowledgeLookup> {
        if (body.source_ids.empty()) body.source_ids = TRY(all_sources(tx));
        return by_words(
            tx, {.text = body.query, .source_ids = body.source_ids, .limit = body.limit.value_or(passages_max)}, {});
    }));
    return found(op, std::move(lookup));
}

Result<KnowledgeLookup> KnowledgeSources::look_up(store::Tx& tx, std::string_view text,
                                                  const std::vector<KnowledgeBinding>& places, ChatId chat,
                                                  int64_t tokens_max) {
    return by_words(
        tx, {.text = std::string(text), .source_ids = TRY(sources_in(tx, places)), .tokens_max = tokens_max}, chat);
}

/// The lookup with what words find of it, and the model that may go on.
Result<KnowledgeLookup> KnowledgeSources::by_words(store::Tx& tx, KnowledgeLookup lookup, std::optional<ChatId> chat) {
    lookup.text = std::string(utf8_prefix(lookup.text, knowledge_query_bytes_max));
    if (lookup.source_ids.empty() || trim(lookup.text).empty()) return lookup;
    lookup.embedding_model = TRY(vectors_.model_for(tx, chat));
    lookup.passages = TRY(found_by(tx, lookup, {}));
    return lookup;
}

/// Where the question lies; without a vector when there is no model, when it is away, or when there is too much to be
/// compared.
Result<QuestionVector> KnowledgeSources::question_vector(const Op& op, const KnowledgeLookup& lookup) {
    auto compared = TRY(store_.read(op, "knowledge.compared", [&](store::Tx& tx) {
        return tx.one(sql::compared_chunks, {.source_ids = lookup.source_ids});
    }));
    int64_t chunks_max = compared.has_pgvector ? compared_with_pgvector_max : compared_plainly_max;
    if (compared.chunks_count <= chunks_max) return vectors_.vector_of(op, *lookup.embedding_model, lookup.text);
    return QuestionVector{
        .error = "the sources have " + std::to_string(compared.chunks_count) +
                 " pieces, and a question is compared with " + std::to_string(chunks_max) + " at most" +
                 (compared.has_pgvector ? "; look in fewer sources"
                                        : " without pgvector; install it for the database, or look in fewer sources")};
}

Result<KnowledgeFound> KnowledgeSources::found(const Op& op, KnowledgeLookup lookup) {
    if (!lookup.embedding_model) return with_tokens(std::move(lookup.passages));
    QuestionVector question = TRY(question_vector(op, lookup));
    KnowledgeFound found = with_tokens(
        TRY(store_.read(op, "knowledge.found", [&](store::Tx& tx) { return found_by(tx, lookup, question); })));
    found.vector_error = std::move(question.error);
    return found;
}

Result<std::vector<KnowledgeSourceId>> KnowledgeSources::sources_of(store::Tx& tx, std::optional<ChatId> id) {
    if (!id) return sources_in(tx, {});
    auto chat = TRY(tx.maybe(sql::chat, {.id = *id}));
    if (!chat) return fail(Code::not_found, "there is no such chat; `ramify chats ls` lists those there are");
    std::vector<KnowledgeBinding> places{{lore::Scope::chat, id->text()}};
    if (chat->entity_profile_id) places.push_back({lore::Scope::entity_profile, chat->entity_profile_id->text()});
    if (chat->persona_id) places.push_back({lore::Scope::persona, chat->persona_id->text()});
    return sources_in(tx, places);
}

Result<KnowledgeFound> KnowledgeSources::test_chat(Op& op, ChatId id, TestChatKnowledge body) {
    TRY(check_text(body.text));
    auto lookup = TRY(store_.read(op, "knowledge.test_chat", [&](store::Tx& tx) -> Result<KnowledgeLookup> {
        return by_words(tx, {.text = body.text, .source_ids = TRY(sources_of(tx, id))}, id);
    }));
    return found(op, std::move(lookup));
}

std::vector<http::Route> KnowledgeSources::routes() {
    http::RouteLimits file{.body_bytes_max = knowledge::document_bytes_max};
    return {
        route::get("/api/v1/knowledge_sources", "chats.read", "knowledge ls",
                   "The knowledge sources of the organization.", &KnowledgeSources::list, *this),
        route::post("/api/v1/knowledge_sources", "chats.write", "knowledge create",
                    "Begin a knowledge source: a note, a page, a file or a folder.", &KnowledgeSources::create, *this),
        route::post("/api/v1/knowledge_sources/search", "chats.read", "knowledge search",
                    "What would be found, and why.", &KnowledgeSources::search, *this),
        route::get("/api/v1/knowledge_sources/{source_id}", "chats.read", "knowledge show", "A knowledge source.",
                   &KnowledgeSources::show, *this),
        route::patch("/api/v1/knowledge_sources/{source_id}", "chats.write", "knowledge change",
                     "Rename a source, or change what a note says.", &KnowledgeSources::change, *this),
        route::del("/api/v1/knowledge_sources/{source_id}", "chats.write", "knowledge rm",
                   "Delete a source with its documents.", &KnowledgeSources::remove, *this),
        route::post("/api/v1/knowledge_sources/{source_id}/index", "chats.write", "knowledge index",
                    "Index all of a source again; a page is fetched again.", &KnowledgeSources::index, *this),
        route::get("/api/v1/knowledge_sources/{source_id}/documents", "chats.read", "knowledge documents",
                   "The documents of a source.", &KnowledgeSources::list_documents, *this),
        route::put("/api/v1/knowledge_sources/{source_id}/documents/{path...}", "chats.write", "",
                   "Add a document, or replace the one at its path: the body is the file.",
                   &KnowledgeSources::put_document, *this)
            .with(file),
        route::del("/api/v1/knowledge_sources/{source_id}/documents/{path...}", "chats.write", "knowledge drop",
                   "Delete a document.", &KnowledgeSources::remove_document, *this),
        route::get("/api/v1/knowledge_documents/{document_id}", "chats.read", "knowledge document",
                   "A document of a source.", &KnowledgeSources::show_document, *this),
        route::get("/api/v1/knowledge_documents/{document_id}/chunks", "chats.read", "knowledge chunks",
                   "The pieces of a document, in its order.", &KnowledgeSources::list_chunks, *this),
        route::get("/api/v1/knowledge_sources/{source_id}/bindings", "chats.read", "knowledge bindings",
                   "Where a source is used.", &KnowledgeSources::list_bindings, *this),
        route::post("/api/v1/knowledge_sources/{source_id}/bindings", "chats.write", "knowledge bind",
                    "Use a source in all chats, with a profile, with a persona, or in one chat.",
                    &KnowledgeSources::bind, *this),
        route::del("/api/v1/knowledge_sources/{source_id}/bindings", "chats.write", "knowledge unbind",
                   "Use it there no more.", &KnowledgeSources::unbind, *this),
        route::post("/api/v1/chats/{chat_id}/test_knowledge", "chats.read", "chats knowledge",
                    "What a prompt of a chat would quote of its knowledge, and why.", &KnowledgeSources::test_chat,
                    *this),
    };
}

}  // namespace ry::chats
