-- The trash is emptied by itself.
alter table chats.chat add column if not exists deleted_at timestamptz;  -- when it was put into the trash
create index if not exists chat_deleted on chats.chat (deleted_at) where deleted_at is not null;
alter table chats.chat no force row level security;
update chats.chat set deleted_at = updated_at where status = 'deleted' and deleted_at is null;
alter table chats.chat force row level security;

-- The server's housekeeping sees which chats of all organizations are in the trash, and nothing else of them.
grant select (organization_id, id, deleted_at) on chats.chat to ramify_system;
drop policy if exists trash on chats.chat;
create policy trash on chats.chat for select to ramify_system using (deleted_at is not null);

-- Images of messages. The same bytes are once in a chat, and go with it.
create table if not exists chats.image (
    organization_id uuid        not null,
    id              uuid        not null,
    chat_id         uuid        not null,
    sha256          text        not null,
    media_type      text        not null,
    width           bigint      not null,
    height          bigint      not null,
    size_bytes      bigint      not null,
    bytes           bytea       not null,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, chat_id, sha256),
    foreign key (organization_id, chat_id) references chats.chat on delete cascade
);
alter table chats.image alter column bytes set storage external;  -- images are compressed already
call store.isolate('chats.image');

-- What prompts need of a variant's blocks without reading them all: its images.
alter table chats.variant add column if not exists images jsonb
    generated always as (nullif(jsonb_path_query_array(blocks, '$[*].image ? (@.type() == "object")'), '[]'::jsonb)) stored;

do $$
begin
    if not exists (select from pg_attribute where attrelid = 'chats.model'::regclass and attname = 'takes_images') then
        alter table chats.model add column takes_images boolean not null default true;
        alter table chats.model no force row level security;
        update chats.model set takes_images = false where provider = 'demo';
        alter table chats.model force row level security;
    end if;
end
$$;

-- What people and programs keep for the templates of a chat.
alter table chats.chat add column if not exists vars jsonb not null default '{}';

-- A variant as it goes into files: with the attempt of a model that wrote it, when that has ended.
create or replace function chats.variant_json(v chats.variant) returns jsonb
language sql stable
as $$
    select jsonb_build_object('text', v.text, 'kind', v.kind, 'blocks', v.blocks, 'created_at', v.created_at, 'provider', g.provider, 'model', g.model,
                              'generation', case when g.ended_at is not null then jsonb_build_object(
                                  'status', g.status, 'task', g.task, 'tokens_in', g.tokens_in, 'tokens_out', g.tokens_out, 'tokens_cached', g.tokens_cached,
                                  'cost_usd', g.cost_usd, 'error_code', g.error_code, 'error_message', g.error_message,
                                  'queued_at', g.queued_at, 'first_token_at', g.first_token_at, 'ended_at', g.ended_at) end)
    from (select null) one
    left join lateral (select * from chats.generation where organization_id = v.organization_id and variant_id = v.id order by id desc limit 1) g on true
$$;
