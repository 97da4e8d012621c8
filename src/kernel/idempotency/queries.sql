-- #include "kernel/idempotency/model.h"

-- begin(user_id UserId, key std::string, fingerprint std::string, runs_ms int64_t) -> one Known
-- Takes the key when nobody has it, its first request's server died, or it is older than a day.
insert into idempotency.request as r (user_id, key, fingerprint, runs_until)
values (:user_id, :key, :fingerprint, now() + :runs_ms::bigint * interval '1 millisecond')
on conflict (organization_id, user_id, key) do update
   set fingerprint = case when r.created_at < now() - interval '24 hours' then excluded.fingerprint else r.fingerprint end,
       answer = case when r.created_at < now() - interval '24 hours' then null else r.answer end,
       runs_until = case when r.created_at < now() - interval '24 hours'
                           or (r.answer is null and r.runs_until < now() and r.fingerprint = excluded.fingerprint)
                         then excluded.runs_until else r.runs_until end,
       created_at = case when r.created_at < now() - interval '24 hours' then now() else r.created_at end
returning fingerprint, answer, (xmax = 0 or (answer is null and runs_until = now() + :runs_ms::bigint * interval '1 millisecond')) as is_fresh;

-- finish(user_id UserId, key std::string, answer std::string) -> none
update idempotency.request set answer = :answer where user_id = :user_id and key = :key;

-- abandon(user_id UserId, key std::string) -> none
delete from idempotency.request where user_id = :user_id and key = :key and answer is null;

-- forget_old() -> none
delete from idempotency.request where created_at < now() - interval '24 hours';
