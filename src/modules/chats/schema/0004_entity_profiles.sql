-- Who a chat is with: characters, as cards describe them.
create table if not exists chats.entity_profile (
    organization_id uuid        not null,
    id              uuid        not null,
    project_id      uuid        not null,
    name            text        not null,
    kind            text        not null default 'CharSpec' check (kind in ('CharSpec')),
    spec            json        not null,                     -- the card in V3, letter for letter: jsonb would not keep it
    tags            jsonb       not null default '[]',        -- as the spec has them, and so the creator, for lists
    creator         text        not null default '',
    meta            jsonb       not null default '{}',
    status          text        not null default 'active' check (status in ('active', 'archived')),
    created_by      uuid,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, id)
);
create index if not exists entity_profile_recent on chats.entity_profile (organization_id, status, updated_at desc, id desc);

-- The files of a card, and its picture as the file of path ''.
create table if not exists chats.profile_file (
    organization_id uuid    not null,
    profile_id      uuid    not null,
    path            text    not null,
    position        integer not null,                         -- among the files of the card
    bytes           bytea   not null,
    primary key (organization_id, profile_id, path),
    foreign key (organization_id, profile_id) references chats.entity_profile on delete cascade
);
alter table chats.profile_file alter column bytes set storage external;  -- pictures are compressed already

call store.isolate('chats.entity_profile');
call store.isolate('chats.profile_file');

alter table chats.chat add column if not exists entity_profile_id uuid;
alter table chats.chat drop constraint if exists chat_entity_profile;
alter table chats.chat add constraint chat_entity_profile
    foreign key (organization_id, entity_profile_id) references chats.entity_profile;
create index if not exists chat_of_entity_profile on chats.chat (organization_id, entity_profile_id, updated_at desc, id desc)
    where entity_profile_id is not null;
