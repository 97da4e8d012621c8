-- What became of requests that carried an Idempotency-Key; kept for 24 hours.
create schema if not exists idempotency;

create table if not exists idempotency.request (
    organization_id uuid        not null,
    user_id         uuid        not null,
    key             text        not null,
    fingerprint     text        not null,                 -- of method, path and body
    answer          text,                                 -- absent while the first one runs
    runs_until      timestamptz not null,                 -- a server that died never says how it went
    created_at      timestamptz not null default now(),
    primary key (organization_id, user_id, key)
);
create index if not exists request_age on idempotency.request (created_at);
call store.isolate('idempotency.request');
call store.allow_system('idempotency.request');           -- old keys are forgotten
