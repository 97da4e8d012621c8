-- #include "kernel/access/model.h"

-- memberships(user_id UserId) -> many Membership
select id, user_id, workspace_id, project_id, role, created_at
from access.membership where user_id = :user_id
order by workspace_id nulls first, project_id nulls first;

-- grant_role(id MembershipId, user_id UserId, workspace_id std::optional<WorkspaceId>, project_id std::optional<ProjectId>,
--            role Role) -> one Membership
insert into access.membership (id, user_id, workspace_id, project_id, role)
values (:id, :user_id, :workspace_id, :project_id, :role)
on conflict (organization_id, user_id, workspace_id, project_id) do update set role = excluded.role
returning id, user_id, workspace_id, project_id, role, created_at;

-- lock_owners() -> many Membership
-- Locked in one order, so that two transactions that each take an owner away queue up.
select id, user_id, workspace_id, project_id, role, created_at from access.membership
where workspace_id is null and project_id is null and role = 'owner'
order by id for update;

-- revoke_role(id MembershipId) -> none
delete from access.membership where id = :id;

-- organization_roles(user_ids std::vector<UserId>) -> many Membership
-- Of each user the role in the whole organization.
select id, user_id, workspace_id, project_id, role, created_at from access.membership
where user_id = any(:user_ids) and workspace_id is null and project_id is null;

-- revoke_roles(user_id UserId) -> none
delete from access.membership where user_id = :user_id;
