-- Streams: one log per thing, its events, and the texts that are growing in it.

create schema if not exists stream;

-- The head of a stream. Locked by whoever appends, until its transaction ends: seqs are dense and in the order of commits.
create table if not exists stream.stream (
    organization_id uuid   not null,
    name            text   not null,
    last_seq        bigint not null,
    primary key (organization_id, name)
) with (fillfactor = 70);
call store.isolate('stream.stream');
call store.allow_system('stream.stream');

-- `data` is json, not jsonb: readers get the bytes that were appended.
create table if not exists stream.event (
    organization_id uuid        not null,
    stream          text        not null,
    seq             bigint      not null,
    type            text        not null,
    data            json        not null,
    opens           boolean     not null default false,  -- opens the text named by its seq
    closes          bigint,                              -- ends the text opened by that seq
    text            text,                                -- the whole of the text that it closes, when data does not carry it
    at              timestamptz not null default now(),
    primary key (organization_id, stream, seq)
);
call store.isolate('stream.event');
call store.allow_system('stream.event');

-- The texts that are open.
create table if not exists stream.text (
    organization_id uuid        not null,
    stream          text        not null,
    block           bigint      not null,
    opened_at       timestamptz not null default now(),
    primary key (organization_id, stream, block)
);
call store.isolate('stream.text');
call store.allow_system('stream.text');

-- The pieces of open texts: written as they grow, so that a piece costs the same in a long text as in a short one.
create table if not exists stream.chunk (
    organization_id uuid        not null,
    stream          text        not null,
    block           bigint      not null,
    position        bigint      not null,  -- of its first byte in the text
    text            text        not null,
    at              timestamptz not null default now(),
    primary key (organization_id, stream, block, position)
);
call store.isolate('stream.chunk');
call store.allow_system('stream.chunk');
