-- What happened is put down for the broker in the transaction of what happened, where a broker is
-- listened to: neither lost nor told of what was undone (docs/decisions/0123).

-- Which events are told, as which task, and how long after they happened at the latest.
create or replace function outlet_tasks() returns table (type text, task text, grace interval)
language sql immutable as $$
  values
    -- Triage looks first; a ticket that it never gets to is told of all the same.
    ('ticket.opened', 'ticket_created', interval '10 minutes'),
    ('file.uploaded', 'file_uploaded', interval '0'),
    ('file.deleted', 'file_deleted', interval '0')
$$;

-- The id by which a consumer knows a repeat: the event's own where it has one, so that a webhook tells
-- the same.
create or replace function told_event_id(p_payload jsonb) returns uuid
language sql volatile as $$
  select case when p_payload ->> 'event_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
              then (p_payload ->> 'event_id')::uuid else gen_random_uuid() end
$$;

create or replace function tell_outlet() returns trigger
language plpgsql as $$
declare
  v_triaged text[];
begin
  if not exists (select from outlet o where o.company_id = current_company() and o.is_on) then
    return null;
  end if;
  insert into outlet_message (company_id, history_id, event_id, task, subject, ready_at)
  select f.company_id, f.id, told_event_id(f.payload), t.task,
         coalesce(f.payload ->> 'file_id', f.ticket_id::text, ''), now() + t.grace
  from fresh f
  join outlet_tasks() t on t.type = f.type
  where f.company_id = current_company()
  order by f.id;
  v_triaged := array(select f.ticket_id::text from fresh f where f.type = 'ticket.triaged');
  if v_triaged <> '{}' then
    -- Found by their subjects: the instant is not compared as it stands, for its index would lead over
    -- everything that is not due yet, a whole import.
    update outlet_message set ready_at = now() where id = any(array(
      select m.id from outlet_message m
      where m.company_id = current_company() and m.subject = any(v_triaged)
        and m.state = 'waiting' and m.task = 'ticket_created' and m.attempts = 0
        and m.ready_at - interval '0' > now()
      order by m.id for update skip locked));
  end if;
  return null;
end $$;

create or replace trigger event_tells_outlet after insert on event
  referencing new table as fresh for each statement execute function tell_outlet();

-- Whose messages are due, for the lane that sends them.
create or replace function due_outlets(p_now timestamptz) returns table (company_id integer)
language sql stable security definer set search_path = public, pg_temp as $$
  select o.company_id from outlet o
  where o.is_on and (o.rests_until is null or o.rests_until <= p_now)
    and (o.claimed_until is null or o.claimed_until < now())
    and exists (select from outlet_message m
                where m.company_id = o.company_id and m.state = 'waiting' and m.ready_at <= p_now)
  order by o.succeeded_at nulls first, o.company_id
$$;

-- How telling fares, for doctor and metrics.
create or replace function outlet_health(p_now timestamptz)
returns table (company_id integer, waiting bigint, failed bigint, seconds_waiting double precision,
               is_failing boolean, problem text)
language sql stable security definer set search_path = public, pg_temp as $$
  select o.company_id, coalesce(w.number, 0), coalesce(f.number, 0),
         coalesce(extract(epoch from p_now - w.oldest), 0)::double precision, o.failures > 0, o.problem
  from outlet o
  left join lateral (select count(*) as number, min(m.created_at) as oldest from outlet_message m
                     where m.company_id = o.company_id and m.state = 'waiting') w on true
  left join lateral (select count(*) as number from outlet_message m
                     where m.company_id = o.company_id and m.state = 'failed') f on true
  where o.is_on or coalesce(w.number, 0) > 0
  order by o.company_id
$$;

revoke execute on function due_outlets(timestamptz) from public;
revoke execute on function outlet_health(timestamptz) from public;
grant execute on function due_outlets(timestamptz) to ticketyard_app;
grant execute on function outlet_health(timestamptz) to ticketyard_app;
