-- What of knowledge and lore stood in an answer's prompt: places in the prompt, which has the texts.
create table if not exists chats.citation (
    organization_id uuid  not null,
    generation_id   uuid  not null,
    citations       jsonb not null,                           -- {passages, entries}
    primary key (organization_id, generation_id),
    foreign key (organization_id, generation_id) references chats.generation on delete cascade
);
call store.isolate('chats.citation');

alter table chats.generation add column if not exists citations_count bigint not null default 0;

-- What chats.shown_variant was, with how much the answer's prompt cites.
create or replace view chats.variant_with_generation with (security_invoker = true) as
select v.organization_id, v.message_id, v.id as variant_id, v.number, v.kind, v.text, v.blocks, v.is_selected, v.version_id,
       v.created_at as variant_created_at,
       g.id as generation_id, g.branch_id as generation_branch_id, g.status, g.provider, g.model, g.model_id, g.tokens_in,
       g.tokens_out, g.tokens_cached, g.cost_usd, g.error_code, g.error_message, g.problems, g.attempt, g.queued_at,
       g.first_token_at, g.ended_at, g.run_id, g.citations_count
from chats.variant v
left join lateral (select * from chats.generation where organization_id = v.organization_id and variant_id = v.id
                   order by id desc limit 1) g on true;
grant select on chats.variant_with_generation to ramify_app;
