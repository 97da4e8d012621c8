-- The store's own schema: which migrations ran, and the tools every part's schema is made with.
-- Roles are made before this file runs (migration.cpp).

create schema if not exists store;
grant usage on schema store to ramify_app, ramify_system;

create table if not exists store.migration (
    part       text        not null,
    name       text        not null,
    checksum   text        not null,
    applied_at timestamptz not null default now(),
    primary key (part, name)
);

-- The organization of the running transaction; null outside of one, which matches no row.
create or replace function store.organization_id() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('ramify.organization_id', true), '')::uuid $$;

-- What a table's schema needs before its rows can be reached.
create or replace procedure store.open_schema(of_table regclass)
language plpgsql
as $$
declare
    name text := (select relnamespace::regnamespace::text from pg_class where oid = of_table);
begin
    execute format('grant usage on schema %s to ramify_app, ramify_system', name);
    execute format('grant usage, select on all sequences in schema %s to ramify_app, ramify_system', name);
end
$$;

-- Rows of a tenant: the organization comes from the transaction, and ramify_app sees that organization's rows alone.
create or replace procedure store.isolate(tenant_table regclass)
language plpgsql
as $$
begin
    call store.open_schema(tenant_table);
    execute format('alter table %s alter column organization_id set default store.organization_id()', tenant_table);
    execute format('alter table %s alter column organization_id set not null', tenant_table);
    execute format('alter table %s enable row level security', tenant_table);
    execute format('alter table %s force row level security', tenant_table);
    execute format('drop policy if exists own_organization on %s', tenant_table);
    execute format('create policy own_organization on %s to ramify_app
                    using (organization_id = (select store.organization_id()))
                    with check (organization_id = (select store.organization_id()))', tenant_table);
    execute format('grant select, insert, update, delete on %s to ramify_app', tenant_table);
end
$$;

-- The kernel's cross-tenant duties (claiming jobs, signing in) may reach every row of this table.
create or replace procedure store.allow_system(system_table regclass)
language plpgsql
as $$
begin
    execute format('drop policy if exists system_duties on %s', system_table);
    execute format('create policy system_duties on %s to ramify_system using (true) with check (true)', system_table);
    execute format('grant select, insert, update, delete on %s to ramify_system', system_table);
end
$$;

-- A table that belongs to no organization. The reason is kept as its comment, which a test asks for.
create or replace procedure store.global(global_table regclass, reason text)
language plpgsql
as $$
begin
    call store.open_schema(global_table);
    execute format('comment on table %s is %L', global_table, 'global: ' || reason);
    execute format('grant select, insert, update, delete on %s to ramify_app, ramify_system', global_table);
end
$$;

comment on table store.migration is 'global: which schema files this database has had';
