-- Runs: programs that ran with a database, where, on which state, and how that ended. They outlive their instances.
create table if not exists databases.run (
    organization_id uuid        not null,
    id              uuid        not null,
    kind            text        not null check (kind in ('psql', 'pgbench', 'command')),
    command         jsonb       not null,                 -- the words of it
    source          text        not null,                 -- what was asked for: a name, an id, a ref
    instance_id     uuid        not null,
    state_id        text        not null,
    image           text        not null,
    is_own          boolean     not null,                 -- the instance is the run's, and goes with it
    prepare_id      uuid,
    compared_to     uuid,                                 -- the run that this one was held against
    provenance      jsonb       not null default '{}',
    outcome         text        not null default 'running'
                    check (outcome in ('running', 'done', 'failed', 'timed_out', 'limited', 'cancelled')),
    exit_code       integer,
    ms              bigint,
    stdout          text        not null default '',      -- bounded, as is the next
    stderr          text        not null default '',
    stdout_bytes    bigint      not null default 0,       -- of all that was written
    stderr_bytes    bigint      not null default 0,
    created_by      uuid,
    created_at      timestamptz not null default now(),
    seen_at         timestamptz not null default now(),   -- when who runs it last said so
    ended_at        timestamptz,
    primary key (organization_id, id)
);
call store.isolate('databases.run');
