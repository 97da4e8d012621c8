-- Conversations. A branch inherits its parent's history without copying rows: messages lie in segments, and a branch's
-- lineage says which stretch of which segment stands where in its history.
create schema if not exists chats;

create table if not exists chats.chat (
    organization_id  uuid        not null,
    id               uuid        not null,
    app_id           uuid,
    title            text        not null default '',
    status           text        not null default 'active' check (status in ('active', 'archived')),
    active_branch_id uuid        not null,
    created_by       uuid,
    last_message_at  timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    version          bigint      not null default 1,
    primary key (organization_id, id)
);
create index if not exists chat_recent on chats.chat (organization_id, updated_at desc, id desc);
create index if not exists chat_of_app on chats.chat (organization_id, app_id) where app_id is not null;

create table if not exists chats.branch (
    organization_id        uuid        not null,
    id                     uuid        not null,
    chat_id                uuid        not null,
    title                  text        not null,
    is_main                boolean     not null default false,
    parent_branch_id       uuid,
    forked_from_message_id uuid,
    forked_from_variant_id uuid,
    forked_from_seq        bigint,
    segment_id             uuid        not null,              -- where its next message is written
    messages_count         bigint      not null default 0,    -- seq of its newest message
    last_message_preview   text        not null default '',
    current_version_id     uuid,
    start_version_id       uuid,                              -- what the app was before the first message
    created_at             timestamptz not null default now(),
    version                bigint      not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, chat_id) references chats.chat on delete cascade
);
create index if not exists branch_of_chat on chats.branch (organization_id, chat_id, id);

-- Messages seq_from … seq_to of the branch's history are the rows of that segment with the same seq. The stretches of a
-- branch do not overlap and leave no gap; the last one, of the branch's own segment, has no end.
create table if not exists chats.lineage (
    organization_id   uuid   not null,
    branch_id         uuid   not null,
    seq_from          bigint not null,
    seq_to            bigint not null,
    segment_id        uuid   not null,
    pinned_variant_id uuid,                                   -- shown for message seq_to in place of the selected variant
    primary key (organization_id, branch_id, seq_from),
    foreign key (organization_id, branch_id) references chats.branch on delete cascade
);

create table if not exists chats.message (
    organization_id uuid        not null,
    id              uuid        not null,
    chat_id         uuid        not null,
    branch_id       uuid        not null,                     -- where it was written; the branch may be gone
    segment_id      uuid        not null,
    seq             bigint      not null,
    role            text        not null check (role in ('user', 'assistant', 'system', 'tool')),
    variants_count  bigint      not null default 1,
    created_by      uuid,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, segment_id, seq),
    foreign key (organization_id, chat_id) references chats.chat on delete cascade
);
create index if not exists message_of_chat on chats.message (organization_id, chat_id);

create table if not exists chats.variant (
    organization_id uuid        not null,
    id              uuid        not null,
    message_id      uuid        not null,
    number          bigint      not null,
    kind            text        not null check (kind in ('generation', 'manual_edit', 'import')),
    text            text        not null default '',
    blocks          jsonb       not null default '[]',
    is_selected     boolean     not null default false,
    version_id      uuid,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, message_id, number),
    foreign key (organization_id, message_id) references chats.message on delete cascade
);
create unique index if not exists variant_selected on chats.variant (organization_id, message_id) where is_selected;

create table if not exists chats.model (
    organization_id uuid        not null,
    id              uuid        not null,
    name            text        not null,
    provider        text        not null check (provider in ('openai', 'anthropic', 'gemini', 'ollama', 'demo')),
    base_url        text        not null default '',
    model           text        not null default '',
    context_tokens  bigint      not null default 64000,
    has_api_key     boolean     not null default false,
    is_default      boolean     not null default false,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, id),
    constraint model_name unique (organization_id, name)
);
create unique index if not exists model_default on chats.model (organization_id) where is_default;

