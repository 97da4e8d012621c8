-- #include "kernel/identity/service_account_model.h"

-- add_service_account(id UserId, name std::string, email std::string, accounts_max int64_t) -> none
-- No row when it would be one too many.
insert into identity.user (id, name, email, is_service_account)
select :id, :name, :email, true
where (select count(*) from identity.user where is_service_account) < :accounts_max;

-- service_accounts(only std::optional<UserId>) -> many ServiceAccountRow
select id, name, created_at from identity.user
where is_service_account and (:only::uuid is null or id = :only) order by name, id;

-- rename_service_account(id UserId, name std::string) -> none
update identity.user set name = :name where id = :id and is_service_account;

-- remove_service_account(id UserId) -> none
delete from identity.user where id = :id and is_service_account;

-- organization_of_service_account(id UserId) -> maybe OrganizationId
-- As ramify_system.
select organization_id from identity.user where id = :id and is_service_account;

-- add_trust_rule(id TrustRuleId, service_account_id UserId, issuer std::string, audience std::string, claims std::vector<TrustedClaim>,
--                permissions std::optional<std::vector<std::string>>, token_lifetime_s int64_t, rules_max int64_t) -> maybe TrustRule
-- No row when it would be one too many.
insert into identity.trust_rule (id, service_account_id, issuer, audience, claims, permissions, token_lifetime_s)
select :id, :service_account_id, :issuer, :audience, :claims, :permissions, :token_lifetime_s
where (select count(*) from identity.trust_rule where service_account_id = :service_account_id) < :rules_max
returning id, service_account_id, issuer, audience, claims, to_jsonb(permissions) as permissions, token_lifetime_s, created_at, last_used_at;

-- trust_rules(only std::optional<UserId>) -> many TrustRule
select id, service_account_id, issuer, audience, claims, to_jsonb(permissions) as permissions, token_lifetime_s, created_at, last_used_at
from identity.trust_rule where :only::uuid is null or service_account_id = :only
order by created_at, id;

-- remove_trust_rule(id TrustRuleId, service_account_id UserId) -> none
delete from identity.trust_rule where id = :id and service_account_id = :service_account_id;

-- trust_candidates(organization_id OrganizationId, service_account_id UserId, issuer std::string) -> many TrustRule
-- As ramify_system.
select id, service_account_id, issuer, audience, claims, to_jsonb(permissions) as permissions, token_lifetime_s, created_at, last_used_at
from identity.trust_rule where organization_id = :organization_id and service_account_id = :service_account_id and issuer = :issuer
order by created_at, id;

-- touch_trust_rule(id TrustRuleId) -> none
update identity.trust_rule set last_used_at = now() where id = :id;
