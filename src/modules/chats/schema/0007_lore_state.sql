-- What lore leaves from answer to answer, how an organization looks for it, and the lorebooks that cards came with.

-- The timed effects after an answer. They belong to its variant: branches inherit them with their history, and an
-- answer that is asked for again begins with what the history before it left.
create table if not exists chats.lore_state (
    organization_id uuid   not null,
    variant_id      uuid   not null,
    segment_id      uuid   not null,                          -- of the variant's message, like seq
    seq             bigint not null,
    effects         jsonb  not null,
    primary key (organization_id, variant_id),
    foreign key (organization_id, variant_id) references chats.variant on delete cascade
);
create index if not exists lore_state_of_segment on chats.lore_state (organization_id, segment_id, seq);

create table if not exists chats.lore_setting (
    organization_id uuid  not null primary key,
    settings        jsonb not null
);

call store.isolate('chats.lore_state');
call store.isolate('chats.lore_setting');

alter table chats.entity_profile add column if not exists lorebook_id uuid;
alter table chats.entity_profile add column if not exists lorebook_version bigint;  -- of the lorebook when it had what `book` says
alter table chats.entity_profile add column if not exists book json;                -- the card's own, letter for letter
alter table chats.entity_profile drop constraint if exists entity_profile_lorebook;
alter table chats.entity_profile add constraint entity_profile_lorebook
    foreign key (organization_id, lorebook_id) references chats.lorebook on delete set null (lorebook_id);
create index if not exists entity_profile_of_lorebook on chats.entity_profile (organization_id, lorebook_id) where lorebook_id is not null;
