-- Further kinds of steps.
alter table databases.state drop constraint if exists state_kind_check;
alter table databases.state add constraint state_kind_check
    check (kind in ('base', 'psql', 'lb', 'pgbench', 'dump', 'snapshot', 'migrations', 'clone'));
