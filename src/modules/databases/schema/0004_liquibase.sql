-- What an update of Liquibase would run, as Liquibase planned it without a database.
create table if not exists databases.liquibase_plan (
    organization_id uuid        not null,
    key             text        not null,                 -- hash of the changelog's closure, the arguments, the tool and PostgreSQL's major
    plan            jsonb       not null,                 -- the steps, with what each depends on
    created_at      timestamptz not null default now(),
    primary key (organization_id, key)
);
create index if not exists liquibase_plan_newest on databases.liquibase_plan (organization_id, created_at);
call store.isolate('databases.liquibase_plan');
