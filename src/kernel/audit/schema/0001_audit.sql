-- Who did what: one chain of entries an organization, each with the hash of the one before it. Rows come in by
-- audit.append alone and never change; not even the owner of the tables may update, delete or truncate.

create schema if not exists audit;

-- The end of each organization's chain. Locked while an entry is added.
create table if not exists audit.head (
    organization_id uuid   primary key,
    seq             bigint not null,
    hash            bytea  not null
) with (fillfactor = 50);
call store.isolate('audit.head');
revoke insert, update, delete on audit.head from ramify_app;

create table if not exists audit.entry (
    organization_id uuid        not null,
    seq             bigint      not null,
    id              uuid        not null,
    at              timestamptz not null,
    actor           text        not null,
    address         text        not null,
    action          text        not null,
    object          text        not null,
    outcome         text        not null check (outcome in ('ok', 'denied')),
    request_id      text        not null,
    hash            bytea       not null,
    primary key (organization_id, seq)
);
create index if not exists entry_by_object on audit.entry (organization_id, object, seq) where object <> '';
create index if not exists entry_by_actor on audit.entry (organization_id, actor, seq);
call store.isolate('audit.entry');
revoke insert, update, delete on audit.entry from ramify_app;

-- audit.append runs as the owner of the tables, whom row-level security also holds to the transaction's organization.
drop policy if exists appending on audit.head;
create policy appending on audit.head to current_user
    using (organization_id = (select store.organization_id())) with check (organization_id = (select store.organization_id()));
drop policy if exists appending on audit.entry;
create policy appending on audit.entry to current_user
    using (organization_id = (select store.organization_id())) with check (organization_id = (select store.organization_id()));

create or replace function audit.refuse() returns trigger
language plpgsql
as $$
begin
    raise exception 'audit entries are never changed or removed' using errcode = 'insufficient_privilege';
end
$$;
create or replace trigger never_changed before update or delete on audit.entry for each row execute function audit.refuse();
create or replace trigger never_emptied before truncate on audit.entry for each statement execute function audit.refuse();
alter table audit.entry enable always trigger never_changed;
alter table audit.entry enable always trigger never_emptied;

-- One field of the hashed text: "5:hello,".
create or replace function audit.netstring(field text) returns bytea
language sql immutable parallel safe
as $$ select convert_to(octet_length(convert_to(field, 'UTF8')) || ':' || field || ',', 'UTF8') $$;

-- The hash of an entry: audit.h describes the text, audit.cpp computes the same to verify it.
create or replace function audit.hash_of(previous bytea, entry audit.entry) returns bytea
language sql immutable parallel safe
as $$
    select sha256(previous
        || audit.netstring(entry.organization_id::text)
        || audit.netstring(entry.seq::text)
        || audit.netstring(entry.id::text)
        || audit.netstring((extract(epoch from entry.at) * 1000000)::bigint::text)
        || audit.netstring(entry.actor)
        || audit.netstring(entry.address)
        || audit.netstring(entry.action)
        || audit.netstring(entry.object)
        || audit.netstring(entry.outcome)
        || audit.netstring(entry.request_id))
$$;

-- Adds an entry to the chain of the transaction's organization. The object is the one that audit.set_object named, if any.
create or replace procedure audit.append(id uuid, actor text, address text, action text, outcome text, request_id text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    organization constant uuid := store.organization_id();
    object constant text := coalesce(current_setting('ramify.audit_object', true), '');
    head audit.head;
    entry audit.entry;
begin
    select * into head from audit.head h where h.organization_id = organization for update;
    if not found then
        insert into audit.head values (organization, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
        select * into strict head from audit.head h where h.organization_id = organization for update;
    end if;
    entry := (organization, head.seq + 1, id, clock_timestamp(), actor, address, action, object, outcome, request_id, '');
    entry.hash := audit.hash_of(head.hash, entry);
    insert into audit.entry values (entry.*);
    update audit.head h set seq = entry.seq, hash = entry.hash where h.organization_id = organization;
end
$$;

-- Names what the transaction is about, for audit.append at its end.
create or replace procedure audit.set_object(object text)
language plpgsql
as $$
begin
    perform set_config('ramify.audit_object', object, true);
end
$$;

revoke all on procedure audit.append(uuid, text, text, text, text, text) from public;
grant execute on procedure audit.append(uuid, text, text, text, text, text) to ramify_app;
