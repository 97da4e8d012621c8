-- #include "kernel/audit/model.h"

-- append(id EntryId, actor std::string, address std::string, action std::string, outcome Outcome, request_id std::string) -> none
call audit.append(:id, :actor, :address, :action, :outcome, :request_id);

-- set_object(object std::string) -> none
call audit.set_object(:object);

-- head() -> maybe Head
select seq, encode(hash, 'hex') as hash from audit.head;

-- name_object(object std::string) -> none
call audit.set_object(coalesce(nullif(current_setting('ramify.audit_object', true), ''), :object));

-- entries(actor std::optional<std::string>, action std::optional<std::string>, object std::optional<std::string>,
--         outcome std::optional<Outcome>, since std::optional<Time>, until std::optional<Time>, before_seq int64_t,
--         limit int) -> many Entry
select id, seq, at, actor, address, action, object, outcome, request_id, encode(hash, 'hex') as hash
from audit.entry
where seq < :before_seq
  and (:actor::text is null or actor = :actor)
  and (:action::text is null or action = :action)
  and (:object::text is null or object = :object)
  and (:outcome::text is null or outcome = :outcome)
  and (:since::timestamptz is null or at >= :since)
  and (:until::timestamptz is null or at < :until)
order by seq desc
limit :limit;

-- entries_after(seq int64_t, limit int) -> many Entry
select id, seq, at, actor, address, action, object, outcome, request_id, encode(hash, 'hex') as hash
from audit.entry
where seq > :seq
order by seq
limit :limit;
