-- Which actions are to be run now, across companies: ids alone, the companies in turn. p_at: the
-- program's instant, by which runs are put off and claimed as well.
create or replace function due_actions(p_at timestamptz, p_each integer)
returns table (company_id integer, id bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.id, o.id from company c
  cross join lateral (
    select r.id, row_number() over (order by r.ready_at, r.id) as turn from action_run r
    where r.company_id = c.id and r.state in ('waiting', 'running') and r.ready_at <= p_at
    order by r.ready_at, r.id limit p_each) o
  order by o.turn, c.id
$$;

revoke execute on function due_actions(timestamptz, integer) from public;
grant execute on function due_actions(timestamptz, integer) to ticketyard_app;
