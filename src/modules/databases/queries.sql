-- #include "modules/databases/clone_model.h"
-- #include "modules/databases/instance_model.h"
-- #include "modules/databases/prepare_model.h"
-- #include "modules/databases/ref_model.h"
-- #include "modules/databases/rows.h"
-- #include "modules/databases/run_model.h"
-- #include "modules/databases/state_model.h"
-- #include "modules/databases/step_model.h"

-- state(id std::string) -> maybe StateRow
select id, parent_id, image, image_digest, kind, outline, step, bytes, build_ms, created_at from databases.state where id = :id;

-- states_named(ids std::vector<std::string>) -> many StateRow
select id, parent_id, image, image_digest, kind, outline, step, bytes, build_ms, created_at from databases.state where id = any(:ids);

-- states_beginning(prefix std::string) -> many std::string
-- A hash is spelled in hex digits alone, so the pattern needs no escaping. One more than two tells that it is ambiguous.
select id from databases.state where id like :prefix || '%' order by id limit 10;

-- newest_of_outline(outline std::string) -> maybe StateRow
select id, parent_id, image, image_digest, kind, outline, step, bytes, build_ms, created_at
from databases.state where outline = :outline order by created_at desc limit 1;

-- add_state(id std::string, parent_id std::optional<std::string>, image std::string, image_digest std::string, kind StateKind, outline std::string,
--           step Json, bytes int64_t, build_ms int64_t, created_by std::optional<UserId>) -> none
insert into databases.state (id, parent_id, image, image_digest, kind, outline, step, bytes, build_ms, created_by)
values (:id, :parent_id, :image, :image_digest, :kind, :outline, :step, :bytes, :build_ms, :created_by)
on conflict (organization_id, id) do update set build_ms = excluded.build_ms, bytes = excluded.bytes, created_at = now();

-- liquibase_plan(key std::string) -> maybe Json
select plan from databases.liquibase_plan where key = :key;

-- add_liquibase_plan(key std::string, plan Json) -> none
insert into databases.liquibase_plan (key, plan) values (:key, :plan) on conflict (organization_id, key) do update set created_at = now();

-- forget_liquibase_plans(kept int64_t) -> none
-- All but the newest.
delete from databases.liquibase_plan where key in (select key from databases.liquibase_plan order by created_at desc, key offset :kept);

-- use_state(id std::string) -> none
update databases.state set uses = uses + 1, last_used_at = now() where id = :id;

-- states_page(before_at std::optional<Time>, before_id std::optional<std::string>, limit int64_t) -> many State
select s.id, s.parent_id, s.image, s.kind, s.outline as title, s.bytes, s.build_ms, s.uses,
       (select count(*) from databases.instance i where i.state_id = s.id) as instances,
       (select coalesce(jsonb_agg(r.name order by r.name), '[]') from databases.ref r where r.state_id = s.id) as refs,
       s.created_at, s.last_used_at
from databases.state s
where :before_at::timestamptz is null or (s.created_at, s.id) < (:before_at, :before_id)
order by s.created_at desc, s.id desc limit :limit;

-- clones(title std::optional<std::string>, limit int64_t) -> many Clone
-- Of each title the last one that was taken: what is cloned again has another dump.
select distinct on (step ->> 'title') step ->> 'title' as title, id as state_id, step #>> '{inputs,0,sha256}' as sha256,
       (step #>> '{inputs,0,bytes}')::bigint as bytes, created_at
from databases.state where kind = 'clone' and (:title::text is null or step ->> 'title' = :title)
order by step ->> 'title', created_at desc limit :limit;

-- state_shown(id std::string) -> maybe State
select s.id, s.parent_id, s.image, s.kind, s.outline as title, s.bytes, s.build_ms, s.uses,
       (select count(*) from databases.instance i where i.state_id = s.id) as instances,
       (select coalesce(jsonb_agg(r.name order by r.name), '[]') from databases.ref r where r.state_id = s.id) as refs,
       s.created_at, s.last_used_at
from databases.state s where s.id = :id;

-- delete_state(id std::string) -> none
delete from databases.state where id = :id;

-- delete_refs_of(state_id std::string) -> none
delete from databases.ref where state_id = :state_id;

-- add_instance(id InstanceId, name std::optional<std::string>, state_id std::string, image std::string, status InstanceStatus, origin Origin, parent_id std::optional<InstanceId>,
--              verifier std::string, ttl_ms int64_t, lease_ms std::optional<int64_t>, created_by std::optional<UserId>) -> none
insert into databases.instance (id, name, state_id, image, status, origin, parent_id, verifier, ttl_ms, lease_until, created_by)
values (:id, :name, :state_id, :image, :status, :origin, :parent_id, :verifier, :ttl_ms, now() + :lease_ms::bigint * interval '1 millisecond', :created_by);

-- instance(id InstanceId) -> maybe InstanceRow
select id, organization_id, name, state_id, image, status, error, origin, parent_id, verifier, ttl_ms, lease_until, created_at, last_used_at,
       case when origin <> 'app' then greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) end as expires_at,
       warned_expires_at is not distinct from greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) as is_expiring, is_full, version
