-- #include "modules/chats/citation_model.h"

-- keep_citations(generation_id GenerationId, citations Json) -> none
insert into chats.citation (generation_id, citations) values (:generation_id, :citations)
on conflict (organization_id, generation_id) do update set citations = excluded.citations;

-- kept_prompt(id GenerationId) -> maybe KeptPrompt
select g.prompt_hash, encode(s.zstd, 'hex') as zstd_hex, g.settings, c.citations
from chats.generation g
join chats.prompt_snapshot s on s.organization_id = g.organization_id and s.hash = g.prompt_hash
left join chats.citation c on c.organization_id = g.organization_id and c.generation_id = g.id and g.citations_count > 0
where g.id = :id;

-- drop_orphan_prompts() -> none
-- No answer that is left was made from them.
delete from chats.prompt_snapshot s where not exists (select 1 from chats.generation g where g.prompt_hash = s.hash);
