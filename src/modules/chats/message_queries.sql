-- #include "modules/chats/ids.h"
-- #include "modules/chats/message_model.h"
-- #include "modules/chats/variant_model.h"

-- add_message(id MessageId, chat_id ChatId, branch_id BranchId, segment_id SegmentId, seq int64_t, role Role, created_by std::optional<UserId>, variant_id VariantId, kind VariantKind, text std::string, blocks Json) -> none
-- With its first variant.
with message as (
    insert into chats.message (id, chat_id, branch_id, segment_id, seq, role, created_by)
    values (:id, :chat_id, :branch_id, :segment_id, :seq, :role, :created_by)
)
insert into chats.variant (id, message_id, number, kind, text, blocks, is_selected) values (:variant_id, :id, 1, :kind, :text, :blocks, true);

-- move_messages_up(branch_id BranchId, seq int64_t, segment_id SegmentId) -> none
-- What follows seq in the branch's history stands one place earlier, in a segment of its own.
update chats.message m set segment_id = :segment_id, seq = m.seq - 1
from chats.lineage l
where l.branch_id = :branch_id and l.organization_id = m.organization_id and m.segment_id = l.segment_id
  and m.seq between greatest(l.seq_from, :seq + 1) and l.seq_to;

-- message(id MessageId) -> maybe MessageRow
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.message m join chats.variant_with_generation s on s.organization_id = m.organization_id and s.message_id = m.id and s.is_selected
where m.id = :id;

-- message_in_branch(id MessageId, branch_id BranchId) -> maybe MessageRow
-- The message as that branch shows it; absent when it is not in the branch's history.
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.message m
join chats.lineage l on l.branch_id = :branch_id and l.segment_id = m.segment_id and m.seq between l.seq_from and l.seq_to
join chats.variant_with_generation s on s.organization_id = m.organization_id and s.message_id = m.id
 and case when l.pinned_variant_id is not null and m.seq = l.seq_to then s.variant_id = l.pinned_variant_id else s.is_selected end
where m.id = :id;

-- messages_page(branch_id BranchId, after int64_t, limit int64_t) -> many MessageRow
-- Seq has no gaps, so the page is a stretch of at most limit numbers, found by index in one or two segments.
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.lineage l
join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
 and m.seq between greatest(l.seq_from, :after + 1) and least(l.seq_to, :after + :limit)
join chats.variant_with_generation s on s.organization_id = m.organization_id and s.message_id = m.id
 and case when l.pinned_variant_id is not null and m.seq = l.seq_to then s.variant_id = l.pinned_variant_id else s.is_selected end
where l.branch_id = :branch_id and l.seq_from <= :after + :limit and l.seq_to > :after
order by m.seq;

-- turns(branch_id BranchId, after int64_t, last int64_t) -> many Turn
-- What models see of that stretch of the branch's history.
select m.role, v.text, m.id, m.pinned_at is not null as is_pinned, coalesce(v.images, '[]') as images
from chats.lineage l
join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
 and m.seq between greatest(l.seq_from, :after + 1) and least(l.seq_to, :last)
join chats.variant v on v.organization_id = m.organization_id and v.message_id = m.id
 and case when l.pinned_variant_id is not null and m.seq = l.seq_to then v.id = l.pinned_variant_id else v.is_selected end
where l.branch_id = :branch_id and l.seq_from <= :last and l.seq_to > :after
order by m.seq;

-- pinned_turns(branch_id BranchId, last int64_t, bytes_max int64_t) -> many Turn
-- The newest pinned messages of the branch's history up to last, as many as have bytes_max together.
select p.role, p.text, p.id, true as is_pinned, coalesce(p.images, '[]') as images
from (select m.role, v.text, v.images, m.id, m.seq, sum(octet_length(v.text)) over (order by m.seq desc) as bytes
      from chats.branch b
      join chats.message m on m.organization_id = b.organization_id and m.chat_id = b.chat_id and m.pinned_at is not null and m.seq <= :last
      join chats.lineage l on l.organization_id = b.organization_id and l.branch_id = b.id and l.segment_id = m.segment_id and m.seq between l.seq_from and l.seq_to
      join chats.variant v on v.organization_id = m.organization_id and v.message_id = m.id
       and case when l.pinned_variant_id is not null and m.seq = l.seq_to then v.id = l.pinned_variant_id else v.is_selected end
      where b.id = :branch_id) p
where p.bytes <= :bytes_max
order by p.seq;

-- pinned_messages(branch_id BranchId) -> many MessageRow
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.branch b
join chats.message m on m.organization_id = b.organization_id and m.chat_id = b.chat_id and m.pinned_at is not null
join chats.lineage l on l.organization_id = b.organization_id and l.branch_id = b.id and l.segment_id = m.segment_id and m.seq between l.seq_from and l.seq_to
join chats.variant_with_generation s on s.organization_id = m.organization_id and s.message_id = m.id
 and case when l.pinned_variant_id is not null and m.seq = l.seq_to then s.variant_id = l.pinned_variant_id else s.is_selected end
