-- Sealed values. The server opens them; the database never sees a key.

create schema if not exists secrets;

-- An organization's data keys, wrapped by the master key. Secrets are sealed with the current one.
create table if not exists secrets.data_key (
    organization_id uuid        not null,
    id              uuid        not null,
    master_key_id   text        not null,  -- which master key wraps it
    nonce           bytea       not null,
    wrapped         bytea       not null,
    is_current      boolean     not null default true,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id)
);
create unique index if not exists data_key_current on secrets.data_key (organization_id) where is_current;
call store.isolate('secrets.data_key');

create table if not exists secrets.secret (
    organization_id uuid        not null,
    name            text        not null,
    key_id          uuid        not null,
    nonce           bytea       not null,
    ciphertext      bytea       not null,
    updated_at      timestamptz not null default now(),
    primary key (organization_id, name),
    foreign key (organization_id, key_id) references secrets.data_key (organization_id, id)
);
create index if not exists secret_by_key on secrets.secret (organization_id, key_id);
call store.isolate('secrets.secret');
