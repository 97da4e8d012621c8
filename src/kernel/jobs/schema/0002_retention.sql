-- Jobs are made in the order of time, so a few bytes for each stretch of the table find the old ones.
create index if not exists job_created on jobs.job using brin (created_at) with (autosummarize = on, pages_per_range = 32);
