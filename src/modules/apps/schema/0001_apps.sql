-- Apps and their versions. PostgreSQL says where a branch stands; the git references of the app's repository follow it.
create schema if not exists apps;

create table if not exists apps.app (
    organization_id uuid        not null,
    id              uuid        not null,
    project_id      uuid,
    name            text        not null,
    template        text        not null,
    chat_id         uuid        not null,
    branch_id       uuid        not null,                 -- the chat's main branch
    last_number     bigint      not null default 0,       -- of its newest version
    created_by      uuid,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, id)
);
create index if not exists app_recent on apps.app (organization_id, updated_at desc, id desc);
create index if not exists app_of_chat on apps.app (organization_id, chat_id);

create table if not exists apps.version (
    organization_id  uuid        not null,
    id               uuid        not null,
    app_id           uuid        not null,
    branch_id        uuid        not null,                -- where it was made; the branch may be gone
    number           bigint      not null,
    commit           text        not null,
    parent_id        uuid,
    message_id       uuid,
    variant_id       uuid,
    title            text        not null,
    note             text,
    is_favorite      boolean     not null default false,
    restored_from_id uuid,
    author           text        not null,
    files_changed    bigint      not null default 0,
    created_at       timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, app_id, number),
    foreign key (organization_id, app_id) references apps.app on delete cascade
);
create unique index if not exists version_of_variant on apps.version (organization_id, variant_id) where variant_id is not null;
create index if not exists version_of_branch on apps.version (organization_id, branch_id, number desc);

-- Where each branch of the app's chat stands.
create table if not exists apps.branch (
    organization_id uuid not null,
    id              uuid not null,
    app_id          uuid not null,
    head_version_id uuid not null,
    primary key (organization_id, id),
    foreign key (organization_id, app_id) references apps.app on delete cascade
);
create index if not exists branch_of_app on apps.branch (organization_id, app_id);

call store.isolate('apps.app');
call store.isolate('apps.version');
call store.isolate('apps.branch');
call store.allow_system('apps.app');       -- at start the server brings every repository in line with the database
call store.allow_system('apps.version');
call store.allow_system('apps.branch');