from databases.instance where id = :id;

-- instance_named(name std::string) -> many InstanceRow
-- Of one organization at most one; the proxy asks across all.
select id, organization_id, name, state_id, image, status, error, origin, parent_id, verifier, ttl_ms, lease_until, created_at, last_used_at,
       case when origin <> 'app' then greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) end as expires_at,
       warned_expires_at is not distinct from greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) as is_expiring, is_full, version
from databases.instance where name = :name limit 2;

-- lock_instance(id InstanceId) -> maybe InstanceRow
select id, organization_id, name, state_id, image, status, error, origin, parent_id, verifier, ttl_ms, lease_until, created_at, last_used_at,
       case when origin <> 'app' then greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) end as expires_at,
       warned_expires_at is not distinct from greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) as is_expiring, is_full, version
from databases.instance where id = :id for update;

-- instances_page(before std::optional<InstanceId>, limit int64_t) -> many InstanceRow
select id, organization_id, name, state_id, image, status, error, origin, parent_id, verifier, ttl_ms, lease_until, created_at, last_used_at,
       case when origin <> 'app' then greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) end as expires_at,
       warned_expires_at is not distinct from greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) as is_expiring, is_full, version
from databases.instance where :before::uuid is null or id < :before order by id desc limit :limit;

-- instances_between(first InstanceId, last InstanceId, limit int64_t) -> many InstanceRow
select id, organization_id, name, state_id, image, status, error, origin, parent_id, verifier, ttl_ms, lease_until, created_at, last_used_at,
       case when origin <> 'app' then greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) end as expires_at,
       warned_expires_at is not distinct from greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) as is_expiring, is_full, version
from databases.instance where id between :first and :last order by id limit :limit;

-- set_instance_status(id InstanceId, status InstanceStatus, error std::optional<std::string>) -> none
update databases.instance set status = :status, error = :error, version = version + 1 where id = :id;

-- set_instance_state(id InstanceId, state_id std::string, image std::string) -> none
update databases.instance set state_id = :state_id, image = :image, is_full = false, last_used_at = now(), version = version + 1 where id = :id;

-- change_instance(id InstanceId, name std::optional<std::string>, ttl_ms std::optional<int64_t>, lease_ms std::optional<int64_t>) -> none
update databases.instance set name = coalesce(:name, name), ttl_ms = coalesce(:ttl_ms, ttl_ms),
       lease_until = coalesce(now() + :lease_ms::bigint * interval '1 millisecond', lease_until), last_used_at = now(), version = version + 1 where id = :id;

-- touch_instances(ids std::vector<InstanceId>) -> none
update databases.instance set last_used_at = now() where id = any(:ids);

-- delete_instance(id InstanceId) -> none
delete from databases.instance where id = :id;

-- expired_instances() -> many OwnedInstance
select id, organization_id from databases.instance
where origin <> 'app' and greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) < now() order by id limit 100;

-- clock() -> one Time
select now();

-- shift_instances(ms int64_t) -> none
-- The clock went so much further than time, or back: those that were used before it did keep what was left of their time.
update databases.instance
set last_used_at = last_used_at + :ms * interval '1 millisecond', lease_until = lease_until + :ms * interval '1 millisecond',
    warned_expires_at = warned_expires_at + :ms * interval '1 millisecond'
where (:ms > 0 and last_used_at < now() - :ms * interval '1 millisecond') or (:ms < 0 and last_used_at > now());

-- ending_instances(ms_max int64_t, parts int64_t) -> many InstanceRow
-- Whose time is nearly over, and nobody was told of that end yet.
select id, organization_id, name, state_id, image, status, error, origin, parent_id, verifier, ttl_ms, lease_until, created_at, last_used_at,
       expires_at, false as is_expiring, is_full, version
