-- Open tickets, with requesters, first history row, event and the work it wakes: all or nothing.
-- p_tickets: an array of objects named like the columns of `ticket` (tickets/opening.py says which);
-- numbers are given, so that nothing here waits for a counter. Quiet about live updates: the next
-- stage speaks up, and a NOTIFY on this path would line up every commit behind one lock.
create or replace function open_tickets(p_tickets jsonb, p_by jsonb, p_listeners text[])
returns table (id bigint, number text, requester_id integer) language plpgsql as $$
begin
  insert into person (company_id, name, email, phone, role)
  select distinct on (lower(x.requester_email)) current_company(),
         coalesce(nullif(x.requester_name, ''), split_part(x.requester_email, '@', 1)),
         x.requester_email, x.requester_phone, 'requester'
  from jsonb_to_recordset(p_tickets)
    as x(requester_id integer, requester_name text, requester_email text, requester_phone text)
  where x.requester_email <> '' and x.requester_id is null
    -- As a single value and not as a join: the planner takes every JSON array for a hundred rows
    -- and would rather read all people.
    and (select p.id from person p
         where p.company_id = current_company() and p.email_key = lower(x.requester_email)) is null
  on conflict (company_id, email_key) do nothing;

  return query
  with src as (
    select x.*, coalesce(x.requester_id, (
      select p.id from person p
      where p.company_id = current_company() and p.email_key = lower(x.requester_email))) as person_id
    from jsonb_to_recordset(p_tickets) as x(
      number text, title text, description text, status text, priority text, priority_by text,
      source_priority text, urgency smallint, severity text, category text, category_by text,
      source_category text, subcategory text, source text, source_reference text, source_data jsonb,
      requester_id integer, requester_name text, requester_email text, requester_phone text,
      team_id integer, segment text, organization_id text, address jsonb, client jsonb, location text, asset_tag text,
      tags jsonb, custom_fields jsonb, resolution text, created_at timestamptz)
  ), opened as (
    insert into ticket as t (company_id, number, title, description, status, priority, priority_by,
      source_priority, urgency, severity, category, category_by, source_category, subcategory,
      source, source_reference, source_data, requester_id, requester_name, requester_email,
      requester_phone, team_id, team_by, segment, organization_id, address, client, location, asset_tag, tags,
      custom_fields, resolution, created_at, updated_at, resolved_at)
    select current_company(), s.number, s.title, coalesce(s.description, ''),
      coalesce(s.status, 'open'), coalesce(s.priority, 'medium'), coalesce(s.priority_by, 'default'),
      s.source_priority, s.urgency, s.severity, s.category, coalesce(s.category_by, 'default'),
      s.source_category, s.subcategory, s.source, s.source_reference, coalesce(s.source_data, '{}'),
      s.person_id, s.requester_name, nullif(s.requester_email, ''), s.requester_phone, s.team_id,
      case when s.team_id is null then 'default' else 'source' end,
      s.segment,
      -- Whose it is: said by the source, else the organisation its requester belongs to.
      coalesce(nullif(s.organization_id, ''), (
        select p.customer_id::text from person p
        where p.company_id = current_company() and p.id = s.person_id and p.customer_id is not null)),
      coalesce(s.address, '{}'), coalesce(s.client, '{}'), s.location, s.asset_tag,
      coalesce(array(select jsonb_array_elements_text(s.tags)), '{}'),
      coalesce(s.custom_fields, '{}'), s.resolution, coalesce(s.created_at, now()), now(),
      case when s.status = 'resolved' then now() end
    from src s
    returning t.id, t.number, t.requester_id, t.status, t.source, t.title, t.created_at
  ), changed as (
    insert into state_change (company_id, ticket_id, from_status, to_status,
                              by_kind, by_id, by_name, changed_at)
    select current_company(), o.id, '', o.status,
           p_by ->> 'kind', (p_by ->> 'id')::integer, p_by ->> 'name', o.created_at
    from opened o
  ), stored as (
    insert into event (company_id, type, ticket_id, payload, by_kind, by_id, by_name, happened_at)
    select current_company(), 'ticket.opened', o.id,
           jsonb_build_object('ticket_id', o.id, 'number', o.number, 'source', o.source),
           p_by ->> 'kind', (p_by ->> 'id')::integer, p_by ->> 'name', o.created_at
    from opened o order by o.id
    returning event.id, event.payload
  ), queued as (
    insert into job_item (company_id, job, event_id, event_type, payload)
    select current_company(), l.job, e.id, 'ticket.opened', e.payload
    from stored e cross join unnest(p_listeners) as l(job)
  )
  select o.id, o.number, o.requester_id from opened o;

  perform wake_jobs(p_listeners);
end $$;

-- Take a block of numbers of a day; gives the first of them. Committed by itself, so that two who
-- open tickets at once never wait for each other's work.
create or replace function take_ticket_numbers(p_company integer, p_day date, p_count integer)
returns integer language plpgsql as $$
declare
  v_last integer;
begin
  perform enter_company(p_company);
  insert into ticket_number (company_id, day, last) values (p_company, p_day, p_count)
  on conflict (company_id, day) do update set last = ticket_number.last + p_count
  returning last into v_last;
  return v_last - p_count + 1;
end $$;
