-- Pipelines: what people define, version by version, and what its runs did.
create table if not exists chats.pipeline (
    organization_id uuid        not null,
    id              uuid        not null,
    name            text        not null,
    description     text        not null default '',
    number          bigint      not null default 1,           -- of its newest definition
    next_run_at     timestamptz,                              -- of one that has a schedule
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, id),
    constraint pipeline_name unique (organization_id, name)
);

create table if not exists chats.pipeline_version (
    organization_id uuid        not null,
    pipeline_id     uuid        not null,
    number          bigint      not null,
    definition      jsonb       not null,
    created_by      uuid,
    created_at      timestamptz not null default now(),
    primary key (organization_id, pipeline_id, number),
    foreign key (organization_id, pipeline_id) references chats.pipeline on delete cascade
);

-- Runs of their own have no generation, and perhaps no chat. What a run was of stays when the pipeline is deleted.
alter table chats.pipeline_run
    alter column chat_id drop not null,
    alter column generation_id drop not null,
    add column if not exists pipeline_id uuid,
    add column if not exists pipeline_number bigint,
    add column if not exists definition jsonb,                -- null of the built-in pipeline
    add column if not exists input jsonb not null default '{}',
    add column if not exists error text,
    add column if not exists job_id uuid,
    add column if not exists retried_run_id uuid;             -- the run that this one repeats from a step on
create index if not exists pipeline_run_of_pipeline on chats.pipeline_run (organization_id, pipeline_id, id desc) where pipeline_id is not null;

alter table chats.step_run
    add column if not exists step text not null default '',   -- its id in the definition
    add column if not exists attempt bigint not null default 0,
    add column if not exists reason text;                     -- why it was skipped
-- The rows that are there belong to all organizations.
alter table chats.step_run no force row level security;
update chats.step_run set step = type;
alter table chats.step_run force row level security;
alter table chats.step_run drop constraint if exists step_run_status_check;
alter table chats.step_run add constraint step_run_status_check
    check (status in ('waiting', 'running', 'done', 'failed', 'cancelled', 'skipped'));

create table if not exists chats.run_effect (
    organization_id uuid        not null,
    id              uuid        not null,
    run_id          uuid        not null,
    step            text        not null,
    type            text        not null check (type in ('rewrite_prompt', 'add_message', 'replace_answer', 'publish_artifact')),
    effect          jsonb       not null,                     -- as its definition says, with its text rendered
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, run_id) references chats.pipeline_run on delete cascade
);
create index if not exists run_effect_of_run on chats.run_effect (organization_id, run_id, id);

call store.isolate('chats.pipeline');
call store.isolate('chats.pipeline_version');
call store.isolate('chats.run_effect');