from databases.instance i cross join lateral (select greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) as expires_at) e
where origin <> 'app' and warned_expires_at is distinct from expires_at
  and expires_at between now() and now() + least(:ms_max::bigint, ttl_ms / :parts::bigint) * interval '1 millisecond' order by expires_at limit 100;

-- set_warned(id InstanceId, expires_at Time) -> maybe InstanceId
update databases.instance set warned_expires_at = :expires_at, version = version + 1
where id = :id and warned_expires_at is distinct from :expires_at
  and greatest(last_used_at + ttl_ms * interval '1 millisecond', lease_until) = :expires_at returning id;

-- set_full(id InstanceId, is_full bool) -> none
update databases.instance set is_full = :is_full, version = version + 1 where id = :id;

-- instance_count() -> one int64_t
select count(*) from databases.instance;

-- all_instances() -> many OwnedInstance
select id, organization_id from databases.instance;

-- put_instances_to_sleep() -> none
-- One that is `starting` has not the data yet that its row says.
update databases.instance set status = 'asleep', error = null, version = version + 1 where status = 'ready';

-- set_ref(name std::string, state_id std::string, tags Json, is_pinned std::optional<bool>, keep_ms std::optional<int64_t>, created_by std::optional<UserId>) -> none
insert into databases.ref as r (name, state_id, tags, is_pinned, keep_until, created_by)
values (:name, :state_id, :tags, coalesce(:is_pinned, false), now() + :keep_ms::bigint * interval '1 millisecond', :created_by)
on conflict (organization_id, name) do update set state_id = excluded.state_id, tags = excluded.tags, is_pinned = coalesce(:is_pinned, r.is_pinned),
    keep_until = coalesce(excluded.keep_until, r.keep_until), version = r.version + 1;

-- ref(name std::string) -> maybe Ref
select name, state_id, tags, is_pinned, keep_until, created_at, version from databases.ref where name = :name;

-- refs_named(name std::string) -> many OwnedRef
select organization_id, name, state_id from databases.ref where name = :name limit 2;

-- refs_page(after std::string, limit int64_t) -> many Ref
select name, state_id, tags, is_pinned, keep_until, created_at, version from databases.ref where name > :after order by name limit :limit;

-- delete_ref(name std::string) -> none
delete from databases.ref where name = :name;

-- add_prepare(id PrepareId, kind StateKind, image std::string, request Json, status PrepareStatus, job_id std::optional<JobId>, created_by std::optional<UserId>) -> none
insert into databases.prepare (id, kind, image, request, status, job_id, created_by) values (:id, :kind, :image, :request, :status, :job_id, :created_by);

-- prepare(id PrepareId) -> maybe PrepareRow
select id, kind, image, request, status, steps, state_id, instance_id, failure, job_id, ms, created_at, ended_at from databases.prepare where id = :id;

-- prepares_page(before std::optional<PrepareId>, limit int64_t) -> many PrepareRow
select id, kind, image, '{}'::jsonb as request, status, steps, state_id, instance_id, failure, job_id, ms, created_at, ended_at
from databases.prepare where :before::uuid is null or id < :before order by id desc limit :limit;

-- prepares_between(first PrepareId, last PrepareId, limit int64_t) -> many PrepareRow
select id, kind, image, '{}'::jsonb as request, status, steps, state_id, instance_id, failure, job_id, ms, created_at, ended_at
from databases.prepare where id between :first and :last order by id limit :limit;

-- set_prepare_steps(id PrepareId, status PrepareStatus, steps std::vector<StepShown>) -> none
update databases.prepare set status = :status, steps = :steps where id = :id;

-- end_prepare(id PrepareId, status PrepareStatus, steps std::vector<StepShown>, state_id std::optional<std::string>, instance_id std::optional<InstanceId>, failure std::optional<Failure>, ms std::optional<int64_t>) -> none
update databases.prepare set status = :status, steps = :steps, state_id = :state_id, instance_id = :instance_id, failure = :failure,
       ms = coalesce(:ms::bigint, extract(epoch from clock_timestamp() - created_at) * 1000), ended_at = clock_timestamp()
where id = :id and ended_at is null;

-- image_uses(image std::string) -> one int64_t
select (select count(*) from databases.state where image = :image) + (select count(*) from databases.instance where image = :image);

