-- Lorebooks: what a model is told when a conversation comes to it, and where each book is used.
create table if not exists chats.lorebook (
    organization_id    uuid        not null,
    id                 uuid        not null,
    name               text        not null,
    description        text        not null default '',
    scan_depth         bigint,
    token_budget       bigint,
    recursive_scanning boolean,
    extensions         jsonb       not null default '{}',
    unknown            jsonb       not null default '{}',     -- what else stood in the file that it was imported from
    entries_count      bigint      not null default 0,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    version            bigint      not null default 1,        -- counts changes of its entries, too
    primary key (organization_id, id)
);

create table if not exists chats.lorebook_entry (
    organization_id uuid   not null,
    lorebook_id     uuid   not null,
    uid             bigint not null,
    entry           jsonb  not null,
    primary key (organization_id, lorebook_id, uid),
    foreign key (organization_id, lorebook_id) references chats.lorebook on delete cascade
);

create table if not exists chats.lorebook_binding (
    organization_id uuid        not null,
    lorebook_id     uuid        not null,
    scope           text        not null check (scope in ('global', 'entity_profile', 'persona', 'chat')),
    scope_id        text        not null default '',          -- the id as the API writes it; '' of global
    created_at      timestamptz not null default now(),
    primary key (organization_id, lorebook_id, scope, scope_id),
    foreign key (organization_id, lorebook_id) references chats.lorebook on delete cascade,
    check ((scope = 'global') = (scope_id = ''))
);
create index if not exists lorebook_binding_of on chats.lorebook_binding (organization_id, scope, scope_id);

call store.isolate('chats.lorebook');
call store.isolate('chats.lorebook_entry');
call store.isolate('chats.lorebook_binding');
