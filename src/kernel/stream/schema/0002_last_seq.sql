-- For statements of other parts that must say where a stream ends: 0 when nothing has happened yet.
create or replace function stream.last_seq(of_stream text) returns bigint
language sql stable
as $$ select coalesce((select s.last_seq from stream.stream s where s.name = of_stream), 0) $$;
