-- What people were told of an instance before it happens: the end of its time, and that it takes all the room that it may.
alter table databases.instance add column if not exists warned_expires_at timestamptz;  -- the end of its time that was told of
alter table databases.instance add column if not exists is_full boolean not null default false;  -- sessions begin read only
