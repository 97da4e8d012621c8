-- #include "modules/chats/ids.h"
-- #include "modules/chats/lore/lore.h"
-- #include "modules/chats/lorebook_model.h"

-- add_lorebook(id LorebookId, name std::string, description std::string, scan_depth std::optional<int64_t>, token_budget std::optional<int64_t>, recursive_scanning std::optional<bool>, extensions Json, unknown Json) -> none
insert into chats.lorebook (id, name, description, scan_depth, token_budget, recursive_scanning, extensions, unknown)
values (:id, :name, :description, :scan_depth, :token_budget, :recursive_scanning, :extensions, :unknown);

-- count_lorebooks() -> one int64_t
select count(*) from chats.lorebook;

-- lorebook(id LorebookId) -> maybe Lorebook
select id, name, description, scan_depth, token_budget, recursive_scanning, entries_count, created_at, updated_at, version from chats.lorebook where id = :id;

-- lock_lorebook(id LorebookId) -> maybe Lorebook
select id, name, description, scan_depth, token_budget, recursive_scanning, entries_count, created_at, updated_at, version from chats.lorebook where id = :id for update;

-- lorebooks(scope std::optional<lore::Scope>, scope_id std::optional<std::string>, after std::optional<LorebookId>, limit int64_t) -> many Lorebook
-- Those that are used there, when a scope is given.
select b.id, b.name, b.description, b.scan_depth, b.token_budget, b.recursive_scanning, b.entries_count, b.created_at, b.updated_at, b.version
from chats.lorebook b
where (:after::uuid is null or b.id > :after)
  and (:scope::text is null or exists (
      select from chats.lorebook_binding i
      where i.organization_id = b.organization_id and i.lorebook_id = b.id and i.scope = :scope and (:scope_id::text is null or i.scope_id = :scope_id)))
order by b.id limit :limit;

-- lorebook_row(id LorebookId) -> maybe LorebookRow
select id, name, description, scan_depth, token_budget, recursive_scanning, extensions, unknown from chats.lorebook where id = :id;

-- change_lorebook(id LorebookId, name std::string, description std::string, scan_depth std::optional<int64_t>, token_budget std::optional<int64_t>, recursive_scanning std::optional<bool>) -> none
update chats.lorebook set name = :name, description = :description, scan_depth = :scan_depth, token_budget = :token_budget,
       recursive_scanning = :recursive_scanning, updated_at = now(), version = version + 1
where id = :id;

-- count_lorebook_entries(id LorebookId) -> none
-- After its entries changed.
update chats.lorebook set entries_count = (select count(*) from chats.lorebook_entry e where e.lorebook_id = :id), updated_at = now(), version = version + 1 where id = :id;

-- delete_lorebook(id LorebookId) -> none
delete from chats.lorebook where id = :id;

-- add_lorebook_entries(lorebook_id LorebookId, entries Json) -> none
-- All entries of a file in one statement.
insert into chats.lorebook_entry (lorebook_id, uid, entry)
select :lorebook_id, (e.value ->> 'uid')::bigint, e.value from jsonb_array_elements(:entries) e;

-- put_lorebook_entry(lorebook_id LorebookId, uid int64_t, entry Json) -> none
insert into chats.lorebook_entry (lorebook_id, uid, entry) values (:lorebook_id, :uid, :entry)
on conflict (organization_id, lorebook_id, uid) do update set entry = excluded.entry;

-- lorebook_entries(lorebook_id LorebookId, after std::optional<int64_t>, limit int64_t) -> many Json
select entry from chats.lorebook_entry where lorebook_id = :lorebook_id and (:after::bigint is null or uid > :after) order by uid limit :limit;

-- delete_lorebook_entry(lorebook_id LorebookId, uid int64_t) -> none
delete from chats.lorebook_entry where lorebook_id = :lorebook_id and uid = :uid;

-- bind_lorebook(lorebook_id LorebookId, scope lore::Scope, scope_id std::string) -> none
insert into chats.lorebook_binding (lorebook_id, scope, scope_id) values (:lorebook_id, :scope, :scope_id) on conflict do nothing;

-- unbind_lorebook(lorebook_id LorebookId, scope lore::Scope, scope_id std::string) -> none
delete from chats.lorebook_binding where lorebook_id = :lorebook_id and scope = :scope and scope_id = :scope_id;

-- lorebook_bindings(lorebook_id LorebookId) -> many LorebookBinding
select scope, scope_id from chats.lorebook_binding where lorebook_id = :lorebook_id order by scope, scope_id;

-- lorebooks_in_use(scope lore::Scope, scope_id std::string) -> many LorebookInUse
select b.id, i.scope, b.version
from chats.lorebook_binding i join chats.lorebook b on b.organization_id = i.organization_id and b.id = i.lorebook_id
where i.scope = :scope and i.scope_id = :scope_id order by i.created_at, b.id;

-- replace_lorebook(id LorebookId, name std::string, description std::string, scan_depth std::optional<int64_t>, token_budget std::optional<int64_t>, recursive_scanning std::optional<bool>, extensions Json, unknown Json) -> none
update chats.lorebook set name = :name, description = :description, scan_depth = :scan_depth, token_budget = :token_budget,
       recursive_scanning = :recursive_scanning, extensions = :extensions, unknown = :unknown
where id = :id;

-- delete_lorebook_entries(lorebook_id LorebookId) -> none
delete from chats.lorebook_entry where lorebook_id = :lorebook_id;

-- lore_settings() -> maybe Json
select settings from chats.lore_setting;

-- put_lore_settings(settings Json) -> none
insert into chats.lore_setting (settings) values (:settings) on conflict (organization_id) do update set settings = excluded.settings;

-- lore_effects_at(branch_id BranchId, last int64_t) -> maybe Json
-- What the newest answer that left something, of the history up to there as it is shown, left.
select s.effects
from chats.lineage l
join chats.lore_state s on s.organization_id = l.organization_id and s.segment_id = l.segment_id and s.seq between l.seq_from and least(l.seq_to, :last)
join chats.variant v on v.organization_id = s.organization_id and v.id = s.variant_id
 and case when l.pinned_variant_id is not null and s.seq = l.seq_to then v.id = l.pinned_variant_id else v.is_selected end
where l.branch_id = :branch_id and l.seq_from <= :last
order by s.seq desc limit 1;

-- keep_lore_effects(variant_id VariantId, effects Json) -> none
insert into chats.lore_state (variant_id, segment_id, seq, effects)
select v.id, m.segment_id, m.seq, :effects
from chats.variant v join chats.message m on m.organization_id = v.organization_id and m.id = v.message_id
where v.id = :variant_id
on conflict (organization_id, variant_id) do update set effects = excluded.effects;

-- copy_lore_effects(from VariantId, to VariantId) -> none
-- An answer that was edited, or is used again, leaves what the answer left.
insert into chats.lore_state (variant_id, segment_id, seq, effects)
select :to, segment_id, seq, effects from chats.lore_state where variant_id = :from;
