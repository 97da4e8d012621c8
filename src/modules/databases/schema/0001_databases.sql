-- Databases: states (what a chain of steps makes), instances (running copies), refs (names), prepares (the work).
-- The directories lie in the state store; a state exists when its row and its verified directory do.
create schema if not exists databases;

create table if not exists databases.state (
    organization_id uuid        not null,
    id              text        not null,                 -- the key: 64 hex digits
    parent_id       text,                                 -- absent: a base
    image           text        not null,                 -- "postgres:15"
    image_digest    text        not null,
    kind            text        not null check (kind in ('base', 'psql', 'lb', 'pgbench', 'dump', 'snapshot')),
    outline         text        not null,                 -- kind, arguments and names of inputs: what a person changes last
    step            jsonb       not null default '{}',    -- arguments and inputs with their hashes, for explanations
    bytes           bigint      not null default 0,       -- of its own, on disk, when it was made
    build_ms        bigint      not null default 0,
    uses            bigint      not null default 0,
    created_by      uuid,
    created_at      timestamptz not null default now(),
    last_used_at    timestamptz not null default now(),
    primary key (organization_id, id)
);
create index if not exists state_of_parent on databases.state (organization_id, parent_id);
create index if not exists state_of_outline on databases.state (organization_id, outline, created_at);
call store.isolate('databases.state');
call store.allow_system('databases.state');

create table if not exists databases.instance (
    organization_id uuid        not null,
    id              uuid        not null,
    name            text,
    state_id        text        not null,
    image           text        not null,
    status          text        not null default 'starting'
                    check (status in ('starting', 'ready', 'asleep', 'failed')),
    error           text,
    origin          text        not null check (origin in ('prepare', 'fork', 'ref', 'app')),
    parent_id       uuid,                                 -- of a fork: the instance that it is a copy of
    verifier        text        not null,                 -- SCRAM, of the one password; the password itself lies with the secrets
    ttl_ms          bigint      not null,                 -- after the last use
    lease_until     timestamptz,                          -- not before this, used or not
    created_by      uuid,
    created_at      timestamptz not null default now(),
    last_used_at    timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, state_id) references databases.state
);
create unique index if not exists instance_name on databases.instance (organization_id, name) where name is not null;
create index if not exists instance_of_state on databases.instance (organization_id, state_id);
call store.isolate('databases.instance');
call store.allow_system('databases.instance');  -- the proxy finds an instance by its name alone; time ends them

create table if not exists databases.ref (
    organization_id uuid        not null,
    name            text        not null,                 -- "shop@main"
    state_id        text        not null,
    tags            jsonb       not null default '[]',
    is_pinned       boolean     not null default false,
    keep_until      timestamptz,                          -- minimum retention
    created_by      uuid,
    created_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, name),
    foreign key (organization_id, state_id) references databases.state
);
create index if not exists ref_of_state on databases.ref (organization_id, state_id);
call store.isolate('databases.ref');
call store.allow_system('databases.ref');

create table if not exists databases.prepare (
    organization_id uuid        not null,
    id              uuid        not null,
    kind            text        not null,
    image           text        not null,
    request         jsonb       not null,
    status          text        not null default 'queued' check (status in ('queued', 'building', 'done', 'failed', 'cancelled')),
    steps           jsonb       not null default '[]',
    state_id        text,
    instance_id     uuid,
    failure         jsonb,                                -- error with file, line, statement, hint
    job_id          uuid,
    ms              bigint,
    created_by      uuid,
    created_at      timestamptz not null default now(),
    ended_at        timestamptz,
    primary key (organization_id, id)
);
create index if not exists prepare_newest on databases.prepare (organization_id, created_at);
call store.isolate('databases.prepare');
