-- Models: how long they may take, what they cost and what they may be told; policies that choose between them; and
-- what a generation is asked for.
alter table chats.model drop constraint if exists model_provider_check;
alter table chats.model add constraint model_provider_check
    check (provider in ('openai', 'openai_responses', 'anthropic', 'gemini', 'ollama', 'demo'));

alter table chats.model add column if not exists connect_timeout_ms        bigint           not null default 10000;
alter table chats.model add column if not exists first_token_timeout_ms    bigint           not null default 120000;
alter table chats.model add column if not exists between_tokens_timeout_ms bigint           not null default 60000;
alter table chats.model add column if not exists total_timeout_ms          bigint           not null default 1800000;
alter table chats.model add column if not exists tokens_in_usd             double precision not null default 0;  -- US dollars for a million tokens
alter table chats.model add column if not exists tokens_cached_usd         double precision not null default 0;
alter table chats.model add column if not exists tokens_out_usd            double precision not null default 0;
alter table chats.model add column if not exists data_class_max            text             not null default 'confidential'
    check (data_class_max in ('open', 'internal', 'confidential'));

alter table chats.chat add column if not exists data_class text not null default 'internal' check (data_class in ('open', 'internal', 'confidential'));

-- Which models are asked when none is named: of the policies that fit, the first by position.
create table if not exists chats.model_policy (
    organization_id uuid             not null,
    id              uuid             not null,
    name            text             not null,
    position        bigint           not null,
    task            text             check (task in ('chat', 'app', 'impersonation')),          -- null: any
    data_class      text             check (data_class in ('open', 'internal', 'confidential')),  -- null: any
    cost_usd_max    double precision,                                                           -- of one answer; null: any
    model_ids       uuid[]           not null,                                                  -- in the order in which they are asked
    created_at      timestamptz      not null default now(),
    updated_at      timestamptz      not null default now(),
    version         bigint           not null default 1,
    primary key (organization_id, id),
    constraint model_policy_name unique (organization_id, name)
);
call store.isolate('chats.model_policy');

alter table chats.generation add column if not exists task                 text   not null default 'answer' check (task in ('answer', 'continuation', 'impersonation'));
alter table chats.generation add column if not exists continued_variant_id uuid;                   -- whose text the answer goes on from
alter table chats.generation add column if not exists fallback_model_ids   uuid[] not null default '{}';  -- asked in turn when model_id cannot answer
alter table chats.generation add column if not exists cost_usd_max         double precision;
alter table chats.generation add column if not exists settings             jsonb  not null default '{}';
