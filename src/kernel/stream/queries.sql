-- #include "kernel/stream/model.h"

-- append(stream std::string, types std::vector<std::string>, data std::vector<std::string>, opens std::vector<bool>,
--        closes std::vector<int64_t>, texts std::vector<std::string>) -> one int64_t
-- Events that follow each other; the seq of the first. The upsert locks the stream's row until the transaction ends. An event
-- that closes nothing has 0 there, one whose data says its text, or that has none, the empty text.
with given as (
    select * from unnest(:types::text[], :data::text[], :opens::boolean[], :closes::bigint[], :texts::text[]) with ordinality
                  as g (type, data, opens, closes, text, number)
), head as (
    insert into stream.stream as s (name, last_seq) values (:stream, cardinality(:types::text[]))
    on conflict (organization_id, name) do update set last_seq = s.last_seq + excluded.last_seq
    returning s.last_seq - cardinality(:types::text[]) as seq
), opened as (
    insert into stream.text (stream, block) select :stream, head.seq + number from head, given where opens
), closed as (
    delete from stream.text where stream = :stream and block = any(:closes)
), trimmed as (
    delete from stream.chunk where stream = :stream and block = any(:closes)
), event as (
    insert into stream.event (stream, seq, type, data, opens, closes, text)
    select :stream, head.seq + number, type, data::json, opens, nullif(closes, 0), nullif(given.text, '') from head, given
)
select seq + 1 from head;

-- append_plain(stream std::string, types std::vector<std::string>, data std::vector<std::string>) -> one int64_t
-- append of events that neither open nor close a text, as most are: without a look at the texts.
with head as (
    insert into stream.stream as s (name, last_seq) values (:stream, cardinality(:types::text[]))
    on conflict (organization_id, name) do update set last_seq = s.last_seq + excluded.last_seq
    returning s.last_seq - cardinality(:types::text[]) as seq
), event as (
    insert into stream.event (stream, seq, type, data)
    select :stream, head.seq + number, type, data::json
    from head, unnest(:types::text[], :data::text[]) with ordinality as given (type, data, number)
)
select seq + 1 from head;

-- append_each(organization_ids std::vector<OrganizationId>, streams std::vector<std::string>, types std::vector<std::string>,
--             data std::vector<std::string>) -> many Head
-- Sorted, so that two of these never wait for each other.
with given as (
    select * from unnest(:organization_ids::uuid[], :streams::text[], :types::text[], :data::text[]) as g (organization_id, stream, type, data)
), head as (
    insert into stream.stream as s (organization_id, name, last_seq)
    select organization_id, stream, 1 from given order by organization_id, stream
    on conflict (organization_id, name) do update set last_seq = s.last_seq + 1
    returning s.organization_id, s.name, s.last_seq
)
insert into stream.event (organization_id, stream, seq, type, data)
select organization_id, stream, last_seq, type, data::json
from given join head using (organization_id) where head.name = given.stream
returning organization_id, stream, seq;

-- drop_text(stream std::string, block int64_t) -> none
with closed as (
    delete from stream.text where stream = :stream and block = :block
)
delete from stream.chunk where stream = :stream and block = :block;

-- add_chunks(organization_ids std::vector<OrganizationId>, streams std::vector<std::string>, blocks std::vector<int64_t>,
--            positions std::vector<int64_t>, texts std::vector<std::string>) -> none
-- All live texts of the process at once. A piece that was written before, by a flush whose answer was lost, stays.
insert into stream.chunk (organization_id, stream, block, position, text)
select * from unnest(:organization_ids::uuid[], :streams::text[], :blocks::bigint[], :positions::bigint[], :texts::text[])
on conflict do nothing;

-- events_after(stream std::string, seq int64_t, limit int, bytes_max int64_t) -> many Event
-- A page: at least one event, and no more after bytes_max of data.
select seq, type, data, opens, closes, text
from (select e.*, sum(octet_length(data::text)) over (order by seq) - octet_length(data::text) as bytes_before
      from (select * from stream.event where stream = :stream and seq > :seq order by seq limit :limit) e) page
where bytes_before < :bytes_max
order by seq;

