-- #include "modules/chats/chat_model.h"
-- #include "modules/chats/ids.h"
-- #include "modules/chats/model_model.h"
-- #include "modules/chats/policy_model.h"

-- models_of_generation(generation_id GenerationId) -> many Model
-- The one that shall answer, unless it was deleted, and those that are asked in its place.
select m.id, m.name, m.provider, m.base_url, m.model, m.context_tokens, m.has_api_key, m.is_default, m.connect_timeout_ms, m.first_token_timeout_ms, m.between_tokens_timeout_ms, m.total_timeout_ms,
       m.tokens_in_usd, m.tokens_cached_usd, m.tokens_out_usd, m.takes_images, m.data_class_max, m.created_at, m.updated_at, m.version
from chats.generation g
cross join lateral unnest(array_prepend(g.model_id, g.fallback_model_ids)) with ordinality as asked (id, number)
join chats.model m on m.organization_id = g.organization_id and m.id = asked.id
where g.id = :generation_id order by asked.number;

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
