-- #include "modules/chats/knowledge_model.h"
-- #include "modules/chats/lore/lore.h"

-- add_knowledge_source(id KnowledgeSourceId, kind KnowledgeKind, name std::string, url std::optional<std::string>) -> none
insert into chats.knowledge_source (id, kind, name, url) values (:id, :kind, :name, :url);

-- knowledge_source(id KnowledgeSourceId) -> maybe KnowledgeSource
select id, kind, name, url, status, error, documents_count, chunks_count, text_bytes, indexed_at, created_at, updated_at, version
from chats.knowledge_source where id = :id;

-- lock_knowledge_source(id KnowledgeSourceId) -> maybe KnowledgeSource
select id, kind, name, url, status, error, documents_count, chunks_count, text_bytes, indexed_at, created_at, updated_at, version
from chats.knowledge_source where id = :id for update;

-- knowledge_sources(after std::optional<KnowledgeSourceId>, limit int64_t) -> many KnowledgeSource
select id, kind, name, url, status, error, documents_count, chunks_count, text_bytes, indexed_at, created_at, updated_at, version
from chats.knowledge_source where :after::uuid is null or id > :after order by id limit :limit;

-- count_knowledge_sources() -> one int64_t
select count(*) from chats.knowledge_source;

-- knowledge_bytes() -> one int64_t
select coalesce(sum(text_bytes), 0)::bigint from chats.knowledge_source;

-- rename_knowledge_source(id KnowledgeSourceId, name std::string) -> none
update chats.knowledge_source set name = :name, updated_at = now(), version = version + 1 where id = :id;

-- count_knowledge(id KnowledgeSourceId) -> none
-- After its documents changed.
update chats.knowledge_source s set documents_count = d.documents, chunks_count = d.chunks, text_bytes = d.bytes, updated_at = now(), version = version + 1
from (select count(*) as documents, coalesce(sum(chunks_count), 0) as chunks, coalesce(sum(octet_length(text)), 0) as bytes
      from chats.knowledge_document where source_id = :id) d
where s.id = :id;

-- set_knowledge_status(id KnowledgeSourceId, status KnowledgeStatus, error std::optional<std::string>) -> none
update chats.knowledge_source set status = :status, error = :error, updated_at = now(), version = version + 1 where id = :id;

-- end_indexing(id KnowledgeSourceId) -> none
-- Not while a document waits.
update chats.knowledge_source set status = case when documents_count = 0 then 'empty' else 'ready' end, error = null, indexed_at = now(),
       updated_at = now(), version = version + 1
where id = :id and not exists (select from chats.knowledge_document d where d.source_id = :id and d.revision <> d.indexed_revision);

-- delete_knowledge_source(id KnowledgeSourceId) -> none
delete from chats.knowledge_source where id = :id;

-- put_knowledge_document(id KnowledgeDocumentId, source_id KnowledgeSourceId, path std::string, title std::string, text std::string) -> none
insert into chats.knowledge_document as d (id, source_id, path, title, text) values (:id, :source_id, :path, :title, :text)
on conflict (organization_id, source_id, path) do update
   set title = excluded.title, text = excluded.text, revision = d.revision + 1, updated_at = now()
   where (d.title, d.text) <> (excluded.title, excluded.text);

-- knowledge_documents(source_id KnowledgeSourceId, after std::optional<std::string>, limit int64_t) -> many KnowledgeDocument
select id, source_id, path, title, octet_length(text)::bigint as text_bytes, chunks_count, revision = indexed_revision as is_indexed, updated_at
from chats.knowledge_document where source_id = :source_id and (:after::text is null or path > :after) order by path limit :limit;

-- knowledge_document(id KnowledgeDocumentId) -> maybe KnowledgeDocument
select id, source_id, path, title, octet_length(text)::bigint as text_bytes, chunks_count, revision = indexed_revision as is_indexed, updated_at
from chats.knowledge_document where id = :id;

-- knowledge_chunks(document_id KnowledgeDocumentId, after int64_t, limit int64_t) -> many KnowledgeChunk
select position, from_byte, to_byte, heading, text from chats.knowledge_chunk
where document_id = :document_id and position > :after order by position limit :limit;

