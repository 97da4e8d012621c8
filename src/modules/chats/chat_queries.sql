-- #include "modules/chats/chat_model.h"
-- #include "modules/chats/ids.h"

-- add_chat(id ChatId, project_id ProjectId, app_id std::optional<AppId>, entity_profile_id std::optional<EntityProfileId>, title std::string, active_branch_id BranchId, created_by std::optional<UserId>) -> none
insert into chats.chat (id, project_id, app_id, entity_profile_id, title, active_branch_id, created_by) values (:id, :project_id, :app_id, :entity_profile_id, :title, :active_branch_id, :created_by);

-- chat(id ChatId) -> maybe Chat
-- position: before the oldest event of a generation that still runs, else the end of the stream.
select c.id, c.title, c.project_id, c.app_id, c.persona_id, c.entity_profile_id, c.data_class, c.status, c.tags, c.vars, c.origin_chat_id, c.origin_branch_id, c.origin_message_id, c.active_branch_id, c.last_message_at, c.deleted_at, c.created_at, c.updated_at, c.version,
       coalesce((select min(g.started_seq) - 1 from chats.generation g where g.chat_id = c.id and g.status in ('queued', 'streaming')),
                (select h.last_seq from stream.head('chat:' || c.id::text) h), 0)::text as position
from chats.chat c where c.id = :id;

-- chats_page(app_id std::optional<AppId>, entity_profile_id std::optional<EntityProfileId>, status std::optional<ChatStatus>, tag std::optional<std::string>, query std::optional<std::string>, found_max int64_t, before_at std::optional<Time>, before_id std::optional<ChatId>, limit int64_t) -> many Chat
-- Those in the trash only when they are asked for.
select c.id, c.title, c.project_id, c.app_id, c.persona_id, c.entity_profile_id, c.data_class, c.status, c.tags, c.vars, c.origin_chat_id, c.origin_branch_id, c.origin_message_id, c.active_branch_id, c.last_message_at, c.deleted_at, c.created_at, c.updated_at, c.version, '' as position
from chats.chat c
where (:app_id::uuid is null or c.app_id = :app_id)
  and (:entity_profile_id::uuid is null or c.entity_profile_id = :entity_profile_id)
  and case when :status::text is null then c.status <> 'deleted' else c.status = :status end
  and (:tag::text is null or :tag = any (c.tags))
  and (:query::text is null or c.id in (select f.chat_id from chats.find(:query, null, null, :found_max) f))
  and (:before_at::timestamptz is null or (c.updated_at, c.id) < (:before_at, :before_id))
order by c.updated_at desc, c.id desc
limit :limit;

-- set_persona(chat_id ChatId, persona_id std::optional<PersonaId>) -> none
update chats.chat set persona_id = :persona_id where id = :chat_id;

-- change_chat(id ChatId, title std::optional<std::string>, status std::optional<ChatStatus>, active_branch_id std::optional<BranchId>) -> none
update chats.chat set title = coalesce(:title, title), status = coalesce(:status, status),
       active_branch_id = coalesce(:active_branch_id, active_branch_id), updated_at = now(), version = version + 1,
       deleted_at = case coalesce(:status, status) when 'deleted' then coalesce(deleted_at, now()) end
where id = :id;

-- long_trashed_chats(kept_days int64_t, limit int64_t) -> many TrashedChat
-- Of all organizations.
select organization_id, id from chats.chat where deleted_at < now() - :kept_days::bigint * interval '1 day' order by deleted_at limit :limit;

-- is_long_trashed(id ChatId, kept_days int64_t) -> maybe bool
-- The chat is locked.
select coalesce(deleted_at < now() - :kept_days::bigint * interval '1 day', false) from chats.chat where id = :id for update;

-- set_tags(id ChatId, tags std::vector<std::string>) -> none
update chats.chat set tags = :tags where id = :id;

-- set_vars(id ChatId, vars Json) -> none
update chats.chat set vars = :vars where id = :id;

-- set_origin(id ChatId, origin_chat_id ChatId, origin_branch_id BranchId, origin_message_id std::optional<MessageId>) -> none
update chats.chat set origin_chat_id = :origin_chat_id, origin_branch_id = :origin_branch_id, origin_message_id = :origin_message_id where id = :id;

-- delete_chat(id ChatId, scope_id std::string) -> none
-- With the prompt templates that were for it alone, and its words.
with templates as (
    delete from chats.prompt_template where scope = 'chat' and scope_id = :scope_id
), words as (
    delete from chats.search_entry e using (select id from chats.message where chat_id = :id union all select :id) gone where e.id = gone.id
)
delete from chats.chat where id = :id;

-- lock_chat(id ChatId) -> maybe int64_t
select version from chats.chat where id = :id for update;

-- chat_data_class(id ChatId) -> maybe DataClass
select data_class from chats.chat where id = :id;

-- set_data_class(chat_id ChatId, data_class DataClass) -> none
update chats.chat set data_class = :data_class where id = :chat_id;
