-- #include "modules/chats/generation_model.h"
-- #include "modules/chats/ids.h"
-- #include "modules/chats/message_model.h"
-- #include "modules/chats/run_model.h"

-- add_exchange(id GenerationId, chat_id ChatId, branch_id BranchId, message_id MessageId, variant_id VariantId, seq int64_t, model_id std::optional<ModelId>, provider std::string, model std::string, base_version_id std::optional<VersionId>, started_seq int64_t, run_id RunId, task Task, continued_variant_id std::optional<VariantId>, fallback_model_ids std::vector<ModelId>, cost_usd_max std::optional<double>, settings GenerationSettings, trigger Trigger, pipeline_id std::optional<PipelineId>, pipeline_number std::optional<int64_t>, definition std::optional<Json>, retried_run_id std::optional<RunId>, step_ids std::vector<StepId>, steps std::vector<std::string>, step_types std::vector<std::string>, parts std::vector<std::string>, segment_id std::optional<SegmentId>, created_by std::optional<UserId>, said_ids std::vector<MessageId>, said_seqs std::vector<int64_t>, said_roles std::vector<std::string>, said_variant_ids std::vector<VariantId>, said_kinds std::vector<std::string>, said_texts std::vector<std::string>, said_blocks std::vector<std::string>, last_message_preview std::string, title std::string) -> none
-- A generation with the run that records it and the run's steps; and, unless it fills a further variant, the messages that are new: what
-- was said, if anything was, and the empty answer. The branch grows by them, as in grow_branch.
with said as (
    select * from unnest(:said_ids::uuid[], :said_seqs::bigint[], :said_roles::text[], :said_variant_ids::uuid[], :said_kinds::text[], :said_texts::text[], :said_blocks::text[])
                  as s (id, seq, role, variant_id, kind, text, blocks)
), message as (
    insert into chats.message (id, chat_id, branch_id, segment_id, seq, role, created_by)
    select id, :chat_id::uuid, :branch_id::uuid, :segment_id::uuid, seq, role, :created_by::uuid from said
), variant as (
    insert into chats.variant (id, message_id, number, kind, text, blocks, is_selected) select variant_id, id, 1, kind, text, blocks::jsonb, true from said
), chat as (
    update chats.chat set last_message_at = now(), updated_at = now(), title = case when title = '' then :title else title end
    where id = :chat_id and cardinality(:said_ids::uuid[]) > 0
), branch as (
    update chats.branch set messages_count = messages_count + cardinality(:said_ids::uuid[]),
           last_message_preview = case when :last_message_preview = '' then last_message_preview else :last_message_preview end, version = version + 1
    where id = :branch_id and cardinality(:said_ids::uuid[]) > 0
), generation as (
    insert into chats.generation (id, chat_id, branch_id, message_id, variant_id, seq, model_id, provider, model, base_version_id, started_seq, run_id,
                                  task, continued_variant_id, fallback_model_ids, cost_usd_max, settings)
    values (:id, :chat_id, :branch_id, :message_id, :variant_id, :seq, :model_id, :provider, :model, :base_version_id, :started_seq, :run_id,
            :task, :continued_variant_id, :fallback_model_ids, :cost_usd_max, :settings)
), run as (
    insert into chats.pipeline_run (id, chat_id, generation_id, trigger, pipeline_id, pipeline_number, definition, retried_run_id)
    values (:run_id, :chat_id, :id, :trigger, :pipeline_id, :pipeline_number, :definition, :retried_run_id)
)
insert into chats.step_run (id, run_id, position, step, type, part)
select s.id, :run_id, s.number - 1, s.step, s.type, nullif(s.part, '')
from unnest(:step_ids::uuid[], :steps::text[], :step_types::text[], :parts::text[]) with ordinality as s (id, step, type, part, number);

-- generation(id GenerationId) -> maybe Generation
select id, chat_id, branch_id, message_id, variant_id, status, provider, model, model_id, tokens_in, tokens_out, tokens_cached, cost_usd,
       error_code, error_message, problems, attempt, queued_at, first_token_at, ended_at, run_id, citations_count
from chats.generation where id = :id;

-- lock_generation(id GenerationId) -> maybe GenerationWork
select g.id, g.chat_id, g.branch_id, g.message_id, g.variant_id, g.status, g.provider, g.model, g.model_id, g.tokens_in, g.tokens_out, g.tokens_cached,
       g.cost_usd, g.error_code, g.error_message, g.problems, g.attempt, g.queued_at, g.first_token_at, g.ended_at, g.run_id, g.citations_count,
       g.seq, g.base_version_id, g.open_block, (select c.app_id from chats.chat c where c.organization_id = g.organization_id and c.id = g.chat_id) as app_id,
       g.task, (select v.text from chats.variant v where v.organization_id = g.organization_id and v.id = g.continued_variant_id) as continued_text,
       g.cost_usd_max, g.settings
