-- Knowledge: documents that prompts quote what they need of.
create table if not exists chats.knowledge_source (
    organization_id uuid        not null,
    id              uuid        not null,
    kind            text        not null check (kind in ('note', 'file', 'url', 'folder')),
    name            text        not null,
    url             text,
    status          text        not null default 'empty' check (status in ('empty', 'indexing', 'ready', 'failed')),
    error           text,
    documents_count bigint      not null default 0,
    chunks_count    bigint      not null default 0,
    text_bytes      bigint      not null default 0,
    indexed_at      timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, id),
    check ((kind = 'url') = (url is not null))
);

create table if not exists chats.knowledge_document (
    organization_id  uuid        not null,
    id               uuid        not null,
    source_id        uuid        not null,
    path             text        not null,
    title            text        not null,
    text             text        not null,
    chunks_count     bigint      not null default 0,
    revision         bigint      not null default 1,          -- counts its texts
    indexed_revision bigint      not null default 0,          -- the one that its chunks are of
    updated_at       timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, source_id, path),
    foreign key (organization_id, source_id) references chats.knowledge_source on delete cascade
);

create table if not exists chats.knowledge_chunk (
    organization_id uuid     not null,
    document_id     uuid     not null,
    position        bigint   not null,
    from_byte       bigint   not null,                        -- of the document's text
    to_byte         bigint   not null,
    heading         text     not null,
    text            text     not null,
    words           tsvector not null,                        -- beside words there stand the organization and the source
    primary key (organization_id, document_id, position),
    foreign key (organization_id, document_id) references chats.knowledge_document on delete cascade
);
create index if not exists knowledge_chunk_words on chats.knowledge_chunk using gin (words);

create table if not exists chats.knowledge_binding (
    organization_id uuid        not null,
    source_id       uuid        not null,
    scope           text        not null check (scope in ('global', 'entity_profile', 'persona', 'chat')),
    scope_id        text        not null default '',          -- the id as the API writes it; '' of global
    created_at      timestamptz not null default now(),
    primary key (organization_id, source_id, scope, scope_id),
    foreign key (organization_id, source_id) references chats.knowledge_source on delete cascade,
    check ((scope = 'global') = (scope_id = ''))
);
create index if not exists knowledge_binding_of on chats.knowledge_binding (organization_id, scope, scope_id);

call store.isolate('chats.knowledge_source');
call store.isolate('chats.knowledge_document');
call store.isolate('chats.knowledge_chunk');
call store.isolate('chats.knowledge_binding');

-- Row-level security lets no index of words be used, so chats.find_chunks runs as the owner of the tables and names the organization by itself.
drop policy if exists finding on chats.knowledge_source;
create policy finding on chats.knowledge_source for select to current_user using (true);
drop policy if exists finding on chats.knowledge_chunk;
create policy finding on chats.knowledge_chunk for select to current_user using (true);

-- The configuration `russian` reads Latin words as English ones.
create or replace function chats.words_of_chunk(of_organization uuid, of_source uuid, of_text text) returns tsvector
language sql stable parallel safe
as $$ select array_to_tsvector(array['o/' || of_organization, 's/' || of_source]) || to_tsvector('pg_catalog.russian', of_text) $$;

-- A lexeme as a query for it, whatever characters it has.
create or replace function chats.query_of_lexeme(lexeme text) returns tsquery
language sql immutable parallel safe
as $$ select ('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''')::tsquery $$;

-- The chunks of the sources that have words of the text: of its first 64 different ones. A word weighs the more the fewer chunks have it.
create or replace function chats.find_chunks(of_text text, of_sources uuid[], count_max bigint)
returns table (document_id uuid, "position" bigint, score double precision, matched_words text[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
declare
    organization constant uuid := store.organization_id();
    asked text[];
    places tsquery;
    chunks_count double precision;
begin
    select array_agg(w.lexeme) into asked
    from (select u.lexeme from unnest(to_tsvector('pg_catalog.russian', of_text)) u order by u.positions[1] limit 64) w;
    select sum(s.chunks_count), string_agg(quote_literal('s/' || s.id), ' | ')::tsquery into chunks_count, places
    from chats.knowledge_source s where s.organization_id = organization and s.id = any (of_sources);
    if asked is null or places is null then return; end if;
    places := chats.query_of_lexeme('o/' || organization) && places;
    return query
        with hit as (
            select c.document_id, c.position, w.lexeme
            from unnest(asked) w(lexeme)
            join chats.knowledge_chunk c on c.words @@ (places && chats.query_of_lexeme(w.lexeme))
            where c.organization_id = organization
        ), weight as (
            select h.lexeme, ln(1 + chunks_count / count(*)) as weight from hit h group by h.lexeme
        )
        select h.document_id, h.position, sum(w.weight), array_agg(h.lexeme order by w.weight desc, h.lexeme)
        from hit h join weight w on w.lexeme = h.lexeme
        group by h.document_id, h.position
        order by sum(w.weight) desc, h.document_id, h.position
        limit count_max;
end
$$;
