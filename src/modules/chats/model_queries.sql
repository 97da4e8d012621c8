-- #include "modules/chats/chat_model.h"
-- #include "modules/chats/ids.h"
-- #include "modules/chats/model_model.h"

-- add_model(id ModelId, name std::string, provider std::string, base_url std::string, model std::string, context_tokens int64_t, has_api_key bool, is_default bool) -> none
insert into chats.model (id, name, provider, base_url, model, context_tokens, has_api_key, is_default, takes_images)
values (:id, :name, :provider, :base_url, :model, :context_tokens, :has_api_key, :is_default, :provider <> 'demo');

-- model(id ModelId) -> maybe Model
select id, name, provider, base_url, model, context_tokens, has_api_key, is_default, connect_timeout_ms, first_token_timeout_ms, between_tokens_timeout_ms, total_timeout_ms,
       tokens_in_usd, tokens_cached_usd, tokens_out_usd, takes_images, data_class_max, created_at, updated_at, version from chats.model where id = :id;

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

-- no_default_model() -> none
update chats.model set is_default = false, version = version + 1 where is_default;

-- set_default_model(id ModelId) -> none
update chats.model set is_default = true, version = version + 1 where id = :id;

-- delete_model(id ModelId) -> none
delete from chats.model where id = :id;

-- count_models_among(ids std::vector<ModelId>) -> one int64_t
select count(*) from chats.model where id = any(:ids);
