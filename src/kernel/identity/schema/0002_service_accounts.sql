-- Service accounts: users of an organization that are no persons. Jobs of CI act as them, by the ID token that their issuer signs.

alter table identity.user add column if not exists is_service_account boolean not null default false;
alter table identity.user drop constraint if exists user_service_account_has_no_password;
alter table identity.user add constraint user_service_account_has_no_password check (not is_service_account or password_hash = '');

-- Whose ID tokens may be exchanged for tokens of which service account.
create table if not exists identity.trust_rule (
    organization_id    uuid        not null,
    id                 uuid        not null,
    service_account_id uuid        not null,
    issuer             text        not null,
    audience           text        not null,
    claims             jsonb       not null,  -- [{"name": …, "pattern": …}], all of them must fit
    permissions        text[],                -- null: whatever the account may
    token_lifetime_s   integer     not null,
    created_at         timestamptz not null default now(),
    last_used_at       timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, service_account_id) references identity.user (organization_id, id) on delete cascade
);
create index if not exists trust_rule_by_account on identity.trust_rule (organization_id, service_account_id);
call store.isolate('identity.trust_rule');
-- An exchange begins with an account's id and no organization.
call store.allow_system('identity.trust_rule');
revoke insert, update, delete on identity.trust_rule from ramify_system;
