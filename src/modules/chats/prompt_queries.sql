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

-- prompt_setting(chat_id ChatId, chat_scope_id std::string, profile_scope_id std::string) -> maybe PromptSetting
-- The template is the chat's own, else one of its profile, else a global one; the persona is the one chosen for the chat, else the default.
select c.title, c.created_at, c.vars, t.name as template_name, t.text as template_text, p.id as persona_id, p.name as persona_name, p.description as persona_description
from chats.chat c
left join lateral (
    select name, text from chats.prompt_template
    where organization_id = c.organization_id and is_enabled and (scope, scope_id) in (('chat', :chat_scope_id), ('entity_profile', :profile_scope_id), ('global', ''))
    order by scope limit 1) t on true
left join lateral (
    select id, name, description from chats.persona
    where organization_id = c.organization_id and (id = c.persona_id or is_default)
    order by id = c.persona_id desc nulls last limit 1) p on true
where c.id = :chat_id;

-- prompt_text(name std::string) -> maybe PromptText
select name, text from chats.prompt_template where name = :name;

-- change_prompt_template(id PromptTemplateId, name std::string, text std::string, is_enabled bool) -> one PromptTemplate
update chats.prompt_template set name = :name, text = :text, is_enabled = :is_enabled, updated_at = now(), version = version + 1 where id = :id
returning id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version;

-- delete_prompt_template(id PromptTemplateId) -> none
delete from chats.prompt_template where id = :id;
