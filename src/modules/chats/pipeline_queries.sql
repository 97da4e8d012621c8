-- #include "modules/chats/ids.h"
-- #include "modules/chats/pipeline_model.h"
-- #include "modules/chats/pipelines/definition.h"

-- add_pipeline(id PipelineId, name std::string, description std::string, definition pipelines::Definition, created_by std::optional<UserId>, next_run_at std::optional<Time>) -> none
with pipeline as (
    insert into chats.pipeline (id, name, description, next_run_at) values (:id, :name, :description, :next_run_at)
)
insert into chats.pipeline_version (pipeline_id, number, definition, created_by) values (:id, 1, :definition, :created_by);

-- pipeline(id PipelineId) -> maybe Pipeline
select p.id, p.name, p.description, p.number, v.definition, p.next_run_at, p.created_at, p.updated_at, p.version
from chats.pipeline p join chats.pipeline_version v on v.organization_id = p.organization_id and v.pipeline_id = p.id and v.number = p.number
where p.id = :id;

-- lock_pipeline(id PipelineId) -> maybe Pipeline
select p.id, p.name, p.description, p.number, v.definition, p.next_run_at, p.created_at, p.updated_at, p.version
from chats.pipeline p join chats.pipeline_version v on v.organization_id = p.organization_id and v.pipeline_id = p.id and v.number = p.number
where p.id = :id for update of p;

-- pipelines(after std::optional<PipelineId>, limit int64_t) -> many Pipeline
select p.id, p.name, p.description, p.number, v.definition, p.next_run_at, p.created_at, p.updated_at, p.version
from chats.pipeline p join chats.pipeline_version v on v.organization_id = p.organization_id and v.pipeline_id = p.id and v.number = p.number
where :after::uuid is null or p.id > :after order by p.id limit :limit;

-- count_pipelines() -> one int64_t
select count(*) from chats.pipeline;

-- change_pipeline(id PipelineId, name std::string, description std::string, next_run_at std::optional<Time>) -> none
update chats.pipeline set name = :name, description = :description, next_run_at = :next_run_at, updated_at = now(), version = version + 1 where id = :id;

-- add_pipeline_version(id PipelineId, number int64_t, definition pipelines::Definition, created_by std::optional<UserId>) -> none
with pipeline as (
    update chats.pipeline set number = :number where id = :id
)
insert into chats.pipeline_version (pipeline_id, number, definition, created_by) values (:id, :number, :definition, :created_by);

-- drop_pipeline_versions(id PipelineId, number int64_t) -> none
-- Those up to a number.
delete from chats.pipeline_version where pipeline_id = :id and number <= :number;

-- delete_pipeline(id PipelineId) -> none
delete from chats.pipeline where id = :id;

-- pipeline_versions(id PipelineId, before std::optional<int64_t>, limit int64_t) -> many PipelineVersion
select pipeline_id, number, definition, created_by, created_at from chats.pipeline_version
where pipeline_id = :id and (:before::bigint is null or number < :before) order by number desc limit :limit;

-- pipeline_version(id PipelineId, number int64_t) -> maybe PipelineVersion
select pipeline_id, number, definition, created_by, created_at from chats.pipeline_version where pipeline_id = :id and number = :number;

-- pipeline_named(name std::string) -> maybe PipelineId
select id from chats.pipeline where name = :name;

-- set_next_run(id PipelineId, next_run_at Time) -> none
update chats.pipeline set next_run_at = :next_run_at where id = :id;

-- has_open_run(pipeline_id PipelineId) -> one bool
select exists (select from chats.pipeline_run where pipeline_id = :pipeline_id and trigger = 'scheduled' and status in ('waiting', 'running'));

-- bound_pipeline(chat_id ChatId) -> maybe BoundPipeline
-- Of those that answer in the chat: its own, else its profile's, else the one of all chats.
select v.pipeline_id as id, v.number, v.definition
from (select b.organization_id, b.pipeline_id
      from chats.chat c
      join chats.pipeline_binding b on b.organization_id = c.organization_id
       and (b.chat_id = c.id or b.entity_profile_id = c.entity_profile_id or (b.chat_id is null and b.entity_profile_id is null))
      where c.id = :chat_id
      order by b.chat_id nulls last, b.entity_profile_id nulls last limit 1) b
join chats.pipeline p on p.organization_id = b.organization_id and p.id = b.pipeline_id
join chats.pipeline_version v on v.organization_id = p.organization_id and v.pipeline_id = p.id and v.number = p.number;

-- bind_pipeline(pipeline_id PipelineId, chat_id std::optional<ChatId>, entity_profile_id std::optional<EntityProfileId>) -> none
-- In the place of the one that answered there.
insert into chats.pipeline_binding (pipeline_id, chat_id, entity_profile_id) values (:pipeline_id, :chat_id, :entity_profile_id)
on conflict (organization_id, chat_id, entity_profile_id) do update set pipeline_id = excluded.pipeline_id, created_at = now();

-- unbind_pipeline(pipeline_id PipelineId, chat_id std::optional<ChatId>, entity_profile_id std::optional<EntityProfileId>) -> none
delete from chats.pipeline_binding
where pipeline_id = :pipeline_id and chat_id is not distinct from :chat_id and entity_profile_id is not distinct from :entity_profile_id;

-- pipeline_bindings(pipeline_id PipelineId) -> many PipelineBinding
select chat_id, entity_profile_id from chats.pipeline_binding where pipeline_id = :pipeline_id order by created_at, chat_id, entity_profile_id;
