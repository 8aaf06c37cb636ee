-- What a language model is to be asked now, across companies: ids alone, the newest of each company
-- first, the companies in turn. p_at: the program's instant; leases go by the database's own clock.
create or replace function due_second_opinions(p_at timestamptz, p_limit integer)
returns table (company_id integer, id bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.id, o.id from company c
  cross join lateral (
    select w.id, row_number() over (order by w.id desc) as turn from second_opinion w
    where w.company_id = c.id and w.state = 'waiting' and w.next_at <= p_at
      and (w.claimed_until is null or w.claimed_until < now())
    order by w.id desc limit p_limit) o
  order by o.turn, c.id limit p_limit
$$;

revoke execute on function due_second_opinions(timestamptz, integer) from public;
grant execute on function due_second_opinions(timestamptz, integer) to ticketyard_app;
