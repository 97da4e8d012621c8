-- #include "modules/chats/ids.h"
-- #include "modules/chats/persona_model.h"

-- add_persona(id PersonaId, name std::string, description std::string, is_default bool) -> one Persona
insert into chats.persona (id, name, description, is_default) values (:id, :name, :description, :is_default)
returning id, name, description, is_default, created_at, updated_at, version;

-- persona(id PersonaId) -> maybe Persona
select id, name, description, is_default, created_at, updated_at, version from chats.persona where id = :id;

-- lock_persona(id PersonaId) -> maybe Persona
select id, name, description, is_default, created_at, updated_at, version from chats.persona where id = :id for update;

-- personas(after std::optional<PersonaId>, limit int64_t) -> many Persona
select id, name, description, is_default, created_at, updated_at, version from chats.persona
where :after::uuid is null or id > :after order by id limit :limit;

-- count_personas() -> one int64_t
select count(*) from chats.persona;

-- change_persona(id PersonaId, name std::string, description std::string, is_default bool) -> one Persona
update chats.persona set name = :name, description = :description, is_default = :is_default, updated_at = now(), version = version + 1 where id = :id
returning id, name, description, is_default, created_at, updated_at, version;

-- no_default_persona() -> none
update chats.persona set is_default = false, version = version + 1 where is_default;

-- delete_persona(id PersonaId) -> none
-- Its chats name none afterwards.
with forgotten as (update chats.chat set persona_id = null, version = version + 1 where persona_id = :id)
delete from chats.persona where id = :id;
