-- Tell the planner about tables that were never analyzed that all rows may be one company's. Without
-- that it takes `company_id = …` for a sharp condition, reads a company's whole table through any
-- index that begins with it, and keeps that plan in every connection until autovacuum comes by: the
-- first minutes of a new desk, and every test, would be slow.
-- Needs PostgreSQL 18; before that, autovacuum has to do.
create or replace function hint_planner() returns void language plpgsql as $$
declare
  v_table name;
begin
  if current_setting('server_version_num')::integer < 180000 then
    return;
  end if;
  for v_table in
    select c.relname from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      and not exists (select from pg_stats s
                      where s.schemaname = 'public' and s.tablename = c.relname
                        and s.attname = 'company_id')
      and c.reltuples < 0
  loop
    perform pg_restore_attribute_stats(
      'schemaname', 'public', 'relname', v_table::text, 'attname', 'company_id',
      'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real);
  end loop;
end $$;
