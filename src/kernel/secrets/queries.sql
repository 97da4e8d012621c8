-- #include "kernel/secrets/model.h"

-- current_data_key() -> maybe WrappedKey
-- Shared with other puts; a rotation waits for them and they for it.
select id, master_key_id, nonce, wrapped from secrets.data_key where is_current for share;

-- lock_current_data_key() -> maybe WrappedKey
select id, master_key_id, nonce, wrapped from secrets.data_key where is_current for update;

-- add_data_key(id DataKeyId, master_key_id std::string, nonce store::Bytes, wrapped store::Bytes) -> none
-- Nothing happens when another transaction made the organization's first key meanwhile.
insert into secrets.data_key (id, master_key_id, nonce, wrapped)
values (:id, :master_key_id, :nonce, :wrapped)
on conflict (organization_id) where is_current do nothing;

-- retire_data_key(id DataKeyId) -> none
update secrets.data_key set is_current = false where id = :id;

-- remove_retired_data_keys() -> none
delete from secrets.data_key where not is_current;

-- put_secret(name std::string, key_id DataKeyId, nonce store::Bytes, ciphertext store::Bytes, secrets_max int64_t) -> none
-- Changes no row when it would be one too many of its area, the part of the name before the first slash.
insert into secrets.secret (name, key_id, nonce, ciphertext)
select :name, :key_id, :nonce, :ciphertext
where (select count(*) from secrets.secret s where s.name <> :name and split_part(s.name, '/', 1) = split_part(:name, '/', 1)) < :secrets_max
on conflict (organization_id, name) do update
set key_id = excluded.key_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext, updated_at = now();

-- secret(name std::string) -> maybe SealedSecret
select s.name, s.nonce, s.ciphertext, s.key_id, k.master_key_id, k.nonce as key_nonce, k.wrapped
from secrets.secret s join secrets.data_key k on k.organization_id = s.organization_id and k.id = s.key_id
where s.name = :name;

-- all_secrets() -> many SealedSecret
select s.name, s.nonce, s.ciphertext, s.key_id, k.master_key_id, k.nonce as key_nonce, k.wrapped
from secrets.secret s join secrets.data_key k on k.organization_id = s.organization_id and k.id = s.key_id
order by s.name;

-- remove_secret(name std::string) -> none
delete from secrets.secret where name = :name;

-- secret_names() -> many std::string
select name from secrets.secret order by name;
