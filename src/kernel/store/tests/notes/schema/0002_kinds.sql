create table if not exists notes.kind (name text primary key);
call store.global('notes.kind', 'the same kinds for all');
insert into notes.kind values ('memo') on conflict do nothing;

create table if not exists notes.duty (organization_id uuid not null, id uuid primary key);
call store.isolate('notes.duty');
call store.allow_system('notes.duty');
