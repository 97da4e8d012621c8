-- Pipelines that answer in chats: where, which steps of a run are parts of its answer, and how what they changed is undone.

-- Which pipeline answers in a chat: its own, else its profile's, else the one of all chats.
create table if not exists chats.pipeline_binding (
    organization_id   uuid        not null,
    pipeline_id       uuid        not null,
    chat_id           uuid,                                   -- neither: in all chats
    entity_profile_id uuid,
    created_at        timestamptz not null default now(),
    unique nulls not distinct (organization_id, chat_id, entity_profile_id),
    foreign key (organization_id, pipeline_id) references chats.pipeline on delete cascade,
    foreign key (organization_id, chat_id) references chats.chat on delete cascade,
    foreign key (organization_id, entity_profile_id) references chats.entity_profile on delete cascade,
    check (num_nonnulls(chat_id, entity_profile_id) <= 1)
);
create index if not exists pipeline_binding_of on chats.pipeline_binding (organization_id, pipeline_id);

-- pre, llm, post; null of all other steps.
alter table chats.step_run add column if not exists part text check (part in ('pre', 'llm', 'post'));
alter table chats.step_run no force row level security;
alter table chats.pipeline_run no force row level security;
update chats.step_run s set part = s.type
from chats.pipeline_run r where r.organization_id = s.organization_id and r.id = s.run_id and r.generation_id is not null;
alter table chats.step_run force row level security;
alter table chats.pipeline_run force row level security;

alter table chats.run_effect
    add column if not exists previous jsonb,                  -- what it took the place of: of an answer
    add column if not exists undone_at timestamptz;

call store.isolate('chats.pipeline_binding');
