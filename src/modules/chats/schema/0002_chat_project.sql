-- Everything that a user makes belongs to a project. Chats that were made before have none.
alter table chats.chat add column if not exists project_id uuid;
