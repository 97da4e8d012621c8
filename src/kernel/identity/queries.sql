-- #include "kernel/identity/model.h"

-- add_organization(name std::string, is_local bool) -> none
insert into identity.organization (name, is_local) values (:name, :is_local);

-- add_workspace(id WorkspaceId, name std::string) -> none
insert into identity.workspace (id, name) values (:id, :name);

-- add_project(id ProjectId, workspace_id WorkspaceId, name std::string) -> none
insert into identity.project (id, workspace_id, name) values (:id, :workspace_id, :name);

-- add_user(id UserId, name std::string, email std::string, password_hash std::string) -> maybe User
-- No row when the organization has the address already.
insert into identity.user (id, name, email, password_hash) values (:id, :name, :email, :password_hash)
on conflict (organization_id, email) do nothing
returning id, name, email;

-- home(user_id UserId) -> maybe Home
select o.organization_id, o.name as organization_name, w.id as workspace_id, w.name as workspace_name,
       p.id as project_id, p.name as project_name, u.id as user_id, u.name as user_name, u.email, u.is_service_account
from identity.user u
join identity.organization o on o.organization_id = u.organization_id
join identity.project p on p.organization_id = u.organization_id
join identity.workspace w on w.organization_id = p.organization_id and w.id = p.workspace_id
where u.id = :user_id
order by w.created_at, w.id, p.created_at, p.id
limit 1;

-- workspace_of(project_id ProjectId) -> one WorkspaceId
select workspace_id from identity.project where id = :project_id;

-- find_workspace(workspace_id WorkspaceId) -> one WorkspaceId
select id from identity.workspace where id = :workspace_id;

-- local_account() -> maybe Account
-- As ramify_system.
select p.organization_id, p.id as user_id, p.password_hash
from identity.user p join identity.organization o on o.organization_id = p.organization_id
where o.is_local order by p.created_at, p.id limit 1;

-- first_organization() -> maybe OrganizationId
-- As ramify_system: the operator's own.
select organization_id from identity.organization order by created_at, organization_id limit 1;

-- has_owner() -> one bool
-- As ramify_system: whether anybody can sign in.
select exists (select from identity.user where password_hash <> '');

-- put_setup_token(token_hash store::Bytes) -> none
insert into identity.setup (token_hash) values (:token_hash)
on conflict (only_row) do update set token_hash = excluded.token_hash, made_at = now();

-- is_setup_token(token_hash store::Bytes) -> one bool
select exists (select from identity.setup where token_hash = :token_hash);

-- use_setup_token(token_hash store::Bytes) -> none
delete from identity.setup where token_hash = :token_hash;

-- accounts(email std::string) -> many Account
-- As ramify_system: a person may have an account in several organizations.
select organization_id, id as user_id, password_hash from identity.user
where email = :email and not is_service_account order by created_at, id limit 4;

-- set_password(user_id UserId, password_hash std::string) -> none
update identity.user set password_hash = :password_hash where id = :user_id and not is_service_account;

-- add_session(id SessionId, user_id UserId, cookie_hash store::Bytes, address std::string, user_agent std::string, idle_days int) -> none
insert into identity.session (id, user_id, cookie_hash, address, user_agent, expires_at)
values (:id, :user_id, :cookie_hash, :address, :user_agent, now() + make_interval(days => :idle_days));

-- trim_sessions(user_id UserId, sessions_max int) -> none
delete from identity.session
where user_id = :user_id and (expires_at <= now() or id in (
    select id from identity.session where user_id = :user_id order by last_seen_at desc, id desc offset :sessions_max));

-- session_by_cookie(cookie_hash store::Bytes) -> maybe Credential
-- As ramify_system.
select organization_id, user_id, id as session_id, null::uuid as token_id, null::jsonb as permissions, last_seen_at as used_at, expires_at
from identity.session where cookie_hash = :cookie_hash and expires_at > now();

-- touch_session(organization_id OrganizationId, id SessionId, idle_days int, age_days int) -> none
-- As ramify_system: the session was used, so it ends later.
update identity.session
set last_seen_at = now(),
    expires_at = least(now() + make_interval(days => :idle_days), created_at + make_interval(days => :age_days))
where organization_id = :organization_id and id = :id;

-- sessions(user_id UserId, current SessionId) -> many SessionSummary
select id, created_at, last_seen_at, expires_at, address, user_agent, id = :current as is_current
from identity.session where user_id = :user_id and expires_at > now()
order by last_seen_at desc, id desc;

-- remove_session(user_id UserId, id SessionId) -> none
delete from identity.session where user_id = :user_id and id = :id;

-- remove_sessions(user_id UserId) -> none
delete from identity.session where user_id = :user_id;

-- add_token(id TokenId, user_id UserId, token_hash store::Bytes, name std::string,
--           permissions std::optional<std::vector<std::string>>, expires_at std::optional<Time>, tokens_max int64_t) -> maybe Token
-- No row when it would be one too many.
insert into identity.token (id, user_id, token_hash, name, permissions, expires_at)
select :id, :user_id, :token_hash, :name, :permissions, :expires_at
where (select count(*) from identity.token where user_id = :user_id) < :tokens_max
returning id, name, to_jsonb(permissions) as permissions, created_at, expires_at, last_used_at;

-- tokens(user_id UserId) -> many Token
select id, name, to_jsonb(permissions) as permissions, created_at, expires_at, last_used_at
from identity.token where user_id = :user_id order by created_at desc, id desc;

-- token_by_hash(token_hash store::Bytes) -> maybe Credential
-- As ramify_system.
select organization_id, user_id, null::uuid as session_id, id as token_id, to_jsonb(permissions) as permissions, last_used_at as used_at, expires_at
from identity.token where token_hash = :token_hash and (expires_at is null or expires_at > now());

-- touch_token(organization_id OrganizationId, id TokenId) -> none
-- As ramify_system.
update identity.token set last_used_at = now() where organization_id = :organization_id and id = :id;

-- remove_token(user_id UserId, id TokenId) -> none
delete from identity.token where user_id = :user_id and id = :id;

-- remove_tokens(user_id UserId) -> none
delete from identity.token where user_id = :user_id;

-- remove_expired_tokens(user_id UserId) -> none
delete from identity.token where user_id = :user_id and expires_at <= now();