from chats.generation g where g.id = :id for update;

-- find_generation(id GenerationId) -> maybe GenerationWork
-- An answer to a new message builds on what its branch shows when its turn comes: answers before it may have made versions.
-- "offset 0" as in messages_shown.
select g.id, g.chat_id, g.branch_id, g.message_id, g.variant_id, g.status, g.provider, g.model, g.model_id, g.tokens_in, g.tokens_out, g.tokens_cached,
       g.cost_usd, g.error_code, g.error_message, g.problems, g.attempt, g.queued_at, g.first_token_at, g.ended_at, g.run_id, g.citations_count,
       g.seq, coalesce(g.base_version_id, b.current_version_id) as base_version_id, g.open_block, c.app_id,
       g.task, (select v.text from chats.variant v where v.organization_id = g.organization_id and v.id = g.continued_variant_id) as continued_text,
       g.cost_usd_max, g.settings
from chats.generation g
cross join lateral (select app_id from chats.chat where organization_id = g.organization_id and id = g.chat_id offset 0) c
left join lateral (select current_version_id from chats.branch where organization_id = g.organization_id and id = g.branch_id offset 0) b on true
where g.id = :id;

-- count_unfinished(chat_id ChatId, branch_id std::optional<BranchId>) -> one int64_t
-- Answers that wait or are being written on the branch, the active one when none is named.
select count(*)
from chats.chat c
join chats.generation g on g.organization_id = c.organization_id and g.chat_id = c.id and g.branch_id = coalesce(:branch_id, c.active_branch_id)
 and g.status in ('queued', 'streaming')
where c.id = :chat_id;

-- unfinished_of_chat(chat_id ChatId) -> many GenerationId
select id from chats.generation where chat_id = :chat_id and status in ('queued', 'streaming');

-- start_generation(id GenerationId, base_version_id std::optional<VersionId>, prompt_hash std::string, citations_count int64_t) -> none
-- Not when it was aborted meanwhile.
update chats.generation set status = 'streaming', attempt = attempt + 1, open_block = null, first_token_at = null,
       base_version_id = :base_version_id, prompt_hash = :prompt_hash, citations_count = :citations_count
where id = :id and ended_at is null and status <> 'aborted';

-- open_block(id GenerationId, open_block OpenBlock) -> none
update chats.generation set open_block = :open_block, first_token_at = coalesce(first_token_at, now()) where id = :id;

-- add_blocks(variant_id VariantId, blocks Json) -> none
update chats.variant set blocks = blocks || :blocks::jsonb where id = :variant_id;

-- keep_answer(variant_id VariantId, text std::string, blocks Json) -> none
-- The whole text, and the last blocks.
update chats.variant set text = :text, blocks = blocks || :blocks::jsonb where id = :variant_id;

-- mark_aborted(id GenerationId) -> none
-- The job that streams it writes the rest and ended_at.
update chats.generation set status = 'aborted' where id = :id;

-- end_generation(id GenerationId, status GenerationStatus, tokens_in int64_t, tokens_out int64_t, tokens_cached int64_t, cost_usd double, error_code std::optional<std::string>, error_message std::optional<std::string>, problems Json) -> none
update chats.generation set status = :status, tokens_in = :tokens_in, tokens_out = :tokens_out, tokens_cached = :tokens_cached,
       cost_usd = :cost_usd, error_code = :error_code, error_message = :error_message, problems = :problems, ended_at = clock_timestamp(),
       open_block = null
where id = :id and ended_at is null;

-- set_usage(id GenerationId, tokens_in int64_t, tokens_out int64_t, tokens_cached int64_t, cost_usd double) -> none
update chats.generation set tokens_in = :tokens_in, tokens_out = :tokens_out, tokens_cached = :tokens_cached, cost_usd = :cost_usd, open_block = null
where id = :id;

-- reroute_generation(id GenerationId, model_id ModelId, provider std::string, model std::string) -> none
update chats.generation set model_id = :model_id, provider = :provider, model = :model where id = :id and status in ('queued', 'streaming');

-- answer(variant_id VariantId, branch_id BranchId) -> maybe AnswerRow
-- is_last: no answer after it on the branch was begun, and it is the variant that is shown.
select v.text, v.is_selected and not exists (
           select from chats.lineage l
           join chats.message n on n.organization_id = l.organization_id and n.segment_id = l.segment_id and n.seq between l.seq_from and l.seq_to and n.seq > m.seq
           join chats.variant w on w.organization_id = n.organization_id and w.message_id = n.id
           join chats.generation g on g.organization_id = w.organization_id and g.variant_id = w.id and g.attempt > 0
           where l.branch_id = :branch_id) as is_last
