-- #include "modules/chats/branch_model.h"
-- #include "modules/chats/ids.h"

-- add_branch(id BranchId, chat_id ChatId, title std::string, is_main bool, parent_branch_id std::optional<BranchId>, forked_from_message_id std::optional<MessageId>, forked_from_variant_id std::optional<VariantId>, forked_from_seq std::optional<int64_t>, segment_id SegmentId, messages_count int64_t, last_message_preview std::string, current_version_id std::optional<VersionId>, start_version_id std::optional<VersionId>) -> none
insert into chats.branch (id, chat_id, title, is_main, parent_branch_id, forked_from_message_id, forked_from_variant_id, forked_from_seq,
                          segment_id, messages_count, last_message_preview, current_version_id, start_version_id)
values (:id, :chat_id, :title, :is_main, :parent_branch_id, :forked_from_message_id, :forked_from_variant_id, :forked_from_seq,
        :segment_id, :messages_count, :last_message_preview, :current_version_id, :start_version_id);

-- branch(id BranchId) -> maybe Branch
select id, chat_id, title, is_main, parent_branch_id, forked_from_message_id, forked_from_variant_id, forked_from_seq, messages_count,
       last_message_preview, current_version_id, created_at, version
from chats.branch where id = :id;

-- branches(chat_id ChatId) -> many Branch
select id, chat_id, title, is_main, parent_branch_id, forked_from_message_id, forked_from_variant_id, forked_from_seq, messages_count,
       last_message_preview, current_version_id, created_at, version
from chats.branch where chat_id = :chat_id order by id;

-- count_branches(chat_id ChatId) -> one int64_t
select count(*) from chats.branch where chat_id = :chat_id;

-- lock_branch(id BranchId) -> maybe BranchEnd
-- Two writers of a branch queue up here, so its history has no gap and one order.
select b.id, b.chat_id, b.segment_id, b.messages_count, b.current_version_id, c.app_id, c.status as chat_status
from chats.branch b join chats.chat c on c.id = b.chat_id
where b.id = :id for update of b;

-- lock_branch_of(chat_id ChatId, branch_id std::optional<BranchId>) -> maybe BranchEnd
-- The same for a branch of that chat, the active one when none is named.
select b.id, b.chat_id, b.segment_id, b.messages_count, b.current_version_id, c.app_id, c.status as chat_status
from chats.chat c
join chats.branch b on b.organization_id = c.organization_id and b.chat_id = c.id and b.id = coalesce(:branch_id, c.active_branch_id)
where c.id = :chat_id for update of b;

-- grow_branch(id BranchId, chat_id ChatId, by int64_t, last_message_preview std::string, title std::string) -> none
-- The first message names a chat that has no name. What is not said yet has no preview: the branch keeps the one before.
with chat as (
    update chats.chat set last_message_at = now(), updated_at = now(), title = case when title = '' then :title else title end where id = :chat_id
)
update chats.branch set messages_count = messages_count + :by,
       last_message_preview = case when :last_message_preview = '' then last_message_preview else :last_message_preview end, version = version + 1 where id = :id;

-- rename_branch(id BranchId, title std::string) -> none
update chats.branch set title = :title, version = version + 1 where id = :id;

-- set_branch_version(id BranchId, current_version_id std::optional<VersionId>) -> none
update chats.branch set current_version_id = :current_version_id, version = version + 1 where id = :id;

-- delete_branch(id BranchId) -> none
delete from chats.branch where id = :id;

-- add_lineage(branch_id BranchId, seq_from int64_t, segment_id SegmentId) -> none
-- The branch's own stretch, without an end.
insert into chats.lineage (branch_id, seq_from, seq_to, segment_id) values (:branch_id, :seq_from, 9223372036854775807, :segment_id);

-- inherit_lineage(branch_id BranchId, parent_branch_id BranchId, forked_from_seq int64_t, pinned_variant_id std::optional<VariantId>) -> none
-- The parent's stretches up to the fork: as many rows as the branch is deep, however long the history.
insert into chats.lineage (branch_id, seq_from, seq_to, segment_id, pinned_variant_id)
select :branch_id, l.seq_from, least(l.seq_to, :forked_from_seq), l.segment_id,
       case when l.seq_to >= :forked_from_seq then :pinned_variant_id else l.pinned_variant_id end
from chats.lineage l
where l.branch_id = :parent_branch_id and l.seq_from <= :forked_from_seq;

-- cut_lineage(branch_id BranchId, seq int64_t) -> none
-- Drops the stretches from seq on; a new own stretch must follow.
with gone as (delete from chats.lineage where branch_id = :branch_id and seq_from >= :seq)
update chats.lineage set seq_to = :seq - 1 where branch_id = :branch_id and seq_from < :seq and seq_to >= :seq;

-- move_branch_end(id BranchId, segment_id SegmentId, messages_count int64_t, last_message_preview std::string, current_version_id std::optional<VersionId>) -> none
update chats.branch set segment_id = :segment_id, messages_count = :messages_count, last_message_preview = :last_message_preview,
       current_version_id = :current_version_id, version = version + 1
where id = :id;

-- count_branches_sharing(branch_id BranchId, seq int64_t) -> one int64_t
-- Other branches that have a message of this one's history after seq in theirs.
select count(distinct o.branch_id)
from chats.lineage l
join chats.lineage o on o.organization_id = l.organization_id and o.segment_id = l.segment_id and o.branch_id <> l.branch_id
 and greatest(l.seq_from, o.seq_from, :seq + 1) <= least(l.seq_to, o.seq_to)
where l.branch_id = :branch_id;

-- version_at(branch_id BranchId, seq int64_t) -> maybe VersionId
-- The newest version that the branch's history up to seq made.
select s.version_id
from chats.lineage l
join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
 and m.seq between l.seq_from and least(l.seq_to, :seq) and m.role = 'assistant'
join chats.variant_with_generation s on s.organization_id = m.organization_id and s.message_id = m.id
 and case when l.pinned_variant_id is not null and m.seq = l.seq_to then s.variant_id = l.pinned_variant_id else s.is_selected end
where l.branch_id = :branch_id and s.version_id is not null
order by m.seq desc limit 1;

-- start_version(branch_id BranchId) -> maybe StartVersion
select start_version_id as version_id from chats.branch where id = :branch_id;

-- base_version(variant_id VariantId) -> maybe StartVersion
select base_version_id as version_id from chats.generation where variant_id = :variant_id order by id desc limit 1;
