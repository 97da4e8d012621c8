-- The tree organization → workspace → project, the people in it, and how they prove who they are.

create schema if not exists identity;

create table if not exists identity.organization (
    organization_id uuid        primary key,
    name            text        not null,
    is_local        boolean     not null default false,  -- of ramify serve --insecure-dev
    created_at      timestamptz not null default now()
);
create unique index if not exists organization_local on identity.organization (is_local) where is_local;
call store.isolate('identity.organization');
call store.allow_system('identity.organization');
revoke insert, update, delete on identity.organization from ramify_system;

create table if not exists identity.workspace (
    organization_id uuid        not null references identity.organization,
    id              uuid        not null,
    name            text        not null,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id)
);
call store.isolate('identity.workspace');

create table if not exists identity.project (
    organization_id uuid        not null,
    id              uuid        not null,
    workspace_id    uuid        not null,
    name            text        not null,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, workspace_id) references identity.workspace (organization_id, id)
);
create index if not exists project_by_workspace on identity.project (organization_id, workspace_id);
call store.isolate('identity.project');

create table if not exists identity.user (
    organization_id uuid        not null references identity.organization,
    id              uuid        not null,
    name            text        not null,
    email           text        not null check (email = lower(email)),
    password_hash   text        not null default '',  -- argon2id; empty: cannot sign in with a password
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, email)
);
create index if not exists user_by_email on identity.user (email);
call store.isolate('identity.user');
-- Signing in begins with an address and no organization.
call store.allow_system('identity.user');
revoke insert, update, delete on identity.user from ramify_system;

create table if not exists identity.session (
    organization_id uuid        not null,
    id              uuid        not null,
    user_id         uuid        not null,
    cookie_hash     bytea       not null,  -- SHA-256
    address         text        not null,
    user_agent      text        not null,
    created_at      timestamptz not null default now(),
    last_seen_at    timestamptz not null default now(),
    expires_at      timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, user_id) references identity.user (organization_id, id) on delete cascade
);
create unique index if not exists session_by_cookie on identity.session (cookie_hash);
create index if not exists session_by_user on identity.session (organization_id, user_id);
call store.isolate('identity.session');
-- A request begins with a cookie and no organization.
call store.allow_system('identity.session');
revoke insert, delete on identity.session from ramify_system;

create table if not exists identity.token (
    organization_id uuid        not null,
    id              uuid        not null,
    user_id         uuid        not null,
    token_hash      bytea       not null,  -- SHA-256
    name            text        not null,
    permissions     text[],                -- null: whatever its owner may
    created_at      timestamptz not null default now(),
    expires_at      timestamptz,
    last_used_at    timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, user_id) references identity.user (organization_id, id) on delete cascade
);
create unique index if not exists token_by_hash on identity.token (token_hash);
create index if not exists token_by_user on identity.token (organization_id, user_id);
call store.isolate('identity.token');
call store.allow_system('identity.token');
revoke insert, delete on identity.token from ramify_system;

-- The set-up token of the last start, while there is no owner.
create table if not exists identity.setup (
    only_row   boolean primary key default true check (only_row),
    token_hash bytea   not null,  -- SHA-256
    made_at    timestamptz not null default now()
);
call store.global('identity.setup', 'set-up happens before there is an organization');
