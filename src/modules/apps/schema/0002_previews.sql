-- Previews: an app version running in a sandbox at its own origin. What runs is in memory; the row says what shall run.
create table if not exists apps.preview (
    organization_id uuid        not null,
    id              uuid        not null,
    app_id          uuid        not null,
    branch_id       uuid,                                   -- it follows this branch; absent: it shows one version for ever
    version_id      uuid        not null,                   -- what it shows, or showed last
    status          text        not null default 'queued'
                    check (status in ('queued', 'installing', 'starting', 'ready', 'asleep', 'failed', 'stopped')),
    error           text,
    created_by      uuid,
    created_at      timestamptz not null default now(),
    ready_at        timestamptz,
    version         bigint      not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, app_id) references apps.app on delete cascade
);
create unique index if not exists preview_of_branch on apps.preview (organization_id, branch_id) where branch_id is not null;
create unique index if not exists preview_of_version on apps.preview (organization_id, version_id) where branch_id is null;
create index if not exists preview_of_app on apps.preview (organization_id, app_id);

call store.isolate('apps.preview');
call store.allow_system('apps.preview');   -- a request finds its preview by the host alone; at start all are asleep