where b.id = :branch_id
order by m.seq;

-- count_pinned(chat_id ChatId) -> one int64_t
-- Those that some branch has in its history.
select count(*) from chats.message m
where m.chat_id = :chat_id and m.pinned_at is not null
  and exists (select from chats.lineage l where l.organization_id = m.organization_id and l.segment_id = m.segment_id and m.seq between l.seq_from and l.seq_to);

-- set_pinned(message_id MessageId, is_pinned bool) -> none
update chats.message set pinned_at = case when :is_pinned then coalesce(pinned_at, now()) end where id = :message_id;

-- turns_before(generation_id GenerationId, limit int64_t) -> many Turn
-- The newest of what the generation answers. "offset 0" as in messages_shown.
select m.role, v.text, m.id, m.pinned_at is not null as is_pinned, coalesce(v.images, '[]') as images
from (select organization_id, branch_id, seq - :limit as first, seq - 1 as last from chats.generation where id = :generation_id offset 0) g
join chats.lineage l on l.organization_id = g.organization_id and l.branch_id = g.branch_id and l.seq_from <= g.last and l.seq_to >= g.first
join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
 and m.seq between greatest(l.seq_from, g.first) and least(l.seq_to, g.last)
join chats.variant v on v.organization_id = m.organization_id and v.message_id = m.id
 and case when l.pinned_variant_id is not null and m.seq = l.seq_to then v.id = l.pinned_variant_id else v.is_selected end
order by m.seq;

-- messages_shown(chat_id ChatId, branch_id std::optional<BranchId>, cursor std::optional<int64_t>, is_newest bool, limit int64_t) -> many MessageRow
-- The page of a branch, the active one when none is named: up to limit messages after the cursor, or before it when the
-- newest are asked for. A branch without such messages is one row of nulls; no row means that there is no such branch.
-- "offset 0" keeps the page's bounds and the stretch apart, so that one plan, made once, reads it by index whatever the page is: a
-- condition that reckons with columns is tried after row-level security, on every row.
select shown.id, shown.chat_id, shown.branch_id, shown.seq, shown.role, shown.created_at, shown.variants_count, shown.pinned_at, shown.variant_id, shown.number, shown.kind,
       shown.text, shown.blocks, shown.is_selected, shown.version_id, shown.variant_created_at, shown.generation_id, shown.generation_branch_id, shown.status,
       shown.provider, shown.model, shown.model_id, shown.tokens_in, shown.tokens_out, shown.tokens_cached, shown.cost_usd, shown.error_code,
       shown.error_message, shown.problems, shown.attempt, shown.queued_at, shown.first_token_at, shown.ended_at, shown.run_id, shown.citations_count
from (select b.organization_id, b.id, p.last, case when :is_newest then greatest(0, p.last - :limit) else p.last - :limit end + 1 as first
      from chats.chat c
      join chats.branch b on b.organization_id = c.organization_id and b.chat_id = c.id and b.id = coalesce(:branch_id, c.active_branch_id)
      cross join lateral (select case when :is_newest then least(coalesce(:cursor::bigint, b.messages_count + 1) - 1, b.messages_count)
                                      else greatest(0, coalesce(:cursor::bigint, 0)) + :limit end as last) p
      where c.id = :chat_id
      offset 0) page
left join lateral (
    select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
    from chats.lineage l
    join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
     and m.seq between greatest(l.seq_from, page.first) and least(l.seq_to, page.last)
    join chats.variant_with_generation s on s.organization_id = m.organization_id and s.message_id = m.id
     and case when l.pinned_variant_id is not null and m.seq = l.seq_to then s.variant_id = l.pinned_variant_id else s.is_selected end
    where l.organization_id = page.organization_id and l.branch_id = page.id and l.seq_from <= page.last and l.seq_to >= page.first
    offset 0) shown on true
order by shown.seq;

-- messages_mark(chat_id ChatId, branch_id std::optional<BranchId>) -> maybe std::optional<std::string>
-- Another one after each change of what messages_shown shows, since each is told in the chat's stream; null while a model writes.
select case when not exists (select 1 from chats.generation g
                             where g.organization_id = c.organization_id and g.chat_id = c.id and g.status in ('queued', 'streaming'))
            then concat_ws(' ', b.id, b.version, b.messages_count, (select h.last_seq from stream.head('chat:' || c.id::text) h)) end as mark
from chats.chat c
join chats.branch b on b.organization_id = c.organization_id and b.chat_id = c.id and b.id = coalesce(:branch_id, c.active_branch_id)
where c.id = :chat_id;

-- message_of_variant(variant_id VariantId) -> maybe MessageRow
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.variant_with_generation s join chats.message m on m.organization_id = s.organization_id and m.id = s.message_id
where s.variant_id = :variant_id;
