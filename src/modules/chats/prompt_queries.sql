-- #include "modules/chats/ids.h"
-- #include "modules/chats/prompt_model.h"

-- add_prompt_template(id PromptTemplateId, name std::string, scope PromptScope, scope_id std::string, text std::string, is_enabled bool) -> one PromptTemplate
insert into chats.prompt_template (id, name, scope, scope_id, text, is_enabled) values (:id, :name, :scope, :scope_id, :text, :is_enabled)
returning id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version;

-- prompt_template(id PromptTemplateId) -> maybe PromptTemplate
select id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version from chats.prompt_template where id = :id;

-- lock_prompt_template(id PromptTemplateId) -> maybe PromptTemplate
select id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version from chats.prompt_template where id = :id for update;

-- prompt_templates(scope std::optional<PromptScope>, scope_id std::optional<std::string>, after std::optional<PromptTemplateId>, limit int64_t) -> many PromptTemplate
select id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version from chats.prompt_template
where (:scope::text is null or scope = :scope) and (:scope_id::text is null or scope_id = :scope_id) and (:after::uuid is null or id > :after)
order by id limit :limit;

-- prompt_template_names() -> many std::string
select name from chats.prompt_template;

-- enabled_prompt_template(scope PromptScope, scope_id std::string) -> maybe PromptTemplate
select id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version from chats.prompt_template
where scope = :scope and scope_id = :scope_id and is_enabled;

-- has_prompt_template() -> one bool
-- Whether the organization has any that a chat might get.
select exists (select 1 from chats.prompt_template where is_enabled);

-- prompt_setting(chat_id std::optional<ChatId>, generation_id std::optional<GenerationId>) -> maybe PromptSetting
-- Of the chat, or of the one that the generation answers in. The persona is the one chosen for the chat, else the default.
-- has_…: whether the organization has any at all; most have none, and then none is looked for. "offset 0" as in messages_shown.
select c.title, c.created_at, c.vars, c.entity_profile_id, p.id as persona_id, p.name as persona_name, p.description as persona_description,
       exists (select from chats.prompt_template where is_enabled) as has_template,
       exists (select from chats.lorebook_binding) as has_lore,
       exists (select from chats.knowledge_binding) as has_knowledge,
       coalesce(g.lore_trigger, 'normal') as lore_trigger, coalesce(g.has_pipeline, false) as has_pipeline
from (select coalesce(:chat_id::uuid, (select chat_id from chats.generation where id = :generation_id)) as id offset 0) asked
cross join lateral (select * from chats.chat where id = asked.id offset 0) c
left join lateral (
    select id, name, description from chats.persona
    where organization_id = c.organization_id and (id = c.persona_id or is_default)
    order by id = c.persona_id desc nulls last limit 1) p on true
left join lateral (
    select case when g.task = 'continuation' then 'continue' when g.task = 'impersonation' then 'impersonate' when v.number > 1 then 'regenerate' else 'normal' end as lore_trigger,
           (select r.definition is not null from chats.pipeline_run r where r.organization_id = g.organization_id and r.id = g.run_id) as has_pipeline
    from chats.generation g
    cross join lateral (select number from chats.variant where organization_id = g.organization_id and id = g.variant_id offset 0) v
    where g.id = :generation_id) g on true;

-- template_of_chat(chat_scope_id std::string, profile_scope_id std::string) -> maybe PromptText
-- The chat's own, else one of its profile, else a global one.
select name, text from chats.prompt_template
where is_enabled and (scope, scope_id) in (('chat', :chat_scope_id), ('entity_profile', :profile_scope_id), ('global', ''))
order by scope limit 1;

-- prompt_text(name std::string) -> maybe PromptText
select name, text from chats.prompt_template where name = :name;

-- change_prompt_template(id PromptTemplateId, name std::string, text std::string, is_enabled bool) -> one PromptTemplate
update chats.prompt_template set name = :name, text = :text, is_enabled = :is_enabled, updated_at = now(), version = version + 1 where id = :id
returning id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version;

-- delete_prompt_template(id PromptTemplateId) -> none
delete from chats.prompt_template where id = :id;
