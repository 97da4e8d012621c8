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