-- look(stream std::string, blocks std::vector<int64_t>, bytes std::vector<int64_t>) -> one Look
-- One moment: the head, and of every open text what lies behind the bytes that the reader has.
select coalesce((select last_seq from stream.stream where name = :stream), 0) as last_seq,
       coalesce((select json_agg(json_build_object('block', t.block, 'text', coalesce(c.text, '')) order by t.block)
                 from stream.text t
                 left join unnest(:blocks::bigint[], :bytes::bigint[]) as known (block, bytes) on known.block = t.block
                 left join lateral (
                     select string_agg(chunk.text, '' order by position) as text from stream.chunk
                     where chunk.stream = t.stream and chunk.block = t.block and position >= coalesce(known.bytes, 0)) c on true
                 where t.stream = :stream), '[]') as texts;

-- read_text(stream std::string, block int64_t) -> one std::string
select coalesce(string_agg(text, '' order by position), '') from stream.chunk where stream = :stream and block = :block;

-- open_texts(stream std::string) -> many FlushedText
select t.block, coalesce(string_agg(c.text, '' order by c.position), '') as text
from stream.text t left join stream.chunk c on c.stream = t.stream and c.block = t.block
where t.stream = :stream group by t.block order by t.block;

-- last_seq(stream std::string) -> maybe int64_t
select last_seq from stream.stream where name = :stream;

-- moved(organization_ids std::vector<OrganizationId>, streams std::vector<std::string>, seqs std::vector<int64_t>) -> many Head
-- Which of these streams are beyond the seqs given.
select s.organization_id, s.name as stream, s.last_seq as seq
from unnest(:organization_ids::uuid[], :streams::text[], :seqs::bigint[]) as known (organization_id, stream, seq)
join stream.stream s on s.organization_id = known.organization_id and s.name = known.stream and s.last_seq > known.seq;

-- trim_chunks() -> none
-- What a flush wrote after its text had been closed.
delete from stream.chunk c
where at < now() - interval '10 minutes'
  and not exists (select from stream.text t where t.organization_id = c.organization_id and t.stream = c.stream and t.block = c.block);

-- remove_streams(organization_ids std::vector<OrganizationId>, streams std::vector<std::string>) -> none
-- Of a transaction that sees them. What they hold goes in batches, later.
update stream.stream s set removed_at = now()
from unnest(:organization_ids::uuid[], :streams::text[]) as given (organization_id, name)
where s.organization_id = given.organization_id and s.name = given.name and s.removed_at is null;

-- empty_removed(limit int64_t) -> none
-- A batch of the events of removed streams.
delete from stream.event where ctid = any (array(
    select e.ctid from stream.stream s join stream.event e on e.organization_id = s.organization_id and e.stream = s.name
    where s.removed_at is not null limit :limit));

-- drop_removed_texts(limit int64_t) -> none
delete from stream.text where ctid = any (array(
    select t.ctid from stream.stream s join stream.text t on t.organization_id = s.organization_id and t.stream = s.name
    where s.removed_at is not null limit :limit));

-- drop_removed_chunks(limit int64_t) -> none
delete from stream.chunk where ctid = any (array(
    select c.ctid from stream.stream s join stream.chunk c on c.organization_id = s.organization_id and c.stream = s.name
    where s.removed_at is not null limit :limit));

-- forget_removed(limit int64_t) -> none
-- A stream that holds nothing any more. Transactions that began to append before its end have ended after the minutes.
delete from stream.stream where ctid = any (array(
    select s.ctid from stream.stream s
    where s.removed_at < now() - interval '5 minutes'
      and not exists (select from stream.event e where e.organization_id = s.organization_id and e.stream = s.name)
      and not exists (select from stream.text t where t.organization_id = s.organization_id and t.stream = s.name)
      and not exists (select from stream.chunk c where c.organization_id = s.organization_id and c.stream = s.name)
    limit :limit));

-- trim_events(kept_days int64_t, limit int64_t) -> none
-- A batch of what is older, of any stream.
delete from stream.event where ctid = any (array(
    select ctid from stream.event where at < now() - :kept_days::bigint * interval '1 day' limit :limit));
