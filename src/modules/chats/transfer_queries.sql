-- #include "modules/chats/chat_model.h"
-- #include "modules/chats/ids.h"
-- #include "modules/chats/transfer_model.h"

-- lineage_of_chat(chat_id ChatId) -> many ExportedStretch
-- Without an end: the stretch that grows.
select l.branch_id, l.seq_from, nullif(l.seq_to, 9223372036854775807) as seq_to, l.segment_id, v.number as pinned_number
from chats.branch b
join chats.lineage l on l.organization_id = b.organization_id and l.branch_id = b.id
left join chats.variant v on v.organization_id = l.organization_id and v.id = l.pinned_variant_id
where b.chat_id = :chat_id order by l.branch_id, l.seq_from;

-- exported_messages(chat_id ChatId, after std::optional<MessageId>, limit int64_t) -> many ExportedMessage
-- Those that some branch has in its history.
select m.id, m.segment_id, m.seq, m.role, m.created_at, m.pinned_at, v.selected, v.variants, m.imported
from chats.message m
cross join lateral (
    select jsonb_agg(chats.variant_json(v) order by v.number) as variants, coalesce(max(v.number) filter (where v.is_selected), 1) - 1 as selected
    from chats.variant v where v.organization_id = m.organization_id and v.message_id = m.id) v
where m.chat_id = :chat_id and (:after::uuid is null or m.id > :after)
  and exists (select from chats.lineage l where l.organization_id = m.organization_id and l.segment_id = m.segment_id and m.seq between l.seq_from and l.seq_to)
order by m.id limit :limit;

-- exported_history(branch_id BranchId, after int64_t, last int64_t) -> many ExportedMessage
-- selected: the variant that the branch shows.
select m.id, m.segment_id, m.seq, m.role, m.created_at, m.pinned_at, v.selected, v.variants, m.imported
from chats.lineage l
join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
 and m.seq between greatest(l.seq_from, :after + 1) and least(l.seq_to, :last)
cross join lateral (
    select jsonb_agg(chats.variant_json(v) order by v.number) as variants,
           coalesce(max(v.number) filter (where case when l.pinned_variant_id is not null and m.seq = l.seq_to then v.id = l.pinned_variant_id else v.is_selected end), 1) - 1 as selected
    from chats.variant v where v.organization_id = m.organization_id and v.message_id = m.id) v
where l.branch_id = :branch_id and l.seq_from <= :last and l.seq_to > :after
order by m.seq;

-- exported_chat(id ChatId) -> maybe ExportedChat
select c.imported, p.name as persona_name, e.name as character_name
from chats.chat c
left join chats.persona p on p.organization_id = c.organization_id and p.id = c.persona_id
left join chats.entity_profile e on e.organization_id = c.organization_id and e.id = c.entity_profile_id
where c.id = :id;

-- add_messages(chat_id ChatId, created_by std::optional<UserId>, rows Json) -> none
insert into chats.message (id, chat_id, branch_id, segment_id, seq, role, variants_count, created_by, created_at, pinned_at, imported)
select r.id, :chat_id, r.branch_id, r.segment_id, r.seq, r.role, r.variants_count, :created_by, r.created_at, r.pinned_at, r.imported
from json_to_recordset(:rows::json) as r (id uuid, branch_id uuid, segment_id uuid, seq bigint, role text, variants_count bigint, created_at timestamptz, pinned_at timestamptz, imported json);

-- add_variants(rows Json) -> none
insert into chats.variant (id, message_id, number, kind, text, blocks, is_selected, created_at)
select r.id, r.message_id, r.number, r.kind, r.text, r.blocks, r.is_selected, r.created_at
from json_to_recordset(:rows::json) as r (id uuid, message_id uuid, number bigint, kind text, text text, blocks jsonb, is_selected boolean, created_at timestamptz);

-- add_ended_generations(chat_id ChatId, rows Json) -> none
-- Of a file; their runs stayed where it was written.
insert into chats.generation (id, chat_id, branch_id, message_id, variant_id, seq, status, task, provider, model, tokens_in, tokens_out, tokens_cached, cost_usd,
                              error_code, error_message, attempt, queued_at, first_token_at, ended_at, run_id)
select r.id, :chat_id, r.branch_id, r.message_id, r.variant_id, r.seq, g.status, g.task, r.provider, r.model, g.tokens_in, g.tokens_out, g.tokens_cached, g.cost_usd,
       g.error_code, g.error_message, 1, g.queued_at, g.first_token_at, g.ended_at, r.run_id
from json_to_recordset(:rows::json) as r (id uuid, branch_id uuid, message_id uuid, variant_id uuid, seq bigint, provider text, model text, run_id uuid, generation json)
cross join lateral json_to_record(r.generation) as g (status text, task text, tokens_in bigint, tokens_out bigint, tokens_cached bigint, cost_usd double precision,
                                                      error_code text, error_message text, queued_at timestamptz, first_token_at timestamptz, ended_at timestamptz);

-- add_stretch(branch_id BranchId, seq_from int64_t, seq_to int64_t, segment_id SegmentId, pinned_variant_id std::optional<VariantId>) -> none
insert into chats.lineage (branch_id, seq_from, seq_to, segment_id, pinned_variant_id) values (:branch_id, :seq_from, :seq_to, :segment_id, :pinned_variant_id);

-- set_imported(id ChatId, tags std::vector<std::string>, status ChatStatus, created_at std::optional<Time>, imported std::optional<Json>) -> none
update chats.chat set tags = :tags, status = :status, created_at = coalesce(:created_at, created_at), imported = :imported::json,
       last_message_at = (select max(m.created_at) from chats.message m where m.chat_id = :id)
where id = :id;
