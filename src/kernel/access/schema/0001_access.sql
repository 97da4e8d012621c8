-- Who has which role where.

create schema if not exists access;

-- Null workspace and project: the whole organization; null project: the workspace and below.
create table if not exists access.membership (
    organization_id uuid        not null,
    id              uuid        not null,
    user_id         uuid        not null,
    workspace_id    uuid,
    project_id      uuid,
    role            text        not null check (role in ('viewer', 'developer', 'admin', 'owner')),
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique nulls not distinct (organization_id, user_id, workspace_id, project_id),
    check (project_id is null or workspace_id is not null)
);
call store.isolate('access.membership');
