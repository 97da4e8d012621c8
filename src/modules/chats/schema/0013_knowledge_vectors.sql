-- Knowledge by meaning: which model says where a piece lies, and where that is. Nothing here needs pgvector; where the
-- database has it, chats.nearest_chunks computes with it.
create table if not exists chats.knowledge_settings (
    organization_id    uuid             not null primary key,
    embedding_model_id uuid,                                        -- null: words alone
    similarity_min     double precision not null default 0.3 check (similarity_min between -1 and 1),
    error              text,                                        -- why pieces have no vectors
    tokens_in          bigint           not null default 0,
    cost_usd           double precision not null default 0,
    updated_at         timestamptz      not null default now(),
    version            bigint           not null default 1,
    foreign key (organization_id, embedding_model_id) references chats.model on delete set null (embedding_model_id)
);

create table if not exists chats.knowledge_vector (
    organization_id uuid   not null,
    document_id     uuid   not null,
    position        bigint not null,
    source_id       uuid   not null,
    embedder        text   not null,                                -- provider/model: only vectors of the same one can be compared
    vector          real[] not null,                                -- of length 1
    primary key (organization_id, document_id, position),
    foreign key (organization_id, document_id, position) references chats.knowledge_chunk on delete cascade
);
create index if not exists knowledge_vector_of on chats.knowledge_vector (organization_id, source_id);
alter table chats.knowledge_vector alter column vector set storage external;  -- numbers do not compress

call store.isolate('chats.knowledge_settings');
call store.isolate('chats.knowledge_vector');

-- The chunks of the sources that lie closest to a vector of length 1. All of them are compared: the caller sees to it that they are not too many.
create or replace function chats.nearest_chunks(of_vector real[], of_embedder text, of_sources uuid[], similarity_min double precision, count_max bigint)
returns table (document_id uuid, "position" bigint, similarity double precision)
language plpgsql stable set plan_cache_mode = force_custom_plan
as $$
declare
    pgvector constant text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector');
    cosine constant text := case when pgvector is null
        then '(select sum(a::double precision * b) from unnest(v.vector, $1) as pair(a, b))'
        else format('-(v.vector::%1$I.vector operator(%1$I.<#>) $1::%1$I.vector)', pgvector) end;
begin
    if cardinality(of_vector) = 0 then return; end if;
    return query execute
        'with compared as materialized (
             select v.document_id, v.position, ' || cosine || ' as similarity
             from chats.knowledge_vector v
             where v.source_id = any ($2) and v.embedder = $3 and cardinality(v.vector) = cardinality($1)
         )
         select c.document_id, c.position, c.similarity from compared c where c.similarity >= $4
         order by c.similarity desc, c.document_id, c.position limit $5'
        using of_vector, of_sources, of_embedder, similarity_min, count_max;
end
$$;
