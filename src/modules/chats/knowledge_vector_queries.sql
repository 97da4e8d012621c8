-- #include "modules/chats/ids.h"
-- #include "modules/chats/knowledge_model.h"
-- #include "modules/chats/knowledge_vector_model.h"
-- #include "modules/chats/model_model.h"

-- knowledge_settings() -> one KnowledgeSettings
select s.embedding_model_id, coalesce(s.similarity_min, 0.3) as similarity_min,
       (select coalesce(sum(k.chunks_count), 0)::bigint from chats.knowledge_source k) as chunks_count,
       (select count(*) from chats.knowledge_vector v where v.embedder = m.provider || '/' || m.model) as vectors_count,
       exists (select from pg_extension where extname = 'vector') as has_pgvector,
       s.error, coalesce(s.tokens_in, 0) as tokens_in, coalesce(s.cost_usd, 0) as cost_usd, coalesce(s.version, 0) as version
from (select) one left join chats.knowledge_settings s on true
left join chats.model m on m.organization_id = s.organization_id and m.id = s.embedding_model_id;

-- set_knowledge_settings(embedding_model_id std::optional<ModelId>, similarity_min double) -> none
insert into chats.knowledge_settings as s (embedding_model_id, similarity_min) values (:embedding_model_id, :similarity_min)
on conflict (organization_id) do update set embedding_model_id = excluded.embedding_model_id, similarity_min = excluded.similarity_min, error = null,
   updated_at = now(), version = s.version + 1;

-- set_knowledge_error(error std::optional<std::string>) -> none
update chats.knowledge_settings set error = :error where error is distinct from :error;

-- count_embedding(tokens_in int64_t, cost_usd double) -> none
update chats.knowledge_settings set tokens_in = tokens_in + :tokens_in, cost_usd = cost_usd + :cost_usd;

-- embedding_model(chat_id std::optional<ChatId>) -> maybe Model
-- When it may be sent what is said in the chat.
select m.id, m.name, m.provider, m.base_url, m.model, m.context_tokens, m.has_api_key, m.is_default, m.connect_timeout_ms, m.first_token_timeout_ms, m.between_tokens_timeout_ms, m.total_timeout_ms,
       m.tokens_in_usd, m.tokens_cached_usd, m.tokens_out_usd, m.takes_images, m.data_class_max, m.created_at, m.updated_at, m.version
from chats.knowledge_settings s join chats.model m on m.organization_id = s.organization_id and m.id = s.embedding_model_id
where :chat_id::uuid is null
   or (select array_position(array['open', 'internal', 'confidential'], c.data_class) from chats.chat c where c.id = :chat_id)
      <= array_position(array['open', 'internal', 'confidential'], m.data_class_max);

-- unembedded_chunks(embedder std::string, after_document_id KnowledgeDocumentId, after_position int64_t, limit int64_t) -> many UnembeddedChunk
select c.document_id, c.position, d.indexed_revision as revision, concat_ws(E'\n', nullif(d.title, ''), nullif(c.heading, ''), c.text) as text
from chats.knowledge_chunk c join chats.knowledge_document d on d.organization_id = c.organization_id and d.id = c.document_id
where (c.document_id, c.position) > (:after_document_id, :after_position)
  and not exists (select from chats.knowledge_vector v
                  where v.organization_id = c.organization_id and v.document_id = c.document_id and v.position = c.position and v.embedder = :embedder)
order by c.document_id, c.position limit :limit;

-- add_vectors(embedder std::string, document_ids std::vector<KnowledgeDocumentId>, positions std::vector<int64_t>, revisions std::vector<int64_t>, numbers std::vector<double>, dimensions int64_t) -> none
-- Of pieces that are still there as they were. `numbers`: all vectors, one behind the other.
insert into chats.knowledge_vector (document_id, position, source_id, embedder, vector)
select c.document_id, c.position, d.source_id, :embedder,
       (:numbers::real[])[((a.number - 1) * :dimensions + 1)::int : (a.number * :dimensions)::int]
from unnest(:document_ids::uuid[], :positions::bigint[], :revisions::bigint[]) with ordinality as a (document_id, position, revision, number)
join chats.knowledge_document d on d.id = a.document_id and d.indexed_revision = a.revision
join chats.knowledge_chunk c on c.organization_id = d.organization_id and c.document_id = d.id and c.position = a.position
on conflict (organization_id, document_id, position) do update set embedder = excluded.embedder, vector = excluded.vector;

-- drop_vectors(embedder std::string, limit int64_t) -> none
-- Of other models.
delete from chats.knowledge_vector where (document_id, position) in (select document_id, position from chats.knowledge_vector where embedder <> :embedder limit :limit);

-- compared_chunks(source_ids std::vector<KnowledgeSourceId>) -> one ComparedChunks
select coalesce(sum(chunks_count), 0)::bigint as chunks_count, exists (select from pg_extension where extname = 'vector') as has_pgvector
from chats.knowledge_source where id = any(:source_ids);
