-- add_chat(id ChatId, project_id ProjectId, app_id std::optional<AppId>, entity_profile_id std::optional<EntityProfileId>, title std::string, active_branch_id BranchId, created_by std::optional<UserId>) -> none
insert into chats.chat (id, project_id, app_id, entity_profile_id, title, active_branch_id, created_by) values (:id, :project_id, :app_id, :entity_profile_id, :title, :active_branch_id, :created_by);

-- chat(id ChatId) -> maybe Chat
-- position: before the oldest event of a generation that still runs, else the end of the stream.
select c.id, c.title, c.project_id, c.app_id, c.persona_id, c.entity_profile_id, c.data_class, c.status, c.tags, c.vars, c.origin_chat_id, c.origin_branch_id, c.origin_message_id, c.active_branch_id, c.last_message_at, c.deleted_at, c.created_at, c.updated_at, c.version,
       coalesce((select min(g.started_seq) - 1 from chats.generation g where g.chat_id = c.id and g.status in ('queued', 'streaming')),
                (select h.last_seq from stream.head('chat:' || c.id::text) h), 0)::text as position
from chats.chat c where c.id = :id;

-- chats_page(app_id std::optional<AppId>, entity_profile_id std::optional<EntityProfileId>, status std::optional<ChatStatus>, tag std::optional<std::string>, query std::optional<std::string>, found_max int64_t, before_at std::optional<Time>, before_id std::optional<ChatId>, limit int64_t) -> many Chat
-- Those in the trash only when they are asked for.
select c.id, c.title, c.project_id, c.app_id, c.persona_id, c.entity_profile_id, c.data_class, c.status, c.tags, c.vars, c.origin_chat_id, c.origin_branch_id, c.origin_message_id, c.active_branch_id, c.last_message_at, c.deleted_at, c.created_at, c.updated_at, c.version, '' as position
from chats.chat c
where (:app_id::uuid is null or c.app_id = :app_id)
  and (:entity_profile_id::uuid is null or c.entity_profile_id = :entity_profile_id)
  and case when :status::text is null then c.status <> 'deleted' else c.status = :status end
  and (:tag::text is null or :tag = any (c.tags))
  and (:query::text is null or c.id in (select f.chat_id from chats.find(:query, null, null, :found_max) f))
  and (:before_at::timestamptz is null or (c.updated_at, c.id) < (:before_at, :before_id))
order by c.updated_at desc, c.id desc
limit :limit;

-- set_persona(chat_id ChatId, persona_id std::optional<PersonaId>) -> none
update chats.chat set persona_id = :persona_id where id = :chat_id;

-- change_chat(id ChatId, title std::optional<std::string>, status std::optional<ChatStatus>, active_branch_id std::optional<BranchId>) -> none
update chats.chat set title = coalesce(:title, title), status = coalesce(:status, status),
       active_branch_id = coalesce(:active_branch_id, active_branch_id), updated_at = now(), version = version + 1,
       deleted_at = case coalesce(:status, status) when 'deleted' then coalesce(deleted_at, now()) end
where id = :id;

-- long_trashed_chats(kept_days int64_t, limit int64_t) -> many TrashedChat
-- Of all organizations.
select organization_id, id from chats.chat where deleted_at < now() - :kept_days::bigint * interval '1 day' order by deleted_at limit :limit;

-- is_long_trashed(id ChatId, kept_days int64_t) -> maybe bool
-- The chat is locked.
select coalesce(deleted_at < now() - :kept_days::bigint * interval '1 day', false) from chats.chat where id = :id for update;

-- set_tags(id ChatId, tags std::vector<std::string>) -> none
update chats.chat set tags = :tags where id = :id;

-- set_vars(id ChatId, vars Json) -> none
update chats.chat set vars = :vars where id = :id;

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

-- set_origin(id ChatId, origin_chat_id ChatId, origin_branch_id BranchId, origin_message_id std::optional<MessageId>) -> none
update chats.chat set origin_chat_id = :origin_chat_id, origin_branch_id = :origin_branch_id, origin_message_id = :origin_message_id where id = :id;

-- delete_chat(id ChatId, scope_id std::string) -> none
-- With the prompt templates that were for it alone, and its words.
with templates as (
    delete from chats.prompt_template where scope = 'chat' and scope_id = :scope_id
), words as (
    delete from chats.search_entry e using (select id from chats.message where chat_id = :id union all select :id) gone where e.id = gone.id
)
delete from chats.chat where id = :id;

-- add_image(id ImageId, chat_id ChatId, sha256 std::string, media_type std::string, width int64_t, height int64_t, size_bytes int64_t, bytes store::Bytes) -> none
insert into chats.image (id, chat_id, sha256, media_type, width, height, size_bytes, bytes) values (:id, :chat_id, :sha256, :media_type, :width, :height, :size_bytes, :bytes);

-- image_of_hash(chat_id ChatId, sha256 std::string) -> maybe Image
select id, media_type, width, height, size_bytes from chats.image where chat_id = :chat_id and sha256 = :sha256;

-- images_of_chat(chat_id ChatId) -> many Image
select id, media_type, width, height, size_bytes from chats.image where chat_id = :chat_id order by id;

-- images_named(chat_id ChatId, ids std::vector<ImageId>) -> many Image
select id, media_type, width, height, size_bytes from chats.image where chat_id = :chat_id and id = any(:ids);

-- image_files(ids std::vector<ImageId>) -> many ImageFile
select id, media_type, sha256, encode(bytes, 'hex') as hex from chats.image where id = any(:ids);

-- lock_chat(id ChatId) -> maybe int64_t
select version from chats.chat where id = :id for update;

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

-- add_message(id MessageId, chat_id ChatId, branch_id BranchId, segment_id SegmentId, seq int64_t, role Role, created_by std::optional<UserId>, variant_id VariantId, kind VariantKind, text std::string, blocks Json) -> none
-- With its first variant.
with message as (
    insert into chats.message (id, chat_id, branch_id, segment_id, seq, role, created_by)
    values (:id, :chat_id, :branch_id, :segment_id, :seq, :role, :created_by)
)
insert into chats.variant (id, message_id, number, kind, text, blocks, is_selected) values (:variant_id, :id, 1, :kind, :text, :blocks, true);

-- add_variant(id VariantId, message_id MessageId, number int64_t, kind VariantKind, text std::string, blocks Json) -> none
insert into chats.variant (id, message_id, number, kind, text, blocks, is_selected) values (:id, :message_id, :number, :kind, :text, :blocks, true);

-- next_variant(message_id MessageId) -> maybe int64_t
-- The next variant's number; the message is locked, so two writers get two numbers.
update chats.message set variants_count = variants_count + 1 where id = :message_id returning variants_count;

-- deselect_variants(message_id MessageId) -> none
update chats.variant set is_selected = false where message_id = :message_id and is_selected;

-- count_branches_sharing(branch_id BranchId, seq int64_t) -> one int64_t
-- Other branches that have a message of this one's history after seq in theirs.
select count(distinct o.branch_id)
from chats.lineage l
join chats.lineage o on o.organization_id = l.organization_id and o.segment_id = l.segment_id and o.branch_id <> l.branch_id
 and greatest(l.seq_from, o.seq_from, :seq + 1) <= least(l.seq_to, o.seq_to)
