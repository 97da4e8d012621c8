-- Files of this folder run in the order of their names, each once in every database, each in one transaction.
create table note (
    id         integer generated always as identity primary key,
    text       text not null,
    created_at timestamptz not null default now()
);
