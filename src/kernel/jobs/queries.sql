-- #include "kernel/jobs/model.h"

-- add(id JobId, kind std::string, queue std::string, priority int, run_at std::optional<Time>, attempts_max int, timeout_ms int64_t,
--     argument Json, unique_key std::optional<std::string>, concurrency_group std::optional<std::string>,
--     subject std::optional<std::string>, parent_id std::optional<JobId>, user_id std::optional<UserId>, request_id std::string,
--     trace_id std::string, runner_id std::optional<RunnerId>) -> one JobId
-- With the key of a job that is queued or running, that job is the answer. With a runner it is claimed at once.
insert into jobs.job (id, kind, queue, priority, run_at, attempts_max, timeout_ms, argument, unique_key, concurrency_group, subject,
                      parent_id, user_id, request_id, trace_id, runner_id, status, attempt, started_at)
values (:id, :kind, :queue, :priority, coalesce(:run_at, now()), :attempts_max, :timeout_ms, :argument, :unique_key, :concurrency_group,
        :subject, :parent_id, :user_id, :request_id, :trace_id, :runner_id::uuid, case when :runner_id is null then 'queued' else 'running' end,
        case when :runner_id is null then 0 else 1 end, case when :runner_id is not null then now() end)
on conflict (organization_id, unique_key) where unique_key is not null and status in ('queued', 'running')
do update set unique_key = excluded.unique_key
returning id;

-- one_claimer_at_a_time() -> none
-- Concurrency groups and fair shares are counted before they are claimed.
select pg_advisory_xact_lock(hashtextextended('jobs.claim', 0));

-- claim(queue std::string, count int, runner_id RunnerId) -> many Claimed
-- Fair: the next job goes to the organization with the fewest running, counting those that this statement gives it. Within an
-- organization: priority, then time. The recursive part finds the organizations that have something queued without
-- reading their backlogs.
with recursive organization as (
    (select organization_id from jobs.job where queue = :queue and status = 'queued' order by organization_id limit 1)
    union all
    select (select j.organization_id from jobs.job j
            where j.queue = :queue and j.status = 'queued' and j.organization_id > o.organization_id
            order by j.organization_id limit 1)
    from organization o where o.organization_id is not null
), running as materialized (
    select organization_id, concurrency_group, count(*) as jobs
    from jobs.job where queue = :queue and status = 'running' group by organization_id, concurrency_group
), share as materialized (
    select organization_id, sum(jobs) as jobs from running group by organization_id
), ready as materialized (
    select j.*
    from organization o cross join lateral (
        select organization_id, id, priority, run_at, concurrency_group from jobs.job
        where queue = :queue and status = 'queued' and organization_id = o.organization_id and run_at <= now()
          and (concurrency_group is null or not exists (
              select from running where running.organization_id = job.organization_id and running.concurrency_group = job.concurrency_group))
        order by priority desc, run_at, id limit :count for update skip locked) j
    where o.organization_id is not null
), single as (
    select *, case when concurrency_group is null then 1
                   else row_number() over (partition by organization_id, concurrency_group order by priority desc, run_at, id) end as in_group
    from ready
), turn as (
    select single.organization_id, id, priority, run_at,
           coalesce(share.jobs, 0) + row_number() over (partition by single.organization_id order by priority desc, run_at, id) as turn
    from single left join share using (organization_id) where in_group = 1
), chosen as (
    select organization_id, id from turn order by turn, priority desc, run_at, id limit :count
)
update jobs.job j
set status = 'running', attempt = j.attempt + 1, runner_id = :runner_id, started_at = now(), progress = 0, message = null
from chosen where j.organization_id = chosen.organization_id and j.id = chosen.id
returning j.organization_id, j.id, j.kind, j.status, j.queue, j.attempt, j.attempts_max, j.progress, j.message, j.error, j.subject,
          j.result, j.created_at, j.started_at, j.ended_at, j.timeout_ms, j.argument, j.user_id, j.request_id, j.trace_id, j.is_cancel_requested;

-- complete(organization_ids std::vector<OrganizationId>, ids std::vector<JobId>, attempts std::vector<int>, results std::vector<std::string>) -> many OwnedJob
-- A try that is no longer the running one completes nothing. No result is the empty text.
update jobs.job j
set status = 'done', progress = 1, error = null, result = nullif(given.result, '')::json, runner_id = null, ended_at = now()
from unnest(:organization_ids::uuid[], :ids::uuid[], :attempts::integer[], :results::text[]) as given (organization_id, id, attempt, result)
where j.organization_id = given.organization_id and j.id = given.id and j.attempt = given.attempt and j.status = 'running'
returning j.organization_id, j.id, kind, status, j.attempt, attempts_max, progress, message, error, subject, j.result, created_at, started_at, ended_at;

-- end_try(id JobId, attempt int, status Status, error std::string) -> maybe Job
update jobs.job set status = :status, error = :error, runner_id = null, ended_at = now()
where id = :id and attempt = :attempt and status = 'running'
returning id, kind, status, attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at;

-- try_later(id JobId, attempt int, error std::string, delay_ms int64_t) -> maybe Job
update jobs.job set status = 'queued', error = :error, runner_id = null, run_at = now() + :delay_ms::bigint * interval '1 millisecond'
where id = :id and attempt = :attempt and status = 'running'
returning id, kind, status, attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at;

