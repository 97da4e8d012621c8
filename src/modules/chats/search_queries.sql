-- #include "modules/chats/ids.h"
-- #include "modules/chats/search_model.h"

-- tags(limit int64_t) -> many TagUse
select tag, count(*) as chats_count from chats.chat c cross join unnest(c.tags) tag where c.status <> 'deleted' group by tag order by tag limit :limit;

-- search(query std::string, chat_id std::optional<ChatId>, before std::optional<MessageId>, limit int64_t) -> many FoundRow
-- One row for each entry that has the words, the newest first; without an excerpt when nobody can see the text: its chat is in the
-- trash, or no branch has the message in its history any more. The branch is the active one where that has it.
select f.id, c.id as chat_id, c.title as chat_title, c.status as chat_status, b.id as branch_id, m.id as message_id, m.seq, m.role,
       case when f.id = c.id or b.id is not null then
           ts_headline('pg_catalog.russian', left(coalesce(v.text, c.title), 200000), chats.words_of_query(:query),
                       E'StartSel=\x02, StopSel=\x03, MaxWords=40, MinWords=20') end as excerpt,
       coalesce(m.created_at, c.created_at) as created_at
from chats.find(:query, :chat_id, :before, :limit) f
left join chats.chat c on c.id = f.chat_id and c.status <> 'deleted'
left join chats.message m on m.id = f.id
left join chats.variant v on v.organization_id = m.organization_id and v.message_id = m.id and v.is_selected
left join lateral (
    select b.id from chats.lineage l
    join chats.branch b on b.organization_id = l.organization_id and b.id = l.branch_id
    where l.organization_id = m.organization_id and l.segment_id = m.segment_id and m.seq between l.seq_from and l.seq_to
      and (l.pinned_variant_id is null or m.seq < l.seq_to or l.pinned_variant_id = v.id)
    order by b.id = c.active_branch_id desc, b.id = m.branch_id desc, b.id limit 1) b on c.id is not null
order by f.id desc;