-- add_run(id DatabaseRunId, kind RunKind, command Json, source std::string, instance_id InstanceId, state_id std::string, image std::string, is_own bool,
--         prepare_id std::optional<PrepareId>, compared_to std::optional<DatabaseRunId>, provenance Json, created_by std::optional<UserId>) -> none
insert into databases.run (id, kind, command, source, instance_id, state_id, image, is_own, prepare_id, compared_to, provenance, created_by)
values (:id, :kind, :command, :source, :instance_id, :state_id, :image, :is_own, :prepare_id, :compared_to, :provenance, :created_by);

-- forget_runs(kept int64_t) -> none
-- Ids are in the order of time.
delete from databases.run where id < (select id from databases.run order by id desc limit 1 offset :kept);

-- renew_run(id DatabaseRunId) -> none
update databases.run set seen_at = now() where id = :id;

-- end_run(id DatabaseRunId, outcome RunOutcome, exit_code int, ms int64_t, stdout_text std::string, stderr_text std::string, stdout_bytes int64_t, stderr_bytes int64_t) -> none
update databases.run set outcome = :outcome, exit_code = :exit_code, ms = :ms, stdout = :stdout_text, stderr = :stderr_text,
       stdout_bytes = :stdout_bytes, stderr_bytes = :stderr_bytes, seen_at = now(), ended_at = now()
where id = :id and ended_at is null;

-- run(id DatabaseRunId) -> maybe Run
-- A run that nobody has said anything of for the length of its lease is lost.
select id, kind, command, source, instance_id, state_id, image, is_own, prepare_id, compared_to, provenance,
       case when outcome = 'running' and seen_at < now() - interval '2 minutes' then 'lost' else outcome end as outcome,
       exit_code, ms, stdout_bytes, stderr_bytes, created_at, ended_at
from databases.run where id = :id;

-- runs_page(before std::optional<DatabaseRunId>, limit int64_t) -> many Run
select id, kind, command, source, instance_id, state_id, image, is_own, prepare_id, compared_to, provenance,
       case when outcome = 'running' and seen_at < now() - interval '2 minutes' then 'lost' else outcome end as outcome,
       exit_code, ms, stdout_bytes, stderr_bytes, created_at, ended_at
from databases.run where :before::uuid is null or id < :before order by id desc limit :limit;

-- run_output(id DatabaseRunId, is_stderr bool) -> maybe std::string
select case when :is_stderr then stderr else stdout end from databases.run where id = :id;

-- line_of(id std::string) -> many StateInLine
-- The state and all that comes from it, parents before children.
with recursive line as (
    select id, parent_id, outline, created_at, 0 as depth from databases.state where id = :id
    union all
    select s.id, s.parent_id, s.outline, s.created_at, l.depth + 1 from databases.state s join line l on s.parent_id = l.id
)
select l.id, l.parent_id, l.outline as title,
       (select count(*) from databases.ref r where r.state_id = l.id and (r.is_pinned or r.keep_until > now())) as pins
from line l order by l.depth, l.created_at, l.id;

-- instances_of(states std::vector<std::string>) -> many HeldInstance
select id, name, state_id, origin from databases.instance where state_id = any(:states) order by id;

-- tasks_of(states std::vector<std::string>) -> many StateTasks
-- Prepares that run and begin with a state, or make it.
select s.id as state_id, count(*) as tasks
from databases.prepare p
cross join unnest(:states::text[]) as s (id)
where p.ended_at is null and p.steps @> jsonb_build_array(jsonb_build_object('state_id', s.id))
group by s.id;

-- delete_prepare(id PrepareId) -> none
delete from databases.prepare where id = :id;

-- unneeded_states(limit int64_t) -> many UnneededState
-- Nothing names them, copies them or comes from them that is needed; children before parents.
with recursive needed as (
    select s.id, s.parent_id from databases.state s
    where exists (select from databases.instance i where i.state_id = s.id) or exists (select from databases.ref r where r.state_id = s.id)
    union
    select s.id, s.parent_id from databases.state s join needed n on n.parent_id = s.id
), line as (
    select id, 0 as depth from databases.state where parent_id is null
    union all
    select s.id, l.depth + 1 from databases.state s join line l on s.parent_id = l.id
)
select s.id, s.bytes from databases.state s join line l on l.id = s.id
where s.kind <> 'base' and not exists (select from needed n where n.id = s.id) order by l.depth desc limit :limit;

-- expected(outlines std::vector<std::string>) -> many Expected
-- How long steps that look like these took the last time.
select distinct on (outline) outline, build_ms from databases.state where outline = any(:outlines) order by outline, created_at desc;

-- unpin_ref(name std::string) -> none
update databases.ref set is_pinned = false, keep_until = null, version = version + 1 where name = :name;