-- release(organization_ids std::vector<OrganizationId>, ids std::vector<JobId>, attempts std::vector<int>) -> many OwnedJob
-- The runner is leaving: the try does not count as the last.
update jobs.job j set status = 'queued', runner_id = null, run_at = now(), attempts_max = greatest(attempts_max, j.attempt + 1)
from unnest(:organization_ids::uuid[], :ids::uuid[], :attempts::integer[]) as given (organization_id, id, attempt)
where j.organization_id = given.organization_id and j.id = given.id and j.attempt = given.attempt and j.status = 'running'
returning j.organization_id, j.id, kind, status, j.attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at;

-- report(organization_ids std::vector<OrganizationId>, ids std::vector<JobId>, attempts std::vector<int>,
--        progresses std::vector<double>, messages std::vector<std::string>) -> many OwnedJob
-- A job whose own transaction holds its row is left for the next time: nobody waits for it.
with given as (
    select * from unnest(:organization_ids::uuid[], :ids::uuid[], :attempts::integer[], :progresses::double precision[], :messages::text[])
                  as g (organization_id, id, attempt, progress, message)
), free as (
    select j.organization_id, j.id from jobs.job j join given using (organization_id, id)
    where j.attempt = given.attempt and j.status = 'running' for update of j skip locked
)
update jobs.job j set progress = given.progress, message = nullif(given.message, '')
from free join given using (organization_id, id)
where j.organization_id = free.organization_id and j.id = free.id
returning j.organization_id, j.id, kind, status, j.attempt, attempts_max, j.progress, j.message, error, subject, result, created_at, started_at, ended_at;

-- confirm(id JobId, attempt int) -> maybe int
-- The lock keeps a rescuer away until the job's transaction has ended. What runs has a runner; asked for by its status, it would be
-- looked for among the many dead entries of the small indexes of running jobs.
select attempt from jobs.job where id = :id and attempt = :attempt and runner_id is not null for share;

-- register_runner(id RunnerId, node std::string, lease_ms int64_t) -> none
insert into jobs.runner (id, node, lease_until) values (:id, :node, now() + :lease_ms::bigint * interval '1 millisecond');

-- renew_lease(id RunnerId, lease_ms int64_t) -> none
update jobs.runner set lease_until = now() + :lease_ms::bigint * interval '1 millisecond' where id = :id and lease_until > now();

-- remove_runner(id RunnerId) -> none
delete from jobs.runner where id = :id;

-- remove_dead_runners(id RunnerId, node std::string) -> none
-- Those that were not heard of in time, and the predecessors of this process.
delete from jobs.runner where id <> :id and (lease_until < now() or node = :node);

-- rescue() -> many OwnedJob
-- Jobs of runners that are gone. One whose row is held by a transaction of its old try is left for the next time.
with lost as (
    select organization_id, id from jobs.job j
    where status = 'running' and not exists (select from jobs.runner r where r.id = j.runner_id)
    limit 1000 for update skip locked
)
update jobs.job j set status = 'queued', runner_id = null, run_at = now()
from lost where j.organization_id = lost.organization_id and j.id = lost.id
returning j.organization_id, j.id, kind, status, attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at;

-- queue_forgotten(runner_id RunnerId, known std::vector<JobId>) -> many OwnedJob
-- Claimed by a transaction of whose commit the runner never heard: it has none of them in hand.
update jobs.job set status = 'queued', runner_id = null, run_at = now()
where runner_id = :runner_id and status = 'running' and started_at < now() - interval '10 seconds' and id <> all(:known)
returning organization_id, id, kind, status, attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at;

-- cancel_requests(runner_id RunnerId) -> many JobId
select id from jobs.job where runner_id = :runner_id and status = 'running' and is_cancel_requested;

-- cancel_queued(id JobId) -> maybe Job
update jobs.job set status = 'cancelled', ended_at = now()
where id = :id and status = 'queued'
returning id, kind, status, attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at;

-- request_cancel(id JobId) -> none
-- The fence's lock may hold the row for a moment.
update jobs.job set is_cancel_requested = true where id = :id and status = 'running';

-- retry(id JobId) -> maybe Job
update jobs.job set status = 'queued', run_at = now(), attempts_max = attempt + 1, is_cancel_requested = false, progress = 0,
                    message = null, error = null, ended_at = null
where id = :id and status in ('failed', 'cancelled')
returning id, kind, status, attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at;

-- get(id JobId) -> one Job
select id, kind, status, attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at
from jobs.job where id = :id;

-- list(status std::optional<Status>, subject std::optional<std::string>, before std::optional<JobId>, limit int) -> many Job
-- Ids sort by time.
select id, kind, status, attempt, attempts_max, progress, message, error, subject, result, created_at, started_at, ended_at
from jobs.job
where (:status::text is null or status = :status) and (:subject::text is null or subject = :subject) and (:before::uuid is null or id < :before)
order by id desc limit :limit;

-- argument(id JobId) -> one Json
select argument from jobs.job where id = :id;

-- queue_of(id JobId) -> one std::string
select queue from jobs.job where id = :id;

-- remove_ended(kept_days int64_t, limit int64_t) -> many RemovedJob
-- A batch of those that ended so long ago.
delete from jobs.job where ctid = any (array(
    select ctid from jobs.job
    where created_at < now() - :kept_days::bigint * interval '1 day' and ended_at < now() - :kept_days::bigint * interval '1 day'
      and status in ('done', 'failed', 'cancelled')
    limit :limit))
returning organization_id, id;