-- A prompt as it was sent, once per content.
create table if not exists chats.prompt_snapshot (
    organization_id uuid        not null,
    hash            text        not null,                     -- SHA-256 of the JSON, hex
    zstd            bytea       not null,
    created_at      timestamptz not null default now(),
    primary key (organization_id, hash)
);

create table if not exists chats.generation (
    organization_id uuid             not null,
    id              uuid             not null,
    chat_id         uuid             not null,
    branch_id       uuid             not null,
    message_id      uuid             not null,
    variant_id      uuid             not null,
    seq             bigint           not null,                -- of the message: the history before it is the prompt
    status          text             not null default 'queued' check (status in ('queued', 'streaming', 'done', 'aborted', 'error')),
    model_id        uuid,
    provider        text             not null,
    model           text             not null,
    base_version_id uuid,                                     -- the app as it was before the message
    prompt_hash     text,
    tokens_in       bigint           not null default 0,
    tokens_out      bigint           not null default 0,
    tokens_cached   bigint           not null default 0,
    cost_usd        double precision not null default 0,
    error_code      text,
    error_message   text,
    problems        jsonb            not null default '[]',
    attempt         bigint           not null default 0,
    started_seq     bigint,                                   -- of the chat's stream: the first event of the exchange
    open_block      jsonb,                                    -- the block that is being streamed: {seq, block}
    queued_at       timestamptz      not null default now(),
    first_token_at  timestamptz,
    ended_at        timestamptz,
    run_id          uuid             not null,
    primary key (organization_id, id),
    foreign key (organization_id, variant_id) references chats.variant on delete cascade,
    foreign key (organization_id, chat_id) references chats.chat on delete cascade
);
create index if not exists generation_of_variant on chats.generation (organization_id, variant_id, id desc);
create index if not exists generation_unfinished on chats.generation (organization_id, chat_id) where status in ('queued', 'streaming');

create table if not exists chats.pipeline_run (
    organization_id uuid        not null,
    id              uuid        not null,
    chat_id         uuid        not null,
    generation_id   uuid        not null,
    pipeline        text        not null default 'default',
    trigger         text        not null check (trigger in ('user_message', 'manual', 'scheduled', 'api')),
    status          text        not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    created_at      timestamptz not null default now(),
    ended_at        timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, chat_id) references chats.chat on delete cascade
);
create index if not exists pipeline_run_of_chat on chats.pipeline_run (organization_id, chat_id, id desc);

create table if not exists chats.step_run (
    organization_id uuid        not null,
    id              uuid        not null,
    run_id          uuid        not null,
    position        integer     not null,
    type            text        not null,
    status          text        not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    input           jsonb       not null default 'null',
    output          jsonb       not null default 'null',
    error           text,
    started_at      timestamptz,
    ended_at        timestamptz,
    primary key (organization_id, id),
    unique (organization_id, run_id, position),
    foreign key (organization_id, run_id) references chats.pipeline_run on delete cascade
);

call store.isolate('chats.chat');
call store.isolate('chats.branch');
call store.isolate('chats.lineage');
call store.isolate('chats.message');
call store.isolate('chats.variant');
call store.isolate('chats.model');
call store.isolate('chats.prompt_snapshot');
call store.isolate('chats.generation');
call store.isolate('chats.pipeline_run');
call store.isolate('chats.step_run');

-- One message as the API shows it: with the variant that is shown and that variant's newest generation.
create or replace view chats.shown_variant with (security_invoker = true) as
select v.organization_id, v.message_id, v.id as variant_id, v.number, v.kind, v.text, v.blocks, v.is_selected, v.version_id,
       v.created_at as variant_created_at,
       g.id as generation_id, g.branch_id as generation_branch_id, g.status, g.provider, g.model, g.model_id, g.tokens_in,
       g.tokens_out, g.tokens_cached, g.cost_usd, g.error_code, g.error_message, g.problems, g.attempt, g.queued_at,
       g.first_token_at, g.ended_at, g.run_id
from chats.variant v
left join lateral (select * from chats.generation where organization_id = v.organization_id and variant_id = v.id
                   order by id desc limit 1) g on true;
grant select on chats.shown_variant to ramify_app;
