-- Chats are found again: by words of their titles and messages, by tags, in the trash. Messages may be pinned, and a chat may
-- come from another one, or from a file.
alter table chats.chat drop constraint if exists chat_status_check;
alter table chats.chat add constraint chat_status_check check (status in ('active', 'archived', 'deleted'));
alter table chats.chat add column if not exists tags text[] not null default '{}';
alter table chats.chat add column if not exists origin_chat_id uuid;
alter table chats.chat add column if not exists origin_branch_id uuid;
alter table chats.chat add column if not exists origin_message_id uuid;

-- What a file that they were imported from says of them beside what is known here: the same format gives it out again.
alter table chats.chat add column if not exists imported json;
alter table chats.message add column if not exists imported json;

alter table chats.message add column if not exists pinned_at timestamptz;
create index if not exists message_pinned on chats.message (organization_id, chat_id) where pinned_at is not null;

-- Which branches have a message in their history: those with a stretch of its segment.
create index if not exists lineage_of_segment on chats.lineage (organization_id, segment_id);

-- The words of each title (under its chat's id) and of each message's selected variant. Beside words there stand the organization
-- and the chat, so that the index of all tenants answers for one of them.
create table if not exists chats.search_entry (
    organization_id uuid     not null,
    id              uuid     not null,                        -- of the message, or of the chat for its title
    chat_id         uuid     not null,
    words           tsvector not null,
    primary key (organization_id, id)
);
create index if not exists search_entry_words on chats.search_entry using gin (words);

-- The configuration `russian` reads Latin words as English ones. A vector may have 1 MiB: 200,000 characters never make one.
create or replace function chats.words_of_text(of_organization uuid, of_chat uuid, of_text text) returns tsvector
language sql stable parallel safe
as $$ select array_to_tsvector(array['o/' || of_organization, 'c/' || of_chat]) || to_tsvector('pg_catalog.russian', left(of_text, 200000)) $$;

-- What a person asked for, as web searches are written: "a phrase", or, -without. The last word may be unfinished.
create or replace function chats.words_of_query(query text) returns tsquery
language sql stable parallel safe
as $$
    select case when q::text like '%''' and query ~ '[[:alnum:]]$' then (q::text || ':*')::tsquery else q end
    from websearch_to_tsquery('pg_catalog.russian', query) q
$$;

-- The newest entries that have the words. Row-level security lets no index of words be used, so this runs as the owner of the
-- table and names the organization by itself.
create or replace function chats.find(query text, of_chat uuid, before uuid, count_max bigint) returns table (id uuid, chat_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $$
declare
    organization constant uuid := store.organization_id();
    asked tsquery := chats.words_of_query(query);
begin
    if numnode(asked) = 0 then return; end if;
    asked := quote_literal('o/' || organization)::tsquery && asked;
    if of_chat is not null then asked := quote_literal('c/' || of_chat)::tsquery && asked; end if;
    return query
        select e.id, e.chat_id from chats.search_entry e
        where e.organization_id = organization and e.words @@ asked and (before is null or e.id < before)
        order by e.id desc limit count_max;
end
$$;

create or replace function chats.note_title() returns trigger
language plpgsql
as $$
begin
    insert into chats.search_entry (organization_id, id, chat_id, words)
    values (new.organization_id, new.id, new.id, chats.words_of_text(new.organization_id, new.id, new.title))
    on conflict (organization_id, id) do update set words = excluded.words;
    return null;
end
$$;

-- An answer that is not there yet has no words, and takes away those of the variant before it.
create or replace function chats.note_text() returns trigger
language plpgsql
as $$
begin
    if new.text = '' then
        delete from chats.search_entry where organization_id = new.organization_id and id = new.message_id;
    else
        insert into chats.search_entry (organization_id, id, chat_id, words)
        select new.organization_id, m.id, m.chat_id, chats.words_of_text(new.organization_id, m.chat_id, new.text)
        from chats.message m where m.organization_id = new.organization_id and m.id = new.message_id
        on conflict (organization_id, id) do update set words = excluded.words;
    end if;
    return null;
end
$$;

create or replace trigger note_title after insert on chats.chat
    for each row when (new.title <> '') execute function chats.note_title();
create or replace trigger note_changed_title after update of title on chats.chat
    for each row when (new.title <> old.title) execute function chats.note_title();
create or replace trigger note_text after insert on chats.variant
    for each row when (new.is_selected and (new.text <> '' or new.number > 1)) execute function chats.note_text();
create or replace trigger note_changed_text after update of text, is_selected on chats.variant
    for each row when (new.is_selected and (new.text <> old.text or not old.is_selected)) execute function chats.note_text();

call store.isolate('chats.search_entry');
drop policy if exists finding on chats.search_entry;
create policy finding on chats.search_entry for select to current_user using (true);

-- What was said before: the owner sees its rows while nothing forces row-level security on it.
alter table chats.chat no force row level security;
alter table chats.message no force row level security;
alter table chats.variant no force row level security;
alter table chats.search_entry no force row level security;
insert into chats.search_entry (organization_id, id, chat_id, words)
select c.organization_id, c.id, c.id, chats.words_of_text(c.organization_id, c.id, c.title) from chats.chat c where c.title <> ''
union all
select m.organization_id, m.id, m.chat_id, chats.words_of_text(m.organization_id, m.chat_id, v.text)
from chats.message m join chats.variant v on v.organization_id = m.organization_id and v.message_id = m.id and v.is_selected
where v.text <> ''
on conflict do nothing;
alter table chats.chat force row level security;
alter table chats.message force row level security;
alter table chats.variant force row level security;
alter table chats.search_entry force row level security;

-- A variant as it goes into files.
create or replace function chats.variant_json(v chats.variant) returns jsonb
language sql stable
as $$
    select jsonb_build_object('text', v.text, 'kind', v.kind, 'blocks', v.blocks, 'created_at', v.created_at, 'provider', g.provider, 'model', g.model)
    from (select null) one
    left join lateral (select provider, model from chats.generation where organization_id = v.organization_id and variant_id = v.id order by id desc limit 1) g on true
$$;
