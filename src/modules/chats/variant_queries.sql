-- #include "modules/chats/ids.h"
-- #include "modules/chats/message_model.h"
-- #include "modules/chats/variant_model.h"

-- add_variant(id VariantId, message_id MessageId, number int64_t, kind VariantKind, text std::string, blocks Json) -> none
insert into chats.variant (id, message_id, number, kind, text, blocks, is_selected) values (:id, :message_id, :number, :kind, :text, :blocks, true);

-- add_further_variant(id VariantId, message_id MessageId, number int64_t, kind VariantKind, text std::string, blocks Json) -> none
-- One that is not shown.
with message as (update chats.message set variants_count = :number where id = :message_id)
insert into chats.variant (id, message_id, number, kind, text, blocks, is_selected) values (:id, :message_id, :number, :kind, :text, :blocks, false);

-- next_variant(message_id MessageId) -> maybe int64_t
-- The next variant's number; the message is locked, so two writers get two numbers.
update chats.message set variants_count = variants_count + 1 where id = :message_id returning variants_count;

-- deselect_variants(message_id MessageId) -> none
update chats.variant set is_selected = false where message_id = :message_id and is_selected;

-- variant_of_message(id VariantId, message_id MessageId) -> maybe VariantPlace
-- is_pinned: a branch was forked from it.
select v.number, v.is_selected, v.version_id, exists (
           select from chats.message m
           join chats.lineage l on l.organization_id = m.organization_id and l.segment_id = m.segment_id
           where m.organization_id = v.organization_id and m.id = v.message_id and l.pinned_variant_id = v.id) as is_pinned
from chats.variant v where v.id = :id and v.message_id = :message_id;

-- delete_variant(id VariantId, message_id MessageId) -> none
-- Numbers stay dense: those after it are turned negative first, for no two may be the same meanwhile.
with gone as (
    delete from chats.variant where id = :id and message_id = :message_id returning number
), count as (
    update chats.message set variants_count = variants_count - 1 where id = :message_id
)
update chats.variant v set number = 1 - v.number from gone where v.message_id = :message_id and v.number > gone.number;

-- number_variants(message_id MessageId) -> none
update chats.variant set number = -number where message_id = :message_id and number < 0;

-- select_newest_variant(message_id MessageId) -> none
update chats.variant set is_selected = true
where message_id = :message_id and number = (select max(number) from chats.variant where message_id = :message_id);

-- select_variant(id VariantId, message_id MessageId) -> none
update chats.variant set is_selected = true where id = :id and message_id = :message_id;

-- change_variant(id VariantId, text std::string, blocks Json) -> none
update chats.variant set text = :text, blocks = :blocks where id = :id;

-- set_variant_version(id VariantId, version_id VersionId) -> none
update chats.variant set version_id = :version_id where id = :id;

-- variants(message_id MessageId, after int64_t, limit int64_t) -> many MessageRow
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.message m join chats.variant_with_generation s on s.organization_id = m.organization_id and s.message_id = m.id
where m.id = :message_id and s.number > :after order by s.number limit :limit;

-- variant_blocks(id VariantId) -> maybe Json
select blocks from chats.variant where id = :id;

-- set_variant_text(id VariantId, text std::string) -> none
update chats.variant set text = :text where id = :id;

-- lock_variant(id VariantId) -> maybe VariantText
select id as variant_id, message_id, text, blocks from chats.variant where id = :id for update;
