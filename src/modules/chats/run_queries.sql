-- #include "modules/chats/ids.h"
-- #include "modules/chats/pipelines/definition.h"
-- #include "modules/chats/run_model.h"
-- #include "modules/chats/variant_model.h"

-- add_run(id RunId, chat_id std::optional<ChatId>, pipeline_id PipelineId, pipeline_number int64_t, definition pipelines::Definition, trigger Trigger, input Json, retried_run_id std::optional<RunId>, step_ids std::vector<StepId>, steps std::vector<std::string>, step_types std::vector<std::string>) -> none
with run as (
    insert into chats.pipeline_run (id, chat_id, pipeline, pipeline_id, pipeline_number, definition, trigger, input, retried_run_id)
    values (:id, :chat_id, 'stored', :pipeline_id, :pipeline_number, :definition, :trigger, :input, :retried_run_id)
)
insert into chats.step_run (id, run_id, position, step, type)
select s.id, :id, s.number - 1, s.step, s.type from unnest(:step_ids::uuid[], :steps::text[], :step_types::text[]) with ordinality as s (id, step, type, number);

-- copy_steps(run_id RunId, from_run_id RunId, steps std::vector<std::string>) -> none
-- What they yielded in another run.
update chats.step_run s
set status = o.status, input = o.input, output = o.output, error = o.error, reason = o.reason, attempt = o.attempt, started_at = o.started_at, ended_at = o.ended_at
from chats.step_run o
where o.organization_id = s.organization_id and o.run_id = :from_run_id and o.step = s.step and s.run_id = :run_id and s.step = any(:steps);

-- set_run_job(id RunId, job_id JobId) -> none
update chats.pipeline_run set job_id = :job_id where id = :id;

-- run_row(id RunId) -> maybe RunRow
select id, chat_id, generation_id, pipeline_id, pipeline_number, definition, trigger, status, input, job_id
from chats.pipeline_run where id = :id and definition is not null;

-- lock_run(id RunId) -> maybe RunRow
select id, chat_id, generation_id, pipeline_id, pipeline_number, definition, trigger, status, input, job_id
from chats.pipeline_run where id = :id and definition is not null for update;

-- change_run(id RunId, status StepStatus, error std::optional<std::string>) -> none
update chats.pipeline_run set status = :status, error = :error, ended_at = case when :status in ('waiting', 'running') then null else clock_timestamp() end where id = :id;

-- record_step(run_id RunId, step std::string, status StepStatus, input std::optional<Json>, output std::optional<Json>, error std::optional<std::string>, reason std::optional<std::string>, attempt int64_t) -> maybe StepRow
update chats.step_run
set status = :status, input = coalesce(:input::jsonb, input), output = coalesce(:output::jsonb, output), error = :error, reason = :reason, attempt = :attempt,
    started_at = case when :status = 'running' and :attempt = 1::bigint then clock_timestamp() else started_at end,
    ended_at = case when :status in ('waiting', 'running') then null else clock_timestamp() end
where run_id = :run_id and step = :step
returning run_id, id, step, type, status, input, output, error, reason, attempt, started_at, ended_at;

-- end_open_steps(run_id RunId, status StepStatus, error std::optional<std::string>) -> none
-- Of a run that is over: those that ran, and those that never will.
update chats.step_run
set status = case when status = 'running' then :status else 'cancelled' end, error = case when status = 'running' then :error else error end, ended_at = clock_timestamp()
where run_id = :run_id and status in ('waiting', 'running');

-- runs_of_pipeline(pipeline_id PipelineId, before std::optional<RunId>, limit int64_t) -> many Run
select id, chat_id, generation_id, pipeline_id, pipeline_number, retried_run_id, trigger, status, input, error, '[]'::json as steps, created_at, ended_at from chats.pipeline_run
where pipeline_id = :pipeline_id and (:before::uuid is null or id < :before) order by id desc limit :limit;

-- count_open_runs() -> one int64_t
select count(*) from chats.pipeline_run where status in ('waiting', 'running') and generation_id is null;

-- run_of_generation(generation_id GenerationId) -> maybe RunRow
-- Absent when the built-in pipeline answers.
select r.id, r.chat_id, r.generation_id, r.pipeline_id, r.pipeline_number, r.definition, r.trigger, r.status, r.input, r.job_id
from chats.generation g join chats.pipeline_run r on r.organization_id = g.organization_id and r.id = g.run_id
where g.id = :generation_id and r.definition is not null;