where l.branch_id = :branch_id;

-- move_messages_up(branch_id BranchId, seq int64_t, segment_id SegmentId) -> none
-- What follows seq in the branch's history stands one place earlier, in a segment of its own.
update chats.message m set segment_id = :segment_id, seq = m.seq - 1
from chats.lineage l
where l.branch_id = :branch_id and l.organization_id = m.organization_id and m.segment_id = l.segment_id
  and m.seq between greatest(l.seq_from, :seq + 1) and l.seq_to;

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

-- message(id MessageId) -> maybe MessageRow
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.message m join chats.shown_variant s on s.organization_id = m.organization_id and s.message_id = m.id and s.is_selected
where m.id = :id;

-- variants(message_id MessageId, after int64_t, limit int64_t) -> many MessageRow
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.message m join chats.shown_variant s on s.organization_id = m.organization_id and s.message_id = m.id
where m.id = :message_id and s.number > :after order by s.number limit :limit;

-- message_in_branch(id MessageId, branch_id BranchId) -> maybe MessageRow
-- The message as that branch shows it; absent when it is not in the branch's history.
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.message m
join chats.lineage l on l.branch_id = :branch_id and l.segment_id = m.segment_id and m.seq between l.seq_from and l.seq_to
join chats.shown_variant s on s.organization_id = m.organization_id and s.message_id = m.id
 and case when l.pinned_variant_id is not null and m.seq = l.seq_to then s.variant_id = l.pinned_variant_id else s.is_selected end
where m.id = :id;

-- messages_page(branch_id BranchId, after int64_t, limit int64_t) -> many MessageRow
-- Seq has no gaps, so the page is a stretch of at most limit numbers, found by index in one or two segments.
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.lineage l
join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
 and m.seq between greatest(l.seq_from, :after + 1) and least(l.seq_to, :after + :limit)
join chats.shown_variant s on s.organization_id = m.organization_id and s.message_id = m.id
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
join chats.shown_variant s on s.organization_id = m.organization_id and s.message_id = m.id
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
       shown.error_message, shown.problems, shown.attempt, shown.queued_at, shown.first_token_at, shown.ended_at, shown.run_id
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
    join chats.shown_variant s on s.organization_id = m.organization_id and s.message_id = m.id
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

