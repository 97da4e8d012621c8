-- #include "modules/apps/model.h"

-- add_app(id AppId, project_id std::optional<ProjectId>, name std::string, template_name std::string, chat_id ChatId, branch_id BranchId, created_by std::optional<UserId>) -> none
insert into apps.app (id, project_id, name, template, chat_id, branch_id, created_by) values (:id, :project_id, :name, :template_name, :chat_id, :branch_id, :created_by);

-- app(id AppId) -> maybe App
select a.id, a.name, a.template, a.project_id, a.chat_id, a.branch_id, b.head_version_id as current_version_id, a.created_at, a.updated_at, a.version
from apps.app a left join apps.branch b on b.organization_id = a.organization_id and b.id = a.branch_id
where a.id = :id;

-- apps_page(before_at std::optional<Time>, before_id std::optional<AppId>, limit int64_t) -> many App
select a.id, a.name, a.template, a.project_id, a.chat_id, a.branch_id, b.head_version_id as current_version_id, a.created_at, a.updated_at, a.version
from apps.app a left join apps.branch b on b.organization_id = a.organization_id and b.id = a.branch_id
where :before_at::timestamptz is null or (a.updated_at, a.id) < (:before_at, :before_id)
order by a.updated_at desc, a.id desc limit :limit;

-- lock_app(id AppId) -> maybe int64_t
select version from apps.app where id = :id for update;

-- rename_app(id AppId, name std::string) -> none
update apps.app set name = :name, updated_at = now(), version = version + 1 where id = :id;

-- delete_app(id AppId) -> none
delete from apps.app where id = :id;

-- next_number(id AppId) -> maybe int64_t
-- The number of the next version; the app is locked until the commit, so numbers have no gap.
update apps.app set last_number = last_number + 1, updated_at = now() where id = :id returning last_number;

-- add_version(id VersionId, app_id AppId, branch_id BranchId, number int64_t, commit std::string, parent_id std::optional<VersionId>, message_id std::optional<MessageId>, variant_id std::optional<VariantId>, title std::string, restored_from_id std::optional<VersionId>, author std::string, files_changed int64_t) -> none
insert into apps.version (id, app_id, branch_id, number, commit, parent_id, message_id, variant_id, title, restored_from_id, author, files_changed)
values (:id, :app_id, :branch_id, :number, :commit, :parent_id, :message_id, :variant_id, :title, :restored_from_id, :author, :files_changed);

-- version(id VersionId, app_id AppId) -> maybe Version
select id, app_id, branch_id, number, commit, parent_id, message_id, variant_id, title, note, is_favorite, restored_from_id, author, files_changed, created_at
from apps.version where id = :id and app_id = :app_id;

-- version_of_variant(variant_id VariantId) -> maybe Version
select id, app_id, branch_id, number, commit, parent_id, message_id, variant_id, title, note, is_favorite, restored_from_id, author, files_changed, created_at
from apps.version where variant_id = :variant_id;

-- versions_page(app_id AppId, branch_id std::optional<BranchId>, before int64_t, limit int64_t) -> many Version
-- Of a branch: what its head descends from.
with recursive line as (
    select v.* from apps.version v join apps.branch b on b.organization_id = v.organization_id and b.head_version_id = v.id where b.id = :branch_id
    union all
    select v.* from apps.version v join line l on v.organization_id = l.organization_id and v.id = l.parent_id
)
select id, app_id, branch_id, number, commit, parent_id, message_id, variant_id, title, note, is_favorite, restored_from_id, author, files_changed, created_at
from (select * from line where :branch_id::uuid is not null
      union all
      select * from apps.version where :branch_id::uuid is null and app_id = :app_id) v
where v.app_id = :app_id and v.number < :before
order by v.number desc limit :limit;

-- mark_version(id VersionId, note std::optional<std::string>, is_favorite std::optional<bool>) -> none
update apps.version set note = coalesce(:note, note), is_favorite = coalesce(:is_favorite, is_favorite) where id = :id;

