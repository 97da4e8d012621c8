-- #include "modules/chats/ids.h"
-- #include "modules/chats/lorebook_model.h"
-- #include "modules/chats/profile_model.h"

-- add_entity_profile(id EntityProfileId, project_id ProjectId, name std::string, spec Json, tags Json, creator std::string, meta Json, created_by std::optional<UserId>) -> none
insert into chats.entity_profile (id, project_id, name, spec, tags, creator, meta, created_by)
values (:id, :project_id, :name, :spec, :tags, :creator, :meta, :created_by);

-- entity_profile(id EntityProfileId) -> maybe EntityProfile
select p.id, p.name, p.kind, p.spec, p.meta, p.status, f.path is not null as has_avatar, '[]'::jsonb as warnings, p.lorebook_id, p.project_id, p.created_at, p.updated_at, p.version
from chats.entity_profile p left join chats.profile_file f on f.organization_id = p.organization_id and f.profile_id = p.id and f.path = ''
where p.id = :id;

-- lock_entity_profile(id EntityProfileId) -> maybe EntityProfile
select p.id, p.name, p.kind, p.spec, p.meta, p.status, false as has_avatar, '[]'::jsonb as warnings, p.lorebook_id, p.project_id, p.created_at, p.updated_at, p.version
from chats.entity_profile p where p.id = :id for update;

-- entity_profiles_page(status ProfileStatus, before_at std::optional<Time>, before_id std::optional<EntityProfileId>, limit int64_t) -> many ListedProfile
select p.id, p.name, p.kind, p.tags, p.creator, p.status, f.path is not null as has_avatar, p.project_id, p.created_at, p.updated_at, p.version
from chats.entity_profile p left join chats.profile_file f on f.organization_id = p.organization_id and f.profile_id = p.id and f.path = ''
where p.status = :status and (:before_at::timestamptz is null or (p.updated_at, p.id) < (:before_at, :before_id))
order by p.updated_at desc, p.id desc
limit :limit;

-- change_entity_profile(id EntityProfileId, name std::string, spec Json, tags Json, creator std::string, meta std::optional<Json>, status std::optional<ProfileStatus>) -> none
update chats.entity_profile set name = :name, spec = :spec, tags = :tags, creator = :creator, meta = coalesce(:meta, meta),
       status = coalesce(:status, status), updated_at = now(), version = version + 1
where id = :id;

-- archive_entity_profile(id EntityProfileId) -> none
update chats.entity_profile set status = 'archived', updated_at = now(), version = version + 1 where id = :id;

-- touch_entity_profile(id EntityProfileId) -> none
update chats.entity_profile set updated_at = now(), version = version + 1 where id = :id;

-- delete_entity_profile(id EntityProfileId, scope_id std::string) -> none
-- With the prompt templates that were for its chats alone, and the lorebook of its card when that is used nowhere else.
with templates as (delete from chats.prompt_template where scope = 'entity_profile' and scope_id = :scope_id),
     bindings as (delete from chats.lorebook_binding where scope = 'entity_profile' and scope_id = :scope_id),
     book as (delete from chats.lorebook b using chats.entity_profile p
              where p.id = :id and p.organization_id = b.organization_id and p.lorebook_id = b.id
                and not exists (select from chats.lorebook_binding i where i.organization_id = b.organization_id and i.lorebook_id = b.id
                                and (i.scope, i.scope_id) <> ('entity_profile', :scope_id)))
delete from chats.entity_profile where id = :id;

-- count_chats_of_profile(entity_profile_id EntityProfileId) -> one int64_t
select count(*) from chats.chat where entity_profile_id = :entity_profile_id;

-- set_profile_book(id EntityProfileId, lorebook_id LorebookId, book Json) -> none
update chats.entity_profile set lorebook_id = :lorebook_id, book = :book,
       lorebook_version = (select b.version from chats.lorebook b where b.id = :lorebook_id)
where id = :id;

-- profile_book(id EntityProfileId) -> maybe ProfileBook
select p.book, p.lorebook_id, b.version <> p.lorebook_version as is_changed
from chats.entity_profile p join chats.lorebook b on b.organization_id = p.organization_id and b.id = p.lorebook_id
where p.id = :id;

-- add_profile_file(profile_id EntityProfileId, path std::string, position int64_t, bytes store::Bytes) -> none
insert into chats.profile_file (profile_id, path, position, bytes) values (:profile_id, :path, :position, :bytes)
on conflict (organization_id, profile_id, path) do update set bytes = excluded.bytes;

-- profile_files(profile_id EntityProfileId) -> many ProfileFile
select path, encode(bytes, 'hex') as hex from chats.profile_file where profile_id = :profile_id order by position;

-- profile_picture(profile_id EntityProfileId) -> maybe ProfileFile
select path, encode(bytes, 'hex') as hex from chats.profile_file where profile_id = :profile_id and path = '';
