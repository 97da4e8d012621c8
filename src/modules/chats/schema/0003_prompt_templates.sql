-- Prompt templates, and who people are in their chats.
create table if not exists chats.prompt_template (
    organization_id uuid        not null,
    id              uuid        not null,
    name            text        not null,                     -- by which other templates include it
    scope           text        not null check (scope in ('global', 'entity_profile', 'chat')),
    scope_id        text        not null default '',          -- the profile's or the chat's id as the API writes it; '' of global
    engine          text        not null default 'liquid' check (engine in ('liquid')),
    text            text        not null,
    is_enabled      boolean     not null default true,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, id),
    constraint prompt_template_name unique (organization_id, name),
    check ((scope = 'global') = (scope_id = ''))
);
-- Which one a chat gets is never a question.
create unique index if not exists prompt_template_enabled on chats.prompt_template (organization_id, scope, scope_id) where is_enabled;

create table if not exists chats.persona (
    organization_id uuid        not null,
    id              uuid        not null,
    name            text        not null,
    description     text        not null default '',
    is_default      boolean     not null default false,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, id)
);
create unique index if not exists persona_default on chats.persona (organization_id) where is_default;

alter table chats.chat add column if not exists persona_id uuid;
create index if not exists chat_of_persona on chats.chat (organization_id, persona_id) where persona_id is not null;

call store.isolate('chats.prompt_template');
call store.isolate('chats.persona');