-- add_branch(id BranchId, app_id AppId, head_version_id VersionId) -> none
insert into apps.branch (id, app_id, head_version_id) values (:id, :app_id, :head_version_id);

-- head(id BranchId) -> maybe Head
select b.id as branch_id, b.app_id, b.head_version_id as version_id, v.commit, v.number
from apps.branch b join apps.version v on v.organization_id = b.organization_id and v.id = b.head_version_id
where b.id = :id;

-- lock_head(id BranchId) -> maybe VersionId
select head_version_id from apps.branch where id = :id for update;

-- move_head(id BranchId, head_version_id VersionId) -> none
update apps.branch set head_version_id = :head_version_id where id = :id;

-- delete_branch(id BranchId) -> none
delete from apps.branch where id = :id;

-- all_heads() -> many AnyHead
select b.organization_id, b.id as branch_id, b.app_id, v.commit
from apps.branch b join apps.version v on v.organization_id = b.organization_id and v.id = b.head_version_id
order by b.organization_id, b.app_id, b.id;

-- is_version(organization_id OrganizationId, app_id AppId, commit std::string) -> one bool
select exists (select from apps.version where organization_id = :organization_id and app_id = :app_id and commit = :commit);

-- add_preview(id PreviewId, app_id AppId, branch_id std::optional<BranchId>, version_id VersionId, created_by std::optional<UserId>) -> none
insert into apps.preview (id, app_id, branch_id, version_id, created_by) values (:id, :app_id, :branch_id, :version_id, :created_by);

-- preview(id PreviewId) -> maybe Preview
select id, app_id, branch_id, version_id, status, '' as url, error, created_at, ready_at, version from apps.preview where id = :id;

-- preview_of_branch(branch_id BranchId) -> maybe Preview
select id, app_id, branch_id, version_id, status, '' as url, error, created_at, ready_at, version from apps.preview where branch_id = :branch_id;

-- preview_of_version(version_id VersionId) -> maybe Preview
select id, app_id, branch_id, version_id, status, '' as url, error, created_at, ready_at, version from apps.preview
where version_id = :version_id and branch_id is null;

-- previews(app_id std::optional<AppId>, before std::optional<PreviewId>, limit int64_t) -> many Preview
-- Ids sort by time.
select id, app_id, branch_id, version_id, status, '' as url, error, created_at, ready_at, version from apps.preview
where (:app_id::uuid is null or app_id = :app_id) and (:before::uuid is null or id < :before) order by id desc limit :limit;

-- set_preview_status(id PreviewId, status PreviewStatus, version_id VersionId, error std::optional<std::string>) -> none
update apps.preview set status = :status, version_id = :version_id, error = :error, version = version + 1,
       ready_at = case when :status = 'ready' then coalesce(ready_at, clock_timestamp()) else ready_at end
where id = :id;

-- delete_preview(id PreviewId) -> none
delete from apps.preview where id = :id;

-- delete_previews(app_id AppId, branch_id std::optional<BranchId>) -> many PreviewId
delete from apps.preview where app_id = :app_id and (:branch_id::uuid is null or branch_id = :branch_id) returning id;

-- preview_owner(id PreviewId) -> maybe PreviewOwner
select organization_id, app_id, created_by from apps.preview where id = :id;

-- put_previews_to_sleep() -> none
-- Nothing runs when the server starts.
update apps.preview set status = 'asleep', version = version + 1 where status in ('queued', 'installing', 'starting', 'ready');

-- add_branch_database(branch_id BranchId, app_id AppId) -> none
insert into apps.branch_database (branch_id, app_id) values (:branch_id, :app_id);

-- fork_branch_database(branch_id BranchId, from_branch_id BranchId) -> none
insert into apps.branch_database (branch_id, app_id, from_branch_id)
select :branch_id, app_id, branch_id from apps.branch_database where branch_id = :from_branch_id;

-- follow_branch_database(branch_id BranchId) -> none
update apps.branch_database set status = 'making', error = null, version = version + 1 where branch_id = :branch_id;