from chats.variant v
join chats.message m on m.organization_id = v.organization_id and m.id = v.message_id
where v.id = :variant_id;

-- answer_kept(run_id RunId) -> maybe int64_t
-- Of an answer that an attempt has written whole: the byte from which on it counts. What was mended stands after what was refused.
select coalesce((post.input ->> 'mended_from')::bigint, 0)
from chats.step_run llm join chats.step_run post on post.organization_id = llm.organization_id and post.run_id = llm.run_id and post.part = 'post'
where llm.run_id = :run_id and llm.part = 'llm' and llm.status in ('done', 'skipped');

-- start_answer(id GenerationId, run_id RunId, base_version_id std::optional<VersionId>, prompt_hash std::string, citations_count int64_t, zstd store::Bytes, began_at Time, prompt Json) -> none
-- The prompt is made: step pre is over, step llm begins. No step of an answer that was aborted meanwhile.
with generation as (
    update chats.generation set status = 'streaming', attempt = attempt + 1, open_block = null, first_token_at = null,
           base_version_id = :base_version_id, prompt_hash = :prompt_hash, citations_count = :citations_count
    where id = :id and ended_at is null and status <> 'aborted'
    returning id
), snapshot as (
    insert into chats.prompt_snapshot (hash, zstd) values (:prompt_hash, :zstd) on conflict do nothing
), run as (
    update chats.pipeline_run set status = 'running', ended_at = null where id = :run_id
)
update chats.step_run s
set status = case when part = 'pre' then 'done' else 'running' end,
    input = case when part = 'pre' then '{}' else :prompt::jsonb end,
    output = case when part = 'pre' then :prompt else output end,
    started_at = case when part = 'pre' then :began_at else clock_timestamp() end,
    ended_at = case when part = 'pre' then clock_timestamp() end,
    error = null
from generation
where s.run_id = :run_id and s.part in ('pre', 'llm');

-- end_answer(id GenerationId, variant_id VariantId, run_id RunId, text std::optional<std::string>, blocks std::optional<Json>, usage std::optional<Json>, answer std::optional<Json>, status StepStatus, output Json, error std::optional<std::string>, tokens_in int64_t, tokens_out int64_t, tokens_cached int64_t, cost_usd double, problems Json) -> maybe MessageRow
-- The end of an answer that is complete, and of its run: an answer whose changes were refused is an answer. `text`, the last `blocks`,
-- `usage` and `answer` (end_asking) are of one that was not kept before. The message as it is then; absent when the answer was deleted.
with generation as (
    update chats.generation set status = 'done', tokens_in = :tokens_in, tokens_out = :tokens_out, tokens_cached = :tokens_cached,
           cost_usd = :cost_usd, error_code = null, error_message = null, problems = :problems, ended_at = clock_timestamp(), open_block = null
    where id = :id and ended_at is null
    returning organization_id, id, branch_id, message_id, variant_id, status, provider, model, model_id, tokens_in, tokens_out, tokens_cached, cost_usd, error_code, error_message, problems, attempt, queued_at, first_token_at, ended_at, run_id, citations_count
), variant as (
    update chats.variant set text = :text, blocks = blocks || :blocks::jsonb where id = :variant_id and :text::text is not null
), run as (
    update chats.pipeline_run set status = 'done', ended_at = clock_timestamp() where id = :run_id
), step as (
    update chats.step_run
    set status = case when part = 'llm' then 'done' else :status end,
        input = case when part = 'post' then coalesce(:answer::jsonb, input) else input end,
        output = case when part = 'llm' then :usage::jsonb else :output::jsonb end,
        error = case when part = 'post' then :error end,
        started_at = case when part = 'post' and :answer::jsonb is not null then clock_timestamp() else started_at end,
        ended_at = clock_timestamp()
    where run_id = :run_id and (part = 'post' or part = 'llm' and :usage::jsonb is not null)
)
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at,
       v.id as variant_id, v.number, v.kind, coalesce(:text, v.text) as text, v.blocks || coalesce(:blocks::jsonb, '[]') as blocks, v.is_selected, v.version_id,
       v.created_at as variant_created_at, g.id as generation_id, g.branch_id as generation_branch_id, g.status, g.provider, g.model, g.model_id, g.tokens_in, g.tokens_out, g.tokens_cached, g.cost_usd, g.error_code, g.error_message, g.problems, g.attempt, g.queued_at, g.first_token_at, g.ended_at, g.run_id, g.citations_count
from generation g
cross join lateral (select * from chats.variant where organization_id = g.organization_id and id = g.variant_id offset 0) v
cross join lateral (select * from chats.message where organization_id = g.organization_id and id = g.message_id offset 0) m;
