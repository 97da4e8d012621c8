create schema if not exists notes;

create table if not exists notes.note (
    organization_id uuid             not null,
    id              uuid             not null,
    title           text             not null check (title <> ''),
    mood            text             not null default 'calm',
    stars           bigint           not null default 0,
    weight          double precision not null default 0,
    is_pinned       boolean          not null default false,
    body            text,
    tags            text[]           not null default '{}',
    links           jsonb            not null default '[]',
    extra           jsonb            not null default '{}',
    picture         bytea            not null default '',
    made_at         timestamptz      not null default now(),
    seen_at         timestamptz,
    parent_id       uuid,
    primary key (organization_id, id),
    constraint title_is_unique unique (organization_id, title),
    constraint parent_exists foreign key (organization_id, parent_id) references notes.note
);
call store.isolate('notes.note');
