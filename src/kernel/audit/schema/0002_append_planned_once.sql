-- audit.append hashes by itself: audit.hash_of, a function of SQL, is planned anew for each entry, and that cost ten times as much
-- as all the rest. The text that is hashed is the same.
create or replace procedure audit.append(id uuid, actor text, address text, action text, outcome text, request_id text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    organization constant uuid := store.organization_id();
    object constant text := coalesce(current_setting('ramify.audit_object', true), '');
    at constant timestamptz := clock_timestamp();
    field text;
    fields bytea := '';  -- that follow seq
    head audit.head;
begin
    foreach field in array array[id::text, (extract(epoch from at) * 1000000)::bigint::text, actor, address, action, object, outcome, request_id] loop
        fields := fields || convert_to(octet_length(convert_to(field, 'UTF8')) || ':' || field || ',', 'UTF8');
    end loop;
    loop
        update audit.head h
        set seq = h.seq + 1,
            hash = sha256(h.hash || convert_to('36:' || organization || ',' || length((h.seq + 1)::text) || ':' || h.seq + 1 || ',', 'UTF8') || fields)
        where h.organization_id = organization
        returning * into head;
        exit when found;
        insert into audit.head values (organization, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
    end loop;
    insert into audit.entry values (organization, head.seq, id, at, actor, address, action, object, outcome, request_id, head.hash);
end
$$;