-- delete_knowledge_document(source_id KnowledgeSourceId, path std::string) -> none
delete from chats.knowledge_document where source_id = :source_id and path = :path;

-- unindex_knowledge(source_id KnowledgeSourceId) -> none
update chats.knowledge_document set revision = revision + 1 where source_id = :source_id;

-- unindexed_document(source_id KnowledgeSourceId) -> maybe UnindexedDocument
select id, text, revision from chats.knowledge_document where source_id = :source_id and revision <> indexed_revision order by id limit 1;

-- delete_chunks(document_id KnowledgeDocumentId) -> none
delete from chats.knowledge_chunk where document_id = :document_id;

-- add_chunks(source_id KnowledgeSourceId, document_id KnowledgeDocumentId, chunks Json) -> none
insert into chats.knowledge_chunk (document_id, position, from_byte, to_byte, heading, text, words)
select :document_id, c.position, c.from_byte, c.to_byte, c.heading, c.text,
       chats.words_of_chunk(store.organization_id(), :source_id, d.title || ' ' || c.heading || ' ' || c.text)
from chats.knowledge_document d
cross join jsonb_to_recordset(:chunks) as c(position bigint, from_byte bigint, to_byte bigint, heading text, text text)
where d.id = :document_id;

-- document_indexed(id KnowledgeDocumentId, revision int64_t, chunks_count int64_t) -> none
update chats.knowledge_document set indexed_revision = :revision, chunks_count = :chunks_count where id = :id;

-- knowledge_found(query std::string, vector std::vector<double>, embedder std::string, source_ids std::vector<KnowledgeSourceId>, candidates int64_t, limit int64_t) -> many KnowledgePassage
-- By words and by meaning, joined by reciprocal rank fusion: a piece weighs the sum of 1 / (60 + its rank) in each list. Without a vector by words alone.
with words as (
    select f.document_id, f.position, f.score as weight, f.matched_words, row_number() over (order by f.score desc, f.document_id, f.position) as rank
    from chats.find_chunks(:query, :source_ids, :candidates) f
), meaning as (
    select n.document_id, n.position, n.similarity, row_number() over (order by n.similarity desc, n.document_id, n.position) as rank
    from chats.nearest_chunks(:vector::real[], :embedder, :source_ids, coalesce((select similarity_min from chats.knowledge_settings), 0), :candidates) n
), joined as (
    select document_id, position, w.rank as words_rank, w.weight as words_weight, w.matched_words, m.rank as vector_rank, m.similarity,
           coalesce(1 / (60 + w.rank)::double precision, 0) + coalesce(1 / (60 + m.rank)::double precision, 0) as score
    from words w full join meaning m using (document_id, position)
    order by score desc, document_id, position limit :limit
)
select d.source_id, s.name as source_name, d.id as document_id, d.path as document_path, d.title as document_title, c.position,
       c.from_byte, c.to_byte, c.heading, c.text, 0::bigint as tokens, f.score, f.words_rank, f.words_weight,
       to_jsonb(coalesce(f.matched_words, '{}')) as matched_words, f.vector_rank, f.similarity
from joined f
join chats.knowledge_chunk c on c.document_id = f.document_id and c.position = f.position
join chats.knowledge_document d on d.organization_id = c.organization_id and d.id = c.document_id
join chats.knowledge_source s on s.organization_id = d.organization_id and s.id = d.source_id
order by f.score desc, f.document_id, f.position;

-- bind_knowledge(source_id KnowledgeSourceId, scope lore::Scope, scope_id std::string) -> none
insert into chats.knowledge_binding (source_id, scope, scope_id) values (:source_id, :scope, :scope_id) on conflict do nothing;

-- unbind_knowledge(source_id KnowledgeSourceId, scope lore::Scope, scope_id std::string) -> none
delete from chats.knowledge_binding where source_id = :source_id and scope = :scope and scope_id = :scope_id;

-- knowledge_bindings(source_id KnowledgeSourceId) -> many KnowledgeBinding
select scope, scope_id from chats.knowledge_binding where source_id = :source_id order by scope, scope_id;

-- knowledge_in_use(scope lore::Scope, scope_id std::string) -> many KnowledgeSourceId
select source_id from chats.knowledge_binding where scope = :scope and scope_id = :scope_id order by created_at, source_id;