-- branch_databases(app_id AppId) -> many BranchDatabase
select branch_id, app_id, version_id, from_branch_id, instance_id, status, error, created_at, version
from apps.branch_database where app_id = :app_id order by created_at, branch_id;

-- unready_branch_databases() -> many OwnedBranch
select organization_id, branch_id from apps.branch_database where status <> 'ready' order by organization_id, branch_id;

-- branch_database_work(branch_id BranchId) -> maybe BranchDatabaseWork
select d.branch_id, d.app_id, a.chat_id, a.template, d.version_id, d.from_branch_id, d.becoming_ref, d.instance_id, d.status,
       b.head_version_id, v.commit as head_commit
from apps.branch_database d
join apps.app a on a.organization_id = d.organization_id and a.id = d.app_id
join apps.branch b on b.organization_id = d.organization_id and b.id = d.branch_id
join apps.version v on v.organization_id = b.organization_id and v.id = b.head_version_id
where d.branch_id = :branch_id;

-- set_branch_database(branch_id BranchId, version_id std::optional<VersionId>, becoming_ref std::optional<std::string>, instance_id std::optional<std::string>, status DatabaseStatus, error std::optional<std::string>) -> maybe BranchDatabase
update apps.branch_database
set version_id = :version_id, becoming_ref = :becoming_ref, instance_id = :instance_id, status = :status, error = :error, version = version + 1
where branch_id = :branch_id
returning branch_id, app_id, version_id, from_branch_id, instance_id, status, error, created_at, version;

-- data_source(branch_id BranchId, from_branch_id std::optional<BranchId>, version_id VersionId) -> maybe DataSource
-- The data of the version, or of the nearest one that it descends from: the branch's own, else that of the branch that it was
-- forked from, else another's; and what a database has now rather than what was kept. A restored version continues the one that it equals.
with recursive line as (
    select organization_id, id, coalesce(restored_from_id, parent_id) as before_id, 0 as depth from apps.version where id = :version_id
    union all
    select v.organization_id, v.id, coalesce(v.restored_from_id, v.parent_id), l.depth + 1
    from apps.version v join line l on v.organization_id = l.organization_id and v.id = l.before_id
), source as (
    select l.depth, l.id as version_id, d.branch_id, null as ref, d.created_at as at, d.version as changes
    from line l join apps.branch_database d on d.organization_id = l.organization_id and d.version_id = l.id where d.becoming_ref is null
    union all
    select l.depth, l.id, k.branch_id, k.ref, k.kept_at, 0 from line l join apps.kept_data k on k.organization_id = l.organization_id and k.version_id = l.id
)
select version_id, branch_id, ref, changes from source
order by depth, branch_id = :branch_id desc, branch_id = :from_branch_id desc nulls last, ref is null desc, at desc limit 1;

-- keep_data(version_id VersionId, branch_id BranchId, ref std::string) -> none
-- Of a branch that is there, and stays so until the commit.
insert into apps.kept_data (version_id, branch_id, app_id, ref)
select :version_id, branch_id, app_id, :ref from apps.branch_database where branch_id = :branch_id for key share
on conflict (organization_id, version_id, branch_id) do update set ref = excluded.ref, kept_at = now();

-- forget_old_data(app_id AppId, kept_max int64_t) -> many std::string
-- What was kept longest ago goes. What the first version had stays: every other one falls back to it.
delete from apps.kept_data where app_id = :app_id and (version_id, branch_id) in (
    select k.version_id, k.branch_id from apps.kept_data k join apps.version v on v.organization_id = k.organization_id and v.id = k.version_id
    where k.app_id = :app_id and v.parent_id is not null order by k.kept_at desc offset :kept_max)
returning ref;

-- forget_data_of(branch_id BranchId) -> many std::string
delete from apps.kept_data where branch_id = :branch_id returning ref;

-- delete_branch_database(branch_id BranchId) -> maybe BranchDatabase
delete from apps.branch_database where branch_id = :branch_id
returning branch_id, app_id, version_id, from_branch_id, instance_id, status, error, created_at, version;
