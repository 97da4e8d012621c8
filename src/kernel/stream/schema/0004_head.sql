-- stream.last_seq for statements that run often: PostgreSQL plans this one as a part of the statement, and a function that returns
-- a value anew at each call.
create or replace function stream.head(of_stream text) returns table (last_seq bigint)
language sql stable
as $$ select s.last_seq from stream.stream s where s.name = of_stream $$;
