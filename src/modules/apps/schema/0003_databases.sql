-- The database of each branch of an app that has migrations. The instance's name is the branch's id.
create table if not exists apps.branch_database (
    organization_id uuid        not null,
    branch_id       uuid        not null,
    app_id          uuid        not null,
    version_id      uuid,                                 -- whose data it has; absent until it was made
    from_branch_id  uuid,                                 -- the branch that it was forked from
    becoming_ref    text,                                 -- it is being made a copy of this, and may be half-way
    instance_id     text,
    status          text        not null default 'making' check (status in ('making', 'ready', 'failed', 'unavailable')),
    error           text,
    created_at      timestamptz not null default now(),
    version         bigint      not null default 1,
    primary key (organization_id, branch_id),
    foreign key (organization_id, app_id) references apps.app on delete cascade
);
create index if not exists branch_database_of_app on apps.branch_database (organization_id, app_id);
create index if not exists branch_database_of_version on apps.branch_database (organization_id, version_id);

-- The data that a branch had when it left a version.
create table if not exists apps.kept_data (
    organization_id uuid        not null,
    version_id      uuid        not null,
    branch_id       uuid        not null,
    app_id          uuid        not null,
    ref             text        not null,
    kept_at         timestamptz not null default now(),
    primary key (organization_id, version_id, branch_id),
    foreign key (organization_id, app_id) references apps.app on delete cascade
);
create index if not exists kept_data_of_app on apps.kept_data (organization_id, app_id, kept_at desc);
create index if not exists kept_data_of_branch on apps.kept_data (organization_id, branch_id);

call store.isolate('apps.branch_database');
call store.isolate('apps.kept_data');
