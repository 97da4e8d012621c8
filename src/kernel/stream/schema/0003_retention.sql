-- Streams end with what they are about: removed_at is set in that transaction, and housekeeping deletes what they hold.
alter table stream.stream add column if not exists removed_at timestamptz;
create index if not exists stream_removed on stream.stream (removed_at) where removed_at is not null;

-- Events are appended in the order of time, so a few bytes for each stretch of the table find the old ones.
create index if not exists event_at on stream.event using brin (at) with (autosummarize = on, pages_per_range = 32);
