-- Whose clocks have something to tell, across companies: ids alone.
create or replace function due_sla_tickets(p_at timestamptz, p_limit integer)
returns table (company_id integer, ticket_id bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select distinct d.company_id, d.ticket_id from (
    select c.company_id, c.ticket_id from sla_clock c
    where c.next_look_at <= p_at order by c.next_look_at limit p_limit) d
$$;

-- When the next clock has something to tell.
create or replace function next_sla_look() returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
  select c.next_look_at from sla_clock c where c.next_look_at is not null order by c.next_look_at limit 1
$$;

revoke execute on function due_sla_tickets(timestamptz, integer), next_sla_look() from public;
grant execute on function due_sla_tickets(timestamptz, integer), next_sla_look() to ticketyard_app;