-- run(id RunId) -> maybe Run
select id, chat_id, generation_id, pipeline_id, pipeline_number, retried_run_id, trigger, status, input, error, '[]'::json as steps, created_at, ended_at from chats.pipeline_run where id = :id;

-- runs(chat_id ChatId, before std::optional<RunId>, limit int64_t) -> many Run
select id, chat_id, generation_id, pipeline_id, pipeline_number, retried_run_id, trigger, status, input, error, '[]'::json as steps, created_at, ended_at from chats.pipeline_run
where chat_id = :chat_id and (:before::uuid is null or id < :before) order by id desc limit :limit;

-- steps(run_ids std::vector<RunId>) -> many StepRow
select run_id, id, step, type, status, input, output, error, reason, attempt, started_at, ended_at from chats.step_run where run_id = any(:run_ids) order by run_id, position;

-- start_step(run_id RunId, type std::string, input Json) -> none
update chats.step_run set status = 'running', input = :input, started_at = clock_timestamp(), ended_at = null, error = null
where run_id = :run_id and part = :type;

-- end_asking(run_id RunId, usage Json, answer Json) -> none
-- The answer is complete: step llm is over, step post begins.
update chats.step_run
set status = case when part = 'llm' then 'done' else 'running' end,
    input = case when part = 'llm' then input else :answer end,
    output = case when part = 'llm' then :usage else output end,
    started_at = case when part = 'llm' then started_at else clock_timestamp() end,
    ended_at = case when part = 'llm' then clock_timestamp() end,
    error = null
where run_id = :run_id and part in ('llm', 'post');

-- skip_asking(run_id RunId, reason std::string) -> none
-- The pipeline kept the model from being asked.
update chats.step_run set status = 'skipped', reason = :reason where run_id = :run_id and part = 'llm';

-- fail_open_steps(run_id RunId, status StepStatus, error std::optional<std::string>) -> none
-- Those that ran; and of the steps that people define those that never will.
update chats.step_run
set status = case when status = 'running' then :status else 'cancelled' end, error = case when status = 'running' then :error else error end, ended_at = clock_timestamp()
where run_id = :run_id and (status = 'running' or status = 'waiting' and part is null);

-- set_run_status(id RunId, status StepStatus) -> none
update chats.pipeline_run set status = :status, ended_at = case when :status = 'running' then null else clock_timestamp() end where id = :id;

-- copy_end(run_id RunId, from_run_id RunId) -> none
-- From which byte on the answer of another run counts.
update chats.step_run s set input = o.input from chats.step_run o
where o.organization_id = s.organization_id and o.run_id = :from_run_id and o.part = 'post' and s.run_id = :run_id and s.part = 'post';

-- add_run_effect(id EffectId, run_id RunId, step std::string, type pipelines::EffectType, effect Json) -> maybe RunEffect
insert into chats.run_effect (id, run_id, step, type, effect) values (:id, :run_id, :step, :type, :effect)
returning id, run_id, step, type, effect, created_at, undone_at;

-- run_effects(run_id RunId) -> many RunEffect
select id, run_id, step, type, effect, created_at, undone_at from chats.run_effect where run_id = :run_id order by id;

-- lock_effect(id EffectId) -> maybe RunEffect
select id, run_id, step, type, effect, created_at, undone_at from chats.run_effect where id = :id for update;

-- undo_effect(id EffectId) -> maybe RunEffect
update chats.run_effect set undone_at = now() where id = :id returning id, run_id, step, type, effect, created_at, undone_at;

-- keep_previous(id EffectId, previous Json) -> none
update chats.run_effect set previous = :previous where id = :id;

-- previous_of(id EffectId) -> maybe Json
select previous from chats.run_effect where id = :id and previous is not null;

-- answer_of_run(run_id RunId) -> maybe VariantText
select v.id as variant_id, v.message_id, v.text, v.blocks
from chats.pipeline_run r
join chats.generation g on g.organization_id = r.organization_id and g.id = r.generation_id
join chats.variant v on v.organization_id = g.organization_id and v.id = g.variant_id
where r.id = :run_id;

-- first_answer(run_id RunId) -> maybe Json
-- What the model said before steps replaced it: {text, blocks}.
select previous from chats.run_effect where run_id = :run_id and previous is not null order by id limit 1;
