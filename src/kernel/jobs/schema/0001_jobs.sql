-- Jobs: what is to be done, by whom, and how far it has come.

create schema if not exists jobs;

-- The processes that run jobs. A running job is leased to one; a runner that has not been heard of until lease_until is dead.
create table if not exists jobs.runner (
    id          uuid        not null primary key,
    node        text        not null,
    started_at  timestamptz not null default now(),
    lease_until timestamptz not null
);
call store.global('jobs.runner', 'runners are processes of the server and work for every organization');

create table if not exists jobs.job (
    organization_id     uuid             not null,
    id                  uuid             not null,
    kind                text             not null,
    queue               text             not null,
    status              text             not null default 'queued' check (status in ('queued', 'running', 'done', 'failed', 'cancelled')),
    priority            integer          not null,
    run_at              timestamptz      not null,
    attempt             integer          not null default 0,  -- counts claims, and is the fence
    attempts_max        integer          not null,
    timeout_ms          bigint           not null,
    argument            json             not null,
    unique_key          text,
    concurrency_group   text,
    subject             text,
    parent_id           uuid,
    user_id             uuid,                                 -- who asked
    request_id          text             not null,
    trace_id            text             not null,
    runner_id           uuid,                                 -- who has it while it is running
    is_cancel_requested boolean          not null default false,
    progress            double precision not null default 0,
    message             text,
    error               text,
    result              json,
    created_at          timestamptz      not null default now(),
    started_at          timestamptz,
    ended_at            timestamptz,
    primary key (organization_id, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
call store.isolate('jobs.job');
call store.allow_system('jobs.job');

create index if not exists job_ready on jobs.job (queue, organization_id, priority desc, run_at, id) where status = 'queued';
create index if not exists job_running on jobs.job (queue, organization_id, concurrency_group) where status = 'running';
create index if not exists job_of_runner on jobs.job (runner_id) where status = 'running';
create unique index if not exists job_unique on jobs.job (organization_id, unique_key) where unique_key is not null and status in ('queued', 'running');
create index if not exists job_subject on jobs.job (organization_id, subject, id) where subject is not null;