-- add_generation(id GenerationId, chat_id ChatId, branch_id BranchId, message_id MessageId, variant_id VariantId, seq int64_t, model_id std::optional<ModelId>, provider std::string, model std::string, base_version_id std::optional<VersionId>, started_seq int64_t, run_id RunId, task Task, continued_variant_id std::optional<VariantId>, fallback_model_ids std::vector<ModelId>, cost_usd_max std::optional<double>, settings GenerationSettings, trigger Trigger, pipeline_id std::optional<PipelineId>, pipeline_number std::optional<int64_t>, definition std::optional<Json>, retried_run_id std::optional<RunId>, step_ids std::vector<StepId>, steps std::vector<std::string>, step_types std::vector<std::string>, parts std::vector<std::string>) -> none
-- With the run that records it, and the run's steps.
with generation as (
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
       error_code, error_message, problems, attempt, queued_at, first_token_at, ended_at, run_id
from chats.generation where id = :id;

-- lock_generation(id GenerationId) -> maybe GenerationWork
select g.id, g.chat_id, g.branch_id, g.message_id, g.variant_id, g.status, g.provider, g.model, g.model_id, g.tokens_in, g.tokens_out, g.tokens_cached,
       g.cost_usd, g.error_code, g.error_message, g.problems, g.attempt, g.queued_at, g.first_token_at, g.ended_at, g.run_id,
       g.seq, g.base_version_id, g.open_block, (select c.app_id from chats.chat c where c.organization_id = g.organization_id and c.id = g.chat_id) as app_id,
       g.task, (select v.text from chats.variant v where v.organization_id = g.organization_id and v.id = g.continued_variant_id) as continued_text,
       g.cost_usd_max, g.settings
from chats.generation g where g.id = :id for update;

-- find_generation(id GenerationId) -> maybe GenerationWork
-- An answer to a new message builds on what its branch shows when its turn comes: answers before it may have made versions.
select g.id, g.chat_id, g.branch_id, g.message_id, g.variant_id, g.status, g.provider, g.model, g.model_id, g.tokens_in, g.tokens_out, g.tokens_cached,
       g.cost_usd, g.error_code, g.error_message, g.problems, g.attempt, g.queued_at, g.first_token_at, g.ended_at, g.run_id,
       g.seq, coalesce(g.base_version_id, b.current_version_id) as base_version_id, g.open_block, c.app_id,
       g.task, (select v.text from chats.variant v where v.organization_id = g.organization_id and v.id = g.continued_variant_id) as continued_text,
       g.cost_usd_max, g.settings
from chats.generation g
join chats.chat c on c.organization_id = g.organization_id and c.id = g.chat_id
left join chats.branch b on b.organization_id = g.organization_id and b.id = g.branch_id
where g.id = :id;

-- count_unfinished(chat_id ChatId, branch_id std::optional<BranchId>) -> one int64_t
-- Answers that wait or are being written on the branch, the active one when none is named.
select count(*)
from chats.chat c
join chats.generation g on g.organization_id = c.organization_id and g.chat_id = c.id and g.branch_id = coalesce(:branch_id, c.active_branch_id)
 and g.status in ('queued', 'streaming')
where c.id = :chat_id;

-- start_generation(id GenerationId, base_version_id std::optional<VersionId>, prompt_hash std::string) -> none
-- Not when it was aborted meanwhile.
update chats.generation set status = 'streaming', attempt = attempt + 1, open_block = null, first_token_at = null,
       base_version_id = :base_version_id, prompt_hash = :prompt_hash
where id = :id and status in ('queued', 'streaming');

-- add_prompt_snapshot(hash std::string, zstd store::Bytes) -> none
insert into chats.prompt_snapshot (hash, zstd) values (:hash, :zstd) on conflict do nothing;

-- add_prompt_template(id PromptTemplateId, name std::string, scope PromptScope, scope_id std::string, text std::string, is_enabled bool) -> one PromptTemplate
insert into chats.prompt_template (id, name, scope, scope_id, text, is_enabled) values (:id, :name, :scope, :scope_id, :text, :is_enabled)
returning id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version;

-- prompt_template(id PromptTemplateId) -> maybe PromptTemplate
select id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version from chats.prompt_template where id = :id;

-- lock_prompt_template(id PromptTemplateId) -> maybe PromptTemplate
select id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version from chats.prompt_template where id = :id for update;

-- prompt_templates(scope std::optional<PromptScope>, scope_id std::optional<std::string>, after std::optional<PromptTemplateId>, limit int64_t) -> many PromptTemplate
select id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version from chats.prompt_template
where (:scope::text is null or scope = :scope) and (:scope_id::text is null or scope_id = :scope_id) and (:after::uuid is null or id > :after)
order by id limit :limit;

-- prompt_template_names() -> many std::string
select name from chats.prompt_template;

-- enabled_prompt_template(scope PromptScope, scope_id std::string) -> maybe PromptTemplate
select id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version from chats.prompt_template
where scope = :scope and scope_id = :scope_id and is_enabled;

-- prompt_setting(chat_id ChatId, chat_scope_id std::string, profile_scope_id std::string) -> maybe PromptSetting
-- The template is the chat's own, else one of its profile, else a global one; the persona is the one chosen for the chat, else the default.
select c.title, c.created_at, c.vars, t.name as template_name, t.text as template_text, p.id as persona_id, p.name as persona_name, p.description as persona_description
from chats.chat c
left join lateral (
    select name, text from chats.prompt_template
    where organization_id = c.organization_id and is_enabled and (scope, scope_id) in (('chat', :chat_scope_id), ('entity_profile', :profile_scope_id), ('global', ''))
    order by scope limit 1) t on true
left join lateral (
    select id, name, description from chats.persona
    where organization_id = c.organization_id and (id = c.persona_id or is_default)
    order by id = c.persona_id desc nulls last limit 1) p on true
where c.id = :chat_id;

-- prompt_text(name std::string) -> maybe PromptText
select name, text from chats.prompt_template where name = :name;

-- change_prompt_template(id PromptTemplateId, name std::string, text std::string, is_enabled bool) -> one PromptTemplate
update chats.prompt_template set name = :name, text = :text, is_enabled = :is_enabled, updated_at = now(), version = version + 1 where id = :id
returning id, name, scope, scope_id, engine, text, is_enabled, created_at, updated_at, version;

-- delete_prompt_template(id PromptTemplateId) -> none
delete from chats.prompt_template where id = :id;

-- add_persona(id PersonaId, name std::string, description std::string, is_default bool) -> one Persona
insert into chats.persona (id, name, description, is_default) values (:id, :name, :description, :is_default)
returning id, name, description, is_default, created_at, updated_at, version;

-- persona(id PersonaId) -> maybe Persona
select id, name, description, is_default, created_at, updated_at, version from chats.persona where id = :id;

-- lock_persona(id PersonaId) -> maybe Persona
select id, name, description, is_default, created_at, updated_at, version from chats.persona where id = :id for update;

-- personas(after std::optional<PersonaId>, limit int64_t) -> many Persona
select id, name, description, is_default, created_at, updated_at, version from chats.persona
where :after::uuid is null or id > :after order by id limit :limit;

-- count_personas() -> one int64_t
select count(*) from chats.persona;

-- change_persona(id PersonaId, name std::string, description std::string, is_default bool) -> one Persona
update chats.persona set name = :name, description = :description, is_default = :is_default, updated_at = now(), version = version + 1 where id = :id
returning id, name, description, is_default, created_at, updated_at, version;

-- no_default_persona() -> none
update chats.persona set is_default = false, version = version + 1 where is_default;

-- delete_persona(id PersonaId) -> none
-- Its chats name none afterwards.
with forgotten as (update chats.chat set persona_id = null, version = version + 1 where persona_id = :id)
delete from chats.persona where id = :id;

-- open_block(id GenerationId, open_block OpenBlock) -> none
update chats.generation set open_block = :open_block, first_token_at = coalesce(first_token_at, now()) where id = :id;

-- add_blocks(variant_id VariantId, blocks Json) -> none
update chats.variant set blocks = blocks || :blocks::jsonb where id = :variant_id;

-- keep_answer(variant_id VariantId, text std::string, blocks Json) -> none
-- The whole text, and the last blocks.
update chats.variant set text = :text, blocks = blocks || :blocks::jsonb where id = :variant_id;

-- variant_blocks(id VariantId) -> maybe Json
select blocks from chats.variant where id = :id;

-- set_variant_text(id VariantId, text std::string) -> none
update chats.variant set text = :text where id = :id;

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

-- start_step(run_id RunId, type std::string, input Json) -> none
update chats.step_run set status = 'running', input = :input, started_at = clock_timestamp(), ended_at = null, error = null
where run_id = :run_id and part = :type;

-- start_asking(run_id RunId, began_at Time, prompt Json) -> none
-- The prompt is made: step pre is over, step llm begins.
with run as (
    update chats.pipeline_run set status = 'running', ended_at = null where id = :run_id
)
update chats.step_run
set status = case when part = 'pre' then 'done' else 'running' end,
    input = case when part = 'pre' then '{}' else :prompt::jsonb end,
    output = case when part = 'pre' then :prompt else output end,
    started_at = case when part = 'pre' then :began_at else clock_timestamp() end,
    ended_at = case when part = 'pre' then clock_timestamp() end,
    error = null
where run_id = :run_id and part in ('pre', 'llm');

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

-- end_run(run_id RunId, status StepStatus, output Json, error std::optional<std::string>) -> none
-- Step post is over, and with it the run: an answer whose changes were refused is an answer.
with run as (
    update chats.pipeline_run set status = 'done', ended_at = clock_timestamp() where id = :run_id
)
update chats.step_run set status = :status, output = :output, error = :error, ended_at = clock_timestamp() where run_id = :run_id and part = 'post';

-- fail_open_steps(run_id RunId, status StepStatus, error std::optional<std::string>) -> none
-- Those that ran; and of the steps that people define those that never will.
update chats.step_run
set status = case when status = 'running' then :status else 'cancelled' end, error = case when status = 'running' then :error else error end, ended_at = clock_timestamp()
where run_id = :run_id and (status = 'running' or status = 'waiting' and part is null);

-- answer_kept(run_id RunId) -> maybe int64_t
-- Of an answer that an attempt has written whole: the byte from which on it counts. What was mended stands after what was refused.
select coalesce((post.input ->> 'mended_from')::bigint, 0)
from chats.step_run llm join chats.step_run post on post.organization_id = llm.organization_id and post.run_id = llm.run_id and post.part = 'post'
where llm.run_id = :run_id and llm.part = 'llm' and llm.status in ('done', 'skipped');

-- set_run_status(id RunId, status StepStatus) -> none
update chats.pipeline_run set status = :status, ended_at = case when :status = 'running' then null else clock_timestamp() end where id = :id;

-- run(id RunId) -> maybe Run
select id, chat_id, generation_id, pipeline_id, pipeline_number, retried_run_id, trigger, status, input, error, '[]'::json as steps, created_at, ended_at from chats.pipeline_run where id = :id;

-- runs(chat_id ChatId, before std::optional<RunId>, limit int64_t) -> many Run
select id, chat_id, generation_id, pipeline_id, pipeline_number, retried_run_id, trigger, status, input, error, '[]'::json as steps, created_at, ended_at from chats.pipeline_run
where chat_id = :chat_id and (:before::uuid is null or id < :before) order by id desc limit :limit;

-- steps(run_ids std::vector<RunId>) -> many StepRow
select run_id, id, step, type, status, input, output, error, reason, attempt, started_at, ended_at from chats.step_run where run_id = any(:run_ids) order by run_id, position;

-- add_model(id ModelId, name std::string, provider std::string, base_url std::string, model std::string, context_tokens int64_t, has_api_key bool, is_default bool) -> none
insert into chats.model (id, name, provider, base_url, model, context_tokens, has_api_key, is_default, takes_images)
values (:id, :name, :provider, :base_url, :model, :context_tokens, :has_api_key, :is_default, :provider <> 'demo');

-- model(id ModelId) -> maybe Model
select id, name, provider, base_url, model, context_tokens, has_api_key, is_default, connect_timeout_ms, first_token_timeout_ms, between_tokens_timeout_ms, total_timeout_ms,
       tokens_in_usd, tokens_cached_usd, tokens_out_usd, takes_images, data_class_max, created_at, updated_at, version from chats.model where id = :id;

-- model_of_generation(id GenerationId) -> maybe Model
select m.id, m.name, m.provider, m.base_url, m.model, m.context_tokens, m.has_api_key, m.is_default, m.connect_timeout_ms, m.first_token_timeout_ms, m.between_tokens_timeout_ms, m.total_timeout_ms,
       m.tokens_in_usd, m.tokens_cached_usd, m.tokens_out_usd, m.takes_images, m.data_class_max, m.created_at, m.updated_at, m.version
from chats.generation g join chats.model m on m.organization_id = g.organization_id and m.id = g.model_id where g.id = :id;

-- model_by_name(name std::string) -> maybe Model
select id, name, provider, base_url, model, context_tokens, has_api_key, is_default, connect_timeout_ms, first_token_timeout_ms, between_tokens_timeout_ms, total_timeout_ms,
       tokens_in_usd, tokens_cached_usd, tokens_out_usd, takes_images, data_class_max, created_at, updated_at, version from chats.model where name = :name;

-- default_model() -> maybe Model
-- The marked one, else the newest that is neither for embeddings nor the demo, else the demo.
select id, name, provider, base_url, model, context_tokens, has_api_key, is_default, connect_timeout_ms, first_token_timeout_ms, between_tokens_timeout_ms, total_timeout_ms,
       tokens_in_usd, tokens_cached_usd, tokens_out_usd, takes_images, data_class_max, created_at, updated_at, version from chats.model
order by is_default desc, id in (select embedding_model_id from chats.knowledge_settings where embedding_model_id is not null), provider <> 'demo' desc, id desc limit 1;

-- models(after std::optional<ModelId>, limit int64_t) -> many Model
select id, name, provider, base_url, model, context_tokens, has_api_key, is_default, connect_timeout_ms, first_token_timeout_ms, between_tokens_timeout_ms, total_timeout_ms,
       tokens_in_usd, tokens_cached_usd, tokens_out_usd, takes_images, data_class_max, created_at, updated_at, version from chats.model
where :after::uuid is null or id > :after order by id limit :limit;

-- change_model(id ModelId, name std::string, base_url std::string, model std::string, context_tokens int64_t, has_api_key bool) -> none
update chats.model set name = :name, base_url = :base_url, model = :model, context_tokens = :context_tokens, has_api_key = :has_api_key,
       updated_at = now(), version = version + 1
where id = :id;

-- set_model_terms(id ModelId, connect_timeout_ms int64_t, first_token_timeout_ms int64_t, between_tokens_timeout_ms int64_t, total_timeout_ms int64_t, tokens_in_usd double, tokens_cached_usd double, tokens_out_usd double, takes_images bool, data_class_max DataClass) -> none
update chats.model set connect_timeout_ms = :connect_timeout_ms, first_token_timeout_ms = :first_token_timeout_ms,
       between_tokens_timeout_ms = :between_tokens_timeout_ms, total_timeout_ms = :total_timeout_ms,
       tokens_in_usd = :tokens_in_usd, tokens_cached_usd = :tokens_cached_usd, tokens_out_usd = :tokens_out_usd, takes_images = :takes_images, data_class_max = :data_class_max
where id = :id;

-- fallback_models(generation_id GenerationId) -> many Model
select m.id, m.name, m.provider, m.base_url, m.model, m.context_tokens, m.has_api_key, m.is_default, m.connect_timeout_ms, m.first_token_timeout_ms, m.between_tokens_timeout_ms, m.total_timeout_ms,
       m.tokens_in_usd, m.tokens_cached_usd, m.tokens_out_usd, m.takes_images, m.data_class_max, m.created_at, m.updated_at, m.version
from chats.generation g
cross join lateral unnest(g.fallback_model_ids) with ordinality as fallback (id, number)
join chats.model m on m.organization_id = g.organization_id and m.id = fallback.id
where g.id = :generation_id order by fallback.number;

-- models_of_policy(chat_id ChatId, is_impersonation bool) -> many PolicyModel
-- Those of the first policy that fits which may be sent what is said in the chat.
select m.id, m.name, m.provider, m.base_url, m.model, m.context_tokens, m.has_api_key, m.is_default, m.connect_timeout_ms, m.first_token_timeout_ms, m.between_tokens_timeout_ms, m.total_timeout_ms,
       m.tokens_in_usd, m.tokens_cached_usd, m.tokens_out_usd, m.takes_images, m.data_class_max, m.created_at, m.updated_at, m.version, p.cost_usd_max
from chats.chat c
join lateral (
    select * from chats.model_policy
    where organization_id = c.organization_id and (data_class is null or data_class = c.data_class)
      and (task is null or task = case when :is_impersonation then 'impersonation' when c.app_id is null then 'chat' else 'app' end)
    order by position, id limit 1) p on true
cross join lateral unnest(p.model_ids) with ordinality as listed (id, number)
join chats.model m on m.organization_id = c.organization_id and m.id = listed.id
where c.id = :chat_id
  and array_position(array['open', 'internal', 'confidential'], c.data_class) <= array_position(array['open', 'internal', 'confidential'], m.data_class_max)
order by listed.number;

-- chat_data_class(id ChatId) -> maybe DataClass
select data_class from chats.chat where id = :id;

-- set_data_class(chat_id ChatId, data_class DataClass) -> none
update chats.chat set data_class = :data_class where id = :chat_id;

-- reroute_generation(id GenerationId, model_id ModelId, provider std::string, model std::string) -> none
update chats.generation set model_id = :model_id, provider = :provider, model = :model where id = :id and status in ('queued', 'streaming');

-- add_model_policy(id ModelPolicyId, name std::string, position int64_t, task std::optional<ModelTask>, data_class std::optional<DataClass>, cost_usd_max std::optional<double>, model_ids std::vector<ModelId>) -> one ModelPolicyRow
insert into chats.model_policy (id, name, position, task, data_class, cost_usd_max, model_ids)
values (:id, :name, :position, :task, :data_class, :cost_usd_max, :model_ids)
returning id, name, position, task, data_class, cost_usd_max, model_ids::text as model_ids_text, created_at, updated_at, version;

-- model_policy(id ModelPolicyId) -> maybe ModelPolicyRow
select id, name, position, task, data_class, cost_usd_max, model_ids::text as model_ids_text, created_at, updated_at, version from chats.model_policy where id = :id;

-- lock_model_policy(id ModelPolicyId) -> maybe ModelPolicyRow
select id, name, position, task, data_class, cost_usd_max, model_ids::text as model_ids_text, created_at, updated_at, version from chats.model_policy where id = :id for update;

-- model_policies() -> many ModelPolicyRow
select id, name, position, task, data_class, cost_usd_max, model_ids::text as model_ids_text, created_at, updated_at, version from chats.model_policy order by position, id;

-- change_model_policy(id ModelPolicyId, name std::string, position int64_t, model_ids std::vector<ModelId>) -> one ModelPolicyRow
update chats.model_policy set name = :name, position = :position, model_ids = :model_ids, updated_at = now(), version = version + 1 where id = :id
returning id, name, position, task, data_class, cost_usd_max, model_ids::text as model_ids_text, created_at, updated_at, version;

-- set_model_policy(id ModelPolicyId, name std::string, position int64_t, task std::optional<ModelTask>, data_class std::optional<DataClass>, cost_usd_max std::optional<double>, model_ids std::vector<ModelId>) -> one ModelPolicyRow
update chats.model_policy set name = :name, position = :position, task = :task, data_class = :data_class, cost_usd_max = :cost_usd_max, model_ids = :model_ids,
       updated_at = now(), version = version + 1 where id = :id
returning id, name, position, task, data_class, cost_usd_max, model_ids::text as model_ids_text, created_at, updated_at, version;

-- delete_model_policy(id ModelPolicyId) -> none
delete from chats.model_policy where id = :id;

-- count_models_among(ids std::vector<ModelId>) -> one int64_t
select count(*) from chats.model where id = any(:ids);

-- has_prompt_template() -> one bool
-- Whether the organization has any that a chat might get.
select exists (select 1 from chats.prompt_template where is_enabled);

-- no_default_model() -> none
update chats.model set is_default = false, version = version + 1 where is_default;

-- set_default_model(id ModelId) -> none
update chats.model set is_default = true, version = version + 1 where id = :id;

-- delete_model(id ModelId) -> none
delete from chats.model where id = :id;

-- version_at(branch_id BranchId, seq int64_t) -> maybe VersionId
-- The newest version that the branch's history up to seq made.
select s.version_id
from chats.lineage l
join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
 and m.seq between l.seq_from and least(l.seq_to, :seq) and m.role = 'assistant'
join chats.shown_variant s on s.organization_id = m.organization_id and s.message_id = m.id
 and case when l.pinned_variant_id is not null and m.seq = l.seq_to then s.variant_id = l.pinned_variant_id else s.is_selected end
where l.branch_id = :branch_id and s.version_id is not null
order by m.seq desc limit 1;

-- start_version(branch_id BranchId) -> maybe StartVersion
select start_version_id as version_id from chats.branch where id = :branch_id;

-- base_version(variant_id VariantId) -> maybe StartVersion
select base_version_id as version_id from chats.generation where variant_id = :variant_id order by id desc limit 1;

-- message_of_variant(variant_id VariantId) -> maybe MessageRow
select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, m.pinned_at, s.*
from chats.shown_variant s join chats.message m on m.organization_id = s.organization_id and m.id = s.message_id
where s.variant_id = :variant_id;

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

-- unfinished_of_chat(chat_id ChatId) -> many GenerationId
select id from chats.generation where chat_id = :chat_id and status in ('queued', 'streaming');

-- add_entity_profile(id EntityProfileId, project_id ProjectId, name std::string, spec Json, tags Json, creator std::string, meta Json, created_by std::optional<UserId>) -> none
insert into chats.entity_profile (id, project_id, name, spec, tags, creator, meta, created_by)
values (:id, :project_id, :name, :spec, :tags, :creator, :meta, :created_by);

-- entity_profile(id EntityProfileId) -> maybe EntityProfile
select p.id, p.name, p.kind, p.spec, p.meta, p.status, f.path is not null as has_avatar, '[]'::jsonb as warnings, p.lorebook_id, p.project_id, p.created_at, p.updated_at, p.version
from chats.entity_profile p left join chats.profile_file f on f.organization_id = p.organization_id and f.profile_id = p.id and f.path = ''
where p.id = :id;

-- lock_entity_profile(id EntityProfileId) -> maybe EntityProfile
select p.id, p.name, p.kind, p.spec, p.meta, p.status, false as has_avatar, '[]'::jsonb as warnings, p.lorebook_id, p.project_id, p.created_at, p.updated_at, p.version
from chats.entity_profile p where p.id = :id for update;

-- entity_profile_of_chat(chat_id ChatId) -> maybe EntityProfile
select p.id, p.name, p.kind, p.spec, p.meta, p.status, false as has_avatar, '[]'::jsonb as warnings, p.lorebook_id, p.project_id, p.created_at, p.updated_at, p.version
from chats.chat c join chats.entity_profile p on p.organization_id = c.organization_id and p.id = c.entity_profile_id
where c.id = :chat_id;

-- entity_profiles_page(status ProfileStatus, before_at std::optional<Time>, before_id std::optional<EntityProfileId>, limit int64_t) -> many ListedProfile
select p.id, p.name, p.kind, p.tags, p.creator, p.status, f.path is not null as has_avatar, p.project_id, p.created_at, p.updated_at, p.version
from chats.entity_profile p left join chats.profile_file f on f.organization_id = p.organization_id and f.profile_id = p.id and f.path = ''
where p.status = :status and (:before_at::timestamptz is null or (p.updated_at, p.id) < (:before_at, :before_id))
order by p.updated_at desc, p.id desc
limit :limit;

-- change_entity_profile(id EntityProfileId, name std::string, spec Json, tags Json, creator std::string, meta std::optional<Json>, status std::optional<ProfileStatus>) -> none
update chats.entity_profile set name = :name, spec = :spec, tags = :tags, creator = :creator, meta = coalesce(:meta, meta),
       status = coalesce(:status, status), updated_at = now(), version = version + 1
where id = :id;

-- archive_entity_profile(id EntityProfileId) -> none
update chats.entity_profile set status = 'archived', updated_at = now(), version = version + 1 where id = :id;

-- touch_entity_profile(id EntityProfileId) -> none
update chats.entity_profile set updated_at = now(), version = version + 1 where id = :id;

-- delete_entity_profile(id EntityProfileId, scope_id std::string) -> none
-- With the prompt templates that were for its chats alone, and the lorebook of its card when that is used nowhere else.
with templates as (delete from chats.prompt_template where scope = 'entity_profile' and scope_id = :scope_id),
     bindings as (delete from chats.lorebook_binding where scope = 'entity_profile' and scope_id = :scope_id),
     book as (delete from chats.lorebook b using chats.entity_profile p
              where p.id = :id and p.organization_id = b.organization_id and p.lorebook_id = b.id
                and not exists (select from chats.lorebook_binding i where i.organization_id = b.organization_id and i.lorebook_id = b.id
                                and (i.scope, i.scope_id) <> ('entity_profile', :scope_id)))
delete from chats.entity_profile where id = :id;

-- count_chats_of_profile(entity_profile_id EntityProfileId) -> one int64_t
select count(*) from chats.chat where entity_profile_id = :entity_profile_id;

-- set_profile_book(id EntityProfileId, lorebook_id LorebookId, book Json) -> none
update chats.entity_profile set lorebook_id = :lorebook_id, book = :book,
       lorebook_version = (select b.version from chats.lorebook b where b.id = :lorebook_id)
where id = :id;

-- profile_book(id EntityProfileId) -> maybe ProfileBook
select p.book, p.lorebook_id, b.version <> p.lorebook_version as is_changed
from chats.entity_profile p join chats.lorebook b on b.organization_id = p.organization_id and b.id = p.lorebook_id
where p.id = :id;

-- add_profile_file(profile_id EntityProfileId, path std::string, position int64_t, bytes store::Bytes) -> none
insert into chats.profile_file (profile_id, path, position, bytes) values (:profile_id, :path, :position, :bytes)
on conflict (organization_id, profile_id, path) do update set bytes = excluded.bytes;

-- profile_files(profile_id EntityProfileId) -> many ProfileFile
select path, encode(bytes, 'hex') as hex from chats.profile_file where profile_id = :profile_id order by position;

-- profile_picture(profile_id EntityProfileId) -> maybe ProfileFile
select path, encode(bytes, 'hex') as hex from chats.profile_file where profile_id = :profile_id and path = '';

-- add_further_variant(id VariantId, message_id MessageId, number int64_t, kind VariantKind, text std::string, blocks Json) -> none
-- One that is not shown.
with message as (update chats.message set variants_count = :number where id = :message_id)
insert into chats.variant (id, message_id, number, kind, text, blocks, is_selected) values (:id, :message_id, :number, :kind, :text, :blocks, false);

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

-- lore_trigger(generation_id GenerationId) -> maybe std::string
-- What kind of answer it is, in the words of lore entries.
select case when g.task = 'continuation' then 'continue' when g.task = 'impersonation' then 'impersonate' when v.number > 1 then 'regenerate' else 'normal' end
from chats.generation g join chats.variant v on v.organization_id = g.organization_id and v.id = g.variant_id
where g.id = :generation_id;

-- add_knowledge_source(id KnowledgeSourceId, kind KnowledgeKind, name std::string, url std::optional<std::string>) -> none
insert into chats.knowledge_source (id, kind, name, url) values (:id, :kind, :name, :url);

-- knowledge_source(id KnowledgeSourceId) -> maybe KnowledgeSource
select id, kind, name, url, status, error, documents_count, chunks_count, text_bytes, indexed_at, created_at, updated_at, version
from chats.knowledge_source where id = :id;

-- lock_knowledge_source(id KnowledgeSourceId) -> maybe KnowledgeSource
select id, kind, name, url, status, error, documents_count, chunks_count, text_bytes, indexed_at, created_at, updated_at, version
from chats.knowledge_source where id = :id for update;

-- knowledge_sources(after std::optional<KnowledgeSourceId>, limit int64_t) -> many KnowledgeSource
select id, kind, name, url, status, error, documents_count, chunks_count, text_bytes, indexed_at, created_at, updated_at, version
from chats.knowledge_source where :after::uuid is null or id > :after order by id limit :limit;

-- count_knowledge_sources() -> one int64_t
select count(*) from chats.knowledge_source;

-- knowledge_bytes() -> one int64_t
select coalesce(sum(text_bytes), 0)::bigint from chats.knowledge_source;

-- rename_knowledge_source(id KnowledgeSourceId, name std::string) -> none
update chats.knowledge_source set name = :name, updated_at = now(), version = version + 1 where id = :id;

-- count_knowledge(id KnowledgeSourceId) -> none
-- After its documents changed.
update chats.knowledge_source s set documents_count = d.documents, chunks_count = d.chunks, text_bytes = d.bytes, updated_at = now(), version = version + 1
from (select count(*) as documents, coalesce(sum(chunks_count), 0) as chunks, coalesce(sum(octet_length(text)), 0) as bytes
      from chats.knowledge_document where source_id = :id) d
where s.id = :id;

-- set_knowledge_status(id KnowledgeSourceId, status KnowledgeStatus, error std::optional<std::string>) -> none
update chats.knowledge_source set status = :status, error = :error, updated_at = now(), version = version + 1 where id = :id;

-- end_indexing(id KnowledgeSourceId) -> none
-- Not while a document waits.
update chats.knowledge_source set status = case when documents_count = 0 then 'empty' else 'ready' end, error = null, indexed_at = now(),
       updated_at = now(), version = version + 1
where id = :id and not exists (select from chats.knowledge_document d where d.source_id = :id and d.revision <> d.indexed_revision);

-- delete_knowledge_source(id KnowledgeSourceId) -> none
delete from chats.knowledge_source where id = :id;

-- put_knowledge_document(id KnowledgeDocumentId, source_id KnowledgeSourceId, path std::string, title std::string, text std::string) -> none
insert into chats.knowledge_document as d (id, source_id, path, title, text) values (:id, :source_id, :path, :title, :text)
on conflict (organization_id, source_id, path) do update
   set title = excluded.title, text = excluded.text, revision = d.revision + 1, updated_at = now()
   where (d.title, d.text) <> (excluded.title, excluded.text);

-- knowledge_documents(source_id KnowledgeSourceId, after std::optional<std::string>, limit int64_t) -> many KnowledgeDocument
select id, path, title, octet_length(text)::bigint as text_bytes, chunks_count, revision = indexed_revision as is_indexed, updated_at
from chats.knowledge_document where source_id = :source_id and (:after::text is null or path > :after) order by path limit :limit;

-- delete_knowledge_document(source_id KnowledgeSourceId, path std::string) -> none
delete from chats.knowledge_document where source_id = :source_id and path = :path;

-- unindex_knowledge(source_id KnowledgeSourceId) -> none
update chats.knowledge_document set revision = revision + 1 where source_id = :source_id;

-- unindexed_document(source_id KnowledgeSourceId) -> maybe UnindexedDocument
select id, text, revision from chats.knowledge_document where source_id = :source_id and revision <> indexed_revision order by id limit 1;

-- delete_chunks(document_id KnowledgeDocumentId) -> none
delete from chats.knowledge_chunk where document_id = :document_id;

-- add_chunks(source_id KnowledgeSourceId, document_id KnowledgeDocumentId, chunks Json) -> none
insert into chats.knowledge_chunk (document_id, position, from_byte, to_byte, heading, text, words)
select :document_id, c.position, c.from_byte, c.to_byte, c.heading, c.text,
       chats.words_of_chunk(store.organization_id(), :source_id, d.title || ' ' || c.heading || ' ' || c.text)
from chats.knowledge_document d
cross join jsonb_to_recordset(:chunks) as c(position bigint, from_byte bigint, to_byte bigint, heading text, text text)
where d.id = :document_id;

-- document_indexed(id KnowledgeDocumentId, revision int64_t, chunks_count int64_t) -> none
update chats.knowledge_document set indexed_revision = :revision, chunks_count = :chunks_count where id = :id;

-- knowledge_found(query std::string, vector std::vector<double>, embedder std::string, source_ids std::vector<KnowledgeSourceId>, candidates int64_t, limit int64_t) -> many KnowledgePassage
-- By words and by meaning, joined by reciprocal rank fusion: a piece weighs the sum of 1 / (60 + its rank) in each list. Without a vector by words alone.
with words as (
    select f.document_id, f.position, f.score as weight, f.matched_words, row_number() over (order by f.score desc, f.document_id, f.position) as rank
    from chats.find_chunks(:query, :source_ids, :candidates) f
), meaning as (
    select n.document_id, n.position, n.similarity, row_number() over (order by n.similarity desc, n.document_id, n.position) as rank
    from chats.nearest_chunks(:vector::real[], :embedder, :source_ids, coalesce((select similarity_min from chats.knowledge_settings), 0), :candidates) n
), joined as (
    select document_id, position, w.rank as words_rank, w.weight as words_weight, w.matched_words, m.rank as vector_rank, m.similarity,
           coalesce(1 / (60 + w.rank)::double precision, 0) + coalesce(1 / (60 + m.rank)::double precision, 0) as score
    from words w full join meaning m using (document_id, position)
    order by score desc, document_id, position limit :limit
)
select d.source_id, s.name as source_name, d.id as document_id, d.path as document_path, d.title as document_title, c.position,
       c.from_byte, c.to_byte, c.heading, c.text, 0::bigint as tokens, f.score, f.words_rank, f.words_weight,
       to_jsonb(coalesce(f.matched_words, '{}')) as matched_words, f.vector_rank, f.similarity
from joined f
join chats.knowledge_chunk c on c.document_id = f.document_id and c.position = f.position
join chats.knowledge_document d on d.organization_id = c.organization_id and d.id = c.document_id
join chats.knowledge_source s on s.organization_id = d.organization_id and s.id = d.source_id
order by f.score desc, f.document_id, f.position;

-- knowledge_settings() -> one KnowledgeSettings
select s.embedding_model_id, coalesce(s.similarity_min, 0.3) as similarity_min,
       (select coalesce(sum(k.chunks_count), 0)::bigint from chats.knowledge_source k) as chunks_count,
       (select count(*) from chats.knowledge_vector v where v.embedder = m.provider || '/' || m.model) as vectors_count,
       exists (select from pg_extension where extname = 'vector') as has_pgvector,
       s.error, coalesce(s.tokens_in, 0) as tokens_in, coalesce(s.cost_usd, 0) as cost_usd, coalesce(s.version, 0) as version
from (select) one left join chats.knowledge_settings s on true
left join chats.model m on m.organization_id = s.organization_id and m.id = s.embedding_model_id;

-- set_knowledge_settings(embedding_model_id std::optional<ModelId>, similarity_min double) -> none
insert into chats.knowledge_settings as s (embedding_model_id, similarity_min) values (:embedding_model_id, :similarity_min)
on conflict (organization_id) do update set embedding_model_id = excluded.embedding_model_id, similarity_min = excluded.similarity_min, error = null,
   updated_at = now(), version = s.version + 1;

-- set_knowledge_error(error std::optional<std::string>) -> none
update chats.knowledge_settings set error = :error where error is distinct from :error;

-- count_embedding(tokens_in int64_t, cost_usd double) -> none
update chats.knowledge_settings set tokens_in = tokens_in + :tokens_in, cost_usd = cost_usd + :cost_usd;

-- embedding_model(chat_id std::optional<ChatId>) -> maybe Model
-- When it may be sent what is said in the chat.
select m.id, m.name, m.provider, m.base_url, m.model, m.context_tokens, m.has_api_key, m.is_default, m.connect_timeout_ms, m.first_token_timeout_ms, m.between_tokens_timeout_ms, m.total_timeout_ms,
       m.tokens_in_usd, m.tokens_cached_usd, m.tokens_out_usd, m.takes_images, m.data_class_max, m.created_at, m.updated_at, m.version
from chats.knowledge_settings s join chats.model m on m.organization_id = s.organization_id and m.id = s.embedding_model_id
where :chat_id::uuid is null
   or (select array_position(array['open', 'internal', 'confidential'], c.data_class) from chats.chat c where c.id = :chat_id)
      <= array_position(array['open', 'internal', 'confidential'], m.data_class_max);

-- unembedded_chunks(embedder std::string, after_document_id KnowledgeDocumentId, after_position int64_t, limit int64_t) -> many UnembeddedChunk
select c.document_id, c.position, d.indexed_revision as revision, concat_ws(E'\n', nullif(d.title, ''), nullif(c.heading, ''), c.text) as text
from chats.knowledge_chunk c join chats.knowledge_document d on d.organization_id = c.organization_id and d.id = c.document_id
where (c.document_id, c.position) > (:after_document_id, :after_position)
  and not exists (select from chats.knowledge_vector v
                  where v.organization_id = c.organization_id and v.document_id = c.document_id and v.position = c.position and v.embedder = :embedder)
order by c.document_id, c.position limit :limit;

-- add_vectors(embedder std::string, document_ids std::vector<KnowledgeDocumentId>, positions std::vector<int64_t>, revisions std::vector<int64_t>, numbers std::vector<double>, dimensions int64_t) -> none
-- Of pieces that are still there as they were. `numbers`: all vectors, one behind the other.
insert into chats.knowledge_vector (document_id, position, source_id, embedder, vector)
select c.document_id, c.position, d.source_id, :embedder,
       (:numbers::real[])[((a.number - 1) * :dimensions + 1)::int : (a.number * :dimensions)::int]
from unnest(:document_ids::uuid[], :positions::bigint[], :revisions::bigint[]) with ordinality as a (document_id, position, revision, number)
join chats.knowledge_document d on d.id = a.document_id and d.indexed_revision = a.revision
join chats.knowledge_chunk c on c.organization_id = d.organization_id and c.document_id = d.id and c.position = a.position
on conflict (organization_id, document_id, position) do update set embedder = excluded.embedder, vector = excluded.vector;

-- drop_vectors(embedder std::string, limit int64_t) -> none
-- Of other models.
delete from chats.knowledge_vector where (document_id, position) in (select document_id, position from chats.knowledge_vector where embedder <> :embedder limit :limit);

-- compared_chunks(source_ids std::vector<KnowledgeSourceId>) -> one ComparedChunks
select coalesce(sum(chunks_count), 0)::bigint as chunks_count, exists (select from pg_extension where extname = 'vector') as has_pgvector
from chats.knowledge_source where id = any(:source_ids);

-- bind_knowledge(source_id KnowledgeSourceId, scope lore::Scope, scope_id std::string) -> none
insert into chats.knowledge_binding (source_id, scope, scope_id) values (:source_id, :scope, :scope_id) on conflict do nothing;

-- unbind_knowledge(source_id KnowledgeSourceId, scope lore::Scope, scope_id std::string) -> none
delete from chats.knowledge_binding where source_id = :source_id and scope = :scope and scope_id = :scope_id;

-- knowledge_bindings(source_id KnowledgeSourceId) -> many KnowledgeBinding
select scope, scope_id from chats.knowledge_binding where source_id = :source_id order by scope, scope_id;

-- knowledge_in_use(scope lore::Scope, scope_id std::string) -> many KnowledgeSourceId
select source_id from chats.knowledge_binding where scope = :scope and scope_id = :scope_id order by created_at, source_id;

-- add_pipeline(id PipelineId, name std::string, description std::string, definition pipelines::Definition, created_by std::optional<UserId>, next_run_at std::optional<Time>) -> none
with pipeline as (
    insert into chats.pipeline (id, name, description, next_run_at) values (:id, :name, :description, :next_run_at)
)
insert into chats.pipeline_version (pipeline_id, number, definition, created_by) values (:id, 1, :definition, :created_by);

-- pipeline(id PipelineId) -> maybe Pipeline
select p.id, p.name, p.description, p.number, v.definition, p.next_run_at, p.created_at, p.updated_at, p.version
from chats.pipeline p join chats.pipeline_version v on v.organization_id = p.organization_id and v.pipeline_id = p.id and v.number = p.number
where p.id = :id;

-- lock_pipeline(id PipelineId) -> maybe Pipeline
select p.id, p.name, p.description, p.number, v.definition, p.next_run_at, p.created_at, p.updated_at, p.version
from chats.pipeline p join chats.pipeline_version v on v.organization_id = p.organization_id and v.pipeline_id = p.id and v.number = p.number
where p.id = :id for update of p;

-- pipelines(after std::optional<PipelineId>, limit int64_t) -> many Pipeline
select p.id, p.name, p.description, p.number, v.definition, p.next_run_at, p.created_at, p.updated_at, p.version
from chats.pipeline p join chats.pipeline_version v on v.organization_id = p.organization_id and v.pipeline_id = p.id and v.number = p.number
where :after::uuid is null or p.id > :after order by p.id limit :limit;

-- count_pipelines() -> one int64_t
select count(*) from chats.pipeline;

-- change_pipeline(id PipelineId, name std::string, description std::string, next_run_at std::optional<Time>) -> none
update chats.pipeline set name = :name, description = :description, next_run_at = :next_run_at, updated_at = now(), version = version + 1 where id = :id;

-- add_pipeline_version(id PipelineId, number int64_t, definition pipelines::Definition, created_by std::optional<UserId>) -> none
with pipeline as (
    update chats.pipeline set number = :number where id = :id
)
insert into chats.pipeline_version (pipeline_id, number, definition, created_by) values (:id, :number, :definition, :created_by);

-- drop_pipeline_versions(id PipelineId, number int64_t) -> none
-- Those up to a number.
delete from chats.pipeline_version where pipeline_id = :id and number <= :number;

-- delete_pipeline(id PipelineId) -> none
delete from chats.pipeline where id = :id;

-- pipeline_versions(id PipelineId, before std::optional<int64_t>, limit int64_t) -> many PipelineVersion
select pipeline_id, number, definition, created_by, created_at from chats.pipeline_version
where pipeline_id = :id and (:before::bigint is null or number < :before) order by number desc limit :limit;

-- pipeline_version(id PipelineId, number int64_t) -> maybe PipelineVersion
select pipeline_id, number, definition, created_by, created_at from chats.pipeline_version where pipeline_id = :id and number = :number;

-- pipeline_named(name std::string) -> maybe PipelineId
select id from chats.pipeline where name = :name;

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

-- add_run_effect(id EffectId, run_id RunId, step std::string, type pipelines::EffectType, effect Json) -> maybe RunEffect
insert into chats.run_effect (id, run_id, step, type, effect) values (:id, :run_id, :step, :type, :effect)
returning id, run_id, step, type, effect, created_at, undone_at;

-- run_effects(run_id RunId) -> many RunEffect
select id, run_id, step, type, effect, created_at, undone_at from chats.run_effect where run_id = :run_id order by id;

-- set_next_run(id PipelineId, next_run_at Time) -> none
update chats.pipeline set next_run_at = :next_run_at where id = :id;

-- has_open_run(pipeline_id PipelineId) -> one bool
select exists (select from chats.pipeline_run where pipeline_id = :pipeline_id and trigger = 'scheduled' and status in ('waiting', 'running'));

-- bound_pipeline(chat_id ChatId) -> maybe BoundPipeline
-- Of those that answer in the chat: its own, else its profile's, else the one of all chats.
select v.pipeline_id as id, v.number, v.definition
from (select b.organization_id, b.pipeline_id
      from chats.chat c
      join chats.pipeline_binding b on b.organization_id = c.organization_id
       and (b.chat_id = c.id or b.entity_profile_id = c.entity_profile_id or (b.chat_id is null and b.entity_profile_id is null))
      where c.id = :chat_id
      order by b.chat_id nulls last, b.entity_profile_id nulls last limit 1) b
join chats.pipeline p on p.organization_id = b.organization_id and p.id = b.pipeline_id
join chats.pipeline_version v on v.organization_id = p.organization_id and v.pipeline_id = p.id and v.number = p.number;

-- bind_pipeline(pipeline_id PipelineId, chat_id std::optional<ChatId>, entity_profile_id std::optional<EntityProfileId>) -> none
-- In the place of the one that answered there.
insert into chats.pipeline_binding (pipeline_id, chat_id, entity_profile_id) values (:pipeline_id, :chat_id, :entity_profile_id)
on conflict (organization_id, chat_id, entity_profile_id) do update set pipeline_id = excluded.pipeline_id, created_at = now();

-- unbind_pipeline(pipeline_id PipelineId, chat_id std::optional<ChatId>, entity_profile_id std::optional<EntityProfileId>) -> none
delete from chats.pipeline_binding
where pipeline_id = :pipeline_id and chat_id is not distinct from :chat_id and entity_profile_id is not distinct from :entity_profile_id;

-- pipeline_bindings(pipeline_id PipelineId) -> many PipelineBinding
select chat_id, entity_profile_id from chats.pipeline_binding where pipeline_id = :pipeline_id order by created_at, chat_id, entity_profile_id;

-- run_of_generation(generation_id GenerationId) -> maybe RunRow
-- Absent when the built-in pipeline answers.
select r.id, r.chat_id, r.generation_id, r.pipeline_id, r.pipeline_number, r.definition, r.trigger, r.status, r.input, r.job_id
from chats.generation g join chats.pipeline_run r on r.organization_id = g.organization_id and r.id = g.run_id
where g.id = :generation_id and r.definition is not null;

-- lock_variant(id VariantId) -> maybe VariantText
select id as variant_id, message_id, text, blocks from chats.variant where id = :id for update;

-- keep_previous(id EffectId, previous Json) -> none
update chats.run_effect set previous = :previous where id = :id;

-- previous_of(id EffectId) -> maybe Json
select previous from chats.run_effect where id = :id and previous is not null;

-- lock_effect(id EffectId) -> maybe RunEffect
select id, run_id, step, type, effect, created_at, undone_at from chats.run_effect where id = :id for update;

-- undo_effect(id EffectId) -> maybe RunEffect
update chats.run_effect set undone_at = now() where id = :id returning id, run_id, step, type, effect, created_at, undone_at;

-- answer_of_run(run_id RunId) -> maybe VariantText
select v.id as variant_id, v.message_id, v.text, v.blocks
from chats.pipeline_run r
join chats.generation g on g.organization_id = r.organization_id and g.id = r.generation_id
join chats.variant v on v.organization_id = g.organization_id and v.id = g.variant_id
where r.id = :run_id;

-- skip_asking(run_id RunId, reason std::string) -> none
-- The pipeline kept the model from being asked.
update chats.step_run set status = 'skipped', reason = :reason where run_id = :run_id and part = 'llm';

-- first_answer(run_id RunId) -> maybe Json
-- What the model said before steps replaced it: {text, blocks}.
select previous from chats.run_effect where run_id = :run_id and previous is not null order by id limit 1;

-- copy_end(run_id RunId, from_run_id RunId) -> none
-- From which byte on the answer of another run counts.
update chats.step_run s set input = o.input from chats.step_run o
where o.organization_id = s.organization_id and o.run_id = :from_run_id and o.part = 'post' and s.run_id = :run_id and s.part = 'post';
