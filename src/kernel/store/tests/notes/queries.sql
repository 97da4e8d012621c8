-- #include "kernel/store/tests/notes/model.h"

-- Statements of the test part.

-- add_note(id NoteId, title std::string, body std::optional<std::string>) -> one Note
-- The organization comes from the transaction.
insert into notes.note (id, title, body) values (:id, :title, :body) returning *;

-- add_full_note(id NoteId, title std::string, mood Mood, stars int64_t, weight double, is_pinned bool,
--               body std::optional<std::string>, tags std::vector<std::string>, links std::vector<Link>, extra Json,
--               picture store::Bytes, made_at Time, seen_at std::optional<Time>) -> one Note
insert into notes.note (id, title, mood, stars, weight, is_pinned, body, tags, links, extra, picture, made_at, seen_at)
values (:id, :title, :mood, :stars, :weight, :is_pinned, :body, :tags, :links, :extra, :picture, :made_at, :seen_at)
returning *;

-- find_note(id NoteId) -> maybe Note
select * from notes.note where id = :id;

-- note(id NoteId) -> one Note
select * from notes.note where id = :id;

-- notes_of(ids std::vector<NoteId>) -> many Note
select * from notes.note where id = any(:ids) order by title;

-- all_titles() -> many std::string
select title from notes.note order by title;

-- note_count() -> one int64_t
select count(*) from notes.note;

-- star(id NoteId) -> none
update notes.note set stars = stars + 1 where id = :id;

-- put_under(id NoteId, parent_id std::optional<NoteId>) -> none
update notes.note set parent_id = :parent_id where id = :id;

-- delete_note(id NoteId) -> none
delete from notes.note where id = :id;

-- lock_note(id NoteId) -> maybe NoteId
select id from notes.note where id = :id for update;

-- smuggle_note(organization_id OrganizationId, id NoteId) -> none
insert into notes.note (organization_id, id, title) values (:organization_id, :id, 'smuggled');

-- sleep(seconds double) -> one std::string
select pg_sleep(:seconds)::text;

-- divide(number int64_t) -> one int64_t
select 100 / :number;

-- add_duty(id NoteId) -> none
insert into notes.duty (id) values (:id);

-- duty_count() -> one int64_t
select count(*) from notes.duty;

-- settings() -> one std::string
select current_setting('ramify.user_id') || ' ' || current_setting('ramify.request_id') || ' ' || current_setting('ramify.action');
