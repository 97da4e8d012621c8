-- The trash is emptied by itself.
alter table chats.chat add column if not exists deleted_at timestamptz;  -- when it was put into the trash
create index if not exists chat_deleted on chats.chat (deleted_at) where deleted_at is not null;
alter table chats.chat no force row level security;
update chats.chat set deleted_at = updated_at where status = 'deleted' and deleted_at is null;
alter table chats.chat force row level security;

-- The server's housekeeping sees which chats of all organizations are in the trash, and nothing else of them.
grant select (organization_id, id, deleted_at) on chats.chat to ramify_system;
drop policy if exists trash on chats.chat;
create policy trash on chats.chat for select to ramify_system using (deleted_at is not null);
